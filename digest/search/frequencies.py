"""How many papers have a word: read from `SearchWord`, which the database itself keeps in step."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from math import log
from typing import NamedTuple

from digest.models import SearchWord

from .text import stem, tokens

_FREQUENT = ("the", "of", "and", "a", "for")
"""Words that nearly all papers have: they tell about how many papers there are."""


class Frequency(NamedTuple):
    """The number of papers that have a word, and of those that have it in a name of an author."""

    papers: int = 0
    in_authors: int = 0


class Frequencies(dict[str, Frequency]):
    """How often some words occur. All that a query may ask about is read in one query."""

    def read(self, words: Iterable[str]) -> Frequencies:
        """Learn of more words, in one query."""
        if new := {*words} - self.keys():
            wanted = new | {*_FREQUENT} - self.keys()
            self.update(dict.fromkeys(new, Frequency()))
            found = SearchWord.objects.filter(word__in=wanted).values_list()
            self.update((word, Frequency(*counts)) for word, *counts in found)
        return self

    def read_text(self, text: str) -> Frequencies:
        """Learn of a text's words, of their stems, and of two words written as one."""
        words = tokens(text)
        joined = (first + second for first, second in itertools.pairwise(words))
        return self.read(filter(None, [*words, *map(stem, words), *joined]))

    def papers(self, word: str, root: str = "") -> int:
        """How many papers have a word, or any of its forms; root: its stem."""
        return max(self[one].papers if one in self else 0 for one in (word, root))

    def occurs(self, word: str, *, author: bool = False) -> bool:
        """Whether any paper has the word or a form of it. author: in its authors."""
        if author:
            return word in self and self[word].in_authors > 0
        return self.papers(word, stem(word)) > 0

    def weight(self, papers: int) -> float:
        """What it says of a paper to have what so many papers have: Robertson's and Spärck Jones's
        inverse document frequency."""
        every = max((self[word].papers for word in _FREQUENT if word in self), default=0)
        return log(1 + (max(every - papers, 0) + 0.5) / (papers + 0.5))
