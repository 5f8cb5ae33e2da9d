"""`manage.py migrate`: Django's own. No migration can be done and not be recorded, and before it
begins it says what cannot be undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections, transaction
from django.db.migrations import DeleteModel, Migration, RemoveField
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
    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["app_label"] or options["plan"] or options["check_unapplied"]):
            executor = MigrationExecutor(connections[options["database"]])
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if plan and executor.loader.applied_migrations:
                # An upgrade is never silent: it may take minutes.
                options["verbosity"] = max(options["verbosity"], 1)
                for line in what_cannot_be_undone([migration for migration, _ in plan]):
                    self.stdout.write(line)
                self.stdout.flush()
        try:
            super().handle(*args, **options)
        except KeyboardInterrupt:
            raise CommandError(
                "interrupted: the migrations above that are OK are applied, the one that was going"
                " on is not: run this again",
                returncode=130,
            ) from None


def what_cannot_be_undone(plan: list[Migration]) -> list[str]:
    """What to say, in lines, before these migrations are applied to a database with data."""
    lines = [
        f"This upgrades the database by {len(plan)} migration{'s' * (len(plan) != 1)}. An older"
        " version of the site cannot use it afterwards. The only way back is a backup that was"
        " made before."
    ]
    for migration in plan:
        for operation in migration.operations:
            what = operation.describe()
            if isinstance(operation, RemoveField | DeleteModel):
                lines.append(f"  {migration}: {what}: its data is deleted, or is elsewhere by then")
    return lines
