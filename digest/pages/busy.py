"""What is answered while the database is busy, full or gone: that, and never an error of ours."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import OperationalError, connections
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from digest.api.problems import or_page
from digest.log import expected, request_id

from .resubmission import Reason, page, refuse

WAIT = 5
"""Seconds that a request waits for whoever else is writing, where a command waits longer.

Nothing holds a lock for more than half a second, so that this is enough for many in a row. And a
request that waits keeps a thread from answering others, of which a process has four: if they waited
for long, pages that need no lock would wait with them.
"""

_SQLITE = {5, 6, 8, 10, 13, 14}
"""SQLITE_BUSY, LOCKED, READONLY, IOERR, FULL and CANTOPEN, of sqlite.org/rescode.html."""

_POSTGRESQL = {"08", "40", "53", "55", "57", "58"}
"""Classes of errors: of the connection, of transactions that collide, of resources, of locks, of an
operator who stops the server or a query that takes too long, and of the system."""


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the database could not be asked, or not be written to, at this moment."""
    if not isinstance(error, OperationalError):
        return False
    cause: Any = error.__cause__
    if hasattr(cause, "sqlite_errorcode"):
        return cause.sqlite_errorcode & 0xFF in _SQLITE
    if hasattr(cause, "sqlstate"):  # none: it was not even reached
        return cause.sqlstate is None or cause.sqlstate[:2] in _POSTGRESQL
    return False


def wait_briefly() -> None:
    """Let this process's connections wait for a lock for WAIT seconds at most."""
    for each in connections.settings.values():
        if "sqlite3" in each["ENGINE"]:
            each["OPTIONS"]["timeout"] = WAIT
    connection_created.connect(_limit_locks)


def _limit_locks(connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{WAIT}s'")


class Busy:
    """Answers for a view that the database fails."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return _busy(request, error) if is_unavailable(error) else None


def failed(request: HttpRequest) -> HttpResponse:
    """What Django answers to an error that nobody saw to: where the database fails a middleware,
    the same as where it fails a view."""
    error = sys.exc_info()[1]
    if is_unavailable(error):
        return _busy(request, error)
    return or_page(500, _error_page)(request)


def _error_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("500.html", {"request_id": request_id()}), status=500)


def interrupted(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django answers to a bad request, of which it takes a session that ended meanwhile for
    one."""
    if isinstance(exception, SessionInterrupted):
        return refuse(request, Reason.LOGGED_OUT)
    return or_page(400, _bad_request)(request)


def _bad_request(request: HttpRequest) -> HttpResponse:
    context = {"heading": "Not understood", "message": "The site cannot read this request."}
    return page(request, context, None, 400)


def _busy(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    response = or_page(503, lambda request: refuse(request, Reason.BUSY))(request)
    response["Retry-After"] = str(Reason.BUSY.retry_after)
    expected(request, response, str(error))
    return response
