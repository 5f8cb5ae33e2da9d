"""Lists that are restored from an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.library.base import Part
from accounts.models import ListItem, ReadingList, User, Visibility
from digest.batches import batches

from . import items as list_items
from .positions import GAP
from .texts import Text, new_list, one_line

MOST_RESTORED = 10_000
"""Items that are restored at once: others wait while they are written."""
MOST_RENDERED = 1_000_000
"""Characters of the texts of lists that are restored at once: some seconds of work."""


class ImportedItem(NamedTuple):
    """A paper in a list of an export, without its place."""

    paper: int
    section: str
    comment: str
    added_at: datetime


class ImportedList(NamedTuple):
    """A list of an export."""

    name: str
    description: str
    added_at: datetime
    items: list[ImportedItem]


class PreparedLists(NamedTuple):
    """What `prepare` made of lists. joined: those of the person's that get items; restored: how
    many, with those that need no change; full: there is more than one import may contain."""

    new: list[ReadingList]
    joined: list[ReadingList]
    items: list[ListItem]
    restored: int
    problems: list[str]
    full: bool


class Imports(Part):
    """Lists of an export, which are added to the person's own."""

    def prepare(self, imported: Sequence[ImportedList]) -> PreparedLists:
        """Render and check what is to be restored, so that `restore` only has to write.

        Where the person has a list of the same name, its description and items stay, and other
        papers are added at its end. A new list is private.
        """
        names = _folded([one_line(one.name) for one in imported])
        owned = self._own().annotate(
            folded=Lower("name"),
            count=Count("items", filter=Q(items__shown=True)),
            last=Max("items__position"),
        )
        appenders = {
            found.folded: _Appender(found, found.count, found.last or 0, set())
            for found in owned.filter(folded__in=names)
        }
        prepared = PreparedLists([], [], [], 0, [], False)
        new, joined, items, count, problems, full = prepared
        rendered = 0
        for one, name in zip(imported, names, strict=True):
            try:
                if not (appender := appenders.get(name)):
                    rendered += len(one.description)
                    if full := rendered > MOST_RENDERED:
                        break
                    created = new_list(
                        self._owner, one.name, Text.of(one.description), Visibility.PRIVATE
                    )
                    created.added_at = one.added_at
                    appender = _Appender(created, 0, 0, set())
                more = appender.missing(one.items)
                room = MOST_RESTORED - len(items)
                some: list[ListItem] = []
                for item in more[:room]:
                    rendered += len(item.comment)
                    if full := rendered > MOST_RENDERED:
                        break
                    some.append(appender.item(item, self._owner, len(some) + 1))
            except ValidationError as error:
                problems.append(f"{one.name}: {' '.join(error.messages)}")
                continue
            if name not in appenders:
                new.append(appender.reading_list)
                appenders[name] = appender
            elif some and appender.reading_list.pk and not appender.papers:
                joined.append(appender.reading_list)
            appender.grow(some)
            items += some
            count += 1
            if full := full or len(more) > room:
                break
        return prepared._replace(restored=count, full=full)

    def _own(self) -> QuerySet[ReadingList]:
        return ReadingList.objects.filter(owner=self._owner)

    @transaction.atomic
    def restore(self, prepared: PreparedLists) -> None:
        """Write what was prepared. Raises ValidationError if a list was changed meanwhile."""
        there = self._own().filter(pk__in=[found.pk for found in prepared.joined])
        now = dict(there.select_for_update().values_list("pk", "changed_at"))
        if now != {found.pk: found.changed_at for found in prepared.joined}:
            raise ValidationError("A list was changed while the export was read. Import it again.")
        ReadingList.objects.bulk_create(prepared.new)
        ListItem.objects.bulk_create(prepared.items)
        there.update(changed_at=timezone.now())

    @transaction.atomic
    def undo_restore(self, made: Mapping[int, datetime], items: Mapping[int, int]) -> None:
        """Undo `restore`. made: keys of the lists that were made, each with when it changed last.
        items: keys of items, each with its position. What was changed since stays as it is, and so
        does a list with anything else in it."""
        lists = self._own().filter(
            pk__in=made, visibility=Visibility.PRIVATE, memberships=None, invitations=None
        )
        found = lists.select_for_update(of=("self",)).only("changed_at")
        same = [one.pk for one in found if one.changed_at == made[one.pk]]
        self._own().filter(pk__in=same).delete()
        own = ListItem.objects.filter(
            reading_list__owner=self._owner, section="", comment="", shows_note=False
        )
        there = own.filter(pk__in=items).values_list("pk", "position", "reading_list")
        unchanged = {key: owner for key, position, owner in there if position == items[key]}
        own.filter(pk__in=unchanged).delete()
        touched = self._own().filter(pk__in={*unchanged.values()})
        touched.update(changed_at=timezone.now())


def _folded(names: Sequence[str]) -> list[str]:
    """The names as the database compares them, in their order."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for some in batches(names):
            cursor.execute(f"SELECT {', '.join(['lower(CAST(%s AS text))'] * len(some))}", some)
            found += cursor.fetchone()
    return found


@dataclass
class _Appender:
    """Adds items at the end of a list. count: how many items it has. last: the position of the last
    one. papers: those added by the import."""

    reading_list: ReadingList
    count: int
    last: int
    papers: set[int]

    def missing(self, items: Iterable[ImportedItem]) -> list[ImportedItem]:
        """Those whose papers are not in the list. Raises ValidationError if they are too many."""
        found = {item.paper: item for item in items}
        there = set(self.papers)
        if self.reading_list.pk:
            rows = ListItem.objects.filter(reading_list=self.reading_list, paper__in=found)
            there |= set(rows.values_list("paper", flat=True))
        more = [item for paper, item in found.items() if paper not in there]
        if self.count + len(more) > list_items.MOST_ITEMS:
            raise ValidationError(f"A list has at most {list_items.MOST_ITEMS:,} papers.")
        return more

    def item(self, imported: ImportedItem, person: User, place: int) -> ListItem:
        """To be saved at a place after the last, from 1. Raises ValidationError if it cannot be."""
        comment, html = Text.of(imported.comment)
        item = ListItem(
            reading_list=self.reading_list,
            paper_id=imported.paper,
            position=self.last + GAP * place,
            section=one_line(imported.section),
            comment=comment,
            comment_html=html,
            added_by=person,
            added_at=imported.added_at,
        )
        item.clean_fields(exclude=("reading_list", "paper", "added_by"))  # they are there
        return item

    def grow(self, items: Sequence[ListItem]) -> None:
        self.count += len(items)
        self.last += GAP * len(items)
        self.papers.update(item.paper_id for item in items)
