"""`manage.py find_duplicates`: propose papers and authors that look like one."""

from typing import Any

from django.core.management.base import BaseCommand

from digest.curation.duplicates import propose


class Command(BaseCommand):
    help = "Propose likely duplicates among papers and authors to the curators. Merges nothing."

    def handle(self, **options: Any) -> None:
        report = propose()
        waiting = {"paper": report.waiting["paper"], "author": report.waiting["author"]}
        self.stdout.write(
            f"{report.new.total()} new, {report.removed} taken away. "
            f"{waiting['paper']} pairs of papers and {waiting['author']} of authors wait"
            " for a curator."
        )
