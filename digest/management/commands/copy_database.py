"""`manage.py copy_database`: all rows in another database, to move from SQLite to PostgreSQL or
back."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from digest.backups.copying import copy_to
from digest.environment import Environment
from digest.management.backups import counted, in_words, warn_of_unknown_tables
from digest.url_settings import named_database


class Command(BaseCommand):
    help = "Copy all rows to another database, which has to be empty: all, or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", metavar="URL", required=True, help="the other database, as in DATABASE_URL"
        )

    def handle(self, to: str, verbosity: int, **options: Any) -> None:
        try:
            other = named_database(Environment({"DATABASE_URL": to}), settings.ROOT)
        except ImproperlyConfigured as error:
            raise CommandError(f"--to: {error}", returncode=2) from error
        with in_words("Nothing was copied."):
            warn_of_unknown_tables(self)
            written = copy_to(other)
        if verbosity:
            for name, tally in written.items():
                self.stdout.write(f"{name:40}{tally.rows:>12,} rows  {tally.sha256[:16]}")
            count = counted(len(written), sum(tally.rows for tally in written.values()))
            self.stdout.write(f"{count}, equal in both; the search index agrees with them.")
