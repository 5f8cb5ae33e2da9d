"""Papers that are close to a query: they have most of its words, but not all.

In: a query, the frequencies of its words, and the matches that are listed already. Out: keys of
rows, the best first, each with the words that it lacks. The index finds the papers that have the
rarest words of the query; the best of these are read and ranked (`ranking`). A paper may lack only
words: fields, filters, links and whatever must not match apply as in any search.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from . import index
from .common_words import COMMON, singular
from .frequencies import Frequencies
from .nodes import AllOf, AnyOf, Node, Tag, Words, mapped
from .query import Query
from .ranking import SHORT_QUERY, Term, rank, terms
from .tags import is_link_tag
from .text import stem

_MAX_TERMS = 12
"""Terms of a query that the index is asked for, at most: the rarest."""
_MAX_MATCHES = 25_000
"""Papers that have these terms, at most, all terms together: it limits what a search costs."""
_MAX_READ = 150
"""Papers that are read and ranked, at most."""
_MAX_OF_JOINED = 1_000
"""Papers that a word may have which is searched for as two words in one (`deepseek`), at most: a
frequent word such as "often" does not mean "of ten"."""
_LEAST_SHARE, _LEAST_SHARE_OF_TEXT = 0.2, 0.1
"""The share of the query's terms, by weight, that a close paper has at least; and the same where
the query is a text."""


class CloseRow(NamedTuple):
    """The key of a paper's row, and the words of the query that the paper lacks, without those that
    say nothing of any paper, such as "that"."""

    key: int
    missing: tuple[str, ...]


def _is_optional(node: Node) -> bool:
    """Whether a close paper may lack this part of a query: words without a field."""
    match node:
        case Words(column=column):
            return not column
        case AnyOf(nodes) | AllOf(nodes):
            return bool(nodes) and all(map(_is_optional, nodes))
    return False


def closest(query: Query, known: Frequencies, listed: Sequence[int], most: int) -> list[CloseRow]:
    """The rows that are closest to a query, in two queries of the database.

    known: the frequencies of the query's words. listed: keys of rows to leave out.
    """
    nodes = [
        inner
        for node in map(_as_words, query.node.nodes)
        for inner in (node.nodes if isinstance(node, AllOf) else [node])
    ]
    optional = [node for node in nodes if _is_optional(node)]
    asked = terms([*optional, *_words_of_phrases(optional)], known)
    required = [node for node in nodes if not _is_optional(node)]
    rarest = _rarest(asked)
    if not rarest:
        return []
    weights = [(AllOf((term.node, *required)), term.weight) for term in rarest]
    weights += [(AllOf((_in_title(term.node), *required)), term.weight) for term in rarest]
    joined = dict(itertools.islice(_joined(asked, known), _MAX_TERMS))
    weights += [
        (AllOf((Words((word,)), *required)), sum(term.weight for term in pair))
        for word, pair in joined.items()
    ]
    best = index.found_by_weight(weights, _MAX_MATCHES, _MAX_READ + len(listed))
    share = _LEAST_SHARE if len(asked) <= SHORT_QUERY else _LEAST_SHARE_OF_TEXT
    # A term that no paper has is not counted.
    least = share * sum(term.weight for term in asked if term.papers)
    found = []
    for key, _, has in rank({*best} - {*listed}, asked, joined):
        if sum(term.weight for term in asked if term.number in has) >= least:
            lacking = [term for term in asked if term.number not in has]
            missing = (one.text for one in lacking if one.node in optional and not _is_common(one))
            found.append(CloseRow(key, tuple(missing)))
            if len(found) == most:
                break
    return found


def _as_words(node: Node) -> Node:
    """The words of `owner/name`, which may mean a link or two words; any other node as it is."""
    match node:
        case AnyOf((Tag(name), *_, AllOf() as words)) if is_link_tag(name):
            return words
    return node


def _words_of_phrases(nodes: Sequence[Node]) -> list[Node]:
    """The words of phrases, each by itself: a paper that has some of them is closer."""
    phrases = [node for node in nodes if isinstance(node, Words) and node.quoted]
    words = dict.fromkeys(word for phrase in phrases for word in phrase.words)
    return [node for word in words if (node := Words((word,), stem=stem(word))) not in nodes]


def _joined(asked: Sequence[Term], known: Frequencies) -> Iterator[tuple[str, tuple[Term, Term]]]:
    """Words that papers have and that are two neighbouring terms of the query written as one, each
    with these terms."""
    for first, second in itertools.pairwise(asked):
        if len(first.words) == len(second.words) == 1:
            word = first.words[0].words[-1] + second.words[0].words[0]
            if 0 < known.papers(word) < _MAX_OF_JOINED:
                yield word, (first, second)


def _in_title(node: Node) -> Node:
    return mapped(node, lambda words: replace(words, column="title"))


def _is_common(term: Term) -> bool:
    """Whether a term is a common word that nobody put in quotation marks, or alternatives that all
    are."""
    return all(
        len(one.words) == 1 and not one.quoted and singular(one.words[0]) in COMMON
        for one in term.words
    )


def _rarest(asked: Sequence[Term]) -> list[Term]:
    """The rarest of the terms that any paper has, as many as the index is asked for."""
    found: list[Term] = []
    papers = 0
    for term in sorted(asked, key=lambda term: term.papers):
        if not term.papers:
            continue
        papers += term.papers
        if found and (papers > _MAX_MATCHES or len(found) == _MAX_TERMS):
            break
        found.append(term)
    return found
