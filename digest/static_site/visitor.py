"""Pages and files as the site's own views make them for somebody who has no account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import resolve


class Visit(HttpRequest):
    """A visitor asks for an address of the site: a path, with or without a query."""

    def __init__(self, address: str) -> None:
        super().__init__()
        path, _, query = address.partition("?")
        self.method = "GET"
        self.path = self.path_info = unquote(path)
        self.META = {"QUERY_STRING": query, "REQUEST_METHOD": "GET"}
        self.GET = QueryDict(query)
        # Who has a cookie is not answered from the cache of pages, nor is that filled.
        self.COOKIES = {"mirror": ""}
        self.user = AnonymousUser()
        self.htmx = False
        self.resolver_match = resolve(self.path)


def answer(address: str) -> bytes:
    """What the site answers, whole."""
    request = Visit(address)
    match = resolve(request.path)
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answers {response.status_code}")
    return b"".join(response)


@contextmanager
def site_at(url: str) -> Iterator[None]:
    """Let pages and files name another address than SITE_URL as the site's. "": they name none."""
    before = settings.SITE_URL
    caches["pages"].clear()  # whose parts name it
    settings.SITE_URL = url
    try:
        yield
    finally:
        settings.SITE_URL = before
        caches["pages"].clear()
