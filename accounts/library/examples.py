"""What is learned from: a person's own bookmarks, notes, lists, answers and dismissals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import (
    Bookmark,
    Dismissal,
    ListItem,
    Note,
    Preference,
    Rating,
    ReadDigest,
    Status,
    User,
)
from accounts.recommender.examples import MOST_KEPT, MOST_SEEN, Example, Examples
from digest.models import Digest, DigestKey, Paper, Placement

_IMPORTANCE = {Status.TO_READ: 1.0, Status.READING: 1.2, Status.READ: 1.5}
_NOTE, _LIST, _YES, _NO = 0.5, 0.3, 1.0, 0.5
"""What a note and a place in a list add, and how much an answer counts, beside a bookmark."""
_DIGESTS = 30
"""Digests that a person read last, whose papers they saw."""
_OF_EACH = 20
"""Papers of an author or a category that the person wants more of."""


def examples_of(person: User, preferences: Iterable[Preference]) -> Examples:
    """The papers that a person kept and refused, by their own rows alone."""
    user = person.pk
    importance: dict[int, float] = defaultdict(float)
    added: dict[int, datetime] = {}

    def add(paper: int, more: float, at: datetime) -> None:
        importance[paper] += more
        added[paper] = min(added.get(paper, at), at)

    def last(model: Any, *fields: str, **condition: object) -> Any:
        rows = model.objects.filter(**{"user": user, **condition}).order_by("-added_at")
        return rows.values_list("paper", "added_at", *fields)[: 2 * MOST_KEPT]

    for paper, at, status in last(Bookmark, "status"):
        add(paper, _IMPORTANCE[Status(status)], at)
    for paper, at in last(Note):
        add(paper, _NOTE, at)
    items = ListItem.objects.filter(added_by=user).order_by("-added_at")
    for paper, at in items.values_list("paper", "added_at")[: 2 * MOST_KEPT]:
        add(paper, _LIST, at)
    for paper, at in last(Rating, is_relevant=True):
        add(paper, _YES, at)
    refused = {paper: Example(paper, _NO, at) for paper, at in last(Rating, is_relevant=False)}
    refused |= {paper: Example(paper, 1.0, at) for paper, at in last(Dismissal)}
    kept = [Example(paper, importance[paper], at) for paper, at in added.items()]
    return Examples(
        sorted(kept, key=lambda one: (one.added_at, one.paper))[-2 * MOST_KEPT :],
        sorted(
            (one for paper, one in refused.items() if paper not in added),
            key=lambda one: (one.added_at, one.paper),
        ),
        _wanted(preferences),
        [paper for paper in _seen(person) if paper not in added],
    )


def _wanted(preferences: Iterable[Preference]) -> list[int]:
    """The newest papers of the authors and categories that the person wants more of."""
    wanted = [one for one in preferences if one.wants_more]
    found: list[int] = []
    for relation, kind in (
        ("authors", Preference.Kind.AUTHOR),
        ("categories", Preference.Kind.CATEGORY),
    ):
        for name in [one.name for one in wanted if one.kind == kind]:
            papers = Paper.objects.visible().filter(**{f"{relation}__name": name})
            found += papers.newest().values_list("pk", flat=True)[:_OF_EACH]
    return found


def _seen(person: User) -> list[int]:
    """The papers of the digests that the person read last."""
    rows = ReadDigest.objects.filter(user=person).order_by("-date").values_list("date", "stream")
    keys = {DigestKey(*row) for row in rows[:_DIGESTS]}
    digests = [digest.pk for digest in Digest.objects.by_key(keys).values()]
    placed = Placement.objects.filter(digest__in=digests, paper__hidden=False)
    return list(placed.order_by("digest__date", "pk").values_list("paper", flat=True))[-MOST_SEEN:]
