"""`manage.py fetch huggingface|arxiv`: fetches the papers of days from services, and loads them."""

import datetime
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from digest.catalogue.load import planned_reports
from digest.fetch import daily_lists
from digest.fetch.arxiv_lists import AnnouncedPapers
from digest.fetch.client import NotFetched, Unreachable
from digest.fetch.daily_lists import DailyList
from digest.fetch.huggingface import DailyPapers
from digest.formats import parse_date
from digest.management.loading import loading, print_report
from digest.text.arxiv_categories import NAMES


def day(text: str) -> datetime.date:
    found = parse_date(text)
    if found is None:
        raise ArgumentTypeError(f"{text}: give a day as YYYY-MM-DD")
    if found > timezone.now().date():
        raise ArgumentTypeError(f"{text}: that day has not begun yet, in UTC")
    return found


def category(text: str) -> str:
    if text not in NAMES:
        raise ArgumentTypeError(f"{text}: arXiv has no such category; one is cs.CL")
    return text


class Command(BaseCommand):
    help = (
        "Fetch and load papers day by day: those of today, and of each day of the last three weeks"
        " that was not fetched after its end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", choices=["huggingface", "arxiv"], help="where to fetch from")
        parser.add_argument(
            "--category",
            nargs="+",
            type=category,
            default=[],
            metavar="CATEGORY",
            help="of arXiv, such as cs.CL; each is a stream of its own",
        )
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

    def handle(self, service: str, verbosity: int, dry_run: bool, **options: Any) -> None:
        lists = _lists(service, options["category"])
        for asked in filter(None, (options["date"], options["since"])):
            if asked < lists[0].first_day:
                first = lists[0].first_day
                raise CommandError(
                    f"{asked}: there are no daily papers before {first}", returncode=2
                )
        if options["date"] and not lists[0].has_list(options["date"]):
            raise CommandError(
                f"{options['date']}: arXiv announces nothing on Saturdays and Sundays", returncode=2
            )
        failures: list[str] = []
        with loading("the days before this one stay loaded"):
            for of in lists:
                days = _days(of, options["date"], options["since"])
                if not self.fetch(of, days, verbosity, dry_run, failures):
                    break
        if dry_run and verbosity:
            self.stdout.write("Nothing was written (--dry-run).")
        if failures:
            raise CommandError("\n".join(failures))

    def fetch(
        self,
        of: DailyList,
        days: list[datetime.date],
        verbosity: int,
        dry_run: bool,
        failures: list[str],
    ) -> bool:
        """Fetch a list day by day. Whether the service can be reached; `failures` gets a sentence
        for each failure."""
        service, files = of.client(), []
        of_list = "" if of.name == "papers" else f" ({of.name})"
        is_reachable = True
        for number, day in enumerate(days):
            try:
                found = daily_lists.ask(of, service, day)
            except Unreachable as error:
                left = f" Days left: {len(days) - number}." if len(days) > 1 else ""
                failures.append(f"{day}{of_list}: {error}.{left} Run this again later.")
                is_reachable = False
                break
            except NotFetched as error:
                nothing = "Nothing of it was loaded; run this again later."
                failures.append(f"{day}{of_list}: {error}. {nothing}")
                continue
            if not found.pages:
                yet = " yet: run this again later." if day == timezone.now().date() else "."
                self.stderr.write(f"{day}: {of.service} has no {of.name} of that day{yet}")
            elif not found.files and verbosity:
                self.stdout.write(f"{day}{of_list}: unchanged since it was last fetched")
            if dry_run:
                files += found.files
                continue
            for report in daily_lists.load_list(found):
                print_report(self, report, verbosity)
        if files:
            opened: Iterable[Any] = ((file.content, file.name) for file in files)
            for report in planned_reports(opened, of.planned_stream()):
                print_report(self, report, verbosity)
        return is_reachable


def _lists(service: str, categories: list[str]) -> list[DailyList]:
    """What to fetch. Raises CommandError."""
    if service == "huggingface" and categories:
        raise CommandError("--category is for arxiv alone", returncode=2)
    if service == "huggingface":
        return [DailyPapers()]
    if not categories:
        raise CommandError("say which: fetch arxiv --category cs.CL", returncode=2)
    return [AnnouncedPapers(one) for one in dict.fromkeys(categories)]


def _days(
    of: DailyList, date: datetime.date | None, since: datetime.date | None
) -> list[datetime.date]:
    """The days to fetch, the newest first."""
    if date:
        return [date]
    today = timezone.now().date()
    since = since or max(today - daily_lists.LOOK_BACK, of.first_day)
    return daily_lists.days_to_fetch(of, since, today)
