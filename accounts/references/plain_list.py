"""A list in plain text or Markdown: arXiv ids and addresses, one or several in a line."""

import re
from collections.abc import Iterator
from itertools import islice

from digest.text import identity
from digest.text.links import clean_url

from .records import MAX_REFERENCES, NAMED_ID, Format, ReferenceCollector, doi_url

_COMMENT = re.compile(r"\s#(?:\s.*|$)")
# What begins as a link and is none matches too, without "whole": each character is looked at once,
# which keeps time in proportion to the line.
_LINK = re.compile(
    r"\[(?P<text>(?:[^\[\]\\]|\\.)*)"
    r"(?P<whole>\]\(\s*+(?:<(?P<angle>[^<>\s]*)>[^()]*+"
    r"|(?P<address>(?:[^\s()]|\([^\s()]*\))*)(?:\s[^()]*+)?)\))?"
)
_IMAGE = re.compile(r"!\[[^\[\]]{0,300}\]\([^()]{0,2000}\)")
_ADDRESS = re.compile(r"https?://[^\s()<>\[\]|\"'`]+")
_IN_TWO_BRACKETS = re.compile(r"\[(\[[^\[\]\\]{0,300}\])\](?=\()")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_SEPARATOR = re.compile(r"[\s,|]+")
_AROUND = "<>()[]{}\"'`*.,;:!?-•–—"
_BULLET = re.compile(r"(?:[-*+•]|\(?\d{1,4}[.)]|\[\d{1,4}\])\s+")
_MARKUP_ONLY = re.compile(r"[-=*_#|:<>`~{}\[\](),;.+\s\\\"'/]*$")
_EMPTY = re.compile(r"\*\*|\[\s*\]|^\(?\d{1,4}[.)]\s")
_HEADING = re.compile(r"#+(?:\s|$)")
_FENCE = re.compile(r"(?:```|~~~)[\w-]*\s*$")
_ITEM_NAMED_FIRST = re.compile(r"\[[^\[\]]*\]\(|\S+$|\S*\d{4}\.\d{4,5}|https?:")


def read_list(text: str, draft: ReferenceCollector, *, is_page: bool = False) -> None:
    """Read each line: its links in Markdown, and its words that are an id or an address.

    What follows a `#` is a comment. A line that names one paper otherwise has its title. A line
    further in than the first belongs to the one above, unless it is an item of its own: in our own
    exports, authors and summary. is_page: the text of a web page, whose prose names no paper.
    """
    draft.format = Format.LIST
    margin: int | None = None
    item: tuple[int, str] | None = None  # a line that named nothing, with those further in
    prose = 0, 0, ""  # lines of a page that name nothing: how many, the first one and its text

    def finish() -> None:
        nonlocal item, prose
        if item and not _names(*item, draft) and item[0] not in draft.lines_read:
            if is_page:
                prose = prose[0] + 1, prose[1] or item[0], prose[2] or item[1]
            else:
                draft.problem(*item[:1], "neither an arXiv id nor an address", item[1])
        item = None

    for number, line in enumerate(text.expandtabs(4).split("\n"), start=1):
        entry = line.lstrip()
        if _MARKUP_ONLY.match(entry) or _FENCE.match(entry):
            continue
        indent = len(line) - len(entry)
        if entry[0] in "#%":
            finish()
            _heading(number, entry, draft)
            continue
        margin = indent if margin is None else min(margin, indent)
        bullet = _BULLET.match(entry)
        if indent == margin or (bullet and _ITEM_NAMED_FIRST.match(entry, bullet.end())):
            finish()
            if not _names(number, entry, draft):
                item = number, entry
        elif item:
            item = (
                item[0],
                f"{item[1]} {entry.rstrip(chr(92))}" if len(item[1]) < 2_000 else item[1],
            )
        else:
            for name, _ in islice(_named(entry), MAX_REFERENCES):
                _mention(number, name, draft)
    finish()
    if prose[0]:
        lines = f"{prose[0]:,} lines" if prose[0] > 1 else "a line"
        reason = f"{lines} of text with neither an arXiv id nor an address"
        draft.problem(prose[1], reason, prose[2])


def _heading(number: int, text: str, draft: ReferenceCollector) -> None:
    """Read the papers that a heading links. Other ids in it are mentions, as those in a comment."""
    is_title = text.startswith("# ")
    for name, title in islice(_named(text.lstrip("#% ")), MAX_REFERENCES):
        is_link = bool(title) or f"]({name}" in text
        if is_link and _HEADING.match(text) and (not is_title or identity.arxiv_id(name)):
            draft.add(number, text, title=title, ids=[name])
        else:
            _mention(number, name, draft)


def _mention(number: int, name: str, draft: ReferenceCollector) -> None:
    """An id is among those that the last look at the file finds, if no reference has it."""
    if not identity.arxiv_id(name) and (url := clean_url(name)):
        draft.mention(number, url)


def _names(number: int, text: str, draft: ReferenceCollector) -> bool:
    """Read the papers that a line names. Returns whether it names any."""
    named = list(islice(_named(text), MAX_REFERENCES + 1))
    if not named:
        found = islice(NAMED_ID.finditer(text), MAX_REFERENCES + 1)
        named = [(match[1], "") for match in found]
    for address, title in named:
        if not title and len(named) == 1:
            rest = _COMMENT.sub("", _LINK.sub(_space, text)).replace(address, "")
            rest = _EMPTY.sub("", rest).strip(_AROUND + " ")
            title = rest if " " in rest else ""
        draft.add(number, text, title=title, ids=[_id_of(address)])
    if text.count("://") > len(named):
        read = {clean_url(name) for name, _ in named}
        for match in islice(_ADDRESS.finditer(_IMAGE.sub("", text)), MAX_REFERENCES):
            if clean_url(name := match[0].strip(_AROUND)) not in read:
                _mention(number, name, draft)
    return bool(named)


def _named(text: str) -> Iterator[tuple[str, str]]:
    """Each id or address of a line, and the title that a link in Markdown gives it, or ""."""
    text = _IMAGE.sub("", text) if "![" in text else text
    text = _IN_TWO_BRACKETS.sub(r"\1", text) if "[[" in text else text
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
    """Whether a word is an arXiv id, a DOI or an address; a host alone is a word."""
    if "/" in word or word.startswith("www."):
        return clean_url(_id_of(word)) is not None or identity.arxiv_id(word) is not None
    return "." in word and identity.arxiv_id(word) is not None


def _id_of(word: str) -> str:
    is_doi = re.match(r"(?:doi:)?10\.\d{4,9}/", word, re.I)
    return doi_url(word) if is_doi and not identity.arxiv_id(word) else word
