"""Secrets that are kept, of second factors, encrypted with keys that come from SECRET_KEY.

What an earlier key encrypted is read for as long as that stands in SECRET_KEY_FALLBACKS;
`manage.py renew_secrets` encrypts it anew.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

MARK = "fernet:"
"""What begins an encrypted secret; one without it is from before there was any encryption."""


class DecryptionError(ValueError):
    """None of the keys is the one that it was encrypted with."""


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    # SECRET_KEY is long and random: to hash it slowly would gain nothing.
    return urlsafe_b64encode(sha256(f"accounts.secret_box {key}".encode()).digest())


def encrypt(text: str) -> str:
    return MARK + _box().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """The secret as it was. Raises DecryptionError."""
    if not stored.startswith(MARK):
        return stored
    try:
        return _box().decrypt(stored.removeprefix(MARK)).decode()
    except InvalidToken:
        raise DecryptionError from None
