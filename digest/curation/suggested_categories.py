"""Categories for papers that come without: those of the papers whose words are most alike.

Most services give no categories of the taxonomy. Here a paper without any gets those that most of
its nearest papers have. How sure that is depends on the catalogue, so it is measured first: papers
with categories are asked as if they had none, and only what was right often enough is suggested.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from math import log, sqrt
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from digest.batches import batches
from digest.catalogue.fields import CATEGORIES
from digest.formats import Record, write_suggestions
from digest.models import Classification, Correction, Entry, Paper
from digest.search.text import stem, tokens

KNOWN = 4_000
"""Papers with categories that others are compared with, at most: the newest."""
MEASURED = 2_000
"""Of them, those that are asked as if they had none."""
ROWS = 200
"""Suggestions of a source, at most."""
_NEAREST = 25
"""Papers whose categories count for a paper."""
_PRECISION, _LEAST_PRECISION = 0.84, 0.75
"""Of all suggestions so many were right where they were measured, so that of those for new papers
at least 0.8 are; and of those of each category."""
_LEAST = 20
"""Suggestions by which they are measured, at least."""
_TITLE = 2
"""How many times a word of a title counts."""


class Suggestions(NamedTuple):
    """A file to load, and the key of the stream that its papers are of first."""

    content: bytes
    name: str
    stream: int


def suggested(limit: int) -> Iterator[Suggestions]:
    """Suggestions for the newest papers that show no categories, unless a curator decided so.

    limit: of the papers looked at. Empty where no paper has categories.
    """
    has_some = Exists(Classification.objects.filter(paper=OuterRef("pk")))
    known = Paper.objects.visible().filter(has_some, categories_suggested=False)
    found = list(_texts(known.newest()[:KNOWN]))
    if not found:
        return
    suggester = Suggester([texts for _, texts in found])
    decided = Correction.objects.active().filter(field=CATEGORIES.name, paper=OuterRef("pk"))
    without = Paper.objects.visible().filter(~has_some, ~Exists(decided))
    rows = defaultdict(list)
    for paper, texts in _texts(without.newest()[:limit]):
        if names := suggester.suggest(texts):
            rows[paper.first_digest.stream].append((paper, names))
    for stream, papers in rows.items():
        for some in batches(papers, ROWS):
            content = write_suggestions(_records(some)).encode()
            yield Suggestions(content, f"suggested-categories/{len(some)}-papers.json", stream)


def _texts(papers: QuerySet[Paper]) -> Iterator[tuple[Paper, Texts]]:
    for paper in papers.prefetch_related("classifications__category"):
        names = [place.category.name for place in paper.classifications.all()]
        yield paper, Texts(paper.title, f"{paper.summary}\n{paper.abstract}", names)


def _records(papers: list[tuple[Paper, list[str]]]) -> Iterator[tuple[date, Record]]:
    """Each as its first entry names it, by which it is known."""
    entries = Entry.objects.filter(paper__in=[paper.pk for paper, _ in papers]).order_by("-pk")
    named = dict(entries.values_list("paper", "record"))
    for paper, names in papers:
        record = named[paper.pk]
        link = record.get("link", "")
        yield paper.date, Record(record["title"], link, classification=tuple(names))


class Texts(NamedTuple):
    """What is compared of a paper, and its categories, if it has any."""

    title: str
    text: str
    categories: Sequence[str] = ()


def _words(paper: Texts) -> Counter[str]:
    words = _TITLE * tokens(paper.title) + tokens(paper.text)
    return Counter(stem(word) or word for word in words)


class Suggester:
    """Suggests categories for papers, from papers that have some.

    known: at least one, the newest first.
    """

    def __init__(self, known: Sequence[Texts], measured: int = MEASURED) -> None:
        counts = [_words(paper) for paper in known]
        self.categories = [paper.categories for paper in known]
        self.papers = Counter(word for words in counts for word in words)
        self.having: dict[str, list[tuple[int, float]]] = defaultdict(list)
        weights = [self._weighed(words) for words in counts]
        for number, words in enumerate(weights):
            for word, weight in words.items():
                self.having[word].append((number, weight))
        self.least, self.unsure = self._measure(weights[:measured])

    def suggest(self, paper: Texts) -> list[str]:
        """The categories of a paper, the surest first; none where none is sure enough."""
        shares = self._shares(self._weighed(_words(paper)))
        sure = [
            name
            for name, share in shares.items()
            if share >= self.least and name not in self.unsure
        ]
        return sorted(sure, key=lambda name: (-shares[name], name))

    def _weighed(self, words: Mapping[str, int]) -> dict[str, float]:
        """The weights of words: a rare one weighs more. Together they have the length 1."""
        number = len(self.categories)
        weights = {
            word: (1 + log(often)) * log(1 + number / self.papers[word])
            for word, often in words.items()
            if 1 < self.papers[word] <= max(number / 2, 10)
        }
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1
        return {word: weight / length for word, weight in weights.items()}

    def _shares(self, words: Mapping[str, float], itself: int = -1) -> dict[str, float]:
        """For each category of the nearest papers, how much of their likeness those have that have
        it. itself: the number of a known paper, which is not compared with itself."""
        likeness: dict[int, float] = defaultdict(float)
        for word, weight in words.items():
            for number, other in self.having[word]:
                likeness[number] += weight * other
        likeness.pop(itself, None)
        nearest = sorted(likeness.items(), key=lambda one: (-one[1], one[0]))[:_NEAREST]
        total = sum(map(itemgetter(1), nearest))
        shares: dict[str, float] = defaultdict(float)
        for number, alike in nearest:
            for name in self.categories[number]:
                shares[name] += alike / total
        return shares

    def _measure(self, weights: Iterable[Mapping[str, float]]) -> tuple[float, set[str]]:
        """The least share at which a category is suggested, and the categories that never are."""
        found = [
            (-share, name not in self.categories[number], name)
            for number, words in enumerate(weights)
            for name, share in self._shares(words, number).items()
        ]
        wrong, enough = 0, 0
        found.sort()
        for number, (_, is_wrong, _) in enumerate(found, start=1):
            wrong += is_wrong
            if number >= _LEAST and number - wrong >= _PRECISION * number:
                enough = number
        if not enough:
            return 2, set()
        of = Counter(name for _, _, name in found[:enough])
        right = Counter(name for _, is_wrong, name in found[:enough] if not is_wrong)
        unsure = {name for name, all_ in of.items() if right[name] < _LEAST_PRECISION * all_}
        return -found[enough - 1][0], unsure
