"""Reads that see the database at one moment, while others write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction


@contextmanager
def snapshot(alias: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """All reads within see the database at one moment, and nobody has to wait to write. Nothing may
    be written within, unless a transaction was there before: then that goes on."""
    connection = connections[alias]
    connection.ensure_connection()
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Our transactions begin as writers (digest/url_settings.py); this one never becomes one.
        lite: Any = connection
        mode, lite.transaction_mode = lite.transaction_mode, "DEFERRED"
        try:
            with transaction.atomic(alias):
                yield
        finally:
            lite.transaction_mode = mode
    else:
        with transaction.atomic(alias), connection.cursor() as cursor:
            # Not READ ONLY: what is worked out for a later transaction takes numbers for its rows.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield
