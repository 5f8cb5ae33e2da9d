"""`manage.py count_bookmarks`: counts what several people bookmarked this week."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.library.weekly_counts import count_week


class Command(BaseCommand):
    help = (
        "Count which papers at least three people bookmarked in the last seven days, of those who"
        " agreed to be counted. Once a day: a second run on one day does nothing."
    )

    def handle(self, verbosity: int, **options: Any) -> None:
        counted = count_week()
        if verbosity:
            known = counted is not None
            self.stdout.write(
                f"Counted: {counted:,} rows." if known else "It was counted today already."
            )
