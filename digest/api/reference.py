"""What people read of the API: recipes, the reference, the schema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from digest.pages.middleware import HEADERS

from .base import CatalogueViewSet, only
from .schema import Operation
from .serializers import Serializer

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


class _Yaml(BaseRenderer):
    media_type, format = "application/vnd.oai.openapi", "yaml"

    def render(self, *_: Any) -> bytes:
        return b""  # the view answers itself; to OPTIONS, its headers are all


@cache
def _schema(format: str) -> bytes:
    text = SCHEMA.read_bytes()
    if format == "yaml":
        return text
    read = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return json.dumps(read, ensure_ascii=False, separators=(",", ":")).encode()


class SchemaViewSet(CatalogueViewSet):
    """The schema, as OpenAPI 3.1, in YAML or JSON. It is made with `make schema`, not with every
    request: the library that makes it is not safe to do so in several threads at once."""

    renderer_classes = [_Yaml, JSONRenderer]

    @extend_schema(exclude=True)
    def show(self, request: Request) -> HttpResponse:
        only(request.query_params, {"format"})
        renderer = request.accepted_renderer
        return HttpResponse(_schema(renderer.format), content_type=renderer.media_type)


class IndexSerializer(Serializer):
    version = serializers.CharField(help_text="of the site; that of the API is in its addresses")
    papers = serializers.CharField(help_text="address of the papers, and so on")
    lookup = serializers.CharField()
    streams = serializers.CharField()
    digests = serializers.CharField()
    authors = serializers.CharField()
    categories = serializers.CharField()
    links = serializers.CharField()
    library = serializers.CharField(help_text="bookmarks; they and what follows need a token")
    notes = serializers.CharField()
    lists = serializers.CharField()
    sources = serializers.CharField()
    schema = serializers.CharField(help_text="OpenAPI 3.1: YAML, or JSON with `?format=json`")
    reference = serializers.CharField()
    recipes = serializers.CharField()


_ADDRESSES = [name for name in map(str, IndexSerializer().fields) if name != "version"]
_INDEX = {name: f"api-{name}" for name in _ADDRESSES} | {
    "library": "api-bookmarks",
    "recipes": "api",
}


class IndexViewSet(CatalogueViewSet):
    """Where everything of the API is."""

    @Operation("index", IndexSerializer, tag="index", summary="The addresses of the API")
    def show(self, request: Request) -> HttpResponseBase:
        addresses = {name: settings.SITE_URL + reverse(to) for name, to in _INDEX.items()}
        return self.cached(lambda: self.answer({"version": settings.VERSION, **addresses}))


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
