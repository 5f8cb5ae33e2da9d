"""What becomes of the rows of a file: each one's verdict, and where they differ from curators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from digest import formats
from digest.batches import batches
from digest.models import Correction, Difference, DigestKey, Merge, Source, Verdict

from .fields import FIELDS
from .kinds import Values
from .plan import Plan
from .projection import Statement, project


class IdentifiedRow(NamedTuple):
    """A row, its digest, its place in the file from 1, and the paper that it speaks of. merged:
    whether that is another than it names, which a curator merged into this one. has_place: as for
    `Statement`."""

    digest: DigestKey
    row: formats.FileRow
    position: int
    slug: str
    arxiv_id: str | None
    merged: bool = False
    has_place: bool = True

    def statement(self, sha256: str) -> Statement:
        """What the row states, as a part of the source with this hash."""
        day, stream = self.digest
        row = self.row
        return Statement(day, row.format, sha256, self.position, row.record, stream, self.has_place)


def resolve_merges(rows: list[IdentifiedRow]) -> list[IdentifiedRow]:
    """The rows, each speaking of the paper that its own was merged into, if it was."""
    to = Merge.ends(row.slug for row in rows)
    if not to:
        return rows
    return [row._replace(slug=to[row.slug], merged=True) if row.slug in to else row for row in rows]


def verdicts_of(rows: list[IdentifiedRow], plan: Plan) -> Iterator[Verdict]:
    """Each row's, when they are loaded as planned."""
    new = {*plan.new}
    for row in rows:
        corrections = plan.corrections.get(row.slug, {}).values()
        if row.slug in new:
            new.remove(row.slug)
            yield Verdict.NEW
        elif row.merged:
            yield Verdict.MERGED
        elif corrections and _disputed(project([row.statement("")], names=plan.names), corrections):
            yield Verdict.KEPT
        elif row.slug in plan.changed:
            yield Verdict.CHANGED
        else:
            yield Verdict.UNCHANGED


def differences(source: Source, plan: Plan) -> list[Difference]:
    """Where a source states a new value: not the curator's, not what the sources stated when the
    curator corrected it, and not that of a difference that was filed before."""
    found = []
    for slug, corrections in plan.corrections.items():
        if slug in plan.edit.statements:
            own = project(plan.edit.statements[slug], names=plan.names)
            for correction in _disputed(own, corrections.values()):
                theirs = own[correction.field]
                if FIELDS[correction.field].has_one_origin and theirs != correction.was:
                    found.append(
                        Difference(correction=correction, source_id=source.pk, theirs=theirs)
                    )
    filed: dict[int, list[Any]] = defaultdict(list)
    for some in batches(one.correction_id for one in found):
        before = Difference.objects.filter(correction__in=some).exclude(
            source__in=plan.edit.without
        )
        for key, theirs in before.values_list("correction", "theirs"):
            filed[key].append(theirs)
    return [one for one in found if one.theirs not in filed[one.correction_id]]


def _disputed(stated: Values, corrections: Iterable[Correction]) -> list[Correction]:
    """The corrections that a source which states this does not agree with."""
    return [one for one in corrections if FIELDS[one.field].is_disputed(stated, one.value)]
