"""`manage.py call_webhooks`: sends new papers to other services."""

from typing import Any

from django.core.management import BaseCommand

from accounts.alerts.webhooks import call_due


class Command(BaseCommand):
    help = "Calls the webhooks of people with what is new. To be run every hour."

    def handle(self, verbosity: int, **options: Any) -> None:
        outcome = call_due()
        if verbosity:
            counts = f"{outcome.done} calls taken, {outcome.later} to be tried again"
            self.stdout.write(f"{counts}, {outcome.given_up} given up.")
