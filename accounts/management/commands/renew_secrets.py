"""Encrypts the secrets of second factors anew."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management import BaseCommand, CommandError
from django.db import transaction

from accounts import secret_box

FIELDS = ("secret", "seed")


class Command(BaseCommand):
    help = (
        "Encrypts the secrets of second factors with SECRET_KEY, after it was renewed. Until then, "
        "keep the earlier key in SECRET_KEY_FALLBACKS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = done = 0
        for key in list(Authenticator.objects.values_list("pk", flat=True)):
            # One at a time: a code may be used meanwhile, and says so in the same row.
            with transaction.atomic():
                row = Authenticator.objects.select_for_update().filter(pk=key).first()
                fields = [name for name in FIELDS if row and name in row.data]
                if row is None or not fields:
                    continue
                try:
                    for name in fields:
                        row.data[name] = secret_box.encrypt(secret_box.decrypt(row.data[name]))
                except secret_box.DecryptionError:
                    unreadable += 1
                    continue
                row.save(update_fields=["data"])
                done += 1
        self.stdout.write(f"{done} second factors are encrypted with SECRET_KEY.")
        if unreadable:
            raise CommandError(
                f"{unreadable} are not, since their key is none of SECRET_KEY_FALLBACKS: their "
                "owners set them up anew"
            )
