"""Saved searches for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models.functions import Lower
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import SavedSearch
from digest.api.pages import Order
from digest.api.schema import Operation

from .base import LibraryViewSet
from .bodies import NewSearchSerializer, SearchChangeSerializer
from .serializers import SavedSearchSerializer

_LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, description="the search", response=[200, 201]
)


class SearchesViewSet(LibraryViewSet):
    order = Order((("lowered", False, str), ("pk", False, int)))
    path_help = {"key": "id of the search"}

    @Operation("searches", SavedSearchSerializer, summary="Your saved searches")
    def list(self, request: Request) -> Response:
        """Your saved searches by name, each with how many papers are new in it."""
        return Response(
            self.page(self.library.searches.all().annotate(lowered=Lower("name")), self._shown)
        )

    @Operation(
        "search_save",
        SavedSearchSerializer,
        errors=[409],
        body=NewSearchSerializer,
        statuses=[200, 201],
        parameters=[_LOCATION],
        summary="Save a search",
    )
    def create(self, request: Request) -> Response:
        """Save a search. One that is saved already stays as it is (200)."""
        search, is_new = self.library.searches.save(**self.body())
        there = {"Location": settings.SITE_URL + reverse("api-search", args=[search.pk])}
        return self._answered(search, 201 if is_new else 200, there)

    @Operation("search", SavedSearchSerializer, summary="One saved search")
    def retrieve(self, request: Request, key: int) -> Response:
        """A saved search, and how many papers are new in it."""
        return self._answered(self.library.searches.get(key))

    @Operation(
        "search_change",
        SavedSearchSerializer,
        errors=[409],
        body=SearchChangeSerializer,
        summary="Change a saved search",
    )
    def partial_update(self, request: Request, key: int) -> Response:
        """Rename a search, have its new papers mailed or not, or count them as seen."""
        own = self.library.searches
        own.get(key)
        data = self.body()
        if data.pop("seen", False):
            own.mark_seen(key)
        return self._answered(own.change(key, **data))

    @Operation("search_delete", None, statuses=[204], summary="Delete a saved search")
    def destroy(self, request: Request, key: int) -> Response:
        """Delete a saved search."""
        self.library.searches.remove(key)
        return Response(status=204)

    def _answered(
        self, search: SavedSearch, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        [shown] = self._shown([search])
        return Response(self.answer(shown), status, headers=headers)

    def _shown(self, searches: Sequence[SavedSearch]) -> Sequence[dict[str, Any]]:
        """Searches with what is new in them, for `SavedSearchSerializer`."""
        new = self.library.searches.new(searches)
        return [
            {
                "search": search,
                "new": len(new[search.pk].papers),
                "new_is_exact": new[search.pk].is_exact,
            }
            for search in searches
        ]
