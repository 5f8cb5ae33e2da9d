"""LaTeX formulas -> MathML that is safe on any page."""

import re
from functools import lru_cache

import nh3
from math_core import LatexError, LatexToMathML

_LONGEST = 1000
_DEEPEST = 50
_MOST_OPEN = 8
"""Opening delimiters that nothing closes: each doubles the converter's work."""
_WIDEST = 5
_converter = LatexToMathML(max_expansions=100, fancy_error=False)
_DEFINITION = re.compile(r"\\(?:let|global|[a-z]*def|[a-z]*command)(?![A-Za-z])")
_LEVEL = re.compile(r"\\[A-Za-z]+|\\.|[{}]|[^\w\x00-\x7f]")
_PERCENT = re.compile(r"\\.|%")
_DELIMITER = r"(?![A-Za-z]) \s* (?: \\[A-Za-z]+ | \\?. )"
_PART = re.compile(
    rf"""
    (?P<begins> \{{ | \\begin\s*\{{[^{{}}]*\}} | \\left{_DELIMITER} )
  | (?P<ends> \}} | \\end\s*\{{[^{{}}]*\}} | \\right{_DELIMITER} )
  | \\(?:[bB]igg?[lmr]?|middle){_DELIMITER}
  | \\(?:bra|braket|ket|pmod|pod|set)\s*\{{(?:[\w\s,.+*=|/-]|\\[A-Za-z]+(?![A-Za-z]))*\}}
  | \\[A-Za-z]+\*? | \\. | \S
    """,
    re.VERBOSE | re.DOTALL,
)
_ENDS = {
    *("&", r"\\", r"\newline", r"\hline", r"\limits", r"\nolimits", r"\over", r"\choose", r"\bf"),
    *(r"\rm", r"\it", r"\displaystyle", r"\textstyle", r"\color", r"\textcolor", r"\hspace"),
}
"""What opens nothing, and may have what follows stand in another row."""
_PROBES = [
    (role, probe, re.compile(r"<mrow>" + argument + r"</mrow></mrow><mi>c</mi></math>$"))
    for role, probe, argument in (
        ("plain", r"\sin(a?]c", r"<mo [^>]*>\(</mo><mi>a</mi>.*<mo [^>]*>]</mo>"),
        ("opens", r"\sin? a)c", r"<mo[^>]*>[^<]*</mo><mi>a</mi><mo [^>]*>\)</mo>"),
        ("closes", r"\sin(a? c", r"<mo [^>]*>\(</mo><mi>a</mi><mo[^>]*>[^<]*</mo>"),
    )
]

_TAG = re.compile("<[^<>]*>")
_ELEMENT = re.compile("<([a-z]+)")
_EMPTY = re.compile("></(?:mspace|mprescripts)>")
_COMBINING_ARROW = ">\N{COMBINING RIGHT ARROW ABOVE}<"
"""Browsers draw it beside its letter; a plain arrow, over it."""
_INTEGER = re.compile(r"(?<![\d.])\d+")
MATHML_ELEMENTS = {
    *("math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom"),
    *("mprescripts", "mroot", "mrow", "mspace", "msqrt", "msub", "msubsup", "msup", "mtable"),
    *("mtd", "mtext", "mtr", "munder", "munderover", "menclose", "b", "code", "em", "i", "s", "u"),
}
"""Elements that a formula may consist of; the last few stand in its texts."""
MATHML_ATTRIBUTES = {
    *("accent", "accentunder", "display", "displaystyle", "form", "height", "linethickness"),
    *("lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rspace"),
    *("scriptlevel", "stretchy", "symmetric", "voffset", "width"),
}
"""Attributes that the elements of a formula may have."""
_cleaner = nh3.Cleaner(
    tags=MATHML_ELEMENTS,
    attributes={"*": set(), **dict.fromkeys(MATHML_ELEMENTS, MATHML_ATTRIBUTES)},
)


def mathml(source: str, display: bool = False) -> str | None:
    """A formula, its LaTeX without dollars, as MathML; nothing if it is not understood, is more
    than 1,000 characters long or 50 levels deep, or leaves more than 8 delimiters open.

    display: whether it stands in a line of its own.

    The converter overflows the stack on deep nesting, and tries each opening delimiter that is
    never closed in two ways, so its input is measured first; and it writes style attributes, so its
    output is cleaned.
    """
    if len(source) > _LONGEST or _depth(source) > _DEEPEST or _DEFINITION.search(source):
        return None
    # A bare % would hide what follows it
    source = _PERCENT.sub(lambda m: r"\%" if m[0] == "%" else m[0], source)
    if not _few_open(source):
        return None
    try:
        converted = _converter.convert_with_local_state(source, displaystyle=display)
    except LatexError:
        return None
    return _sanitised(converted)


def _depth(source: str) -> int:
    """How many levels may be open at once: braces, and until their group ends commands and signs
    like ∑.
    """
    levels = [0]
    depth = deepest = 0
    for part in _LEVEL.findall(source):
        if part == "}":
            if len(levels) > 1:
                depth -= levels.pop()
            continue
        if part == "{":
            levels.append(0)
        levels[-1] += 1
        depth += 1
        deepest = max(deepest, depth)
    return deepest


def _few_open(source: str) -> bool:
    """Whether at most 8 delimiters stay open, and at most 50 are open at once.

    The converter looks for what closes a delimiter in the same row, which is a group, a cell, or a
    side of a fraction. What may stand in another row, or be the argument of a command, is not
    counted as closing anything here.
    """
    rows: list[tuple[int, int]] = []
    opened = 0  # in this row
    wanted = 0  # arguments that are still to come
    unclosed = 0  # in rows that have ended
    for match in _PART.finditer(source):
        part = match[0]
        if match.lastgroup == "begins":
            rows.append((opened, wanted))
            opened = wanted = 0
            continue
        if match.lastgroup == "ends":
            unclosed += opened
            opened, wanted = rows.pop() if rows else (0, 0)
            role, arguments = "plain", 0
        else:
            role, arguments = _role(part)
        if role == "other":
            unclosed += part.count("\\")  # it may open something itself
        if role in ("other", "ends") or (part == "[" and wanted):
            unclosed += opened
            opened = wanted = 0
        if role == "opens":
            opened += 1
        elif role == "closes" and opened and not wanted:
            opened -= 1
        wanted = max(0, wanted - 1) + arguments
        if opened > _DEEPEST:
            return False
    return unclosed + opened + sum(opened for opened, _ in rows) <= _MOST_OPEN


@lru_cache(maxsize=1000)
def _role(part: str) -> tuple[str, int]:
    """What a sign or command is to the row that it stands in, and how many arguments it takes.

    It "opens" or "closes" as a delimiter does, "ends" a row, is "plain", or is "other", which may
    be any of these. The converter knows hundreds of each, so it is asked: what is in parentheses
    belongs to the function before them, and what comes after does not. A command whose argument
    can close what stands before it, like \\pmod, is "other" without an argument that is short.
    """
    if part in ("^", "_"):
        return "plain", 1
    if part == "'":
        return "plain", 0
    if part in _ENDS:
        return "ends", 0
    for arguments in range(3):
        given = part + "{a]}" * arguments
        for role, probe, answer in _PROBES:
            try:
                html = _converter.convert_with_local_state(
                    probe.replace("?", given), displaystyle=False
                )
            except LatexError:
                continue
            if answer.search(html):
                return role, arguments
    return "other", 0


def _sanitised(html: str) -> str | None:
    """The same tree with the allowed attributes alone; nothing if it has other elements, or lengths
    that would not fit on a page."""
    if not {*_ELEMENT.findall(html)} <= {*MATHML_ELEMENTS, "span"}:
        return None
    if any(int(n) > _WIDEST for tag in _TAG.findall(html) for n in _INTEGER.findall(tag)):
        return None
    clean = _EMPTY.sub("/>", _cleaner.clean(html)).replace("&nbsp;", "\xa0")
    return clean.replace(_COMBINING_ARROW, ">→<")
