"""`manage.py doctor [CHECK...]`: what looks wrong in the catalogue."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digest.curation.doctor import CHECKS, examine

SHOWN = 10
"""Findings of a check that are printed."""


class Command(BaseCommand):
    help = "List what may be wrong in the catalogue, for a curator to check. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ", ".join(CHECKS)
        parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"one or more of {names}")
        parser.add_argument("--json", action="store_true", help="report as JSON, for programs")

    def handle(self, checks: list[str], **options: Any) -> None:
        if unknown := [name for name in checks if name not in CHECKS]:
            raise CommandError(
                f"there is no check {', '.join(unknown)}: choose from {', '.join(CHECKS)}",
                returncode=2,
            )
        results = [examine(CHECKS[name]) for name in checks or CHECKS]
        if options["json"]:
            report = {
                result.check.name: {
                    "meaning": result.check.meaning,
                    "findings": [
                        {
                            "what": finding.model._meta.model_name,
                            "name": finding.name,
                            "detail": finding.detail,
                            "address": finding.address,
                        }
                        for finding in result.findings
                    ],
                    "more": result.more,
                }
                for result in results
            }
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
            return
        for result in results:
            count = len(result.findings)
            number = f"more than {count:,}" if result.more else f"{count:,}" if count else "none"
            self.stdout.write(f"{result.check.name}: {number}. {result.check.meaning}")
            for finding in result.findings[:SHOWN]:
                self.stdout.write(f"  {finding.name}: {finding.detail}")
            if count > SHOWN:
                self.stdout.write("  …")
