"""What a person kept of the catalogue, searched and sorted: bookmarks and notes together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import CharField, F, QuerySet
from django.db.models.functions import Cast

from accounts.models import Bookmark, Dismissal, ListItem, Note, Status
from digest.batches import batches
from digest.models import Paper, PaperQuerySet
from digest.search import PaperKeys, Query, UnreadableTerm, among, parse
from digest.search.nodes import Node, Not, Words

from .base import Part
from .lists import open_to

_AT = Cast("added_at", CharField())
"""When a row was added, as text: it sorts the same, and thousands need not be read into times."""


_OF_A_TITLE = 200
"""Signs of a title that titles are sorted by, so that a place in a list fits into an address."""


class ShelfPlace(NamedTuple):
    """A paper's place in a list. at: its time, day or title, by which the list is sorted."""

    at: str
    paper: int


class Sort(StrEnum):
    """added: when it was kept, the last first. date: the paper's day, the newest first."""

    ADDED = "added"
    DATE = "date"
    TITLE = "title"


class Shelf(Part):
    """The papers that a person bookmarked or noted something on.

    However many there are, they are listed, searched and sorted in a fixed number of queries.
    """

    @cached_property
    def _bookmarks(self) -> dict[int, tuple[str, str]]:
        """Status and time of each paper that is bookmarked."""
        rows = Bookmark.objects.filter(user=self._user.pk)
        return {
            paper: (status, at) for paper, status, at in rows.values_list("paper", "status", _AT)
        }

    @cached_property
    def _notes(self) -> dict[int, str]:
        """The time of each paper's note."""
        return dict(Note.objects.filter(user=self._user.pk).values_list("paper", _AT))

    @property
    def tally(self) -> dict[str, int]:
        """How many papers there are of each status, in the order of reading, and "note"."""
        counted = Counter(status for status, _ in self._bookmarks.values())
        return {status: counted[status] for status in Status.values} | {"note": len(self._notes)}

    def parse(self, text: str) -> Query:
        """Read a query of the site's language, with the fields that only a library knows."""
        return parse(text, self._own_field)

    def find(self, query: Query, sort: Sort = Sort.ADDED) -> Found:
        """The papers that match, in order. A list that the query names is searched as a whole,
        with the papers that are not bookmarked."""
        found = self._bookmarks.keys() | self._notes.keys()
        if query.node.nodes:
            nodes = list(_within(query.node))
            texts = Note.objects.filter(user=self._user.pk).values_list("paper", "words")
            words = dict(texts) if any(isinstance(node, Words) for node in nodes) else {}
            named = [node.papers for node in nodes if isinstance(node, PaperKeys)]
            found = among(query, found.union(*named), words)
        return Found(self._sorted(found, sort))

    def bookmarked(self, found: Found, status: str = "") -> list[ShelfPlace]:
        """Those papers that are bookmarked, in their order; status: with this one."""
        bookmarks = self._bookmarks
        return [
            place
            for place in found.places
            if place.paper in bookmarks and status in ("", bookmarks[place.paper][0])
        ]

    def _sorted(self, papers: set[int], sort: Sort) -> list[ShelfPlace]:
        keys: dict[int, Any] = {}
        column = _AT if sort == Sort.ADDED else F(f"paper__{sort}")
        if sort == Sort.ADDED:
            keys = self._notes | {paper: at for paper, (_, at) in self._bookmarks.items()}
        else:
            for model in (Note, Bookmark):
                keys |= model.objects.filter(user=self._user.pk).values_list("paper", column)
        if papers - keys.keys():
            keys = dict(self._listed().values_list("paper", column)) | keys
            keys = dict(self._dismissed().values_list("paper", column)) | keys
        if sort == Sort.TITLE:
            return sorted(
                ShelfPlace(keys[paper].casefold()[:_OF_A_TITLE], paper) for paper in papers
            )
        return sorted((ShelfPlace(str(keys[paper]), paper) for paper in papers), reverse=True)

    def _listed(self) -> QuerySet[ListItem]:
        return ListItem.objects.filter(reading_list__in=open_to(self._user))

    def _dismissed(self) -> QuerySet[Dismissal]:
        return Dismissal.objects.filter(user=self._user.pk)

    def _own_field(self, field: str, value: str) -> PaperKeys:
        value = value.strip().casefold()
        match field:
            case "has":
                return PaperKeys(frozenset(self._notes))
            case "is":
                return PaperKeys(frozenset(self._of(value)))
        lists = open_to(self._user).filter(name__iexact=value)
        if not lists:
            raise UnreadableTerm("you have no list of this name")
        items = ListItem.objects.filter(reading_list__in=lists, paper__hidden=False)
        return PaperKeys(frozenset(items.values_list("paper", flat=True)))

    def _of(self, status: str) -> Iterable[int]:
        if status == "dismissed":
            return self._dismissed().values_list("paper", flat=True)
        if status == "unread":
            return [paper for paper, (now, _) in self._bookmarks.items() if now != Status.READ]
        if status in Status.values:
            return [paper for paper, (now, _) in self._bookmarks.items() if now == status]
        raise UnreadableTerm(f"is: takes unread, {', '.join(Status.values)}, dismissed")


def _within(node: Node) -> Iterator[Node]:
    """All nodes of a query."""
    yield node
    for inner in [node.node] if isinstance(node, Not) else getattr(node, "nodes", ()):
        yield from _within(inner)


class Found:
    """Papers in order: counted, sliced, walked from end to end.

    They come with all that a card shows, those of a slice excepted, whose cards may be cached.
    """

    def __init__(self, places: list[ShelfPlace]) -> None:
        self.places = places

    @property
    def count(self) -> int:
        return len(self.places)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, wanted: slice) -> list[Paper]:
        return _papers(self.places[wanted], Paper.objects.all())

    def __iter__(self) -> Iterator[Paper]:
        for some in batches(self.places):
            yield from _papers(some, Paper.objects.for_cards())


def _papers(places: list[ShelfPlace], fetched: PaperQuerySet) -> list[Paper]:
    papers = fetched.in_bulk([place.paper for place in places])
    return [papers[place.paper] for place in places if place.paper in papers]
