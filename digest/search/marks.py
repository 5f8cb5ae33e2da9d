"""Where a paper's texts match a query: marked, with the point that matches best put first."""

import re
from collections.abc import Iterable
from html import unescape

from digest.models import Paper

from .query import Query, Words
from .text import WORD, chunks, tokens

# Formulas are left alone, and so are tags; entities are letters to no word.
_OUTSIDE = re.compile(r"(<math\b.*?</math>|<[^>]*>)", re.DOTALL)
_RUN = re.compile(r"(?:&(?:#\w+|\w+);|[^\s<>&])+")
_ENTITY = re.compile(r"(&(?:#\w+|\w+);)")


class _Marker:
    """Finds the words of a query in text, folded as the index folds it."""

    def __init__(self, sought: Iterable[Words]) -> None:
        self.whole: set[str] = set()
        beginnings = set()
        for words in sought:
            self.whole.update(words.words)
            if words.prefix:
                beginnings.add(words.words[-1])
        self.beginnings = tuple(beginnings)

    def matches(self, word: str) -> bool:
        return word in self.whole or bool(self.beginnings and word.startswith(self.beginnings))

    def found(self, text: str) -> set[str]:
        """The words of a text that match."""
        return {word for word in tokens(text) if self.matches(word)}

    def html(self, html: str) -> str:
        """The HTML with what matches in `<mark>`."""
        pieces = _OUTSIDE.split(html)
        pieces[::2] = [_RUN.sub(self._run, piece) for piece in pieces[::2]]
        return "".join(pieces)

    def _run(self, run: re.Match[str]) -> str:
        text = run[0]
        # A compound is marked whole where it matches as one word alone.
        for parts, joined in chunks(unescape(text)):
            if self.matches(joined) and not any(map(self.matches, parts)):
                return f"<mark>{text}</mark>"
        pieces = _ENTITY.split(text)
        pieces[::2] = [WORD.sub(self._word, piece) for piece in pieces[::2]]
        return "".join(pieces).replace("</mark><mark>", "")

    def _word(self, word: re.Match[str]) -> str:
        parts = tokens(word[0])
        if parts and all(self.matches(part) for part in parts):
            return f"<mark>{word[0]}</mark>"
        return word[0]


def mark(papers: Iterable[Paper], query: Query) -> None:
    """Mark what matches in the papers' titles and points, and put the best point first.

    Changes the objects, which are for showing alone and must not be saved.
    """
    sought = query.words()
    if not sought:
        return
    titles = _Marker(words for words in sought if words.column != "authors")
    texts = _Marker(words for words in sought if not words.column)
    for paper in papers:
        paper.title_html = titles.html(paper.title_html)
        points = list(paper.points)
        if texts.whole and points:
            best = max(range(len(points)), key=lambda n: (len(texts.found(_plain(points[n]))), -n))
            points.insert(0, points.pop(best))
        paper.points = [texts.html(point) for point in points]


def _plain(html: str) -> str:
    return unescape(_OUTSIDE.sub(" ", html))
