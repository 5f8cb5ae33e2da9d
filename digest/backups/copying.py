"""Copies the rows of the default database to another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from digest.snapshot import snapshot

from .filling import fill
from .tables import Tally, last_number, migrations_of


def copy_to(database: dict[str, Any]) -> dict[str, Tally]:
    """Copy all rows of the default database to an empty one: all of them, or none.

    database: as in Django's DATABASES. Gives what was copied and compared, by the name of the
    table. Raises BackupError.
    """
    with as_default(database) as origin, snapshot(origin):
        return fill(
            migrations_of(origin),
            lambda table: table.rows(origin),
            lambda table: last_number(table, origin),
        )


@contextmanager
def as_default(database: dict[str, Any]) -> Iterator[str]:
    """Within, the default database is this one, which migrations and the search index write to.
    Gives the alias of the one that was the default."""
    known = connections.settings
    origin = f"origin-{len(known)}"
    (other,) = connections.configure_settings({DEFAULT_DB_ALIAS: database}).values()
    connections[DEFAULT_DB_ALIAS].close()
    del connections[DEFAULT_DB_ALIAS]
    known[origin], known[DEFAULT_DB_ALIAS] = known[DEFAULT_DB_ALIAS], other
    try:
        yield origin
    finally:
        for alias in (DEFAULT_DB_ALIAS, origin):
            connections[alias].close()
            del connections[alias]
        known[DEFAULT_DB_ALIAS] = known.pop(origin)
