"""Papers that are like a paper: they share distinctive words and phrases, authors, links or
categories.

In: a paper. Out: the papers most like it, each with the reasons in words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from math import log
from typing import NamedTuple

from digest.models import Paper, SearchText
from digest.text.links import destination

from . import index
from .common_words import COMMON, GENERIC, singular
from .frequencies import Frequencies
from .nodes import AllOf, AnyOf, Node, Tag, Words
from .tags import author_tag, category_tag, link_tags
from .text import tokens

_COMMON_PAPERS, _COMMON_SHARE = 1_000, 50
"""A word scores nothing if so many papers have it, or one paper in 50 if that is more."""
_RARE = 6
"""A word of fewer papers adds no more than one of so many."""
_MAX_WORDS = 64
"""Words of a paper that are looked at, at most: those of its title first."""
_MAX_SOUGHT, _MAX_MATCHES = 24, 3_000
"""Other papers are looked for by so many words at most, and only by as many as have so many papers
together."""
_MAX_FOUND = 80
"""Papers that are found in each of the ways, at most."""
_TITLE, _PHRASE = 2, 0.7
"""How many times a word of a title counts, and what share of its words' score a phrase adds."""
_AUTHOR, _LINK, _CATEGORY = 10.0, 10.0, 3.0
"""What an author or a link that is shared adds to the score; a category adds three times what a
word of as many papers does."""
_LEAST_SCORE = 8.0
"""A related paper has at least this score."""
_USUAL_LENGTH = 120
"""Words of a usual paper: in longer ones, each word counts less."""
_DISTINCTIVE, _VERY_DISTINCTIVE = 150, 300
"""A word is distinctive if at most one paper in 150 has it. It is a reason by itself if it is a
name, or in both titles; or if at most one in 300 has it, and it is in the title of this paper."""
_UNIT = re.compile(r"[^\W_]+(?:[-’'.][^\W_]+)*")
_BREAK = re.compile(r"[,;:!?()<>\[\]{}\"“”\n|/]|\.(?=\s|$)|\s[-–—]\s")


class Related(NamedTuple):
    """A paper, and in words why it is like another."""

    paper: Paper
    reasons: list[str]


def related(paper: Paper, most: int = 6) -> list[Related]:
    """The papers most like this one, the likest first, in a fixed number of queries.

    paper: with its authorships, classifications and links fetched.
    """
    likeness = _Likeness(paper)
    scored = []
    for text in SearchText.objects.filter(pk__in=likeness.found()).exclude(paper=paper.pk):
        score, reasons = likeness.compared(text)
        if reasons and score >= _LEAST_SCORE:
            scored.append((-score, -text.paper_id, reasons))
    scored.sort()
    best = [(-key, reasons) for _, key, reasons in scored[:most]]
    papers = Paper.objects.for_cards().in_bulk([key for key, _ in best])
    return [Related(papers[key], reasons) for key, reasons in best]


class _Unit(NamedTuple):
    """A run of letters and hyphens: its words, folded and singular, and where it stands."""

    words: tuple[str, ...]
    folded: tuple[str, ...]
    begin: int
    end: int


class _Likeness:
    """What a paper has that others may share, and what each of it is worth."""

    def __init__(self, paper: Paper) -> None:
        self.in_title = {word for run in _runs(paper.title) for unit in run for word in unit.words}
        self.often: Counter[str] = Counter()
        printed: dict[str, str] = {}
        folded: dict[str, str] = {}
        for text, times in ((paper.title, _TITLE), (paper.summary, 1)):
            for run in _runs(text):
                for unit in run:
                    for word, as_folded in zip(unit.words, unit.folded, strict=True):
                        self.often[word] += times
                        folded.setdefault(word, as_folded)
                    if len(unit.words) == 1:
                        printed.setdefault(unit.words[0], text[unit.begin : unit.end])
        looked_at = [word for word in folded if word not in COMMON and len(word) > 1][:_MAX_WORDS]
        last = Paper.objects.order_by("-pk").values_list("pk", flat=True).first() or 1
        self.number = max(last, 2 * _COMMON_PAPERS)
        common = max(_COMMON_PAPERS, self.number // _COMMON_SHARE)
        frequencies = Frequencies().read(folded[word] for word in looked_at)
        self.papers = {word: frequencies[folded[word]].papers for word in looked_at}
        self.worth = {
            word: log(self.number / max(count, _RARE)) * (1 + log(self.often[word]))
            for word, count in self.papers.items()
            if 1 < count < common
        }
        self.sought = [
            (folded[word], self.papers[word])
            for word in sorted(self.worth, key=self.worth.__getitem__, reverse=True)
            if word not in GENERIC
        ]
        self.distinctive = {
            word: printed[word]
            for word in self.worth
            if word in printed
            and word not in GENERIC
            and self.papers[word] <= max(4, self.number / _DISTINCTIVE)
            and len(word) > 3
        }
        self.phrases = self._phrases(paper)
        self.authors = {author_tag(a.author_id): a.author.name for a in paper.authorships.all()}
        self.links = {
            link_tags(link.url)[0]: destination(link.url).label for link in paper.links.all()
        }
        self.categories = {
            category_tag(c.category_id): c.category for c in paper.classifications.all()
        }

    def _phrases(self, paper: Paper) -> dict[str, str]:
        """Words that stand together and mean something, the most distinctive first, each as it is
        printed: one to three units of two words or more."""
        found: dict[str, str] = {}
        value: dict[str, float] = {}
        for text in (paper.title, paper.summary):
            for run in _runs(text):
                for begin in range(len(run)):
                    for end in range(begin + 1, min(begin + 3, len(run)) + 1):
                        words = [word for unit in run[begin:end] for word in unit.words]
                        rare = [w for w in words if w not in GENERIC and w in self.worth]
                        if (
                            len(rare) < 2
                            or len(words) > 4
                            or not {words[0], words[-1]}.isdisjoint(COMMON | GENERIC)
                            or any(_is_common(unit) for unit in run[begin:end])
                        ):
                            continue
                        phrase = " ".join(words)
                        found.setdefault(phrase, text[run[begin].begin : run[end - 1].end])
                        value[phrase] = -sum(self.worth[word] for word in rare)
        return {phrase: found[phrase] for phrase in sorted(found, key=value.__getitem__)}

    def found(self) -> list[int]:
        """The keys of papers that may be like it."""
        sought: list[tuple[Node, float]] = []
        budget = _MAX_MATCHES
        for word, papers in self.sought[:_MAX_SOUGHT]:
            budget -= papers
            if not sought or budget >= 0:
                weight = log(self.number / papers)
                sought += [(Words((word,)), weight), (Words((word,), "title"), weight)]
        found = self._weighed(sought)
        if self.categories:
            narrow = Tag(min(self.categories, key=lambda tag: self.categories[tag].paper_count))
            found += self._weighed([(AllOf((narrow, word)), weight) for word, weight in sought])
        if tags := tuple(Tag(tag) for tag in (*self.authors, *self.links)):
            found += index.newest(AnyOf(tags), _MAX_FOUND)
        return found

    def _weighed(self, sought: list[tuple[Node, float]]) -> list[int]:
        return index.found_by_weight(sought, _MAX_MATCHES, _MAX_FOUND) if sought else []

    def compared(self, other: SearchText) -> tuple[float, list[str]]:
        """How like the paper another is, and why, in words."""
        title = [singular(word) for word in other.title.split()]
        summary = [singular(word) for word in other.summary.split()]
        often = Counter(title * _TITLE + summary)
        shared = [word for word in self.worth if word in often]
        score = sum(self.worth[word] * (1 + log(often[word])) for word in shared)
        text = f" {' '.join(title)} . {' '.join(summary)} "
        names: list[str] = []
        within = ""
        for phrase, printed in self.phrases.items():
            if f" {phrase} " in text:
                score += _PHRASE * sum(self.worth.get(word, 0) for word in phrase.split())
                if len(names) < 2 and not any(f" {word} " in within for word in phrase.split()):
                    names.append(printed)
                    within += f" {phrase} "
        score /= (0.5 + 0.5 * (len(title) + len(summary)) / _USUAL_LENGTH) ** 0.5
        words = [word for word in shared if word in self.distinctive and f" {word} " not in within]
        names += [
            self.distinctive[word]
            for word in words
            if _is_name(self.distinctive[word]) or (word in self.in_title and word in title)
        ][: 3 - len(names)]
        tags = {*other.tags.split()}
        people = [name for tag, name in self.authors.items() if tag in tags]
        links = [label for tag, label in self.links.items() if tag in tags]
        kinds = [category for tag, category in self.categories.items() if tag in tags]
        score += _AUTHOR * len(people) + _LINK * len(links)
        score += _CATEGORY * sum(log(self.number / max(c.paper_count, 1)) for c in kinds)
        reasons = [f"also by {_listed(people[:3])}"] if people else []
        reasons += [f"also links {_listed(links[:2])}"] if links else []
        reasons += [f"also about {_listed(names)}"] if names else []
        most = self.number / _VERY_DISTINCTIVE
        rare = [word for word in words if word in self.in_title and self.papers[word] <= most]
        if rare and not reasons:
            reasons = [f"also mentions {_listed(self.distinctive[word] for word in rare[:2])}"]
        if reasons and kinds:
            narrowest = min(kinds, key=lambda category: (category.paper_count, category.name))
            reasons.append(f"in {narrowest.name}")
        return score, reasons


def _runs(text: str) -> Iterator[list[_Unit]]:
    """The units of a text, by what stands between signs."""
    begin = 0
    for sign in [*_BREAK.finditer(text), None]:
        end = sign.start() if sign else len(text)
        run = []
        for unit in _UNIT.finditer(text, begin, end):
            folded = tuple(tokens(unit[0]))
            if folded:
                words = tuple(map(singular, folded))
                run.append(_Unit(words, folded, unit.start(), unit.end()))
        if run:
            yield run
        begin = sign.end() if sign else end


def _is_common(unit: _Unit) -> bool:
    """Whether a unit is part of no phrase: a word of the language, but for those in compounds and
    the "of" between two words."""
    return len(unit.words) == 1 and unit.words[0] in COMMON and unit.words[0] != "of"


def _is_name(printed: str) -> bool:
    """Whether a word shows itself to be a name: LoRA, GPT4, MathVerse."""
    return any(sign.isupper() or sign.isdigit() for sign in printed[1:]) and not printed.isdigit()


def _listed(names: Iterable[str]) -> str:
    *firsts, last = names
    return f"{', '.join(firsts)} and {last}" if firsts else last
