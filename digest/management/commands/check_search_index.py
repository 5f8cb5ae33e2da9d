"""`manage.py check_search_index`: prove that every paper can be found, and repair what cannot."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from digest.search import index


class Command(BaseCommand):
    help = "Compare the search index with the catalogue, and repair it where they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only compare; fail if it differs"
        )

    def handle(self, dry_run: bool, **options: Any) -> None:
        try:
            health = index.check(repair=not dry_run)
        except (OSError, DatabaseError) as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"the index cannot be compared: {reason}", returncode=2) from error
        index_ = "agrees with them" if health.agrees else "did not agree with them"
        found = f"{health.papers} papers, {health.stale} out of date; the index {index_}."
        if health.is_ok:
            self.stdout.write(found)
        elif dry_run:
            raise CommandError(f"{found} Run this command without --dry-run to repair it.")
        else:
            self.stdout.write(f"{found} Repaired.")
