"""How alike two titles or names are."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

MAX_EDITS = 2
"""Letters in which two titles may differ."""
SHORTEST_TITLE = 25
"""Letters of a title that may differ from another: short ones are alike by chance."""
CROWD = 20
"""A piece of a title, or a name's words, that more than so many share is no evidence."""


WORD = re.compile(r"[^\W_]+")
DIGITS = re.compile(r"\d+")


def plain_words(text: str) -> str:
    """The text's words in lower case, without accents and punctuation."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(WORD.findall(text.casefold()))


def share_most_words(title: str, other: str) -> bool:
    """Whether most words of either title are the other's."""
    words, others = {*plain_words(title).split()}, {*plain_words(other).split()}
    return 2 * len(words & others) > max(len(words), len(others))


def similar_titles(titles: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """Plain titles that differ in a few letters and in no number, and in how many.

    Of a title cut into one piece more than there may be edits, one piece is unchanged in the other:
    one that no more edits stand before than pieces do, nor after it than pieces do after it, which
    says where to look for it. Titles come by length, so that no more is at hand than the pieces of
    those a little shorter.
    """
    pieces = MAX_EDITS + 1
    by_length: dict[int, list[str]] = defaultdict(list)
    for title in titles:
        if len(title) >= SHORTEST_TITLE:
            by_length[len(title)].append(title)
    index: dict[int, dict[tuple[int, str], list[str]]] = {}
    for length in sorted(by_length):
        index = {
            known: by_piece for known, by_piece in index.items() if known >= length - MAX_EDITS
        }
        index[length] = defaultdict(list)
        bounds = {
            known: [(n, known * n // pieces, known * (n + 1) // pieces) for n in range(pieces)]
            for known in index
        }
        for title in by_length[length]:
            candidates: set[str] = set()
            for known, by_piece in index.items():
                longer = length - known
                for number, start, end in bounds[known]:
                    after = MAX_EDITS - number
                    for shift in range(
                        max(-number, longer - after), min(number, longer + after) + 1
                    ):
                        sharing = by_piece.get((number, title[start + shift : end + shift]), ())
                        if len(sharing) <= CROWD:
                            candidates.update(sharing)
            for other in candidates:
                edits = _edits(title, other)
                if edits and DIGITS.findall(title) == DIGITS.findall(other):
                    yield title, other, edits
            for number, start, end in bounds[length]:
                index[length][number, title[start:end]].append(title)


def _edits(one: str, other: str, most: int = MAX_EDITS) -> int | None:
    """How many letters have to be put in, taken out or replaced to make one text the other; None if
    these are more than `most`."""
    if abs(len(one) - len(other)) > most:
        return None
    pairs = enumerate(zip(one, other, strict=False))
    at = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
    one, other = one[at:], other[at:]
    if not (one and other):
        return len(one) + len(other)
    if not most:
        return None
    rests = ((one[1:], other[1:]), (one[1:], other), (one, other[1:]))
    tried = [edits for rest in rests if (edits := _edits(*rest, most - 1)) is not None]
    return 1 + min(tried) if tried else None
