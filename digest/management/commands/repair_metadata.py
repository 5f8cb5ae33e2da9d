"""`manage.py repair_metadata`: asks arXiv for what papers lack, and loads its answers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digest.catalogue.load import load, planned_reports
from digest.fetch import arxiv
from digest.fetch.client import NotFetched, Unreachable
from digest.management.loading import loading, print_report

from .check_links import positive


class Command(BaseCommand):
    help = (
        "Ask arXiv for papers whose author list is cut, or that have no abstract or no DOI, and"
        " load what it answers. Each paper is asked for until arXiv has answered for it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--limit", type=positive, metavar="N", help="ask for at most N papers, the newest first"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be loaded, and write nothing"
        )

    def handle(self, limit: int | None, dry_run: bool, verbosity: int, **options: Any) -> None:
        with loading("the papers before these stay repaired"):
            failures = self.repair(arxiv.incomplete(limit), dry_run, verbosity)
        if dry_run and verbosity:
            self.stdout.write("Nothing was written (--dry-run).")
        if failures:
            raise CommandError("\n".join(failures))

    def repair(self, batches: list[arxiv.Batch], dry_run: bool, verbosity: int) -> list[str]:
        """Ask for batch after batch. Gives a sentence for each failure."""
        total = sum(len(batch.ids) for batch in batches)
        service = arxiv.client()
        done, missing, failures = 0, 0, []
        for batch in batches:
            try:
                found = arxiv.ask(service, batch)
            except Unreachable as error:
                left = f"Papers left: {total - done:,}"
                failures.append(f"{error}. {left}. Run this again later.")
                break
            except NotFetched as error:
                failures.append(f"{batch.day}: {error}. Nothing of it was loaded.")
                continue
            done += len(batch.ids)
            missing += len(found.missing)
            if found.file:
                one = (found.file.content, found.file.name)
                stream = batch.digest.stream
                if dry_run:
                    report = next(planned_reports([one], stream, is_supplement=True))
                else:
                    report = load(*one, stream=stream, is_supplement=True)
                print_report(self, report, verbosity, f" ({done:,} of {total:,})")
            for number in found.missing:
                self.stderr.write(f"{batch.day}: {arxiv.NAME} has no paper {number}")
        if verbosity and not total:
            self.stdout.write("arXiv was asked already for all papers that lack something.")
        elif verbosity:
            self.stdout.write(f"arXiv answered for {done - missing:,} of {total:,} papers.")
        return failures
