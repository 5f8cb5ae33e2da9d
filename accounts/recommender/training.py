"""What is learned from the papers that a person kept, and how good that is.

In: which papers they kept and refused, when, and how much each counts. Out: weights of features,
and a back-test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from digest.models import Paper

from .linear import Floats, fit
from .vectors import Vectors

MOST_KEPT, MOST_REFUSED, MOST_SEEN = 400, 400, 400
"""Papers that are learned from, at most: the last ones."""
_TESTED, _LEAST_TESTED = 40, 5
"""Papers that are asked for in a back-test, at most and at least: the last third of what was kept.
"""
_PENALTY = 0.02
_REFUSED, _SEEN, _OTHER = 4.0, 1.0, 0.5
"""How much a paper counts that was refused, one that was seen in a digest and not kept, and any
other one."""
_MOST_WEIGHTS = 1_500
"""Weights that are stored, at most: the largest."""


class Example(NamedTuple):
    """A paper that a person kept or refused. importance: how much it counts, 1 for a bookmark."""

    paper: int
    importance: float
    added_at: datetime


class Examples(NamedTuple):
    """kept, refused: those that the person said so of, the first one first. wanted: papers that
    follow from what they said, such as those of an author; seen: papers of digests that they read
    and kept nothing of. Both have no time."""

    kept: Sequence[Example]
    refused: Sequence[Example]
    wanted: Sequence[int] = ()
    seen: Sequence[int] = ()


class BackTest(NamedTuple):
    """See `accounts.models.InterestModel`."""

    tested: int = 0
    by_model: int = 0
    by_order: int = 0
    by_chance: float = 0.0


def learn(
    examples: Examples, vectors: Vectors, but: frozenset[date] = frozenset()
) -> dict[str, float]:
    """The weights of features, the largest. but: days of whose papers nothing but what the person
    said is learned. Empty where nothing was kept."""
    wanted = dict.fromkeys(examples.wanted, 0.5)
    wanted |= {one.paper: one.importance for one in examples.kept[-MOST_KEPT:]}
    unwanted = {paper: _OTHER for paper, day in vectors.sample.items() if day not in but}
    unwanted |= dict.fromkeys(examples.seen[-MOST_SEEN:], _SEEN)
    unwanted |= {one.paper: _REFUSED * one.importance for one in examples.refused[-MOST_REFUSED:]}
    good = vectors.read(wanted)
    bad = [paper for paper in vectors.read(unwanted) if paper not in wanted]
    if not good or not bad:
        return {}
    matrix = vectors.matrix([*good, *bad])
    kept = np.array([wanted[paper] for paper in good])
    others = np.array([unwanted[paper] for paper in bad])
    importance = np.concatenate([kept / kept.sum(), others / others.sum()])
    targets = np.concatenate([np.ones(len(good)), -np.ones(len(bad))])
    weights = fit(matrix, targets, importance, _PENALTY) * vectors.rarity[matrix.columns]
    largest = np.argsort(-np.abs(weights), kind="stable")[:_MOST_WEIGHTS]
    return {
        vectors.names[matrix.columns[place]]: round(float(weights[place]), 6) for place in largest
    }


Scorer = Callable[[Sequence[int]], Floats]
"""Gives papers, whose vectors were read, their scores."""


class _Place(NamedTuple):
    """The day of a paper, with its stream, and its place there."""

    day: date
    stream: int
    position: int


def scored_by_model(examples: Examples, vectors: Vectors, but: frozenset[date]) -> Scorer:
    """What scores papers by what is learned from the examples. but: see `learn`."""
    weights = learn(examples, vectors, but)

    def score(papers: Sequence[int]) -> Floats:
        matrix, rarity = vectors.matrix(papers), vectors.rarity
        names = vectors.names
        return matrix.dot(
            np.array([weights.get(names[n], 0.0) / rarity[n] for n in matrix.columns])
        )

    return score


def back_test(
    examples: Examples,
    vectors: Vectors,
    scored: Callable[[Examples, Vectors, frozenset[date]], Scorer] = scored_by_model,
) -> BackTest:
    """How many of the papers that were kept last would have been in the top tenth of their day.

    They are the last third of what was kept, in the order of keeping it, and of what was kept on
    one day in the order of the papers' days. Nothing is learned from papers of their days.
    """
    places = _places([one.paper for one in examples.kept])
    kept = sorted(
        (one for one in examples.kept if one.paper in places),
        key=lambda one: (one.added_at.date(), places[one.paper], one.paper),
    )
    tested = kept[-min(len(kept) // 3, _TESTED) :] if len(kept) // 3 >= _LEAST_TESTED else []
    if not tested:
        return BackTest()
    earlier = kept[: -len(tested)]
    days = frozenset(places[one.paper].day for one in tested)
    known = {one.paper for one in earlier}
    on = _papers_on(days, [one.paper for one in tested], places)
    of_days = {paper for papers in on.values() for paper in papers}
    last = max(one.added_at for one in earlier)
    before = Examples(
        earlier,
        [one for one in examples.refused if one.added_at <= last and one.paper not in of_days],
        [paper for paper in examples.wanted if paper not in of_days],
        [paper for paper in examples.seen if paper not in of_days],
    )
    score = scored(before, vectors, days)
    found = BackTest(len(tested))
    for (day, stream), papers in on.items():
        candidates = [paper for paper in vectors.read(papers) if paper not in known]
        if not candidates:
            continue
        values = score(candidates)
        top = -(-len(candidates) // 10)
        best = {candidates[place] for place in np.argsort(-values, kind="stable")[:top]}
        first = {*candidates[:top]}
        for one in tested:
            if places[one.paper][:2] == (day, stream):
                found = BackTest(
                    found.tested,
                    found.by_model + (one.paper in best),
                    found.by_order + (one.paper in first),
                    found.by_chance + top / len(candidates),
                )
    return found


def _places(papers: Sequence[int]) -> dict[int, _Place]:
    """Where papers were first, of those that the catalogue shows."""
    found = {}
    for paper in Paper.objects.visible().filter(pk__in=papers).only("date", "position"):
        key = paper.first_digest
        found[paper.pk] = _Place(key.date, key.stream, paper.place)
    return found


def _papers_on(
    days: frozenset[date], tested: Sequence[int], places: Mapping[int, _Place]
) -> dict[tuple[date, int], list[int]]:
    """The papers that were first on the days of those tested, by day and stream, in their order."""
    wanted = {places[paper][:2] for paper in tested}
    found: dict[tuple[date, int], list[int]] = defaultdict(list)
    papers = Paper.objects.visible().filter(date__in=days).only("date", "position")
    for paper in papers.order_by("date", "position"):
        key = paper.first_digest
        if (key.date, key.stream) in wanted:
            found[key.date, key.stream].append(paper.pk)
    return found
