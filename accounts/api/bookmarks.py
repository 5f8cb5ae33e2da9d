"""Bookmarks for programs."""

from __future__ import annotations

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.library import NotFound, Sort
from accounts.library.shelf import Place
from digest.api.pages import cursor, cursor_of, page, revision, unchanged

from . import schema
from . import serializers as said
from .base import LibraryViewSet, Row, paper_row, read


class Bookmarks(LibraryViewSet):
    parameters = {"every": said.BookmarkQuery}

    @extend_schema(**schema.BOOKMARKS)
    def every(self, request: Request) -> Response:
        """Your bookmarks, as far as they are asked for."""
        asked = read(said.BookmarkQuery, request.query_params)
        sort, size = Sort(asked["sort"]), asked["page_size"]
        # Papers get other titles, and other days: then nobody knows what was told of a list.
        stays = sort == Sort.ADDED
        at = cursor_of(request, str, int, *([] if stays else [str]))
        since = [] if stays else [at[-1] if at else revision()]
        shelf = self.library.shelf
        query = shelf.parse(asked["q"])
        every = shelf.bookmarked(shelf.find(query, sort), asked.get("status", ""))
        found = every
        if at:
            place = Place(*at[:2])
            found = [one for one in every if (one > place if sort == Sort.TITLE else one < place)]
        rows = self._rows([one.paper for one in found[:size]])
        if at and since:
            unchanged(since[0])
        next = cursor(*found[size - 1], *since) if len(found) > size else None
        problems = [problem._asdict() for problem in query.problems]
        return Response(page(request, rows, next, count=len(every), problems=problems))

    @extend_schema(**schema.BOOKMARKS_BULK)
    def bulk(self, request: Request) -> Response:
        """Do one thing with up to 500 papers, and say what became of each."""
        asked = read(said.Bulk, request.data)
        papers = self.library.papers(asked["papers"])
        keys = [paper.pk for paper in papers.values()]
        with transaction.atomic():
            before = self.library.marks(keys)
            self._do(asked["do"], keys)
            after = self.library.marks(keys)
        results = []
        for name in asked["papers"]:
            if paper := papers.get(name):
                same = before.get(paper.pk) == after.get(paper.pk)
                outcome = "unchanged" if same else "done"
            else:
                outcome = "missing"
            results.append({"paper": name, "outcome": outcome})
        return Response({"results": results})

    def _do(self, do: str, keys: list[int]) -> None:
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

    @extend_schema(**schema.BOOKMARK)
    def one(self, request: Request, slug: str) -> Response:
        """The bookmark of a paper."""
        rows = self._rows([self.library.paper(slug).pk])
        if not rows:
            raise NotFound("This paper is not bookmarked.")
        return Response(rows[0])

    @extend_schema(**schema.BOOKMARK_KEEP)
    def keep(self, request: Request, slug: str) -> Response:
        """Bookmark a paper, or give its bookmark another status. 201 says that it is new."""
        paper = self.library.paper(slug)
        status = read(said.Mark, request.data).get("status", "")
        before = self.library.bookmarks.add([paper.pk], status)
        return Response(self._rows([paper.pk])[0], 200 if before else 201)

    @extend_schema(**schema.BOOKMARK_DROP)
    def drop(self, request: Request, slug: str) -> Response:
        """Take a paper's bookmark away, if it has one. Its note stays."""
        read(said.Nothing, request.data)
        self.library.bookmarks.remove([self.library.paper(slug).pk])
        return Response(status=204)

    def _rows(self, keys: list[int]) -> list[Row]:
        return [
            {
                "paper": paper_row(bookmark.paper),
                "status": bookmark.status,
                "added_at": bookmark.added_at,
                "has_note": has_note,
            }
            for bookmark, has_note in self.library.bookmarks.of(keys)
        ]
