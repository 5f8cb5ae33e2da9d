"""What a person kept of the catalogue, searched and sorted: bookmarks and notes together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import Any

from accounts.models import Bookmark, Dismissal, ListItem, Note, Status
from digest.models import Paper
from digest.search import Query, These, Unreadable, among, parse
from digest.search.query import Node, Not

from .base import Part
from .lists import open_to

_CHUNK = 500


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
    def statuses(self) -> dict[int, str]:
        """The reading status of each paper that is bookmarked."""
        return dict(Bookmark.objects.filter(user=self._user.pk).values_list("paper", "status"))

    @cached_property
    def noted(self) -> dict[int, str]:
        """The words of each paper's note, as the search folds them."""
        return dict(Note.objects.filter(user=self._user.pk).values_list("paper", "words"))

    @property
    def tally(self) -> dict[str, int]:
        """How many papers there are of each status, in the order of reading."""
        counted = Counter(self.statuses.values())
        return {status: counted[status] for status in Status.values}

    def parse(self, text: str) -> Query:
        """Read a query of the site's language, with the fields that only a library knows."""
        return parse(text, self._mine)

    def find(self, query: Query, sort: Sort = Sort.ADDED) -> Found:
        """The papers that match, in order. A list that the query names is searched as a whole,
        with the papers that are not bookmarked."""
        found = self.statuses.keys() | self.noted.keys()
        if query.node.nodes:
            found = among(query, found.union(*_named(query.node)), self.noted)
        return Found(self._sorted(found, sort))

    def _sorted(self, papers: set[int], sort: Sort) -> list[int]:
        column = {Sort.ADDED: "added_at", Sort.DATE: "paper__date", Sort.TITLE: "paper__title"}[
            sort
        ]
        known: dict[int, Any] = {}
        for rows in (
            ListItem.objects.filter(
                reading_list__in=open_to(self._user), paper__in=self._apart(papers)
            ),
            Dismissal.objects.filter(user=self._user.pk),
            Note.objects.filter(user=self._user.pk),
            Bookmark.objects.filter(user=self._user.pk),
        ):
            known.update(rows.values_list("paper", column))
        if sort == Sort.TITLE:
            return sorted(papers, key=lambda paper: (known[paper].casefold(), paper))
        return sorted(papers, key=lambda paper: (known[paper], paper), reverse=True)

    def _apart(self, papers: set[int]) -> set[int]:
        """Those that are neither bookmarked nor noted on, but in a list."""
        return papers - self.statuses.keys() - self.noted.keys()

    def _mine(self, field: str, value: str) -> These:
        value = value.strip().casefold()
        match field:
            case "has":
                return These(frozenset(self.noted))
            case "is":
                return These(frozenset(self._of(value)))
        lists = open_to(self._user).filter(name__iexact=value)
        if not lists:
            raise Unreadable("you have no list of this name")
        return These(
            frozenset(
                ListItem.objects.filter(reading_list__in=lists).values_list("paper", flat=True)
            )
        )

    def _of(self, status: str) -> Iterator[int]:
        if status == "dismissed":
            yield from Dismissal.objects.filter(user=self._user.pk).values_list("paper", flat=True)
        elif status == "unread":
            yield from (paper for paper, said in self.statuses.items() if said != Status.READ)
        elif status in Status.values:
            yield from (paper for paper, said in self.statuses.items() if said == status)
        else:
            raise Unreadable(f"is: takes unread, {', '.join(Status.values)}, dismissed")


def _named(node: Node) -> Iterator[frozenset[int]]:
    """The papers that a query names by what only the library knows of them."""
    match node:
        case These(papers):
            yield papers
        case Not(inner):
            yield from _named(inner)
        case _:
            for inner in getattr(node, "nodes", ()):
                yield from _named(inner)


class Found:
    """Papers in order: counted, sliced, walked from end to end, with all that a card shows."""

    def __init__(self, papers: list[int]) -> None:
        self.keys = papers

    @property
    def count(self) -> int:
        return len(self.keys)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, wanted: slice) -> list[Paper]:
        return self._papers(self.keys[wanted])

    def __iter__(self) -> Iterator[Paper]:
        for start in range(0, self.count, _CHUNK):
            yield from self[start : start + _CHUNK]

    def _papers(self, keys: list[int]) -> list[Paper]:
        papers = Paper.objects.for_cards().in_bulk(keys)
        return [papers[key] for key in keys if key in papers]
