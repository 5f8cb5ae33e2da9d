"""Bookmarks for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.library import NotFound, Sort
from accounts.library.shelf import ShelfPlace
from accounts.models import Bookmark
from digest.api.base import read
from digest.api.pages import cursor, cursor_of, revision, unchanged
from digest.api.schema import Operation
from digest.api.serializers import QueryProblemSerializer

from .base import PAPER, LibraryPagination, LibraryViewSet
from .bodies import ORDERINGS, BookmarkQuerySerializer, BulkSerializer, MarkSerializer
from .serializers import BookmarkSerializer, BulkResultSerializer


class BookmarkPagination(LibraryPagination):
    query = BookmarkQuerySerializer
    more: ClassVar = {
        **LibraryPagination.more,
        "problems": QueryProblemSerializer(many=True, help_text="parts of q not read"),
    }
    more_example: ClassVar = {**LibraryPagination.more_example, "problems": []}


class BookmarksViewSet(LibraryViewSet):
    pagination_class = BookmarkPagination
    path_help = {"slug": PAPER}

    @Operation("bookmarks", BookmarkSerializer, errors=[410], summary="Your bookmarks")
    def list(self, request: Request) -> Response:
        """Your bookmarks, as far as they are asked for."""
        options = read(BookmarkQuerySerializer, request.query_params)
        older = None if "ordering" in request.query_params else options.get("sort")
        sort = Sort(older) if older else ORDERINGS[options["ordering"]]
        size = options["page_size"]
        # Titles and days of papers may change: then a cursor cannot say which papers were listed.
        stays = sort == Sort.ADDED
        at = cursor_of(request, str, int, *([] if stays else [str]))
        since = [] if stays else [at[-1] if at else revision()]
        shelf = self.library.shelf
        query = shelf.parse(options["q"])
        bookmarked = shelf.bookmarked(shelf.find(query, sort), options.get("status", ""))
        found = bookmarked
        if at:
            place = ShelfPlace(*at[:2])
            found = [one for one in found if (one > place if sort == Sort.TITLE else one < place)]
        rows = self._rows([one.paper for one in found[:size]])
        if at and since:
            unchanged(since[0])
        next = cursor(*found[size - 1], *since) if len(found) > size else None
        count = len(bookmarked)
        return Response(self.page_of(rows, next, count=count, problems=query.problems))

    @Operation(
        "bookmarks_bulk",
        BulkResultSerializer,
        body=BulkSerializer,
        summary="Do one thing with up to 500 papers",
    )
    def bulk(self, request: Request) -> Response:
        """Do one thing with up to 500 papers, and say what became of each."""
        data = self.body()
        papers = self.library.papers(data["papers"])
        keys = [paper.pk for paper in papers.values()]
        with transaction.atomic():
            before = self.library.marks(keys)
            self._do(data["do"], keys)
            after = self.library.marks(keys)
        results = []
        for name in data["papers"]:
            if paper := papers.get(name):
                same = before.get(paper.pk) == after.get(paper.pk)
                outcome = "unchanged" if same else "done"
            else:
                outcome = "missing"
            results.append({"paper": name, "outcome": outcome})
        return Response(self.answer({"results": results}))

    def _do(self, do: str, keys: Sequence[int]) -> None:
        bookmarks = self.library.bookmarks
        match do:
            case "add":
                bookmarks.add(keys)
            case "remove":
                bookmarks.remove(keys)
            case "dismiss":
                bookmarks.dismiss(keys)
            case "show":
                bookmarks.show_again(keys)
            case status:
                bookmarks.add(keys, status)

    @Operation("bookmark", BookmarkSerializer, summary="The bookmark of a paper")
    def retrieve(self, request: Request, slug: str) -> Response:
        """The bookmark of a paper."""
        rows = self._rows([self.library.paper(slug).pk])
        if not rows:
            raise NotFound("This paper is not bookmarked.")
        return Response(self.answer(rows[0]))

    @Operation(
        "bookmark_keep",
        BookmarkSerializer,
        body=MarkSerializer,
        statuses=[200, 201],
        summary="Bookmark a paper, or change its status",
    )
    def update(self, request: Request, slug: str) -> Response:
        """Bookmark a paper, or give its bookmark another status. 201 says that it is new."""
        paper = self.library.paper(slug)
        status = self.body().get("status", "")
        before = self.library.bookmarks.add([paper.pk], status)
        return Response(self.answer(self._rows([paper.pk])[0]), 200 if before else 201)

    @Operation("bookmark_drop", None, statuses=[204], summary="Remove a bookmark")
    def destroy(self, request: Request, slug: str) -> Response:
        """Take a paper's bookmark away, if it has one. Its note stays."""
        self.library.bookmarks.remove([self.library.paper(slug).pk])
        return Response(status=204)

    def _rows(self, keys: Sequence[int]) -> Sequence[Bookmark]:
        return [bookmark for bookmark, _ in self.library.bookmarks.of(keys)]
