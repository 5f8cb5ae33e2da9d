"""Reading lists for programs: what they are, and what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.conf import settings
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.http import http_date
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.library import Access, OpenList
from accounts.models import ListItem, ReadingList
from digest.api.pages import Order
from digest.api.schema import Operation
from digest.models import Paper

from .base import PAPER, LibraryViewSet
from .bodies import (
    ItemChangeSerializer,
    ListChangeSerializer,
    NewItemsSerializer,
    NewListSerializer,
    SuccessorSerializer,
)
from .serializers import ItemsAddedSerializer, ListItemSerializer, ReadingListSerializer

LIST = "id of the list"
_LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, description="the new list", response=[201]
)


class ListsViewSet(LibraryViewSet):
    order = Order((("lowered", False, str), ("pk", False, int)))
    path_help = {"slug": LIST}

    @Operation("lists", ReadingListSerializer, summary="Your reading lists")
    def list(self, request: Request) -> Response:
        """Your own lists, and those that you are a member of, by name."""
        editable = {found.pk for found in self.library.lists.editable()}

        def show(lists: Iterable[ReadingList]) -> list[dict[str, Any]]:
            shown = []
            for found in lists:
                access = Access.EDITOR if found.pk in editable else Access.VIEWER
                if found.owner_id == request.user.pk:
                    access = Access.OWNER
                shown.append(_shown(found, access, cast(Any, found).items_count))
            return shown

        lists = self.library.lists.accessible().annotate(lowered=Lower("name"))
        return Response(self.page(lists, show))

    @Operation(
        "list_make",
        ReadingListSerializer,
        errors=[409],
        body=NewListSerializer,
        statuses=[201],
        parameters=[_LOCATION],
        summary="Make a reading list",
    )
    def create(self, request: Request) -> Response:
        """Make a list."""
        created = self.library.lists.create(**self.body())
        there = {"Location": settings.SITE_URL + reverse("api-list", args=[created.slug])}
        return Response(self.answer(_shown(created, Access.OWNER, 0)), 201, headers=there)

    @Operation("list", ReadingListSerializer, summary="One reading list")
    def retrieve(self, request: Request, slug: str) -> Response:
        """A list that is open to you."""
        return self._answered(self.library.lists.open(slug))

    @Operation(
        "list_change",
        ReadingListSerializer,
        errors=[409],
        body=ListChangeSerializer,
        summary="Change a reading list",
    )
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change what your list is called, what it says of itself, or who sees it."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.OWNER)
        data = self.body()
        if data:
            opened.describe(**data)
        return self._answered(opened)

    @Operation("list_delete", None, statuses=[204], summary="Delete a reading list")
    def destroy(self, request: Request, slug: str) -> Response:
        """Delete your list. Its papers stay in the catalogue and in your library."""
        self.library.lists.open(slug).delete()
        return Response(status=204)

    @Operation("list_leave", None, statuses=[204], summary="Leave a list that you are a member of")
    def leave(self, request: Request, slug: str) -> Response:
        """Be a member of a list no longer."""
        self.library.lists.open(slug).leave()
        return Response(status=204)

    @Operation(
        "list_hand_over",
        ReadingListSerializer,
        errors=[409],
        body=SuccessorSerializer,
        example={**ReadingListSerializer.example, "owner": "editor", "access": "editor"},
        summary="Give a list to a member",
    )
    def transfer_ownership(self, request: Request, slug: str) -> Response:
        """Make a member the owner of your list, and yourself an editor."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.OWNER)
        opened.transfer_ownership(self.body()["member"])
        return self._answered(opened)

    def _answered(self, opened: OpenList) -> Response:
        changed = {"Last-Modified": http_date(opened.reading_list.changed_at.timestamp())}
        return Response(self.answer(shown(opened)), headers=changed)


def shown(opened: OpenList) -> dict[str, Any]:
    """An open list, for `ReadingListSerializer`."""
    return _shown(opened.reading_list, opened.access, opened.items().count())


def _shown(found: ReadingList, access: Access, items_count: int) -> dict[str, Any]:
    return {"list": found, "access": access.name.lower(), "items_count": items_count}


class ItemsViewSet(LibraryViewSet):
    order = Order((("position", False, int),))
    path_help = {"slug": LIST, "paper": PAPER}

    @Operation("list_items", ListItemSerializer, summary="The papers of a list, in order")
    def list(self, request: Request, slug: str) -> Response:
        """The papers of a list, in order."""
        opened = self.library.lists.open(slug)
        items = opened.items()

        def show(found: Sequence[ListItem]) -> Sequence[dict[str, Any]]:
            begins = "cursor" not in request.query_params or not found
            before = 0 if begins else items.filter(position__lt=found[0].position).count()
            return self._shown(opened, [*enumerate(found, start=before + 1)])

        return Response(self.page(items.select_related("paper"), show))

    @Operation(
        "list_items_add",
        ItemsAddedSerializer,
        errors=[409],
        body=NewItemsSerializer,
        summary="Add papers to a list",
    )
    def create(self, request: Request, slug: str) -> Response:
        """Put up to 500 papers at the end of a list, those excepted that are in it."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.EDITOR)
        data = self.body()
        papers = self.library.papers(data["papers"])
        keys = [papers[name].pk for name in data["papers"] if name in papers]
        added = opened.add(keys, data["section"])
        missing = [name for name in data["papers"] if name not in papers]
        return Response(self.answer({"added": added, "missing": missing}))

    @Operation("list_item", ListItemSerializer, summary="One paper of a list")
    def retrieve(self, request: Request, slug: str, paper: str) -> Response:
        """What a list says of a paper."""
        opened = self.library.lists.open(slug)
        return self._answered(opened, self.library.paper(paper))

    @Operation(
        "list_item_change",
        ListItemSerializer,
        body=ItemChangeSerializer,
        summary="Move a paper of a list, or change what is written of it",
    )
    def partial_update(self, request: Request, slug: str, paper: str) -> Response:
        """Change what a list says of a paper, or its place."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.EDITOR)
        found = self.library.paper(paper)
        opened.item(found.pk)
        data = self.body()
        opened.change_item(
            found.pk,
            comment=data.get("comment"),
            section=data.get("section"),
            to=data.get("position"),
            shows_note=data.get("shows_note"),
        )
        return self._answered(opened, found)

    @Operation("list_item_drop", None, statuses=[204], summary="Take a paper off a list")
    def destroy(self, request: Request, slug: str, paper: str) -> Response:
        """Take a paper out of a list, if it is in it."""
        opened = self.library.lists.open(slug)
        opened.remove([self.library.paper(paper).pk])
        return Response(status=204)

    def _answered(self, opened: OpenList, paper: Paper) -> Response:
        [item] = self._shown(opened, [opened.item(paper.pk)])
        return Response(self.answer(item))

    def _shown(
        self, opened: OpenList, items: Sequence[tuple[int, ListItem]]
    ) -> Sequence[dict[str, Any]]:
        """Items with their places, for `ListItemSerializer`."""
        notes = opened.notes(item for _, item in items)
        return [
            {"item": item, "position": place, "note_html": notes.get(item.paper_id)}
            for place, item in items
        ]
