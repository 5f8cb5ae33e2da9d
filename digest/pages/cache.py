"""Pages that are cached for the next visitor, for as long as the catalogue does not change."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial, wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers, set_response_etag

from digest.caches.revision import Revision

from .compression import compressed, encoding_for

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])


def unknown_in(request: HttpRequest, known: Collection[str]) -> list[str]:
    """The parameters of the address that are not known to a view."""
    return [name for name in request.GET if name not in known]


def cached_for_visitors(view: _View, parameters: Collection[str] = ()) -> _View:
    """Cache a view's page for everybody who asks for it without any cookie.

    parameters: those that the view reads. An address with others redirects to the one without: else
    it would be another page, and anybody could fill the cache with them.
    A page is stored as it is sent: once for each encoding that somebody takes.
    What the view shows to such a visitor must follow from the address, the `HX-Request` header and
    the catalogue. A visitor with a cookie may be logged in, or have a message waiting: their page
    is rendered for them, and never cached.
    """

    @wraps(view)
    def cached(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if unknown := unknown_in(request, parameters):
            address = request.GET.copy()
            for name in unknown:
                del address[name]
            query = f"?{address.urlencode()}" if address else ""
            response: HttpResponseBase = redirect(request.path + query)
        elif request.COOKIES:
            response = view(request, *args, **kwargs)
        else:
            encoding = encoding_for(request)
            response = Revision().once(
                lambda: compressed(
                    _with_etag(view(request, *args, **kwargs)), encoding, stored=True
                ),
                *("page", encoding, request.headers.get("HX-Request", ""), request.get_full_path()),
                storable=partial(_is_impersonal, request),
            )
        patch_vary_headers(response, ["Cookie"])
        return response

    return cast(_View, cached)


def _with_etag(response: HttpResponseBase) -> HttpResponseBase:
    """With the tag that `ConditionalGet` would make of it each time."""
    return response if response.streaming else set_response_etag(response)


def _is_impersonal(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether it is a whole page, and no form in it holds a visitor's own token."""
    token = request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
    return response.status_code == 200 and not (response.streaming or response.cookies or token)
