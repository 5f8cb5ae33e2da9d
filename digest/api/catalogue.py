"""The authors, categories and links for programs."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from django.utils.text import slugify
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from digest.models import Author, Category, Link

from .base import CatalogueViewSet
from .filters import KindFilterBackend
from .pages import Order
from .schema import Operation
from .serializers import AuthorSerializer, CategorySerializer, LinkSerializer

_MOST_PAPERS = Order((("paper_count", True, int), ("name", False, str)), stays=False)
_BY_NAME = Order((("name", False, str),))
_REORDERED = (
    "By `-paper_count`, the pages end with 410 where the catalogue changes while you turn them:"
    " begin again, or take `name`, which nothing changes."
)


class AuthorsViewSet(CatalogueViewSet):
    """Names as the digests print them, those with most papers first."""

    orders = {"-paper_count": _MOST_PAPERS, "name": _BY_NAME}

    @Operation(
        "authors",
        AuthorSerializer,
        description=_REORDERED,
        summary="The authors",
        parameters=[
            OpenApiParameter("q", description="words of a name, or their beginnings: `ada love`")
        ],
    )
    def list(self, request: Request) -> HttpResponseBase:
        rows = named(Author.objects.all(), request.query_params.get("q", ""))
        return self.cached(lambda: self.page(rows))

    @Operation("author", AuthorSerializer, summary="One author")
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        return self.cached(lambda: self.answer(one(Author.objects.filter(slug=slug), slug)))


class CategoriesViewSet(CatalogueViewSet):
    """Tasks and the areas that group them."""

    orders = {"name": _BY_NAME, "-paper_count": _MOST_PAPERS}

    @Operation(
        "categories", CategorySerializer, description=_REORDERED, summary="The categories and areas"
    )
    def list(self, request: Request) -> HttpResponseBase:
        return self.cached(lambda: self.page(_categories()))

    @Operation("category", CategorySerializer, summary="One category or area")
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        return self.cached(lambda: self.answer(one(_categories().filter(slug=slug), slug)))


class LinksViewSet(CatalogueViewSet):
    """Addresses that were given for papers."""

    orders = {"id": Order((("pk", False, int),))}
    filter_backends = [KindFilterBackend]

    @Operation("links", LinkSerializer, summary="The links of papers")
    def list(self, request: Request) -> HttpResponseBase:
        rows = Link.objects.select_related("paper").only("url", "kind", "paper__slug")
        rows = self.filter_queryset(rows)
        return self.cached(lambda: self.page(rows))


def _categories() -> QuerySet[Category]:
    return Category.objects.select_related("area")


_OF_A_HASH = re.compile("[0-9a-f]{1,8}")


def named(authors: QuerySet[Author], text: str) -> QuerySet[Author]:
    """Those of whose names each word of the text begins a word, in capitals or not."""
    for word in filter(None, slugify(text, allow_unicode=True).split("-")):
        authors = authors.filter(Q(slug__startswith=word) | Q(slug__contains=f"-{word}"))
        if _OF_A_HASH.fullmatch(word):  # which many slugs end in
            authors = authors.filter(name__icontains=word)
    return authors


def one(rows: QuerySet[Any], slug: str) -> Any:
    found = rows.first()
    if found is None:
        raise NotFound(f"There is nothing called {slug} here.")
    return found
