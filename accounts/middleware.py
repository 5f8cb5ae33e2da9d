"""What a person's requests need: sessions that end, that one which has ended is told, their time
zone, and that nobody keeps what they were shown."""

from collections.abc import Callable
from time import time
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from digest.log import security
from digest.pages.busy import is_unavailable
from digest.pages.compression import hold_secret
from digest.pages.resubmission import FIELD, Reason, Submission, answer_script, from_script

from .models import User
from .profile.login import Login
from .sessions import SessionStore

LASTS = 30 * 24 * 3600
"""Seconds after a log-in in which a session ends, however it is used."""
WAITS = 15 * 60
"""Seconds in which somebody who has not logged in yet finishes what they began."""
_SINCE = "logged_in_at"


class LoggedOut:
    """Whatever is sent after a log-in has ended is told so, and is not lost.

    A script is led nowhere: what it would find there is no answer to what it asked. A form is
    answered with the log-in, which carries it along. It comes into a session only with the right
    password (`accounts.adapters`), so that strangers keep nothing here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code < 400:
            self._forget(request)
        to, _, query = response.get("Location", "").partition("?")
        on_account_page = to and request.path.startswith(reverse("account"))
        carried = Submission.carried(request) if on_account_page else None
        if carried and request.user.is_authenticated:
            # Somebody who had logged in elsewhere by then has no log-in that would keep it.
            request.session.setdefault(FIELD, carried.dumps())
            return redirect("resubmission")
        if to != reverse("account_login") or not (
            carried or query.startswith(f"{REDIRECT_FIELD_NAME}=")
        ):
            return response
        if from_script(request):
            return answer_script(request, Reason.LOGGED_OUT)
        submission = carried or Submission.of(request)
        return Login.answering(request, submission) if submission else response

    def _forget(self, request: HttpRequest) -> None:
        """A form that was sent again waits no longer, unless it was put there only now."""
        new = hasattr(request, "form_is_saved")
        if request.session.accessed and not new and FIELD in request.session:
            sent = Submission.loads(request.session[FIELD])
            if not sent or sent.address == request.get_full_path():
                del request.session[FIELD]


def _is_logged_in(request: HttpRequest) -> bool:
    """Whether somebody is, as far as is known: the database is asked once, and where it cannot be
    used, a page that does not need it is shown none the less."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or hasattr(request, "is_unknown"):
        return False
    # A session from before the password changed is dropped here, which waits for nobody.
    session = cast(SessionStore, request.session)
    session.doubted = True
    try:
        return bool(request.user.is_authenticated)
    except OperationalError as error:
        if not is_unavailable(error):
            raise
        request.is_unknown = True  # type: ignore[attr-defined]
        return False
    finally:
        session.doubted = False


class Sessions:
    """Bounds how long sessions last, and how much is sent in them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_logged_in(request):
            if time() - request.session.setdefault(_SINCE, int(time())) > LASTS:
                security("session_ended")
                logout(request)
            elif request.method == "POST" and not request.path.startswith("/api/"):
                limit = {"app": "allauth.account", "action": "write"}
                if limited := ratelimit.consume_or_429(request, **limit):
                    return limited  # type: ignore[no-any-return]
        response = self.get_response(request)
        begun = request.session.modified and not request.session.is_empty()
        if begun and not _is_logged_in(request):
            request.session.set_expiry(WAITS)
        return response


class TimeZone:
    """Times are shown in the time zone of the person who asks.

    Without a session nobody is logged in, and nothing is looked up: caches may keep such a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_logged_in(request):
            return self.get_response(request)
        try:
            zone = ZoneInfo(cast(User, request.user).time_zone)
        except (ZoneInfoNotFoundError, ValueError):  # another machine may know other zones
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


class Private:
    """No cache keeps the pages of an account, recovery codes among them, the browser's included;
    and they are not compressed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(reverse("account")):
            add_never_cache_headers(response)
            hold_secret(response)
        return response
