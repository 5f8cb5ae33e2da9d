"""Rows of the index in memory, for many queries that are asked of a few papers, such as the new
ones: in: rows of `SearchText`; out: the papers among them that match a query, as the database's own
index finds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from digest.models import SearchText, tomorrow

from .nodes import AllOf, AnyOf, Node, Not, PaperKeys, Tag, Words, columns_of
from .rows import first_of, last_of

_COLUMNS = ("title", "authors", "summary", "tags", "title_stems", "summary_stems")


class Documents:
    """papers: the keys of the papers, in the order of the rows."""

    def __init__(self, rows: Iterable[tuple[int, *tuple[str, ...]]]) -> None:
        """rows: the key of a paper, and the texts of its row in the order of `_COLUMNS`."""
        self.papers: list[int] = []
        self._texts: dict[str, list[str]] = {name: [] for name in _COLUMNS}
        self._words: dict[str, dict[str, list[int]]] = {
            name: defaultdict(list) for name in _COLUMNS
        }
        self._asked: dict[tuple[str, str], frozenset[int]] = {}
        for number, (paper, *texts) in enumerate(rows):
            self.papers.append(paper)
            for name, text in zip(_COLUMNS, texts, strict=True):
                self._texts[name].append(text)
                for word in {*text.split()}:
                    self._words[name][word].append(number)
        self._all = frozenset(range(len(self.papers)))

    @classmethod
    def of_papers(cls, first_day: date, after: int, most: int) -> Documents:
        """The papers of a day or later ones that came after the one with a key, newest first, at
        most so many, in one query. Those of days that are still to come are left out."""
        rows = SearchText.objects.filter(
            pk__range=(first_of(first_day), last_of(tomorrow())), paper__gt=after
        )
        return cls(rows.order_by("-pk").values_list("paper", *_COLUMNS)[:most])

    def matching(self, node: Node) -> list[int]:
        """The keys of the papers that match, in their order."""
        return [self.papers[number] for number in sorted(self._found(node))]

    def _found(self, node: Node) -> frozenset[int]:
        match node:
            case Words():
                return self._with_words(node)
            case Tag(name):
                return self._with_word("tags", name)
            case Not(inner):
                return self._all - self._found(inner)
            case AnyOf(nodes):
                return frozenset().union(*map(self._found, nodes))
            case AllOf(nodes):
                return self._all.intersection(*map(self._found, nodes))
            case PaperKeys(papers):
                there = enumerate(self.papers)
                return frozenset(number for number, paper in there if paper in papers)

    def _with_word(self, column: str, word: str) -> frozenset[int]:
        key = (column, word)
        if key not in self._asked:
            self._asked[key] = frozenset(self._words[column].get(word, ()))
        return self._asked[key]

    def _with_words(self, node: Words) -> frozenset[int]:
        columns = columns_of(node.column)
        found: frozenset[int] = frozenset()
        for name in columns:
            # A text that has a word has its stem, too. Names have no stems.
            if not node.stem or node.prefix or name == "authors":
                found |= self._with_run(name, node.words, node.prefix)
        if node.stem:
            stems = ("title_stems", *(["summary_stems"] if "summary" in columns else []))
            for name in (*columns, *stems):
                found |= self._with_word(name, node.stem)
        return found

    def _with_run(self, column: str, words: tuple[str, ...], prefix: bool) -> frozenset[int]:
        """Those with these words one after the other. prefix: the last may be the beginning of
        one."""
        if len(words) == 1 and not prefix:
            return self._with_word(column, words[0])
        whole = words[:-1] if prefix else words
        some = self._all.intersection(*(self._with_word(column, word) for word in whole))
        sought = f" {' '.join(words)}" + ("" if prefix else " ")
        texts = self._texts[column]
        return frozenset(number for number in some if sought in f" {texts[number]} ")
