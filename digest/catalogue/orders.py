"""In which order papers stand in digests, worked out before it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from digest.batches import batches
from digest.formats import Format
from digest.models import Digest, Entry, Paper, Placement

from .plan import Plan


class Orders:
    """The digests that may have other papers, or the same in another order, and the places in them.

    `rows`: those that are there, by day. `orders`: by day, the slugs of the papers in order.
    `same`: of the days whose order changes, how many papers at the beginning stay. `keys`: of
    papers, by slug. `neighbours`: papers that the plan is not about and that have another first
    place.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        days = {*plan.days_to_order}
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

    def without_source(self, new_days: Collection[date]) -> list[Digest]:
        """Those that were of sources which are taken out, and are of none then. new_days: days of a
        source that comes."""
        edit = self.plan.edit
        found = [self.rows[day] for day in edit.days if day in self.rows and day not in new_days]
        if not edit.without or not found:
            return []
        shared: set[int] = set()
        for some in batches(found):
            others = Digest.sources.through.objects.filter(digest__in=some)
            shared |= {*others.exclude(source__in=edit.without).values_list("digest", flat=True)}
        return [digest for digest in found if digest.pk not in shared]

    def _orders(self, days: Iterable[date]) -> dict[date, list[str]]:
        """By what all sources state, the plan's new statements among it."""
        plan, edit = self.plan, self.plan.edit
        ranked: dict[date, list[tuple[tuple[int, int, str, int], str]]] = {day: [] for day in days}
        for slug, added in edit.statements.items():
            for statement in added:
                ranked[statement.date].append((statement.precedence, slug))
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
