"""The tables of a database and their rows, the same on SQLite and on PostgreSQL.

Which tables there are follows from the migrations that were applied, which may be those of an
earlier version than this one.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connections, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Collate

from digest.models import Backup
from digest.search.databases import INDEX

_LEFT_OUT = Backup._meta.db_table
"""Says of a backup what no backup can have: when it was verified."""

Migrations = dict[str, list[str]]
"""The names of migrations by app, sorted."""
Row = list[Any]
"""The values of a row, as Django gives them."""


class BackupError(Exception):
    """What cannot be done, and why, for an operator to read."""


@dataclass(frozen=True)
class Table:
    """A table, by the model that made it."""

    model: Any

    @property
    def name(self) -> str:
        return str(self.model._meta.db_table)

    @cached_property
    def fields(self) -> list[Any]:
        return list(self.model._meta.concrete_fields)

    @property
    def columns(self) -> list[str]:
        return [column.column for column in self.fields]

    @property
    def has_numbered_rows(self) -> bool:
        """Whether the database gives each row the next number as its key."""
        return isinstance(self.model._meta.pk, models.AutoField)

    @property
    def at_once(self) -> int:
        """How many rows may be in memory at the same time: of those that hold files, few."""
        return 10 if any(isinstance(each, models.BinaryField) for each in self.fields) else 1_000

    def rows(self, alias: str) -> Iterator[Row]:
        """All rows in the order of their keys, which is the same on each database."""
        key = self.model._meta.pk
        order: Any = key.attname
        kind = key.db_type(connections[alias])
        if connections[alias].vendor == "postgresql" and kind.startswith(("varchar", "text")):
            order = Collate(key.attname, "C")
        names = [column.attname for column in self.fields]
        found = self.model._base_manager.using(alias).order_by(order).values_list(*names)
        yield from map(list, found.iterator(chunk_size=self.at_once))

    def parsed(self, line: bytes) -> Row:
        """A row of its line. Raises ValueError."""
        values = json.loads(line)
        if not isinstance(values, list) or len(values) != len(self.fields):
            raise ValueError(f"a row of {self.name} has {len(self.fields)} values")
        return [
            None if value is None else column.to_python(value)
            for column, value in zip(self.fields, values, strict=True)
        ]


@dataclass
class Tally:
    """How many rows a table has, and a checksum of them all."""

    rows: int = 0
    _hash: Any = field(default_factory=sha256, repr=False)

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._hash.update(line)

    def each(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, which are counted as they pass."""
        for row in rows:
            self.add(as_line(row))
            yield row

    @property
    def sha256(self) -> str:
        return str(self._hash.hexdigest())


def tally(table: Table, alias: str) -> Tally:
    """What a table of a database has."""
    found = Tally()
    for row in table.rows(alias):
        found.add(as_line(row))
    return found


def as_line(row: Row) -> bytes:
    """A row as a line of JSON: times in UTC, bytes as Base64, and the keys of JSON objects in
    order, since PostgreSQL does not keep theirs."""
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, default=_plain)
    return text.encode() + b"\n"


def _plain(value: object) -> str:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case bytes() | memoryview():
            return b64encode(value).decode()
    raise TypeError(f"no text for a {type(value).__name__}")


def migrations_of(alias: str) -> Migrations:
    """The migrations that were applied to a database. Raises BackupError if it has none, or some
    that this version does not know."""
    applied: Migrations = defaultdict(list)
    for app, name in sorted(MigrationRecorder(connections[alias]).applied_migrations()):
        applied[app].append(name)
    if not applied:
        raise BackupError("The database is empty: there is nothing to copy.")
    known_nodes(applied)
    return dict(applied)


def known_nodes(migrations: Migrations) -> tuple[MigrationLoader, Collection[tuple[str, str]]]:
    """What this version knows of migrations, and those of them that are given. Raises BackupError
    if some are of a later version."""
    loader = MigrationLoader(None)
    given = {(app, name) for app, names in migrations.items() for name in names}
    for app, name in sorted(given - {*loader.disk_migrations}):
        if app in loader.migrated_apps:
            raise BackupError(
                f"The migration {app}.{name} is of a later version: install that version first."
            )
    return loader, [node for node in given if node in loader.graph.nodes]


def tables_of(migrations: Migrations) -> list[Table]:
    """The tables that migrations made, in the order of their names."""
    loader, nodes = known_nodes(migrations)
    apps = loader.project_state(list(nodes)).apps
    tables = [
        Table(model)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not (model._meta.proxy or model._meta.swapped)
        and model._meta.db_table != _LEFT_OUT
    ]
    return sorted(tables, key=lambda table: table.name)


def unknown_tables(alias: str) -> list[str]:
    """The tables of a database that this version does not know, and whose rows are copied nowhere:
    of an app that an earlier version had, or made by hand."""
    known = {table.name for table in tables_of(migrations_of(alias))}
    known |= {_LEFT_OUT, MigrationRecorder.Migration._meta.db_table}
    there = connections[alias].introspection.table_names()
    return [name for name in there if name not in known and not name.startswith(INDEX)]


def last_number(table: Table, alias: str) -> int | None:
    """The last number that a row got as its key: no row gets it again, even if it is gone."""
    if not table.has_numbered_rows:
        return None
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table.name])
        else:
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", _key(table))
            (sequence,) = cursor.fetchone()
            cursor.execute(f"SELECT last_value FROM {sequence} WHERE is_called")  # noqa: S608
        found = cursor.fetchone()
    return (found and int(found[0])) or None


def set_last_number(table: Table, number: int | None, alias: str) -> None:
    """Have the next row of a table that was filled get a higher number than this, and than any."""
    if not table.has_numbered_rows:
        return
    with connections[alias].cursor() as cursor:
        key = table.model._meta.pk.column
        cursor.execute(f'SELECT max("{key}") FROM "{table.name}"')  # noqa: S608
        (highest,) = cursor.fetchone()
        last = max(number or 0, highest or 0)
        if connections[alias].vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
            cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table.name, last])
        else:
            sql = "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)"
            cursor.execute(sql, [*_key(table), last or 1, last > 0])


def _key(table: Table) -> list[str]:
    return [f'"{table.name}"', table.model._meta.pk.column]
