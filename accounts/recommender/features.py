"""The features of a paper, and what they add up to for a person. In: rows of `SearchText`.

A feature's name is a letter and what it is of: w and the stem of a word; else a tag of the search
index: u and the key of an author, c and that of a category or area. The
empty name is of what every paper has.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import sqrt
from operator import add
from typing import NamedTuple

from digest.models import SearchText
from digest.search.common_words import COMMON, GENERIC, singular
from digest.search.text import stem

WORD, AUTHOR, CATEGORY = "w", "u", "c"
READ = ("paper", "title", "summary", "tags")
"""The columns of `SearchText` that are read."""
_TITLE = 2.0
"""How many times a word of a title counts."""
_AUTHORS, _CATEGORIES = 1.0, 0.4
"""What all authors of a paper, and each of its categories, count beside its words."""
_ANY = 0.5
"""What every paper has, by the name "": so that one of few words is not taken for a likely one."""
_REASONS = {WORD: 3, AUTHOR: 2, CATEGORY: 1}
"""Reasons of each kind that are given for a paper, at most."""
_LEAST = 0.03
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
    found = dict.fromkeys(map(word_feature, _words(text.summary)), 1.0)
    found |= dict.fromkeys(map(word_feature, _words(text.title)), _TITLE)
    found.pop("", None)
    length = sqrt(len(found)) or 1.0
    found = {name: value / length for name, value in found.items()}
    found[""] = _ANY
    tags = text.tags.split()
    authors = [tag for tag in tags if tag[0] == AUTHOR]
    found |= dict.fromkeys(authors, _AUTHORS / (sqrt(len(authors)) or 1.0))
    found |= dict.fromkeys((tag for tag in tags if _is_category(tag)), _CATEGORIES)
    return found


def _words(text: str) -> list[str]:
    """The words of a text as the index has it, without compounds, whose parts are words as well."""
    words = text.split()
    pairs = [*map(add, words, words[1:])]
    compounds = {*pairs, *map(add, pairs, words[2:])}
    return [word for word in words if word not in compounds]


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
    """How much a paper is likely to matter, above 0 if it is, and the features that say so."""

    value: float
    reasons: list[Reason]


class Weights:
    """The weights of features for a person. threshold: what a paper that is likely to matter adds
    up to. less: features that they want less of: each counts against a paper as much as it would
    count for it."""

    def __init__(
        self,
        weights: Mapping[str, float],
        threshold: float = 0.0,
        less: frozenset[str] = frozenset(),
    ) -> None:
        self._threshold = threshold
        self._weights = {**weights, **{name: -abs(weights.get(name, 0.0)) for name in less}}

    def score(self, text: SearchText) -> Score:
        """The score of a paper."""
        weights = self._weights
        added = {
            name: value * weights[name] for name, value in features(text).items() if name in weights
        }
        return Score(sum(added.values()) - self._threshold, self._reasons(added, text))

    def _reasons(self, added: dict[str, float], text: SearchText) -> list[Reason]:
        good = sorted(((value, name) for name, value in added.items() if value > 0), reverse=True)
        least = _LEAST * sum(value for value, _ in good)
        left = dict(_REASONS)
        chosen = []
        for value, name in good:
            if name and value >= least and left[name[0]]:
                left[name[0]] -= 1
                chosen.append(name)
        printed: dict[str, str] = {}
        if any(name[0] == WORD for name in chosen):
            for word in (*_words(text.title), *_words(text.summary)):
                printed.setdefault(word_feature(word), word)
        return [Reason(name, printed.get(name, "")) for name in chosen]
