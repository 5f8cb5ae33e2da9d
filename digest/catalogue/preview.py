"""What something would change in the catalogue, told without doing it: nothing is written, nobody
waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from digest.models import Source

from .load import File, LoadReport, plan_load
from .plan import Edit, Look, Plan, snapshot


@dataclass(frozen=True)
class Change:
    """A field of a paper, before and after; for the names see `FIELDS`.

    A paper that is not shown has None for all of them.
    """

    slug: str
    title: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Preview:
    report: LoadReport
    changes: list[Change]


FIELDS = ("title", "summary", "authors", "authors_cut", "categories", "links", "digests")
"""What is compared; lists are in their order, digests by date."""


def preview(content: bytes, name: str, instead_of: Source | None = None) -> Preview:
    """What loading a file would do: its report, and what papers would show. instead_of: a source
    whose place it takes."""
    file = File(content, name)
    with snapshot():
        foreseen = plan_load(file, instead_of=instead_of)
    return Preview(foreseen.report, told(foreseen.plan))


def would_change(edit: Callable[[], Edit]) -> list[Change]:
    """What an edit would change, paper by paper and field by field. edit: reads what it needs and
    gives it; what it raises is raised."""
    with snapshot():
        return told(Plan(edit()))


def told(plan: Plan | None) -> list[Change]:
    """What a plan would change, if there is one, paper by paper and field by field."""
    if plan is None:
        return []
    return [
        Change(slug, then["title"] or now["title"] or "", field, then[field], now[field])
        for slug in plan.edit.papers
        for then, now in [(_values(plan.before.get(slug)), _values(plan.after.get(slug)))]
        for field in FIELDS
        if then[field] != now[field]
    ]


def _values(look: Look | None) -> dict[str, Any]:
    if look is None or look.hidden:
        return dict.fromkeys(FIELDS)
    return {
        **look.own,
        **{name: [*names] for name, names in look.parts._asdict().items()},
        "digests": [day.isoformat() for day in look.days],
    }
