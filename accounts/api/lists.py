"""Reading lists for programs: what is in them, who is in them, who is asked to come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.invitations import write_to
from accounts.library import Access, OpenList
from accounts.models import Invitation, ListItem, Membership, ReadingList, User, Visibility
from digest.api.pages import Order
from digest.models import Paper

from . import schema
from . import serializers as said
from .base import LibraryViewSet, Row, paper_row, read


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

        lists = self.library.lists.mine().annotate(lowered=Lower("name"))
        return self.page(lists, Order((("lowered", False, str), ("pk", False, int))), rows)

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
        if asked:
            opened.describe(**asked)
        return self._said(opened)

    @extend_schema(**schema.LIST_DELETE)
    def delete_it(self, request: Request, slug: str) -> Response:
        """Delete your list. Its papers stay in the catalogue and in your library."""
        read(said.Nothing, request.data)
        self.library.lists.open(slug).delete()
        return Response(status=204)

    @extend_schema(**schema.LEAVE)
    def leave(self, request: Request, slug: str) -> Response:
        """Be a member of a list no longer."""
        read(said.Nothing, request.data)
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
        every = opened.items()

        def rows(items: list[ListItem]) -> list[Row]:
            begins = "cursor" not in request.query_params or not items
            before = 0 if begins else every.filter(position__lt=items[0].position).count()
            return self._rows(opened, list(enumerate(items, start=before + 1)))

        by_place = Order((("position", False, int),))
        return self.page(every.select_related("paper"), by_place, rows)

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
        opened.item(found.pk)
        asked = read(said.ItemChange, request.data)
        opened.change_item(
            found.pk,
            comment=asked.get("comment"),
            section=asked.get("section"),
            to=asked.get("position"),
            shows_note=asked.get("shows_note"),
        )
        return self._said(opened, found)

    @extend_schema(**schema.ITEM_DROP)
    def drop(self, request: Request, slug: str, paper: str) -> Response:
        """Take a paper out of a list, if it is in it."""
        read(said.Nothing, request.data)
        opened = self.library.lists.open(slug)
        opened.remove([self.library.paper(paper).pk])
        return Response(status=204)

    def _said(self, opened: OpenList, paper: Paper) -> Response:
        return Response(self._rows(opened, [opened.item(paper.pk)])[0])

    def _rows(self, opened: OpenList, items: list[tuple[int, ListItem]]) -> list[Row]:
        notes = opened.notes(item for _, item in items)
        return [
            {
                "paper": paper_row(item.paper),
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
    parameters = {}

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
        read(said.Nothing, request.data)
        self.library.lists.open(slug).dismiss_member(member)
        return Response(status=204)

    @extend_schema(**schema.UNINVITE)
    def uninvite(self, request: Request, slug: str, invitation: int) -> Response:
        """Take an invitation back, if there is still one."""
        read(said.Nothing, request.data)
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
        newest = Order((("added_at", True, datetime), ("pk", False, int)))
        return self.page(self.library.lists.invitations(), newest, self._rows)

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
