"""`manage.py load_digest PATH...`: load digests from files, folders or standard input."""

import json
import re
import sys
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from digest.catalogue.load import LoadReport, find_files, load_files

STATUSES = ("loaded", "known", "unreadable")
COUNTS = ("new", "changed", "unchanged", "links")
_NO_TABLES = re.compile("no such table|relation .* does not exist")


class Command(BaseCommand):
    help = "Load digests (Markdown or JSON). Loading a file twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths",
            nargs="+",
            metavar="PATH",
            help="a file, a folder to search through, or - for standard input",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would happen, and write nothing"
        )
        parser.add_argument(
            "--strict", action="store_true", help="write nothing at all if there is any problem"
        )
        parser.add_argument("--json", action="store_true", help="report as JSON, for programs")

    def handle(
        self, paths: list[str], dry_run: bool, strict: bool, verbosity: int, **options: Any
    ) -> None:
        files = []
        for path in paths:
            try:
                files += [Path(path)] if path == "-" else find_files(Path(path))
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
        quiet = verbosity == 0 or options["json"] or not sys.stderr.isatty()
        progress = track(files, "Loading", console=Console(stderr=True), disable=quiet)
        try:
            reports = load_files(progress, dry_run=dry_run, strict=strict)
        except (OperationalError, ProgrammingError) as error:
            message = f"the database cannot be used: {str(error).strip()}\n"
            if _NO_TABLES.search(message):
                message += "It is a new one: run `python manage.py migrate` first."
            else:
                message += "The files before this one stay loaded: run this again when it can be."
            raise CommandError(message) from error
        except KeyboardInterrupt:
            raise CommandError("interrupted: the files before this one stay loaded") from None

        refused = strict and any(report.problems for report in reports)
        if options["json"]:
            self.print_json(reports, written=not (dry_run or refused))
        elif verbosity:
            self.print_table(reports)
        if refused:
            raise CommandError("there are problems: nothing was written (--strict)")
        if all(report.status == "unreadable" for report in reports):
            raise CommandError("there was no digest to load: nothing was written")
        if dry_run and verbosity and not options["json"]:
            self.stdout.write("Nothing was written (--dry-run).")

    def print_table(self, reports: list[LoadReport]) -> None:
        for report in reports:
            for problem in report.problems:
                self.stderr.write(f"{report.name}:{problem}")
        table = Table(box=box.SIMPLE_HEAD)
        for heading in ("Files", *STATUSES, "Papers", *COUNTS[:3], "Links", "Problems"):
            table.add_column(heading, justify="right")
        table.add_row(*map(str, totals(reports).values()))
        console = Console(width=100)
        with console.capture() as printed:
            console.print(table)
        self.stdout.write(printed.get(), ending="")

    def print_json(self, reports: list[LoadReport], *, written: bool) -> None:
        files = [asdict(report) for report in reports]
        report = {"written": written, "totals": totals(reports), "files": files}
        self.stdout.write(json.dumps(report, indent=2))


def totals(reports: list[LoadReport]) -> dict[str, int]:
    """The reports' counts, added up."""
    files: Counter[str] = Counter(report.status for report in reports)
    sums = {name: sum(getattr(report, name) for report in reports) for name in COUNTS}
    return {
        "files": len(reports),
        **{status: files[status] for status in STATUSES},
        "rows": sum(report.rows for report in reports),
        **sums,
        "problems": sum(len(report.problems) for report in reports),
    }
