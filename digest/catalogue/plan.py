"""What papers would show if sources stated or curators decided something else: computed from plain
reads, which neither take locks nor wait for any."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple

from django.db import models

from digest.batches import batches
from digest.formats import Format
from digest.models import Alias, Correction, DigestKey, Entry, Paper, Placement

from .fields import HIDDEN, columns, lists, stored
from .kinds import ListField, Values
from .projection import Statement, project, statements_of

ENDED: Final = object()
"""In place of a correction's value: that there is none any longer."""


@dataclass(slots=True)
class Edit:
    """What is to be different in what sources state and curators decide.

    papers: slugs of all papers that may show something else, each once. statements: those that are
    added, by their paper's slug. arxiv_ids: of papers that may not be there yet, by slug. without:
    the keys of sources that are taken out. moved: entries, by key, that go to the paper with this
    slug. corrections: values that are to be active, or ENDED, by slug and field. names: which names
    stand for others (`Alias.shown`); as it is, if None. digests: those that may come or go, beside
    those of rows that are added.
    """

    papers: list[str]
    statements: Mapping[str, list[Statement]] = field(default_factory=dict)
    arxiv_ids: Mapping[str, str | None] = field(default_factory=dict)
    without: Collection[int] = ()
    moved: Mapping[int, str] = field(default_factory=dict)
    corrections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    names: Mapping[str, str] | None = None
    digests: Collection[DigestKey] = ()


class PaperState(NamedTuple):
    """What a paper shows: what its columns have and its lists, by name, and its digests in
    order."""

    values: Values
    digests: tuple[DigestKey, ...]

    @property
    def hidden(self) -> bool:
        return bool(self.values[HIDDEN.name])


class Overlay:
    """What earlier plans would have written that never are, for the plans that come after them."""

    def __init__(self) -> None:
        self.statements: dict[str, list[Statement]] = defaultdict(list)
        self.states: dict[str, PaperState] = {}
        self.sources: list[tuple[str, Format, date | None, int]] = []
        """The hash, format, day and stream of each."""

    def add(self, plan: Plan) -> None:
        for slug, statements in plan.edit.statements.items():
            self.statements[slug] += statements
        self.states |= plan.after


class Plan:
    """What papers show before and after an edit, by slug.

    `before` and `after` lack papers that are not there. Of a paper of which nothing is stated any
    longer, `after` has it hidden. `papers`: the rows of those that are there before. `places`: of
    these, the place in each digest. `known`: those that have a place in a digest beside what
    is added. `entries`: by paper all that is stated afterwards. `corrections`: those active
    before, by slug and field.
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
        # The same object as before, if it is equal: to compare that costs nothing.
        self.names: Mapping[str, str] = self.once("names", names, lambda: names)
        papers: dict[str, Paper] = Paper.objects.in_bulk(edit.papers, field_name="slug")
        self.papers = {slug: papers[slug] for slug in edit.papers if slug in papers}
        self._slugs = {paper.pk: slug for slug, paper in self.papers.items()}
        self.corrections: dict[str, dict[str, Correction]] = defaultdict(dict)
        self.known: set[str] = set()
        self.digests_to_order: set[DigestKey] = {*edit.digests}
        """The digests in which the order of papers may change."""
        self.entries = self._read_entries(over)
        self.places = self._read_places()
        self.before = self._read_before() | {
            slug: over.states[slug] for slug in edit.papers if slug in over.states
        }
        self.after = self._work_out()

    @property
    def new(self) -> set[str]:
        """The papers that had no place in a digest before."""
        return {
            slug
            for slug, stated in self.entries.items()
            if slug not in self.known and any(one.has_place for one in stated)
        }

    @cached_property
    def changed(self) -> set[str]:
        """The papers that were there before and show something else, wherever they stand."""
        after = self.after
        return {slug for slug, was in self.before.items() if was.values != after[slug].values}

    def new_items(self, field: ListField, papers: Iterable[str]) -> int:
        """How many items more these papers have in a list, of each that gets more."""
        counts: Counter[str] = Counter()
        for slug in papers:
            counts.update(self.after[slug].values[field.name])
            if slug in self.before:
                counts.subtract(self.before[slug].values[field.name])
        return sum(count for count in counts.values() if count > 0)

    def _read_entries(self, over: Overlay) -> dict[str, list[Statement]]:
        """All that is stated afterwards. Fills `corrections`, `known` and `digests_to_order`,
        too."""
        edit = self.edit
        entries: dict[str, list[Statement]] = {slug: [] for slug in edit.papers}
        for some in batches(self._slugs):
            found = Entry.objects.filter(paper__in=some)
            if edit.without:
                found = found.exclude(source__in=edit.without)
            for key, paper, statement in statements_of(found):
                if key in edit.moved:
                    self.digests_to_order.add(statement.digest)
                slug = edit.moved.get(key, self._slugs[paper])
                entries[slug].append(statement)
                if statement.has_place:
                    self.known.add(slug)
            for correction in Correction.objects.active().filter(paper__in=some):
                self.corrections[self._slugs[correction.paper_id]][correction.field] = correction
        for slug in edit.papers:
            if slug in over.statements:
                entries[slug] += over.statements[slug]
                self.known.add(slug)
            for statement in edit.statements.get(slug, ()):
                entries[slug].append(statement)
                self.digests_to_order.add(statement.digest)
        return entries

    def _read_places(self) -> dict[str, dict[DigestKey, int]]:
        places: dict[str, dict[DigestKey, int]] = {slug: {} for slug in self.papers}
        for some in batches(self._slugs):
            found = Placement.objects.filter(paper__in=some).order_by()
            for pk, place, day, stream in found.values_list(
                "paper", "position", "digest__date", "digest__stream"
            ):
                places[self._slugs[pk]][DigestKey(day, stream)] = place
        return places

    def _read_before(self) -> dict[str, PaperState]:
        own = columns()
        found = {each.name: self._read_list(each) for each in lists()}
        return {
            slug: PaperState(
                {column: getattr(paper, column) for column in own}
                | {name: items[paper.pk] for name, items in found.items()},
                tuple(sorted(self.places[slug])),
            )
            for slug, paper in self.papers.items()
        }

    def _read_list(self, field: ListField) -> dict[int, list[str]]:
        """The items of a list of each paper that is there, by its key."""
        found: dict[int, list[str]] = {pk: [] for pk in self._slugs}
        model = related_model(field)
        for some in batches(self._slugs):
            rows = model._default_manager.filter(paper__in=some).order_by("paper", "position")
            for pk, item in rows.values_list("paper_id", field.item):
                found[pk].append(item)
        return found

    def _work_out(self) -> dict[str, PaperState]:
        after = {}
        none: Values = {each.name: [] for each in lists()}
        for slug, statements in self.entries.items():
            if statements:
                values = self._project(slug, statements)
                digests = {one.digest for one in statements if one.has_place}
                if not digests:
                    values = {**values, HIDDEN.name: True}
            elif slug in self.before:
                values, digests = {**self.before[slug].values, HIDDEN.name: True}, set()
            else:
                continue
            state = PaperState(values, tuple(sorted(digests)))
            after[slug] = PaperState(values | none, ()) if state.hidden else state
        return after

    def _project(self, slug: str, statements: list[Statement]) -> Values:
        corrections = {name: one.value for name, one in self.corrections[slug].items()}
        corrections |= self.edit.corrections.get(slug, {})
        corrections = {name: value for name, value in corrections.items() if value is not ENDED}
        inputs = (statements, corrections, self.names)
        values: Values = self.once(("paper", slug), inputs, lambda: stored(project(*inputs)))
        return values

    def once(self, key: Any, inputs: Any, compute: Any) -> Any:
        """What `compute` gives; it is not called again for the same key and inputs."""
        cached = self.memo.get(key)
        if cached is None or cached[0] != inputs:
            cached = self.memo[key] = (inputs, compute())
        return cached[1]


def related_model(field: ListField) -> type[models.Model]:
    """The table that has papers' rows of a list."""
    model = Paper._meta.get_field(field.relation).related_model
    assert isinstance(model, type)
    return model
