"""`manage.py check_links`: ask the papers' links whether they still answer, and mark the dead."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from digest.curation.http_check import LinkOutcome
from digest.curation.link_health import AGAIN, NothingAnswers, check, due


def positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**6):
        raise ArgumentTypeError(f"{text}: give a whole number, 1 or more")
    return int(text)


def days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 10**4):
        raise ArgumentTypeError(f"{text}: give a whole number of days, 0 or more")
    return int(text)


class Command(BaseCommand):
    help = "Check whether the papers' links still answer, and mark dead links."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--limit", type=positive, metavar="N", help="check at most N links, longest due first"
        )
        parser.add_argument(
            "--older-than",
            type=days,
            default=AGAIN.days,
            metavar="DAYS",
            help="skip links checked in the last DAYS days (default: %(default)s)",
        )
        parser.add_argument(
            "--workers",
            type=positive,
            default=8,
            metavar="N",
            help="hosts to ask at a time (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="report as JSON, for programs")

    def handle(
        self, limit: int | None, older_than: int, workers: int, verbosity: int, **options: Any
    ) -> None:
        urls = due(timedelta(days=older_than))[:limit]
        quiet = verbosity == 0 or options["json"] or not sys.stderr.isatty()
        try:
            with Progress(console=Console(stderr=True), disable=quiet) as bar:
                task = bar.add_task("Checking", total=len(urls))
                checked = check(
                    urls, workers=workers, progress=lambda done: bar.update(task, completed=done)
                )
        except KeyboardInterrupt:
            raise CommandError(
                "interrupted: the results so far are saved, and the next run continues from there"
            ) from None
        except NothingAnswers:
            raise CommandError(
                "no host answered, so nothing was marked: can this machine reach the internet?"
            ) from None
        counts = {outcome.value: checked.outcomes[outcome] for outcome in LinkOutcome}
        if options["json"]:
            report = {**counts, "left": checked.left, "dead": checked.died}
            self.stdout.write(json.dumps({**report, "alive again": checked.revived}, indent=2))
        elif verbosity:
            for word, some in (("dead", checked.died), ("alive again", checked.revived)):
                for url in sorted(some):
                    self.stdout.write(f"{word}: {url}")
            summary = ", ".join(f"{count} {name}" for name, count in counts.items())
            self.stdout.write(f"{len(urls)} links: {summary}, {checked.left} left for another run.")
