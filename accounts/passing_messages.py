"""The messages that a page shows once, on their way to it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class _Cookie(CookieStorage):
    # As those of sessions: see digest/settings.py.
    cookie_name = "__Host-messages" if settings.HTTPS else "messages"


class Storage(FallbackStorage):
    """In a cookie, else in the session."""

    storage_classes = (_Cookie, SessionStorage)
