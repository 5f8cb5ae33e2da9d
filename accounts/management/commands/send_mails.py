"""`manage.py send_mails`: the mails about new papers that are due."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from accounts.alerts.sending import send_due


class Command(BaseCommand):
    help = "Sends the mails about new papers that are due. To be run every hour."

    def handle(self, verbosity: int, **options: Any) -> None:
        outcome = send_due()
        if verbosity:
            counts = f"{outcome.sent} mails sent, {outcome.deferred} not taken now"
            self.stdout.write(f"{counts}, {outcome.refused} addresses refused for good.")
        if outcome.problem:
            raise CommandError(f"{outcome.problem}; the next run sends what is left")
