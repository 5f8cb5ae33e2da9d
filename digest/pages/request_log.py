"""A line of the log for each request, and its figures for Prometheus."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict

from digest import metrics
from digest.log import begin_request, client_address, shown_path

HEADER = "X-Request-ID"
_NAME = re.compile("[a-z_]{1,20}")
"""What a parameter of the site may be called; what else stands there may be anything."""
_log = logging.getLogger("request")


class RequestLog:
    """Gives a request its id, and writes down how it was answered: the method, the path without
    secrets, the names of parameters without their values, which may be what somebody searches for,
    the status, milliseconds until the answer was ready, its bytes, and where it came from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = perf_counter()
        request_id = begin_request(request)
        response = self.get_response(request)
        seconds = perf_counter() - begun
        response[HEADER] = request_id
        view = view_of(request)
        metrics.count_request(view, request.method or "", response.status_code, seconds)
        if "q=" in request.META.get("QUERY_STRING", "") and _parameters(request).get("q"):
            metrics.SEARCHES.labels(view).observe(seconds)
        if _log.isEnabledFor(logging.INFO):
            size = None if response.streaming else len(response.content)
            parameters = _parameters(request)
            names = "&".join(name if _NAME.fullmatch(name) else "…" for name in parameters)
            path = shown_path(request) + (f"?{names}" if names else "")
            fields = {
                "method": request.method,
                "path": path,
                "view": view,
                "status": response.status_code,
                "milliseconds": round(seconds * 1000, 1),
                "bytes": size,
                "from": client_address(request),
            }
            _log.info(
                "%s %s %s %.1f ms, %s, from %s, %s",
                *(request.method, path, response.status_code, seconds * 1000),
                *("streamed" if size is None else f"{size} bytes", fields["from"] or "-", view),
                extra={"fields": fields},
            )
        return response


def _parameters(request: HttpRequest) -> QueryDict:
    """The parameters of an address; none of one that has so many that it was refused."""
    try:
        return request.GET
    except TooManyFieldsSent:
        return QueryDict()


def view_of(request: HttpRequest) -> str:
    """The name of the view that answered; in its place "static" for a file, and "none"."""
    if match := request.resolver_match:
        return match.view_name or "unnamed"
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"
