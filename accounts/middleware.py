"""What a person's requests need: sessions that end, their time zone, and that nobody keeps what
they were shown."""

from collections.abc import Callable
from time import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from digest.log import security

LASTS = 30 * 24 * 3600
"""Seconds after a log-in in which a session ends, however it is used."""
WAITS = 15 * 60
"""Seconds in which somebody who has not logged in yet finishes what they began."""
_SINCE = "logged_in_at"


class Sessions:
    """Bounds how long sessions last, and how much is sent in them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            if time() - request.session.setdefault(_SINCE, int(time())) > LASTS:
                security("session_ended")
                logout(request)
            elif request.method == "POST" and not request.path.startswith("/api/"):
                limit = {"app": "allauth.account", "action": "write"}
                if limited := ratelimit.consume_or_429(request, **limit):
                    return limited  # type: ignore[no-any-return]
        response = self.get_response(request)
        begun = request.session.modified and not request.session.is_empty()
        if begun and not request.user.is_authenticated:
            request.session.set_expiry(WAITS)
        return response


class TimeZone:
    """Times are shown in the time zone of the person who asks.

    Without a session nobody is logged in, and nothing is looked up: caches may keep such a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        try:
            zone = ZoneInfo(request.user.time_zone)
        except (ZoneInfoNotFoundError, ValueError):  # another machine may know other zones
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


class Private:
    """No cache keeps the pages of an account, recovery codes among them, the browser's included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(reverse("account")):
            add_never_cache_headers(response)
        return response
