"""A person's bookmarks, and the papers that they dismissed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Bookmark, Dismissal, Note, Status
from digest.models import Paper

from .base import Part, accessible


class SavedBookmark(NamedTuple):
    """A bookmark, to restore it: the key of its paper, its status, and when it was added."""

    paper: int
    status: str
    added_at: datetime


class Bookmarks(Part):
    """Papers are given by their keys; keys of no paper are passed over.

    A method that changes bookmarks returns those of its papers as they were before, for
    `undo_changes`, and nothing for a paper without a bookmark. Papers may be repeated.
    """

    def all(self) -> QuerySet[Bookmark]:
        """The bookmarks with their papers, the first one first."""
        found = Bookmark.objects.filter(user=self._user.pk).select_related("paper")
        return found.order_by("added_at", "pk")

    def of(self, papers: Iterable[int]) -> list[tuple[Bookmark, bool]]:
        """The bookmarks of the papers, in the order of these: with each, whether it has a note."""
        papers = list(papers)
        noted = Note.objects.filter(user=self._user.pk, paper=OuterRef("paper"))
        rows = self.all().filter(paper__in=papers).annotate(has_note=Exists(noted))
        found = {row.paper_id: (row, row.has_note) for row in rows}
        return [found[paper] for paper in papers if paper in found]

    def dismissed(self) -> QuerySet[Dismissal]:
        """The dismissals with their papers, the first one first."""
        found = Dismissal.objects.filter(user=self._user.pk).select_related("paper")
        return found.order_by("added_at", "pk")

    @transaction.atomic
    def add(
        self, papers: Iterable[int], status: str = "", now: datetime | None = None
    ) -> list[SavedBookmark]:
        """Bookmark the papers. status: to give all of them; else those that are bookmarked keep
        theirs, and the others are to read. now: when they are added."""
        there = self._there(papers)
        before = self._saved(there)
        now = now or timezone.now()
        Bookmark.objects.bulk_create(
            [
                Bookmark(
                    user=self._owner, paper_id=paper, status=status or Status.TO_READ, added_at=now
                )
                for paper in there
            ],
            ignore_conflicts=True,
        )
        if status:
            Bookmark.objects.filter(user=self._owner, paper__in=there).update(status=Status(status))
        Dismissal.objects.filter(user=self._owner, paper__in=there).delete()
        return before

    @transaction.atomic
    def undo_addition(
        self,
        papers: Iterable[int],
        before: Iterable[SavedBookmark],
        dismissed: Mapping[int, datetime],
        status: str,
        added_at: datetime,
    ) -> None:
        """Undo `add` with this status and time. What was changed since stays as it is. dismissed:
        the papers that were hidden, each with since when."""
        was = {one.paper: one.status for one in before}
        unchanged = Bookmark.objects.filter(user=self._owner, status=status or Status.TO_READ)
        new = [paper for paper in papers if paper not in was]
        unchanged.filter(paper__in=new, added_at=added_at).delete()
        for old in set(was.values()) if status else ():
            same = [paper for paper in was if was[paper] == old]
            unchanged.filter(paper__in=same).update(status=old)
        stay = Bookmark.objects.filter(user=self._owner, paper__in=dismissed)
        again = set(self._there(dismissed)).difference(stay.values_list("paper", flat=True))
        self.restore((), {paper: dismissed[paper] for paper in again})

    @transaction.atomic
    def remove(self, papers: Iterable[int]) -> list[SavedBookmark]:
        """Remove the bookmarks. Notes stay."""
        papers = list(papers)
        before = self._saved(papers)
        Bookmark.objects.filter(user=self._owner, paper__in=papers).delete()
        return before

    @transaction.atomic
    def dismiss(self, papers: Iterable[int]) -> list[SavedBookmark]:
        """Hide the papers from the person's lists, and remove their bookmarks."""
        there = self._there(papers)
        before = self.remove(there)
        now = timezone.now()
        Dismissal.objects.bulk_create(
            [Dismissal(user=self._owner, paper_id=paper, added_at=now) for paper in there],
            ignore_conflicts=True,
        )
        return before

    def show_again(self, papers: Iterable[int]) -> None:
        """Undo a dismissal."""
        Dismissal.objects.filter(user=self._owner, paper__in=list(papers)).delete()

    @transaction.atomic
    def undo_changes(self, papers: Iterable[int], before: Iterable[SavedBookmark]) -> None:
        """Make the bookmarks of the papers what they were before."""
        papers = list(papers)
        self.remove(papers)
        self.show_again(papers)
        there = set(Paper.objects.filter(pk__in=papers).values_list("pk", flat=True))
        self.restore((saved for saved in before if saved.paper in there), {})

    def restore(self, saved: Iterable[SavedBookmark], dismissed: Mapping[int, datetime]) -> None:
        """Add bookmarks and dismissals as they once were. What there is already stays as it is."""
        Bookmark.objects.bulk_create(
            [
                Bookmark(
                    user=self._owner,
                    paper_id=paper,
                    status=Status(status),
                    added_at=added_at,
                )
                for paper, status, added_at in saved
            ],
            ignore_conflicts=True,
        )
        Dismissal.objects.bulk_create(
            [
                Dismissal(user=self._owner, paper_id=paper, added_at=added_at)
                for paper, added_at in dismissed.items()
            ],
            ignore_conflicts=True,
        )

    def _there(self, papers: Iterable[int]) -> list[int]:
        found = accessible(self._user).filter(pk__in=list(papers))
        return list(found.values_list("pk", flat=True))

    def _saved(self, papers: Iterable[int]) -> list[SavedBookmark]:
        rows = Bookmark.objects.filter(user=self._owner, paper__in=list(papers))
        return [SavedBookmark(*row) for row in rows.values_list("paper", "status", "added_at")]
