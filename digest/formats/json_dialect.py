"""The JSON dialect: a list of objects, one for each paper, each with its date."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator
from typing import Any

from .json_list import Element, JsonText, NotReadable
from .records import (
    FILE_NOT_READ,
    MAX_ROWS,
    REST_NOT_READ,
    ROW_LEFT_OUT,
    BadRow,
    Format,
    Reading,
    ReadingBuilder,
    Record,
    parse_date,
    quote,
)

MAX_NESTED = 10 * MAX_ROWS
"""Brackets and braces of a file."""

_KEYS = (
    "title",
    "authors",
    "link",
    "github_repo",
    "summary",
    "classification",
    "github_urls",
    "huggingface_urls",
    "date",
)


def read_json(text: str, date: datetime.date | None) -> Reading:
    """Read a list of papers; `date` is for those that name none, and for an empty list."""
    return _JsonReader(text, date).read()


def json_rows(text: str) -> Iterator[tuple[int, str]]:
    """Each element of the list up to the first that is not JSON: the number of its line from 1, and
    its text. text: what `is_json`."""
    json_text = _json_text(text)
    try:
        for element in json_text.elements(json_text.skip(0) + 1):
            yield json_text.line(element.start), text[element.start : element.end]
    except NotReadable:
        return


def write_json(date: datetime.date, records: Iterable[Record]) -> str:
    """The records as a file of the archive has them: indented by four, ASCII, no final newline.

    A field that is None has no key, `github_repo` excepted, which is then null. `read` gives the
    same records back.
    """
    return json.dumps([_row(date, record) for record in records], indent=4)


def _row(date: datetime.date, record: Record) -> dict[str, Any]:
    given = record.as_dict() | {"github_repo": record.github_repo, "date": date.isoformat()}
    return {key: given[key] for key in _KEYS if key in given}


def _json_text(text: str) -> JsonText:
    return JsonText(text, lambda _: 0.0, "row")  # no key has a number


class _JsonReader:
    def __init__(self, text: str, date: datetime.date | None) -> None:
        self.json = _json_text(text)
        self.text = text
        self.date = date
        self.draft = ReadingBuilder()

    def read(self) -> Reading:
        start = self.json.skip(0)
        if self.json.nested() > MAX_NESTED:
            self._problem(start, f"more than {MAX_NESTED:,} lists and objects", FILE_NOT_READ)
        elif self.text[start] == "{":
            self._problem(start, "one JSON object where a list of them should be", FILE_NOT_READ)
        else:
            try:
                self._list(start + 1)
            except NotReadable as stop:
                self._problem(stop.position, stop.reason, REST_NOT_READ)
        return self.draft.reading()

    def _list(self, position: int) -> None:
        for number, element in enumerate(self.json.elements(position)):
            if number == MAX_ROWS:
                raise NotReadable(element.start, f"more than {MAX_ROWS:,} rows")
            self._element(element)
        end = self.json.end
        if self.json.skip(position) == end - 1:
            if self.date:
                self.draft.open(self.date, Format.JSON)
            else:
                self._problem(end - 1, "an empty list, and no date for it", "no day read")
        position = self.json.skip(end)
        if position < len(self.text):
            self._problem(position, "text after the end of the list", "passed over")

    def _element(self, element: Element) -> None:
        try:
            if element.fault:
                raise BadRow(element.fault)
            if not isinstance(element.value, dict):
                raise BadRow("not a JSON object")
            record = _record(element.value)
            day, line = self._day(element.value), self.json.line(element.start)
            self.draft.add(day, line, Format.JSON, record)
        except BadRow as error:
            self._problem(element.start, str(error), ROW_LEFT_OUT)

    def _day(self, value: dict[str, Any]) -> datetime.date:
        given = _text(value, "date")
        if given is None:
            if self.date:
                return self.date
            raise BadRow("the row has no date")
        if day := parse_date(given):
            return day
        raise BadRow(f"{quote(given)} is not a date")

    def _problem(self, position: int, reason: str, action: str) -> None:
        self.draft.problem(self.json.line(position), reason, action)


def _record(row: dict[str, Any]) -> Record:
    return Record(
        title=(_text(row, "title") or "").strip(),
        link=_text(row, "link") or "",
        authors=_text(row, "authors"),
        summary=_text(row, "summary"),
        classification=_texts(row, "classification"),
        github_repo=_text(row, "github_repo"),
        github_urls=_texts(row, "github_urls"),
        huggingface_urls=_texts(row, "huggingface_urls"),
    )


def _text(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is None or isinstance(value, str):
        return value
    raise BadRow(f"{key} is not text")


def _texts(row: dict[str, Any], key: str) -> tuple[str, ...] | None:
    value = row.get(key)
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise BadRow(f"{key} is not a list of texts")
