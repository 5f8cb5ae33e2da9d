"""`manage.py check_status`: what the admin's Status page shows, and a mail of what stays wrong."""

from typing import Any

from django.conf import settings
from django.core.mail import mail_admins
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from digest.models import FailingCheck
from digest.status import Examined, examine, remember, to_mail


class Command(BaseCommand):
    help = (
        "Check the site itself: its database, disk, mails, digests and daily runs. What has been"
        " wrong for a day is mailed to ADMINS, once a day."
    )

    def handle(self, verbosity: int, **options: Any) -> None:
        examined = examine()
        if verbosity:
            for check, finding in examined:
                word = "WRONG" if finding.is_wrong else "ok"
                self.stdout.write(f"{check.label}: {word}. {finding.text}")
        remember(examined)
        due = to_mail(examined)
        if not (due and settings.ADMINS):
            return
        try:
            mail_admins("Something is wrong", _text(due))
        except OSError as error:  # of which smtplib's errors are
            raise CommandError(f"what is wrong could not be mailed: {error}") from error
        names = [row.name for _, row in due]
        FailingCheck.objects.filter(name__in=names).update(mailed_at=timezone.now())


def _text(due: list[tuple[Examined, FailingCheck]]) -> str:
    lines = [
        f"{check.label}, since {row.since:%-d %B %Y, %H:%M} UTC at the latest: {finding.text}"
        for (check, finding), row in due
    ]
    page = settings.SITE_URL + reverse("admin:status")
    return (
        "\n\n".join(["This has been wrong for a day:", *lines, f"All that is checked: {page}"])
        + "\n"
    )
