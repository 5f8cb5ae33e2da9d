"""Requests that cannot be done now: the reason, and the form that was sent, to be sent again.

A script gets JSON with a `reason` that it knows. Everybody else gets a page, and a person who sent
a form finds in it what they typed. The page does not use the database, which may be what fails.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import get_token
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

from digest.log import request_id

FIELD = "resubmission"
"""What a log-in form calls the form that waits for it, and a session the one to be sent again."""

MOST_CARRIED = 1_000_000
"""Characters of a form that is carried through a log-in: a note has 100,000 at most."""

_ONE_TIME = {"csrfmiddlewaretoken", "code", "credential"}
_WRITTEN_BY_PROGRAMS = re.compile(r"[a-z0-9./?=&_:%+-]{0,100}")


class Reason(Enum):
    """Why a request is not done: what scripts know it by, its status, a heading and a sentence.

    retry_after: seconds to wait before the next try, where waiting helps.
    """

    LOGGED_OUT = (
        *("logged-out", 401, "You are logged out"),
        "You are logged out, so this was not done. Log in, in another tab if you like, then try "
        "again.",
    )
    STALE_TOKEN = (
        *("stale-token", 403, "Please try again"),
        "This was not done. The page is older than your last log-in, or is not from this site, "
        "or your browser does not accept cookies of this site.",
    )
    LIMITED = (
        *("limited", 429, "Too many tries"),
        "There were too many tries from your network or for this account. Wait some minutes, "
        "then try again.",
        300,  # the longest span over which log-ins are counted
    )
    BUSY = (
        *("busy", 503, "Busy"),
        "The site is busy, and did not finish this. Try again in a moment.",
        5,
    )

    def __init__(
        self, word: str, status: int, heading: str, message: str, retry_after: int | None = None
    ):
        self.word = word
        self.status = status
        self.heading = heading
        self.message = message
        self.retry_after = retry_after


def refuse(request: HttpRequest, reason: Reason) -> HttpResponse:
    """The answer to a request that is not done: to a script JSON, else a page."""
    if from_script(request):
        return answer_script(request, reason)
    context = {"heading": reason.heading, "message": reason.message}
    return _uncached(reason, page(request, context, Submission.of(request), reason.status))


def answer_script(request: HttpRequest, reason: Reason) -> HttpResponse:
    """The answer to a script: JSON, for one that is logged out with the address to log in at."""
    content = {"reason": reason.word, "message": reason.message}
    if reason is Reason.LOGGED_OUT:
        query = urlencode({REDIRECT_FIELD_NAME: shown_page(request)}, safe="/")
        content["login"] = f"{resolve_url(settings.LOGIN_URL)}?{query}"
    return _uncached(reason, JsonResponse(content, status=reason.status))


def _uncached(reason: Reason, response: HttpResponse) -> HttpResponse:
    if reason.retry_after:
        response["Retry-After"] = str(reason.retry_after)
    add_never_cache_headers(response)
    return response


def page(
    request: HttpRequest, context: dict[str, Any], submission: Submission | None, status: int = 200
) -> HttpResponse:
    """The page that shows what happened, and what was typed. It extends no other template."""
    context |= {"again": request.method in ("GET", "HEAD"), "request_id": request_id()}
    if submission:
        context |= {"submission": submission, "csrf_token": get_token(request)}
    return HttpResponse(render_to_string("refused.html", context), status=status)


def stale_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's answer to a form or script without the token of its session."""
    return refuse(request, Reason.STALE_TOKEN)


def limited(request: HttpRequest) -> HttpResponse:
    """allauth's answer to too many requests."""
    return refuse(request, Reason.LIMITED)


def from_script(request: HttpRequest) -> bool:
    """Whether a script sent it, which reads JSON, and not a browser that shows a page."""
    return (
        request.headers.get("HX-Request") == "true"
        or request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    )


def shown_page(request: HttpRequest) -> str:
    """The path and query of the page that a browser shows while it sends the request."""
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True)
class Field:
    """A field of a form, as it was sent."""

    name: str
    value: str

    @property
    def label(self) -> str:
        return re.sub(r"[_-]+", " ", self.name).strip().capitalize()

    @property
    def is_typed(self) -> bool:
        """Whether a person may have written it, so that they want to see it again."""
        return self.name != FIELD and not _WRITTEN_BY_PROGRAMS.fullmatch(self.value)

    @property
    def lines(self) -> int:
        """How many lines a field of a page needs for it, up to twenty."""
        return min(self.value.count("\n") + len(self.value) // 80 + 1, 20)


@dataclass(frozen=True)
class Submission:
    """A form that was sent and not accepted.

    address: the path and query, of this site, that it was sent to. passwords: the names of its
    fields for passwords, whose values are never stored. files: the names of its fields for files
    and of the files, whose content is not stored either.
    """

    address: str
    fields: list[Field]
    passwords: list[str]
    files: list[tuple[str, str]]

    @classmethod
    def of(cls, request: HttpRequest) -> Submission | None:
        """The form that a page of this site sent, if it did and the form can be read.

        What another site's page sent is not repeated: somebody might press the button.
        """
        address = request.get_full_path()
        if request.method != "POST" or not _is_same_origin(request) or not _is_own_path(address):
            return None
        try:
            sent, files = request.POST, request.FILES
        except (OSError, BadRequest, MultiPartParserError, SuspiciousOperation):
            return None
        return cls(
            address,
            [
                Field(name, value)
                for name, values in sent.lists()
                for value in values
                if name not in _ONE_TIME and not _is_password(name)
            ],
            [name for name in sent if _is_password(name)],
            [(name, file.name or "") for name, each in files.lists() for file in each],
        )

    @classmethod
    def carried(cls, request: HttpRequest) -> Submission | None:
        """The form that a log-in form carries in its field FIELD, when that is sent."""
        return cls.loads(request.POST.get(FIELD, "")) if request.method == "POST" else None

    def dumps(self) -> str:
        """As text, to be carried along; empty if it is too long for that."""
        fields = [(field.name, field.value) for field in self.fields]
        text = json.dumps([self.address, fields, self.passwords, self.files], ensure_ascii=False)
        return text if len(text) <= MOST_CARRIED else ""

    @classmethod
    def loads(cls, text: str) -> Submission | None:
        """What `dumps` wrote, or None if this is something else."""
        if len(text) > MOST_CARRIED:
            return None
        try:
            address, fields, passwords, files = json.loads(text)
            texts = [address, *passwords, *(word for pair in [*fields, *files] for word in pair)]
            if not all(isinstance(word, str) for word in texts) or not _is_own_path(address):
                return None
            return cls(
                address,
                [Field(name, value) for name, value in fields],
                [str(name) for name in passwords],
                [(name, file) for name, file in files],
            )
        except (ValueError, TypeError, RecursionError):
            return None


def next_address(request: HttpRequest) -> str:
    """Where somebody who is logged in continues after one more step, such as a second factor: at
    the form that they sent, which is saved in their session until then, else at the page that they
    asked for."""
    submission = Submission.of(request)
    if submission and (text := submission.dumps()):
        request.session[FIELD] = text
        request.form_is_saved = True  # type: ignore[attr-defined]
        return reverse("resubmission")
    return request.get_full_path()


def _is_password(name: str) -> bool:
    return "password" in name


def _is_own_path(address: str) -> bool:
    """Whether the address is the path of a page of this site."""
    try:
        resolve(unquote(address.partition("?")[0]))
    except Resolver404:
        return False
    return url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def _is_same_origin(request: HttpRequest) -> bool:
    """Whether a browser says that a page of this site sent it."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    sender = request.headers.get("Origin") or request.headers.get("Referer", "")
    own_origin = f"{request.scheme}://{request.get_host()}"
    return any(
        sender == origin or sender.startswith(f"{origin}/")
        for origin in (own_origin, *settings.CSRF_TRUSTED_ORIGINS)
    )
