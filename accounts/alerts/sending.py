"""Sends the mails that are due.

A mail is claimed in one transaction: its row, the papers that are in it, and that the person's next
one is due later. Then it is sent, and its row says so. A process that ends between the two leaves a
claimed mail, which a later run sends. If it ended right between the mail server's answer and the
row, the mail is sent a second time, since it cannot be known: with the same Message-ID, by which
mail programs and servers show it once. That a mail is lost without a trace would be worse.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected
from typing import Any

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.library import Library
from accounts.models import (
    Frequency,
    Mail,
    MailedPaper,
    MailSettings,
    SavedSearch,
    SearchKind,
)
from digest.batches import batches

from .bounces import is_no_address
from .messages import write
from .schedule import last_due
from .sections import Group, News, compose

LEASE = timedelta(minutes=15)
"""After which a mail that was claimed and not sent is taken over: no process takes that long."""

log = logging.getLogger(__name__)


@dataclass
class Sent:
    """What became of a run. refused: addresses that the mail server does not know, whose mails are
    ended. deferred: mails that it does not take now. problem: why it stopped early, in words."""

    sent: int = 0
    refused: int = 0
    deferred: int = 0
    problem: str = ""


def send_due() -> Sent:
    """Send all mails that are due, and those that an earlier run claimed and did not send."""
    outcome, news = Sent(), News()
    connection = get_connection()
    try:
        for mail in _left_over():
            with _reported(outcome):
                settings = _settings().filter(user=mail.user_id).first()
                _send(mail, settings, news, connection, outcome)
        on = _settings().exclude(frequency=Frequency.OFF)
        for some in batches(list(on.values_list("pk", flat=True))):
            due = [settings for settings in on.filter(pk__in=some) if _is_due(settings)]
            _prepare(news, due)
            for one in due:
                with _reported(outcome):
                    if claimed := claim(one, news):
                        _send(claimed, one, news, connection, outcome)
    except OSError as error:  # of which smtplib's errors are
        # Nothing is lost: what is claimed is sent by a later run.
        log.exception("Mails about new papers could not be sent")
        outcome.problem = f"the mail server cannot be used: {error}"
    finally:
        connection.close()
    return outcome


@contextmanager
def _reported(outcome: Sent) -> Iterator[None]:
    """What goes wrong with one person's mail keeps nobody else's back."""
    try:
        yield
    except OSError:  # the mail server: it is the same for all
        raise
    except Exception:
        log.exception("A mail about new papers could not be made")
        outcome.deferred += 1


def _settings() -> QuerySet[MailSettings]:
    active = MailSettings.objects.filter(user__is_active=True)
    return active.select_related("user").order_by("pk")


def _is_due(settings: MailSettings) -> bool:
    due_at = last_due(settings, timezone.now())
    return due_at is not None and due_at > settings.last_due


def _prepare(news: News, due: list[MailSettings]) -> None:
    """Look up the searches of many people together."""
    searches = SavedSearch.objects.filter(
        user__in=[one.pk for one in due], kind=SearchKind.PAPERS, is_mailed=True
    )
    news.prepare({*searches.values_list("query", flat=True)})


def claim(settings: MailSettings, news: News) -> Mail | None:
    """Claim the mail that is due to a person; None if there is nothing to send, or another process
    has claimed it."""
    due_at = last_due(settings, timezone.now())
    if due_at is None or not Library(settings.user).mails.address():
        return None
    groups = compose(settings, news)
    with transaction.atomic():
        row = MailSettings.objects.select_for_update().filter(pk=settings.pk).first()
        if row is None or row.frequency == Frequency.OFF or row.last_due >= due_at:
            return None
        if Mail.objects.filter(user=settings.user, sent_at=None).exists():
            return None  # first that one: what is new since comes with the next
        row.last_due = due_at
        row.save(update_fields=["last_due"])
        if not groups:
            return None
        mail = Mail.objects.create(user=settings.user, due_at=due_at, claimed_at=timezone.now())
        MailedPaper.objects.bulk_create(
            MailedPaper(user=settings.user, mail=mail, paper=paper)
            for group in groups
            for paper in group.papers
        )
    return mail


def _left_over() -> Iterator[Mail]:
    """The mails that earlier runs claimed and did not send, each claimed anew."""
    while True:
        now = timezone.now()
        mail = Mail.objects.filter(sent_at=None, claimed_at__lt=now - LEASE).first()
        if mail is None:
            return
        claimed = Mail.objects.filter(pk=mail.pk, claimed_at=mail.claimed_at)
        if claimed.update(claimed_at=now):
            yield mail


def _send(
    mail: Mail, settings: MailSettings | None, news: News, connection: Any, outcome: Sent
) -> None:
    """Send a claimed mail: the papers of it that its receiver may read now. Raises OSError."""
    groups = list[Group]()
    address = ""
    if settings and settings.frequency != Frequency.OFF:
        address = Library(settings.user).mails.address()
        only = mail.papers.values_list("paper", flat=True)
        groups = compose(settings, news, only={*only})
    if not settings or not address or not groups:
        mail.delete()  # what was in it may be in another one
        return
    message = write(settings, groups, address, mail.due_at)
    message.connection = connection
    connection.open()
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        _, answer = error.recipients.get(address, (0, b""))
        if is_no_address(answer.decode(errors="replace")):
            Library(settings.user).mails.end_bounced()
            mail.delete()
            outcome.refused += 1
        else:
            outcome.deferred += 1
    except (SMTPResponseException, SMTPServerDisconnected):  # a later run sends it
        log.exception("A mail about new papers was not taken")
        connection.close()  # the server may have ended it: the next mail has another
        outcome.deferred += 1
    else:
        Mail.objects.filter(pk=mail.pk).update(sent_at=timezone.now())
        outcome.sent += 1
