"""What pages on other sites may read from a browser: the files and feeds of what is public."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def open_to_sites(view: View) -> View:
    """Let pages on any site read what a view answers to GET, and ask before whether they may.

    They get what a visitor gets: browsers send no cookie along, or do not show the answer.
    """

    @wraps(view)
    def opened(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method != "OPTIONS":
            return readable(view(request, *args, **kwargs))
        response = readable(HttpResponse(status=204))
        response["Allow"] = response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response["Access-Control-Allow-Headers"] = "Content-Type, If-None-Match, If-Modified-Since"
        response["Access-Control-Max-Age"] = "86400"
        return response

    return cast(View, opened)


def readable(response: HttpResponseBase) -> HttpResponseBase:
    """The response, with leave for pages on any site to read it."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "Content-Disposition, ETag, Last-Modified"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
