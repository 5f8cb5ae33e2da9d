"""What papers show, written to the tables that pages read: worked out first, and then written in
one short transaction, unless something has changed meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple, TypeVar

from django.db import connection, models, transaction

from digest.batches import batches
from digest.formats import Format
from digest.models import (
    Author,
    Authorship,
    Catalogue,
    Category,
    Classification,
    Difference,
    Digest,
    Entry,
    Link,
    Paper,
    Placement,
    SearchText,
    Source,
    Tombstone,
)
from digest.search import index
from digest.search.text import document
from digest.text import identity, links, taxonomy

from .plan import OWN, Plan, snapshot
from .statements import Statements, keys

TRIES = 3
"""How often something is worked out while others may write. After that they wait for it."""

Result = TypeVar("Result")


def take_turns() -> None:
    """Make others who change the catalogue wait until this transaction ends.

    On SQLite a transaction is IMMEDIATE and has the only write lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Source._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def in_turn(
    prepare: Callable[[], tuple[Result, Callable[[], None] | None]],
    also: Callable[[Result], None] | None = None,
) -> Result:
    """Work something out from the catalogue without keeping anybody waiting, and write it.

    prepare: reads, and gives its result and what writes it, if anything is to be written. It is
    called again if the catalogue has changed before it could be written. also: writes what belongs
    to the result, in the same transaction.
    """
    for _ in range(TRIES):
        with snapshot():
            revision = Catalogue.current().revision
            result, write = prepare()
        if write is None and also is None:
            return result
        with transaction.atomic():
            take_turns()
            if Catalogue.current().revision == revision:
                _write(result, write, also)
                return result
    with transaction.atomic():
        take_turns()
        result, write = prepare()
        _write(result, write, also)
        return result


def _write(
    result: Result,
    write: Callable[[], None] | None,
    also: Callable[[Result], None] | None,
) -> None:
    if write:
        write()
    if also:
        also(result)


class Brought(NamedTuple):
    """What comes with a new source, which has a key: its days, its entries, each with its day and
    its paper's slug, and the differences that it files."""

    source: Source
    days: Collection[date]
    entries: Iterable[tuple[date, str, Entry]]
    differences: Iterable[Difference]


class Rows:
    """The rows to make, change and delete so that papers show what is planned."""

    def __init__(self, plan: Plan, brought: Brought | None = None) -> None:
        self.plan = plan
        self._first = Statements()
        self._forgotten: list[int] = []
        self._then = Statements()
        self._keys = {slug: paper.pk for slug, paper in plan.papers.items()}
        self._digests = _Digests(plan)
        self._sources_and_entries()
        self._write_papers()
        self._write_digests(brought)
        self._write_relations()
        if brought:
            self._bring(brought)

    def write(self) -> None:
        """Write them, within a transaction and in turn."""
        self._first.execute()
        for some in batches(self._forgotten):
            papers = Paper.objects.filter(pk__in=some)
            # Whoever is about to keep one is waited for.
            list(papers.select_for_update().values_list("pk", flat=True))
            held = list(papers.held().values_list("pk", flat=True))
            papers.exclude(pk__in=held)._raw_delete(papers.db)
        self._then.execute()
        Catalogue.change()

    def _sources_and_entries(self) -> None:
        edit = self.plan.edit
        for model in (Difference, Entry, Digest.sources.through):
            self._first.delete(model, "source_id = %s", ((key,) for key in edit.without))
        self._first.delete(Source, "id = %s", ((key,) for key in edit.without))
        moved = [Entry(pk=pk, paper_id=self._keys[slug]) for pk, slug in edit.moved.items()]
        self._first.update(moved, ["paper"])

    def _write_papers(self) -> None:
        """Papers, and what depends on nothing else."""
        plan = self.plan
        self._papers = dict(plan.papers)
        fresh = [slug for slug in plan.after if slug not in plan.papers]
        self._keys |= zip(fresh, keys(Paper, len(fresh)), strict=False)
        self._moved = set()
        changed, touched = [], []
        for slug, look in plan.after.items():
            if slug not in self._papers:
                arxiv_id = plan.edit.arxiv_ids[slug]
                self._papers[slug] = Paper(pk=self._keys[slug], slug=slug, arxiv_id=arxiv_id)
            paper = self._papers[slug]
            place = self._digests.first(slug)
            if place and place != (paper.date, paper.position):
                paper.date, paper.position = place
                self._moved.add(slug)
            for name, value in look.own.items():
                setattr(paper, name, value)
            if slug in plan.papers:
                if look.own != plan.before[slug].own:
                    changed.append(paper)
                elif slug in self._moved or slug in plan.changed:
                    touched.append(paper)
        touched += self._digests.neighbours
        self._then.insert((self._papers[slug] for slug in fresh), now="changed_at")
        self._then.update(changed, [*OWN, "date", "position"], now="changed_at")
        self._then.update(touched, ["date", "position"], now="changed_at")
        if gone := [self._keys[slug] for slug, said in plan.entries.items() if not said]:
            others = Paper.objects.filter(hidden=True).exclude(pk__in=Paper.objects.held())
            self._forgotten = [*gone, *others.values_list("pk", flat=True)]
        self._write_tombstones()

    def _write_tombstones(self) -> None:
        plan = self.plan
        was = {slug for slug, look in plan.before.items() if not look.hidden}
        now = {slug for slug, look in plan.after.items() if not look.hidden}
        gone = [Tombstone(slug=slug) for slug in sorted(was - now)]
        self._then.insert(gone, now="gone_at", unique="slug", leave="id")
        for some in batches(now - was):
            found = Tombstone.objects.filter(slug__in=some).values_list("pk")
            self._then.delete(Tombstone, "id = %s", found)

    def _write_digests(self, brought: Brought | None) -> None:
        digests = self._digests
        fresh = sorted(digests.orders.keys() - digests.rows.keys())
        pks = keys(Digest, len(fresh))
        new = [Digest(pk=next(pks), date=day) for day in fresh]
        gone = digests.without_source(brought.days if brought else ())
        changed = []
        for digest in [*digests.rows.values(), *new]:
            count = len(digests.orders[digest.date])
            if digest.paper_count != count and digest not in gone:
                digest.paper_count = count
                changed.append(digest)
        digests.rows |= {digest.date: digest for digest in new}
        self._then.insert(new)
        self._then.update([one for one in changed if one not in new], ["paper_count"])
        self._first.delete(
            Placement,
            "digest_id = %s AND position > %s",
            ((digests.rows[day].pk, same) for day, same in digests.same.items()),
        )
        self._first.delete(Digest, "id = %s", ((digest.pk,) for digest in gone))
        self._then.insert(
            (
                Placement(
                    digest_id=digests.rows[day].pk,
                    paper_id=self._keys.get(slug) or digests.keys[slug],
                    position=position,
                )
                for day, same in digests.same.items()
                for position, slug in enumerate(digests.orders[day][same:], same + 1)
            ),
            leave="id",
        )

    def _write_relations(self) -> None:
        """What hangs on papers, and the index that holds it."""
        plan = self.plan
        stale = [
            slug
            for slug, look in plan.after.items()
            if slug in self._moved or look != plan.before.get(slug)
        ]
        shown = [plan.after[slug].parts for slug in stale]
        names = _flat(parts.authors for parts in shown)
        authors = self._named(Author, names, self._counts("authors", tuple), _author)
        names = _flat(map(_with_areas, (parts.categories for parts in shown)))
        counts = self._counts("categories", _with_areas)
        categories = self._named(Category, names, counts, _category)
        self._hang(Authorship, "authors", lambda name: {"author_id": authors[name]})
        self._hang(Classification, "categories", lambda name: {"category_id": categories[name]})
        self._hang(Link, "links", lambda url: {"url": url, "kind": links.destination(url).kind})

        neighbours = [paper.pk for paper in self._digests.neighbours]
        there = [self._keys[slug] for slug in stale if slug in plan.papers]
        self._first.delete(SearchText, "paper_id = %s", ((pk,) for pk in [*there, *neighbours]))
        texts = [
            index.row(
                self._papers[slug],
                [(authors[name], name) for name in look.parts.authors],
                [categories[name] for name in _with_areas(look.parts.categories)],
                [links.destination(url).kind for url in look.parts.links],
                look.days,
                lambda text: plan.once(("text", text), None, lambda: document(text)),
            )
            for slug, look in ((slug, plan.after[slug]) for slug in stale)
            if not look.hidden
        ]
        moved = {paper.pk: paper for paper in self._digests.neighbours}
        for some in batches(moved):
            for text in SearchText.objects.filter(paper__in=some):
                text.pk = index.key(moved[text.paper_id])
                texts.append(text)
        self._then.insert(texts)

    def _counts(self, part: str, grouped: Callable[[Iterable[str]], Iterable[str]]) -> Counter[str]:
        """By how much the numbers of papers of names change. grouped: all that a paper counts for,
        given its own."""
        counts: Counter[str] = Counter()
        for slug, look in self.plan.after.items():
            counts.update({*grouped(getattr(look.parts, part))})
            if slug in self.plan.before:
                counts.subtract({*grouped(getattr(self.plan.before[slug].parts, part))})
        return counts

    def _named(
        self,
        model: Any,
        names: Iterable[str],
        counts: Counter[str],
        make: Callable[[str, dict[str, int]], Any],
    ) -> dict[str, int]:
        """Write the authors or categories that come, go, or have another number of papers; the keys
        of all with these names."""
        there = {}
        for some in batches({*names, *counts}):
            for row in model.objects.filter(name__in=some):
                there[row.name] = row
        fresh = sorted(name for name in counts if counts[name] > 0 and name not in there)
        pks = {name: row.pk for name, row in there.items()}
        pks |= zip(fresh, keys(model, len(fresh)), strict=False)
        new = [make(name, pks) for name in fresh]
        for row in new:
            row.paper_count = counts[row.name]
        changed = [row for name, row in there.items() if counts[name]]
        for row in changed:
            row.paper_count = max(row.paper_count + counts[row.name], 0)
        self._first.delete(model, "id = %s", ((row.pk,) for row in changed if not row.paper_count))
        self._then.insert(new)
        self._then.update([row for row in changed if row.paper_count], ["paper_count"])
        return pks

    def _hang(
        self, model: type[models.Model], part: str, fields: Callable[[str], dict[str, Any]]
    ) -> None:
        """Replace the rows of the papers on which something else hangs. fields: what a row says of
        its value."""
        plan = self.plan
        was = {slug: getattr(look.parts, part) for slug, look in plan.before.items()}
        now = {slug: getattr(look.parts, part) for slug, look in plan.after.items()}
        changed = [slug for slug in now if now[slug] != was.get(slug, ())]
        self._first.delete(
            model, "paper_id = %s", ((self._keys[slug],) for slug in changed if was.get(slug))
        )
        self._then.insert(
            (
                model(paper_id=self._keys[slug], position=position, **fields(value))
                for slug in changed
                for position, value in enumerate(now[slug], start=1)
            ),
            leave="id",
        )

    def _bring(self, brought: Brought) -> None:
        digests = self._digests.rows
        self._then.insert([brought.source], now="loaded_at")
        through = Digest.sources.through
        self._then.insert(
            (
                through(source_id=brought.source.pk, digest_id=digests[day].pk)
                for day in sorted(brought.days)
            ),
            leave="id",
        )
        entries = []
        for day, slug, entry in brought.entries:
            entry.source_id = brought.source.pk
            entry.digest_id, entry.paper_id = digests[day].pk, self._keys[slug]
            entries.append(entry)
        self._then.insert(entries, leave="id")
        self._then.insert(brought.differences, now="filed_at", leave="id")


class _Digests:
    """The digests that may have other papers, or the same in another order, and the places in them.

    `rows`: those that are there, by day. `orders`: by day, the slugs of the papers in order.
    `same`: of the days whose order changes, how many papers at the beginning stay. `keys`: of
    papers, by slug. `neighbours`: papers that the plan is not about and that have another first
    place.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        days = {*plan.turned}
        for slug, look in plan.after.items():
            days |= plan.places.get(slug, {}).keys() ^ {*look.days}
        self.rows: dict[date, Digest] = Digest.objects.in_bulk(days, field_name="date")
        self.keys: dict[str, int] = {}
        self.orders = self._orders(days)
        self._places = {
            day: {slug: place for place, slug in enumerate(order, start=1)}
            for day, order in self.orders.items()
        }
        self.same: dict[date, int] = {}
        self.neighbours: list[Paper] = []
        self._compare()

    def first(self, slug: str) -> tuple[date, int] | None:
        """A paper's first day and place; None if it has none."""
        days = self.plan.after[slug].days
        if not days:
            return None
        places = self._places.get(days[0]) or {slug: self.plan.places[slug][days[0]]}
        return days[0], places[slug]

    def without_source(self, brought: Collection[date]) -> list[Digest]:
        """Those that were of sources which are taken out, and are of none then. brought: days of a
        source that comes."""
        edit = self.plan.edit
        found = [self.rows[day] for day in edit.days if day in self.rows and day not in brought]
        if not edit.without or not found:
            return []
        kept: set[int] = set()
        for some in batches(found):
            others = Digest.sources.through.objects.filter(digest__in=some)
            kept |= {*others.exclude(source__in=edit.without).values_list("digest", flat=True)}
        return [digest for digest in found if digest.pk not in kept]

    def _orders(self, days: Iterable[date]) -> dict[date, list[str]]:
        """By what all sources say, the plan's new rows among them."""
        plan, edit = self.plan, self.plan.edit
        ranked: dict[date, list[tuple[tuple[int, int, str, int], str]]] = {day: [] for day in days}
        for slug, added in edit.said.items():
            for said in added:
                ranked[said.date].append((said.precedence, slug))
        hidden = {slug for slug, look in plan.after.items() if look.hidden}
        ranks = {format_.value: format_.rank for format_ in Format}
        for some in batches(self.rows.values()):
            entries = Entry.objects.filter(digest__in=some)
            if edit.without:
                entries = entries.exclude(source__in=edit.without)
            for key, pk, slug, is_hidden, day, format_, sha256, position in entries.values_list(
                *("pk", "paper", "paper__slug", "paper__hidden"),
                *("digest__date", "format", "source__sha256", "position"),
            ):
                slug = edit.moved.get(key, slug)
                if slug not in plan.after:
                    self.keys[slug] = pk
                    if is_hidden:
                        hidden.add(slug)
                rank = (-day.toordinal(), ranks[format_], sha256, position)
                ranked[day].append((rank, slug))
        return {
            day: list(dict.fromkeys(slug for _, slug in sorted(order) if slug not in hidden))
            for day, order in ranked.items()
        }

    def _compare(self) -> None:
        """What is another order than it was, and who moves for it."""
        before: dict[date, dict[str, Paper]] = {day: {} for day in self.orders}
        for some in batches(self.rows.values()):
            placements = Placement.objects.filter(digest__in=some).order_by("position")
            for day, slug, pk, first in placements.values_list(
                "digest__date", "paper__slug", "paper", "paper__date"
            ):
                before[day][slug] = Paper(pk=pk, date=first)
        for day, order in self.orders.items():
            was = list(before[day])
            if order == was:
                continue
            pairs = enumerate(zip(order, was, strict=False))
            same = next((n for n, (a, b) in pairs if a != b), min(len(order), len(was)))
            self.same[day] = same
            for position, slug in enumerate(order[same:], same + 1):
                paper = before[day].get(slug)
                stays = was[position - 1 : position] == [slug] or slug in self.plan.after
                if paper and not stays and paper.date == day:
                    paper.position = position
                    self.neighbours.append(paper)


def _flat(lists: Iterable[Iterable[str]]) -> set[str]:
    return {item for some in lists for item in some}


def _with_areas(names: Iterable[str]) -> Iterator[str]:
    """The categories and their areas: an area has the papers of its categories, too."""
    for name in names:
        yield name
        if area := taxonomy.AREA_OF.get(name):
            yield area


def _author(name: str, keys: dict[str, int]) -> Author:
    return Author(pk=keys[name], name=name, slug=identity.author_slug(name))


def _category(name: str, keys: dict[str, int]) -> Category:
    return Category(
        pk=keys[name],
        name=name,
        slug=identity.category_slug(name),
        is_area=name in taxonomy.AREAS,
        area_id=keys.get(taxonomy.AREA_OF.get(name) or ""),
    )
