"""What a person's requests need: their time zone, and that nobody keeps what they were shown."""

from collections.abc import Callable
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from .models import User
from .sessions import SessionStore


class TimeZone:
    """Times are shown in the time zone of the person who asks.

    Without a session nobody is logged in, and nothing is looked up: caches may keep such a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        # Who it is, is found out here: a session from before the password changed is dropped.
        session = cast(SessionStore, request.session)
        session.doubted = True
        known = request.user.is_authenticated
        session.doubted = False
        if not known:
            return self.get_response(request)
        try:
            zone = ZoneInfo(cast(User, request.user).time_zone)
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
