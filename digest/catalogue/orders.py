"""In which order papers stand in digests, worked out before it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from digest.batches import batches
from digest.formats import Format
from digest.models import Digest, DigestKey, Entry, Paper, Placement

from .plan import Plan


class Orders:
    """The digests that may have other papers, or the same in another order, and the places in them.

    `rows`: those that are there. `orders`: of each, the slugs of the papers in order. `same`: of
    those whose order changes, how many papers at the beginning stay. `keys`: of papers, by slug.
    `neighbours`: papers that the plan is not about and that have another first place.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        wanted = {*plan.digests_to_order}
        for slug, look in plan.after.items():
            wanted |= plan.places.get(slug, {}).keys() ^ {*look.digests}
        self.rows: dict[DigestKey, Digest] = Digest.objects.by_key(wanted)
        self.keys: dict[str, int] = {}
        self.orders = self._orders(wanted)
        self._places = {
            key: {slug: place for place, slug in enumerate(order, start=1)}
            for key, order in self.orders.items()
        }
        self.same: dict[DigestKey, int] = {}
        self.neighbours: list[Paper] = []
        self._compare()

    def first(self, slug: str) -> tuple[date, int] | None:
        """A paper's first day and its `position`; None if it has none."""
        digests = self.plan.after[slug].digests
        if not digests:
            return None
        first = digests[0]
        places = self._places.get(first) or {slug: self.plan.places[slug][first]}
        return first.date, Paper.position_in(first.stream, places[slug])

    def without_source(self, new: Collection[DigestKey]) -> list[Digest]:
        """Those that were of sources which are taken out, and are of none then. new: digests of a
        source that comes."""
        edit = self.plan.edit
        found = [self.rows[key] for key in edit.digests if key in self.rows and key not in new]
        if not edit.without or not found:
            return []
        shared: set[int] = set()
        for some in batches(found):
            others = Digest.sources.through.objects.filter(digest__in=some)
            shared |= {*others.exclude(source__in=edit.without).values_list("digest", flat=True)}
        return [digest for digest in found if digest.pk not in shared]

    def _orders(self, wanted: Iterable[DigestKey]) -> dict[DigestKey, list[str]]:
        """By what all sources state, the plan's new statements among it."""
        plan, edit = self.plan, self.plan.edit
        ranked: dict[DigestKey, list[tuple[tuple[int, int, str, int], str]]]
        ranked = {key: [] for key in wanted}
        for slug, added in edit.statements.items():
            for statement in (one for one in added if one.has_place):
                ranked[statement.digest].append((statement.precedence, slug))
        hidden = {slug for slug, look in plan.after.items() if look.hidden}
        ranks = {format_.value: format_.rank for format_ in Format}
        for some in batches(self.rows.values()):
            entries = Entry.objects.filter(digest__in=some, source__is_supplement=False)
            if edit.without:
                entries = entries.exclude(source__in=edit.without)
            for key, pk, slug, is_hidden, day, stream, *rank in entries.values_list(
                *("pk", "paper", "paper__slug", "paper__hidden", "digest__date"),
                *("digest__stream", "format", "source__sha256", "position"),
            ):
                slug = edit.moved.get(key, slug)
                if slug not in plan.after:
                    self.keys[slug] = pk
                    if is_hidden:
                        hidden.add(slug)
                format_, sha256, position = rank
                precedence = (-day.toordinal(), ranks[format_], sha256, position)
                ranked[DigestKey(day, stream)].append((precedence, slug))
        return {
            key: list(dict.fromkeys(slug for _, slug in sorted(order) if slug not in hidden))
            for key, order in ranked.items()
        }

    def _compare(self) -> None:
        """What is another order than it was, and who moves for it."""
        before: dict[DigestKey, dict[str, Paper]] = {key: {} for key in self.orders}
        for some in batches(self.rows.values()):
            placements = Placement.objects.filter(digest__in=some).order_by("position")
            for day, stream, slug, pk, first, position in placements.values_list(
                *("digest__date", "digest__stream"),
                *("paper__slug", "paper", "paper__date", "paper__position"),
            ):
                paper = Paper(pk=pk, date=first, position=position)
                before[DigestKey(day, stream)][slug] = paper
        for key, order in self.orders.items():
            was = list(before[key])
            if order == was:
                continue
            pairs = enumerate(zip(order, was, strict=False))
            same = next((n for n, (a, b) in pairs if a != b), min(len(order), len(was)))
            self.same[key] = same
            for place, slug in enumerate(order[same:], same + 1):
                if slug not in before[key] or slug in self.plan.after:
                    continue
                paper = before[key][slug]
                if was[place - 1 : place] != [slug] and paper.first_digest == key:
                    paper.position = Paper.position_in(key.stream, place)
                    self.neighbours.append(paper)
