"""`manage.py migrate`: Django's own, in which no migration can be done and not be recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db import transaction
from django.db.migrations.executor import MigrationExecutor


class Executor(MigrationExecutor):
    """Does and records, or undoes and forgets, each migration in one transaction.

    Django's own needs a second one if the migration makes an index or a foreign key. Killed in
    between, it would try to make the same tables again, and fail each time.
    """

    def apply_migration(self, *args: Any, **options: Any) -> Any:
        with self._together():
            return super().apply_migration(*args, **options)

    def unapply_migration(self, *args: Any, **options: Any) -> Any:
        with self._together():
            return super().unapply_migration(*args, **options)

    @contextmanager
    def _together(self) -> Iterator[None]:
        # On SQLite, Django switches foreign keys off for a migration: not within a transaction.
        with (
            self.connection.constraint_checks_disabled(),
            transaction.atomic(self.connection.alias),
        ):
            yield


migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]


class Command(migrate.Command):
    pass
