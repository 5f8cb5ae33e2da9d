"""Other databases than the tests' own: asked, and compared."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from digest.backups.tables import last_number, migrations_of, tables_of, tally


@contextmanager
def at(name: str) -> Iterator[None]:
    """Within, this process asks another database."""
    connection.close()
    was = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = was


def contents() -> dict[str, tuple[int, str, int | None]]:
    """Of each table of the database how many rows it has, their checksum, and the last number."""
    found = {}
    for table in tables_of(migrations_of("default")):
        there = tally(table, "default")
        found[table.name] = (there.rows, there.sha256, last_number(table, "default"))
    return found
