"""`manage.py restore`: what a backup has, in an empty database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from digest.backups import folders
from digest.management.backups import counted, in_words


class Command(BaseCommand):
    help = "Put a backup into the database that is set, which has to be empty: all, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder",
            metavar="DIR",
            type=Path,
            help="a backup, or a folder of backups, of which the newest is restored",
        )

    def handle(self, folder: Path, verbosity: int, **options: Any) -> None:
        with in_words("Nothing was restored."):
            path = folders.find(folder)
            written = folders.restore(path)
        if verbosity:
            count = counted(len(written), sum(tally.rows for tally in written.values()))
            self.stdout.write(
                f"{path}: {count}, read again and equal. Run `python manage.py migrate` before the"
                " site starts: the backup may be of an earlier version."
            )
