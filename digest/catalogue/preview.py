"""What something would change in the catalogue, found out without doing it: nothing is written,
nobody waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from digest.models import DEFAULT, Source, Stream
from digest.snapshot import snapshot

from .fields import FIELDS, TITLE
from .file import File
from .load import LoadReport, plan_load
from .plan import Edit, PaperState, Plan

DIGESTS = "digests"
"""The name of what is no field of a paper, and changes with them: the digests in which it is."""


@dataclass(frozen=True)
class FieldChange:
    """A field of a paper, or its digests, before and after. Digests are sorted by date.

    A paper that is not shown has None for all of them. What has nothing before and after is left
    out.
    """

    slug: str
    title: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Preview:
    report: LoadReport
    changes: list[FieldChange]


def preview(
    content: bytes, name: str, instead_of: Source | None = None, stream: int = DEFAULT
) -> Preview:
    """What loading a file would do: its report, and what papers would show. instead_of: a source
    whose place, and stream, it takes. stream: the key of the stream of its digests."""
    file = File.of(instead_of) if instead_of else File(content, name, stream)
    with snapshot():
        planned = plan_load(file, instead_of=instead_of)
    return Preview(planned.report, changes_of(planned.plan))


def would_change(edit: Callable[[], Edit]) -> list[FieldChange]:
    """What an edit would change, paper by paper and field by field. edit: reads what it needs and
    gives it; what it raises is raised."""
    with snapshot():
        return changes_of(Plan(edit()))


def changes_of(plan: Plan | None) -> list[FieldChange]:
    """What a plan would change, if there is one, paper by paper and field by field."""
    if plan is None:
        return []
    states = [*plan.before.values(), *plan.after.values()]
    others = {key.stream for state in states for key in state.digests} - {DEFAULT}
    streams = Stream.objects.in_bulk(others) if others else {}

    def values(state: PaperState | None) -> dict[str, Any]:
        """What readers see of a paper; nothing of one that is not shown."""
        if state is None or state.hidden:
            return {}
        digests = [
            f"{day}" if stream == DEFAULT else f"{day} ({streams.get(stream, 'a new stream')})"
            for day, stream in state.digests
        ]
        return {**state.values, DIGESTS: digests}

    names = [*(name for name, field in FIELDS.items() if field.is_previewed), DIGESTS]
    title = TITLE.name
    return [
        FieldChange(slug, then.get(title) or now[title], name, then.get(name), now.get(name))
        for slug in plan.edit.papers
        for then, now in [(values(plan.before.get(slug)), values(plan.after.get(slug)))]
        for name in names
        if then.get(name) != now.get(name) and (then.get(name) or now.get(name))
    ]
