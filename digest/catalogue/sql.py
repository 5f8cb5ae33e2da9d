"""SQL that is worked out before the transaction in which it is executed, one statement for all rows
of a kind."""

# The statements below are put together from the names of tables and columns and nothing else.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

from django.db import connection, models

from digest.batches import batches
from digest.models import Catalogue

_Values = tuple[Any, ...]


class _Statement(NamedTuple):
    """head: before the values of the rows, if they can be sent together; tail: after them. each:
    what to execute for a row alone. now: a column whose value begins each row: the moment at which
    it is written."""

    head: str
    each: str
    tail: str
    rows: list[_Values]
    now: models.Field[Any, Any] | None


class Script:
    """What is to be executed, in order. Nothing is, before `execute`."""

    def __init__(self) -> None:
        self._statements: list[_Statement] = []

    def insert(
        self, rows: Iterable[models.Model], now: str = "", unique: str = "", leave: str = ""
    ) -> None:
        """Insert rows of one model. now: the column that says when they were written. unique: the
        column by which one may be there already: then it only has another `now`. leave: the column
        that the database fills, a key that nothing needs to know beforehand."""
        rows = list(rows)
        if not rows:
            return
        meta = rows[0]._meta
        fields = [f for f in meta.concrete_fields if f.attname not in (now, leave)]
        stamp = _field(rows[0], now) if now else None
        columns = [*([now] if now else []), *(str(field.column) for field in fields)]
        head = f"INSERT INTO {meta.db_table} ({', '.join(columns)}) VALUES "
        places = f"({', '.join(['%s'] * len(columns))})"
        tail = f" ON CONFLICT ({unique}) DO UPDATE SET {now} = excluded.{now}" if unique else ""
        values = [_values(row, fields) for row in rows]
        self._add(_Statement(head, places, tail, values, stamp))

    def update(self, rows: Iterable[models.Model], names: Sequence[str], now: str = "") -> None:
        """Write some columns of rows that are there. now: as in `insert`."""
        rows = list(rows)
        if not rows:
            return
        meta = rows[0]._meta
        fields = [_field(rows[0], name) for name in names]
        columns = [*([now] if now else []), *(str(field.column) for field in fields)]
        change = ", ".join(f"{column} = %s" for column in columns)
        each = f"UPDATE {meta.db_table} SET {change} WHERE {meta.pk.column} = %s"
        values = [_values(row, [*fields, meta.pk]) for row in rows]
        self._add(_Statement("", each, "", values, _field(rows[0], now) if now else None))

    def delete(self, model: type[models.Model], where: str, values: Iterable[_Values]) -> None:
        """Delete the rows of which a condition is true. where: with a place for each of the values,
        of which there may be many sets."""
        each = f"DELETE FROM {model._meta.db_table} WHERE {where}"
        self._add(_Statement("", each, "", list(values), None))

    def _add(self, statement: _Statement) -> None:
        if statement.rows:
            self._statements.append(statement)

    def execute(self) -> None:
        """Execute all, within the transaction of whoever calls."""
        now = Catalogue.moment()
        with connection.cursor() as cursor:
            for head, each, tail, rows, field in self._statements:
                if field:
                    moment = field.get_db_prep_save(now, connection)
                    rows = [(moment, *row) for row in rows]
                if head and connection.vendor == "postgresql":
                    for some in batches(rows):
                        values = [value for row in some for value in row]
                        cursor.execute(head + ", ".join([each] * len(some)) + tail, values)
                else:
                    cursor.executemany(head + each + tail, rows)


def _field(row: models.Model, name: str) -> models.Field[Any, Any]:
    field = row._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


def _values(row: models.Model, fields: Iterable[models.Field[Any, Any]]) -> _Values:
    return tuple(
        field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields
    )


def keys(model: type[models.Model], number: int) -> Iterator[int]:
    """So many keys that no row of the model has or had. On SQLite they are good until somebody else
    adds rows."""
    table, column = model._meta.db_table, model._meta.pk.column
    if not number:
        return iter(())
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"SELECT max(coalesce((SELECT max({column}) FROM {table}), 0),"
                " coalesce((SELECT seq FROM sqlite_sequence WHERE name = %s), 0))",
                [table],
            )
            return count(cursor.fetchone()[0] + 1)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [table, column, number],
        )
        return iter([key for (key,) in cursor.fetchall()])
