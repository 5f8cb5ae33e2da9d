"""What all views of the API have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.http import http_date
from django.views.decorators.gzip import gzip_page
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from digest.caches.revision import Revision
from digest.models import Catalogue
from digest.pages.middleware import since

from .access import announce


def only(asked: QueryDict, *known: str, many: Collection[str] = ()) -> None:
    """Refuse parameters that nobody knows: a misspelt filter would give all rows. And those that
    are said twice, of which one would count. many: parameters that may be."""
    known = (*known, "format")
    errors = {}
    for name, values in asked.lists():
        if name not in known:
            errors[name] = ["There is no such parameter."]
        elif len(values) > 1 and name not in many:
            errors[name] = ["Say it once."]
    if errors:
        raise ValidationError(errors)


class Negotiation(DefaultContentNegotiation):
    """Answers in the format that `format` names, else in one that `Accept` takes."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        if request.query_params.get("format") == "":
            self.filter_renderers(renderers, "")
        return super().select_renderer(request, renderers, format_suffix)

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str | None) -> Any:
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            known = ", ".join(renderer.format for renderer in renderers)
            raise ValidationError({"format": [f"This is none of {known}."]})
        return found


@method_decorator(gzip_page, name="dispatch")
class ApiViewSet(ViewSet):
    """scopes: what a token needs to read and to write."""

    scopes: tuple[str, str]
    renderer_classes: Any = [JSONRenderer]
    content_negotiation_class = Negotiation

    def check_permissions(self, request: Request) -> None:
        # Who is refused has asked as well: they are counted before.
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Nothing more: see `check_permissions`."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        announce(response, request)
        return response


class CatalogueViewSet(ApiViewSet):
    """Reads what is the same for everybody: programs on any site may ask, and answers are kept."""

    scopes = ("catalogue:read", "")
    http_method_names = ["get", "head", "options"]
    catalogue: Catalogue
    """As it was before anything of an answer was made."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in ("GET", "HEAD", "OPTIONS"):
            response["Access-Control-Allow-Origin"] = "*"
            response["Access-Control-Expose-Headers"] = (
                "ETag, Last-Modified, Link, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset,"
                " Retry-After"
            )
            response["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS":
            response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            response["Access-Control-Allow-Headers"] = "Authorization, If-None-Match"
            response["Access-Control-Max-Age"] = "86400"
        return response

    def kept(self, make: Callable[[], dict[str, Any] | HttpResponseBase]) -> HttpResponseBase:
        """The answer that `make` gives, made once for each address and state of the catalogue.

        make: gives what is to be said as JSON, or a whole file, which is not kept. Who has the
        answer already is told so, before anything is made.
        """
        request = self.request
        revision = Revision()
        self.catalogue = catalogue = revision.catalogue
        name = ("api", request.accepted_renderer.format, request.get_full_path())
        etag = f'W/"{revision.key(*name)[:32]}"'
        changed = since(request._request, int(catalogue.changed_at.timestamp()))
        response: HttpResponseBase | None = get_conditional_response(
            request._request, etag, changed
        )
        if response is None:
            said = revision.once(
                lambda: _json(make()), *name, storable=lambda said: isinstance(said, bytes)
            )
            if isinstance(said, bytes):
                said = HttpResponse(said, content_type="application/json")
            response = said
        response["ETag"] = etag
        response["Last-Modified"] = http_date(changed)
        patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
        return response


def _json(said: dict[str, Any] | HttpResponseBase) -> bytes | HttpResponseBase:
    """The text of what is to be said as JSON; a file as it is."""
    if isinstance(said, HttpResponseBase):
        return said
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
