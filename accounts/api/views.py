"""A person's library for programs. No view asks the database itself: `Library` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError as Refused
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers, set_response_etag
from django.utils.http import http_date, parse_etags
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import references
from accounts.archive import BadArchive
from accounts.forms.library import MAX_UPLOAD
from accounts.invitations import write_to
from accounts.library import Access, Conflict, Library, NotHere, OpenList, Sort
from accounts.models import (
    Invitation,
    ListItem,
    Membership,
    Note,
    ReadingList,
    Scope,
    User,
    Visibility,
)
from accounts.transfer import export, match, restore
from digest.api.base import ApiViewSet, only
from digest.api.parsers import JsonParser
from digest.api.problems import PreconditionFailed, PreconditionRequired
from digest.models import Digest, Paper

from . import schema
from . import serializers as said

Row = dict[str, Any]


def read(serializer: type[said.Serializer], data: Any) -> Row:
    """What a program said, checked. Raises ValidationError, by field."""
    if isinstance(data, QueryDict):
        if issubclass(serializer, said.PageQuery):
            only(data, *serializer().fields)
        # DRF takes it for a browser's form, where what is empty or missing was not filled in.
        data = data.dict()
    asked = serializer(data=data)
    asked.is_valid(raise_exception=True)
    return cast(Row, asked.validated_data)


class LibraryViewSet(ApiViewSet):
    """library: that of the person who asks."""

    scopes = (Scope.LIBRARY_READ, Scope.LIBRARY_WRITE)
    parser_classes = [JsonParser]
    library: Library

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.library = Library(request.user)

    def handle_exception(self, error: Exception) -> Response:
        response = super().handle_exception(error)
        if isinstance(error, Refused):
            # What was said is in order by itself: it collides with what is there.
            response.status_code = 409
            response.data |= {"title": HTTPStatus.CONFLICT.phrase, "status": 409}
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        # It may be kept by whom it was given to, to ask next time whether it is still so.
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        if request.method in ("GET", "HEAD") and isinstance(response, Response):
            # Before it is packed: a packed answer is never the same twice.
            response.add_post_render_callback(_tag)
        return response

    def page(
        self,
        rows: Sequence[Any] | QuerySet[Any],
        show: Callable[[Any], list[Row]],
        asked: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Response:
        """The page of rows that is asked for; `show` makes of some rows what is told."""
        asked = asked or read(said.PageQuery, self.request.query_params)
        count = rows.count() if isinstance(rows, QuerySet) else len(rows)
        size = asked["page_size"]
        start = (asked["page"] - 1) * size
        if start and start >= count:
            raise NotHere("There is no such page.")
        following = None
        if start + size < count:
            address = self.request.query_params.copy()
            address["page"] = str(asked["page"] + 1)
            following = f"{settings.SITE_URL}{self.request.path}?{address.urlencode()}"
        shown = show(rows[start : start + size])
        return Response({"count": count, "next": following, **more, "results": shown})


def _tag(response: Response) -> None:
    if response.status_code == 200 and not response.has_header("ETag"):
        set_response_etag(response)


def _paper(paper: Paper) -> Row:
    return {
        "id": paper.slug,
        "arxiv_id": paper.arxiv_id,
        "title": paper.title,
        "date": paper.date,
        "url": paper.abstract_url,
        "page": None if paper.hidden else settings.SITE_URL + paper.get_absolute_url(),
    }


# Bookmarks


class Bookmarks(LibraryViewSet):
    @extend_schema(**schema.BOOKMARKS)
    def every(self, request: Request) -> Response:
        """Your bookmarks, as far as they are asked for."""
        asked = read(said.BookmarkQuery, request.query_params)
        shelf = self.library.shelf
        query = shelf.parse(asked["q"])
        keys = shelf.bookmarked(shelf.find(query, Sort(asked["sort"])), asked.get("status", ""))
        problems = [problem._asdict() for problem in query.problems]
        return self.page(keys, self._rows, asked, problems=problems)

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
            raise NotHere("This paper is not bookmarked.")
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
        self.library.bookmarks.remove([self.library.paper(slug).pk])
        return Response(status=204)

    def _rows(self, keys: list[int]) -> list[Row]:
        return [
            {
                "paper": _paper(bookmark.paper),
                "status": bookmark.status,
                "added_at": bookmark.added_at,
                "has_note": has_note,
            }
            for bookmark, has_note in self.library.bookmarks.of(keys)
        ]


# Notes


class Notes(LibraryViewSet):
    @extend_schema(**schema.NOTES)
    def every(self, request: Request) -> Response:
        """Your notes, the first one first."""

        def rows(notes: Iterable[Note]) -> list[Row]:
            return [
                {**self._row(note, note.paper.slug), "title": note.paper.title} for note in notes
            ]

        return self.page(self.library.notes.all(), rows)

    @extend_schema(**schema.NOTE)
    def one(self, request: Request, slug: str) -> Response:
        """Your note on a paper. Its ETag says which text this is."""
        paper = self.library.paper(slug)
        note = self.library.notes.get(paper.pk)
        if note is None:
            raise NotHere("There is no note on this paper.")
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


# Reading lists


class Lists(LibraryViewSet):
    @extend_schema(**schema.LISTS)
    def every(self, request: Request) -> Response:
        """Your own lists, and those that you are a member of, by name."""
        editable = {found.pk for found in self.library.lists.editable()}

        def rows(lists: Iterable[ReadingList]) -> list[Row]:
            told = []
            for found in lists:
                access = Access.EDITOR if found.pk in editable else Access.VIEWER
                if found.owner_id == request.user.pk:
                    access = Access.OWNER
                told.append(_list(found, access, cast(Any, found).items_count))
            return told

        return self.page(self.library.lists.mine(), rows)

    @extend_schema(**schema.LIST_MAKE)
    def make(self, request: Request) -> Response:
        """Make a list."""
        made = self.library.lists.create(**read(said.NewList, request.data))
        there = {"Location": settings.SITE_URL + reverse("api-list", args=[made.slug])}
        return Response(_list(made, Access.OWNER, 0), 201, headers=there)

    @extend_schema(**schema.LIST_)
    def one(self, request: Request, slug: str) -> Response:
        """A list that is open to you."""
        return self._said(self.library.lists.open(slug))

    @extend_schema(**schema.LIST_CHANGE)
    def change(self, request: Request, slug: str) -> Response:
        """Change what your list is called, what it says of itself, or who sees it."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.OWNER)
        asked = read(said.ListChange, request.data)
        found = opened.reading_list
        with transaction.atomic():
            if {"name", "description"} & asked.keys():
                opened.describe(
                    asked.get("name", found.name), asked.get("description", found.description)
                )
            if "visibility" in asked:
                opened.show_to(asked["visibility"])
        return self._said(opened)

    @extend_schema(**schema.LIST_DELETE)
    def delete_it(self, request: Request, slug: str) -> Response:
        """Delete your list. Its papers stay in the catalogue and in your library."""
        self.library.lists.open(slug).delete()
        return Response(status=204)

    @extend_schema(**schema.LEAVE)
    def leave(self, request: Request, slug: str) -> Response:
        """Be a member of a list no longer."""
        self.library.lists.open(slug).leave()
        return Response(status=204)

    @extend_schema(**schema.HAND_OVER)
    def hand_over(self, request: Request, slug: str) -> Response:
        """Make a member the owner of your list, and yourself an editor."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.OWNER)
        opened.hand_over(read(said.Successor, request.data)["member"])
        return self._said(opened)

    def _said(self, opened: OpenList) -> Response:
        found = opened.reading_list
        changed = {"Last-Modified": http_date(found.changed_at.timestamp())}
        return Response(_opened(opened), headers=changed)


def _opened(opened: OpenList) -> Row:
    return _list(opened.reading_list, opened.access, opened.items().count())


def _list(found: ReadingList, access: Access, items_count: int) -> Row:
    link = None
    if access == Access.OWNER and found.visibility == Visibility.LINK:
        link = settings.SITE_URL + reverse("shared-list", args=[found.secret])
    return {
        "id": found.slug,
        "name": found.name,
        "description": found.description,
        "visibility": found.visibility,
        "owner": str(found.owner),
        "access": access.name.lower(),
        "items_count": items_count,
        "added_at": found.added_at,
        "changed_at": found.changed_at,
        "page": settings.SITE_URL + found.get_absolute_url(),
        "link": link,
    }


class Items(LibraryViewSet):
    @extend_schema(**schema.ITEMS)
    def every(self, request: Request, slug: str) -> Response:
        """The papers of a list, in order."""
        opened = self.library.lists.open(slug)
        asked = read(said.PageQuery, request.query_params)
        first = (asked["page"] - 1) * asked["page_size"] + 1

        def rows(items: Iterable[ListItem]) -> list[Row]:
            return self._rows(opened, list(enumerate(items, start=first)))

        return self.page(opened.items().select_related("paper"), rows, asked)

    @extend_schema(**schema.ITEMS_ADD)
    def add(self, request: Request, slug: str) -> Response:
        """Put up to 500 papers at the end of a list, those excepted that are in it."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.EDITOR)
        asked = read(said.NewItems, request.data)
        papers = self.library.papers(asked["papers"])
        keys = [papers[name].pk for name in asked["papers"] if name in papers]
        added = opened.add(keys, asked["section"])
        missing = [name for name in asked["papers"] if name not in papers]
        return Response({"added": added, "missing": missing})

    @extend_schema(**schema.ITEM_)
    def one(self, request: Request, slug: str, paper: str) -> Response:
        """What a list says of a paper."""
        opened = self.library.lists.open(slug)
        return self._said(opened, self.library.paper(paper))

    @extend_schema(**schema.ITEM_CHANGE)
    def change(self, request: Request, slug: str, paper: str) -> Response:
        """Change what a list says of a paper, or its place."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.EDITOR)
        found = self.library.paper(paper)
        _, item = opened.item(found.pk)
        asked = read(said.ItemChange, request.data)
        with transaction.atomic():
            if {"comment", "section"} & asked.keys():
                opened.describe_item(
                    found.pk,
                    comment=asked.get("comment", item.comment),
                    section=asked.get("section", item.section),
                )
            if "position" in asked:
                opened.move(found.pk, asked["position"], asked.get("section"))
            if "shows_note" in asked:
                opened.show_note(found.pk, asked["shows_note"])
        return self._said(opened, found)

    @extend_schema(**schema.ITEM_DROP)
    def drop(self, request: Request, slug: str, paper: str) -> Response:
        """Take a paper out of a list, if it is in it."""
        opened = self.library.lists.open(slug)
        opened.remove([self.library.paper(paper).pk])
        return Response(status=204)

    def _said(self, opened: OpenList, paper: Paper) -> Response:
        return Response(self._rows(opened, [opened.item(paper.pk)])[0])

    def _rows(self, opened: OpenList, items: list[tuple[int, ListItem]]) -> list[Row]:
        notes = opened.notes(item for _, item in items)
        return [
            {
                "paper": _paper(item.paper),
                "position": place,
                "section": item.section,
                "comment": item.comment,
                "shows_note": item.shows_note,
                "note_html": notes.get(item.paper_id),
                "added_at": item.added_at,
            }
            for place, item in items
        ]


class Members(LibraryViewSet):
    @extend_schema(**schema.MEMBERS)
    def every(self, request: Request, slug: str) -> Response:
        """Who the members of a list are; its owner also sees who was asked to come."""
        opened = self.library.lists.open(slug)
        invited = opened.invited() if opened.is_owner else ()
        return Response(
            {
                "owner": str(opened.reading_list.owner),
                "members": [self._member(member) for member in opened.members()],
                "invitations": [self._invited(invitation) for invitation in invited],
            }
        )

    @extend_schema(**schema.INVITE)
    def invite(self, request: Request, slug: str) -> Response:
        """Ask somebody to come to your list, or as what. A private list is then its members'."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.OWNER)
        whom = read(said.Invitee, request.data)
        asked = opened.invite(whom["invitee"], whom["role"])
        write_to(cast(User, request.user), opened, asked)
        return Response(self._invited(asked), 201)

    @extend_schema(**schema.MEMBER_CHANGE)
    def change(self, request: Request, slug: str, member: int) -> Response:
        """Say what a member may do."""
        opened = self.library.lists.open(slug)
        opened.needs(Access.OWNER)
        if role := read(said.RoleChange, request.data).get("role"):
            opened.set_role(member, role)
        return Response(self._member(opened.member(member)))

    @extend_schema(**schema.MEMBER_DISMISS)
    def dismiss(self, request: Request, slug: str, member: int) -> Response:
        """Let a member in no longer."""
        self.library.lists.open(slug).dismiss_member(member)
        return Response(status=204)

    @extend_schema(**schema.UNINVITE)
    def uninvite(self, request: Request, slug: str, invitation: int) -> Response:
        """Take an invitation back, if there is still one."""
        self.library.lists.open(slug).uninvite(invitation)
        return Response(status=204)

    def _member(self, member: Membership) -> Row:
        return {
            "id": member.pk,
            "name": str(member.user),
            "role": member.role,
            "added_at": member.added_at,
        }

    def _invited(self, invitation: Invitation) -> Row:
        return {
            "id": invitation.pk,
            "invitee": invitation.invitee,
            "role": invitation.role,
            "added_at": invitation.added_at,
        }


class Invitations(LibraryViewSet):
    @extend_schema(**schema.INVITATIONS)
    def every(self, request: Request) -> Response:
        """The lists that others ask you to come to, the newest first."""
        return self.page(self.library.lists.invitations(), self._rows)

    @extend_schema(**schema.INVITATION_ANSWER)
    def answer(self, request: Request, invitation: int) -> Response:
        """Come to a list, and be told what it is; or say no."""
        lists = self.library.lists
        if read(said.Answer, request.data)["do"] == "decline":
            lists.decline(invitation)
            return Response(status=204)
        return Response(_opened(lists.open(lists.accept(invitation).slug)))

    def _rows(self, invitations: Iterable[Invitation]) -> list[Row]:
        return [
            {
                "id": invitation.pk,
                "list": {
                    "id": invitation.reading_list.slug,
                    "name": invitation.reading_list.name,
                    "owner": str(invitation.reading_list.owner),
                },
                "role": invitation.role,
                "added_at": invitation.added_at,
            }
            for invitation in invitations
        ]


# In and out


class Zip(BaseRenderer):
    """For those who ask for a ZIP by name; the view makes it itself."""

    media_type = "application/zip"
    format = "zip"


class Transfer(LibraryViewSet):
    parser_classes = [JsonParser, MultiPartParser]

    def get_renderers(self) -> list[Any]:
        return [*([Zip()] if self.action == "export" else []), JSONRenderer()]

    @extend_schema(**schema.IMPORT)
    def bring(self, request: Request) -> Response:
        """Bookmark the papers that a file or a text names, or add what an export from here holds.

        Unless `dry_run` is false, nothing is changed, and the answer says what would be.
        """
        content, asked = self._content(request)
        if content.startswith(b"PK\x03\x04"):
            return self._restore(content, asked["dry_run"])
        into = self.library.lists.open(asked["list"]) if asked["list"] else None
        if into:
            into.needs(Access.EDITOR)
        reading = references.read(content)
        found = match(self.library, reading.references)
        keys = [paper.pk for paper in found.papers]
        if not asked["dry_run"]:
            with transaction.atomic():
                self.library.bookmarks.add(keys, asked.get("status", ""))
                if into:
                    into.add(keys)
        return Response(
            {
                "format": reading.format,
                "dry_run": asked["dry_run"],
                "matched": list(map(_paper, found.papers)),
                "missing": [
                    {
                        "line": missing.line,
                        "title": missing.title,
                        "arxiv_id": missing.arxiv_id,
                        "url": missing.url,
                    }
                    for missing in found.missing
                ],
                "problems": [
                    {"line": problem.line, "reason": problem.reason, "text": problem.text}
                    for problem in reading.problems
                ],
            }
        )

    def _content(self, request: Request) -> tuple[bytes, Row]:
        """What is brought, and how it is to be taken in."""
        if not (isinstance(request.data, Mapping) and "file" in request.data):
            asked = read(said.ImportText, request.data)
            return asked["text"].encode(), asked
        asked = read(said.ImportFile, request.data)
        if asked["file"].size > MAX_UPLOAD:
            raise ValidationError({"file": f"A file has at most {MAX_UPLOAD // 10**6} MB."})
        return asked["file"].read(), asked

    def _restore(self, content: bytes, dry_run: bool) -> Response:
        user = cast(User, self.request.user)
        try:
            restored = restore(self.library, user, content, dry_run=dry_run)
        except BadArchive as error:
            # It may cite the file, which may hold what no answer can.
            reason = str(error).encode(errors="backslashreplace").decode()
            raise ValidationError({"file": reason}) from None
        return Response({"format": "library", "dry_run": dry_run, **vars(restored)})

    @extend_schema(**schema.EXPORT)
    def export(self, request: Request) -> HttpResponseBase:
        """All that you made, as a ZIP, which can be imported here or elsewhere."""
        file = TemporaryFile()  # noqa: SIM115 (it is closed with the response)
        user = cast(User, request.user)
        export(self.library, user, file)
        file.seek(0)
        name = f"paper-digest-{user.username}-{timezone.localdate()}.zip"
        return FileResponse(file, as_attachment=True, filename=name)


# What is new


class Unread(LibraryViewSet):
    @extend_schema(**schema.UNREAD)
    def every(self, request: Request) -> Response:
        """The digests that you have not read, the newest first."""
        digests = self.library.digests
        return self.page(
            digests.unread().order_by("-date"), self._rows, new_papers=digests.new_papers()
        )

    @extend_schema(**schema.UNREAD_MARK)
    def mark(self, request: Request, day: date) -> Response:
        """Count a day's digest as read, or as new again."""
        digests = self.library.digests
        digests.get(day)
        if read(said.ReadMark, request.data)["read"]:
            digests.mark_read(day)
        else:
            digests.mark_unread(day)
        return Response({"date": day, "read": digests.is_read(day)})

    def _rows(self, digests: Iterable[Digest]) -> list[Row]:
        return [
            {
                "date": digest.date,
                "paper_count": digest.paper_count,
                "page": settings.SITE_URL + digest.get_absolute_url(),
            }
            for digest in digests
        ]
