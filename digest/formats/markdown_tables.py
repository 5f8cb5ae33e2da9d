"""The kinds of tables that are read: those of the archive, known by all of their columns, and
others by the names of some."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from digest.text.links import says_nothing

from .common_names import DATE, FIELD_OF, PUBLISHED, Row, RowReading, plain
from .markdown_cells import (
    cells_of,
    ends_title,
    links_of,
    plain_text,
    python_list,
    text_of,
    title_and_link,
    urls_of,
)
from .records import BadRow, Format, Record, quote

KNOWN_COLUMNS = "Title, Authors, Link or PDF, Date, Abstract, Summary, Code, Keywords, Comment"

_READ_MORE = re.compile(
    r"read more on \[(\w+)\]\(([^()\s]*+)\)(?: or \[(\w+)\]\(([^()\s]*+)\))?\)?", re.I
)
_ADDRESSES = ("link", "github_repo", "github_urls", "huggingface_urls", "project_page")
_TEXTS = ("summary", "abstract", "tldr", "comment")


@dataclass(frozen=True)
class Table:
    """A kind of table: its format and its number of columns.

    is_dated: whether its rows have their own dates.
    """

    format: Format
    columns: int
    is_dated = False

    def read(self, row: str, date: datetime.date | None, section: str) -> RowReading:
        """What a row states. row: without its first and its last bar, as `marked` gives it. date:
        of the section that it stands in. section: its name. Raises BadRow."""
        raise NotImplementedError


@dataclass(frozen=True)
class _Exact(Table):
    record: Callable[[list[str]], Record]

    def read(self, row: str, date: datetime.date | None, section: str) -> RowReading:
        if date is None:
            raise BadRow("the row has no date")
        return RowReading(self.record(cells_of(row, self.columns)), date, [])


@dataclass(frozen=True)
class _Named(Table):
    names: tuple[str, ...]

    @property
    def is_dated(self) -> bool:  # type: ignore[override]
        return any(FIELD_OF.get(plain(name)) in (DATE, PUBLISHED) for name in self.names)

    def read(self, row: str, date: datetime.date | None, section: str) -> RowReading:
        fields = [FIELD_OF.get(plain(name)) for name in self.names]
        long = [n for n, field in enumerate(fields) if field in ("abstract", "summary")]
        cells = cells_of(row, self.columns, (long or [fields.index("title")])[0])
        reading = read_cells(zip(self.names, cells, strict=True), date)
        return reading.in_section(section) if section else reading


def table_of(head: list[str], by_names: bool) -> Table | None:
    """The kind of table with these columns; None if it is none of papers. by_names: whether any
    table with a title is one."""
    if table := _EXACT.get(tuple(column.strip().lower() for column in head)):
        return table
    if not by_names:
        return None
    columns = tuple(column.strip(" \t*") for column in head)
    fields = [FIELD_OF.get(plain(column)) for column in columns]
    is_of_papers = "title" in fields and len({*fields} - {None}) > 1
    return _Named(Format.TABLE, len(columns), columns) if is_of_papers else None


def read_cells(cells: Any, date: datetime.date | None) -> RowReading:
    """What cells state. cells: each with its name. date: for those that give none. Raises
    BadRow."""
    given: list[tuple[str, Any]] = []
    for name, cell in cells:
        field = FIELD_OF.get(plain(name))
        if field == "title":
            title, link = title_and_link(cell.strip().strip("*"))
            given += [(name, plain_text(title)), ("link", link)]
        elif field == "classification" and cell.strip().startswith("["):
            given.append((name, list(python_list(cell))))
        elif says_nothing(plain_text(cell)) and (field in _ADDRESSES or "[" not in cell):
            continue
        elif field in _ADDRESSES:
            first, *others = urls_of(cell)
            given += [(name, first), ("github urls", others or None)]
        elif field == "authors":
            names = re.split(r"[\n,]", plain_text(cell))
            given.append((name, ", ".join(filter(None, map(plain_text, names)))))
        elif field in _TEXTS:
            given.append((name, text_of(cell).replace("<br>", "\n")))
        else:
            given.append((name, plain_text(cell)))
    row = Row(given)
    # Its own date counts more than that of its section, whatever it is called.
    has_day = any(text for field in (DATE, PUBLISHED) for _, text in row.values.get(field, ()))
    return row.read(None if has_day else date)


def _six_columns(cells: list[str]) -> Record:
    cell = cells[0].strip()
    if ends_title(cell) and not cell.startswith("["):  # what is left of one broken before a bar
        raise BadRow(f"the title is not [title](link): {quote(cell)}")
    title, link = title_and_link(cell)
    return Record(
        title=title,
        link=link,
        authors=text_of(cells[1]),
        summary=text_of(cells[2]),
        classification=python_list(cells[3]),
        github_urls=links_of(cells[4]),
        huggingface_urls=links_of(cells[5]),
    )


def _three_columns(cells: list[str]) -> Record:
    cell = cells[0].strip()
    start = max(cell.rfind("Read more on ["), cell.rfind("read more on ["))
    if start >= 0 and (more := _READ_MORE.fullmatch(cell, start)):
        before = cell[:start]
        title = before[:-1] if before.endswith("(") else before.removesuffix("- ")
        urls = {more[1].lower(): more[2], (more[3] or "").lower(): more[4]}
        link = urls.get("arxiv") or urls.get("huggingface") or ""
    else:
        title, link = title_and_link(cell)
    return Record(title.strip(), link, authors=text_of(cells[1]), summary=text_of(cells[2]))


def _link_column(cells: list[str]) -> Record:
    _, link = title_and_link(cells[3])
    return Record(cells[0].strip(), link, authors=text_of(cells[1]), summary=text_of(cells[2]))


_EXACT = {
    ("title", "authors", "summary", "classification", "github urls", "huggingface urls"): _Exact(
        Format.SIX_COLUMN, 6, _six_columns
    ),
    ("title", "authors", "summary"): _Exact(Format.THREE_COLUMN, 3, _three_columns),
    ("title", "authors", "summary", "link"): _Exact(Format.THREE_COLUMN, 4, _link_column),
}
"""The tables known, by the names of their columns."""
