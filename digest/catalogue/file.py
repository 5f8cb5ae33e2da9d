"""A file to load: its rows, the day that its path gives, and what is wrong with it."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any

from digest.formats import Reading, RowProblem, parse_date, read
from digest.formats.records import ROW_LEFT_OUT
from digest.models import DEFAULT, DigestKey, Source, tomorrow
from digest.text import identity
from digest.text.normalize import line

from .fields import FIELDS
from .verdicts import IdentifiedRow

_DATE_IN_PATH = re.compile(r"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)(?:\.\w+)?$")


def date_from_path(path: str) -> date | None:
    """The date that ends a path: `2025/02/06.json`, `2025-02-06.md`; None if there is none."""
    match = _DATE_IN_PATH.search(path.replace("\\", "/"))
    return parse_date("-".join(match.groups())) if match else None


class File:
    """A file to load, and what is in it: read once, however often its loading is planned.

    name: its path. stream: the key of the stream of its digests. is_supplement: as of `Source`.
    memo: what a plan has computed and the next one can use.
    """

    def __init__(
        self, content: bytes, name: str, stream: int = DEFAULT, is_supplement: bool = False
    ) -> None:
        self.content = content
        self.stream, self.is_supplement = stream, is_supplement
        # Paths are bytes, and not always UTF-8.
        self.name = name.encode("utf-8", "backslashreplace").decode()
        self.sha256 = sha256(content).hexdigest()
        self.path_date = date_from_path(self.name)
        self.memo: dict[Any, Any] = {}

    @classmethod
    def of(cls, source: Source) -> File:
        """The file that a source was loaded from."""
        content = bytes(source.content)
        return cls(content, source.name, source.stream_id or DEFAULT, source.is_supplement)

    @cached_property
    def reading(self) -> Reading:
        return read(self.content, self.path_date)

    @cached_property
    def is_dated(self) -> bool:
        """Whether its content is the same under any path."""
        return self.reading.days == read(self.content).days

    @property
    def date(self) -> date | None:
        """The day that its path gives, if the file has rows of that day."""
        return next((d.date for d in self.reading.days if d.date == self.path_date), None)

    @cached_property
    def problems(self) -> list[RowProblem]:
        """All problems, by line."""
        found = list(self.reading.problems)
        for day in self.reading.days:
            if day.date > tomorrow():
                at = min((row.line for row in day.rows), default=1)
                reason = f"the digest is dated {day.date}, which is after tomorrow"
                found.append(RowProblem(at, reason, "loaded, and not the newest until then"))
            for row in day.rows:
                record = row.record
                if not line(record.title):
                    found.append(RowProblem(row.line, "the row has no title", ROW_LEFT_OUT))
                    continue
                for paper_field in FIELDS.values():
                    for reason in paper_field.problems(record):
                        found.append(RowProblem(row.line, reason, "kept as text"))
        return sorted(found, key=lambda problem: problem.line)

    @cached_property
    def rows(self) -> list[IdentifiedRow]:
        """The rows to load."""
        good = [
            (d.date, row) for d in self.reading.days for row in d.rows if line(row.record.title)
        ]
        return [
            IdentifiedRow(
                DigestKey(day, self.stream),
                row,
                place,
                *identity.paper_slug(line(row.record.title), row.record.link),
                has_place=not self.is_supplement,
            )
            for place, (day, row) in enumerate(good, start=1)
        ]

    @property
    def digests(self) -> set[DigestKey]:
        """The digests that it has rows of."""
        return {DigestKey(day.date, self.stream) for day in self.reading.days}
