"""Digests as files: bytes to plain records, and back.

Three dialects are read: six-column and three-column Markdown, recognized by a table's header, and
JSON. Six-column Markdown and JSON are written, as the archive of digests has them. Nothing is
interpreted here: a link may be a placeholder, a paper may come twice. Knows nothing of Django.
"""

from __future__ import annotations

import codecs
import datetime
from collections.abc import Iterator

from .json_dialect import json_rows, read_json, write_json
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

__all__ = [
    "MAX_BYTES",
    "DayRows",
    "FileRow",
    "Format",
    "Reading",
    "Record",
    "RowProblem",
    "parse_date",
    "raw_rows",
    "read",
    "reduce_to_markdown",
    "write_json",
    "write_markdown",
]


def read(data: bytes, date: datetime.date | None = None) -> Reading:
    """Read a digest, or an archive of many, in whichever dialect its content is.

    date: for what names no date itself. Never raises: what cannot be read is among the problems,
    and everything else is read. UTF-8, with or without a byte order mark; any line ends.
    """
    text = _decode(data)
    if isinstance(text, RowProblem):
        return Reading((), (text,), None)
    reading = read_json(text, date) if is_json(text) else read_markdown(text, date)
    if reading.days or reading.problems:
        return reading
    reason = "neither a list of papers in JSON nor a table of papers in Markdown"
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
    return json_rows(text, date) if is_json(text) else markdown_rows(text)


def _decode(data: bytes) -> str | RowProblem:
    """The text of a file, its lines ended by "\n", or why there is none."""
    if len(data) > MAX_BYTES:
        return RowProblem(1, f"the file is larger than {MAX_BYTES // 2**20} MiB", FILE_NOT_READ)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return RowProblem(1, "the file is UTF-16, not UTF-8", FILE_NOT_READ)
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
