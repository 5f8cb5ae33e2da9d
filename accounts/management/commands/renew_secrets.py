"""Encrypts stored secrets anew."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management import BaseCommand, CommandError
from django.db import models, transaction

from accounts import secret_box
from accounts.models import Webhook

FIELDS = ("secret", "seed")


class Command(BaseCommand):
    help = (
        "Encrypts the secrets of second factors and webhooks with SECRET_KEY, after it was renewed."
        " Until then, keep the earlier key in SECRET_KEY_FALLBACKS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        for what, model, renew in (
            ("second factors", Authenticator, _renew_factor),
            ("webhooks", Webhook, _renew_webhook),
        ):
            done, unreadable = _renew_all(model, renew)
            self.stdout.write(f"{done} {what} are encrypted with SECRET_KEY.")
            if unreadable:
                failed.append(f"{unreadable} {what}")
        if failed:
            raise CommandError(
                f"{' and '.join(failed)} are not, since their key is none of SECRET_KEY_FALLBACKS:"
                " their owners set them up anew"
            )


def _renew_all(model: type[models.Model], renew: Callable[[Any], bool]) -> tuple[int, int]:
    """How many rows were encrypted anew, and how many cannot be read."""
    done = unreadable = 0
    rows = model._default_manager
    for key in list(rows.values_list("pk", flat=True)):
        # One at a time: a code may be used meanwhile, and says so in the same row.
        with transaction.atomic():
            row = rows.select_for_update().filter(pk=key).first()
            try:
                done += row is not None and renew(row)
            except secret_box.DecryptionError:
                unreadable += 1
    return done, unreadable


def _renew_factor(row: Authenticator) -> bool:
    """Whether it had a secret."""
    fields = [name for name in FIELDS if name in row.data]
    for name in fields:
        row.data[name] = _renewed(row.data[name])
    if fields:
        row.save(update_fields=["data"])
    return bool(fields)


def _renew_webhook(row: Webhook) -> bool:
    row.url, row.secret = _renewed(row.url), _renewed(row.secret)
    row.save(update_fields=["url", "secret"])
    return True


def _renewed(stored: str) -> str:
    return secret_box.encrypt(secret_box.decrypt(stored))
