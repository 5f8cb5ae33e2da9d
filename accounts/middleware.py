"""What a person's requests need: that a log-in which has ended is told, their time zone, and that
nobody keeps what they were shown."""

from collections.abc import Callable
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from digest.resubmission import Reason, from_script, shown_page, tell_script


class LoggedOut:
    """A script whose view asks for a log-in is told so. It is led nowhere: what it would find there
    is no answer to what it asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not _asks_for_log_in(response) or not from_script(request):
            return response
        query = urlencode({REDIRECT_FIELD_NAME: shown_page(request)}, safe="/")
        return tell_script(Reason.LOGGED_OUT, login=f"{reverse('account_login')}?{query}")


def _asks_for_log_in(response: HttpResponse) -> bool:
    """Whether it leads to the log-in, and from there to what was asked for."""
    address = response.get("Location", "")
    return address.startswith(f"{reverse('account_login')}?{REDIRECT_FIELD_NAME}=")


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
