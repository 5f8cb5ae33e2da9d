"""What a paper shows, as a pure function of what sources state and curators decide about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import QuerySet

from digest.formats import Format, Record
from digest.formats.records import QUALIFIED
from digest.models import DEFAULT, DigestKey, Entry

from .fields import FIELDS
from .kinds import Corrections, Values


class Statement(NamedTuple):
    """What an entry states: its record, and what ranks it among others. The stream of its digest,
    and whether it gives the paper a place there (`Source.is_supplement`), do not count for what a
    paper shows."""

    date: date
    format: Format
    sha256: str
    position: int
    record: Record
    stream: int = DEFAULT
    has_place: bool = True

    @property
    def digest(self) -> DigestKey:
        return DigestKey(self.date, self.stream)

    @property
    def precedence(self) -> tuple[int, int, str, int]:
        """Sorts the newest digest first, and within a day by format and hash."""
        return (-self.date.toordinal(), self.format.rank, self.sha256, self.position)


def statements_of(entries: QuerySet[Entry]) -> Iterator[tuple[int, int, Statement]]:
    """What entries state, in one query, each with its key and its paper's key."""
    for key, paper, day, stream, format_, sha256, more, position, record in entries.values_list(
        *("pk", "paper", "digest__date", "digest__stream"),
        *("format", "source__sha256", "source__is_supplement", "position", "record"),
    ):
        read = Record.from_dict(record)
        found = Statement(day, Format(format_), sha256, position, read, stream, not more)
        yield key, paper, found


def project(
    statements: Iterable[Statement],
    corrections: Corrections = MappingProxyType({}),
    names: Mapping[str, str] = MappingProxyType({}),
) -> Values:
    """What a paper shows, given all that is stated of it (at least once), in any order.

    A correction wins; else, for each field, the newest digest that states it; an absent column and
    an empty cell state nothing. A field's class has its other rules.

    names: the names that stand for printed ones (`Alias.shown`).
    """
    records = _ranked(statements)
    return {name: field.value(records, corrections, names) for name, field in FIELDS.items()}


def origins(statements: Iterable[Statement]) -> dict[str, Statement]:
    """For each field whose value is what one record states, by name, the statement that it comes
    from if there is no correction."""
    ranked = sorted(statements, key=lambda statement: statement.precedence)
    records = [statement.record for statement in ranked]
    of = {id(statement.record): statement for statement in ranked}
    return {
        name: of[id(record)]
        for name, field in FIELDS.items()
        if field.has_one_origin
        for record in [next(filter(field.stated, field.ordered(records)), None)]
        if record
    }


def as_given(statements: Iterable[Statement]) -> Record:
    """A paper as one day's digest gave it: each cell from the first record that has something.

    statements: of one paper on one day, at least one, in any order.
    """
    records = _ranked(statements)
    given: dict[str, Any] = {}
    for cell in (one.name for one in dataclasses.fields(Record)):
        # What is said of a cell goes with it.
        of = QUALIFIED.get(cell, cell)
        values = [(getattr(record, of), record) for record in records]
        stated = next((r for value, r in values if value), None)
        # An empty cell is less than a word and more than no column.
        empty = next((r for value, r in values if value is not None), records[0])
        given[cell] = getattr(stated or empty, cell)
    return Record(**given)


def _ranked(statements: Iterable[Statement]) -> list[Record]:
    ranked = sorted(statements, key=lambda statement: statement.precedence)
    return [statement.record for statement in ranked]
