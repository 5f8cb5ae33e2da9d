"""`manage.py fetch huggingface`: fetches the daily papers of Hugging Face, and loads them."""

import datetime
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from digest.catalogue.load import planned_reports
from digest.fetch import huggingface
from digest.fetch.client import NotFetched, Unreachable
from digest.formats import parse_date
from digest.management.loading import loading, print_report


def day(text: str) -> datetime.date:
    found = parse_date(text)
    if found is None:
        raise ArgumentTypeError(f"{text}: give a day as YYYY-MM-DD")
    if found > timezone.now().date():
        raise ArgumentTypeError(f"{text}: that day has not begun yet, in UTC")
    if found < huggingface.FIRST_DAY:
        raise ArgumentTypeError(f"{text}: there are no daily papers before {huggingface.FIRST_DAY}")
    return found


class Command(BaseCommand):
    help = (
        "Fetch and load daily papers: those of today, and of each day of the last three weeks that"
        " was not fetched after its end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", choices=["huggingface"], help="where to fetch from")
        days = parser.add_mutually_exclusive_group()
        days.add_argument("--date", type=day, metavar="DAY", help="this day alone")
        days.add_argument(
            "--since",
            type=day,
            metavar="DAY",
            help="from this day on, instead of the last three weeks",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be loaded, and write nothing"
        )

    def handle(self, verbosity: int, dry_run: bool, **options: Any) -> None:
        with loading("the days before this one stay loaded"):
            failures = self.fetch(verbosity, dry_run, options["date"], options["since"])
        if dry_run and verbosity:
            self.stdout.write("Nothing was written (--dry-run).")
        if failures:
            raise CommandError("\n".join(failures))

    def fetch(
        self,
        verbosity: int,
        dry_run: bool,
        date: datetime.date | None,
        since: datetime.date | None,
    ) -> list[str]:
        """Fetch day by day. Gives a sentence for each failure."""
        today = timezone.now().date()
        since = since or max(today - huggingface.LOOK_BACK, huggingface.FIRST_DAY)
        days = [date] if date else huggingface.days_to_fetch(since, today)
        service = huggingface.client()
        failures, files = [], []
        for number, day in enumerate(days):
            try:
                found = huggingface.ask(service, day)
            except Unreachable as error:
                left = f" Days left: {len(days) - number}." if len(days) > 1 else ""
                failures.append(f"{day}: {error}.{left} Run this again later.")
                break
            except NotFetched as error:
                failures.append(f"{day}: {error}. Nothing of it was loaded; run this again later.")
                continue
            if not found.pages:
                yet = " yet: run this again later." if day == today else "."
                self.stderr.write(f"{day}: {huggingface.NAME} has no papers of that day{yet}")
            elif not found.files and verbosity:
                self.stdout.write(f"{day}: unchanged since it was last fetched")
            if dry_run:
                files += found.files
                continue
            for report in huggingface.load_list(found):
                print_report(self, report, verbosity)
        for report in planned_reports((file.content, file.name) for file in files):
            print_report(self, report, verbosity)
        return failures
