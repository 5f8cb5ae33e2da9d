"""What papers would show if sources or curators said something else: worked out from plain reads,
which wait for nobody and keep nobody waiting."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple

from django.db import connection, models, transaction

from digest.batches import batches
from digest.formats import Format
from digest.models import (
    Alias,
    Authorship,
    Classification,
    Correction,
    Entry,
    Link,
    Paper,
    Placement,
)

from .projection import Said, Shown, project, said_by_key

ENDED: Final = object()
"""In place of a correction's value: that there is none any longer."""

OWN = ("url", "title", "title_html", "summary", "points", "is_list", "authors_cut", "hidden")
"""The columns of a paper that are computed from what is said of it."""


@contextmanager
def snapshot() -> Iterator[None]:
    """All reads within see the database at one moment. Nothing may be written within, unless by a
    transaction that was there before: then that goes on."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # `atomic` would begin a transaction that may write, and wait for its turn.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield


@dataclass(slots=True)
class Edit:
    """What is to be different in what sources and curators say.

    papers: slugs of all papers that may show something else, each once. said: rows that are added,
    by their paper's slug. arxiv_ids: of papers that may not be there yet, by slug. without: the
    keys of sources that are taken out. moved: entries, by key, that go to the paper with this slug.
    corrections: values that are to stand, or ENDED, by slug and field. names: which names stand
    for others (`Alias.shown`); as it is, if None. days: whose digests may come or go, beside those
    of rows that are added.
    """

    papers: list[str]
    said: Mapping[str, list[Said]] = field(default_factory=dict)
    arxiv_ids: Mapping[str, str | None] = field(default_factory=dict)
    without: Collection[int] = ()
    moved: Mapping[int, str] = field(default_factory=dict)
    corrections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    names: Mapping[str, str] | None = None
    days: Collection[date] = ()


class Parts(NamedTuple):
    """What hangs on a paper, in order: names, and URLs."""

    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class Look(NamedTuple):
    """What a paper shows: its own columns, what hangs on it, the days of its digests in order."""

    own: dict[str, Any]
    parts: Parts
    days: tuple[date, ...]

    @property
    def hidden(self) -> bool:
        return bool(self.own["hidden"])


class Overlay:
    """What earlier plans would have written that never are, for the plans that come after them."""

    def __init__(self) -> None:
        self.said: dict[str, list[Said]] = defaultdict(list)
        self.looks: dict[str, Look] = {}
        self.sources: list[tuple[str, Format, date | None]] = []
        """The hash, format and day of each."""

    def add(self, plan: Plan) -> None:
        for slug, said in plan.edit.said.items():
            self.said[slug] += said
        self.looks |= plan.after


class Plan:
    """What papers show before and after an edit, by slug.

    `before` and `after` lack papers that are not there. Of a paper of which nothing is said any
    longer, `after` has it hidden. `papers`: the rows of those that are there before. `places`: of
    these, by day the place in its digest. `spoken`: those of which something is said beside what
    is added. `corrections`: those that stand before, by slug and field.
    """

    def __init__(
        self,
        edit: Edit,
        over: Overlay | None = None,
        memo: dict[Any, Any] | None = None,
    ) -> None:
        """over: what to suppose written. memo: what was worked out before, when the same is planned
        again."""
        self.edit = edit
        self.memo = {} if memo is None else memo
        over = over or Overlay()
        names = Alias.shown() if edit.names is None else edit.names
        # The same object as before, if it says the same: to compare that costs nothing.
        self.names: Mapping[str, str] = self.once("names", names, lambda: names)
        papers: dict[str, Paper] = Paper.objects.in_bulk(edit.papers, field_name="slug")
        self.papers = {slug: papers[slug] for slug in edit.papers if slug in papers}
        self._slugs = {paper.pk: slug for slug, paper in self.papers.items()}
        self.corrections: dict[str, dict[str, Correction]] = defaultdict(dict)
        self.spoken: set[str] = set()
        self.turned: set[date] = {*edit.days}
        """The days on which papers may stand in another order."""
        self.entries = self._read_entries(over)
        self.places = self._read_places()
        self.before = self._read_before() | {
            slug: over.looks[slug] for slug in edit.papers if slug in over.looks
        }
        self.after = self._work_out()

    @property
    def new(self) -> set[str]:
        """The papers of which nothing was said before."""
        return {slug for slug, said in self.entries.items() if said and slug not in self.spoken}

    @cached_property
    def changed(self) -> set[str]:
        """The papers that were there before and show something else, wherever they stand."""
        return {
            slug
            for slug, then in self.before.items()
            if (then.own, then.parts) != (self.after[slug].own, self.after[slug].parts)
        }

    def new_links(self, papers: Iterable[str]) -> int:
        """How many links more these papers have, of each URL that gets more."""
        counts: Counter[str] = Counter()
        for slug in papers:
            counts.update(self.after[slug].parts.links)
            if slug in self.before:
                counts.subtract(self.before[slug].parts.links)
        return sum(count for count in counts.values() if count > 0)

    def _read_entries(self, over: Overlay) -> dict[str, list[Said]]:
        """All that is said afterwards; the corrections, and the days that turn, on the way."""
        edit = self.edit
        entries: dict[str, list[Said]] = {slug: [] for slug in edit.papers}
        for some in batches(self._slugs):
            found = Entry.objects.filter(paper__in=some)
            if edit.without:
                found = found.exclude(source__in=edit.without)
            for key, paper, said in said_by_key(found):
                if key in edit.moved:
                    self.turned.add(said.date)
                slug = edit.moved.get(key, self._slugs[paper])
                entries[slug].append(said)
                self.spoken.add(slug)
            for correction in Correction.objects.standing().filter(paper__in=some):
                self.corrections[self._slugs[correction.paper_id]][correction.field] = correction
        for slug in edit.papers:
            if slug in over.said:
                entries[slug] += over.said[slug]
                self.spoken.add(slug)
            for said in edit.said.get(slug, ()):
                entries[slug].append(said)
                self.turned.add(said.date)
        return entries

    def _read_places(self) -> dict[str, dict[date, int]]:
        places: dict[str, dict[date, int]] = {slug: {} for slug in self.papers}
        for some in batches(self._slugs):
            found = Placement.objects.filter(paper__in=some).order_by()
            for pk, day, place in found.values_list("paper", "digest__date", "position"):
                places[self._slugs[pk]][day] = place
        return places

    def _read_before(self) -> dict[str, Look]:
        hanging = zip(
            self._hanging(Authorship, "author__name"),
            self._hanging(Classification, "category__name"),
            self._hanging(Link, "url"),
            strict=True,
        )
        return {
            slug: Look(
                {name: getattr(paper, name) for name in OWN},
                Parts(*parts),
                tuple(sorted(self.places[slug])),
            )
            for (slug, paper), parts in zip(self.papers.items(), hanging, strict=True)
        }

    def _hanging(self, model: type[models.Model], item: str) -> Iterable[tuple[str, ...]]:
        """For each paper that is there, what hangs on it of a model, in order."""
        found: dict[int, list[str]] = {pk: [] for pk in self._slugs}
        for some in batches(self._slugs):
            rows = model._default_manager.filter(paper__in=some).order_by("paper", "position")
            for pk, value in rows.values_list("paper_id", item):
                found[pk].append(value)
        return map(tuple, found.values())

    def _work_out(self) -> dict[str, Look]:
        after = {}
        for slug, said in self.entries.items():
            if said:
                shown = self._project(slug, said)
                own = {name: getattr(shown, name) for name in OWN}
                parts = Parts(shown.authors, shown.categories, shown.links)
            elif slug in self.before:
                own, parts = {**self.before[slug].own, "hidden": True}, Parts()
            else:
                continue
            days = tuple(sorted({one.date for one in said}))
            after[slug] = Look(own, Parts(), ()) if own["hidden"] else Look(own, parts, days)
        return after

    def _project(self, slug: str, said: list[Said]) -> Shown:
        values = {name: made.value for name, made in self.corrections[slug].items()}
        values |= self.edit.corrections.get(slug, {})
        values = {name: value for name, value in values.items() if value is not ENDED}
        made_of = (said, values, self.names)
        shown: Shown = self.once(("shown", slug), made_of, lambda: project(*made_of))
        return shown

    def once(self, what: Any, made_of: Any, work: Any) -> Any:
        """What work gives; it is not done again for what is made of the same."""
        known = self.memo.get(what)
        if known is None or known[0] != made_of:
            known = self.memo[what] = (made_of, work())
        return known[1]
