"""LaTeX, as it stands in BibTeX -> plain text that prints the same."""

import re
import unicodedata

from digest.exports.latex import ACCENTS, COMMANDS, SYMBOLS

_ACCENT_OF = {accent: sign for sign, accent in ACCENTS.items()}
_SIGN_OF = {
    **{name: sign for sign, name in reversed(SYMBOLS.items())},
    **{name: sign for sign, name in COMMANDS.items()},
    "textendash": "–",
    "textemdash": "—",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textquotesingle": "'",
    "textquotedbl": '"',
    "textunderscore": "_",
    "textdollar": "$",
    "textasteriskcentered": "*",
    "textellipsis": "…",
    "dots": "…",
    "j": "j",
}
_JOINED = {"---": "—", "--": "–", "``": "“", "''": "”", "~": " "}
_SPACES = {"\\", " ", ",", ";", ":", "\n"}
_SWITCHES = {"em", "bf", "it", "sc", "rm", "sf", "tt", "sl", "bfseries", "itshape", "upshape"}

_TOKEN = re.compile(
    r"""
    (?P<math> \$\$? (?: [^$\\] | \\. )+ \$\$? | \\\( (?: [^\\] | \\[^()] )+ \\\) )
  | \\ (?P<accent> [`'^"~=.] | [uvHrtcdbk] (?![A-Za-z]) ) \s*
       (?: \{ \s*+ (?P<braced> \\[ij] | [^\W\d_] )? \s*+ \}
         | (?P<bare> \\[ij] (?![A-Za-z]) | [^\W\d_] ) )
  | \\ (?P<command> [A-Za-z]+ ) \*? (?P<after> [ \t\n]* (?: \{\} )? ) (?P<argument> (?=\{) )?
  | \\ (?P<sign> . )
  | (?P<joined> ---? | `` | '' | ~ )
  | [{}]
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGN_ALONE = re.compile(r"\\([A-Za-z]+)\s*|\^\{?(\d)\}?|(-)")
_BRACED = re.compile(r"(?<=[\^_])\{(\w)\}")


def plain(latex: str) -> str:
    """The text without commands, braces and line breaks; formulas stay LaTeX between dollars.

    A command that is not known stands for its argument, or, without one, for its name.
    """
    if not re.search(r"[\\{}$~]|--|``|''", latex):
        return latex
    return unicodedata.normalize("NFC", _TOKEN.sub(_plain, latex))


def _plain(token: re.Match[str]) -> str:
    if token["math"]:
        return _formula(token["math"])
    if token["accent"]:
        letter = (token["braced"] or token["bare"] or "").removeprefix("\\")
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
        name, digit, minus = alone.groups()
        if minus:
            return "−"
        if name in _SIGN_OF:
            return _SIGN_OF[name]
        if digit:
            return f"$^{digit}$"
    return _BRACED.sub(r"\1", text)
