"""What Django 5.2 does not do itself: a bound of what is sent, and headers of what is answered."""

from collections.abc import Callable
from http import HTTPStatus
from time import time
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.common import CommonMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.template.loader import render_to_string
from django.utils.http import escape_leading_slashes, http_date, parse_http_date_safe

from digest.log import request_id

MAX_BODY = 60_000_000
"""Bytes of a request: the largest file that anything here takes has 50 MB, and a form is around it.

Files are written to the disk before a view, or even the check for CSRF, sees the request, whoever
sends it: without a bound, visitors could fill the disk."""

HEADERS = {
    # Everything comes from this site, from files: no inline script or style, so that text from
    # a digest which slips into a page as markup stays text. Pages are framed by nobody.
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    ),
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in ("browsing-topics", "camera", "geolocation", "microphone", "payment", "usb")
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
}


class ContentSecurityPolicy:
    """Adds HEADERS to every response; a view that sets one itself has the last word. With DEBUG on,
    errors go without: Django's pages of them have styles and scripts in themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code in (404, 500):
            return response
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        return response


class MethodPreservingRedirect:
    """Redirects a write with 308 in place of 301 (to https, or to the address with its last slash):
    at 301, clients send GET to the new address and drop the body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        moved = response.status_code == HTTPStatus.MOVED_PERMANENTLY
        if moved and request.method not in ("GET", "HEAD"):
            response.status_code = HTTPStatus.PERMANENT_REDIRECT
        return response


class LastSlash(CommonMiddleware):
    """Django's own, which leads to the address with its last slash. With DEBUG on, that one fails
    at a write, for it would send it on as a read; see `MethodPreservingRedirect`."""

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return escape_leading_slashes(request.get_full_path(force_append_slash=True))


def since(request: HttpRequest, changed: int) -> int:
    """The second for `Last-Modified` of something that changed at `changed`, so that a client which
    sends exactly that back in `If-Modified-Since` misses no change.

    Within the second of a change there may be another: as long as it is not over, the second before
    it is returned, and the content is sent in full. A client's value must equal the present one, as
    with nginx: after a clock was set back, later changes look older. Any other `If-Modified-Since`
    is removed from the request.
    """
    now = int(time())
    if_modified_since = parse_http_date_safe(request.META.get("HTTP_IF_MODIFIED_SINCE", ""))
    if changed >= now or if_modified_since != changed:
        request.META.pop("HTTP_IF_MODIFIED_SINCE", None)
    return min(changed, now - 1)


class ConditionalGet(ConditionalGetMiddleware):
    """Django's own, with an `If-Modified-Since` that misses no change: see `since`."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        last_modified = parse_http_date_safe(response.get("Last-Modified", ""))
        if last_modified is not None:
            response["Last-Modified"] = http_date(since(request, last_modified))
        return super().process_response(request, response)


class BodyLimit:
    """Refuses a request that says it is larger than MAX_BODY; nothing of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:  # Django takes the body for empty
            length = 0
        if length <= MAX_BODY:
            return self.get_response(request)
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        most = MAX_BODY // 10**6
        if request.path.startswith("/api/"):
            # As digest/api/problems.py has it, which stands after this in the order of imports.
            problem = {
                "type": "about:blank",
                "title": status.phrase,
                "status": status,
                "detail": f"A request has at most {most} MB.",
                "request_id": request_id(),
            }
            return JsonResponse(problem, status=status, content_type="application/problem+json")
        message = f"The request is larger than {most} MB. Nothing was saved. Send a smaller file."
        return HttpResponse(_refused("Too large", message), status=status)


class WrongMethod:
    """Gives a browser a page where an address is for forms alone: Django's own answer is empty, as
    for somebody who loads such an address anew."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        wrong = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        if wrong and request.method == "GET" and not response.content:
            message = (
                "This address takes what a form sends, and has no page of its own. Nothing was"
                " changed. Go back, and use the button there."
            )
            response.content = _refused("Nothing to show here", message)
        return response


def _refused(heading: str, message: str) -> str:
    context = {"heading": heading, "message": message, "request_id": request_id()}
    return render_to_string("refused.html", context)


class UploadLimit(FileUploadHandler):
    """Stops when a request's files together are larger than MAX_BODY, whatever it said before."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._received += len(raw_data)
        if self._received > MAX_BODY:
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers after this."""
