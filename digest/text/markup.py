"""The text of a title or a summary -> safe HTML.

Digests are plain text with habits: LaTeX between dollars, `code` in backticks, *emphasis*, points
behind dashes. What is clearly one of these becomes HTML; everything else stays the text that it is,
escaped. Whatever the text, the result has only the few elements and attributes listed here and in
`mathml`, is well-formed, and takes time in proportion to the text's length.
"""

import re
from collections.abc import Sequence
from html import escape

from .mathml import mathml

Span = tuple[int, int]


def title_html(text: str) -> str:
    """A title on one line: escaped text, mathematics, superscripts and `code`."""
    return "".join(_inline(_fold(clean(text)), emphasis=False))


def summary_points(text: str) -> list[str]:
    """The points of a list; or the sentences of prose, which joined by spaces are the whole again.

    A point that has points of its own ends in a <ul> of them.
    """
    text = clean(text)
    layout = _layout(text)
    if layout is None:
        return sentences(text)
    points: list[tuple[str, list[str]]] = []
    for is_nested, line in layout:
        pieces = [piece for piece in _inline(line, _point_breaks(line)) if piece]
        if is_nested and points:
            points[-1][1].extend(pieces)
        else:
            points += [(piece, []) for piece in pieces]
    return [point + _ul(inner) for point, inner in points]


def sentences(text: str) -> list[str]:
    """The sentences of prose, which joined by spaces are the whole again."""
    text = _fold(clean(text))
    return _inline(text, _sentence_breaks(text)) if text else []


def is_list(text: str) -> bool:
    """Whether a summary is a run of points behind dashes, and not prose."""
    return _layout(clean(text)) is not None


def _ul(points: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{point}</li>" for point in points) + "</ul>" if points else ""


# Cleaning

_NONCHARACTERS = "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
# Controls other than white space, marks that turn the writing direction, and non-characters
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
    f"\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]+"
)


def clean(text: str) -> str:
    """The text without control characters, lone surrogates and marks that turn the direction."""
    if text.replace("\n", "").isprintable():
        return text
    return _UNWANTED.sub("", text)


def _fold(text: str) -> str:
    return " ".join(text.split())


# Where points and sentences begin

_MARKER = re.compile(r"(\s*)(?:\*?[-*•](?:\s+|$)|-(?=[A-Z]))")
_STOP = r"""(?P<stop>[.!?])["'\u2019\u201d)\]*_]*+"""
_POINT = re.compile(_STOP + r"(?P<dash> ?- | -(?=[A-Z])| [*•] )(?=\S)|[,;:](?P<pause> [-•] )(?=\S)")
_SENTENCE = re.compile(_STOP + r"""(?P<space> )["'\u2018\u201c(\[*_`$\\]*+(?=(?P<word>\S*))""")
_ENUMERATOR = re.compile(r"(?:[ivx]+|[a-z])\)")
# What a full stop may follow without ending a sentence: "e.g", "U.S", the J of "J. Doe", the 2 of
# "2. Results", and words that are cut short
_CUT_SHORT = re.compile(
    r"(?:\b[A-Za-z]\.[A-Za-z]|(?<![^\s(])[A-Z]|(?:\A|[.!?:;] )\d\d?"
    r"|\b(?:al|approx|ca|cf|Dr|Eqs?|Figs?|Mr|Mrs|Ms|No|Prof|Refs?|resp|Secs?|St|Tab|vs))$"
)


def _layout(text: str) -> list[tuple[bool, str]] | None:
    """Whether each point is nested, and its folded text; nothing for prose."""
    rows: list[tuple[int | None, list[str]]] = []
    for line in text.expandtabs(4).splitlines():
        if marker := _MARKER.match(line):
            rows.append((len(marker[1]), [line[marker.end() :]]))
        elif rows:
            rows[-1][1].append(line)
        elif line.strip():
            rows.append((None, [line]))
    indents = [indent for indent, _ in rows if indent is not None]
    if not indents:
        folded = _fold(text)
        return [(False, folded)] if len(_point_breaks(folded)) > 1 else None
    nested = min(indents) + 2
    return [
        (indent is not None and indent >= nested, _fold(" ".join(lines))) for indent, lines in rows
    ]


def _point_breaks(text: str) -> list[Span]:
    """The dashes that begin a point within a line: after a sentence's end, or a comma."""
    if not any(dash in text for dash in (" -", "- ", " *", " •")):
        return []
    return [
        match.span("pause") if match["stop"] is None else match.span("dash")
        for match in _POINT.finditer(text)
        if match["stop"] is None or _ends(text, match.start())
    ]


def _sentence_breaks(text: str) -> list[Span]:
    """The spaces between sentences, where a plain lower-case word does not follow."""
    return [
        match.span("space")
        for match in _SENTENCE.finditer(text)
        if _begins(match["word"]) and _ends(text, match.start())
    ]


def _begins(word: str) -> bool:
    return (
        not word[:1].islower()
        or any(sign.isupper() or sign.isdigit() for sign in word)
        or _ENUMERATOR.match(word) is not None
    )


def _ends(text: str, stop: int) -> bool:
    return text[stop] != "." or not _CUT_SHORT.search(text[max(0, stop - 12) : stop])


# One line of text

_SPECIAL = re.compile(r"[$\\`^_*]")
_SCRIPT_SOURCE = r"""
    \^ (?: \{ \\?circ \} | \\?circ\b )
  | \^ (?: \{ [^\s{}\\$^_<>`]{1,20} \} | -?\d+(?:\.\d+)? | [*+†‡] | [^\W\d_](?!\w) )
  | _ \{ [^\s{}\\$^_<>`]{1,20} \}
"""
_SCRIPT = re.compile(_SCRIPT_SOURCE, re.VERBOSE)
_BASE = r"(?<=[^\W_]|[)\]}])"
_AFTER_BASE = re.compile(_BASE)
_ATOM = re.compile(
    rf"""
    (?P<text> https?://[^\s<>"`*]+ | (?<!`) `` [^`']{{1,200}} '' | \\\\ )
  | (?<!`) ` (?P<code> [^`]++ ) ` (?!`)
  | (?<!`) `` (?!`) (?P<fenced> [^`]* (?: `(?!`) [^`]* )* ) `` (?!`)
  | \$\$ (?P<display> (?: [^$\\] | \\. )++ ) \$\$
  | \$ (?![\s$]) (?P<dollars> (?: [^$\\] | \\. )++ ) (?<!\s) \$ (?!\d)
  | \\\( (?P<parentheses> (?: [^\\] | \\[^()] )++ ) \\\)
  | \\\[ (?P<brackets> (?: [^\\] | \\[^\[\]] )++ ) \\\]
  | \\ (?P<escaped> [$%&\#_*`] )
  | {_BASE} (?P<script> {_SCRIPT_SOURCE} )
  | (?P<mark> \*+ | _+ )
    """,
    re.VERBOSE,
)
_MAY_OPEN_AFTER = frozenset(" ([{\"'\u201c\u2018-\u2013—/*_")
_EMPHASIS = {"*": "em", "_": "em", "**": "strong"}
_OPENING = {f"<{name}>" for name in _EMPHASIS.values()}
_CLOSING = {f"</{name}>" for name in _EMPHASIS.values()}

Atom = tuple[int, int, str]  # where it stands in the text, and its HTML


def _inline(text: str, breaks: Sequence[Span] = (), *, emphasis: bool = True) -> list[str]:
    """The HTML of a line, cut at those of the breaks that lie in plain text."""
    found = atoms(text, emphasis) if _SPECIAL.search(text) else []
    size = len(text)
    breaks = [*breaks, (size + 1, size + 1)]
    pieces: list[str] = []
    parts: list[str] = []
    at = turn = depth = 0
    for start, end, html in [*found, (size, size, "")]:
        while breaks[turn][0] < at:
            turn += 1
        while breaks[turn][1] <= start and not depth:
            parts.append(escape(text[at : breaks[turn][0]]))
            pieces.append("".join(parts))
            parts.clear()
            at = breaks[turn][1]
            turn += 1
        parts += escape(text[at:start]), html
        at = end
        depth += (html in _OPENING) - (html in _CLOSING)
    return [*pieces, "".join(parts)]


def atoms(text: str, emphasis: bool) -> list[Atom]:
    """What of a line is more than plain text, in order: where it stands, and its HTML.

    emphasis: whether `*` and `_` may mean some.
    """
    found: list[Atom] = []
    marks: list[re.Match[str]] = []
    at = 0
    while atom := _ATOM.search(text, at):
        start, at = atom.span()
        if atom.lastgroup == "mark":
            marks.append(atom)
        elif (html := _atom_html(atom)) is not None:
            found.append((start, at, html))
        else:
            at = start + 1
    if emphasis and marks:
        found = sorted(found + _emphasis(text, marks))
    return found


def _atom_html(atom: re.Match[str]) -> str | None:
    kind, inner = atom.lastgroup, atom[atom.lastgroup or 0]
    if kind in ("text", "escaped"):
        return escape(inner)
    if kind in ("code", "fenced"):
        return f"<code>{escape(inner.strip() or inner)}</code>"
    if kind == "script":
        return _script(inner)
    if kind in ("dollars", "display"):
        attached = _AFTER_BASE.match(atom.string, atom.start()) is not None
        if attached and _SCRIPT.fullmatch(inner):
            return _script(inner)
        if not _is_formula(inner, attached, atom.string[atom.end() : atom.end() + 1]):
            return None
    return mathml(inner) or escape(atom[0])


def _script(source: str) -> str:
    inner = source[1:].strip("{}")
    if inner.removeprefix("\\") == "circ":
        return "°"
    name = "sup" if source[0] == "^" else "sub"
    return f"<{name}>{escape(inner)}</{name}>"


def _emphasis(text: str, marks: list[re.Match[str]]) -> list[Atom]:
    """The tags of the marks that pair up; `GPT_4_mini`, `a * b` and `A* search` have none."""
    tags: list[Atom] = []
    open_marks: dict[str, re.Match[str]] = {}
    for mark in marks:
        kind = mark[0]
        if not (name := _EMPHASIS.get(kind)):
            continue
        before = text[mark.start() - 1 : mark.start()] or " "
        after = text[mark.end() : mark.end() + 1] or " "
        if kind in open_marks and before != " " and not after.isalnum():
            opener = open_marks[kind]
            open_marks = {k: m for k, m in open_marks.items() if m.start() < opener.start()}
            tags += [(*opener.span(), f"<{name}>"), (*mark.span(), f"</{name}>")]
        elif before in _MAY_OPEN_AFTER and after != " ":
            open_marks[kind] = mark
    return tags


# Mathematics

_CUES = re.compile(r"[\\^_]")
_ESCAPED = re.compile(r"\\[$%&#]")
_COMMAND = re.compile(r"\\[A-Za-z]+|\{[^{}]*\}")
_PROSE = re.compile(r"[A-Za-z]{2}[,;:]? +[A-Za-z]{2}")
_WORD = re.compile(r"[A-Za-z]{2}")


def _is_formula(source: str, attached: bool, after: str) -> bool:
    """Whether what stands between two dollars is mathematics, and not prose between two sums."""
    source = _ESCAPED.sub("", source)
    if _CUES.search(source):
        without_commands = _COMMAND.sub("|", source)
        return not (_WORD if source[0].isdigit() else _PROSE).search(without_commands)
    if attached:
        return False
    return not _WORD.search(source) or not (" " in source or source[0].isdigit() or after.isalnum())
