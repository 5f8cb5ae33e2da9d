"""What is written on the console: lines that nobody can forge, and the events of security."""

from __future__ import annotations

import json
import logging
import re
from textwrap import indent
from typing import Any

from allauth.core import context
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponseBase

_log = logging.getLogger(__name__)
_security = logging.getLogger("security")

# What ends a line in a terminal, a file or a program that reads one.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


class Line(logging.Formatter):
    """One line for each event, with its time: what somebody sent cannot begin another. Tracebacks
    are indented below theirs."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        text = super().formatMessage(record)
        return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)

    def formatException(self, ei: Any) -> str:
        return indent(super().formatException(ei), "    ")


def expected(request: HttpRequest, response: HttpResponseBase, reason: str) -> None:
    """Write an answer down as an event of load, which Django would call an error of ours."""
    _log.warning("%s %s: %s", request.method, request.path, " ".join(reason.split()))
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
        if request_id := _request_id(request):
            entry["request"] = request_id
    _security.info("%s", json.dumps(entry))


def client_address(request: HttpRequest) -> str:
    """Where a request came from, as the nearest proxy of our own saw it; "" if nobody knows."""
    from allauth.account.adapter import get_adapter  # the apps are loaded by now

    try:
        return str(get_adapter().get_client_ip(request))
    except (ImproperlyConfigured, PermissionDenied):  # it came past the proxies, or by a socket
        return ""


def _request_id(request: HttpRequest) -> str:
    """What our proxy calls the request, so that both logs can be read together."""
    request_id = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
    return request_id if _REQUEST_ID.fullmatch(request_id) else ""
