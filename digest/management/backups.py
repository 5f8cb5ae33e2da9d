"""What the commands of backups have in common: errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, Error

from digest.backups.tables import BackupError, unknown_tables


@contextmanager
def in_words(otherwise: str) -> Iterator[None]:
    """Turn what ends a command early into a CommandError. otherwise: what is so then, in words."""
    try:
        yield
    except BackupError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        raise CommandError(f"{what}. {otherwise}") from error
    except Error as error:
        what = " ".join(str(error).split())
        raise CommandError(f"the database cannot be used: {what}\n{otherwise}") from error
    except KeyboardInterrupt:
        raise CommandError(f"interrupted. {otherwise}") from None


def warn_of_unknown_tables(command: BaseCommand) -> None:
    """Say which tables of the database have rows that are copied nowhere."""
    for name in unknown_tables(DEFAULT_DB_ALIAS):
        command.stderr.write(f"The table {name} is left out: this version does not know it.")


def counted(tables: int, rows: int) -> str:
    """How much there is, in words."""
    return f"{tables} tables, {rows:,} rows"
