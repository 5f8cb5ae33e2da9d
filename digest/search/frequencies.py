"""How many papers have a word. In: words. Out: their counts in `SearchWord`, which the database
itself updates whenever a paper's text changes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from math import log
from typing import NamedTuple

from digest.models import SearchWord

from .text import stem, tokens

_FREQUENT = ("the", "of", "and", "a", "for")
"""Words that nearly all papers have: their counts give about the number of all papers."""


class Frequency(NamedTuple):
    """The number of papers that have a word, and of those that have it in a name of an author."""

    papers: int = 0
    in_authors: int = 0


class Frequencies(dict[str, Frequency]):
    """The frequencies of some words, read from the database many at a time."""

    def read(self, words: Iterable[str]) -> Frequencies:
        """Read the frequencies of more words, in one query."""
        if new := {*words} - self.keys():
            wanted = new | {*_FREQUENT} - self.keys()
            self.update(dict.fromkeys(new, Frequency()))
            found = SearchWord.objects.filter(word__in=wanted).values_list()
            self.update((word, Frequency(*counts)) for word, *counts in found)
        return self

    def read_text(self, text: str) -> Frequencies:
        """Read those of a text's words, their stems, and each two neighbours written as one."""
        words = tokens(text)
        joined = (first + second for first, second in itertools.pairwise(words))
        return self.read(filter(None, [*words, *map(stem, words), *joined]))

    def papers(self, word: str, root: str = "") -> int:
        """About how many papers have a word, or any of its forms. root: its stem."""
        return max(self[one].papers if one in self else 0 for one in (word, root))

    def occurs(self, word: str, *, author: bool = False) -> bool:
        """Whether any paper has the word or a form of it. author: in its authors."""
        if author:
            return word in self and self[word].in_authors > 0
        return self.papers(word, stem(word)) > 0

    def weight(self, papers: int) -> float:
        """The weight of a term that so many papers have: the inverse document frequency of BM25, by
        Robertson and Spärck Jones."""
        return log(1 + (max(self.every - papers, 0) + 0.5) / (papers + 0.5))

    @property
    def every(self) -> int:
        """About how many papers there are."""
        return max((self[word].papers for word in _FREQUENT if word in self), default=0)
