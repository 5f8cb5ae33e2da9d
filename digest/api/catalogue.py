"""The authors, categories and links for programs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from digest.models import Author, Category, Link

from . import schema
from .base import only
from .pages import Listed, Order

_MOST_PAPERS = Order((("paper_count", True, int), ("name", False, str)), stays=False)


_BY_NAME = Order((("name", False, str),))


class Authors(Listed):
    """Names as the digests print them, those with most papers first."""

    orders = {"-paper_count": _MOST_PAPERS, "name": _BY_NAME}

    def rows(self, request: Request) -> QuerySet[Author]:
        return Author.objects.all()

    def tell(self, row: Author) -> dict[str, Any]:
        return {
            "id": row.slug,
            "name": row.name,
            "is_handle": row.is_handle,
            "paper_count": row.paper_count,
            "page": settings.SITE_URL + row.get_absolute_url(),
        }

    @extend_schema(**schema.AUTHORS)
    def list(self, request: Request) -> HttpResponseBase:
        return super().list(request)

    @extend_schema(**schema.AUTHOR)
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        only(request.GET)
        return self.kept(lambda: self.tell(one(Author.objects.filter(slug=slug), slug)))


class Categories(Listed):
    """Tasks and the areas that group them."""

    orders = {"name": _BY_NAME, "-paper_count": _MOST_PAPERS}

    def rows(self, request: Request) -> QuerySet[Category]:
        return Category.objects.select_related("area")

    def tell(self, row: Category) -> dict[str, Any]:
        return {
            "id": row.slug,
            "name": row.name,
            "is_area": row.is_area,
            "area": row.area and row.area.slug,
            "paper_count": row.paper_count,
            "page": settings.SITE_URL + row.get_absolute_url(),
        }

    @extend_schema(**schema.CATEGORIES)
    def list(self, request: Request) -> HttpResponseBase:
        return super().list(request)

    @extend_schema(**schema.CATEGORY)
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        only(request.GET)
        return self.kept(lambda: self.tell(one(self.rows(request).filter(slug=slug), slug)))


class Links(Listed):
    """Addresses that were given for papers."""

    orders = {"id": Order((("pk", False, int),))}
    parameters = ("kind",)

    def rows(self, request: Request) -> QuerySet[Link]:
        rows = Link.objects.select_related("paper").only("url", "kind", "paper__slug")
        kind = request.GET.get("kind")
        if kind is None:
            return rows
        if kind not in schema.KINDS:
            raise ValidationError({"kind": [f"Say one of {', '.join(schema.KINDS)}."]})
        return rows.filter(kind=kind)

    def tell(self, row: Link) -> dict[str, Any]:
        return {"url": row.url, "kind": row.kind, "paper": row.paper.slug}

    @extend_schema(**schema.LINKS)
    def list(self, request: Request) -> HttpResponseBase:
        return super().list(request)


def one(rows: QuerySet[Any], slug: str) -> Any:
    found = rows.first()
    if found is None:
        raise NotFound(f"There is nothing called {slug} here.")
    return found
