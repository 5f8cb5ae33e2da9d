"""`manage.py verify`: whether a backup can be restored, without restoring it."""

from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from digest.backups import folders, note_verification
from digest.backups.tables import BackupError
from digest.management.backups import counted, in_words


class Command(BaseCommand):
    help = "Read a whole backup, and compare each file and each row with its manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder",
            metavar="DIR",
            type=Path,
            help="a backup, or a folder of backups, of which the newest is verified",
        )

    def handle(self, folder: Path, verbosity: int, **options: Any) -> None:
        with in_words("Nothing was verified."):
            path = folders.find(folder)
            try:
                manifest, problems = folders.verify(path)
            except BackupError as error:
                problems = [str(error)]
        with suppress(Error):  # a backup is verified where there is no database, too
            note_verification(path, problems)
        if problems:
            raise CommandError("\n".join([f"{path} cannot be restored.", *problems]))
        if verbosity:
            rows = sum(table["rows"] for table in manifest["tables"].values())
            count = counted(len(manifest["tables"]), rows)
            version = manifest["version"]
            self.stdout.write(f"{path}: {count}, as they were written by version {version}.")
