"""Which of some papers fit a query best: the same for both databases.

A word counts by its rarity, and more in the title than in the authors, and there more than in the
summary (BM25 over all three); as it was typed more than in another form; and what stands side by
side in the query counts more where it does in the paper.
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
"""What a word is worth in each field, and the words of one of usual length."""
_FORM, _BEGINNING, _BESIDE = 0.8, 0.5, 0.6
"""What another form of a word is worth, a word that begins with it, and two side by side."""
_SATURATION, _OF_TEXT, _LENGTH = 1.0, 2.0, 0.5
"""BM25's k1, that of a query which is a text, and b."""
FEW = 6
"""A query of more terms is a text: a sentence, an abstract."""


class Term(NamedTuple):
    """A part of a query of which a paper has any word. number: its place. weight: its rarity."""

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
    """The parts of a query that are about words, each alternative of one together."""
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


class _Meaning(NamedTuple):
    """A term of which a word of a paper is one, in which fields, and what it is worth."""

    number: int
    column: str
    worth: float


def rank(
    keys: Iterable[int],
    terms: Sequence[Term],
    joined: Mapping[str, tuple[Term, Term]] | None = None,
) -> list[Scored]:
    """The rows with these keys, the best first, newer ones before others as good, in one query.

    joined: words that stand for two terms at once.
    """
    scorer = _Scorer(terms, joined or {})
    rows = SearchText.objects.filter(pk__in=keys).values_list("pk", *FIELDS)
    found = [Scored(key, *scorer.score(texts)) for key, *texts in rows]
    found.sort(key=lambda one: (-one.score, -one.key))
    return found


class _Scorer:
    """Compares papers with terms, and knows again the words that it has met."""

    def __init__(self, terms: Sequence[Term], joined: Mapping[str, tuple[Term, Term]]) -> None:
        self._weights = [term.weight for term in terms]
        self._saturation = _SATURATION if len(terms) <= FEW else _OF_TEXT
        self._words: dict[str, list[_Meaning]] = defaultdict(list)
        self._stems: dict[str, list[_Meaning]] = defaultdict(list)
        self._beginnings: dict[str, list[_Meaning]] = defaultdict(list)
        self._phrases: list[tuple[str, _Meaning]] = []
        for term in terms:
            for words in term.words:
                meaning = _Meaning(term.number, words.column, 1.0)
                if len(words.words) > 1:
                    phrase = f" {' '.join(words.words)}" + ("" if words.prefix else " ")
                    self._phrases.append((phrase, meaning))
                    continue
                (word,) = words.words
                self._words[word].append(meaning)
                if words.stem:
                    self._stems[words.stem].append(meaning._replace(worth=_FORM))
                if words.prefix:
                    self._beginnings[word].append(meaning._replace(worth=_BEGINNING))
        for word, pair in joined.items():
            self._words[word] += [_Meaning(term.number, "", 1.0) for term in pair]
        self._met: set[str] = set()
        self._meanings: dict[str, list[_Meaning]] = {}

    def score(self, texts: Sequence[str]) -> tuple[float, frozenset[int]]:
        """texts: of the fields, in their order."""
        counts: dict[int, float] = defaultdict(float)
        shares: dict[int, float] = defaultdict(float)
        beside: dict[int, float] = defaultdict(float)
        for text, (field, (worth, usual)) in zip(texts, FIELDS.items(), strict=True):
            words = text.split()
            self._meet({*words})
            worth /= 1 - _LENGTH + _LENGTH * len(words) / usual
            meanings, last, place = self._meanings, -1, -2
            for at, word in [pair for pair in enumerate(words) if pair[1] in meanings]:
                for meaning in meanings[word]:
                    if not _is_in(field, meaning.column):
                        continue
                    number = meaning.number
                    counts[number] += worth
                    shares[number] += worth * meaning.worth
                    if number == last + 1 and place == at - 1:
                        beside[number] = max(beside[number], min(worth, 4.0) ** 0.5)
                    last, place = number, at
            for phrase, meaning in self._phrases:
                if phrase in (padded := f" {text} ") and _is_in(field, meaning.column):
                    counts[meaning.number] += worth * padded.count(phrase)
                    shares[meaning.number] += worth * padded.count(phrase)
        weights, found, k1 = self._weights, 0.0, self._saturation
        for number, count in counts.items():
            # BM25's count * (k1 + 1) / (count + k1), of which forms are worth a share.
            found += weights[number] * shares[number] * (k1 + 1) / (count + k1)
        for number, worth in beside.items():
            found += min(weights[number], weights[number - 1]) * _BESIDE * worth
        return found, frozenset(counts)

    def _meet(self, words: set[str]) -> None:
        """Learn what those of these words mean that were not met before."""
        plain, stems, beginnings = self._words, self._stems, tuple(self._beginnings)
        for word in words - self._met:
            # Nearly none of them is asked for: this is all that happens to most.
            if word in plain or word in stems or stem(word) in stems or word.startswith(beginnings):
                self._meanings[word] = self._meaning(word)
        self._met |= words

    def _meaning(self, word: str) -> list[_Meaning]:
        found = [*self._words.get(word, ())]
        if self._stems:
            found += self._stems.get(stem(word), ()) or self._stems.get(word, ())
        for beginning, meanings in self._beginnings.items():
            if word.startswith(beginning):
                found += meanings
        # Of each term what is worth most, which comes first.
        return list({one.number: one for one in reversed(found)}.values())


def _is_in(field: str, column: str) -> bool:
    return not column or field == column or (column == HEADING and field != "summary")
