"""How mails leave, and what is remembered when they cannot."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from digest.metrics import MAILS
from digest.models import MailFailure


class CountedMail(BaseEmailBackend):
    """Sends by the way that EMAIL_URL names, counts, and remembers since when mails fail."""

    def __init__(self, fail_silently: bool = False, **options: Any) -> None:
        super().__init__(fail_silently)
        self._transport = get_connection(
            settings.EMAIL_TRANSPORT, fail_silently=fail_silently, **options
        )

    def open(self) -> bool | None:
        return self._transport.open()

    def close(self) -> None:
        self._transport.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        try:
            sent = self._transport.send_messages(email_messages)
        except Exception as error:
            MAILS.labels("failed").inc(len(email_messages))
            if not isinstance(error, smtplib.SMTPRecipientsRefused | ValueError):
                _remember(error)  # the others are the fault of one mail
            raise
        MAILS.labels("sent").inc(sent or 0)
        with suppress(DatabaseError):
            if MailFailure.objects.exists():
                MailFailure.objects.all().delete()
        return sent or 0


def _remember(error: Exception) -> None:
    """That a mail failed; nothing of whom it was to."""
    text = type(error).__name__
    if isinstance(error, smtplib.SMTPResponseException):
        text += f" {error.smtp_code}"
    elif not isinstance(error, smtplib.SMTPException):
        text += f": {error}"
    with suppress(DatabaseError), transaction.atomic():
        _, is_first = MailFailure.objects.get_or_create(
            pk=1, defaults={"since": timezone.now(), "error": text}
        )
        if not is_first:
            MailFailure.objects.update(error=text, count=F("count") + 1)
