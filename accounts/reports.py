"""Reports of readers, as curators settle them."""

from __future__ import annotations

import logging

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from .models import Report, User

log = logging.getLogger(__name__)


@transaction.atomic
def settle(report: Report, outcome: str, answer: str, by: User) -> None:
    """Say what became of a report, once for all, and mail that to whoever made it.

    answer: of REPORT_LENGTH characters at most. Raises ValidationError if it was settled before.
    """
    # One statement looks and writes: of two curators at once, one finds no such report.
    waiting = Report.objects.filter(pk=report.pk, outcome="")
    if not waiting.update(outcome=outcome, answer=answer, settled_at=timezone.now(), settled_by=by):
        raise ValidationError(
            "Somebody else has settled this report meanwhile. Nothing is changed."
        )
    transaction.on_commit(lambda: _notify(report.pk))


def _notify(key: int) -> None:
    """Mail the outcome of a report to its reader, if they have a confirmed address."""
    report = Report.objects.select_related("user", "paper").filter(pk=key).first()
    if report is None:
        return
    address = EmailAddress.objects.filter(user=report.user, primary=True, verified=True).first()
    if address is None:
        return
    title = Truncator(" ".join(report.paper.title.split())).chars(80)
    context = {
        "report": report,
        "mended": report.outcome == Report.Outcome.CORRECTED,
        "page": settings.SITE_URL + reverse("reports"),
    }
    try:
        send_mail(
            f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}What became of your report on “{title}”",
            render_to_string("accounts/email/report_settled.txt", context),
            None,
            [address.email],
        )
    except (OSError, ValueError):  # ValueError: a line break in a header
        # The report is settled, and its reader sees so on the site.
        log.exception("What became of a report could not be sent")
