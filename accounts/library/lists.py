"""Reading lists: a person's own, those that they are a member of, and those open to everybody."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import markdown
from accounts.models import (
    Invitation,
    ListItem,
    Membership,
    Note,
    ReadingList,
    Role,
    User,
    Visibility,
)
from digest.models import Paper, PaperQuerySet

from .base import NotHere, Part

MOST_ITEMS = 10_000
"""Papers of a list, at most."""
_GAP = 1 << 20
"""Between the positions of two items that were put one after the other."""


class Access(IntEnum):
    """What a person may do with a list; each level may do what those before it may."""

    READER = 1
    """Reads it, as everybody may, or everybody with its secret link."""
    VIEWER = 2
    """A member, who sees who the others are."""
    EDITOR = 3
    """Changes the papers and what is said of them."""
    OWNER = 4
    """Changes what the list is called and who sees it."""


class Item(NamedTuple):
    """What a list says of a paper, apart from its place."""

    paper: int
    section: str
    comment: str
    shows_note: bool
    added_at: datetime


_ROLES = {Role.VIEWER: Access.VIEWER, Role.EDITOR: Access.EDITOR}


def open_to(user: User | AnonymousUser) -> QuerySet[ReadingList]:
    """The lists that are a person's own, or that they are a member of."""
    shared = Membership.objects.filter(user=user.pk).values("reading_list")
    return ReadingList.objects.filter(
        Q(owner=user.pk) | Q(pk__in=shared) & ~Q(visibility=Visibility.PRIVATE)
    )


def _names(user: User) -> list[str]:
    """What an invitation may call a person: their user name, and addresses that are confirmed."""
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    return [user.username.lower(), *(a.lower() for a in addresses.values_list("email", flat=True))]


class ReadingLists(Part):
    """The lists that a person has to do with."""

    def mine(self) -> QuerySet[ReadingList]:
        """The person's own and those that they are a member of, by name, with `items_count`."""
        found = open_to(self._user).select_related("owner").annotate(items_count=Count("items"))
        return found.order_by(Lower("name"), "pk")

    def owned(self) -> QuerySet[ReadingList]:
        """The person's own, the first one first."""
        return ReadingList.objects.filter(owner=self._user.pk).order_by("added_at", "pk")

    def editable(self) -> QuerySet[ReadingList]:
        """Those that the person may put papers into, by name."""
        edited = Membership.objects.filter(user=self._user.pk, role=Role.EDITOR)
        found = open_to(self._user).filter(
            Q(owner=self._user.pk) | Q(pk__in=edited.values("reading_list"))
        )
        return found.order_by(Lower("name"), "pk")

    def having(self, paper: Paper) -> QuerySet[ReadingList]:
        """Those of the person's lists that the paper is in, by name."""
        items = ListItem.objects.filter(paper=paper)
        return (
            open_to(self._user)
            .filter(pk__in=items.values("reading_list"))
            .order_by(Lower("name"), "pk")
        )

    @transaction.atomic
    def create(
        self,
        name: str,
        description: str = "",
        visibility: str = "",
        added_at: datetime | None = None,
    ) -> ReadingList:
        """A new list. Raises ValidationError if the person has one of this name, or cannot."""
        now = timezone.now()
        made = ReadingList(
            owner=self._owner,
            slug=secrets.token_hex(5),
            secret=secrets.token_urlsafe(16),
            visibility=visibility or Visibility.PRIVATE,
            added_at=added_at or now,
            changed_at=now,
        )
        _describe(made, name, description)
        return made

    def open(self, slug: str, secret: str = "") -> OpenList:
        """The list with this slug, as far as it is open to the person. Raises NotHere.

        secret: what the secret link says.
        """
        found = ReadingList.objects.select_related("owner").filter(slug=slug).first()
        access = self._access(found, secret) if found else None
        if not found or not access:
            raise NotHere("There is no such reading list.")
        return OpenList(self._user, found, access)

    def by_secret(self, secret: str) -> OpenList:
        """The list that a secret link leads to. Raises NotHere."""
        found = ReadingList.objects.filter(secret=secret).first()
        if found is None:
            raise NotHere("There is no such reading list, or its link was revoked.")
        return self.open(found.slug, secret)

    def _access(self, found: ReadingList, secret: str) -> Access | None:
        if found.owner_id == self._user.pk:
            return Access.OWNER
        if found.visibility == Visibility.PRIVATE:
            return None
        if membership := found.memberships.filter(user=self._user.pk).first():
            return _ROLES[Role(membership.role)]
        if found.visibility == Visibility.PUBLIC:
            return Access.READER
        if found.visibility == Visibility.LINK and secrets.compare_digest(
            secret.encode(), found.secret.encode()
        ):
            return Access.READER
        return None

    # Invitations to the person

    def invitations(self) -> QuerySet[Invitation]:
        """Lists that others ask the person to come to."""
        if not isinstance(self._user, User):
            return Invitation.objects.none()
        found = Invitation.objects.select_related("reading_list__owner").alias(
            asked=Lower("invitee")
        )
        return found.filter(asked__in=_names(self._user)).order_by("-added_at", "pk")

    @transaction.atomic
    def accept(self, invitation: int) -> ReadingList:
        """Become a member. Raises NotHere."""
        found = self._invitation(invitation)
        if found.reading_list.owner_id != self._owner.pk:
            Membership.objects.update_or_create(
                reading_list=found.reading_list,
                user=self._owner,
                defaults={"role": found.role},
                create_defaults={"role": found.role, "added_at": timezone.now()},
            )
        found.delete()
        return found.reading_list

    def decline(self, invitation: int) -> None:
        self._invitation(invitation).delete()

    def _invitation(self, pk: int) -> Invitation:
        found = self.invitations().filter(pk=pk).first()
        if found is None:
            raise NotHere("There is no such invitation.")
        return found


class OpenList(Part):
    """A list, as far as it is open to one person.

    What they may not do raises NotHere, as if there were no such list. access: what they may do.
    """

    def __init__(
        self, user: User | AnonymousUser, reading_list: ReadingList, access: Access
    ) -> None:
        super().__init__(user)
        self.reading_list = reading_list
        self.access = access

    def needs(self, access: Access) -> None:
        """Raises NotHere unless the person may do so much."""
        if self.access < access:
            raise NotHere("There is no such reading list.")

    @property
    def may_edit(self) -> bool:
        return self.access >= Access.EDITOR

    @property
    def is_owner(self) -> bool:
        return self.access == Access.OWNER

    # The papers

    def items(self) -> QuerySet[ListItem]:
        """The items in order."""
        return self.reading_list.items.order_by("position")

    def item(self, paper: int) -> tuple[int, ListItem]:
        """The place of a paper, from 1, and what the list says of it. Raises NotHere."""
        found = self._item(paper)
        return self.items().filter(position__lte=found.position).count(), found

    def papers(self) -> PaperQuerySet:
        """The papers in order."""
        place = self.items().filter(paper=OuterRef("pk")).values("position")
        return Paper.objects.filter(pk__in=self.items().values("paper")).order_by(Subquery(place))

    def notes(self, items: Iterable[ListItem]) -> dict[int, str]:
        """The owner's notes, as HTML by paper, on those of the items with which they are shown."""
        shown = [item.paper_id for item in items if item.shows_note]
        found = Note.objects.filter(user=self.reading_list.owner_id, paper__in=shown)
        return dict(found.values_list("paper", "html"))

    @transaction.atomic
    def add(self, papers: Iterable[int], section: str = "") -> int:
        """Put papers at the end, those that are in it already excepted; how many were put.

        Raises ValidationError if the list would have more than MOST_ITEMS.
        """
        self.needs(Access.EDITOR)
        self._lock()
        there = set(self.items().values_list("paper", flat=True))
        known = set(Paper.objects.filter(pk__in=list(papers)).values_list("pk", flat=True))
        new = [paper for paper in dict.fromkeys(papers) if paper in known - there]
        if len(there) + len(new) > MOST_ITEMS:
            raise ValidationError(f"A list has at most {MOST_ITEMS:,} papers.")
        last = self.items().aggregate(last=Max("position"))["last"] or 0
        now = timezone.now()
        ListItem.objects.bulk_create(
            ListItem(
                reading_list=self.reading_list,
                paper_id=paper,
                position=last + _GAP * place,
                section=section,
                added_by=self._owner,
                added_at=now,
            )
            for place, paper in enumerate(new, start=1)
        )
        self._save()
        return len(new)

    @transaction.atomic
    def restore(self, items: Iterable[Item]) -> None:
        """Put items at the end as they once were, those excepted whose papers are in the list.

        Raises ValidationError if there are too many, or one cannot be.
        """
        items = list(items)
        self.needs(Access.OWNER)
        there = set(self.items().values_list("paper", flat=True))
        new = {item.paper: item for item in items if item.paper not in there}
        self.add(new)
        added = list(self.items().filter(paper__in=new))
        for item in added:
            _, item.section, item.comment, item.shows_note, item.added_at = new[item.paper_id]
            item.comment_html = markdown.render(item.comment)
            item.clean_fields()
        fields = ("section", "comment", "comment_html", "shows_note", "added_at")
        ListItem.objects.bulk_update(added, fields, batch_size=500)

    @transaction.atomic
    def remove(self, papers: Iterable[int]) -> None:
        self.needs(Access.EDITOR)
        self.items().filter(paper__in=list(papers)).delete()
        self._save()

    @transaction.atomic
    def move(self, paper: int, to: int, section: str | None = None) -> None:
        """Move a paper to a place, from 1; beyond the end is the end. Raises NotHere.

        section: the one to come under; by default that of the paper before it, or else after it.
        """
        self.needs(Access.EDITOR)
        self._lock()
        item = self._item(paper)
        others = self.items().exclude(pk=item.pk)
        at = max(to, 1) - 1
        if at:
            before, after = [*others[at - 1 : at + 1], None, None][:2]
            before = before or others.last()
        else:
            before, after = None, others.first()
        if neighbour := before or after:
            item.section = neighbour.section if section is None else section.strip()
            item.position = self._between(before, after)
            item.save(update_fields=["position", "section"])
            self._save()

    def _between(self, before: ListItem | None, after: ListItem | None) -> int:
        """A position between two items that stand one after the other."""
        low = before.position if before else after.position - 2 * _GAP if after else 0
        high = after.position if after else low + 2 * _GAP
        if high - low > 1:
            return (low + high) // 2
        self._respace()
        for item in (before, after):
            if item:
                item.refresh_from_db(fields=["position"])
        return self._between(before, after)

    def _respace(self) -> None:
        """Give the items positions with gaps again, in the same order."""
        table = ListItem._meta.db_table
        last = self.items().aggregate(last=Max("position"))["last"]
        with connection.cursor() as cursor:
            # Beyond the last one, so that no two have the same position even in between.
            cursor.execute(
                f"UPDATE {table} SET position = %s + numbered.n * %s FROM ("  # noqa: S608
                f"SELECT id, row_number() OVER (ORDER BY position) AS n FROM {table}"
                f" WHERE reading_list_id = %s) AS numbered WHERE numbered.id = {table}.id",
                [last, _GAP, self.reading_list.pk],
            )

    @transaction.atomic
    def describe_item(self, paper: int, *, comment: str, section: str) -> None:
        """Say something of a paper in the list, and under which section it stands: the last there,
        if it comes from another. Raises NotHere, ValidationError."""
        self.needs(Access.EDITOR)
        self._lock()
        item = self._item(paper)
        section = " ".join(section.split())
        others = self.items().filter(section=section).exclude(pk=item.pk)
        if section != item.section and (last := others.last()):
            after = self.items().filter(position__gt=last.position).exclude(pk=item.pk).first()
            item.position = self._between(last, after)
        item.section, item.comment = section, comment.strip()
        item.comment_html = markdown.render(item.comment)
        item.clean_fields()
        item.save(update_fields=["comment", "comment_html", "position", "section"])
        self._save()

    @transaction.atomic
    def show_note(self, paper: int, shown: bool) -> None:
        """Show the owner's own note on a paper to all who may read the list, or no longer."""
        self.needs(Access.OWNER)
        self.items().filter(pk=self._item(paper).pk).update(shows_note=shown)
        self._save()

    def _item(self, paper: int) -> ListItem:
        found = self.items().filter(paper=paper).first()
        if found is None:
            raise NotHere("This paper is not in the list.")
        return found

    # The list itself

    @transaction.atomic
    def describe(self, name: str, description: str) -> None:
        """Raises ValidationError if the person has another list of this name, or it cannot be."""
        self.needs(Access.OWNER)
        _describe(self.reading_list, name, description)

    def show_to(self, visibility: str) -> None:
        self.needs(Access.OWNER)
        self.reading_list.visibility = Visibility(visibility)
        self._save("visibility")

    def revoke_link(self) -> None:
        """Make a new secret link; the old one leads nowhere."""
        self.needs(Access.OWNER)
        self.reading_list.secret = secrets.token_urlsafe(16)
        self._save("secret")

    def delete(self) -> None:
        self.needs(Access.OWNER)
        self.reading_list.delete()

    # Its members

    def members(self) -> QuerySet[Membership]:
        self.needs(Access.VIEWER)
        return self.reading_list.memberships.select_related("user").order_by("added_at", "pk")

    def invited(self) -> QuerySet[Invitation]:
        self.needs(Access.OWNER)
        return self.reading_list.invitations.order_by("added_at", "pk")

    @transaction.atomic
    def invite(self, invitee: str, role: str) -> Invitation:
        """Ask whoever has this user name or confirmed address to come. A private list is then its
        members'. The same again changes the role."""
        self.needs(Access.OWNER)
        invitee = invitee.strip()
        asked = self.reading_list.invitations.filter(invitee__iexact=invitee).first()
        asked = asked or Invitation(
            reading_list=self.reading_list, invitee=invitee, added_at=timezone.now()
        )
        asked.role = Role(role)
        asked.full_clean(exclude=["reading_list"], validate_constraints=False)
        asked.save()
        if self.reading_list.visibility == Visibility.PRIVATE:
            self.show_to(Visibility.MEMBERS)
        return asked

    def uninvite(self, invitation: int) -> None:
        self.needs(Access.OWNER)
        self.reading_list.invitations.filter(pk=invitation).delete()

    def set_role(self, member: int, role: str) -> None:
        """member: the key of a membership."""
        self.needs(Access.OWNER)
        self._member(member)
        self.reading_list.memberships.filter(pk=member).update(role=Role(role))

    def dismiss_member(self, member: int) -> None:
        self.needs(Access.OWNER)
        self._member(member).delete()

    def leave(self) -> None:
        """Be a member no longer. Raises NotHere."""
        gone, _ = self.reading_list.memberships.filter(user=self._owner).delete()
        if not gone:
            raise NotHere("You are no member of this list.")

    @transaction.atomic
    def hand_over(self, member: int) -> None:
        """Make a member the owner, and the owner an editor. Notes are shown with it no longer.

        Raises ValidationError if the new owner has a list of this name.
        """
        self.needs(Access.OWNER)
        found = self._member(member)
        self.reading_list.owner = found.user
        _unique_name(self.reading_list)
        found.delete()
        Membership.objects.create(
            reading_list=self.reading_list,
            user=self._owner,
            role=Role.EDITOR,
            added_at=timezone.now(),
        )
        self.items().update(shows_note=False)
        self._save("owner")
        self.access = Access.EDITOR

    def _member(self, pk: int) -> Membership:
        found = self.reading_list.memberships.select_related("user").filter(pk=pk).first()
        if found is None:
            raise NotHere("There is no such member.")
        return found

    def _lock(self) -> None:
        """Let nobody else change the items until the transaction ends."""
        ReadingList.objects.select_for_update().get(pk=self.reading_list.pk)

    def _save(self, *fields: str) -> None:
        self.reading_list.changed_at = timezone.now()
        self.reading_list.save(update_fields=[*fields, "changed_at"])


def _describe(reading_list: ReadingList, name: str, description: str) -> None:
    reading_list.name = " ".join(name.split())
    reading_list.description = description.strip()
    reading_list.description_html = markdown.render(reading_list.description)
    reading_list.changed_at = timezone.now()
    reading_list.clean_fields()
    _unique_name(reading_list)


def _unique_name(reading_list: ReadingList) -> None:
    """Save it. Raises ValidationError if its owner has another list of this name."""
    try:
        with transaction.atomic():
            reading_list.save()
    except IntegrityError:
        raise ValidationError({"name": f"There is a list “{reading_list.name}” already."}) from None
