"""LaTeX, as it stands in BibTeX -> plain text that prints the same."""

import re
import unicodedata

from pylatexenc.latex2text import get_default_latex_context_db
from pylatexenc.latexencode import get_builtin_conversion_rules

from digest.exports.latex import ACCENTS, COMMANDS, SYMBOLS

_ACCENT_OF = {accent: sign for sign, accent in ACCENTS.items()}
_ALONE = {"`": "`", "'": "'", "^": "^", '"': '"', "~": "~", "=": "¯", ".": "˙"}
"""What an accent is that stands over nothing."""


_SIGNS = "£§¶©‡―‖√Ŧŧ♠♡♢♣"
_COMMANDS = """
    pounds S P copyright ddag texthorizontalbar textbardbl textsurd textTstroke texttstroke
    spadesuit heartsuit diamondsuit clubsuit
"""
"""Of these signs, which Better BibTeX writes, and the tables of the library lack."""


def _signs() -> dict[str, str]:
    """The sign that each command prints: those that encoders write, and all that decoders know."""
    found: dict[str, str] = {"slash": "/", "dots": "…", "j": "j", "textbackslash": "\\"}
    found |= dict(zip(_COMMANDS.split(), _SIGNS, strict=True))
    found |= {name: sign for sign, name in COMMANDS.items()}
    found |= {name.removesuffix("{}"): sign for sign, name in reversed(SYMBOLS.items())}
    decoders = get_default_latex_context_db()
    for category in decoders.category_list:
        for name, spec in decoders.d[category]["macros"].items():
            sign = spec.simplify_repl
            if isinstance(sign, str) and len(sign) == 1 and name.isalpha():
                found.setdefault(name, sign)
    for rules in ("defaults", "unicode-xml"):
        for rule in get_builtin_conversion_rules(rules):
            for number, latex in rule.rule.items():
                if match := _COMMAND_ALONE.fullmatch(latex):
                    found.setdefault(match[1], chr(number))
    return found


_COMMAND_ALONE = re.compile(r"\{?\\(?:ensuremath\{\\)?([A-Za-z]+)\}?\}?(?:\{\})?")
_SIGN_OF = _signs()
_JOINED = {"---": "—", "--": "–", "``": "“", "''": "”", "~": " "}
_SPACES = {"\\", " ", ",", ";", ":", "\n"}
_SWITCHES = {"em", "bf", "it", "sc", "rm", "sf", "tt", "sl", "bfseries", "itshape", "upshape"}

# An argument that does not print, or not alone: the address of a link, what only takes room, the
# formulas of a title that has itself without them.
_DROPPED = re.compile(
    r"\\(?:href|texorpdfstring|[vh]?phantom|[vh]space\*?|label|textcolor|color|fontsize|cite[pt]?"
    r"|footnotemark|foreignlanguage|selectlanguage)\s*+(?:\[[^\[\]{}]*+\])?"
    r"\{(?:[^{}\\]|\\.|\{[^{}]*+\})*+\}",
    re.S,
)
_ENSURED = re.compile(r"\\ensuremath\s*+\{((?:[^{}$]|\{[^{}$]*+\})*+)\}")
_SCRIPT = re.compile(r"\\text(super|sub)script\s*+\{([^{}\\$]{1,20})\}")
_TOKEN = re.compile(
    r"""
    (?P<math> \$\$? (?: [^$\\] | \\. )+ \$\$? | \\\( (?: [^\\] | \\[^()] )+ \\\) )
  | \\ (?P<accent> [`'^"~=.] | [uvHrtcdbk] (?![A-Za-z]) ) \s*
       (?: \{ \s*+ (?P<braced> \\i(?:math)? | \\j(?:math)? | [^\W\d_] )? \s*+ \}
         | (?P<bare> \\[ij] (?![A-Za-z]) | [^\W\d_] ) )
  | \\ (?P<command> [A-Za-z]+ ) \*? (?P<after> [ \t\n]* (?: \{\} )? ) (?P<argument> (?=\{) )?
  | \\ (?P<sign> . )
  | (?P<joined> ---? | `` | '' | ~ )
  | [{}]
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGN_ALONE = re.compile(r"\\([A-Za-z]+)(?:\{\}|\s*)|\^\{?(\d)\}?|([-<>|])")
_BRACED = re.compile(r"(?<=[\^_])\{(\w)\}")


def plain(latex: str) -> str:
    """The text without commands, braces and line breaks; formulas stay LaTeX between dollars.

    A command that is not known stands for its argument, or, without one, for its name.
    """
    if not re.search(r"[\\{}$~]|--|``|''", latex):
        return latex
    if "\\" in latex:
        latex = _ENSURED.sub(r"$\1$", _DROPPED.sub("", latex))
        latex = _SCRIPT.sub(lambda m: f"${'^' if m[1] == 'super' else '_'}{{{m[2]}}}$", latex)
    return unicodedata.normalize("NFC", _TOKEN.sub(_plain, latex))


def _plain(token: re.Match[str]) -> str:
    if token["math"]:
        return _formula(token["math"])
    if token["accent"]:
        letter = (token["braced"] or token["bare"] or "").removeprefix("\\")[:1]
        if not letter:
            return _ALONE.get(token["accent"], "")
        return letter + _ACCENT_OF.get(token["accent"], "")
    if name := token["command"]:
        if name in _SIGN_OF:
            return _SIGN_OF[name]
        if token["argument"] is not None or name in _SWITCHES:
            return ""
        return name + ("" if token["after"].endswith("}") else token["after"])
    if sign := token["sign"]:
        return " " if sign in _SPACES else "" if sign in "-/!@" else sign
    return _JOINED.get(token["joined"], "")


def _formula(text: str) -> str:
    """The formula, or the sign that is all of it."""
    source = text.strip("$")
    if alone := _SIGN_ALONE.fullmatch(source):
        name, digit, sign = alone.groups()
        if sign:
            return sign.replace("-", "−")
        if name in _SIGN_OF:
            return _SIGN_OF[name]
        if digit:
            return f"$^{digit}$"
    return _BRACED.sub(r"\1", text)
