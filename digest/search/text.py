"""How text is folded, so that what a person types meets what a digest printed.

Both sides go through `tokens`: without accents and case, LaTeX undone, Greek letters by name, CJK
character by character. A compound ("GPT-4", "S$^2$R") is the run of its parts, and in a document
also one word ("gpt4", "s2r"), so that it is found however it is typed.

Forms of an English word have one stem: "benchmarks" and "benchmarking" are found by "benchmark".
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from threading import local
from typing import NamedTuple

from Stemmer import Stemmer

_GREEK = {
    unicodedata.lookup(f"GREEK SMALL LETTER {name}"): name.lower()
    for name in (
        *("ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON", "ZETA", "ETA", "THETA", "IOTA", "KAPPA"),
        *("MU", "NU", "XI", "PI", "RHO", "SIGMA", "TAU", "PHI", "CHI", "PSI", "OMEGA"),
    )
} | {"λ": "lambda", "υ": "upsilon", "ς": "sigma"}

# A Greek letter in a formula or by itself is a symbol; among other Greek letters it is a word.
_SYMBOL = re.compile(rf"(?<![α-ω])[{''.join(_GREEK)}](?![α-ω])")
_LATEX_FONT = re.compile(r"\\(?:text|math|operatorname)[a-z]*\*?(?![a-z])")
_CHARACTER = (
    r"(?=\w)"
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
_CHUNK = re.compile(r"[^\s/|,;:]+")
_LONGEST_WORD = 200
"""Characters of a word, at most; a longer run is several. PostgreSQL takes words up to 2 kB."""
WORD = re.compile(rf"{_CHARACTER}|(?:(?!{_CHARACTER})[^\W_]){{1,{_LONGEST_WORD}}}")
"""A word of a text; a CJK character is one."""
_ASCII_WORD = re.compile(rf"[a-z0-9]{{1,{_LONGEST_WORD}}}")
AROUND = "()[]{}<>.,;:!?'\"*`"
"""Signs that may stand around a word and are no part of it."""
_PLUS = re.compile(r"(?<=\b[a-z])\+\+")
_SHARP = re.compile(r"(?<=\b[a-z])#")
_MOST_PARTS, _LONGEST = 4, 40
_ENGLISH = re.compile(r"[a-z]{3,}")
_stemmers = local()  # one must not be used by two threads at once


class Chunk(NamedTuple):
    """A run of text without spaces: its words, and the one word that they make together, if any."""

    parts: list[str]
    joined: str


def fold(text: str) -> str:
    """The text in small letters without accents and LaTeX commands, otherwise as it was."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        unaccented = "".join(sign for sign in decomposed if unicodedata.category(sign) != "Mn")
        text = unicodedata.normalize("NFC", unaccented)
    text = text.casefold()
    if not text.isascii():
        text = _SYMBOL.sub(lambda letter: _GREEK[letter[0]], text)
    if "\\" in text:
        text = _LATEX_FONT.sub("", text)
    if "+" in text or "#" in text:
        text = _SHARP.sub("sharp", _PLUS.sub("plusplus", text))
    return text


def chunks(text: str) -> Iterator[Chunk]:
    """The words of a text, by runs without spaces; runs without any word are left out."""
    return _chunks(fold(text))


def _chunks(folded: str) -> Iterator[Chunk]:
    for chunk in _CHUNK.findall(folded):
        if chunk.isalnum() and chunk.isascii() and len(chunk) <= _LONGEST_WORD:
            yield Chunk([chunk], "")
        elif parts := WORD.findall(chunk):
            joined = "".join(parts)
            compound = 1 < len(parts) <= _MOST_PARTS and len(joined) <= _LONGEST
            yield Chunk(parts, joined if compound and not re.match(_CHARACTER, parts[0]) else "")


def tokens(text: str) -> list[str]:
    """The words of a text, in order."""
    return [part for chunk in chunks(text) for part in chunk.parts]


def document(text: str) -> str:
    """The words to index: all in order, and after them the compounds as single words."""
    folded = fold(text)
    words = (_ASCII_WORD if folded.isascii() else WORD).findall(folded)
    compounds: dict[str, None] = {}
    for run in folded.split():
        # Most runs are words and nothing else, but for what stands around them.
        if not run.isalnum() and not (stripped := run.strip(AROUND)).isalnum():
            compounds |= dict.fromkeys(chunk.joined for chunk in _chunks(stripped) if chunk.joined)
    return " ".join([*words, *compounds])


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of a word by Snowball's rules for English; "" for what is no English word."""
    if not _ENGLISH.fullmatch(word):
        return ""
    if not hasattr(_stemmers, "english"):
        _stemmers.english = Stemmer("english")
    found: str = _stemmers.english.stemWord(word)
    return found


def stems(document: str) -> str:
    """The stems of a document's words that are not among its words, each once."""
    words = dict.fromkeys(document.split())
    found = dict.fromkeys(filter(None, map(stem, words)))
    return " ".join(one for one in found if one not in words)
