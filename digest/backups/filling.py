"""Fills an empty database with the rows of another one: with all of them, or with none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DataError, IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from digest.batches import batches
from digest.search import index

from .tables import (
    BackupError,
    Migrations,
    Row,
    Table,
    Tally,
    known_nodes,
    set_last_number,
    tables_of,
    tally,
)


def fill(
    migrations: Migrations,
    rows: Callable[[Table], Iterable[Row]],
    last_number: Callable[[Table], int | None],
    before_commit: Callable[[dict[str, Tally]], None] = lambda written: None,
) -> dict[str, Tally]:
    """Make the tables of these migrations in the default database, and write rows into them, in one
    transaction. Gives what was written, by the name of the table.

    What was written is read again and compared, and so is the search index. before_commit: is given
    what was written, when all is right. Raises BackupError if the database is not empty or takes a
    row not as it is, and then nothing is in it.
    """
    written: dict[str, Tally] = {}
    # Tables are made and filled in any order: foreign keys are checked at the end.
    with connection.constraint_checks_disabled(), transaction.atomic():
        _check_empty()
        is_current = _make_tables(migrations)
        tables = tables_of(migrations)
        _delete(tables)
        for table in tables:
            written[table.name] = Tally()
            _write(table, written[table.name].each(rows(table)))
            set_last_number(table, last_number(table), DEFAULT_DB_ALIAS)
        _analyze(tables)
        _check_constraints()
        _compare(tables, written)
        if is_current:  # an earlier one's is made by `migrate`
            index.create(count=False)
            if not index.agrees():
                raise BackupError("The search index does not agree with the rows.")
        before_commit(written)
    return written


def _check_empty() -> None:
    if names := connection.introspection.table_names():
        raise BackupError(
            f"The database is not empty: it has {len(names)} tables, such as {min(names)}."
            " Name an empty one, or move this one away."
        )


def _make_tables(migrations: Migrations) -> bool:
    """Apply the migrations. Gives whether they are all that this version has."""
    loader, nodes = known_nodes(migrations)
    given = {*nodes}
    last = [
        node
        for node in sorted(given)
        if not any(
            child.key[0] == node[0] and child.key in given
            for child in loader.graph.node_map[node].children
        )
    ]

    def before_each(action: str, *_: object) -> None:
        # PostgreSQL alters no table on which checks are still to be made.
        if action == "apply_start" and connection.vendor == "postgresql":
            connection.check_constraints()

    executor = MigrationExecutor(connection, before_each)
    executor.migrate(last)
    executor.loader.build_graph()
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _delete(tables: list[Table]) -> None:
    """Delete what the migrations wrote."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'DELETE FROM "{table.name}"')  # noqa: S608


def _write(table: Table, rows: Iterable[Row]) -> None:
    columns = ", ".join(f'"{name}"' for name in table.columns)
    into = f'"{table.name}" ({columns})'
    prepared = (_prepared(table, row) for row in rows)
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                marks = ", ".join(["%s"] * len(table.columns))
                sql = f"INSERT INTO {into} VALUES ({marks})"  # noqa: S608
                for some in batches(prepared, table.at_once):
                    cursor.executemany(sql, some)
            else:
                with connection.wrap_database_errors, cursor.copy(f"COPY {into} FROM STDIN") as to:
                    for row in prepared:
                        to.write_row(row)
    except (DataError, IntegrityError, ValueError, TypeError, OverflowError) as error:
        raise BackupError(f"A row of {table.name} cannot be written: {_one_line(error)}") from error


def _prepared(table: Table, row: Row) -> Row:
    """The values as the database takes them."""
    return [
        # JSON's null, where a column may not be empty.
        column.get_db_prep_save(value, connection)
        if value is not None or column.null
        else column.get_db_prep_value(value, connection)
        for column, value in zip(table.fields, row, strict=True)
    ]


def _analyze(tables: list[Table]) -> None:
    """Have PostgreSQL know how large the tables are now: it made plans while they were empty."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f'ANALYZE "{table.name}"')


def _check_constraints() -> None:
    try:
        connection.check_constraints()
    except IntegrityError as error:
        raise BackupError(f"Rows refer to others that are not there: {_one_line(error)}") from error


def _compare(tables: list[Table], written: dict[str, Tally]) -> None:
    """Read all again. Raises BackupError where it is not what was written."""
    for table in tables:
        there = tally(table, DEFAULT_DB_ALIAS)
        if there.sha256 != written[table.name].sha256:
            raise BackupError(f"{table.name} has other rows than were written into it.")


def _one_line(error: Any) -> str:
    return " ".join(str(error).split())
