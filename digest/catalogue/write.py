"""What papers show, written to the tables that pages read: worked out first, and then written in
one short transaction, unless something has changed meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple, TypeVar

from django.db import connection, transaction

from digest.batches import batches
from digest.models import (
    Author,
    Catalogue,
    Category,
    Difference,
    Digest,
    DigestKey,
    Entry,
    Paper,
    Placement,
    SearchText,
    Source,
    Tombstone,
)
from digest.search import rows
from digest.search.text import document
from digest.snapshot import snapshot
from digest.text import identity, taxonomy

from .fields import AUTHORS, CATEGORIES, LINKS, columns, lists
from .kinds import ListField, Names
from .orders import Orders
from .plan import Plan, related_model
from .sql import Script, keys

TRIES = 3
"""How often something is worked out while others may write. After that they wait for it."""

Result = TypeVar("Result")


def lock_catalogue() -> None:
    """Make others who change the catalogue wait until this transaction ends.

    On SQLite a transaction is IMMEDIATE and has the only write lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Source._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def write_serialized(
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
            lock_catalogue()
            if Catalogue.current().revision == revision:
                _write(result, write, also)
                return result
    with transaction.atomic():
        lock_catalogue()
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


class NewSource(NamedTuple):
    """A new source, which has a key already, and what comes with it: its digests, its entries, each
    with its digest and its paper's slug, and the differences that it files."""

    source: Source
    digests: Collection[DigestKey]
    entries: Iterable[tuple[DigestKey, str, Entry]]
    differences: Iterable[Difference]


class ChangeSet:
    """The rows to make, change and delete so that papers show what is planned."""

    def __init__(self, plan: Plan, new_source: NewSource | None = None) -> None:
        self.plan = plan
        self._first = Script()
        self._forgotten: list[int] = []
        self._then = Script()
        self._keys = {slug: paper.pk for slug, paper in plan.papers.items()}
        self._digests = Orders(plan)
        self._sources_and_entries()
        self._write_papers()
        self._write_digests(new_source)
        self._write_lists()
        if new_source:
            self._write_source(new_source)

    def write(self) -> None:
        """Write them, within a transaction that has the lock of the catalogue."""
        self._first.execute()
        for some in batches(self._forgotten):
            papers = Paper.objects.filter(pk__in=some)
            # Wait for transactions that are about to refer to one.
            list(papers.select_for_update().values_list("pk", flat=True))
            referenced = list(papers.referenced().values_list("pk", flat=True))
            papers.exclude(pk__in=referenced)._raw_delete(papers.db)
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
        own = columns()
        changed, touched = [], []
        for slug, state in plan.after.items():
            if slug not in self._papers:
                arxiv_id = plan.edit.arxiv_ids[slug]
                self._papers[slug] = Paper(pk=self._keys[slug], slug=slug, arxiv_id=arxiv_id)
            paper = self._papers[slug]
            place = self._digests.first(slug)
            if place and place != (paper.date, paper.position):
                paper.date, paper.position = place
                self._moved.add(slug)
            for column in own:
                setattr(paper, column, state.values[column])
            if slug in plan.papers:
                before = plan.before[slug].values
                if any(state.values[column] != before[column] for column in own):
                    changed.append(paper)
                elif slug in self._moved or slug in plan.changed or _other_streams(plan, slug):
                    touched.append(paper)
        touched += self._digests.neighbours
        self._then.insert((self._papers[slug] for slug in fresh), now="changed_at")
        self._then.update(changed, [*own, "date", "position"], now="changed_at")
        self._then.update(touched, ["date", "position"], now="changed_at")
        if unstated := [self._keys[slug] for slug, stated in plan.entries.items() if not stated]:
            others = Paper.objects.filter(hidden=True).exclude(pk__in=Paper.objects.referenced())
            self._forgotten = [*unstated, *others.values_list("pk", flat=True)]
        self._write_tombstones()

    def _write_tombstones(self) -> None:
        plan = self.plan
        was = {slug for slug, state in plan.before.items() if not state.hidden}
        now = {slug for slug, state in plan.after.items() if not state.hidden}
        tombstones = [Tombstone(slug=slug) for slug in sorted(was - now)]
        self._then.insert(tombstones, now="gone_at", unique="slug", leave="id")
        for some in batches(now - was):
            found = Tombstone.objects.filter(slug__in=some).values_list("pk")
            self._then.delete(Tombstone, "id = %s", found)

    def _write_digests(self, new_source: NewSource | None) -> None:
        digests = self._digests
        fresh = sorted(digests.orders.keys() - digests.rows.keys())
        pks = keys(Digest, len(fresh))
        new = [Digest(pk=next(pks), date=key.date, stream_id=key.stream) for key in fresh]
        removed = digests.without_source(new_source.digests if new_source else ())
        changed = []
        for digest in [*digests.rows.values(), *new]:
            count = len(digests.orders[digest.key])
            if digest.paper_count != count and digest not in removed:
                digest.paper_count = count
                changed.append(digest)
        digests.rows |= {digest.key: digest for digest in new}
        self._then.insert(new)
        self._then.update([one for one in changed if one not in new], ["paper_count"])
        self._first.delete(
            Placement,
            "digest_id = %s AND position > %s",
            ((digests.rows[key].pk, same) for key, same in digests.same.items()),
        )
        self._first.delete(Digest, "id = %s", ((digest.pk,) for digest in removed))
        self._then.insert(
            (
                Placement(
                    digest_id=digests.rows[key].pk,
                    paper_id=self._keys.get(slug) or digests.keys[slug],
                    position=position,
                )
                for key, same in digests.same.items()
                for position, slug in enumerate(digests.orders[key][same:], same + 1)
            ),
            leave="id",
        )

    def _write_lists(self) -> None:
        """The lists that have tables of their own, and the index that holds them."""
        plan = self.plan
        stale = [
            slug
            for slug, state in plan.after.items()
            if slug in self._moved or state != plan.before.get(slug)
        ]
        named: dict[ListField, dict[str, int]] = {
            field: self._write_names(field, stale) for field in lists() if isinstance(field, Names)
        }
        for field in lists():
            self._write_list(field, named.get(field, {}))

        neighbours = [paper.pk for paper in self._digests.neighbours]
        there = [self._keys[slug] for slug in stale if slug in plan.papers]
        self._first.delete(SearchText, "paper_id = %s", ((pk,) for pk in [*there, *neighbours]))
        authors, categories = named[AUTHORS], named[CATEGORIES]
        texts = [
            rows.row(
                self._papers[slug],
                [(authors[name], name) for name in state.values[AUTHORS.name]],
                [categories[name] for name in CATEGORIES.counted(state.values[CATEGORIES.name])],
                state.values[LINKS.name],
                state.digests,
                lambda text: plan.once(("text", text), None, lambda: document(text)),
            )
            for slug, state in ((slug, plan.after[slug]) for slug in stale)
            if not state.hidden
        ]
        moved = {paper.pk: paper for paper in self._digests.neighbours}
        for some in batches(moved):
            for text in SearchText.objects.filter(paper__in=some):
                text.pk = rows.key(moved[text.paper_id])
                texts.append(text)
        self._then.insert(texts)

    def _write_names(self, field: Names, stale: Iterable[str]) -> dict[str, int]:
        """Write the authors or categories that come, go, or have another number of papers; the keys
        of all with the names that these papers have."""
        plan = self.plan
        model: Any = related_model(field)._meta.get_field(field.reference).related_model
        counts: Counter[str] = Counter()
        for slug, state in plan.after.items():
            counts.update({*field.counted(state.values[field.name])})
            if slug in plan.before:
                counts.subtract({*field.counted(plan.before[slug].values[field.name])})
        names = {name for slug in stale for name in plan.after[slug].values[field.name]}
        there = {}
        for some in batches({*field.counted(names), *counts}):
            for row in model.objects.filter(name__in=some):
                there[row.name] = row
        fresh = sorted(name for name in counts if counts[name] > 0 and name not in there)
        pks = {name: row.pk for name, row in there.items()}
        pks |= zip(fresh, keys(model, len(fresh)), strict=False)
        new = [_MAKE[model](name, pks) for name in fresh]
        for row in new:
            row.paper_count = counts[row.name]
        changed = [row for name, row in there.items() if counts[name]]
        for row in changed:
            row.paper_count = max(row.paper_count + counts[row.name], 0)
        self._first.delete(model, "id = %s", ((row.pk,) for row in changed if not row.paper_count))
        self._then.insert(new)
        self._then.update([row for row in changed if row.paper_count], ["paper_count"])
        return pks

    def _write_list(self, field: ListField, pks: dict[str, int]) -> None:
        """Replace the rows of the papers that show another list. pks: the keys of names."""
        plan = self.plan
        model = related_model(field)
        was = {slug: state.values[field.name] for slug, state in plan.before.items()}
        now = {slug: state.values[field.name] for slug, state in plan.after.items()}
        changed = [slug for slug in now if now[slug] != was.get(slug, [])]
        self._first.delete(
            model, "paper_id = %s", ((self._keys[slug],) for slug in changed if was.get(slug))
        )
        self._then.insert(
            (
                model(paper_id=self._keys[slug], position=position, **field.row(item, pks))
                for slug in changed
                for position, item in enumerate(now[slug], start=1)
            ),
            leave="id",
        )

    def _write_source(self, new_source: NewSource) -> None:
        digests = self._digests.rows
        self._then.insert([new_source.source], now="loaded_at")
        through = Digest.sources.through
        self._then.insert(
            (
                through(source_id=new_source.source.pk, digest_id=digests[key].pk)
                for key in sorted(new_source.digests)
            ),
            leave="id",
        )
        entries = []
        for key, slug, entry in new_source.entries:
            entry.source_id = new_source.source.pk
            entry.digest_id, entry.paper_id = digests[key].pk, self._keys[slug]
            entries.append(entry)
        self._then.insert(entries, leave="id")
        self._then.insert(new_source.differences, now="filed_at", leave="id")


def _other_streams(plan: Plan, slug: str) -> bool:
    """Whether a paper is in digests of other streams than before."""
    before, after = plan.before[slug].digests, plan.after[slug].digests
    return {key.stream for key in before} != {key.stream for key in after}


def _author(name: str, keys: dict[str, int]) -> Author:
    return Author(
        pk=keys[name],
        name=name,
        slug=identity.author_slug(name),
        sort_key=identity.sort_key(name),
        letter=identity.letter(name),
    )


def _category(name: str, keys: dict[str, int]) -> Category:
    return Category(
        pk=keys[name],
        name=name,
        slug=identity.category_slug(name),
        is_area=name in taxonomy.AREAS,
        area_id=keys.get(taxonomy.AREA_OF.get(name) or ""),
    )


_MAKE: dict[Any, Callable[[str, dict[str, int]], Any]] = {Author: _author, Category: _category}
"""What makes a row of a name, given the keys of all names."""
