"""Digests as files: bytes to plain records, and back.

`READERS` has a line for each kind of file; FORMATS.md says what they read. Six-column Markdown and
JSON are written, too, as the archive of digests has them. Nothing is interpreted here: a link may
be a placeholder, a paper may come twice. Knows nothing of Django.
"""

from __future__ import annotations

import codecs
import datetime
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .arxiv_xml import arxiv_rows, read_arxiv
from .json_dialect import json_rows, read_json, write_json, write_suggestions
from .json_list import is_json
from .markdown import markdown_rows, read_markdown
from .markdown_writer import reduce_to_markdown, write_markdown
from .records import (
    FILE_NOT_READ,
    MAX_BYTES,
    DayRows,
    FileRow,
    Format,
    Reading,
    Record,
    RowContent,
    RowProblem,
    parse_date,
)
from .xml_rows import is_xml

__all__ = [
    "MAX_BYTES",
    "SUFFIXES",
    "DayRows",
    "FileRow",
    "Format",
    "Reading",
    "Record",
    "RowProblem",
    "parse_date",
    "raw_rows",
    "read",
    "reader_of",
    "reduce_to_markdown",
    "write_json",
    "write_markdown",
    "write_suggestions",
]


class Reader(NamedTuple):
    """A kind of file. formats: of its rows. suffixes: of its names, the first for what has none.

    recognizes: whether a text was meant as one. read, rows: as `read` and `raw_rows`, of a text
    without NUL, its lines ended by "\\n".
    """

    formats: tuple[Format, ...]
    suffixes: tuple[str, ...]
    content_type: str
    recognizes: Callable[[str], bool]
    read: Callable[[str, datetime.date | None], Reading]
    rows: Callable[[str, datetime.date | None], Iterator[tuple[int, str, RowContent]]]


READERS = (
    Reader(
        (Format.ARXIV_ATOM, Format.ARXIV_RSS, Format.ARXIV_OAI),
        (".xml", ".atom", ".rss"),
        "application/xml",
        is_xml,
        read_arxiv,
        arxiv_rows,
    ),
    Reader(
        (Format.JSON, Format.HUGGING_FACE, Format.SUGGESTIONS),
        (".json", ".jsonl", ".ndjson"),
        "application/json",
        is_json,
        read_json,
        json_rows,
    ),
    Reader(
        (Format.SIX_COLUMN, Format.THREE_COLUMN, Format.TABLE, Format.HEADED_LIST),
        (".md", ".markdown"),
        "text/markdown; charset=utf-8",
        lambda _: True,
        read_markdown,
        markdown_rows,
    ),
)
"""The first that recognizes a text reads it."""

SUFFIXES = tuple(suffix for reader in READERS for suffix in reader.suffixes)
"""What a digest's file may end in, when a folder is searched."""


_PACKED = (b"PK\3\4", b"PK\5\6", b"\x1f\x8b")
"""How files of ZIP, and of gzip, begin."""
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def reader_of(format: Format) -> Reader:
    """The reader that reads a format."""
    return next(reader for reader in READERS if format in reader.formats)


def read(data: bytes, date: datetime.date | None = None) -> Reading:
    """Read a digest, or an archive of many, in whichever format its content is.

    date: for what names no date itself. Never raises: what cannot be read is among the problems,
    and everything else is read. UTF-8, with or without a byte order mark; any line ends.
    """
    text = _decode(data)
    if isinstance(text, RowProblem):
        return Reading((), (text,), None)
    reading = _reader(text).read(text, date)
    if reading.days or reading.problems:
        return reading
    reason = "no papers in JSON or XML, and in Markdown neither a table nor headings of papers"
    if _HTML.match(text):
        reason = "a web page (HTML): papers are read from JSON, XML and Markdown"
    return Reading((), (RowProblem(1, reason, FILE_NOT_READ),), None)


def raw_rows(
    data: bytes, date: datetime.date | None = None
) -> Iterator[tuple[int, str, RowContent]]:
    """Every row as it stands in the file, good or bad: the line at which it starts, from 1, its
    text, and what it states; also what only looks like a row. Line ends are "\n". In JSON and XML
    several rows may start at one line.

    date: as for `read`.
    """
    text = _decode(data)
    if isinstance(text, RowProblem):
        return iter(())
    return _reader(text).rows(text, date)


def _reader(text: str) -> Reader:
    return next(reader for reader in READERS if reader.recognizes(text))


def _decode(data: bytes) -> str | RowProblem:
    """The text of a file, its lines ended by "\n", or why there is none."""
    if len(data) > MAX_BYTES:
        return RowProblem(1, f"the file is larger than {MAX_BYTES // 2**20} MiB", FILE_NOT_READ)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return RowProblem(1, "the file is UTF-16, not UTF-8", FILE_NOT_READ)
    if data.startswith(_PACKED):
        reason = "the file is packed, as ZIP archives and office documents are: give what is in it"
        return RowProblem(1, reason, FILE_NOT_READ)
    if (zero := data.find(0)) >= 0:
        line = data.count(b"\n", 0, zero) + 1
        return RowProblem(line, "the file is binary: it holds a zero byte", FILE_NOT_READ)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return RowProblem(line, f"not UTF-8: byte 0x{data[error.start]:02X}", FILE_NOT_READ)
    if not text.strip():
        return RowProblem(1, "the file is empty", FILE_NOT_READ)
    return text.replace("\r\n", "\n").replace("\r", "\n")
