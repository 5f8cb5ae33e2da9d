"""Requests that cannot be done now, and what their senders are told: why, and how to go on.

A script gets JSON with a `reason` that it knows; everybody else a page.
"""

from __future__ import annotations

from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers


class Reason(Enum):
    """Why a request is not done: what scripts know it by, its status, and a sentence.

    retry_after: seconds to wait before the next try, where waiting helps.
    """

    LOGGED_OUT = (
        "logged-out",
        401,
        "You are logged out, so this was not done. Log in, then try again.",
    )
    STALE_TOKEN = (
        "stale-token",
        403,
        "This page is older than your last log-in, so this was not done. Try again.",
    )
    LIMITED = (
        "limited",
        429,
        "This was asked too often in a short time. Wait some minutes, then try again.",
        300,  # the longest span over which accounts count
    )

    def __init__(self, word: str, status: int, message: str, retry_after: int | None = None):
        self.word = word
        self.status = status
        self.message = message
        self.retry_after = retry_after


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


def tell_script(reason: Reason, **more: Any) -> HttpResponse:
    """The answer to a script. more: what else it needs to go on."""
    said = {"reason": reason.word, "message": reason.message, **more}
    return _told(reason, JsonResponse(said, status=reason.status))


def _told(reason: Reason, response: HttpResponse) -> HttpResponse:
    if reason.retry_after:
        response["Retry-After"] = str(reason.retry_after)
    add_never_cache_headers(response)
    return response


def stale_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """What Django answers to a form or script without the token of its session."""
    if from_script(request):
        return tell_script(Reason.STALE_TOKEN)
    return render(request, "403_csrf.html", status=403)


def limited(request: HttpRequest) -> HttpResponse:
    """What allauth answers to who asks too often."""
    if from_script(request):
        return tell_script(Reason.LIMITED)
    return _told(Reason.LIMITED, render(request, "429.html", status=429))
