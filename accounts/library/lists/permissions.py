"""What a person may do with a reading list."""

from __future__ import annotations

import secrets
from enum import IntEnum

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.library.base import NotFound, Part
from accounts.models import Membership, ReadingList, Role, User, Visibility


class Access(IntEnum):
    """What a person may do with a list; each level may do what those before it may."""

    READER = 1
    """Reads it, as everybody may, or everybody with its secret link."""
    VIEWER = 2
    """A member, who sees who the others are."""
    EDITOR = 3
    """Changes the papers, their comments and their sections."""
    OWNER = 4
    """Changes the list's name, description and visibility, and its members."""


_ROLES = {Role.VIEWER: Access.VIEWER, Role.EDITOR: Access.EDITOR}


def open_to(user: User | AnonymousUser) -> QuerySet[ReadingList]:
    """The lists that are a person's own, or that they are a member of."""
    shared = Membership.objects.filter(user=user.pk).values("reading_list")
    return ReadingList.objects.filter(
        Q(owner=user.pk) | Q(pk__in=shared) & ~Q(visibility=Visibility.PRIVATE)
    )


def access_to(user: User | AnonymousUser, found: ReadingList, secret: str = "") -> Access | None:
    if found.owner_id == user.pk:
        return Access.OWNER
    if found.visibility == Visibility.PRIVATE:
        return None
    if user.pk and (membership := found.memberships.filter(user=user.pk).first()):
        return _ROLES[Role(membership.role)]
    if found.visibility == Visibility.PUBLIC:
        return Access.READER
    if found.visibility == Visibility.LINK and secrets.compare_digest(
        secret.encode(), found.secret.encode()
    ):
        return Access.READER
    return None


def lock(reading_list: ReadingList) -> None:
    """Read a list anew, and let nobody else change it until the transaction ends. Raises NotFound
    if it is gone."""
    try:
        reading_list.refresh_from_db(from_queryset=ReadingList.objects.select_for_update())
    except ReadingList.DoesNotExist:
        raise NotFound("There is no such reading list.") from None


class AccessedList(Part):
    """A list, as far as it is open to one person.

    What they may not do raises NotFound, as if there were no such list; what they were let do when
    it was opened is looked up again before anything is written. access: what they may do.
    """

    def __init__(
        self, user: User | AnonymousUser, reading_list: ReadingList, access: Access
    ) -> None:
        super().__init__(user)
        self.reading_list = reading_list
        self.access = access

    def needs(self, access: Access) -> None:
        """Raises NotFound unless the person may do so much."""
        if self.access < access:
            raise NotFound("There is no such reading list.")

    @property
    def is_member(self) -> bool:
        """Whether the list is theirs, or shared with them by name."""
        return self.access >= Access.VIEWER

    @property
    def may_edit(self) -> bool:
        return self.access >= Access.EDITOR

    @property
    def is_owner(self) -> bool:
        return self.access == Access.OWNER

    def _begin(self, access: Access) -> None:
        """Let nobody else change the list until the transaction ends. Raises NotFound unless the
        person may do so much, and still may."""
        self.needs(access)
        lock(self.reading_list)
        if (access_to(self._user, self.reading_list) or 0) < access:
            raise NotFound("There is no such reading list.")

    def _save(self, *fields: str) -> None:
        self.reading_list.changed_at = timezone.now()
        self.reading_list.save(update_fields=[*fields, "changed_at"])
