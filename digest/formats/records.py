"""What every dialect is read into, and the limits that all of them share."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

MAX_BYTES = 32 * 1024 * 1024
"""Bytes of a file."""
MAX_ROWS = 100_000
"""Rows of a file, good and bad, and headings: what comes after them is not read."""
MAX_TITLE = 1_000
"""Characters of a title."""
MAX_TEXT = 20_000
"""Characters of a summary, an abstract and a comment."""
MAX_AUTHORS = 100_000
"""Characters of an author list: the longest at arXiv have 3,000 names."""
MAX_ITEMS = 200
"""Links of a kind, categories and keywords of a row."""
MAX_UNKNOWN = 100
"""Names that are not known, of a file, which are reported."""
MAX_NUMBER = 2**31 - 1
"""What a number of a row may be at the most."""
MAX_ITEM = 2_000
"""Characters of a link, as Markdown has it, and of a category."""

FIRST_YEAR, LAST_YEAR = 1990, 2199
"""Years that a digest can be of: a slip of the pen is no reason for a calendar of centuries."""

FILE_NOT_READ = "file not read"
REST_NOT_READ = "rest of the file not read"
ROW_LEFT_OUT = "row left out"
PASSED_OVER = "passed over"

# Either some database or XML, and so a feed, cannot hold these; lone surrogates are no UTF-8 even.
_IMPOSSIBLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"([0-9]{4})([-/.])([0-9]{2})\2([0-9]{2})(?:[T ].*)?")


class Format(StrEnum):
    """The formats, the best first: where two speak of one paper on one day, the better wins."""

    JSON = "json"
    SIX_COLUMN = "six-column"
    THREE_COLUMN = "three-column"
    TABLE = "table"
    HEADED_LIST = "headed-list"
    HUGGING_FACE = "hugging-face"
    ARXIV_ATOM = "arxiv-atom"
    ARXIV_RSS = "arxiv-rss"
    ARXIV_OAI = "arxiv-oai"
    SUGGESTIONS = "suggestions"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Format).index(self)


@dataclass(frozen=True, slots=True)
class Record:
    """What one row states about one paper, as it was given: nothing is repaired or normalized.

    The names are the keys of the JSON dialect. None stands for a column or key that is absent
    (or null), which is less than an empty one.
    """

    title: str
    """With its inner line breaks; stripped at its ends, and never empty when it was read."""
    link: str = ""
    """The paper's address; "" where there is none."""
    authors: str | tuple[str, ...] | None = None
    """Names as printed: separated by commas, or one by one."""
    summary: str | None = None
    """What the digest says of the paper; never the authors' abstract."""
    classification: tuple[str, ...] | None = None
    github_repo: str | None = None
    github_urls: tuple[str, ...] | None = None
    """As given, so that placeholders (`null`, `[data]`) are among them."""
    huggingface_urls: tuple[str, ...] | None = None
    """As `github_urls`."""
    project_page: str | None = None
    abstract: str | None = None
    """What the authors wrote of the paper."""
    authors_complete: bool | None = None
    """True where the source is known to give all authors; None where that is not known."""
    machine_summary: bool | None = None
    """True where the source says that a machine wrote the summary."""
    categories_suggested: bool | None = None
    """True where the classification is a guess, by papers that are alike."""
    keywords: tuple[str, ...] | None = None
    upvotes: int | None = None
    comment: str | None = None
    """The authors' comment at arXiv: pages, figures, where it was accepted."""
    doi: str | None = None
    """Of the published paper, not that of its preprint."""
    version: int | None = None
    """The number of the preprint's version, from 1."""

    @property
    def authors_text(self) -> str:
        """The authors in one text, separated by commas; commas within a name are left out."""
        if isinstance(self.authors, tuple):
            return ", ".join(" ".join(name.split(",")) for name in self.authors)
        return self.authors or ""

    def as_dict(self) -> dict[str, Any]:
        """The fields that are not None, with lists for tuples: fit for JSON."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values
            if value is not None
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `as_dict`."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**given)


QUALIFIED = {
    "authors_complete": "authors",
    "machine_summary": "summary",
    "categories_suggested": "classification",
}
"""Fields of a record that say something of another one."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A record, the line of the file at which it starts, from 1, and the dialect it was in."""

    line: int
    format: Format
    record: Record


@dataclass(frozen=True, slots=True)
class DayRows:
    """A day's papers, in the order of the file; a day may have none."""

    date: datetime.date
    rows: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong, at which line from 1, and what was done about it."""

    line: int
    reason: str
    action: str

    def __str__(self) -> str:
        return f"{self.line}: {self.reason} ({self.action})"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file states.

    days: each date once, in the order in which the file first names them. problems: in the order of
    their lines. format: that of the first table; None if no day was found.
    """

    days: tuple[DayRows, ...]
    problems: tuple[RowProblem, ...]
    format: Format | None


RowContent = tuple[datetime.date, Record] | str | None
"""What a row states of its day, or why it was left out; None where that needs not be known, as no
other row stands on its line."""


class BadRow(Exception):
    """A row cannot be read; the text says why."""


class ReadingBuilder:
    """A reading in the making, for the readers of this package."""

    def __init__(self) -> None:
        self._days: dict[datetime.date, list[FileRow]] = {}
        self._problems: list[RowProblem] = []
        self._format: Format | None = None
        self._unknown: set[str] = set()

    @property
    def is_empty(self) -> bool:
        """Whether neither a day nor a problem was found."""
        return not self._days and not self._problems

    def open(self, day: datetime.date, format: Format) -> None:
        """The file has such a table for this day, perhaps one without rows."""
        self._days.setdefault(day, [])
        self._format = self._format or format

    def add(self, day: datetime.date, line: int, format: Format, record: Record) -> None:
        """Add a row; raises BadRow if it is without a title, over a limit or impossible to
        store."""
        check(record)
        self.open(day, format)
        self._days[day].append(FileRow(line, format, record))

    def problem(self, line: int, reason: str, action: str) -> None:
        self._problems.append(RowProblem(line, reason, action))

    def unknown(self, line: int, names: Iterable[str]) -> None:
        """A row has values under these names, which are not known: each is reported once."""
        new = [name for name in names if name not in self._unknown]
        if new and len(self._unknown) < MAX_UNKNOWN:
            self.problem(line, f"names that are not known: {names_in_words(new)}", PASSED_OVER)
        self._unknown.update(new)

    def reading(self) -> Reading:
        days = tuple(DayRows(day, tuple(rows)) for day, rows in self._days.items())
        return Reading(days, tuple(self._problems), self._format)


def check(record: Record) -> None:
    """Raise BadRow unless the record has a title, is within the limits and can be stored
    anywhere."""
    if not record.title:
        raise BadRow("the row has no title")
    for name in ("upvotes", "version"):
        if not 0 <= (getattr(record, name) or 0) <= MAX_NUMBER:
            raise BadRow(f"{name} is no number from 0 to {MAX_NUMBER:,}")
    for name, texts, longest in _texts(record):
        if len(texts) > MAX_ITEMS:
            raise BadRow(f"{name} has more than {MAX_ITEMS} items")
        for text in texts:
            if len(text) > longest:
                raise BadRow(f"{name} has more than {longest:,} characters")
            if found := _IMPOSSIBLE.search(text):
                raise BadRow(f"{name} has the character U+{ord(found[0]):04X}")


def _texts(record: Record) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """For each field its name, the texts it holds, and how long each may be."""
    yield "title", (record.title,), MAX_TITLE
    yield "link", (escape_link(record.link),), MAX_ITEM
    yield "authors", (record.authors_text,), MAX_AUTHORS
    for name in ("summary", "abstract", "comment"):
        yield name, (getattr(record, name) or "",), MAX_TEXT
    for name in ("github_repo", "project_page", "doi"):
        yield name, (getattr(record, name) or "",), MAX_ITEM
    yield "classification", record.classification or (), MAX_ITEM
    yield "keywords", record.keywords or (), MAX_ITEM
    yield "github_urls", tuple(map(escape_link, record.github_urls or ())), MAX_ITEM
    yield "huggingface_urls", tuple(map(escape_link, record.huggingface_urls or ())), MAX_ITEM


def escape_link(link: str) -> str:
    """The link as it stands in Markdown, where `](` would begin an address."""
    return link.replace("](", "]%28")


def parse_date(text: str) -> datetime.date | None:
    """The day that a `YYYY-MM-DD` names; None if it names none that a digest can be of."""
    try:
        day = datetime.date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


def parse_day(text: str) -> datetime.date | None:
    """The day of a date or of a moment, as it is written there: `2025-02-06T23:30:00Z`,
    `2025/02/06`; None as in `parse_date`."""
    match = _MOMENT.fullmatch(text.strip())
    return parse_date(f"{match[1]}-{match[3]}-{match[4]}") if match else None


def quote(text: str) -> str:
    """A piece of the file for a problem's reason: short, on one line, and harmless to show."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def names_in_words(names: Iterable[str], most: int = 8) -> str:
    """Names of a file for a problem's reason."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(quote, names[:most])) + more
