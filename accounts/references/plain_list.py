"""A list in plain text or Markdown: arXiv ids and addresses, one or several in a line."""

import re
from collections.abc import Iterator
from itertools import islice

from digest.text import identity
from digest.text.links import clean_url

from .records import MAX_REFERENCES, ReferenceCollector

_COMMENT = re.compile(r"\s#(?:\s.*|$)")
# What begins as a link and is none matches too, without "whole": each character is looked at once,
# which keeps time in proportion to the line.
_LINK = re.compile(
    r"\[(?P<text>(?:[^\[\]\\]|\\.)*)"
    r"(?P<whole>\]\(\s*+(?:<(?P<angle>[^<>\s]*)>[^()]*+"
    r"|(?P<address>(?:[^\s()]|\([^\s()]*\))*)(?:\s[^()]*+)?)\))?"
)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_SEPARATOR = re.compile(r"[\s,|]+")
_AROUND = "<>()[]{}\"'`*.,;:!?-•–—"


def read_list(text: str, draft: ReferenceCollector) -> None:
    """Read each line: its links in Markdown, and its words that are an id or an address.

    What follows a `#` is a comment. A line that names one paper otherwise has its title. A line
    further in than the first belongs to the one above: in our own exports, authors and summary.
    """
    margin: int | None = None
    for number, line in enumerate(text.expandtabs(4).split("\n"), start=1):
        entry = line.lstrip()
        if not entry or entry.startswith("#"):
            continue
        indent = len(line) - len(entry)
        margin = indent if margin is None else min(margin, indent)
        if indent == margin:
            _line(number, entry, draft)


def _line(number: int, text: str, draft: ReferenceCollector) -> None:
    named = list(islice(_named(text), MAX_REFERENCES + 1))
    for address, title in named:
        if not title and len(named) == 1:
            rest = _COMMENT.sub("", text).replace(address, "").strip(_AROUND + " ")
            title = rest if " " in rest else ""
        draft.add(number, text, title=title, ids=[address])
    if not named:
        draft.problem(number, "neither an arXiv id nor an address", text)


def _named(text: str) -> Iterator[tuple[str, str]]:
    """Each id or address of a line, and the title that a link in Markdown gives it, or ""."""
    for link in _LINK.finditer(text):
        if not link["whole"]:
            continue
        address = link["angle"] or link["address"] or ""
        if _is_id(address):
            title = _ESCAPE.sub(r"\1", link["text"])
            yield address, "" if _is_id(title) else title
    for word in _SEPARATOR.split(_COMMENT.sub("", _LINK.sub(_space, text))):
        if _is_id(name := word.strip(_AROUND)):
            yield name, ""


def _space(link: re.Match[str]) -> str:
    return " " if link["whole"] else link[0]


def _is_id(word: str) -> bool:
    """Whether a word is an arXiv id or an address; a host alone is a word."""
    if "/" in word or word.startswith("www."):
        return clean_url(word) is not None or identity.arxiv_id(word) is not None
    return "." in word and identity.arxiv_id(word) is not None
