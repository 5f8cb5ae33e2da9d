"""The only door to what a person made: `Library(user)`, whose methods take no user.

    library = Library(request.user)
    library.bookmarks.add([paper.pk])
    library.notes.save(paper, "It *works*.", version=0)
    library.lists.open("3f9a01c2d4").add([paper.pk])

Nobody else's rows can be reached through it: what is not there for this person raises NotFound,
which a page answers with 404. A visitor who has not logged in has a library as well: an empty one,
which stores nothing and opens the lists that everybody may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db import connection

from accounts.models import Bookmark, Dismissal, Note, Status, User
from digest.models import Merge, Paper, PaperQuerySet
from digest.text.identity import arxiv_id

from .base import NotFound, accessible
from .bookmarks import Bookmarks
from .digests import Digests
from .feeds import Feeds
from .for_you import ForYou, Likely
from .lists import Access, OpenList, ReadingLists, Removed
from .mails import Mails
from .notes import Conflict, Notes
from .reports import Reports
from .searches import Searches
from .shelf import Shelf, Sort
from .webhooks import Webhooks
from .weekly_counts import WeeklyCounts

__all__ = [
    "Access",
    "Conflict",
    "Library",
    "Marks",
    "NotFound",
    "OpenList",
    "Removed",
    "Shelf",
    "Sort",
]


_MARKS = ((Bookmark, "status"), (Note, "'note'"), (Dismissal, "'dismissed'"))
"""The tables that know of marks, and what each row says."""


_BEST_OF = 500
"""New papers that the best are chosen from, at most: the newest."""


class Marks(NamedTuple):
    """What a person made of a paper: its reading status, or ""; and whether it has a note or is
    dismissed."""

    status: str = ""
    has_note: bool = False
    dismissed: bool = False

    @property
    def statuses(self) -> list[tuple[str, str]]:
        """The statuses to choose from, and what to call them."""
        return Status.choices

    def get_status_display(self) -> str:
        return str(Status(self.status).label) if self.status else ""


class Library:
    """A person's rows."""

    def __init__(self, user: User | AnonymousUser) -> None:
        self.user = user
        self.bookmarks = Bookmarks(user)
        self.notes = Notes(user)
        self.lists = ReadingLists(user)
        self.digests = Digests(user)
        self.reports = Reports(user)
        self.for_you = ForYou(user)
        self.weekly_counts = WeeklyCounts(user)
        self.searches = Searches(user)
        self.mails = Mails(user)
        self.feeds = Feeds(user)
        self.webhooks = Webhooks(user)

    @cached_property
    def shelf(self) -> Shelf:
        """All papers that are bookmarked or have a note, to search and sort."""
        return Shelf(self.user)

    def paper(self, name: str) -> Paper:
        """The paper with this name: its slug, or its arXiv id in any common form. Raises
        NotFound."""
        found = self.papers([name])
        if not found:
            raise NotFound("There is no such paper.")
        return found[name]

    def papers(self, names: Iterable[str]) -> dict[str, Paper]:
        """The accessible papers with these names (slugs or forms of an arXiv id), by name; names
        of no paper are left out. A paper that was merged is the one that it was merged into, unless
        the person has a row of the merged one itself."""
        # PostgreSQL takes no text with a NUL, and no paper has one in its name.
        slugs = {name: arxiv_id(name) or name for name in names if "\0" not in name}
        found = Paper.objects.in_bulk({*slugs.values()}, field_name="slug")
        if hidden := {slug for slug, paper in found.items() if paper.hidden}:
            own = self.accessible.in_bulk(hidden, field_name="slug")
            ends = Merge.ends(hidden - own.keys())
            into = Paper.objects.visible().in_bulk({*ends.values()}, field_name="slug")
            shown = {slug: into[end] for slug, end in ends.items() if end in into}
            found = {slug: found[slug] for slug in found.keys() - hidden} | own | shown
        return {name: found[slug] for name, slug in slugs.items() if slug in found}

    @property
    def accessible(self) -> PaperQuerySet:
        """The papers that the person may use."""
        return accessible(self.user)

    def best_new(self, most: int) -> list[tuple[int, Likely]]:
        """The keys of the papers that are new to the person and likely to matter, of the newest
        500 or so, the best first; those excepted that they bookmarked or dismissed. None where
        there is no model that is better than the order of the digests."""
        if not self.for_you.orders:
            return []
        days, number = [], 0
        for day, count in self.digests.new_by_day.items():
            if number >= _BEST_OF:
                break
            days.append(day)
            number += count
        keys = [key for _, key in self.digests.new_on(days)][:_BEST_OF]
        likely = self.for_you.likely(keys)
        marked = {key for key, mark in self.marks(keys).items() if mark.status or mark.dismissed}
        found = [(key, one) for key, one in likely.items() if one.value > 0 and key not in marked]
        return sorted(found, key=lambda row: (-row[1].value, -row[0]))[:most]

    def marks(self, papers: Iterable[int]) -> dict[int, Marks]:
        """What the person made of the papers with these keys, in one query."""
        papers = list(papers)
        if not self.user.pk or not papers:
            return {}
        # As SQL, for every list of papers asks for this, and the ORM's union takes longer to be
        # put together than to be answered.
        keys = ", ".join(["%s"] * len(papers))
        with connection.cursor() as cursor:
            cursor.execute(
                " UNION ALL ".join(
                    f"SELECT paper_id, {value} FROM {model._meta.db_table}"  # noqa: S608
                    f" WHERE user_id = %s AND paper_id IN ({keys})"
                    for model, value in _MARKS
                ),
                [self.user.pk, *papers] * len(_MARKS),
            )
            rows = cursor.fetchall()
        found: dict[int, Marks] = {}
        for paper, value in rows:
            mark = found.get(paper, Marks())
            match value:
                case "note":
                    found[paper] = mark._replace(has_note=True)
                case "dismissed":
                    found[paper] = mark._replace(dismissed=True)
                case status:
                    found[paper] = mark._replace(status=status)
        # Who bookmarks a paper wants to see it, whatever another tab said at the same time.
        return {
            paper: mark._replace(dismissed=mark.dismissed and not mark.status)
            for paper, mark in found.items()
        }
