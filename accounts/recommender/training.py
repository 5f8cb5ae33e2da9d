"""What is learned from the papers that a person kept, and how good that is.

In: which papers they kept and refused, when, and how much each counts. Out: weights of features,
and a back-test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from digest.models import DigestKey, Paper

from .examples import MOST_KEPT, MOST_REFUSED, MOST_SEEN, Examples
from .linear import Floats, fit
from .vectors import Vectors

_TESTED, _LEAST_TESTED = 40, 5
"""Papers that are asked for in a back-test, at most and at least: the last third of what was kept.
"""
_PENALTY = 0.5
_REFUSED, _SEEN, _OTHER = 4.0, 1.0, 0.5
"""How much a paper counts that was refused, one that was seen in a digest and not kept, and any
other one."""
_LIKELY = 0.1
"""The share of other papers that are likely to matter."""
_MARGIN = 0.1
"""Part of the way from there to the mean of what was kept: others may be all alike."""
_MOST_WEIGHTS = 1_500
"""Weights that are stored, at most: the largest."""


class BackTest(NamedTuple):
    """See `accounts.models.InterestModel`."""

    tested: int = 0
    by_model: int = 0
    by_order: int = 0
    by_chance: float = 0.0


class Learned(NamedTuple):
    """The weights of features, the largest, and the score of a paper that is likely to matter:
    about one other of ten has it. Without weights where nothing was kept."""

    weights: dict[str, float]
    threshold: float = 0.0


def learn(examples: Examples, vectors: Vectors, left_out: frozenset[date] = frozenset()) -> Learned:
    """What is learned from the examples. left_out: days of whose papers only what the person said
    is learned."""
    wanted = dict.fromkeys(examples.wanted, 0.5)
    wanted |= {one.paper: one.importance for one in examples.kept[-MOST_KEPT:]}
    unwanted = {paper: _OTHER for paper, day in vectors.sample.items() if day not in left_out}
    unwanted |= dict.fromkeys(examples.seen[-MOST_SEEN:], _SEEN)
    unwanted |= {one.paper: _REFUSED * one.importance for one in examples.refused[-MOST_REFUSED:]}
    good = vectors.read(wanted)
    bad = [paper for paper in vectors.read(unwanted) if paper not in wanted]
    if not good or not bad:
        return Learned({})
    matrix = vectors.matrix([*good, *bad])
    kept = np.array([wanted[paper] for paper in good])
    others = np.array([unwanted[paper] for paper in bad])
    importance = np.concatenate([kept / kept.sum(), others / others.sum()])
    targets = np.concatenate([np.ones(len(good)), -np.ones(len(bad))])
    found = fit(matrix, targets, importance, _PENALTY)
    scores = matrix.dot(found)
    threshold = float(np.quantile(scores[len(good) :], 1 - _LIKELY))
    threshold += _MARGIN * max(float(scores[: len(good)].mean()) - threshold, 0.0)
    weights = found * vectors.rarity[matrix.columns]
    largest = np.argsort(-np.abs(weights), kind="stable")[:_MOST_WEIGHTS]
    names = [vectors.names[column] for column in matrix.columns[largest]]
    return Learned(dict(zip(names, weights[largest].round(6).tolist(), strict=True)), threshold)


Scorer = Callable[[Sequence[int]], Floats]
"""Gives papers, whose vectors were read, their scores."""


class _Place(NamedTuple):
    """The first digest of a paper, and its `position` there."""

    digest: DigestKey
    position: int


def scored_by_model(examples: Examples, vectors: Vectors, left_out: frozenset[date]) -> Scorer:
    """What scores papers by what is learned from the examples. left_out: see `learn`."""
    weights = learn(examples, vectors, left_out).weights

    known, rarity = np.zeros(len(vectors.names)), vectors.rarity
    for name, weight in weights.items():
        number = vectors.numbers[name]
        known[number] = weight / rarity[number]

    def score(papers: Sequence[int]) -> Floats:
        matrix = vectors.matrix(papers)
        new = max(len(vectors.names) - len(known), 0)
        return matrix.dot(np.append(known, np.zeros(new))[matrix.columns])

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
    days = frozenset(places[one.paper].digest.date for one in tested)
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
    there = {*vectors.read([*of_days])} - known
    of_day = {key: [paper for paper in papers if paper in there] for key, papers in on.items()}
    asked = [paper for papers in of_day.values() for paper in papers]
    scores = dict(zip(asked, score(asked), strict=True))
    by_model, by_order, by_chance = 0, 0, 0.0
    for one in tested:
        papers = of_day[places[one.paper].digest]
        top = -(-len(papers) // 10)
        by_model += one.paper in sorted(papers, key=lambda paper: -scores[paper])[:top]
        by_order += one.paper in papers[:top]
        by_chance += top / max(len(papers), 1)
    return BackTest(len(tested), by_model, by_order, by_chance)


def _places(papers: Sequence[int]) -> dict[int, _Place]:
    """Where papers were first, of those that the catalogue shows."""
    rows = Paper.objects.visible().filter(pk__in=papers).values_list("pk", "date", "position")
    return {key: _place(day, position) for key, day, position in rows}


def _place(day: date, position: int) -> _Place:
    return _Place(DigestKey(day, Paper.stream_at(position)), position)


def _papers_on(
    days: frozenset[date], tested: Sequence[int], places: Mapping[int, _Place]
) -> dict[DigestKey, list[int]]:
    """The papers of the first digests of those tested, by digest, in their order."""
    found: dict[DigestKey, list[int]] = {places[paper].digest: [] for paper in tested}
    papers = Paper.objects.visible().filter(date__in=days).order_by("date", "position")
    for key, day, position in papers.values_list("pk", "date", "position"):
        of_digest = found.get(_place(day, position).digest)
        if of_digest is not None:
            of_digest.append(key)
    return found
