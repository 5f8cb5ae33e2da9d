"""Finding papers: a query -> the papers that match, in order, whichever database there is.

    query = parse("text-to-image -diffusion has:code")
    results = Results(query)
    results.count, results[0:25], results.facets()

The only code that knows how text is matched. The language is described in `search.query`, how text
is folded in `search.text`, the index in `search.index`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from math import ceil, prod
from typing import Any, NamedTuple, cast

from django.db.models import F
from django.db.models.expressions import RawSQL

from digest.batches import batches
from digest.models import Paper, PaperQuerySet, tomorrow

from . import index, lookups
from .beginnings import authors_named, match_beginnings
from .close import closest
from .counting import Facets, facets_of
from .frequencies import Frequencies
from .marks import mark
from .nodes import HEADING, AllOf, AnyOf, Node, Not, PaperKeys, Words, mapped
from .query import MAX_LENGTH, LibraryLookup, Query, QueryProblem, UnreadableTerm, no_library, parts
from .query import parse as _parse
from .ranking import rank, terms
from .rows import day_after, last_of
from .slips import corrected
from .text import stem, tokens

__all__ = [
    "COUNTED",
    "ClosePaper",
    "Facets",
    "LibraryLookup",
    "PaperKeys",
    "Query",
    "QueryProblem",
    "ResultPosition",
    "Results",
    "UnreadableTerm",
    "among",
    "authors_named",
    "mark",
    "match_beginnings",
    "matching",
    "papers_by_title",
    "parse",
    "parts",
]

COUNTED = 10_000
"""Matches are counted up to here; a list has no more pages either."""
RANKED = 500
"""Up to so many matches are ranked one by one; of more, those come first that match by title."""
CLOSE_SHOWN = 25
"""Where fewer papers match, papers that are close to the query follow: so many at the most."""
_EVERY_PAPER = Query()
ANCHORS = 20
"""Papers by which a place in results is found again: it is lost if all of them go."""


def parse(text: str, library: LibraryLookup = no_library, *, correct: bool = False) -> Query:
    """Read a query as a person typed it. Never raises; the query says what could not be read.

    library: looks up papers of a library, where one is searched. correct: replace words that no
    paper has by the nearest that some have; `Query.typed` is then the text as it was typed.
    If no paper has the last word, it may be the beginning of a word, whatever else is asked for.
    """
    frequencies, typed = Frequencies().read_text(text[:MAX_LENGTH]), ""
    if correct and len(text) <= MAX_LENGTH and (right := corrected(text, frequencies)) != text:
        typed, text = text, right
        frequencies.read_text(text)
    last = tokens(text[:MAX_LENGTH])[-1:]
    beginning = bool(last) and not frequencies.occurs(last[0])
    query = _parse(text, lookups.categories(), library, lookups.known_tags, beginning)
    return replace(query, frequencies=frequencies, typed=typed)


def among(query: Query, papers: Iterable[int], texts: Mapping[int, str]) -> set[int]:
    """Those of the papers with these keys that match, each together with a text of its own.

    texts: as `search.text.document` folds them, by paper: what a person noted. A word is found in
    the paper or in the text. Takes a query for each part of what is asked at the most, however many
    papers there are.
    """
    papers = set(papers)
    keys = index.keys(papers)
    # Hidden papers have no row: they are found by these texts alone.
    keys |= {-paper: paper for paper in papers - {*keys.values()}}
    return _among(query.node, keys, {paper: f" {text} " for paper, text in texts.items()})


def _among(node: Node, keys: dict[int, int], texts: dict[int, str]) -> set[int]:
    match node:
        case PaperKeys(papers):
            return {paper for paper in keys.values() if paper in papers}
        case Not(inner):
            return set(keys.values()) - _among(inner, keys, texts)
        case AnyOf(nodes):
            return set().union(*(_among(inner, keys, texts) for inner in nodes))
        case AllOf(nodes):
            # What costs nothing to know comes first: each part is asked of what is left alone.
            for inner in sorted(nodes, key=lambda inner: not isinstance(inner, PaperKeys)):
                matching = _among(inner, keys, texts)
                keys = {key: paper for key, paper in keys.items() if paper in matching}
            return set(keys.values())
    found = {keys[key] for key in index.found_among(node, keys)}
    if isinstance(node, Words) and not node.column:
        sought = f" {' '.join(node.words)}" + ("" if node.prefix else " ")
        found.update(paper for paper, text in texts.items() if sought in text)
        if node.stem:
            found.update(
                paper for paper, text in texts.items() if node.stem in map(stem, text.split())
            )
    return found


def matching(query: Query) -> RawSQL:
    """The keys of all papers that match, for `filter(pk__in=...)`."""
    return RawSQL(*index.papers(query.node))  # noqa: S611


def papers_by_title(text: str, most: int) -> list[Paper]:
    """The newest papers that match a query, its words without a field in their titles; none if
    the query is empty."""
    node = parse(text).node
    if not node.nodes:
        return []
    return _papers(index.newest(_within(node, "title"), most), Paper.objects.all())


class ResultPosition(NamedTuple):
    """A place in results. end: the key, or the number, of the last paper before it, when it was
    given out. given: the keys of the last papers before it, in order."""

    end: int
    given: tuple[int, ...]


class ClosePaper(NamedTuple):
    """A paper that is close to a query, and the words of the query that it lacks."""

    paper: Paper
    missing: tuple[str, ...]


class Results:
    """The papers that match a query, in order: counted, sliced, walked from end to end.

    order: "best" (by `ranking` up to `RANKED` matches; of more, those by title first), "newest", or
    "upvotes" (most first). Of equals, newer ones come first. Papers come as `for_cards` fetches
    them, those of a slice excepted, whose cards may be cached.
    """

    model = Paper

    def __init__(self, query: Query = _EVERY_PAPER, order: str = "newest") -> None:
        self.query = query
        self._order = order

    @property
    def order(self) -> str:
        """The order they come in: the newest first where no words are sought."""
        return self._order if self.query.words() or self._order == "upvotes" else "newest"

    # The same papers narrowed, or in another order, as a queryset is.

    def all(self) -> Results:
        return Results(self.query, self._order)

    def sought(self, query: Query) -> Results:
        """Those that a query finds as well; its problems and its arXiv id are the result's."""
        return Results(query & self.query.node.nodes, self._order)

    def narrowed(self, *nodes: Node) -> Results:
        return Results(self.query & nodes, self._order)

    def ordered(self, order: str) -> Results:
        return Results(self.query, order)

    @cached_property
    def _newest(self) -> list[int]:
        """The keys of the newest matches, as many as are counted. Those of days that are still to
        come are last: most likely a slip, they would stay first for as long."""
        keys = index.newest(self.query.node, COUNTED, likely_among=self._likely_among)
        end = _today().end
        ahead = next((number for number, key in enumerate(keys) if key <= end), 0)
        return keys[ahead:] + keys[:ahead]

    @cached_property
    def _likely_among(self) -> int:
        """Among how many of the newest papers as many match as are counted, where the terms are so
        frequent: half as many again as if they had nothing to do with each other; else 0."""
        every = max(self.query.frequencies.every, 1)
        sought = terms(self.query.node.nodes, self.query.frequencies)
        share = prod(min(term.papers / every, 1) for term in sought)
        return ceil(COUNTED / share * 1.5) if not sought or share * every > 2 * COUNTED else 0

    @property
    def count(self) -> int:
        """The number of matches, `COUNTED` at most."""
        return len(self._newest)

    def _upvoted(self, most: int | None = COUNTED) -> list[int]:
        """The keys of the matches with most upvotes."""
        papers = Paper.objects.visible()
        if self.query.node.nodes:
            papers = papers.filter(pk__in=matching(self.query))
        papers = papers.order_by("-upvotes", "-date", "position", "slug")
        return list(papers.values_list("search_text", flat=True)[:most])

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, wanted: slice) -> list[Paper]:
        """The papers from a start to a stop, neither of them negative."""
        return _papers(self._keys(wanted.start or 0, wanted.stop), Paper.objects.all())

    def __iter__(self) -> Iterator[Paper]:
        """All of them, a few hundred at a time."""
        for keys in self._walk():
            yield from _papers(keys)

    def to_date(
        self, most: int, at: ResultPosition | None = None
    ) -> tuple[list[Paper], ResultPosition | None]:
        """As `after`, without the papers of days that are still to come."""
        today = _today()
        return self.after(today if at is None or at.end > today.end else at, most)

    def after(
        self, at: ResultPosition | None, size: int
    ) -> tuple[list[Paper], ResultPosition | None]:
        """So many papers from a place on, and the place of those after them; None at the end.

        at: as it was given out last; None begins. Papers that come, go, or move up meanwhile do not
        shift it. The timeline has no end that is not the catalogue's; the best matches end where
        they are counted to.
        """
        if self.order == "newest":
            before = 2**62 if at is None else self._passed(at)
            keys = index.newest(self.query.node, size + 1, before)
            end, more = keys[size - 1] if len(keys) > size else 0, len(keys) > size
            keys = keys[:size]
        else:
            every = self._keys(0, self.count)
            start = 0 if at is None else self._start(at, every)
            keys, end, more = every[start : start + size], start + size, start + size < len(every)
        before_it = at.given if at else ()
        # One that was given may have moved here: two became one, of which the other was older.
        papers = [paper for paper in _papers(keys) if paper.pk not in before_it]
        if not more:
            return papers, None
        return papers, ResultPosition(end, (*before_it, *(paper.pk for paper in papers))[-ANCHORS:])

    def _passed(self, at: ResultPosition) -> int:
        """The key that was passed last on the timeline, as it is now: when a paper goes, those
        after it on its day move up a place. If all that was given of that day is gone, the day
        begins anew."""
        rows = {paper: key for key, paper in index.keys(at.given).items()}
        end = day_after(at.end)
        for paper in reversed(at.given):
            if paper in rows and day_after(rows[paper]) == end:
                return rows[paper]
        return end

    def _start(self, at: ResultPosition, every: list[int]) -> int:
        """How many of the best matches there are up to the last one that was given and is there."""
        rows = {paper: key for key, paper in index.keys(at.given).items()}
        numbers = {key: number for number, key in enumerate(every, start=1)}
        there = [numbers[rows[one]] for one in at.given if rows.get(one) in numbers]
        # They stand together; one that is far from the others changed, and moved.
        near = sorted(there)[len(there) // 2] + ANCHORS if there else 0
        fallback = max(at.end - len(at.given), 0)
        return next((number for number in reversed(there) if number <= near), fallback)

    @cached_property
    def close(self) -> list[ClosePaper]:
        """Where few papers match (`CLOSE_SHOWN`), others that have most of the words, the best
        first."""
        if not self.query.words() or self.count >= CLOSE_SHOWN:
            return []
        found = closest(self.query, self.query.frequencies, self._newest, CLOSE_SHOWN)
        papers = _by_row([one.key for one in found], Paper.objects.all())
        return [ClosePaper(papers[one.key], one.missing) for one in found if one.key in papers]

    def facets(self) -> Facets:
        """How many matches there are, and how many of them have each tag."""
        return facets_of(self.query.node, self._newest, self.count < COUNTED)

    @property
    def _ranked(self) -> bool:
        return self.order == "best" and self.count <= RANKED

    @cached_property
    def _best(self) -> list[int]:
        """The keys of the matches, the best first; of equals, newer ones come first."""
        query_terms = terms(self.query.node.nodes, self.query.frequencies)
        return [one.key for one in rank(self._newest, query_terms)]

    @cached_property
    def _levels(self) -> list[Node]:
        """Nodes for an order by levels: each has all the matches of those before it.

        Those by title come first, then those by title and authors.
        """
        node = self.query.node
        levels = [_within(node, "title"), _within(node, HEADING), node]
        return list(dict.fromkeys(levels))

    def _keys(self, start: int, stop: int) -> list[int]:
        if self.order == "newest":
            return self._newest[start:stop]
        if self._ranked:
            return self._best[start:stop]
        if self.order == "upvotes":
            return self._upvoted()[start:stop]
        seen: dict[int, None] = {}
        wanted = min(stop, self.count)
        for level in self._levels:
            if len(seen) < wanted:
                ready = level == self.query.node
                rows = self._newest if ready else index.newest(level, stop)
                seen |= dict.fromkeys(rows)
        return list(seen)[start:stop]

    def _walk(self) -> Iterator[list[int]]:
        if self._ranked:
            yield self._best
        elif self.order == "upvotes":
            yield from batches(self._upvoted(most=None))
        elif self.order == "newest":
            yield from index.walk(self.query.node)
        else:
            for better, level in zip([None, *self._levels], self._levels, strict=False):
                yield from index.walk(AllOf((level, Not(better))) if better else level)


def _within(node: Node, column: str) -> Node:
    """The same, its free words in one column alone."""
    return mapped(node, lambda words: replace(words, column=words.column or column))


def _today() -> ResultPosition:
    """The place on the timeline after the papers of days that are still to come."""
    return ResultPosition(last_of(tomorrow()), ())


def _papers(rows: list[int], fetched: PaperQuerySet | None = None) -> list[Paper]:
    papers = _by_row(rows, fetched)
    return [papers[row] for row in rows if row in papers]


def _by_row(rows: list[int], fetched: PaperQuerySet | None = None) -> dict[int, Paper]:
    if fetched is None:
        fetched = Paper.objects.for_cards()
    found = fetched.filter(search_text__in=rows).annotate(row=F("search_text"))
    return {cast(Any, paper).row: paper for paper in found}
