"""The JSON dialect: a list of objects, one for each paper, each with its date."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .records import (
    FILE_NOT_READ,
    MAX_ROWS,
    REST_NOT_READ,
    ROW_LEFT_OUT,
    BadRow,
    Draft,
    Format,
    Reading,
    Record,
    parse_date,
    quote,
)

MAX_NESTED = 10 * MAX_ROWS
"""Brackets and braces of a file. Two characters can stand for eighty bytes of memory, so that they
are counted before anything is made of them."""

# How what was meant as JSON begins. Markdown may begin with a bracket too: of a link or an image.
_START = re.compile(r"\s*(?:\[\s*(?:[\[\]{\"]|\Z)|\{\s*(?:[\"}]|\Z))")
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
_SPACE = re.compile(r"\s*")


def is_json(text: str) -> bool:
    """Whether this was meant as JSON."""
    return bool(_START.match(text))


def read_json(text: str, date: datetime.date | None) -> Reading:
    """Read a list of papers; `date` is for those that name none, and for an empty list."""
    return _Reader(text, date).read()


def json_rows(text: str) -> Iterator[tuple[int, str]]:
    """Each element of the list up to the first that is not JSON: the number of its line from 1, and
    its text. text: what `is_json`."""
    decoder = json.JSONDecoder(parse_int=_no_number, parse_float=_no_number, strict=False)
    position = _skip(text, _skip(text, 0) + 1)
    line, counted = 1, 0
    while True:
        try:
            _, end = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            return
        line += text.count("\n", counted, position)
        counted = position
        yield line, text[position:end]
        position = _skip(text, end)
        if text[position : position + 1] != ",":
            return
        position = _skip(text, position + 1)


def write_json(date: datetime.date, records: Iterable[Record]) -> str:
    """The records as a file of the archive has them: indented by four, ASCII, no final newline.

    A field that is None has no key, `github_repo` excepted, which is then null. `read` gives the
    same records back.
    """
    return json.dumps([_row(date, record) for record in records], indent=4)


def _row(date: datetime.date, record: Record) -> dict[str, Any]:
    given = record.as_dict() | {"github_repo": record.github_repo, "date": date.isoformat()}
    return {key: given[key] for key in _KEYS if key in given}


def _skip(text: str, position: int) -> int:
    """The next position that is no white space."""
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _no_number(digits: str) -> float:
    """No key holds a number, and Python refuses to make one of 5,000 digits."""
    return 0.0


class _Reader:
    """Goes from element to element, for each to have its line, and for an error late in the file to
    leave the rows before it."""

    def __init__(self, text: str, date: datetime.date | None) -> None:
        self.text = text
        self.date = date
        self.draft = Draft()
        self.line = 1
        self.counted = 0  # up to where the lines are counted
        self.faults: list[str] = []  # of the element being decoded: a hook cannot say where it ends
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            parse_int=_no_number,
            parse_float=_no_number,
            strict=False,  # a raw line break in a text is no reason to lose the rest of the file
        )

    def read(self) -> Reading:
        start = self._skip(0)
        if self.text.count("[") + self.text.count("{") > MAX_NESTED:
            self._problem(start, f"more than {MAX_NESTED:,} lists and objects", FILE_NOT_READ)
        elif self.text[start] == "{":
            self._problem(start, "one JSON object where a list of them should be", FILE_NOT_READ)
        else:
            self._list(start + 1)
        return self.draft.reading()

    def _list(self, position: int) -> None:
        position = self._skip(position)
        if self.text[position : position + 1] == "]":
            if self.date:
                self.draft.open(self.date, Format.JSON)
            else:
                self._problem(position, "an empty list, and no date for it", "no day read")
            return self._end(position + 1)
        for _ in range(MAX_ROWS):
            start = position
            self.faults.clear()
            try:
                value, position = self.decoder.raw_decode(self.text, start)
            except json.JSONDecodeError as error:
                return self._stop(error.pos, f"not JSON: {error.msg}")
            except RecursionError:
                return self._stop(start, "nested too deeply")
            self._element(start, value)
            position = self._skip(position)
            match self.text[position : position + 1]:
                case ",":
                    position = self._skip(position + 1)
                case "]":
                    return self._end(position + 1)
                case _:
                    return self._stop(position, "not JSON: neither a comma nor the list's end")
        self._stop(position, f"more than {MAX_ROWS:,} rows")

    def _element(self, start: int, value: Any) -> None:
        try:
            if self.faults:
                raise BadRow(self.faults[0])
            if not isinstance(value, dict):
                raise BadRow("not a JSON object")
            record = _record(value)
            self.draft.add(self._day(value), self._line(start), Format.JSON, record)
        except BadRow as error:
            self._problem(start, str(error), ROW_LEFT_OUT)

    def _day(self, value: dict[str, Any]) -> datetime.date:
        given = _text(value, "date")
        if given is None:
            if self.date:
                return self.date
            raise BadRow("the row has no date")
        if day := parse_date(given):
            return day
        raise BadRow(f"{quote(given)} is not a date")

    def _end(self, position: int) -> None:
        position = self._skip(position)
        if position < len(self.text):
            self._problem(position, "text after the end of the list", "passed over")

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            self.faults.append("the row has the same key twice")
        return values

    def _constant(self, name: str) -> None:
        self.faults.append(f"{name} is not JSON")

    def _skip(self, position: int) -> int:
        return _skip(self.text, position)

    def _line(self, position: int) -> int:
        self.line += self.text.count("\n", self.counted, position)
        self.counted = max(self.counted, position)
        return self.line

    def _problem(self, position: int, reason: str, action: str) -> None:
        self.draft.problem(self._line(position), reason, action)

    def _stop(self, position: int, reason: str) -> None:
        self._problem(position, reason, REST_NOT_READ)


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
