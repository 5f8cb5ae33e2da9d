"""Where a paper's texts match a query: marked, with the point that matches best put first."""

import re
from collections.abc import Iterable
from html import unescape

from digest.models import Paper

from .nodes import Words
from .query import Query
from .text import AROUND, WORD, chunks, stem, tokens

# Formulas are left alone, and so are tags; entities are letters to no word.
_OUTSIDE = re.compile(r"(<math\b.*?</math>|<[^>]*>)", re.DOTALL)
_RUN = re.compile(r"(?:&(?:#\w+|\w+);|[^\s<>&])+")
_ENTITY = re.compile(r"(&(?:#\w+|\w+);)")
# Without these signs, to fold ASCII is to write it small.
_FOLDED = re.compile(r"[&\\+#]")
_NO_WORD = re.compile(r"[^a-z0-9]+")


class _Marker:
    """Finds the words of a query in text, folded as the index folds it."""

    def __init__(self, sought: Iterable[Words]) -> None:
        self.words: set[str] = set()
        self.stems: set[str] = set()
        beginnings = set()
        for words in sought:
            self.words.update(words.words)
            self.stems.update(filter(None, [words.stem]))
            if words.prefix:
                beginnings.add(words.words[-1])
        self.beginnings = tuple(beginnings)
        # A stem may end otherwise than all its words: "happi".
        alike = (stem[: max(len(stem) - 2, 1)] for stem in self.stems)
        self._parts = (*dict.fromkeys([*self.words, *alike]),)
        self._runs: dict[str, str] = {}

    def may_match(self, html: str) -> bool:
        """False where nothing in the HTML can match. Quick, and right for most of a page's text."""
        text = html.casefold()
        if not text.isascii() or _FOLDED.search(text):
            return True
        letters = _NO_WORD.sub("", text)
        return any(part in letters for part in self._parts)

    def matches(self, word: str) -> bool:
        if word in self.words or (self.beginnings and word.startswith(self.beginnings)):
            return True
        return bool(self.stems) and (word in self.stems or stem(word) in self.stems)

    def count(self, html: str) -> int:
        """How many different words of the HTML's text match."""
        if not self.may_match(html):
            return 0
        return len({word for word in tokens(_plain(html)) if self.matches(word)})

    def html(self, html: str) -> str:
        """The HTML with what matches in `<mark>`."""
        if not self.may_match(html):
            return html
        pieces = _OUTSIDE.split(html)
        pieces[::2] = [_RUN.sub(self._run, piece) for piece in pieces[::2]]
        return "".join(pieces)

    def _run(self, run: re.Match[str]) -> str:
        # The same runs come again and again.
        text = run[0]
        if text not in self._runs:
            self._runs[text] = self._marked(text)
        return self._runs[text]

    def _marked(self, text: str) -> str:
        word = text.strip(AROUND)
        if word.isascii() and word.isalnum():
            marked = self.matches(word.lower())
            return text.replace(word, f"<mark>{word}</mark>") if marked else text
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
        if texts.words and points:
            best = max(range(len(points)), key=lambda n: (texts.count(points[n]), -n))
            points.insert(0, points.pop(best))
        paper.points = [texts.html(point) for point in points]


def _plain(html: str) -> str:
    return unescape(_OUTSIDE.sub(" ", html))
