"""Papers like a paper: by its distinctive words, its authors and its categories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import log
from typing import NamedTuple

from digest.models import Paper, SearchText

from . import index
from .query import AnyOf, Node, Tag, Words
from .tags import author_tag, category_tag
from .text import tokens

COMMON = 400
"""A word that so many papers have is not distinctive of one."""
_WORDS = 8
_CANDIDATES = 24
_FOUND = 60
_RUN = re.compile(r"[^\W_]+")
_TITLE, _AUTHOR, _CATEGORY = 2.0, 6.0, 0.5
"""What a shared word is worth more in the title, and what an author and a category are worth."""
_LEAST, _ALONE = 6.0, 5.0
"""What all that is shared is worth at the least, and a word that is shared alone."""


class Related(NamedTuple):
    """A paper, and in words why it is like another."""

    paper: Paper
    reasons: list[str]


def related(paper: Paper, most: int = 6) -> list[Related]:
    """The papers most like this one, the likest first, in a fixed number of queries.

    paper: with its authorships and classifications fetched.
    """
    words = _distinctive(paper)
    authors = {author_tag(a.author_id): a.author.name for a in paper.authorships.all()}
    categories = {category_tag(c.category_id): c.category.name for c in paper.classifications.all()}
    by_words = [Words((word,)) for word in words]
    by_authors = [Tag(tag) for tag in authors]
    rows = {*_like(by_words, best=True), *_like(by_authors, best=False)}
    found = SearchText.objects.filter(pk__in=rows).exclude(paper=paper.pk)
    scored = []
    for key, title, summary, tags in found.values_list("paper", "title", "summary", "tags"):
        in_title, in_text, tagged = set(title.split()), set(summary.split()), set(tags.split())
        shared = [word for word in words if word in in_title or word in in_text]
        score = sum(words[w].worth * (_TITLE if w in in_title else 1) for w in shared)
        people = [name for tag, name in authors.items() if tag in tagged]
        kinds = [name for tag, name in categories.items() if tag in tagged]
        score += _AUTHOR * len(people) + _CATEGORY * len(kinds)
        is_distinctive = people or len(shared) > 1 or any(words[w].worth >= _ALONE for w in shared)
        if is_distinctive and score >= _LEAST:
            reasons = [f"also by {_listed(people)}"] if people else []
            reasons += [f"shares {_listed(words[w].printed for w in shared[:4])}"] if shared else []
            reasons += [f"in {_listed(kinds[:2])}"] if kinds else []
            scored.append((-score, -key, reasons))
    scored.sort()
    best = [(-key, reasons) for _, key, reasons in scored[:most]]
    papers = Paper.objects.for_cards().in_bulk([key for key, _ in best])
    return [Related(papers[key], reasons) for key, reasons in best]


def _like(nodes: Sequence[Node], *, best: bool) -> list[int]:
    """The rows of papers that have any of these."""
    return index.found(AnyOf(tuple(nodes)), _FOUND, best=best) if nodes else []


class _Word(NamedTuple):
    """A word as the paper prints it, and what it is worth to share it."""

    printed: str
    worth: float


def _distinctive(paper: Paper) -> dict[str, _Word]:
    """The rarest words that another paper has too: of the title, and names in the summary."""
    printed: dict[str, str] = {}
    for word in _RUN.findall(paper.title):
        if len(word) > 2:
            _note(printed, word)
    for word in _RUN.findall(paper.summary):
        # A name shows itself: LoRA, GPT4, MathVerse.
        if any(sign.isupper() or sign.isdigit() for sign in word[1:]) and not word.isdigit():
            _note(printed, word)
    candidates = list(printed)[:_CANDIDATES]
    counts = index.counts(candidates, COMMON)
    known = sorted((count, word) for word, count in counts.items() if 1 < count < COMMON)
    return {word: _Word(printed[word], log(4 * COMMON / n)) for n, word in known[:_WORDS]}


def _note(printed: dict[str, str], word: str) -> None:
    folded = tokens(word)
    if len(folded) == 1:
        printed.setdefault(folded[0], word)


def _listed(names: Iterable[str]) -> str:
    *firsts, last = names
    return f"{', '.join(firsts)} and {last}" if firsts else last
