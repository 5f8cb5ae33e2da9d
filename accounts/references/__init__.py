"""Files of references that people import, recognised by their content.

Read are BibTeX, RIS, CSL-JSON, a browser's bookmarks, and plain lists of arXiv ids and addresses.
Only what identifies a paper is taken. Finding the papers is for the caller, who has the
database: by arXiv id, else by address, else by folded title.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from digest.formats.json_list import is_json

from .bibtex import read_bibtex
from .bookmarks import read_bookmarks
from .csl_json import read_csl_json
from .plain_list import read_list
from .records import (
    MAX_BYTES,
    MAX_REFERENCES,
    Format,
    Full,
    ParsedReferences,
    Reference,
    ReferenceCollector,
    ReferenceProblem,
)
from .ris import read_ris

__all__ = [
    "MAX_BYTES",
    "MAX_REFERENCES",
    "Format",
    "ParsedReferences",
    "Reference",
    "ReferenceProblem",
    "read",
]

_READERS: dict[Format, Callable[[str, ReferenceCollector], None]] = {
    Format.BIBTEX: read_bibtex,
    Format.RIS: read_ris,
    Format.CSL_JSON: read_csl_json,
    Format.BOOKMARKS: read_bookmarks,
    Format.LIST: read_list,
}
_HTML = re.compile(r"\s*<(?:[!?]|[a-z][a-z0-9]*[\s>])", re.I)
# What is further in than the file's margin may be a summary in a list.
_ENTRY = re.compile(r"(?:\A\s*|^)(?:(?P<bibtex>@\w+[ \t]*[{(])|TY  -)", re.M)


def read(content: bytes) -> ParsedReferences:
    """Read a file of references, in whichever format its content is.

    Never raises: what cannot be read is among the problems, and everything else is read. UTF-8, or
    UTF-16 with a byte order mark; BibTeX and RIS also as old Windows programs write them. Any line
    ends.
    """
    draft = ReferenceCollector()
    text = _decode(content)
    if isinstance(text, ReferenceProblem):
        return ParsedReferences((), (text,), None)
    kind = _format(text)
    try:
        _READERS[kind](text, draft)
    except Full as error:
        reason = f"more than {MAX_REFERENCES:,} references: the rest is not read"
        return draft.reading(kind, ReferenceProblem(error.line, reason))
    reading = draft.reading(kind)
    if reading.references or reading.problems:
        return reading
    return draft.reading(kind, ReferenceProblem(1, "nothing in the file names a paper"))


def _format(text: str) -> Format:
    if _HTML.match(text):
        return Format.BOOKMARKS
    if is_json(text):
        return Format.CSL_JSON
    if entry := _ENTRY.search(text):
        return Format.BIBTEX if entry["bibtex"] else Format.RIS
    return Format.LIST


def _decode(content: bytes) -> str | ReferenceProblem:
    """The text of a file, its lines ended by "\\n", or why there is none."""
    if len(content) > MAX_BYTES:
        return ReferenceProblem(1, f"the file is larger than {MAX_BYTES // 10**6} MB")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError:
            return ReferenceProblem(1, "not UTF-16, as which it is marked")
    elif (zero := content.find(0)) >= 0:
        return ReferenceProblem(
            content.count(b"\n", 0, zero) + 1, "the file is binary: it has a zero byte"
        )
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            text = content.decode("cp1252", "replace")
            if not _ENTRY.search(text):
                line = content.count(b"\n", 0, error.start) + 1
                return ReferenceProblem(line, f"not UTF-8: byte 0x{content[error.start]:02X}")
    if not text.strip():
        return ReferenceProblem(1, "the file is empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")
