"""Reading lists: a person's own, those that they are a member of, and those open to everybody."""

from __future__ import annotations

import secrets
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import markdown
from accounts.models import (
    Followed,
    Invitation,
    ListItem,
    Membership,
    Note,
    ReadingList,
    Role,
    SentMail,
    User,
    Visibility,
)
from digest.models import Paper, PaperQuerySet
from digest.text.markup import clean

from .base import NotHere, Part, at_hand, edited_by

MOST_ITEMS = 10_000
"""Papers of a list, at most."""
MOST_INVITED = 50
"""Invitations of a list that wait for an answer, at most."""
MOST_RESTORED = 10_000
"""Items that are restored at once: others wait while they are written."""
MOST_RENDERED = 1_000_000
"""Characters of what is said in lists that are restored at once: some seconds of work."""
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
    """What a list said of a paper, apart from its place."""

    paper: int
    section: str
    comment: str
    added_at: datetime


class Brought(NamedTuple):
    """A list as it once was."""

    name: str
    description: str
    added_at: datetime
    items: list[Item]


class Prepared(NamedTuple):
    """What `prepare` made of lists. joined: those of the person's that get items; whole: how many
    are restored, with those that are here whole; full: there is more than one import may hold."""

    new: list[ReadingList]
    joined: list[ReadingList]
    items: list[ListItem]
    whole: int
    problems: list[str]
    full: bool


_ROLES = {Role.VIEWER: Access.VIEWER, Role.EDITOR: Access.EDITOR}


def open_to(user: User | AnonymousUser) -> QuerySet[ReadingList]:
    """The lists that are a person's own, or that they are a member of."""
    shared = Membership.objects.filter(user=user.pk).values("reading_list")
    return ReadingList.objects.filter(
        Q(owner=user.pk) | Q(pk__in=shared) & ~Q(visibility=Visibility.PRIVATE)
    )


def _names(user: User) -> list[str]:
    """What an invitation may call a person: their user name, and addresses that are confirmed.

    A user name with an @ is none of these: it would take what was sent to somebody's address.
    """
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    names = [] if "@" in user.username else [user.username]
    return [name.lower() for name in (*names, *addresses.values_list("email", flat=True))]


def _access(user: User | AnonymousUser, found: ReadingList, secret: str = "") -> Access | None:
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


def name_or_address(invitee: str) -> None:
    """Raises ValidationError if what has an @ is no address: mail could not be sent there."""
    if "@" in invitee:
        validate_email(invitee)


class ReadingLists(Part):
    """The lists that a person has to do with."""

    def mine(self) -> QuerySet[ReadingList]:
        """The person's own and those that they are a member of, by name, with `items_count`."""
        shown = Q(items__paper__hidden=False) | edited_by(self._user)
        found = open_to(self._user).select_related("owner")
        found = found.annotate(items_count=Count("items", filter=shown))
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
        """Those of the person's lists that the paper is in, by name."""
        items = ListItem.objects.filter(paper=paper)
        return (
            open_to(self._user)
            .filter(pk__in=items.values("reading_list"))
            .order_by(Lower("name"), "pk")
        )

    def create(self, name: str, description: str = "", visibility: str = "") -> ReadingList:
        """A new list. Raises ValidationError if there is one of this name, or it cannot be."""
        made = self._new(name, _Text.of(description), visibility or Visibility.PRIVATE)
        _unique_name(made)
        return made

    def _new(self, name: str, description: _Text, visibility: str) -> ReadingList:
        """A list to be saved. Raises ValidationError if it cannot be."""
        made = ReadingList(
            owner=self._owner,
            slug=secrets.token_hex(5),
            secret=secrets.token_urlsafe(16),
            visibility=visibility,
            added_at=timezone.now(),
        )
        _describe(made, name, description)
        return made

    def prepare(self, brought: Sequence[Brought]) -> Prepared:
        """Render and check what is to be restored, so that `restore` only has to write.

        A list of a name that there is already is joined: what it says of itself and of the papers
        in it stays, and the others come at its end. A new one is private.
        """
        names = _folded([_one_line(one.name) for one in brought])
        owned = self.owned().annotate(
            folded=Lower("name"), count=Count("items"), last=Max("items__position")
        )
        ends = {
            found.folded: _End(found, found.count, found.last or 0, set())
            for found in owned.filter(folded__in=names)
        }
        prepared = Prepared([], [], [], 0, [], False)
        new, joined, items, count, problems, full = prepared
        rendered = 0
        for one, name in zip(brought, names, strict=True):
            try:
                if not (end := ends.get(name)):
                    rendered += len(one.description)
                    if full := rendered > MOST_RENDERED:
                        break
                    made = self._new(one.name, _Text.of(one.description), Visibility.PRIVATE)
                    made.added_at = one.added_at
                    end = _End(made, 0, 0, set())
                more = end.missing(one.items)
                room = MOST_RESTORED - len(items)
                some: list[ListItem] = []
                for item in more[:room]:
                    rendered += len(item.comment)
                    if full := rendered > MOST_RENDERED:
                        break
                    some.append(end.item(item, self._owner, len(some) + 1))
            except ValidationError as error:
                problems.append(f"{one.name}: {' '.join(error.messages)}")
                continue
            if name not in ends:
                new.append(end.reading_list)
                ends[name] = end
            elif some and end.reading_list.pk and not end.papers:
                joined.append(end.reading_list)
            end.grow(some)
            items += some
            count += 1
            if full := full or len(more) > room:
                break
        return prepared._replace(whole=count, full=full)

    @transaction.atomic
    def restore(self, prepared: Prepared) -> None:
        """Write what was prepared. Raises ValidationError if a list was changed meanwhile."""
        there = self.owned().filter(pk__in=[found.pk for found in prepared.joined])
        now = dict(there.select_for_update().values_list("pk", "changed_at"))
        if now != {found.pk: found.changed_at for found in prepared.joined}:
            raise ValidationError("A list was changed while the export was read. Import it again.")
        ReadingList.objects.bulk_create(prepared.new)
        ListItem.objects.bulk_create(prepared.items)
        there.update(changed_at=timezone.now())

    def open(self, slug: str, secret: str = "") -> OpenList:
        """The list with this slug, as far as it is open to the person. Raises NotHere.

        secret: what the secret link says.
        """
        return self._open(ReadingList.objects.filter(slug=slug), secret)

    def by_secret(self, secret: str) -> OpenList:
        """The list that a secret link leads to. Raises NotHere."""
        return self._open(ReadingList.objects.filter(secret=secret), secret)

    def _open(self, lists: QuerySet[ReadingList], secret: str) -> OpenList:
        found = lists.select_related("owner").first()
        access = _access(self._user, found, secret) if found else None
        if not found or not access:
            raise NotHere("There is no such reading list.")
        return OpenList(self._user, found, access)

    # Invitations to the person

    def invitations(self) -> QuerySet[Invitation]:
        """Lists that others ask the person to come to."""
        if not isinstance(self._user, User):
            return Invitation.objects.none()
        found = Invitation.objects.select_related("reading_list__owner").alias(
            asked=Lower("invitee")
        )
        return (
            found.filter(asked__in=_names(self._user))
            .exclude(reading_list__visibility=Visibility.PRIVATE)
            .order_by("-added_at", "pk")
        )

    @transaction.atomic
    def accept(self, invitation: int) -> ReadingList:
        """Become a member. Raises NotHere."""
        reading_list = self._invitation(invitation).reading_list
        _lock(reading_list)
        found = self._invitation(invitation)  # the owner may have taken it back in between
        if reading_list.owner_id != self._owner.pk:
            Membership.objects.update_or_create(
                reading_list=reading_list,
                user=self._owner,
                defaults={"role": found.role},
                create_defaults={"role": found.role, "added_at": timezone.now()},
            )
        # Whoever was asked by name and by address has answered both.
        Invitation.objects.filter(
            pk__in=[i.pk for i in self.invitations() if i.reading_list_id == reading_list.pk]
        ).delete()
        self._answered()
        return reading_list

    @transaction.atomic
    def decline(self, invitation: int) -> None:
        self._invitation(invitation).delete()
        self._answered()

    def _answered(self) -> None:
        """The person may be written to again."""
        mine = [SentMail.hashed(name) for name in _names(self._owner)]
        SentMail.objects.filter(address__in=mine).delete()

    def decline_all(self) -> None:
        """Take back all invitations to the person, of lists that are private just now, too. They
        name people in words, and would let in whoever takes the name next."""
        found = Invitation.objects.alias(asked=Lower("invitee"))
        found.filter(asked__in=_names(self._owner)).delete()

    def _invitation(self, pk: int) -> Invitation:
        found = self.invitations().filter(pk=pk).first()
        if found is None:
            raise NotHere("There is no such invitation.")
        return found


class Removed(NamedTuple):
    """What a paper was in a list, to bring it back."""

    paper: int
    position: int
    section: str
    comment: str
    added_at: datetime


class OpenList(Part):
    """A list, as far as it is open to one person.

    What they may not do raises NotHere, as if there were no such list; what they were let do when
    it was opened is looked up again before anything is written. access: what they may do.
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
    def is_member(self) -> bool:
        """Whether the list is theirs, or shared with them by name."""
        return self.access >= Access.VIEWER

    @property
    def may_edit(self) -> bool:
        return self.access >= Access.EDITOR

    @property
    def is_owner(self) -> bool:
        return self.access == Access.OWNER

    # The papers

    def items(self) -> QuerySet[ListItem]:
        """The items in order. Papers that the catalogue shows no longer are there for those who
        may take them out."""
        found = self.reading_list.items.order_by("position")
        return found if self.may_edit else found.filter(paper__hidden=False)

    def item(self, paper: int) -> tuple[int, ListItem]:
        """The place of a paper, from 1, and what the list says of it. Raises NotHere."""
        found = self._item(paper)
        return self.items().filter(position__lte=found.position).count(), found

    def papers(self) -> PaperQuerySet:
        """The papers in order."""
        place = self.items().filter(paper=OuterRef("pk")).values("position")
        return Paper.objects.filter(pk__in=self.items().values("paper")).order_by(Subquery(place))

    def newest(self) -> QuerySet[ListItem]:
        """The items, those that were added last first."""
        return self.items().order_by("-added_at", "-pk")

    def shown_changed_at(self) -> datetime:
        """When the list or what it shows of a paper changed last. One that the catalogue shows no
        longer changed when it was hidden."""
        papers = self.reading_list.items.aggregate(newest=Max("paper__changed_at"))["newest"]
        return max(self.reading_list.changed_at, papers or self.reading_list.changed_at)

    def sections(self) -> list[str]:
        """The names of its sections, the first hundred by name."""
        named = self.reading_list.items.exclude(section="").order_by("section")
        return list(named.values_list("section", flat=True).distinct()[:100])

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
        return self._add(at_hand(self._user), papers, section)

    def _add(self, among: PaperQuerySet, papers: Iterable[int], section: str) -> int:
        self._begin(Access.EDITOR)
        papers = list(papers)
        there = set(self.items().values_list("paper", flat=True))
        known = set(among.filter(pk__in=papers).values_list("pk", flat=True))
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
        if new:
            self._save()
        return len(new)

    @transaction.atomic
    def remove(self, papers: Iterable[int]) -> list[Removed]:
        """Take papers out. What they were in the list is returned, for `put_back`."""
        self._begin(Access.EDITOR)
        gone = list(self.items().filter(paper__in=list(papers)))
        removed = [
            Removed(item.paper_id, item.position, item.section, item.comment, item.added_at)
            for item in gone
        ]
        if gone:
            self.items().filter(pk__in=[item.pk for item in gone]).delete()
            self._save()
        return removed

    def put_back(self, removed: Iterable[Removed]) -> None:
        """Undo `remove`: each paper comes where it was, or after what stands there now. A note is
        not shown with it again. Papers that are in the list already stay as they are.

        Raises ValidationError if the list would have more than MOST_ITEMS.
        """
        rows = sorted(removed, key=lambda was: was.position)
        html = {was.paper: markdown.render(was.comment) for was in rows}
        with transaction.atomic():
            self._begin(Access.EDITOR)
            there = dict(self.items().values_list("paper", "position"))
            papers = Paper.objects.filter(pk__in=html.keys() - there.keys())
            known = set(papers.values_list("pk", flat=True))
            rows = [was for was in rows if was.paper in known]
            if not rows:
                return
            if len(there) + len(rows) > MOST_ITEMS:
                raise ValidationError(f"A list has at most {MOST_ITEMS:,} papers.")
            places = [was.position for was in rows]
            if not set(places).isdisjoint(there.values()):
                places = self._after(sorted(there.values()), places)
            ListItem.objects.bulk_create(
                ListItem(
                    reading_list=self.reading_list,
                    paper_id=was.paper,
                    position=place,
                    section=was.section,
                    comment=was.comment,
                    comment_html=html[was.paper],
                    added_by=self._owner,
                    added_at=was.added_at,
                )
                for was, place in zip(rows, places, strict=True)
            )
            self._save()

    def _after(self, taken: list[int], places: list[int]) -> list[int]:
        """Free positions after those that are taken up to each of the places; both in order."""
        self._respace()
        ranks = [bisect_right(taken, place) for place in places]
        first = taken[-1]
        return [
            first + rank * _GAP + (at - ranks.index(rank) + 1) * _GAP // (ranks.count(rank) + 1)
            for at, rank in enumerate(ranks)
        ]

    @transaction.atomic
    def move(self, paper: int, to: int, section: str | None = None) -> ListItem:
        """Move a paper to a place, from 1; beyond the end is the end. Raises NotHere.

        section: which of those that meet there it comes under. By default it stays under its own
        where it stays in its place, and else comes under that of the paper before it, or after it.
        """
        self._begin(Access.EDITOR)
        item = self._item(paper)
        others = self.items().exclude(pk=item.pk)
        at = max(to, 1) - 1
        if at:
            before, after = [*others[at - 1 : at + 1], None, None][:2]
            before = before or others.last()
        else:
            before, after = None, others.first()
        stays = (before is None or before.position < item.position) and (
            after is None or item.position < after.position
        )
        here = [item.section] if stays else []
        here += [near.section for near in (before, after) if near]
        section = section if section in here else here[0]
        if stays and section == item.section:
            return item
        item.section = section
        if not stays:
            item.position = self._between(before, after)
        item.save(update_fields=["position", "section"])
        self._save()
        return item

    def _near(self, position: int, others: QuerySet[ListItem]) -> int:
        """A position among the others: after those up to this one."""
        after = others.filter(position__gt=position).first()
        return self._between(others.filter(position__lte=position).last(), after)

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

    def describe_item(self, paper: int, *, comment: str, section: str) -> None:
        """Say something of a paper in the list, and under which section it stands. If it comes from
        another, it is the last there; a new section comes after the one that it was taken from, so
        that none is divided. Raises NotHere, ValidationError."""
        self.change_item(paper, comment=comment, section=section)

    def change_item(
        self,
        paper: int,
        *,
        comment: str | None = None,
        section: str | None = None,
        to: int | None = None,
        shows_note: bool | None = None,
    ) -> None:
        """Do at once what `describe_item`, `move` and `show_note` do, or nothing of it. What is
        None stays as it is. Raises NotHere, ValidationError."""
        self.needs(Access.EDITOR)
        said = None if comment is None else _Text.of(comment)
        with transaction.atomic():
            if said or section is not None:
                self._describe_item(paper, said, section)
            if to is not None:
                self.move(paper, to, section)
            if shows_note is not None:
                self.show_note(paper, shows_note)

    def _describe_item(self, paper: int, said: _Text | None, section: str | None) -> None:
        self._begin(Access.EDITOR)
        item = self._item(paper)
        section = item.section if section is None else _one_line(section)
        others = self.items().exclude(pk=item.pk)
        if section != item.section and (
            last := others.filter(section=section).last()
            or others.filter(section=item.section).last()
        ):
            after = others.filter(position__gt=last.position).first()
            item.position = self._between(last, after)
        item.section = section
        if said:
            item.comment, item.comment_html = said
        item.clean_fields()
        item.save(update_fields=["comment", "comment_html", "position", "section"])
        self._save()

    @transaction.atomic
    def show_note(self, paper: int, shown: bool) -> None:
        """Show the owner's own note on a paper to all who may read the list, or no longer."""
        self._begin(Access.OWNER)
        if (
            self.items()
            .filter(pk=self._item(paper).pk)
            .exclude(shows_note=shown)
            .update(shows_note=shown)
        ):
            self._save()

    def _item(self, paper: int) -> ListItem:
        found = self.items().filter(paper=paper).first()
        if found is None:
            raise NotHere("This paper is not in the list.")
        return found

    # The list itself

    def describe(
        self, name: str | None = None, description: str | None = None, visibility: str | None = None
    ) -> None:
        """Change what the list says of itself and who sees it. What is None stays as it is.

        Raises ValidationError if the person has another list of this name, or it cannot be.
        """
        self.needs(Access.OWNER)
        said = None if description is None else _Text.of(description)
        with transaction.atomic():
            self._begin(Access.OWNER)
            if visibility is not None:
                self.reading_list.visibility = Visibility(visibility)
            _describe(self.reading_list, name, said)
            _unique_name(self.reading_list)

    @transaction.atomic
    def show_to(self, visibility: str) -> None:
        self._begin(Access.OWNER)
        self.reading_list.visibility = Visibility(visibility)
        self._save("visibility")

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
        members'. The same again changes the role.

        Raises ValidationError if it is no name, or MOST_INVITED have not answered yet.
        """
        self._begin(Access.OWNER)
        # In small letters already, since databases do not agree on what those of others are.
        invitee = _one_line(invitee).lower()
        name_or_address(invitee)
        invitations = self.reading_list.invitations
        asked = invitations.filter(invitee=invitee).first()
        if asked is None and invitations.count() >= MOST_INVITED:
            raise ValidationError(
                {
                    "invitee": f"{MOST_INVITED} invitations wait for an answer, the most that a"
                    " list may have. Cancel some first."
                }
            )
        asked = asked or Invitation(
            reading_list=self.reading_list, invitee=invitee, added_at=timezone.now()
        )
        asked.role = Role(role)
        asked.full_clean(exclude=["reading_list"], validate_constraints=False)
        asked.save()
        if self.reading_list.visibility == Visibility.PRIVATE:
            self.show_to(Visibility.MEMBERS)
        return asked

    def address(self, invitation: Invitation) -> str:
        """Where to write to the person, or "" if there is none. It is not for showing: who is asked
        by name has not told the owner their address."""
        self.needs(Access.OWNER)
        if "@" in invitation.invitee:
            return invitation.invitee
        addresses = EmailAddress.objects.filter(
            user__username__iexact=invitation.invitee, verified=True
        )
        found = addresses.order_by("-primary", "pk").values_list("email", flat=True).first()
        return found or ""

    @transaction.atomic
    def uninvite(self, invitation: int) -> None:
        self._begin(Access.OWNER)
        self.reading_list.invitations.filter(pk=invitation).delete()

    @transaction.atomic
    def set_role(self, member: int, role: str) -> None:
        """member: the key of a membership."""
        self._begin(Access.OWNER)
        self.member(member)
        self.reading_list.memberships.filter(pk=member).update(role=Role(role))

    @transaction.atomic
    def dismiss_member(self, member: int) -> None:
        self._begin(Access.OWNER)
        self.member(member).delete()

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
        self._begin(Access.OWNER)
        found = self.member(member)
        self.reading_list.owner = found.user
        _unique_name(self.reading_list)
        found.delete()
        Membership.objects.create(
            reading_list=self.reading_list,
            user=self._owner,
            role=Role.EDITOR,
            added_at=timezone.now(),
        )
        Followed.objects.filter(
            Q(key__in=self.items().values("pk"))
            | Q(row__row__reading_list_id=self.reading_list.pk),
            model="listitem",
        ).update(user=found.user)
        self.items().update(shows_note=False)
        self._save()
        self.access = Access.EDITOR

    def member(self, pk: int) -> Membership:
        """Raises NotHere."""
        self.needs(Access.VIEWER)
        found = self.reading_list.memberships.select_related("user").filter(pk=pk).first()
        if found is None:
            raise NotHere("There is no such member.")
        return found

    def _begin(self, access: Access) -> None:
        """Let nobody else change the list until the transaction ends. Raises NotHere unless the
        person may do so much, and still may."""
        self.needs(access)
        _lock(self.reading_list)
        if (_access(self._user, self.reading_list) or 0) < access:
            raise NotHere("There is no such reading list.")

    def _save(self, *fields: str) -> None:
        self.reading_list.changed_at = timezone.now()
        self.reading_list.save(update_fields=[*fields, "changed_at"])


def place_near(reading_list: ReadingList, position: int) -> int:
    """A free position in a list: this one, else one after what stands there."""
    opened = OpenList(reading_list.owner, reading_list, Access.OWNER)
    if not opened.items().filter(position=position).exists():
        return position
    return opened._near(position, opened.items())


def _lock(reading_list: ReadingList) -> None:
    """Read a list anew, and let nobody else change it until the transaction ends. Raises NotHere
    if it is gone."""
    try:
        reading_list.refresh_from_db(from_queryset=ReadingList.objects.select_for_update())
    except ReadingList.DoesNotExist:
        raise NotHere("There is no such reading list.") from None


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _block(text: str) -> str:
    return clean(text).strip()


def _folded(names: Sequence[str]) -> list[str]:
    """The names as the database compares them, in their order."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for start in range(0, len(names), 500):
            some = names[start : start + 500]
            cursor.execute(f"SELECT {', '.join(['lower(CAST(%s AS text))'] * len(some))}", some)
            found += cursor.fetchone()
    return found


@dataclass
class _End:
    """Where items are put to the end of a list: how many it has, the position of the last, and
    which papers it was given."""

    reading_list: ReadingList
    count: int
    last: int
    papers: set[int]

    def missing(self, items: Iterable[Item]) -> list[Item]:
        """Those whose papers are not in the list. Raises ValidationError if they are too many."""
        found = {item.paper: item for item in items}
        there = set(self.papers)
        if self.reading_list.pk:
            rows = ListItem.objects.filter(reading_list=self.reading_list, paper__in=found)
            there |= set(rows.values_list("paper", flat=True))
        more = [item for paper, item in found.items() if paper not in there]
        if self.count + len(more) > MOST_ITEMS:
            raise ValidationError(f"A list has at most {MOST_ITEMS:,} papers.")
        return more

    def item(self, given: Item, person: User, place: int) -> ListItem:
        """To be saved at a place after the last, from 1. Raises ValidationError if it cannot be."""
        comment, html = _Text.of(given.comment)
        item = ListItem(
            reading_list=self.reading_list,
            paper_id=given.paper,
            position=self.last + _GAP * place,
            section=_one_line(given.section),
            comment=comment,
            comment_html=html,
            added_by=person,
            added_at=given.added_at,
        )
        item.clean_fields(exclude=("reading_list", "paper", "added_by"))  # they are there
        return item

    def grow(self, items: Sequence[ListItem]) -> None:
        self.count += len(items)
        self.last += _GAP * len(items)
        self.papers.update(item.paper_id for item in items)


class _Text(NamedTuple):
    """What a list says in Markdown, and as HTML: to be made before a transaction begins."""

    text: str
    html: str

    @classmethod
    def of(cls, given: str) -> _Text:
        text = _block(given)
        return cls(text, markdown.render(text) if text else "")


def _describe(reading_list: ReadingList, name: str | None, description: _Text | None) -> None:
    if name is not None:
        reading_list.name = _one_line(name)
    if not any(char.isprintable() and char != " " for char in reading_list.name):
        raise ValidationError({"name": "Give the list a name with visible characters."})
    if description:
        reading_list.description, reading_list.description_html = description
    reading_list.changed_at = timezone.now()
    reading_list.clean_fields(exclude=("owner",))  # the person themselves


def _unique_name(reading_list: ReadingList) -> None:
    """Save it. Raises ValidationError if its owner has another list of this name."""
    try:
        with transaction.atomic():
            reading_list.save()
    except IntegrityError:
        raise ValidationError({"name": f"There is a list “{reading_list.name}” already."}) from None
