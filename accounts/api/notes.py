"""Notes for programs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.http import http_date, parse_etags
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.library import Conflict, NotFound
from accounts.models import Note
from digest.api.pages import Order
from digest.api.problems import PreconditionFailed, PreconditionRequired
from digest.models import Paper

from . import schema
from . import serializers as said
from .base import LibraryViewSet, Row, read

ADDED = Order((("added_at", False, datetime), ("pk", False, int)))


class Notes(LibraryViewSet):
    @extend_schema(**schema.NOTES)
    def every(self, request: Request) -> Response:
        """Your notes, the first one first."""

        def rows(notes: Iterable[Note]) -> list[Row]:
            return [
                {**self._row(note, note.paper.slug), "title": note.paper.title} for note in notes
            ]

        return self.page(self.library.notes.all(), ADDED, rows)

    @extend_schema(**schema.NOTE)
    def one(self, request: Request, slug: str) -> Response:
        """Your note on a paper. Its ETag says which text this is."""
        paper = self.library.paper(slug)
        note = self.library.notes.get(paper.pk)
        if note is None:
            raise NotFound("There is no note on this paper.")
        return self._said(note, paper)

    @extend_schema(**schema.NOTE_SAVE)
    def save(self, request: Request, slug: str) -> Response:
        """Write a note on a paper. Where there is one, If-Match says that this replaces no other.

        To say the same again changes nothing, and is no conflict.
        """
        paper = self.library.paper(slug)
        text = read(said.NoteText, request.data)["text"]
        note = self.library.notes.get(paper.pk)
        saved = self._save(paper, text, self._began_from(request, note))
        assert saved is not None  # since the text is not empty
        return self._said(saved, paper, 200 if note else 201)

    @extend_schema(**schema.NOTE_DROP)
    def drop(self, request: Request, slug: str) -> Response:
        """Delete the note on a paper, if there is one: the one that If-Match says."""
        read(said.Nothing, request.data)
        paper = self.library.paper(slug)
        note = self.library.notes.get(paper.pk)
        if note:
            self._save(paper, "", self._began_from(request, note))
        return Response(status=204)

    def _save(self, paper: Paper, text: str, version: int) -> Note | None:
        try:
            return self.library.notes.save(paper, text, version)
        except Conflict:
            raise PreconditionFailed from None

    def _began_from(self, request: Request, note: Note | None) -> int:
        """The version of the note that a text is to replace; 0: none; -1: one that is no more."""
        given = request.headers.get("If-Match")
        if given is not None:
            # An answer that was packed on its way has a weak tag, and its text is still the same.
            tags = [tag.removeprefix("W/") for tag in parse_etags(given)]
            return note.version if note and {"*", _etag(note)} & {*tags} else -1
        if note and request.headers.get("If-None-Match") != "*":
            raise PreconditionRequired
        return 0

    def _said(self, note: Note, paper: Paper, status: int = 200) -> Response:
        headers = {
            "ETag": _etag(note),
            "Last-Modified": http_date(note.changed_at.timestamp()),
        }
        return Response(self._row(note, paper.slug), status, headers=headers)

    def _row(self, note: Note, paper: str) -> Row:
        return {
            "paper": paper,
            "text": note.text,
            "version": note.version,
            "added_at": note.added_at,
            "changed_at": note.changed_at,
        }


def _etag(note: Note) -> str:
    # With its key, since a note that is deleted and written anew begins to count again.
    return f'"{note.pk}-{note.version}"'
