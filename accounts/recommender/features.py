"""The features of a paper, and what they add up to for a person. In: rows of `SearchText`.

A feature's name is a letter and what it is of: w and the stem of a word; else a tag of the search
index: u and the key of an author, c and that of a category or area.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

from digest.models import SearchText
from digest.search.common_words import COMMON, GENERIC, singular
from digest.search.text import stem

WORD, AUTHOR, CATEGORY = "w", "u", "c"
_TITLE = 2.0
"""How many times a word of a title counts."""
_AUTHORS, _CATEGORIES = 0.6, 0.3
"""What all authors of a paper, and each of its categories, count beside its words."""
_REASONS = {WORD: 3, AUTHOR: 2, CATEGORY: 1}
"""Reasons of each kind that are given for a paper, at most."""
_LEAST = 0.05
"""A reason adds at least so much of all that speaks for a paper."""


@lru_cache(maxsize=200_000)
def word_feature(word: str) -> str:
    """The feature of a word as the index has it; "" for one that says nothing of a paper."""
    if len(word) < 2 or word.isdigit() or singular(word) in COMMON | GENERIC:
        return ""
    return WORD + (stem(word) or word)


def features(text: SearchText) -> dict[str, float]:
    """The features of a paper with their values, before the rarity of words is known.

    A long summary has more words, each of which counts less.
    """
    found = dict.fromkeys(map(word_feature, text.summary.split()), 1.0)
    found |= dict.fromkeys(map(word_feature, text.title.split()), _TITLE)
    found.pop("", None)
    length = sqrt(len(found)) or 1.0
    found = {name: value / length for name, value in found.items()}
    tags = text.tags.split()
    authors = [tag for tag in tags if tag[0] == AUTHOR]
    found |= dict.fromkeys(authors, _AUTHORS / (sqrt(len(authors)) or 1.0))
    found |= dict.fromkeys((tag for tag in tags if _is_category(tag)), _CATEGORIES)
    return found


def _is_category(tag: str) -> bool:
    return tag[0] == CATEGORY and tag[1:].isdigit()


class Reason(NamedTuple):
    """A feature that speaks for a paper. name: of the feature; text: of a word, as it is printed
    there, else ""."""

    name: str
    text: str

    @property
    def kind(self) -> str:
        return self.name[0]

    @property
    def key(self) -> int:
        """Of the author or the category."""
        return int(self.name[1:])


class Score(NamedTuple):
    """How much a paper is likely to matter, and the features that speak most for it."""

    value: float
    reasons: list[Reason]


class Weights:
    """The weights of features for a person. less: features that they want less of: each counts
    against a paper as much as it would count for it."""

    def __init__(self, weights: Mapping[str, float], less: frozenset[str] = frozenset()) -> None:
        self._weights = {**weights, **{name: -abs(weights.get(name, 0.0)) for name in less}}

    def score(self, text: SearchText) -> Score:
        """The score of a paper."""
        weights = self._weights
        added = {
            name: value * weights[name] for name, value in features(text).items() if name in weights
        }
        return Score(sum(added.values()), self._reasons(added, text))

    def _reasons(self, added: dict[str, float], text: SearchText) -> list[Reason]:
        good = sorted(((value, name) for name, value in added.items() if value > 0), reverse=True)
        least = _LEAST * sum(value for value, _ in good)
        left = dict(_REASONS)
        chosen = []
        for value, name in good:
            if value >= least and left[name[0]]:
                left[name[0]] -= 1
                chosen.append(name)
        printed: dict[str, str] = {}
        if any(name[0] == WORD for name in chosen):
            for word in (*text.title.split(), *text.summary.split()):
                printed.setdefault(word_feature(word), word)
        return [Reason(name, printed.get(name, "")) for name in chosen]
