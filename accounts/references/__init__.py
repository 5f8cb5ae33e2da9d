"""Files of references that people import, recognised by their content.

Read are BibTeX, RIS, EndNote's and PubMed's records, JSON, feeds and other XML, a browser's
bookmarks, and plain lists of arXiv ids and addresses. One file may have several of these: each part
is read in its own format, and arXiv ids in no part are reported as mentions. Only what identifies a
paper is read, with a person's notes and tags. The caller, who has the database, finds the papers:
by arXiv id, else by address, else by folded title.
"""

from __future__ import annotations

import re

from digest.formats.json_list import is_json

from . import bibtex, feeds, ris
from .bibtex import BibtexReader
from .bookmarks import is_page, read_links
from .encoding import Unreadable, decode
from .json_values import JsonReader
from .plain_list import read_list
from .records import (
    MAX_BYTES,
    MAX_REFERENCES,
    Format,
    Full,
    Mention,
    ParsedReferences,
    Reference,
    ReferenceCollector,
    ReferenceProblem,
)

__all__ = [
    "MAX_BYTES",
    "MAX_REFERENCES",
    "Format",
    "Mention",
    "ParsedReferences",
    "Reference",
    "ReferenceProblem",
    "read",
]

_JSON = r"\[\s*(?:\{\s*[\"}]|\"|\]|\Z)|\{\s*(?:[\"}]|\Z)"
_REFUSED = {
    "Web of Science": re.compile(
        r"\s*(?:FN (?:Clarivate|Thomson|ISI)|PT\tAU\t|PT [JBSP]\n(?:AU|AF) )"
    ),
    "RefWorks": re.compile(r"\s*RT [A-Z][\w ,/()]*\n(?:SR|ID|A1|T1) "),
}
"""Whose own format is not read, and how a file in it begins."""
# A part begins a line, or follows another part; within a sentence, only a complete entry is a part.
_START = re.compile(
    rf"^[ \t>]*+(?:(?P<bibtex>{bibtex.START})|(?P<record>{ris.START})|(?P<json>{_JSON})"
    rf"|(?P<xml>{feeds.START}))"
    r"|(?<![\w.@])(?P<sentence>@[A-Za-z]++\{[^\s,{}]*+,\s*+\w++\s*+=\s*+[{\"])",
    re.M,
)
_NEXT = re.compile(rf"[\s,]*+(?:(?P<bibtex>{bibtex.START})|(?P<json>{_JSON}))")


def read(content: bytes) -> ParsedReferences:
    """Read a file of references, in whichever formats its content is.

    Never raises: what cannot be read is among the problems, and everything else is read. For its
    encodings see `encoding.decode`. Any line ends.
    """
    draft = ReferenceCollector()
    try:
        text = decode(content)
    except Unreadable as error:
        return ParsedReferences((), (error.problem,), (), ())
    try:
        rest = _read_parts(text, draft)
        page = is_page(rest)
        read_list(read_links(rest, draft), draft, is_page=page)
        draft.mention_rest(text)
    except Full as error:
        reason = f"more than {MAX_REFERENCES:,} references: the rest is not read"
        return draft.reading(ReferenceProblem(error.line, reason))
    reading = draft.reading()
    if reading.references or reading.problems:
        return reading
    return draft.reading(ReferenceProblem(1, "nothing in the file names a paper"))


def _read_parts(text: str, draft: ReferenceCollector) -> str:
    """Read the parts that have a format of their own. Returns the text around them, each line at
    its place."""
    for program, pattern in _REFUSED.items():
        if pattern.match(text):
            draft.format = Format.RIS
            reason = f"{program}'s own format is not read: export BibTeX or RIS instead"
            draft.problem(1, reason, text[:500])
            return ""
    bibtex_reader: BibtexReader | None = None
    json_reader: JsonReader | None = None
    rest: list[str] = []
    line, at, end = 1, 0, 0  # at: up to where the lines are counted
    match = _START.search(text)
    if is_json(text) and not (match and match["json"] and not text[: match.start()].strip()):
        match = re.compile(r"\s*(?P<json>(?=\S))(?P<bibtex>(?!))?").match(text)
    while match:
        kind = match.lastgroup or ""
        start = match.start(kind)
        rest.append(text[end:start])
        line += text.count("\n", at, start)
        at = start
        if kind == "json":
            json_reader = json_reader or JsonReader(text, draft)
            end = json_reader.read(start)
        elif kind == "xml":
            end = feeds.read_xml(text, start, line, draft)
        elif kind == "record":
            end = ris.read_records(text, start, line, draft)
        else:
            draft.format = Format.BIBTEX
            bibtex_reader = bibtex_reader or BibtexReader(text, draft)
            end = bibtex_reader.read(start, line)
        rest.append("\n" * text.count("\n", start, end))
        line_end = text.find("\n", start) if end == start else end
        match = _NEXT.match(text, end) if end > start else None
        match = match or (_START.search(text, line_end) if line_end >= 0 else None)
    return "".join([*rest, text[end:]])
