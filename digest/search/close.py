"""What is close to a query: papers that have most of its words, the best first.

The query is asked by its telling words, the rarest: which papers have them the index knows, and
the best of these are read and compared word by word. Fields, filters and what must not match hold
as ever.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from . import index
from .frequencies import Frequencies
from .nodes import AllOf, AnyOf, Node, Tag, Words, mapped
from .query import Query
from .ranking import FEW, Term, rank, terms
from .tags import is_link_tag
from .text import stem

_TELLING = 12
"""Words by which a query is asked at the most."""
_ASKED = 25_000
"""Papers that these words may have together: what a query costs is bounded by it."""
_READ = 150
"""Papers that are compared word by word."""
_OF_A_NAME = 1_000
"""Papers that a name may have: a word with more, such as "often", is not two others in one."""
_LEAST, _OF_TEXT = 0.2, 0.1
"""The share of what was asked, by weight, that a paper is to have; and that of a text."""


class Close(NamedTuple):
    """The key of a paper's row, and the words of the query that it has not."""

    key: int
    without: tuple[str, ...]


def is_free(node: Node) -> bool:
    """Whether a paper may lack this part of a query: words that may stand anywhere."""
    match node:
        case Words(column=column):
            return not column
        case AnyOf(nodes) | AllOf(nodes):
            return bool(nodes) and all(map(is_free, nodes))
    return False


def closest(query: Query, known: Frequencies, seen: Sequence[int], most: int) -> list[Close]:
    """The rows that are closest to a query, without those seen already, in two queries.

    known: the frequencies of the query's words.
    """
    nodes = [
        inner
        for node in map(_as_words, query.node.nodes)
        for inner in (node.nodes if isinstance(node, AllOf) else [node])
    ]
    free = [node for node in nodes if is_free(node)]
    asked = terms([*free, *_quoted(free)], known)
    strict = [node for node in nodes if not is_free(node)]
    telling = _telling(asked)
    if not telling:
        return []
    weights = [(AllOf((term.node, *strict)), term.weight) for term in telling]
    weights += [(AllOf((_in_title(term.node), *strict)), term.weight) for term in telling]
    joined = dict(itertools.islice(_joined(asked, known), _TELLING))
    weights += [
        (AllOf((Words((word,)), *strict)), sum(term.weight for term in pair))
        for word, pair in joined.items()
    ]
    best = index.heaviest(weights, _ASKED, _READ + len(seen))
    # Nobody has what no paper has.
    share = _LEAST if len(asked) <= FEW else _OF_TEXT
    least = share * sum(term.weight for term in asked if term.papers)
    found = []
    for key, _, has in rank({*best} - {*seen}, asked, joined):
        if sum(term.weight for term in asked if term.number in has) >= least:
            lacking = [term for term in asked if term.number not in has]
            without = (term.text for term in lacking if term.node in free)
            found.append(Close(key, tuple(without)))
            if len(found) == most:
                break
    return found


def _as_words(node: Node) -> Node:
    """Of `owner/name`, which may be of a link or two words, the words."""
    match node:
        case AnyOf((Tag(name), *_, AllOf() as words)) if is_link_tag(name):
            return words
    return node


def _quoted(nodes: Sequence[Node]) -> list[Node]:
    """The words of phrases, each by itself: a paper that has none of a phrase is less close."""
    phrases = [node for node in nodes if isinstance(node, Words) and node.quoted]
    words = dict.fromkeys(word for phrase in phrases for word in phrase.words)
    return [node for word in words if (node := Words((word,), stem=stem(word))) not in nodes]


def _joined(asked: Sequence[Term], known: Frequencies) -> Iterator[tuple[str, tuple[Term, Term]]]:
    """Names that papers have as one word, and the two terms that they were asked as."""
    for first, second in itertools.pairwise(asked):
        if len(first.words) == len(second.words) == 1:
            word = first.words[0].words[-1] + second.words[0].words[0]
            if 0 < known.papers(word) < _OF_A_NAME:
                yield word, (first, second)


def _in_title(node: Node) -> Node:
    return mapped(node, lambda words: replace(words, column="title"))


def _telling(asked: Sequence[Term]) -> list[Term]:
    """The rarest of the terms that any paper has, as many as may be asked."""
    found: list[Term] = []
    papers = 0
    for term in sorted(asked, key=lambda term: term.papers):
        if not term.papers:
            continue
        papers += term.papers
        if found and (papers > _ASKED or len(found) == _TELLING):
            break
        found.append(term)
    return found
