"""Counts how many of the papers that match have each tag, without reading the papers.

In: a query's node and its newest matches. Out: counts by tag; exact for up to `EXACT` matches, else
estimates. Each process has a bitmap for each category, area and kind of link: the set of the papers
that have it. At a new revision of the catalogue it makes new bitmaps from the old ones, and reads
only the papers that changed.
"""

# The statements below are put together from the names of tables and constants and nothing else.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Max
from pyroaring import BitMap64

from digest.batches import batches
from digest.models import (
    PLACES,
    STREAMS,
    Authorship,
    Catalogue,
    Category,
    Classification,
    Digest,
    Link,
    Paper,
    Placement,
    SearchText,
    Stream,
)

from .databases import TABLE, current_database
from .index import newest_sql
from .nodes import AllOf, AnyOf, Node, Not, Tag
from .rows import DAY
from .tags import EVERY, author_tag, category_tag, days_of, kind_tag, stream_tag

EXACT = 50_000
"""Up to so many matches, the counts are exact for any query."""
AUTHORS = 12
"""Authors that are counted: those with most papers among the newest matches."""
_SAMPLED = 500
"""The newest matches, among which these authors are found."""
_CHANGED = 10_000
"""If more papers changed, the bitmaps are made anew from all papers."""


class Facets(NamedTuple):
    """How many of the matches have each tag. is_exact: these are counts, not estimates."""

    counts: Counter[str]
    is_exact: bool

    @property
    def total(self) -> int:
        """How many papers match."""
        return self.counts[EVERY]


class _Numbers(NamedTuple):
    """Numbers of papers in a bitmap: made of their keys, with shorter gaps between digests.

    per_digest: how many numbers a digest has. streams: how many digests a day has.
    """

    per_digest: int
    streams: int

    @property
    def per_day(self) -> int:
        return self.per_digest * self.streams

    @property
    def _gaps(self) -> tuple[int, int]:
        """What is left out of the keys after each digest, and further after each day."""
        return PLACES - self.per_digest, (STREAMS - self.streams) * self.per_digest

    def sql(self, key: str) -> str:
        digest, day = self._gaps
        return f"{key} - ({key} / {PLACES} + 1) * {digest} - ({key} / {DAY} + 1) * {day}"

    def of(self, key: int) -> int:
        digest, day = self._gaps
        return key - (key // PLACES + 1) * digest - (key // DAY + 1) * day

    def key(self, number: int) -> int:
        day, within = divmod(number, self.per_day)
        stream, place = divmod(within, self.per_digest)
        stream, place = stream + STREAMS - self.streams, place + PLACES - self.per_digest
        return day * DAY + stream * PLACES + place

    def fits(self, key: int) -> bool:
        in_digest, in_day = key % PLACES, key // PLACES % STREAMS
        return in_digest >= PLACES - self.per_digest and in_day >= STREAMS - self.streams

    def between(self, first: date, last: date) -> range:
        """The numbers of all papers of these days, both included."""
        return range(first.toordinal() * self.per_day, (last.toordinal() + 1) * self.per_day)


class TagBitmaps:
    """The bitmaps of one revision of the catalogue. They never change: the next has its own."""

    def __init__(self) -> None:
        self.numbers = _Numbers(PLACES, STREAMS)
        self.every = BitMap64()
        self.tags: dict[str, BitMap64] = {}
        self.has_streams = False  # whether there are several, whose papers are to be counted
        self.revision: UUID | None = None
        self._newest: datetime | None = None

    def at(self, revision: UUID) -> TagBitmaps:
        """The bitmaps of a later revision."""
        newest = Paper.objects.aggregate(newest=Max("changed_at"))["newest"]
        has_streams = bool(Stream.objects.several())
        found = self._with_changes() if has_streams == self.has_streams else None
        found = found or _read_all(has_streams)
        found.revision, found._newest = revision, newest
        return found

    def _with_changes(self) -> TagBitmaps | None:
        """The bitmaps with what changed since. None where that is not known: a database that was
        restored, for instance, may lack the paper that was the newest."""
        if not self._newest or not Paper.objects.filter(changed_at=self._newest).exists():
            return None
        changed = SearchText.objects.filter(paper__changed_at__gt=self._newest)
        keys = list(changed.values_list("pk", flat=True)[: _CHANGED + 1])
        if len(keys) > _CHANGED or not all(map(self.numbers.fits, keys)):
            return None
        numbers = BitMap64(map(self.numbers.of, keys))
        every = self.every | numbers
        if SearchText.objects.count() != len(every):
            # Some are gone. Their papers have no keys any longer.
            every = _all_numbers(self.numbers)
            if not numbers <= every <= (self.every | numbers):
                return None
        stale = numbers | (self.every - every)
        found = TagBitmaps()
        found.numbers, found.every, found.has_streams = self.numbers, every, self.has_streams
        found.tags = {tag: papers - stale for tag, papers in self.tags.items()}
        found._read_tags(f"WHERE t.id {current_database().among}", json.dumps(keys))
        return found

    def _read_tags(self, where: str = "", *parameters: str) -> None:
        """Add the papers' categories, areas, kinds of links and, if there are several, streams."""
        number = self.numbers.sql("t.id")
        of_categories = (
            f"SELECT c.category_id, {number} FROM {Classification._meta.db_table} AS c"
            f" JOIN {TABLE} AS t ON t.paper_id = c.paper_id {where}"
        )
        of_links = (
            f"SELECT l.kind, {number} FROM {Link._meta.db_table} AS l"
            f" JOIN {TABLE} AS t ON t.paper_id = l.paper_id {where}"
        )
        areas = dict(Category.objects.values_list("pk", "area"))
        for category, papers in _grouped(_rows(of_categories, *parameters)):
            for pk in filter(None, (category, areas[category])):
                self.tags.setdefault(category_tag(pk), BitMap64()).update(papers)
        for kind, papers in _grouped(_rows(of_links, *parameters)):
            self.tags.setdefault(kind_tag(kind), BitMap64()).update(papers)
        if self.has_streams:
            of_streams = (
                f"SELECT d.stream_id, {number} FROM {Placement._meta.db_table} AS p"
                f" JOIN {Digest._meta.db_table} AS d ON d.id = p.digest_id"
                f" JOIN {TABLE} AS t ON t.paper_id = p.paper_id {where}"
            )
            for stream, papers in _grouped(_rows(of_streams, *parameters)):
                self.tags.setdefault(stream_tag(stream), BitMap64()).update(papers)

    def matching(self, node: Node) -> BitMap64 | None:
        """The papers that match, where the bitmaps know it; None where the index has to be
        asked."""
        match node:
            case Tag(name) if name == EVERY:
                return self.every
            case Tag(name) if name[0] == "d":
                return self.every & BitMap64(self.numbers.between(*days_of(name)))
            case Tag(name):
                return self.tags.get(name)
            case Not(inner):
                refused = self.matching(inner)
                return None if refused is None else self.every - refused
            case AnyOf(nodes) | AllOf(nodes):
                found = [self.matching(inner) for inner in nodes]
                several = [bitmap for bitmap in found if bitmap is not None]
                if len(several) < len(found):
                    return None
                if isinstance(node, AnyOf):
                    return BitMap64().union(*several)
                return self.every.intersection(*several) if several else self.every
        return None

    def found(self, node: Node, newest: Sequence[int], are_all: bool) -> tuple[BitMap64, bool]:
        """The papers that match, or the newest `EXACT` of them, and whether these are all. newest,
        are_all: as for `facets_of`."""
        if (known := self.matching(node)) is not None:
            return known, True
        matches = BitMap64(map(self.numbers.of, newest))
        if are_all:
            return matches, True
        most, before = EXACT + 1 - len(newest), min(newest)
        # Of how many papers, and a quarter more, if as many of the older ones match as of these.
        seen = self.every.range_cardinality(self.numbers.of(before), self.every.max() + 1)
        among, others = most * seen * 5 // len(newest) // 4, len(self.every) - seen
        from_key = self.numbers.key(self.every[others - among]) if among < others else 0
        older = self._older(node, most, from_key, before)
        if from_key and len(older) < most:
            older += self._older(node, most - len(older), 0, from_key)
        matches.update(older[: most - 1])
        return matches, len(older) < most

    def _older(self, node: Node, most: int, from_key: int, before: int) -> list[int]:
        """The numbers of the newest papers that match, of those with keys in a range."""
        database = current_database()
        number = self.numbers.sql(database.key)
        sql, parameters = newest_sql(node, most, before, from_key=from_key, column=number)
        # As one text of JSON, which is read faster than so many rows.
        sql = f"SELECT {database.json_list.format('found')} FROM ({sql}) AS older"
        ((text,),) = _rows(sql, *parameters)
        numbers: list[int] = json.loads(text)
        return numbers

    def years(self) -> dict[str, BitMap64]:
        """The papers of each year that has any."""
        if not self.every:
            return {}
        per_day = self.numbers.per_day
        first, last = self.every.min() // per_day, self.every.max() // per_day
        tags = {
            f"d{year}": Tag(f"d{year}")
            for year in range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
        }
        return {tag: papers for tag, node in tags.items() if (papers := self.matching(node))}

    def authors(self, newest: Sequence[int]) -> dict[str, BitMap64]:
        """The papers of the authors who have most of these, given by their keys."""
        if not newest:
            return {}
        authors = f"{Authorship._meta.db_table} AS a JOIN {TABLE} AS t ON t.paper_id = a.paper_id"
        frequent = (
            f"SELECT a.author_id, count(*) FROM {authors} WHERE t.id {current_database().among}"
            f" GROUP BY a.author_id ORDER BY 2 DESC, 1 LIMIT {AUTHORS}"
        )
        found = dict(_rows(frequent, json.dumps(newest[:_SAMPLED])))
        places = ", ".join(["%s"] * len(found)) or "NULL"
        number = self.numbers.sql("t.id")
        theirs = f"SELECT a.author_id, {number} FROM {authors} WHERE a.author_id IN ({places})"
        papers: dict[str, BitMap64] = {author_tag(pk): BitMap64() for pk in found}
        for pk, paper in _rows(theirs, *found):
            papers[author_tag(pk)].add(paper)
        return papers


def _read_all(has_streams: bool) -> TagBitmaps:
    in_digest, in_day = f"id - id / {PLACES} * {PLACES}", f"id / {PLACES} - id / {DAY} * {STREAMS}"
    ((place, stream),) = _rows(f"SELECT min({in_digest}), min({in_day}) FROM {TABLE}")
    places = PLACES - (PLACES if place is None else place)
    found = TagBitmaps()
    found.numbers = _Numbers(
        min(PLACES, 1 << max(6, places.bit_length())),
        STREAMS - (STREAMS - 1 if stream is None else stream),
    )
    found.every, found.has_streams = _all_numbers(found.numbers), has_streams
    found._read_tags()
    return found


def _all_numbers(numbers: _Numbers) -> BitMap64:
    found = BitMap64()
    for some in batches(_rows(f"SELECT {numbers.sql('id')} FROM {TABLE}")):
        found.update([number for (number,) in some])
    return found


def _grouped(rows: Iterable[tuple[Any, int]]) -> Iterator[tuple[Any, list[int]]]:
    """The second values of rows by their first, some at a time."""
    for some in batches(rows):
        found: dict[Any, list[int]] = defaultdict(list)
        for tag, paper in some:
            found[tag].append(paper)
        yield from found.items()


_lock = Lock()
_latest = TagBitmaps()


def _bitmaps() -> TagBitmaps:
    """The bitmaps of the current revision, or of a later one, for all threads of the process."""
    global _latest
    revision = Catalogue.current().revision
    if _latest.revision != revision:
        with _lock:
            if _latest.revision != revision:
                _latest = _latest.at(revision)
    return _latest


def facets_of(node: Node, newest: Sequence[int], are_all: bool) -> Facets:
    """How many papers match, and how many of them have each category, area, kind of link, year and
    frequent author. newest: the keys of the newest of them; are_all: there are no others.

    They are counted where nothing but categories, areas, kinds of links and days is asked for, and
    wherever at most `EXACT` papers match; otherwise the counts are estimates.
    """
    bitmaps = _bitmaps()
    matches, is_exact = bitmaps.found(node, newest, are_all)
    tagged = {EVERY: bitmaps.every, **bitmaps.tags, **bitmaps.years(), **bitmaps.authors(newest)}
    if is_exact:
        counts = {tag: matches.intersection_cardinality(has) for tag, has in tagged.items()}
    else:
        counts = _estimates(matches, tagged)
    return Facets(+Counter(counts), is_exact)


def days_with(tag: str, until: date) -> tuple[date, date] | None:
    """The first and the last day that have papers with a tag of a category or of all papers, up to
    a day; None if there are none."""
    bitmaps = _bitmaps()
    papers = bitmaps.every if tag == EVERY else bitmaps.tags.get(tag, BitMap64())
    per_day = bitmaps.numbers.per_day
    count = papers.rank(bitmaps.numbers.between(until, until)[-1])
    if not count:
        return None
    return date.fromordinal(papers[0] // per_day), date.fromordinal(papers[count - 1] // per_day)


def counts_between(tags: Iterable[str], spans: Iterable[tuple[date, date]]) -> dict[str, list[int]]:
    """For each tag of categories, kinds of links or all papers: how many papers with it each span
    of days has, exactly. spans: their first and last days."""
    bitmaps = _bitmaps()
    ranges = [bitmaps.numbers.between(*span) for span in spans]
    tagged = {EVERY: bitmaps.every, **bitmaps.tags}
    none = BitMap64()
    return {
        tag: [tagged.get(tag, none).range_cardinality(days.start, days.stop) for days in ranges]
        for tag in tags
    }


def _estimates(matches: BitMap64, tagged: dict[str, BitMap64]) -> dict[str, int]:
    """How many papers match in all, by tag. matches: the newest that do.

    Among older papers, those with a tag are taken to match as often as among these.
    """
    begin, end = matches.min(), tagged[EVERY].max() + 1
    overall = len(matches) / tagged[EVERY].range_cardinality(begin, end)
    found = {}
    for tag, has in tagged.items():
        seen, matching = has.range_cardinality(begin, end), matches.intersection_cardinality(has)
        share = matching / seen if seen else overall
        found[tag] = _rounded(matching + share * (len(has) - seen))
    return found


def _rounded(number: float) -> int:
    """To two digits."""
    return int(float(f"{number:.1e}"))


def _rows(sql: str, *parameters: str | int) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while some := cursor.fetchmany(2_000):
            yield from some
