"""Browsers in which somebody has logged in before.

Such a browser keeps a signed cookie. It logs nobody in: it tells a log-in from a new browser, which
is mailed to the person, from one that is not; and others' wrong guesses do not count against it.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from .models import User

COOKIE = "__Secure-browser" if settings.HTTPS else "browser"
_AGE = 365 * 24 * 3600
_MOST = 10
"""People of one browser, at most."""


def _read(request: HttpRequest) -> tuple[str, dict[str, str]]:
    """The browser's own name, and the people who logged in by it, each with a mark of the password
    that they had: a new one makes every browser new."""
    try:
        cookie = str(request.get_signed_cookie(COOKIE, "", max_age=_AGE))
        name, people = signing.b64_decode(cookie.encode()).decode().split(" ", 1)
        return name, dict(pair.split(":") for pair in people.split())
    except (signing.BadSignature, ValueError):
        return secrets.token_hex(8), {}


def _mark(user: User) -> str:
    return user.get_session_auth_hash()[:16]


def known_browser(request: HttpRequest, user: User) -> str:
    """The name of the browser, if the person logged in by it before and has the same password
    still; else nothing."""
    name, people = _read(request)
    return name if people.get(str(user.pk)) == _mark(user) else ""


def remember(request: HttpRequest, response: HttpResponse, user: Any) -> None:
    name, people = _read(request)
    people.pop(str(user.pk), None)
    newest = [*people.items(), (str(user.pk), _mark(user))][-_MOST:]
    content = f"{name} {' '.join(':'.join(pair) for pair in newest)}"
    response.set_signed_cookie(
        COOKIE,
        signing.b64_encode(content.encode()).decode(),
        max_age=_AGE,
        path=reverse("account"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
