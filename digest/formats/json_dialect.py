"""JSON: a list of papers, an object with one list of them or several, or JSON Lines.

Most rows have the keys of the archive, which `write_json` writes, or other common names for the
same (`common_names`). What else a row may look like is a line in `_SHAPES`.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from .common_names import FIELD_OF, Row, RowReading, plain
from .hugging_face import is_hugging_face, read_hugging_face
from .json_list import Element, JsonText, NotReadable
from .records import (
    FILE_NOT_READ,
    MAX_ROWS,
    PASSED_OVER,
    REST_NOT_READ,
    ROW_LEFT_OUT,
    BadRow,
    Format,
    Reading,
    ReadingBuilder,
    Record,
    RowContent,
    check,
    parse_day,
)

MAX_NESTED = 10 * MAX_ROWS
"""Brackets and braces of a file."""
_DEEPEST = 3
"""In how many objects within each other lists of rows are looked for."""
MAX_BROKEN_LINES = 100
"""Lines of JSON Lines that are not JSON: what comes after them is not read."""

_KEYS = (
    "title",
    "authors",
    "link",
    "github_repo",
    "summary",
    "classification",
    "github_urls",
    "huggingface_urls",
    "project_page",
    "abstract",
    "authors_complete",
    "machine_summary",
    "keywords",
    "upvotes",
    "comment",
    "doi",
    "version",
    "date",
)


class _Shape(NamedTuple):
    """What a row may look like: its format, how it is recognised, and what reads it."""

    format: Format
    is_row: Callable[[dict[str, Any]], bool]
    read: Callable[..., RowReading]


def _is_any(value: dict[str, Any]) -> bool:
    return any(FIELD_OF.get(plain(key)) == "title" for key in value)


def _read_any(value: dict[str, Any], *dates: datetime.date | None) -> RowReading:
    return Row(value.items()).read(*dates)


_SUGGESTED = "suggested_categories"


def _is_suggestion(value: dict[str, Any]) -> bool:
    return _SUGGESTED in value


def _read_suggestion(value: dict[str, Any], *dates: datetime.date | None) -> RowReading:
    given = (("categories" if key == _SUGGESTED else key, one) for key, one in value.items())
    reading = Row(given).read(*dates)
    return reading._replace(record=replace(reading.record, categories_suggested=True))


_SHAPES = (
    _Shape(Format.HUGGING_FACE, is_hugging_face, read_hugging_face),
    _Shape(Format.SUGGESTIONS, _is_suggestion, _read_suggestion),
    _Shape(Format.JSON, _is_any, _read_any),
)
"""The shapes that are known; a row of none is read as of the last."""


def read_json(text: str, date: datetime.date | None) -> Reading:
    """Read papers; `date` is for those that name none, and for an empty list."""
    return _JsonReader(text, date).read()


def json_rows(text: str, date: datetime.date | None) -> Iterator[tuple[int, str, RowContent]]:
    """Each row up to where the file is not JSON: the number of its line from 1, its text, and what
    it states, or why it was left out. text: what `is_json`."""
    reader = _JsonReader(text, date)
    try:
        for element, section in reader.elements():
            try:
                _, reading = reader.row(element, section)
                check(reading.record)
                content: RowContent = reading.day, reading.record
            except BadRow as error:
                content = str(error)
            yield reader.json.line(element.start), text[element.start : element.end], content
    except NotReadable:
        return


def write_json(date: datetime.date, records: Iterable[Record]) -> str:
    """The records as a file of the archive has them: indented by four, ASCII, no final newline.

    A field that is None has no key, `github_repo` excepted, which is then null. `read` gives the
    same records back.
    """
    return json.dumps([_row(date, record) for record in records], indent=4)


def write_suggestions(rows: Iterable[tuple[datetime.date, Record]]) -> str:
    """Suggested categories as a file: of each paper its day, and a record with its title, link and
    classification. `read` gives the records back, as suggestions."""
    return json.dumps(
        [
            {
                "title": record.title,
                "link": record.link,
                "date": day.isoformat(),
                _SUGGESTED: list(record.classification or ()),
            }
            for day, record in rows
        ],
        indent=4,
    )


def _row(date: datetime.date, record: Record) -> dict[str, Any]:
    given = record.as_dict() | {"github_repo": record.github_repo, "date": date.isoformat()}
    return {key: given[key] for key in _KEYS if key in given}


def _number(text: str) -> int | float:
    """A number of JSON; one that is none of ours has no need of its value."""
    return int(text) if len(text) <= 15 and text.lstrip("-").isdecimal() else 0.0


Located = tuple[Element, str]
"""An element where a row is expected, and the name of its list if there are several."""


class _JsonReader:
    """json.end: where what was read last ends."""

    def __init__(self, text: str, date: datetime.date | None) -> None:
        self.json = JsonText(text, _number, "row")
        self.text = text
        self.date = date
        self.outer: datetime.date | None = None
        """The day that the object around the rows gives."""
        self.in_lists = False
        """Whether rows were read of an object that is not readable to its end."""
        self.draft = ReadingBuilder()

    def read(self) -> Reading:
        start = self.json.skip(0)
        if self.json.nested() > MAX_NESTED:
            self._problem(start, f"more than {MAX_NESTED:,} lists and objects", FILE_NOT_READ)
            return self.draft.reading()
        try:
            for number, (element, section) in enumerate(self.elements()):
                if number == MAX_ROWS:
                    raise NotReadable(element.start, f"more than {MAX_ROWS:,} rows")
                self._add(element, section)
            self._end(start)
        except NotReadable as stop:
            self._problem(stop.position, stop.reason, REST_NOT_READ)
        return self.draft.reading()

    # Where rows stand

    def elements(self) -> Iterator[Located]:
        """The rows. Raises NotReadable."""
        position = self.json.skip(0)
        if self.text[position] == "[":
            for element in self.json.elements(position + 1):
                yield element, ""
            return
        broken = 0
        while self.text.startswith("{", position):
            try:
                yield from self._object(position)
                position = self.json.skip(self.json.end)
            except NotReadable as stop:
                # In JSON Lines the next one may be readable.
                line = self.text.find("\n{", position)
                broken += 1
                if line < 0 or self.in_lists or broken > MAX_BROKEN_LINES:
                    raise
                yield Element(position, line, None, stop.reason), ""
                position = line + 1
        self.json.end = position

    def _object(self, start: int) -> Iterator[Located]:
        """The rows of the lists that are in an object; or the object, if it is a row itself."""
        try:
            element = self.json.element(start)
        except NotReadable as stop:
            yield from self._begun(start)
            raise stop from None
        value = element.value
        self.outer = None
        lists = [] if _is_paper(value) else _lists(value)
        is_row = any(shape.is_row(value) for shape in _SHAPES)
        if lists and (any(map(_begins, lists)) or not is_row):
            self.outer = _outer_day(value)
            self.draft.unknown(self.json.line(start), _unknown_around(value))
            yield from self._walk(start, len(lists) > 1, _DEEPEST)
        elif [] in value.values() and not is_row:
            self._open(start, _outer_day(value))
        else:
            yield element, ""
        self.json.end = element.end

    def _walk(self, start: int, named: bool, depth: int) -> Iterator[Located]:
        """The rows of the lists in the object that begins there."""
        for key, position in self.json.members(start + 1):
            if plain(key) in FIELD_OF:
                continue
            if self._begins_list(position):
                for element in self.json.elements(position + 1):
                    yield element, key if named else ""
            elif depth and self.text.startswith("{", position):
                inner = self.json.element(position)
                yield from self._walk(position, named, depth - 1)
                self.json.end = inner.end

    def _begins_list(self, position: int) -> bool:
        """Whether a list of objects begins there."""
        first = self.json.skip(position + 1)
        return self.text.startswith("[", position) and self.text.startswith("{", first)

    def _begun(self, start: int) -> Iterator[Located]:
        """The rows of the lists in an object that is not readable to its end."""
        for key, position in self.json.members(start + 1):
            if FIELD_OF.get(plain(key)) == "title":
                return  # it is more likely a row
            if not self._begins_list(position):
                continue
            first = self.json.skip(position + 1)
            if any(shape.is_row(self.json.element(first).value) for shape in _SHAPES):
                self.in_lists = True
                for element in self.json.elements(position + 1):
                    yield element, ""

    def _end(self, start: int) -> None:
        """What is left when all rows were read."""
        end = self.json.end
        if self.text[start] == "[" and self.json.skip(start + 1) == end - 1:
            self._open(end - 1, None)
        position = self.json.skip(end)
        if position < len(self.text):
            after = "list" if self.text[start] == "[" else "objects"
            self._problem(position, f"text after the end of the {after}", PASSED_OVER)

    def _open(self, position: int, day: datetime.date | None) -> None:
        """A day without papers."""
        if day := day or self.date:
            self.draft.open(day, Format.JSON)
        else:
            self._problem(position, "an empty list, and no date for it", "no day read")

    # What they state

    def _add(self, element: Element, section: str) -> None:
        try:
            format, reading = self.row(element, section)
            self.draft.add(reading.day, self.json.line(element.start), format, reading.record)
        except BadRow as error:
            self._problem(element.start, str(error), ROW_LEFT_OUT)
            return
        self.draft.unknown(self.json.line(element.start), reading.unknown)

    def row(self, element: Element, section: str) -> tuple[Format, RowReading]:
        """What a row states, and its format. Raises BadRow."""
        if element.fault:
            raise BadRow(element.fault)
        value = element.value
        if not isinstance(value, dict):
            raise BadRow("not a JSON object")
        shape = next((shape for shape in _SHAPES if shape.is_row(value)), _SHAPES[-1])
        reading = shape.read(value, self.outer, self.date)
        if section:
            reading = reading.in_section(section.replace("_", " ").strip().capitalize())
        return shape.format, reading

    def _problem(self, position: int, reason: str, action: str) -> None:
        self.draft.problem(self.json.line(position), reason, action)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _begins(value: list[Any]) -> bool:
    """Whether a list of objects begins with a row."""
    return any(shape.is_row(value[0]) for shape in _SHAPES)


def _is_paper(value: dict[str, Any]) -> bool:
    """Whether an object is certainly a row, whatever lists it has."""
    fields = {FIELD_OF.get(plain(key)) for key in value}
    return {"title", "link"} <= fields and bool(fields & {"authors", "summary", "abstract"})


def _lists(value: Any, depth: int = _DEEPEST) -> list[list[Any]]:
    """The lists of objects in an object, and in the objects in it, that no field of a row is."""
    found = []
    for key, one in value.items() if isinstance(value, dict) else ():
        if plain(key) in FIELD_OF:
            continue
        if _is_list(one):
            found.append(one)
        elif isinstance(one, dict) and depth:
            found += _lists(one, depth - 1)
    return found


def _unknown_around(value: dict[str, Any]) -> list[str]:
    """Unknown names in an object with lists of rows, whose values are texts, lists or objects."""
    return [
        key
        for key, one in value.items()
        if one and isinstance(one, str | list | dict)
        if plain(key) not in FIELD_OF and not _is_list(one) and not _lists(one)
    ]


def _outer_day(value: dict[str, Any]) -> datetime.date | None:
    days = [text for key, text in value.items() if FIELD_OF.get(plain(key)) == "date"]
    return next((day for text in days if isinstance(text, str) and (day := parse_day(text))), None)
