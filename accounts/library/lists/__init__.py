"""Reading lists: a person's own, those that they are a member of, and those open to everybody."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Lower

from accounts.library.base import NotFound, edited_by
from accounts.models import ListItem, ReadingList, Visibility
from digest.models import Paper

from .imports import Imports
from .items import Items, Removed
from .members import Invitations, Members
from .permissions import Access, access_to, open_to
from .texts import Text, describe, new_list, save_unique

__all__ = ["Access", "OpenList", "ReadingLists", "Removed", "open_to"]


class OpenList(Items, Members):
    """A list, as far as it is open to one person: its papers, its members, and itself."""

    def describe(
        self, name: str | None = None, description: str | None = None, visibility: str | None = None
    ) -> None:
        """Change the list's name, description and visibility. What is None stays as it is.

        Raises ValidationError if the person has another list of this name, or a text is not valid.
        """
        self.needs(Access.OWNER)
        text = None if description is None else Text.of(description)
        with transaction.atomic():
            self._begin(Access.OWNER)
            if visibility is not None:
                self.reading_list.visibility = Visibility(visibility)
            describe(self.reading_list, name, text)
            save_unique(self.reading_list)

    @transaction.atomic
    def revoke_link(self) -> None:
        """Make a new secret link; the old one leads nowhere."""
        self._begin(Access.OWNER)
        self.reading_list.secret = secrets.token_urlsafe(16)
        self._save("secret")

    @transaction.atomic
    def delete(self) -> None:
        self._begin(Access.OWNER)
        self.reading_list.delete()


class ReadingLists(Invitations, Imports):
    """The lists that a person has to do with."""

    def accessible(self) -> QuerySet[ReadingList]:
        """The person's own and those that they are a member of, by name, with `items_count`."""
        shown = Q(items__paper__hidden=False) | edited_by(self._user)
        found = open_to(self._user).select_related("owner")
        found = found.annotate(items_count=Count("items", filter=shown & Q(items__shown=True)))
        return found.order_by(Lower("name"), "pk")

    def seen_by_others(self) -> QuerySet[ReadingList]:
        """The person's own that others may read, or could if it were not private just now."""
        shared = ~Q(visibility=Visibility.PRIVATE) | Q(memberships__isnull=False)
        return self.owned().filter(shared).distinct()

    def owned(self) -> QuerySet[ReadingList]:
        """The person's own, the first one first."""
        return ReadingList.objects.filter(owner=self._user.pk).order_by("added_at", "pk")

    def editable(self) -> QuerySet[ReadingList]:
        """Those that the person may put papers into, by name."""
        return open_to(self._user).filter(edited_by(self._user)).order_by(Lower("name"), "pk")

    def having(self, paper: Paper) -> QuerySet[ReadingList]:
        """Those of the person's lists that the paper is in, by name, with their owners."""
        return self._holding(paper, open_to(self._user)).order_by(Lower("name"), "pk")

    def public_having(self, paper: Paper) -> QuerySet[ReadingList]:
        """The public lists of others that the paper is in, those that changed last first, with
        their owners."""
        public = ReadingList.objects.filter(visibility=Visibility.PUBLIC)
        others = public.exclude(pk__in=open_to(self._user).values("pk"))
        return self._holding(paper, others).order_by("-changed_at", "pk")

    def added_by_others(self, since: datetime) -> QuerySet[ListItem]:
        """What others have put into the lists that the person may read since a time, and since they
        are a member: list by list by name, what came last first, with who added it."""
        theirs = Q(
            reading_list__memberships__user=self._user.pk,
            added_at__gt=F("reading_list__memberships__added_at"),
        )
        items = ListItem.objects.filter(
            Q(reading_list__owner=self._user.pk) | theirs,
            reading_list__in=open_to(self._user),
            added_at__gt=since,
            added_by__isnull=False,
            paper__hidden=False,
        ).exclude(added_by=self._user.pk)
        found = items.select_related("reading_list", "added_by").distinct()
        return found.order_by(Lower("reading_list__name"), "reading_list", "-added_at", "-pk")

    @staticmethod
    def _holding(paper: Paper, lists: QuerySet[ReadingList]) -> QuerySet[ReadingList]:
        items = ListItem.objects.filter(paper=paper)
        return lists.filter(pk__in=items.values("reading_list")).select_related("owner")

    def create(self, name: str, description: str = "", visibility: str = "") -> ReadingList:
        """A new list. Raises ValidationError if there is one of this name, or a text is not
        valid."""
        created = new_list(
            self._owner, name, Text.of(description), visibility or Visibility.PRIVATE
        )
        save_unique(created)
        return created

    def open(self, slug: str, secret: str = "") -> OpenList:
        """The list with this slug, as far as it is open to the person. Raises NotFound.

        secret: what the secret link ends in.
        """
        return self._open(ReadingList.objects.filter(slug=slug), secret)

    def by_secret(self, secret: str) -> OpenList:
        """The list that a secret link leads to. Raises NotFound."""
        return self._open(ReadingList.objects.filter(secret=secret), secret)

    def _open(self, lists: QuerySet[ReadingList], secret: str) -> OpenList:
        found = lists.select_related("owner").first()
        access = access_to(self._user, found, secret) if found else None
        if not found or not access:
            raise NotFound("There is no such reading list.")
        return OpenList(self._user, found, access)
