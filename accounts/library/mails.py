"""When a person gets mails about new papers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from accounts.models import Frequency, MailSettings

from .base import Part


class Mails(Part):
    """They are off until the person switches them on."""

    def address(self) -> str:
        """Where to write to the person: their first address, if they have confirmed it; else ""."""
        found = EmailAddress.objects.filter(user=self._user.pk, primary=True, verified=True)
        return found.values_list("email", flat=True).first() or ""

    def settings(self) -> MailSettings:
        """The person's settings, or those of somebody who has none yet."""
        found = MailSettings.objects.filter(user=self._user.pk).first()
        if found is None:
            now = timezone.now()
            found = MailSettings(since=now, last_due=now)
        found.user = self._owner
        return found

    def choose(
        self, frequency: str, hour: int, weekday: int, left_out: Collection[str]
    ) -> MailSettings:
        """Change the settings. Those that are switched on begin with what comes from now on."""
        with transaction.atomic():
            rows = MailSettings.objects.select_for_update().filter(user=self._owner.pk)
            settings, now = rows.first(), timezone.now()
            if settings is None:
                settings = MailSettings(user=self._owner, since=now, last_due=now)
            elif settings.frequency == Frequency.OFF:
                settings.since = settings.last_due = now
            settings.frequency = Frequency(frequency)
            settings.hour, settings.weekday = hour, weekday
            settings.left_out = sorted(left_out)
            settings.bounced_at = None
            settings.save()
        return settings

    def end(self) -> None:
        """No more mails."""
        self._end()

    def end_bounced(self) -> None:
        """No more mails, since one came back."""
        self._end(bounced_at=timezone.now())

    def _end(self, **values: Any) -> None:
        rows = MailSettings.objects.filter(user=self._owner.pk).exclude(frequency=Frequency.OFF)
        rows.update(frequency=Frequency.OFF, **values)
