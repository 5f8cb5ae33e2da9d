"""What was decided of a paper, newest first, for people to read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.safestring import SafeString

from digest.admin.base import word_diff
from digest.catalogue.fields import FIELDS
from digest.models import Correction, Merge, Paper

_MOST = 50
"""Corrections that a history goes back."""


class HistoryItem(NamedTuple):
    """A decision, or its end: what in words, who, when, the reason, and the difference that it
    made.

    correction: what can be withdrawn, if it is active, or else made again.
    """

    at: datetime
    by: Any
    what: str
    reason: str = ""
    diff: SafeString | str = ""
    correction: Correction | None = None


def history(paper: Paper) -> list[HistoryItem]:
    """What was decided of a paper, newest first, in two queries."""
    found = []
    corrections = list(
        paper.corrections.select_related("made_by", "ended_by").order_by("-made_at", "-id")[:_MOST]
    )
    # A correction that ends at the moment at which another is made is replaced by it.
    starts = {(one.field, one.made_at) for one in corrections}
    replaced = {(one.field, one.ended_at): result(one) for one in corrections if one.ended_at}
    for one in corrections:
        field = FIELDS[one.field]
        before = replaced.get((one.field, one.made_at), one.was)
        diff = word_diff(field, before, result(one))
        what = f"Corrected: {field.label}"
        found.append(HistoryItem(one.made_at, one.made_by, what, one.why, diff, one))
        if one.ended_at and (one.field, one.ended_at) not in starts:
            what = f"Withdrew the correction: {field.label}"
            found.append(HistoryItem(one.ended_at, one.ended_by, what))
    merges = Merge.objects.filter(Q(paper=paper) | Q(into=paper))
    for merge in merges.select_related("paper", "into", "made_by", "ended_by"):
        is_merged_away = merge.paper_id == paper.pk
        other = merge.into if is_merged_away else merge.paper
        verb = "Merged into" if is_merged_away else "Merged with"
        found.append(
            HistoryItem(merge.made_at, merge.made_by, f"{verb} “{other}” ({other.slug})", merge.why)
        )
        if merge.ended_at:
            what = f"Split from “{other}” ({other.slug})"
            found.append(HistoryItem(merge.ended_at, merge.ended_by, what))
    return sorted(found, key=lambda change: change.at, reverse=True)


def result(correction: Correction) -> Any:
    """What a correction makes of what the sources said at the time."""
    return FIELDS[correction.field].corrected(correction.was, correction.value)
