"""What is written on the console: lines that nobody can forge, and the events of security.

Each request has an id, which stands on each line that is written while it is answered.
"""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from secrets import token_hex
from textwrap import indent
from typing import Any
from urllib.parse import unquote

from allauth.core import context
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve

_log = logging.getLogger(__name__)
_security = logging.getLogger("security")

# What ends a line in a terminal, a file or a program that reads one.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_current: ContextVar[str] = ContextVar("request_id", default="")

SECRETS = ("secret", "token", "key", "uidb36")
"""Parameters of addresses whose values let in whoever knows them."""


# Lines


class Line(logging.Formatter):
    """One line for each event, with its time: what somebody sent cannot begin another. Tracebacks
    are indented below theirs."""

    def format(self, record: logging.LogRecord) -> str:
        record.request_part = f" [{found}]" if (found := request_id()) else ""
        return super().format(_without_secrets(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        text = super().formatMessage(record)
        return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)

    def formatException(self, ei: Any) -> str:
        return indent(super().formatException(ei), "    ")


class JsonLine(logging.Formatter):
    """The same as one JSON object on a line, for programs that gather logs. A line that has fields
    of its own, such as that of a request, has them as keys too."""

    def format(self, record: logging.LogRecord) -> str:
        record = _without_secrets(record)
        entry = {
            "time": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **({"request_id": found} if (found := request_id()) else {}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def _without_secrets(record: logging.LogRecord) -> logging.LogRecord:
    """The record; those of Django and gunicorn have the path of a request, in which there may be a
    secret, or its whole address."""
    request = getattr(record, "request", None)
    if not isinstance(record.args, tuple):
        return record
    if isinstance(request, HttpRequest):
        shown = shown_path(request)
        paths = (request.path, request.path.encode("unicode_escape").decode("ascii"))
        record.args = tuple(shown if each in paths else each for each in record.args)
    elif record.name == "gunicorn.error":
        record.args = tuple(
            _masked(unquote(text.partition("?")[0]))
            if (text := str(each)).startswith("/")
            else each
            for each in record.args
        )
    return record


def shown_path(request: HttpRequest) -> str:
    """The path of a request, as it may stand in a log: with “…” in place of secrets."""
    return _masked(request.path, request.resolver_match)


def _masked(path: str, match: ResolverMatch | None = None) -> str:
    if match is None:  # it was answered before its view, such as without its last slash
        try:
            match = resolve(f"{path.rstrip('/')}/")
        except Resolver404:
            return path
    for name in SECRETS:
        value = match.kwargs.get(name)
        if value and isinstance(value, str):  # a number is the key of a row
            path = path.replace(value, "…")
    return path


# The id of a request


def begin_request(request: HttpRequest) -> str:
    """Give a request its id: the one that our own proxy gave it, or a new one."""
    found = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
    if not _REQUEST_ID.fullmatch(found):
        found = token_hex(8)
    _current.set(found)
    return found


def request_id() -> str:
    """The id of the request that this thread answers; "" if there is none."""
    return _current.get()


def _end_request(**kwargs: Any) -> None:
    _current.set("")


request_finished.connect(_end_request)


# Events


def expected(request: HttpRequest, response: HttpResponseBase, reason: str) -> None:
    """Write an answer down as an event of load, which Django would call an error of ours."""
    _log.warning("%s %s: %s", request.method, shown_path(request), " ".join(reason.split()))
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django has nothing to add


def security(event: str, user: Any = None, **details: str | int | bool | None) -> None:
    """Write down an event of security: what happened, to whose account, and from where.

    event: in snake case. user: by default, who asks. details: what else helps to understand it, as
    keys and short words of our own: never what was typed, a secret, an address or a text of people.
    """
    request = context.request
    if user is None and request is not None and request.user.is_authenticated:
        user = request.user
    entry: dict[str, Any] = {"event": event, "user": getattr(user, "pk", None), **details}
    if request is None:
        entry["from"] = "command"
    else:
        if request.user.is_authenticated and request.user != user:
            entry["by"] = request.user.pk
        entry["from"] = client_address(request)
        if found := request_id():
            entry["request"] = found
    _security.info("%s", json.dumps(entry), extra={"fields": entry})


def client_address(request: HttpRequest) -> str:
    """Where a request came from, as the nearest proxy of our own saw it; "" if nobody knows."""
    from allauth.account.adapter import get_adapter  # the apps are loaded by now

    try:
        return str(get_adapter().get_client_ip(request))
    except (ImproperlyConfigured, PermissionDenied):  # it came past the proxies, or by a socket
        return ""
