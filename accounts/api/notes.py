"""Notes for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.http import http_date, parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.library import Conflict, NotFound
from accounts.models import Note
from digest.api.pages import Order
from digest.api.problems import PreconditionFailed, PreconditionRequired
from digest.api.schema import Operation
from digest.models import Paper

from .base import PAPER, LibraryViewSet
from .bodies import NoteTextSerializer
from .serializers import ListedNoteSerializer, NoteSerializer


def _header(name: str, what: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=what, **more)


_IF_MATCH = _header("If-Match", "the ETag of the note that this one is to replace")
_IF_NONE_MATCH = _header("If-None-Match", "`*`: only if there is no note yet")
_ETAG = _header("ETag", "which note this is", response=[200, 201])


class NotesViewSet(LibraryViewSet):
    order = Order((("added_at", False, datetime), ("pk", False, int)))
    path_help = {"slug": PAPER}

    @Operation("notes", ListedNoteSerializer, summary="Your notes")
    def list(self, request: Request) -> Response:
        """Your notes, the first one first."""
        return Response(self.page(self.library.notes.all()))

    @Operation("note", NoteSerializer, parameters=[_ETAG], summary="The note on a paper")
    def retrieve(self, request: Request, slug: str) -> Response:
        """Your note on a paper. Its ETag says which text this is."""
        paper = self.library.paper(slug)
        note = self.library.notes.get(paper.pk)
        if note is None:
            raise NotFound("There is no note on this paper.")
        return self._answered(note, paper)

    @Operation(
        "note_save",
        NoteSerializer,
        errors=[412, 428],
        body=NoteTextSerializer,
        statuses=[200, 201],
        parameters=[_IF_MATCH, _IF_NONE_MATCH, _ETAG],
        summary="Write the note on a paper",
    )
    def update(self, request: Request, slug: str) -> Response:
        """Write a note on a paper. Where there is one, If-Match says that this replaces no other.

        To say the same again changes nothing, and is no conflict.
        """
        paper = self.library.paper(slug)
        text = self.body()["text"]
        note = self.library.notes.get(paper.pk)
        saved = self._save(paper, text, self._began_from(request, note))
        assert saved is not None  # since the text is not empty
        return self._answered(saved, paper, 200 if note else 201)

    @Operation(
        "note_drop",
        None,
        statuses=[204],
        errors=[412, 428],
        parameters=[_IF_MATCH],
        summary="Delete the note on a paper",
    )
    def destroy(self, request: Request, slug: str) -> Response:
        """Delete the note on a paper, if there is one: the one that If-Match says."""
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
        header = request.headers.get("If-Match")
        if header is not None:
            # An answer that was packed on its way has a weak tag, and its text is still the same.
            tags = [tag.removeprefix("W/") for tag in parse_etags(header)]
            return note.version if note and {"*", _etag(note)} & {*tags} else -1
        if note and request.headers.get("If-None-Match") != "*":
            raise PreconditionRequired
        return 0

    def _answered(self, note: Note, paper: Paper, status: int = 200) -> Response:
        headers = {
            "ETag": _etag(note),
            "Last-Modified": http_date(note.changed_at.timestamp()),
        }
        note.paper = paper
        return Response(self.answer(note), status, headers=headers)


def _etag(note: Note) -> str:
    # With its key, since a note that is deleted and written anew begins to count again.
    return f'"{note.pk}-{note.version}"'
