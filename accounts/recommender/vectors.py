"""The vectors of papers, made once for all people of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from math import log
from random import Random

import numpy as np

from digest.batches import batches
from digest.models import SearchText, SearchWord
from digest.search.rows import DAY

from .features import READ, WORD, features
from .linear import Floats, Matrix, Vector

MOST = 50_000
"""Vectors in memory between two people, at most: about a kilobyte each. Those that were read first
are forgotten."""
_RECENT, _SAMPLE = 5_000, 800
"""Papers that a person has not kept are sampled among so many of the newest."""
_TAG_RARITY = 5.0
"""An author or a category weighs as much as a word that one paper in 150 has."""
_COMMON_SHARE = 0.2
"""A word that a larger share of papers has is left out, as is one that a single paper has."""


class Vectors:
    """Vectors of papers by their keys, read from the search index as they are asked for."""

    def __init__(self) -> None:
        self._papers = max(SearchText.objects.count(), 1)
        self.numbers: dict[str, int] = {}
        """Of features, by name; -1 for one that is left out."""
        self.names: list[str] = []
        self._rarity: list[float] = []
        self._array = np.empty(0)
        self._vectors: dict[int, Vector] = {}
        newest = SearchText.objects.order_by("-pk").values_list("paper", "pk")[:_RECENT]
        recent = [(paper, date.fromordinal(key // DAY)) for paper, key in newest]
        # The same for everybody, so that their vectors are read once.
        self.sample = dict(Random(1).sample(recent, min(_SAMPLE, len(recent))))  # noqa: S311
        """Papers and their days."""

    def read(self, papers: Collection[int]) -> list[int]:
        """Those of the papers that have a vector: the catalogue shows them."""
        missing = [paper for paper in dict.fromkeys(papers) if paper not in self._vectors]
        for some in batches(missing):
            texts = SearchText.objects.filter(paper__in=some).only(*READ)
            found = {text.paper_id: features(text) for text in texts}
            self._number(name for values in found.values() for name in values)
            for paper, values in found.items():
                self._vectors[paper] = self._vector(values)
        return [paper for paper in papers if paper in self._vectors]

    def trim(self) -> None:
        """Forget vectors that are too many in memory: to be called before a person's are read."""
        for paper in [*self._vectors][: max(len(self._vectors) - MOST, 0)]:
            del self._vectors[paper]

    def _number(self, names: Iterable[str]) -> None:
        """Give each feature that is new a number and its rarity."""
        new = [name for name in dict.fromkeys(names) if name not in self.numbers]
        papers: dict[str, int] = {}
        for some in batches(name[1:] for name in new if name[:1] == WORD):
            counts = SearchWord.objects.filter(word__in=some)
            papers.update(counts.values_list("word", "papers"))
        for name in new:
            rarity = _TAG_RARITY if name[:1] != WORD else self._word_rarity(papers.get(name[1:], 0))
            self.numbers[name] = len(self.names) if rarity else -1
            if rarity:
                self.names.append(name)
                self._rarity.append(rarity)

    def _word_rarity(self, papers: int) -> float:
        if papers < 2 or papers > max(_COMMON_SHARE * self._papers, 3):
            return 0.0
        return log(self._papers / papers) + 1

    def _vector(self, values: Mapping[str, float]) -> Vector:
        numbers = self.numbers
        pairs = [
            (number, value) for name, value in values.items() if (number := numbers[name]) >= 0
        ]
        return Vector(
            np.array([number for number, _ in pairs], np.int32),
            np.array([value for _, value in pairs], np.float32),
        )

    def matrix(self, papers: Iterable[int]) -> Matrix:
        """The vectors of papers that were read, one a row, each value multiplied by its rarity."""
        found = Matrix([self._vectors[paper] for paper in papers], len(self.names))
        found.scale(self.rarity)
        return found

    @property
    def rarity(self) -> Floats:
        """Of each feature, by its number: how much more it counts than one that all papers have."""
        if len(self._array) < len(self._rarity):
            self._array = np.array(self._rarity)
        return self._array
