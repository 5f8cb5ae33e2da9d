"""The papers of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts import markdown
from accounts.library.base import NotFound, accessible
from accounts.library.merges import homes
from accounts.models import ListItem, Note
from digest.models import Paper, PaperQuerySet

from . import positions
from .permissions import Access, AccessedList
from .texts import Text, one_line

MOST_ITEMS = 10_000
"""Papers of a list, at most."""


class Removed(NamedTuple):
    """A paper in a list, to restore it after its removal."""

    paper: int
    position: int
    section: str
    comment: str
    added_at: datetime


class Items(AccessedList):
    """A list's papers in order, under sections, with comments."""

    def items(self) -> QuerySet[ListItem]:
        """The items in order. Papers that the catalogue shows no longer are there for those who
        may take them out."""
        found = self.reading_list.items.order_by("position")
        return found if self.may_edit else found.filter(paper__hidden=False)

    def item(self, paper: int) -> tuple[int, ListItem]:
        """The place of a paper, from 1, and its item. Raises NotFound."""
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
        self._begin(Access.EDITOR)
        papers = list(papers)
        there = set(self.items().values_list("paper", flat=True))
        known = set(accessible(self._user).filter(pk__in=papers).values_list("pk", flat=True))
        new = [paper for paper in dict.fromkeys(papers) if paper in known - there]
        if len(there) + len(new) > MOST_ITEMS:
            raise ValidationError(f"A list has at most {MOST_ITEMS:,} papers.")
        # What was removed before is no part of what is put anew: a split must not bring it back.
        parts = ListItem.with_parts.filter(reading_list=self.reading_list, shown=None)
        parts.filter(paper__in=homes(*new)).delete()
        last = self.items().aggregate(last=Max("position"))["last"] or 0
        now = timezone.now()
        ListItem.objects.bulk_create(
            ListItem(
                reading_list=self.reading_list,
                paper_id=paper,
                position=last + positions.GAP * place,
                section=section,
                added_by=self._owner,
                added_at=now,
            )
            for place, paper in enumerate(new, start=1)
        )
        if new:
            self._save()
        return len(new)

    def undo_addition(self, added: Mapping[int, int]) -> None:
        """Undo `add`. added: the papers, each with its position. Those whose item was changed since
        stay."""
        found = self.items().filter(paper__in=added, section="", comment="", shows_note=False)
        there = found.values_list("paper", "position")
        self.remove(paper for paper, position in there if added[paper] == position)

    @transaction.atomic
    def remove(self, papers: Iterable[int]) -> list[Removed]:
        """Remove papers from the list. Their items are returned, for `undo_removal`."""
        self._begin(Access.EDITOR)
        found = list(self.items().filter(paper__in=list(papers)))
        removed = [
            Removed(item.paper_id, item.position, item.section, item.comment, item.added_at)
            for item in found
        ]
        if found:
            self.items().filter(pk__in=[item.pk for item in found]).delete()
            # If a split brings their parts back, no note is shown with them.
            parts = ListItem.with_parts.filter(
                reading_list=self.reading_list,
                paper__in=homes(*(item.paper_id for item in found)),
            )
            parts.filter(shown=None, shows_note=True).update(shows_note=False)
            self._save()
        return removed

    def undo_removal(self, removed: Iterable[Removed]) -> None:
        """Undo `remove`: each paper returns to its position, or after the item that is there now.
        A note is not shown with it again. Papers that are in the list already stay as they are.

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
                places = positions.after(self.reading_list, sorted(there.values()), places)
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

    @transaction.atomic
    def move(self, paper: int, to: int, section: str | None = None) -> ListItem:
        """Move a paper to a place, from 1; beyond the end is the end. Raises NotFound.

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
        sections = [item.section] if stays else []
        sections += [near.section for near in (before, after) if near]
        section = section if section in sections else sections[0]
        if stays and section == item.section:
            return item
        item.section = section
        if not stays:
            item.position = positions.between(before, after)
        item.save(update_fields=["position", "section"])
        self._save()
        return item

    def describe_item(self, paper: int, *, comment: str, section: str) -> None:
        """Set a paper's comment in the list, and the section under which it stands. If it comes
        from another, it is the last there. A new section begins where the paper is; if that would
        divide the one that it was taken from, it comes after that.

        Raises NotFound, ValidationError."""
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
        None stays as it is. Raises NotFound, ValidationError."""
        self.needs(Access.EDITOR)
        text = None if comment is None else Text.of(comment)
        with transaction.atomic():
            if text or section is not None:
                self._describe_item(paper, text, section)
            if to is not None:
                self.move(paper, to, section)
            if shows_note is not None:
                self.show_note(paper, shows_note)

    def _describe_item(self, paper: int, text: Text | None, section: str | None) -> None:
        self._begin(Access.EDITOR)
        item = self._item(paper)
        section = item.section if section is None else one_line(section)
        others = self.items().exclude(pk=item.pk)
        last = None
        if section != item.section:
            last = others.filter(section=section).last()
            if not last and self._is_within_section(item):
                last = others.filter(section=item.section).last()
        if last:
            after = others.filter(position__gt=last.position).first()
            item.position = positions.between(last, after)
        item.section = section
        if text:
            item.comment, item.comment_html = text
        item.clean_fields()
        item.save(update_fields=["comment", "comment_html", "position", "section"])
        self._save()

    def _is_within_section(self, item: ListItem) -> bool:
        """Whether items of its section are right before and right after it."""
        before = self.items().filter(position__lt=item.position).last()
        after = self.items().filter(position__gt=item.position).first()
        near = [one.section for one in (before, after) if one]
        return near == [item.section] * 2

    @transaction.atomic
    def show_note(self, paper: int, shown: bool) -> None:
        """Show the owner's own note on a paper to all who may read the list, or no longer."""
        self._begin(Access.OWNER)
        rows = ListItem.objects.filter(pk=self._item(paper).pk)
        if not shown:  # nor when papers that are merged now are split
            rows = ListItem.with_parts.filter(
                reading_list=self.reading_list, paper__in=homes(paper)
            )
        if rows.exclude(shows_note=shown).update(shows_note=shown):
            self._save()

    def _item(self, paper: int) -> ListItem:
        found = self.items().filter(paper=paper).first()
        if found is None:
            raise NotFound("This paper is not in the list.")
        return found
