"""Corrects slips: words of a query that no paper has, such as `difusion`.

In: a query as it was typed, and the frequencies of its words. Out: the query with the nearest words
that papers have. A slip is one letter too much, too few or wrong, or two that changed places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from math import log
from operator import or_
from string import ascii_lowercase
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Length
from rapidfuzz.distance import OSA

from digest.models import Category, SearchWord
from digest.text.identity import CITED_ARXIV_ID, arxiv_id

from . import index
from .frequencies import Frequencies, Frequency
from .nodes import Words
from .query import TERM
from .text import fold

_MOST_SLIPS = 6
"""Words that are corrected in a query, at most; where more are unknown, none is corrected."""
_SHORTEST, _LONGEST = 4, 30
"""Letters of a word that is corrected, at least and at most."""
_LONG = 8
"""A word of at least so many letters may have two slips, a shorter one has one."""
_SLIP_COST = log(300)
"""A word with one slip less is chosen, unless the other is in 300 times more papers."""
_WORD = re.compile(r"[^\W_]+")
_CITED = re.compile(CITED_ARXIV_ID, re.IGNORECASE)
_BY_NAME = ("category", "area")


class _Slip(NamedTuple):
    """A word of a query that no paper has. start, end: its place."""

    word: str
    start: int
    end: int
    author: bool

    def often(self, counts: Frequency) -> int:
        """How many papers have a word in the field of this one."""
        return counts.in_authors if self.author else counts.papers


def corrected(text: str, known: Frequencies) -> str:
    """A query with the words that no paper has replaced by those that were most likely meant.

    What is in quotation marks or must not match stays as it is. The last word stays if other words
    begin with it, and so does a reference with an arXiv id, whose words need not match. known: the
    frequencies of the query's words; more are added. Takes one query of the database, another one
    if a category is named that is unknown, and one for each two words that a slip may be.
    """
    if _CITED.search(text):
        return text
    text = _categories_corrected(text)
    slips = _slips(text, known)
    if not slips or len(slips) > _MOST_SLIPS:
        return text
    pairs = _pairs(text, slips, known)
    wanted = [slip for slip in slips if not any(slip.start in range(*pair) for pair in pairs)]
    candidates = _candidates({slip.word for slip in wanted})
    splits = {slip.word: _splits(slip.word) for slip in wanted if not slip.author}
    known.read(part for parts in splits.values() for pair in parts for part in pair)
    changes = {(start, end): word for (start, end), word in pairs.items()}
    for slip in wanted:
        is_last = not text[slip.end :].strip()
        if is_last and any(
            slip.often(counts) for word, counts in candidates.items() if word.startswith(slip.word)
        ):
            continue
        if best := _nearest(slip, candidates, splits.get(slip.word, []), known):
            changes[slip.start, slip.end] = best
    for (start, end), word in sorted(changes.items(), reverse=True):
        text = text[:start] + word + text[end:]
    return text


def _slips(text: str, known: Frequencies) -> list[_Slip]:
    found = []
    for term in TERM.finditer(text):
        field, value = (term["field"] or "").lower(), term["word"]
        if term["minus"] or value is None or field not in ("", "title", "author"):
            continue
        if "\\" in value or "$" in value or arxiv_id(value) or "/" in value:
            continue
        for run in _WORD.finditer(value):
            word, start = run[0].lower(), term.start("word") + run.start()
            is_word = word.isascii() and word.isalpha() and len(word) <= _LONGEST
            if is_word and len(word) > 1 and not known.occurs(word, author=field == "author"):
                found.append(_Slip(word, start, start + len(word), field == "author"))
    return found


def _pairs(text: str, slips: list[_Slip], known: Frequencies) -> dict[tuple[int, int], str]:
    """The places of two neighbouring words, one of them unknown, that papers have as one word; each
    with that word."""
    found: dict[tuple[int, int], str] = {}
    for slip in slips:
        for start, end, word in (
            *((m.start(1), slip.end, m[1] + slip.word) for m in _before(text, slip.start)),
            *((slip.start, m.end(1), slip.word + m[1]) for m in _after(text, slip.end)),
        ):
            free = not any(start < other[1] and other[0] < end for other in found)
            if free and known.occurs(word.lower(), author=slip.author):
                found[start, end] = word.lower()
    return found


def _before(text: str, end: int) -> Iterator[re.Match[str]]:
    yield from filter(None, [re.search(r"(?<!\S)([^\W_]+)\s+$", text[:end])])


def _after(text: str, start: int) -> Iterator[re.Match[str]]:
    yield from filter(None, [re.compile(r"\s+([^\W_]+)(?!\S)").match(text, start)])


def _candidates(words: set[str]) -> dict[str, Frequency]:
    """Words of papers that may be meant by one of these: all that differ by one slip, and all of
    about the same length that begin with the same two letters."""
    words = {word for word in words if len(word) >= _SHORTEST}
    if not words:
        return {}
    near = {one for word in words for one in _one_slip(word)}
    alike = (
        Q(word__gte=word[:2], word__lt=word[:2] + "{", size__range=(len(word) - 2, len(word) + 2))
        for word in words
    )
    longer = (Q(word__gte=word, word__lt=word + "{") for word in words)
    found = (
        SearchWord.objects.annotate(size=Length("word"))
        .filter(papers__gt=0)
        .filter(reduce(or_, [*alike, *longer], Q(word__in=near)))
    )
    return {
        word: Frequency(papers, by)
        for word, papers, by in found.values_list("word", "papers", "in_authors")
        if (word.isascii() and word.isalpha()) or any(word.startswith(one) for one in words)
    }


def _one_slip(word: str) -> Iterator[str]:
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield from (before + letter + after for letter in ascii_lowercase)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in ascii_lowercase)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]


def _splits(word: str) -> list[tuple[str, str]]:
    return [(word[:n], word[n:]) for n in range(2, len(word) - 1)] if len(word) > 4 else []


def _nearest(
    slip: _Slip,
    candidates: dict[str, Frequency],
    splits: list[tuple[str, str]],
    known: Frequencies,
) -> str:
    """The word, or the two words, that was meant most likely; "" if none is near."""
    most = 2 if len(slip.word) >= _LONG else 1
    found: list[tuple[float, str]] = []
    for word, counts in candidates.items():
        often = slip.often(counts)
        slips = OSA.distance(slip.word, word, score_cutoff=most)
        if often and slips <= most:
            same_start = 0.5 * (word[0] == slip.word[0])  # few people miss the first key
            found.append((log(often) - _SLIP_COST * slips + same_start, word))
    for first, second in splits:
        # Both are to be words that are in use: nearly everything can be split into rare ones.
        often = min(known[one].papers if one in known else 0 for one in (first, second))
        if often > 1 or (often and min(len(first), len(second)) > 2):
            found.append((log(often) - _SLIP_COST, f"{first} {second}"))
    likely = (word for _, word in sorted(found, reverse=True))
    return next((word for word in likely if " " not in word or _stand_together(word)), "")


def _stand_together(words: str) -> bool:
    """Whether any paper has these words beside each other."""
    return bool(index.newest(Words(tuple(words.split())), 1))


def _categories_corrected(text: str) -> str:
    """The query with the nearest name where a category or an area is named that does not exist."""
    named = [term for term in TERM.finditer(text) if (term["field"] or "").lower() in _BY_NAME]
    if not named:
        return text
    known = {
        fold(name): name for row in Category.objects.values_list("name", "slug") for name in row
    }
    for term in reversed(named):
        group = "word" if term["phrase"] is None else "phrase"
        value = fold(term[group])
        if value in known or len(value) < _SHORTEST:
            continue
        most = 2 if len(value) >= _LONG else 1
        near = [
            (OSA.distance(value, name, score_cutoff=most), name)
            for name in known
            if group == "phrase" or " " not in name
        ]
        distance, name = min(near, default=(most + 1, ""))
        if distance <= most:
            text = text[: term.start(group)] + known[name] + text[term.end(group) :]
    return text
