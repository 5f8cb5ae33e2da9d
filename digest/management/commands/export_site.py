"""`manage.py export_site DIR`: the whole public catalogue as static files."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from digest.management.loading import loading
from digest.pages.paging import number_of_papers
from digest.static_site import CannotExport, export_site


def full_address(text: str) -> str:
    """An http or https address, of a host or of a folder on it, without a slash at its end. Raises
    CommandError."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        known = False
    if not known or parts.query or parts.fragment or "@" in parts.netloc:
        raise CommandError(f"--url {text}: give an address like https://papers.example.org/mirror")
    return text.rstrip("/")


class Command(BaseCommand):
    help = (
        "Write the public catalogue to a folder as static pages, with a search in the browser,"
        " citations and feeds. Nothing that people keep here is in it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder",
            type=Path,
            metavar="DIR",
            help="a new or empty folder, or an earlier export, which is replaced at the end",
        )
        parser.add_argument(
            "--url",
            default="",
            help="the address that the pages will have: for feeds, a site map and canonical links",
        )

    def handle(self, folder: Path, url: str, verbosity: int, **options: Any) -> None:
        url = full_address(url) if url else ""
        quiet = verbosity == 0 or not sys.stderr.isatty()
        with (
            loading(f"{folder} is as it was"),
            Progress(console=Console(stderr=True), disable=quiet) as bar,
        ):
            task = bar.add_task("Preparing", total=None)

            def show(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total or None)

            try:
                report = export_site(folder, url, show)
            except CannotExport as error:
                raise CommandError(f"{error}. {folder} is as it was.") from error
            except OSError as error:
                where = f"{error.filename}: " if error.filename else ""
                raise CommandError(f"{where}{error.strerror}. {folder} is as it was.") from error
        if verbosity:
            papers = number_of_papers(report.papers)
            self.stdout.write(
                f"{papers}: {report.files:,} files, of which {report.pages:,} are pages,"
                f" {report.size / 1e6:,.1f} MB, in {folder}."
            )
            if not url:
                self.stdout.write(
                    "Without --url there are no feeds, no site map and no canonical links."
                )
