"""`manage.py backup`: all that the site has, in a folder of its own, while it serves."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error

from digest.backups import folders, note_backup
from digest.management.backups import counted, in_words, warn_of_unknown_tables


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text}: give a whole number, 1 or more")
    return int(text)


class Command(BaseCommand):
    help = "Make a backup of the database and the secret key, while the site serves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder",
            metavar="DIR",
            type=Path,
            help="a folder of backups: this one gets a folder in it",
        )
        parser.add_argument(
            "--keep",
            metavar="N",
            type=_number,
            help="then delete all but the N newest backups there",
        )

    def handle(self, folder: Path, keep: int | None, verbosity: int, **options: Any) -> None:
        with in_words("There is no new backup."):
            warn_of_unknown_tables(self)
            path, manifest = folders.make(folder, keep)
        try:
            note_backup(path, manifest)
        except Error as error:
            self.stderr.write(f"The database did not take a note of the backup: {error}")
        if verbosity:
            rows = sum(table["rows"] for table in manifest["tables"].values())
            size = folders.size(manifest) / 1e6
            self.stdout.write(f"{path}: {counted(len(manifest['tables']), rows)}, {size:.1f} MB.")
            if not settings.KEY_FILE:
                self.stdout.write("SECRET_KEY is in your settings, and not in the backup.")
