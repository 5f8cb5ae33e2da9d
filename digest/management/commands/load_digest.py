"""`manage.py load_digest PATH...`: load digests from files, folders or standard input."""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from digest.catalogue.load import LoadReport, find_files, load_files
from digest.catalogue.sample import is_new
from digest.formats import SUFFIXES
from digest.management.loading import chosen_stream, loading

STATUSES = ("loaded", "known", "unreadable")
COUNTS = ("new", "changed", "unchanged", "links")


class Command(BaseCommand):
    help = "Load digests (see FORMATS.md). Loading a file twice changes nothing."

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
        parser.add_argument(
            "--stream",
            metavar="SLUG",
            help="the stream of the digests; by default, the default one",
        )
        parser.add_argument(
            "--if-new",
            action="store_true",
            help="load into a database that never had a digest, and do nothing otherwise",
        )
        parser.add_argument("--json", action="store_true", help="report as JSON, for programs")

    def handle(
        self, paths: list[str], dry_run: bool, strict: bool, verbosity: int, **options: Any
    ) -> None:
        with loading("nothing was written"):
            stream = chosen_stream(options["stream"])
            if options["if_new"] and not is_new():
                if options["json"]:
                    self.print_json([], Counter(), written=False)
                elif verbosity:
                    self.stdout.write("Nothing was loaded: the database has, or had, digests.")
                return
        files = []
        passed_over: Counter[str] = Counter()
        for path in paths:
            if path == "-":
                files.append(Path(path))
                continue
            try:
                found = find_files(Path(path))
                files += found.files
                passed_over += found.passed_over
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
        quiet = verbosity == 0 or options["json"] or not sys.stderr.isatty()
        progress = track(files, "Loading", console=Console(stderr=True), disable=quiet)
        with loading("the files before this one stay loaded"):
            reports = load_files(progress, dry_run=dry_run, strict=strict, stream=stream.pk)

        refused = strict and any(report.problems for report in reports)
        if options["json"]:
            self.print_json(reports, passed_over, written=not (dry_run or refused))
        elif verbosity:
            self.print_table(reports)
            self.print_passed_over(passed_over)
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

    def print_passed_over(self, passed_over: Counter[str]) -> None:
        if passed_over:
            counted = ", ".join(
                f"{count} {suffix or 'without a suffix'}"
                for suffix, count in sorted(passed_over.items())
            )
            self.stdout.write(f"Passed over, as digests end in {', '.join(SUFFIXES)}: {counted}.")

    def print_json(
        self, reports: list[LoadReport], passed_over: Counter[str], *, written: bool
    ) -> None:
        report = {
            "written": written,
            "totals": totals(reports),
            "passed_over": dict(sorted(passed_over.items())),
            "files": [asdict(report) for report in reports],
        }
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
