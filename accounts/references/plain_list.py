"""A list in plain text or Markdown: arXiv ids and addresses, one or several in a line."""

import re

from digest import identity
from digest.links import clean_url

from .records import Draft

_COMMENT = re.compile(r"^\s*#.*|\s#(?:\s.*|$)")
_LINK = re.compile(
    r"\[(?P<text>(?:[^\[\]\\]|\\.)*)\]"
    r"\(\s*(?:<(?P<angle>[^<>\s]*)>|(?P<address>(?:[^\s()]|\([^\s()]*\))*))[^()]*\)"
)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_SEPARATOR = re.compile(r"[\s,|]+")
_AROUND = "<>()[]{}\"'`*.,;:!?-•–—"


def read_list(text: str, draft: Draft) -> None:
    """Read each line: its links in Markdown, and its words that are an id or an address.

    What follows a `#` is a comment. A line that names one paper otherwise has its title. A line
    further in than the first belongs to the one above: in our own exports, authors and summary.
    """
    margin: int | None = None
    for number, line in enumerate(text.expandtabs(4).split("\n"), start=1):
        said = _COMMENT.sub("", line)
        if not said.strip():
            continue
        indent = len(said) - len(said.lstrip())
        margin = indent if margin is None else min(margin, indent)
        if indent == margin:
            _line(number, said, draft)


def _line(number: int, said: str, draft: Draft) -> None:
    found = [
        (link["angle"] or link["address"] or "", _ESCAPE.sub(r"\1", link["text"]))
        for link in _LINK.finditer(said)
    ]
    words = []
    for word in _SEPARATOR.split(_LINK.sub(" ", said)):
        bare = word.strip(_AROUND)
        if _is_id(bare):
            found.append((bare, ""))
        else:
            words.append(word)
    named = [(address, title) for address, title in found if _is_id(address)]
    if not named:
        draft.problem(number, "neither an arXiv id nor an address", said)
    for address, title in named:
        own = title if title or len(named) > 1 else " ".join(words).strip(_AROUND + " ")
        draft.add(number, said, title=own if not _is_id(own) else "", ids=[address])


def _is_id(word: str) -> bool:
    """Whether a word is an arXiv id or an address; a host alone is a word."""
    return identity.arxiv_id(word) is not None or (
        ("/" in word or word.startswith("www.")) and clean_url(word) is not None
    )
