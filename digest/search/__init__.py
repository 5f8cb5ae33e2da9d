"""Finding papers: a query -> the papers that match, in order, whichever database there is.

    query = parse("text-to-image -diffusion has:code")
    results = Results(query)
    results.count, results[0:25], results.facets()

The only code that knows how text is matched. The language is described in `search.query`, how text
is folded in `search.text`, the index in `search.index`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from digest.models import Paper

from . import index
from .marks import mark
from .query import HEADING, AllOf, AnyOf, Node, Not, Problem, Query, Words
from .query import parse as _parse

__all__ = ["COUNTED", "Facets", "Problem", "Query", "Results", "mark", "parse"]

COUNTED = 50_000
"""Matches are counted up to here; a list has no more pages either."""
RANKED = 1_000
"""Up to so many matches are ranked one by one; of more, those come first that match by title."""
SAMPLED = 5_000
"""Facets are counted among the newest so many matches."""
_CHUNK = 500


def parse(text: str) -> Query:
    """Read a query as a person typed it. Never raises; the query says what could not be read."""
    return _parse(text, index.categories())


class Facets(NamedTuple):
    """How many of the matches have each tag, among the newest `among` matches."""

    counts: Counter[str]
    among: int


class Results:
    """The papers that match a query, in order: counted, sliced, walked from end to end.

    order: "best" (title over authors over summary, newer first among equals) or "newest". Papers
    come with all that a card shows.
    """

    def __init__(self, query: Query, order: str = "newest") -> None:
        self.query = query
        self.order = order if query.words() else "newest"

    @cached_property
    def count(self) -> int:
        """The number of matches, `COUNTED` at most."""
        return index.count(self.query.node, COUNTED)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, wanted: slice) -> list[Paper]:
        """The papers from a start to a stop, neither of them negative."""
        start, stop = wanted.start or 0, wanted.stop
        return _papers(self._keys(start, stop - start))

    def __iter__(self) -> Iterator[Paper]:
        """All of them, a few hundred at a time."""
        for keys in self._walk():
            yield from _papers(keys)

    def facets(self) -> Facets:
        """How many matches have each tag."""
        found = index.tags(self.query.node, SAMPLED)
        return Facets(Counter(tag for tags in found for tag in tags.split()), len(found))

    @cached_property
    def _tiers(self) -> list[Node]:
        """The query in parts that follow one another, none with a match of those before it."""
        node = self.query.node
        if self.order == "newest":
            return [node]
        # Each of these matches all that the one before it does. Whole words come before beginnings.
        levels = [_whole(node), node]
        if not self._ranked:
            levels = [*(_within(level, "title") for level in levels), _within(node, HEADING), node]
        before = [None, *levels[:-1]]
        return [
            AllOf((level, Not(less))) if less else level
            for less, level in zip(before, levels, strict=True)
            if less != level
        ]

    @property
    def _ranked(self) -> bool:
        return self.order == "best" and self.count <= RANKED

    def _keys(self, offset: int, limit: int) -> list[int]:
        keys: list[int] = []
        for tier in self._tiers:
            # What the tiers before did not have is counted on into the next.
            if offset and (size := index.count(tier, offset)) < offset:
                offset -= size
                continue
            keys += index.papers(tier, limit - len(keys), offset, best=self._ranked)
            offset = 0
            if len(keys) == limit:
                break
        return keys

    def _walk(self) -> Iterator[list[int]]:
        for tier in self._tiers:
            if self._ranked:
                yield index.papers(tier, RANKED, best=True)
            else:
                yield from index.walk(tier, _CHUNK)


def _within(node: Node, column: str) -> Node:
    """The same, its free words in one column alone."""
    return _mapped(node, lambda words: replace(words, column=words.column or column))


def _whole(node: Node) -> Node:
    """The same, its words not going on."""
    return _mapped(node, lambda words: replace(words, prefix=False))


def _mapped(node: Node, change: Callable[[Words], Words]) -> Node:
    """The node with its words changed, those excepted that must not match."""
    match node:
        case Words():
            return change(node)
        case AnyOf(nodes):
            return AnyOf(tuple(_mapped(inner, change) for inner in nodes))
        case AllOf(nodes):
            return AllOf(tuple(_mapped(inner, change) for inner in nodes))
    return node


def _papers(keys: list[int]) -> list[Paper]:
    found = Paper.objects.for_cards().in_bulk(keys)
    return [found[key] for key in keys if key in found]
