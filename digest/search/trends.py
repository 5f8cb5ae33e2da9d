"""Which words come up in more of the recent papers than before.

In: days. Out: words with how many papers have them, by how sure it is that they come up more. A
word counts once for a paper, in any form, and as often as a search for it finds papers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from math import log, sqrt
from operator import add
from typing import NamedTuple

from django.db import connection

from digest.models import SearchText

from .common_words import COMMON, GENERIC, singular
from .databases import WORDS, current_database
from .rows import DAY, last_of
from .text import stem

LEAST = 5
"""Papers that have a word in the recent days, at least."""
TITLES = 10
"""One in so many of them, at least, has it in its title. Other words are of the way in which
summaries are written, which changes with whoever writes them."""
CLEAR = 3.0
"""The least score of what rose: a change of so many standard errors."""


class Rise(NamedTuple):
    """What comes up more often. recent, before: how many papers of either time have it. score: by
    how many standard errors it rose."""

    name: str
    recent: int
    before: int
    score: float


def rise_score(recent: int, of_recent: int, before: int, of_before: int) -> float:
    """The difference of the log odds, in standard errors, of a paper to have something: recently,
    and before.

    Half a paper more with it, and half a paper more without it (the prior of Jeffreys), in each
    time: so what never came up before has odds as well, and two papers by chance score little.
    """
    ours, others = recent + 0.5, of_recent - recent + 0.5
    theirs, their_others = before + 0.5, of_before - before + 0.5
    error = sqrt(1 / ours + 1 / others + 1 / theirs + 1 / their_others)
    return (log(ours / others) - log(theirs / their_others)) / error


def rising_words(first: date, last: date, of_before: int, most: int) -> list[Rise]:
    """The words that rose most in these days, in two queries; each in its most frequent form.

    of_before: how many papers there are beside those of these days. most: how many words.
    """
    words: Counter[str] = Counter()
    roots: Counter[str] = Counter()
    titles: Counter[str] = Counter()
    of_recent = 0
    for title, text, names in _papers(first, last):
        of_recent += 1
        words.update(text)
        roots.update({stem(word) or word for word in text} | names)
        titles.update({stem(word) or word for word in title})
    forms: dict[str, str] = {}
    for word, _ in sorted(words.items(), key=lambda each: (-each[1], each[0])):
        root = stem(word) or word
        is_frequent = roots[root] >= LEAST and TITLES * titles[root] >= roots[root]
        if root not in forms and is_frequent and _has_meaning(word, root):
            forms[root] = word
    found = []
    for root, papers, in_authors in _frequencies([*forms]):
        recent = roots[root]
        # One that is mostly a name says who wrote, not of what.
        if 2 * in_authors <= papers:
            before = min(max(papers - recent, 0), of_before)
            score = rise_score(recent, of_recent, before, of_before)
            found.append(Rise(forms[root], recent, before, score))
    found.sort(key=lambda rise: (-rise.score, rise.name))
    return [rise for rise in found[:most] if rise.score >= CLEAR]


def _papers(first: date, last: date) -> Iterator[tuple[set[str], set[str], set[str]]]:
    """Of each paper of these days the words of its title, of its texts, and of its authors."""
    rows = SearchText.objects.filter(pk__gte=first.toordinal() * DAY, pk__lte=last_of(last))
    for title, summary, authors in rows.values_list("title", "summary", "authors").iterator():
        words = (title + " " + summary).split()
        # A compound is indexed as one word, too, which nobody writes: "texttoimage".
        run, compounds = words, set[str]()
        for place in (1, 2, 3):
            run = list(map(add, run, words[place:]))
            compounds.update(run)
        yield {*title.split()}, {*words} - compounds, {*authors.split()}


def _has_meaning(word: str, root: str) -> bool:
    plain = {word, root, singular(word)}
    return len(word) > 1 and not word.isdigit() and plain.isdisjoint(COMMON | GENERIC)


def _frequencies(words: list[str]) -> list[tuple[str, int, int]]:
    """Words with the number of all papers that have them, and of those that have them in their
    authors. However many words: they are one parameter."""
    sql = (
        f"SELECT word, papers, in_authors FROM {WORDS}"  # noqa: S608
        f" WHERE word {current_database().among_words}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(words)])
        return list(cursor.fetchall())
