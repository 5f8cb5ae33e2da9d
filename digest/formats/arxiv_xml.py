"""What arXiv answers: Atom of its API, RSS of a category, and OAI-PMH (`arXiv` and `oai_dc`).

All of them give all authors, and the abstract.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from digest.text.arxiv_categories import LONG_NAMES

from .common_names import Row, RowReading, arxiv_link
from .records import (
    FILE_NOT_READ,
    REST_NOT_READ,
    ROW_LEFT_OUT,
    BadRow,
    Format,
    Reading,
    ReadingBuilder,
    RowContent,
    check,
    parse_day,
    quote,
)
from .xml_rows import Element, NotXml, XmlRow, XmlRows, names_of

_VERSION = re.compile(r"v(\d{1,4})$")
_ANNOUNCED = re.compile(r"arXiv:\S+\s+Announce Type:\s*\S+\s*", re.I)
_ABSTRACT = re.compile(r"Abstract:\s*", re.I)
_COMMENT = re.compile(r"Comments?:\s*", re.I)


class _Kind(NamedTuple):
    """A kind of document: its format, the element that is a row, and what reads that, given the day
    of the document's file. known: names of what may stand in a row."""

    format: Format
    row: str
    read: Callable[[XmlRow, datetime.date | None], RowReading]
    known: frozenset[str]


def read_arxiv(text: str, date: datetime.date | None) -> Reading:
    """Read a document; `date` is for rows that name none."""
    draft = ReadingBuilder()

    def add(row: XmlRow) -> None:
        kind = _KINDS[row.root]
        try:
            reading = kind.read(row, date)
            draft.add(reading.day, row.line, kind.format, reading.record)
            draft.unknown(row.line, reading.unknown)
        except BadRow as error:
            draft.problem(row.line, str(error), ROW_LEFT_OUT)

    rows = _rows(text, add)
    try:
        rows.parse()
    except NotXml as stop:
        draft.problem(stop.line, stop.reason, REST_NOT_READ)
    if rows.root and rows.root not in _KINDS:
        reason = f"unknown XML: {quote(rows.root)}; known are {', '.join(_KINDS)}"
        draft.problem(1, reason, FILE_NOT_READ)
    elif error := rows.around.get("error"):
        draft.problem(1, f"the service answers: {error}", FILE_NOT_READ)
    elif rows.root and not rows.number and draft.is_empty:
        day = date or _announced(rows.around)
        if day:
            draft.open(day, _KINDS[rows.root].format)
        else:
            draft.problem(1, "a list without papers, and no date for it", "no day read")
    return draft.reading()


def arxiv_rows(text: str, date: datetime.date | None) -> Iterator[tuple[int, str, RowContent]]:
    """As `formats.raw_rows`."""
    found: list[tuple[int, str, RowContent]] = []

    def add(row: XmlRow) -> None:
        try:
            reading = _KINDS[row.root].read(row, date)
            check(reading.record)
            content: RowContent = reading.day, reading.record
        except BadRow as error:
            content = str(error)
        found.append((row.line, row.raw, content))

    with suppress(NotXml):  # what stands before it is there
        _rows(text, add).parse()
    return iter(found)


def _rows(text: str, found: Callable[[XmlRow], None]) -> XmlRows:
    return XmlRows(text, {root: kind.row for root, kind in _KINDS.items()}, found)


def _reading(row: XmlRow, given: list[tuple[str, Any]], *days: datetime.date | None) -> RowReading:
    """What a row states, of which everything has a value."""
    filled = Row((name, value) for name, value in given if value)
    filled.unknown = [
        name for name in names_of(row.element.children) if name not in _KINDS[row.root].known
    ]
    reading = filled.read(*days)
    complete = True if reading.record.authors else None
    return reading._replace(record=replace(reading.record, authors_complete=complete))


def _version(address: str) -> str:
    match = _VERSION.search(address)
    return match[1] if match else ""


# Atom


def _read_atom(row: XmlRow, date: datetime.date | None) -> RowReading:
    entry = row.element
    number = entry.get("id")
    if "/api/errors" in number:
        raise BadRow(f"the service answers: {entry.get('summary')}")
    alternate = [
        link.attributes.get("href", "")
        for link in entry.all("link")
        if link.attributes.get("rel", "alternate") == "alternate"
    ]
    primary = entry.all("primary_category")
    terms = [one.attributes.get("term", "") for one in [*primary, *entry.all("category")]]
    return _reading(
        row,
        [
            ("title", entry.get("title")),
            ("link", number if "://" in number else next(iter(alternate), "")),
            ("authors", [author.get("name") for author in entry.all("author")]),
            ("abstract", entry.get("summary")),
            ("categories", list(dict.fromkeys(filter(None, terms)))),
            ("comment", entry.get("comment")),
            ("doi", entry.get("doi")),
            ("version", _version(number)),
            ("published", entry.get("published")),
        ],
        date,
    )


# RSS


def _read_rss(row: XmlRow, date: datetime.date | None) -> RowReading:
    item = row.element
    description = _ANNOUNCED.sub("", item.get("description"), count=1)
    creators = [creator.text for creator in item.all("creator")]
    link, guid = item.get("link"), item.get("guid")
    return _reading(
        row,
        [
            ("title", item.get("title")),
            ("link", link or arxiv_link(guid.rpartition(":")[2])),
            ("authors", creators[0] if len(creators) == 1 else creators),
            ("abstract", _ABSTRACT.sub("", description, count=1)),
            ("categories", [category.text for category in item.all("category")]),
            ("version", _version(guid) or _version(link)),
            ("doi", item.get("DOI")),
            ("date", _day_of(item.get("pubDate"))),
        ],
        _announced(row.around),
        date,
    )


def _announced(around: dict[str, str]) -> datetime.date | None:
    """The day of a channel."""
    try:
        return parse_day(_day_of(around.get("pubDate") or around.get("lastBuildDate") or ""))
    except BadRow:
        return None


def _day_of(moment: str) -> str:
    """The day of a moment as mail writes it, where that was written."""
    try:
        return parsedate_to_datetime(moment).date().isoformat() if moment else ""
    except (ValueError, OverflowError):
        raise BadRow(f"{quote(moment)} is not a date") from None


# OAI-PMH


def _read_oai(row: XmlRow, date: datetime.date | None) -> RowReading:
    header = next(iter(row.element.all("header")), Element("header", {}))
    if header.attributes.get("status") == "deleted":
        raise BadRow(f"the record of {header.get('identifier')} is deleted")
    metadata = [one for each in row.element.all("metadata") for one in each.children]
    name = metadata[0].name if metadata else ""
    if name not in _METADATA:
        raise BadRow(f"unknown metadata: {quote(name)}; known are {', '.join(_METADATA)}")
    given = _METADATA[name](metadata[0])
    number = header.get("identifier").rpartition(":")[2]
    links = [("link", arxiv_link(number))] if not dict(given).get("link") else []
    return _reading(row, [*given, *links, ("date", header.get("datestamp"))], date)


def _arxiv(paper: Element) -> list[tuple[str, Any]]:
    authors = [one for authors in paper.all("authors") for one in authors.all("author")]
    return [
        ("title", paper.get("title")),
        ("link", arxiv_link(paper.get("id"))),
        (
            "authors",
            [
                " ".join(filter(None, map(author.get, ("forenames", "keyname", "suffix"))))
                for author in authors
            ],
        ),
        ("abstract", paper.get("abstract")),
        ("categories", paper.get("categories").split()),
        ("comment", paper.get("comments")),
        ("doi", paper.get("doi").partition(" ")[0]),
    ]


def _dublin_core(paper: Element) -> list[tuple[str, Any]]:
    identifiers = [one.text for one in paper.all("identifier")]
    descriptions = [one.text for one in paper.all("description")]
    comments = [text for text in descriptions if _COMMENT.match(text)]
    abstracts = [text for text in descriptions if text not in comments]
    subjects = [one.text for one in paper.all("subject")]
    return [
        ("title", paper.get("title")),
        ("link", next((text for text in identifiers if "://" in text), "")),
        ("authors", [_first_name_first(one.text) for one in paper.all("creator")]),
        ("abstract", next(iter(abstracts), "")),
        # Others are of the classifications of mathematics and computing.
        ("categories", [LONG_NAMES[name] for name in subjects if name in LONG_NAMES]),
        ("comment", _COMMENT.sub("", next(iter(comments), ""), count=1)),
        ("doi", next((text for text in identifiers if text.startswith("doi:")), "")),
    ]


def _first_name_first(name: str) -> str:
    """`Doe, Jane, Jr.` as it is printed."""
    family, *others = (part.strip() for part in name.split(","))
    return " ".join(filter(None, [*others[:1], family, *others[1:]]))


_METADATA = {"arXiv": _arxiv, "dc": _dublin_core}
_KINDS = {
    "feed": _Kind(
        Format.ARXIV_ATOM,
        "entry",
        _read_atom,
        frozenset(
            {
                *("id", "title", "updated", "published", "link", "summary", "category", "author"),
                *("comment", "primary_category", "journal_ref", "doi", "rights"),
            }
        ),
    ),
    "rss": _Kind(
        Format.ARXIV_RSS,
        "item",
        _read_rss,
        frozenset(
            {
                *("title", "link", "description", "guid", "category", "pubDate", "creator"),
                *("announce_type", "rights", "journal_reference", "DOI"),
            }
        ),
    ),
    "OAI-PMH": _Kind(
        Format.ARXIV_OAI, "record", _read_oai, frozenset({"header", "metadata", "about"})
    ),
}
"""By the name of the document's root."""
