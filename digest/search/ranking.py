"""Ranks some papers by how well they fit a query, the same on both databases.

In: keys of papers, and the terms of a query. Out: the papers' scores, the best first. A score is
BM25 over title, authors and summary: a rare word counts more than a frequent one, and a word in the
title more than one in the authors or the summary. A word as it was typed counts more than another
form of it, and words that are neighbours in the query count more where they are in the paper, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from digest.models import SearchText

from .frequencies import Frequencies
from .nodes import HEADING, AllOf, AnyOf, Node, Words, positive
from .text import stem

FIELDS = {"title": (3.0, 12), "authors": (1.5, 12), "summary": (1.0, 220)}
"""The weight of each field, and its usual length in words."""
_OTHER_FORM, _BEGINNING, _NEIGHBOURS = 0.8, 0.5, 0.6
"""The shares of a term's weight that count for another form of its word, for a word that begins
with it, and for two words that are neighbours."""
_K1, _K1_OF_TEXT, _B = 1.0, 2.0, 0.5
"""BM25's parameters: k1, k1 where the query is a text, and b."""
SHORT_QUERY = 6
"""A query of more terms is taken for a text, such as a pasted sentence or abstract."""


class Term(NamedTuple):
    """A word or a phrase of a query, with its alternatives.

    number: its place in the query. words: the alternatives. papers: about how many papers have one
    of them. weight: the more, the fewer papers there are.
    """

    number: int
    node: Node
    words: tuple[Words, ...]
    papers: int
    weight: float

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
    for node in nodes:
        inner = node.nodes if isinstance(node, AllOf) else (node,)
        for one in inner:
            if words := tuple(positive(one)):
                papers = sum(_papers(alternative, known) for alternative in words)
                found.append(Term(len(found), one, words, papers, known.weight(papers)))
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
    and which share of the term's weight it has."""

    number: int
    column: str
    share: float


def rank(
    keys: Iterable[int],
    terms: Sequence[Term],
    joined: Mapping[str, tuple[Term, Term]] | None = None,
) -> list[Scored]:
    """The rows with these keys, the best first, newer ones before others as good, in one query.

    joined: words that match two terms at once, such as `deepseek` for `deep seek`.
    """
    scorer = _Scorer(terms, joined or {})
    rows = SearchText.objects.filter(pk__in=keys).values_list("pk", *FIELDS)
    found = [Scored(key, *scorer.score(texts)) for key, *texts in rows]
    found.sort(key=lambda one: (-one.score, -one.key))
    return found


class _Scorer:
    """Scores papers by terms. Remembers what the words that it has seen match."""

    def __init__(self, terms: Sequence[Term], joined: Mapping[str, tuple[Term, Term]]) -> None:
        self._weights = [term.weight for term in terms]
        self._k1 = _K1 if len(terms) <= SHORT_QUERY else _K1_OF_TEXT
        self._words: dict[str, list[_Match]] = defaultdict(list)
        self._stems: dict[str, list[_Match]] = defaultdict(list)
        self._beginnings: dict[str, list[_Match]] = defaultdict(list)
        self._phrases: list[tuple[str, _Match]] = []
        for term in terms:
            for words in term.words:
                match = _Match(term.number, words.column, 1.0)
                if len(words.words) > 1:
                    phrase = f" {' '.join(words.words)}" + ("" if words.prefix else " ")
                    self._phrases.append((phrase, match))
                    continue
                (word,) = words.words
                self._words[word].append(match)
                if words.stem:
                    self._stems[words.stem].append(match._replace(share=_OTHER_FORM))
                if words.prefix:
                    self._beginnings[word].append(match._replace(share=_BEGINNING))
        for word, pair in joined.items():
            self._words[word] += [_Match(term.number, "", 1.0) for term in pair]
        self._seen: set[str] = set()
        self._matches: dict[str, list[_Match]] = {}

    def score(self, texts: Sequence[str]) -> tuple[float, frozenset[int]]:
        """A paper's score, and the numbers of the terms that it has. texts: of its fields, in the
        order of `FIELDS`."""
        counts: dict[int, float] = defaultdict(float)
        shares: dict[int, float] = defaultdict(float)
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
                    counts[number] += weight
                    shares[number] += weight * match.share
                    if number == last + 1 and place == at - 1:
                        neighbours[number] = max(neighbours[number], min(weight, 4.0) ** 0.5)
                    last, place = number, at
            for phrase, match in self._phrases:
                if phrase in (padded := f" {text} ") and _is_in(field, match.column):
                    counts[match.number] += weight * padded.count(phrase)
                    shares[match.number] += weight * padded.count(phrase)
        weights, found, k1 = self._weights, 0.0, self._k1
        for number, count in counts.items():
            # BM25's count * (k1 + 1) / (count + k1), of which other forms have a share.
            found += weights[number] * shares[number] * (k1 + 1) / (count + k1)
        for number, weight in neighbours.items():
            found += min(weights[number], weights[number - 1]) * _NEIGHBOURS * weight
        return found, frozenset(counts)

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
        # Of each term the match with the largest share, which comes first.
        return list({one.number: one for one in reversed(found)}.values())


def _is_in(field: str, column: str) -> bool:
    return not column or field == column or (column == HEADING and field != "summary")
