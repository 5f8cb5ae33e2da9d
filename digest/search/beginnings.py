"""Finds names by the beginnings of their words, for suggestions while somebody types.

In: what is typed. Out: authors; and whether any name, such as a category's, matches.
"""

from __future__ import annotations

from digest.models import Author

from . import index
from .nodes import AllOf, Words
from .text import tokens

_MATCHES = 100
"""Authors are looked for in so many papers that match: the newest."""


def match_beginnings(text: str, name: str) -> bool:
    """Whether each word of the text is the beginning of a word of the name."""
    words = tokens(name)
    return all(any(word.startswith(begin) for word in words) for begin in tokens(text))


def authors_named(text: str, most: int) -> list[Author]:
    """Authors with the words of the text in their names, as beginnings, those of most papers
    first."""
    words = tokens(text)
    if not words:
        return []
    # To go through all words that begin with one letter takes long.
    sought = [Words((word,), "authors", prefix=True) for word in words if len(word) > 1]
    node = AllOf(tuple(sought or [Words((word,), "authors") for word in words]))
    papers = index.newest(node, _MATCHES)
    authors = Author.objects.filter(papers__search_text__in=papers).distinct()
    found = [author for author in authors if match_beginnings(text, author.name)]
    return sorted(found, key=lambda author: (-author.paper_count, author.name))[:most]
