"""`manage.py mail_bounced`: what to do with a mail that came back."""

import sys
from typing import Any

from django.core.management import BaseCommand

from accounts.alerts.bounces import process_bounce

LONGEST = 1_000_000
"""Bytes of a mail that are read: what says that it came back is at its beginning."""


class Command(BaseCommand):
    help = (
        "Reads a mail that came back from standard input, and ends the mails about new papers to"
        " an address that does not work. For a mail server to call."
    )

    def handle(self, verbosity: int, **options: Any) -> None:
        done = process_bounce(sys.stdin.buffer.read(LONGEST))
        if verbosity:
            self.stdout.write(done)
