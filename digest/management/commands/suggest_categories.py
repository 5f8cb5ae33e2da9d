"""`manage.py suggest_categories`: gives papers without categories those of similar papers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from digest.catalogue.load import load, planned_reports
from digest.curation.suggested_categories import suggested
from digest.management.loading import loading, print_report

from .check_links import positive


class Command(BaseCommand):
    help = (
        "Suggest categories for papers that show none, from the papers that are most alike, and"
        " load the suggestions as a source. Whatever a digest or a curator states wins over them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--limit",
            type=positive,
            metavar="N",
            default=2_000,
            help="look at N papers at most, the newest first (default: %(default)s)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be loaded, and write nothing"
        )

    def handle(self, limit: int, dry_run: bool, verbosity: int, **options: Any) -> None:
        papers = 0
        with loading("the suggestions before these stay"):
            for content, name, stream in suggested(limit):
                if dry_run:
                    report = next(planned_reports([(content, name)], stream, is_supplement=True))
                else:
                    report = load(content, name, stream=stream, is_supplement=True)
                papers += report.rows
                print_report(self, report, verbosity)
        if verbosity:
            self.stdout.write(f"Categories suggested for {papers:,} papers.")
        if dry_run and verbosity:
            self.stdout.write("Nothing was written (--dry-run).")
