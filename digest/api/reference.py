"""What people read of the API: recipes, the reference, the schema."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from digest.pages.middleware import HEADERS

SCHEMA = Path(__file__).with_name("openapi.yml")

# Swagger's own page styles its elements one by one, and draws its signs from data.
_POLICY = (
    HEADERS["Content-Security-Policy"]
    .replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
    .replace("img-src 'self'", "img-src 'self' data:")
)


@cache
def _operations() -> list[tuple[str, str, str]]:
    """What the schema names, for whoever has no script: method, path and what it does."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    schema = yaml.load(SCHEMA.read_bytes(), loader)  # noqa: S506
    return [
        (method.upper(), path, operation.get("description", ""))
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "put", "post", "patch", "delete")
    ]


@require_safe
def recipes(request: HttpRequest) -> HttpResponse:
    """How to begin."""
    return render(request, "digest/api.html", {"site": settings.SITE_URL})


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The schema, as OpenAPI 3.1. It is made with `make schema`, not with every request: the
    library that makes it is not safe to do so in several threads at once."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/vnd.oai.openapi")


class ReferencePage(SpectacularSwaggerSplitView):
    """The reference to browse, from this site alone."""

    scopes = ("catalogue:read", "")
    http_method_names = ["get", "head"]  # what DRF tells of OPTIONS has no template
    url_name = "api-schema"
    template_name = "digest/reference.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        response.data["operations"] = _operations()
        response["Content-Security-Policy"] = _POLICY
        return response
