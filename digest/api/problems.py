"""Errors of the API in one shape: problem details, as RFC 9457 has them.

{"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "…",
 "errors": {"date_from": ["Enter a valid date."]}, "request_id": "5f1d8a0c9b3e7d26"}
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

from digest.caches.exports import ExportBusy
from digest.log import expected, request_id

from .serializers import ProblemSerializer

CONTENT_TYPE = "application/problem+json"
PREFIX = "/api/"
"""What the addresses of the API begin with."""


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = "The body is larger than is read: send a form with a file."


class ComeAgain(exceptions.APIException):
    """A whole list cannot be made just now."""

    def __init__(self, busy: ExportBusy) -> None:
        self.status_code, self.wait = busy.status, busy.after
        super().__init__(str(busy))


class PreconditionFailed(exceptions.APIException):
    """The row is not what the program took it for."""

    status_code = 412
    default_detail = "It was changed since: fetch it again, and put both together."


class CatalogueChanged(exceptions.APIException):
    """What a program turns the pages of came into another order meanwhile."""

    status_code = 410
    default_detail = "The catalogue changed, and with it this order: begin again, without a cursor."


class PreconditionRequired(exceptions.APIException):
    """The program does not say what it takes the row for."""

    status_code = 428
    default_detail = "Say in If-Match which version this is to replace."


def problem(
    status: int, detail: str = "", errors: dict[str, list[str]] | None = None
) -> dict[str, Any]:
    """The body of an error. errors: what is wrong, by field."""
    found = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or HTTPStatus(status).description,
        **({"errors": errors} if errors else {}),
        **({"request_id": found} if (found := request_id()) else {}),
    }
    return dict(ProblemSerializer(found).data)


def or_page(status: int, page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A handler of errors that no view saw to: problem details for the API, else the page."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return page(request, *args, **kwargs)
        return HttpResponse(json.dumps(problem(status)), status=status, content_type=CONTENT_TYPE)

    return answer


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """What DRF asks for the answer to an error. None is an error of ours, which Django answers."""
    if isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(
            error.message_dict if hasattr(error, "error_dict") else error.messages
        )
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if isinstance(error, ExportBusy):
        error = ComeAgain(error)
    if isinstance(error, Http404) and str(error):
        error = exceptions.NotFound(str(error))
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        errors = _by_field(response.data)
        detail = "; ".join(
            f"{field}: {' '.join(texts)}" if field != "non_field_errors" else " ".join(texts)
            for field, texts in errors.items()
        )
        response.data = problem(response.status_code, detail, errors)
    else:
        response.data = problem(response.status_code, str(response.data.get("detail", "")))
    if isinstance(error, ComeAgain):
        expected(context["request"], response, str(error))
    response.content_type = CONTENT_TYPE
    # An error is JSON, whatever format was asked for.
    request = context["request"]
    request.accepted_renderer = JSONRenderer()
    request.accepted_media_type = request.accepted_renderer.media_type
    return response


def _by_field(data: Any, field: str = "non_field_errors") -> dict[str, list[str]]:
    """DRF's nested errors as texts by field: `items.0.paper`."""
    if isinstance(data, dict):
        found: dict[str, list[str]] = {}
        for name, inner in data.items():
            below = name if field == "non_field_errors" else f"{field}.{name}"
            for key, texts in _by_field(inner, str(below)).items():
                found.setdefault(key, []).extend(texts)
        return found
    if isinstance(data, list) and any(isinstance(inner, dict | list) for inner in data):
        return _by_field({str(n): inner for n, inner in enumerate(data) if inner}, field)
    return {field: [str(text) for text in (data if isinstance(data, list) else [data])]}
