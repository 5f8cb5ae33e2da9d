"""The codes of an app, each of which logs in once, whichever process it comes to."""

from __future__ import annotations

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction

_KEY = "used_step"
"""Where the data of an app's row has the half minute, counted since 1970, of its last code."""


def use(totp: TOTP, code: str) -> bool:
    """Take a code that is right; whether neither it nor a later one was taken before.

    allauth remembers codes in the cache, which processes need not share, and for less time than
    the codes are good.
    """
    secret = decrypt(totp.instance.data["secret"])
    steps = [
        step
        for step in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
    ]
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(pk=totp.instance.pk).first()
        if not steps or row is None:  # its time has passed, or the app was removed, just now
            return False
        used = row.data.get(_KEY)
        # One that is far ahead was used while the clock was wrong, and is no reason to refuse.
        if used is not None and 0 <= used - steps[-1] <= 2 * settings.MFA_TOTP_TOLERANCE:
            return False
        row.data[_KEY] = steps[-1]
        row.save(update_fields=["data"])
    totp.instance.data = row.data
    return True
