"""What all parts of a library have in common."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q
from django.http import Http404

from accounts.models import (
    Bookmark,
    Dismissal,
    ListItem,
    Membership,
    Note,
    ReadingList,
    Role,
    User,
)
from digest.models import Paper, PaperQuerySet


class NotFound(Http404):
    """There is nothing of that kind for this person: none at all, or somebody else's."""


def edited_by(user: User | AnonymousUser) -> Q:
    """Lists whose papers a person may change, if these are open to them."""
    edited = Membership.objects.filter(user=user.pk, role=Role.EDITOR)
    return Q(owner=user.pk) | Q(pk__in=edited.values("reading_list"))


def accessible(user: User | AnonymousUser) -> PaperQuerySet:
    """The papers that a person may use: those of the catalogue, and those hidden there that the
    person has a bookmark, note or dismissal of, or that are in a list that they edit."""
    condition = Q(hidden=False)
    for model in (Bookmark, Note, Dismissal):
        condition |= Q(Exists(model.objects.filter(user=user.pk, paper=OuterRef("pk"))))
    lists = ReadingList.objects.filter(edited_by(user))
    condition |= Q(Exists(ListItem.objects.filter(reading_list__in=lists, paper=OuterRef("pk"))))
    return Paper.objects.filter(condition)


class Part:
    """A part of one person's library."""

    def __init__(self, user: User | AnonymousUser) -> None:
        self._user = user

    @property
    def _owner(self) -> User:
        """The person, to write something in their name."""
        if not isinstance(self._user, User):
            raise NotFound("Log in to use a library.")
        return self._user
