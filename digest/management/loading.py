"""What the commands that load have in common: errors in words, and the report of a source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from digest.catalogue.load import LoadReport
from digest.models import DEFAULT, Stream

_NO_TABLES = re.compile("no such table|relation .* does not exist")


@contextmanager
def loading(done: str) -> Iterator[None]:
    """Turn what ends a command early into a CommandError. done: what was done by then, in words."""
    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        message = f"the database cannot be used: {str(error).strip()}\n"
        if _NO_TABLES.search(message):
            message += "It is a new one: run `python manage.py migrate` first."
        else:
            message += f"{done[:1].upper()}{done[1:]}: run this again when it can be."
        raise CommandError(message) from error
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
