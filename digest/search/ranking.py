"""Ranks some papers by how well they fit a query, the same on both databases.

In: keys of papers, and the terms of a query. Out: the papers' scores, the best first. A score is
BM25 over title, authors and summary: a rare word counts more than a frequent one, and a word in the
title more than one in the authors or the summary. A word as it was typed counts more than another
form of it, the more, the rarer it is itself. A word that papers repeat, or have in their titles,
counts more than one that they have once in passing. Words that are neighbours in the query count
more where they are in the paper, too.

Measured by `tests/benchmarks/recall.py`, these find no more, or little: other values of these
parameters, the share of a query's terms that a paper has, words like those of the best papers
(Rocchio), words that papers often have together with those of the query, latent semantic analysis,
the scores of similar papers, shorter stems, and words that have the first six letters in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import fsum
from typing import NamedTuple

from digest.models import SearchText

from .frequencies import Frequencies
from .nodes import HEADING, AllOf, AnyOf, Node, Words, positive
from .text import stem

FIELDS = {"title": (3.0, 12), "authors": (1.5, 12), "summary": (1.0, 220)}
"""The weight of each field, and its usual length in words."""
_AS_TYPED, _NEIGHBOURS = 0.2, 0.6
"""The shares of a term's weight that count for its word as it was typed alone, and for two words
that are neighbours."""
_REPEATED, _USUAL_COUNT, _PRIOR_PAPERS = 0.5, 1.5, 20
"""The weight of a term grows with this power of how often the ranked papers that have it have it on
average, as `_Counter` counts; so many papers with the usual count are added to them."""
_K1, _K1_OF_TEXT, _B = 0.7, 2.0, 0.5
"""BM25's parameters: k1, k1 where the query is a text, and b."""
SHORT_QUERY = 6
"""A query of more terms is taken for a text, such as a pasted sentence or abstract."""


class Term(NamedTuple):
    """A word or a phrase of a query, with its alternatives.

    number: its place in the query. words: the alternatives. papers: about how many papers have one
    of them, in any form. weight: the more, the fewer papers there are. weight_as_typed: the same by
    the papers that have one as it was typed.
    """

    number: int
    node: Node
    words: tuple[Words, ...]
    papers: int
    weight: float
    weight_as_typed: float

    @property
    def text(self) -> str:
        """As a person may type it."""
        return _text(self.node)


def _text(node: Node) -> str:
    match node:
        case Words(words, quoted=quoted):
            return f'"{" ".join(words)}"' if quoted else "-".join(words)
        case AnyOf((Words(words), Words((joined,)))) if joined == "".join(words):
            return "-".join(words)
        case AnyOf(nodes) | AllOf(nodes):
            return " OR ".join(map(_text, nodes))
    return ""


def terms(nodes: Iterable[Node], known: Frequencies) -> list[Term]:
    """The terms of a query. known: the frequencies of its words."""
    found: list[Term] = []
    for outer in nodes:
        inner = outer.nodes if isinstance(outer, AllOf) else (outer,)
        for node in inner:
            if words := tuple(positive(node)):
                papers = sum(_papers(one, known) for one in words)
                as_typed = sum(_papers(replace(one, stem=""), known) for one in words)
                weights = known.weight(papers), known.weight(as_typed)
                found.append(Term(len(found), node, words, papers, *weights))
    return found


def _papers(words: Words, known: Frequencies) -> int:
    """About how many papers have these words: no more than have the rarest of them."""
    if len(words.words) == 1:
        return known.papers(words.words[0], words.stem)
    return min(known.papers(word) for word in words.words)


class Scored(NamedTuple):
    """The key of a paper's row, how well it fits, and the numbers of the terms that it has."""

    key: int
    score: float
    has: frozenset[int]


class _Match(NamedTuple):
    """The number of a term that a word of a paper matches, in which fields it does ("" for any),
    and whether it is the word as it was typed."""

    number: int
    column: str
    is_as_typed: bool


class _Counts(NamedTuple):
    """How often a paper has each term, by the term's number; in a field of more weight, or a short
    one, it counts more.

    in_any_form, as_typed: its words. neighbours: more than 0 where it comes right after the term
    before it.
    """

    in_any_form: dict[int, float]
    as_typed: dict[int, float]
    neighbours: dict[int, float]


def rank(
    keys: Iterable[int],
    terms: Sequence[Term],
    joined: Mapping[str, tuple[Term, Term]] | None = None,
) -> list[Scored]:
    """The rows with these keys, the best first, newer ones before others as good, in one query.

    joined: words that match two terms at once, such as `deepseek` for `deep seek`.
    """
    counter = _Counter(terms, joined or {})
    rows = SearchText.objects.filter(pk__in=keys).values_list("pk", *FIELDS)
    counted = {key: counter.count(texts) for key, *texts in rows}
    factors = _factors(counted.values())
    found = [
        Scored(key, _score(counts, terms, factors), frozenset(counts.in_any_form))
        for key, counts in counted.items()
    ]
    found.sort(key=lambda one: (-one.score, -one.key))
    return found


def _factors(counted: Iterable[_Counts]) -> dict[int, float]:
    """For each term how much more it counts because papers repeat it."""
    of_terms: dict[int, list[float]] = defaultdict(list)
    for counts in counted:
        for number, count in counts.in_any_form.items():
            of_terms[number].append(count)
    return {
        number: ((fsum(found) / _USUAL_COUNT + _PRIOR_PAPERS) / (len(found) + _PRIOR_PAPERS))
        ** _REPEATED
        for number, found in of_terms.items()
    }


def _score(counts: _Counts, terms: Sequence[Term], factors: Mapping[int, float]) -> float:
    k1 = _K1 if len(terms) <= SHORT_QUERY else _K1_OF_TEXT
    score = 0.0
    for number, count in counts.in_any_form.items():
        term = terms[number]
        # BM25's count * (k1 + 1) / (count + k1), with two weights.
        found = (1 - _AS_TYPED) * term.weight * count
        found += _AS_TYPED * term.weight_as_typed * counts.as_typed.get(number, 0.0)
        score += found * (k1 + 1) / (count + k1) * factors[number]
    for number, weight in counts.neighbours.items():
        score += min(terms[number].weight, terms[number - 1].weight) * _NEIGHBOURS * weight
    return score


class _Counter:
    """Counts terms in papers. Remembers what the words that it has seen match."""

    def __init__(self, terms: Sequence[Term], joined: Mapping[str, tuple[Term, Term]]) -> None:
        self._words: dict[str, list[_Match]] = defaultdict(list)
        self._stems: dict[str, list[_Match]] = defaultdict(list)
        self._beginnings: dict[str, list[_Match]] = defaultdict(list)
        self._phrases: list[tuple[str, _Match]] = []
        for term in terms:
            for words in term.words:
                match = _Match(term.number, words.column, is_as_typed=True)
                if len(words.words) > 1:
                    phrase = f" {' '.join(words.words)}" + ("" if words.prefix else " ")
                    self._phrases.append((phrase, match))
                    continue
                (word,) = words.words
                self._words[word].append(match)
                if words.stem:
                    self._stems[words.stem].append(match._replace(is_as_typed=False))
                if words.prefix:
                    self._beginnings[word].append(match._replace(is_as_typed=False))
        for word, pair in joined.items():
            self._words[word] += [_Match(term.number, "", is_as_typed=True) for term in pair]
        self._seen: set[str] = set()
        self._matches: dict[str, list[_Match]] = {}

    def count(self, texts: Sequence[str]) -> _Counts:
        """Of a paper. texts: of its fields, in the order of `FIELDS`."""
        in_any_form: dict[int, float] = defaultdict(float)
        as_typed: dict[int, float] = defaultdict(float)
        neighbours: dict[int, float] = defaultdict(float)
        for text, (field, (weight, usual)) in zip(texts, FIELDS.items(), strict=True):
            words = text.split()
            self._read({*words})
            weight /= 1 - _B + _B * len(words) / usual
            matches, last, place = self._matches, -1, -2
            for at, word in [pair for pair in enumerate(words) if pair[1] in matches]:
                for match in matches[word]:
                    if not _is_in(field, match.column):
                        continue
                    number = match.number
                    in_any_form[number] += weight
                    if match.is_as_typed:
                        as_typed[number] += weight
                    if number == last + 1 and place == at - 1:
                        neighbours[number] = max(neighbours[number], min(weight, 4.0) ** 0.5)
                    last, place = number, at
            for phrase, match in self._phrases:
                if phrase in (padded := f" {text} ") and _is_in(field, match.column):
                    in_any_form[match.number] += weight * padded.count(phrase)
                    as_typed[match.number] += weight * padded.count(phrase)
        return _Counts(in_any_form, as_typed, neighbours)

    def _read(self, words: set[str]) -> None:
        """Find what these words match, of those that were not seen before."""
        plain, stems, beginnings = self._words, self._stems, tuple(self._beginnings)
        for word in words - self._seen:
            # Nearly all words match nothing: they are done with here.
            if word in plain or word in stems or stem(word) in stems or word.startswith(beginnings):
                self._matches[word] = self._matches_of(word)
        self._seen |= words

    def _matches_of(self, word: str) -> list[_Match]:
        found = [*self._words.get(word, ())]
        if self._stems:
            found += self._stems.get(stem(word), ()) or self._stems.get(word, ())
        for beginning, matches in self._beginnings.items():
            if word.startswith(beginning):
                found += matches
        # Of each term the match as it was typed, which comes first.
        return list({one.number: one for one in reversed(found)}.values())


def _is_in(field: str, column: str) -> bool:
    return not column or field == column or (column == HEADING and field != "summary")
