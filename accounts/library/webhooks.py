"""A person's webhooks: addresses of other services, to which new papers are sent."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import HookShape, ReadingList, User, Webhook
from accounts.secret_box import DecryptionError, decrypt, encrypt

from .base import NotFound, Part
from .searches import newest_paper

MOST_WEBHOOKS = 10
"""Webhooks of a person, at most."""


class Webhooks(Part):
    """Their addresses and secrets are stored encrypted."""

    def all(self) -> QuerySet[Webhook]:
        """The webhooks, the first one first."""
        found = Webhook.objects.filter(user=self._user.pk)
        return found.select_related("reading_list", "user")

    def get(self, key: int) -> Webhook:
        """Raises NotFound."""
        found = self.all().filter(pk=key).first()
        if found is None:
            raise NotFound("There is no such webhook.")
        return found

    def create(
        self, name: str, url: str, shape: str, reading_list: ReadingList | None
    ) -> tuple[Webhook, str]:
        """A new webhook, and the secret that its calls are signed with, which nobody can show
        again.

        url: of https. reading_list: one that the person may read; None for all that is new to them.
        Raises ValidationError if they have MOST_WEBHOOKS.
        """
        secret, now = secrets.token_urlsafe(32), timezone.now()
        with transaction.atomic():
            # Of two requests at once, one waits for the other and counts its webhook.
            User.objects.select_for_update().get(pk=self._owner.pk)
            if self.all().count() >= MOST_WEBHOOKS:
                raise ValidationError(
                    f"You have {MOST_WEBHOOKS} webhooks, which is the most. Delete one first."
                )
            webhook = Webhook.objects.create(
                user=self._owner,
                reading_list=reading_list,
                name=" ".join(name.split()),
                shape=HookShape(shape),
                url=encrypt(url),
                secret=encrypt(secret),
                since=now,
                since_paper=newest_paper(),
                added_at=now,
            )
        return webhook, secret

    def switch(self, key: int, is_on: bool) -> None:
        """Switch a webhook on or off. What came while it was off is not sent. Raises NotFound."""
        rows = Webhook.objects.filter(pk=self.get(key).pk)
        if is_on:
            rows.filter(is_on=False).update(
                is_on=True, since=timezone.now(), since_paper=newest_paper(), ended_at=None
            )
        else:
            rows.update(is_on=False)

    def remove(self, key: int) -> None:
        """Delete a webhook. Raises NotFound."""
        self.get(key).delete()


def host_of(webhook: Webhook) -> str:
    """The host of its address; the rest of that is a secret."""
    try:
        return urlsplit(decrypt(webhook.url)).hostname or ""
    except DecryptionError:
        return "an address that cannot be read any longer"
