"""What the commands that load have in common: errors in words, and the report of a source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, InterfaceError, OperationalError

from digest.catalogue.load import LoadReport
from digest.models import DEFAULT, Stream

_NOT_MIGRATED = re.compile(
    r"no such (table|column)|has no column named|(relation|column) .* does not exist"
)


_SQLITE_ERROR, _SQLITE_BROKEN = 1, {11, 26}
"""SQLITE_ERROR, a wrong statement; SQLITE_CORRUPT and NOTADB: see sqlite.org/rescode.html."""


def cannot_be_used(error: Error) -> str:
    """Why the database cannot be used, in a line; "" if the error is of another kind."""
    reason = " ".join(str(error).split())
    if _NOT_MIGRATED.search(reason):
        return f"the database is not of this version: {reason}: run `python manage.py migrate`"
    code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
    is_of_the_database = isinstance(error, OperationalError | InterfaceError)
    if (is_of_the_database and code != _SQLITE_ERROR) or code in _SQLITE_BROKEN:
        return f"the database cannot be used: {reason}"
    return ""


@contextmanager
def loading(done: str) -> Iterator[None]:
    """Turn what ends a command early into a CommandError. done: what was done by then, in words."""
    try:
        yield
    except Error as error:
        reason = cannot_be_used(error)
        if not reason:
            raise
        raise CommandError(f"{reason}: {done}", returncode=2) from error
    except KeyboardInterrupt:
        raise CommandError(f"interrupted: {done}") from None


def chosen_stream(slug: str | None) -> Stream:
    """The stream with a slug; the default one for None. Raises CommandError."""
    if slug is None:
        return Stream.objects.get(pk=DEFAULT)
    try:
        return Stream.objects.get(slug=slug)
    except Stream.DoesNotExist:
        known = ", ".join(Stream.objects.values_list("slug", flat=True))
        message = f"there is no stream {slug}: there are {known}. Curators add others in the admin"
        raise CommandError(message, returncode=2) from None


def print_report(
    command: BaseCommand, report: LoadReport, verbosity: int, progress: str = ""
) -> None:
    """The problems of a source, and in a line what loading it did. progress: how far it is."""
    for problem in report.problems:
        command.stderr.write(f"{report.name}:{problem}")
    if verbosity and report.status == "known":
        command.stdout.write(f"{report.name}: loaded before{progress}")
    elif verbosity:
        counts = ", ".join(
            f"{getattr(report, name)} {name}" for name in ("new", "changed", "unchanged")
        )
        papers = f"{report.rows} paper{'s' * (report.rows != 1)}"
        command.stdout.write(f"{report.name}: {papers}: {counts}{progress}")
