"""Logging in with a passkey."""

from __future__ import annotations

import json
from hashlib import sha256

from allauth.account.adapter import get_adapter
from allauth.mfa.webauthn import views
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

PASSKEY = "__Secure-passkey" if settings.HTTPS else "passkey"
"""The cookie of a browser that was asked for a passkey: what it was asked, signed."""
_ANSWER_WITHIN = 300


def passkey_login(request: HttpRequest) -> HttpResponse:
    """Asks a browser for a passkey, and lets in whose it is.

    As allauth's view, but that what a browser was asked is in a cookie of its own, and in no
    session: anybody may request it, and would fill the table of sessions.
    """
    if request.method != "POST":
        if not get_adapter().is_ajax(request) or request.user.is_authenticated:
            return views.login_webauthn(request)  # type: ignore[no-any-return]
        own, request.session = request.session, SessionStore()  # which is not stored
        answer: HttpResponse = views.login_webauthn(request)
        answer.set_signed_cookie(
            PASSKEY,
            json.dumps(request.session.get(STATE_SESSION_KEY)),
            max_age=_ANSWER_WITHIN,
            path=request.path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )
        request.session = own
        return answer
    challenge = str(request.get_signed_cookie(PASSKEY, "null", max_age=_ANSWER_WITHIN))
    once = f"passkey:{sha256(challenge.encode()).hexdigest()}"
    if challenge != "null" and cache.add(once, True, _ANSWER_WITHIN):
        request.session[STATE_SESSION_KEY] = json.loads(challenge)
    answered: HttpResponse = views.login_webauthn(request)
    request.session.pop(STATE_SESSION_KEY, None)
    answered.delete_cookie(PASSKEY, path=request.path, samesite="Strict")
    return answered
