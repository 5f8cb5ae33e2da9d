"""What people call the fields of a paper: keys of JSON, columns of tables, labels of lists.

A row is its values by the name of a field of `Record`, whatever the file called them; `Row` makes a
record of them. FORMATS.md lists the names.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from digest.text.links import says_nothing

from .records import BadRow, Record, names_in_words, parse_day, quote

DATE, PUBLISHED, TLDR = "date", "published", "tldr"
"""What a row may have beside the fields of a record: the day of its digest, the day on which the
paper appeared, and a summary beside the one that is called so, as programs write it."""

NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "paper title", "paper name", "paper"),
    "link": (
        *("link", "url", "paper url", "paper link", "abs", "abs url", "abstract url", "arxiv url"),
        *("arxiv link", "arxiv id", "arxiv", "href", "pdf", "pdf url", "pdf link"),
        *("entry id", "paper id", "id"),
    ),
    "authors": ("authors", "author", "author list", "author names", "creators", "creator"),
    "authors_complete": ("authors complete",),
    "summary": ("summary",),
    "machine_summary": ("machine summary",),
    "abstract": ("abstract", "paper abstract"),
    TLDR: ("tldr", "ai summary", "ai"),
    "classification": (
        *("classification", "categories", "category", "subjects", "subject", "tasks", "task"),
        *("topics", "topic", "primary category"),
    ),
    "keywords": ("keywords", "keyword", "ai keywords", "tags"),
    "github_repo": (
        *("github repo", "github", "github url", "github link", "code", "code url", "code link"),
        *("repo", "repo url", "repository"),
    ),
    "github_urls": ("github urls",),
    "huggingface_urls": ("huggingface urls", "huggingface url", "huggingface", "hf url"),
    "project_page": (*("project page", "project url", "project", "homepage", "website", "demo"),),
    "upvotes": ("upvotes", "votes"),
    "comment": ("comment", "comments"),
    "doi": ("doi",),
    "version": ("version",),
    DATE: ("date", "digest date", "submitted on daily at", "day"),
    PUBLISHED: (
        *("published", "published at", "published date", "publish date", "publication date"),
        *("submitted", "created", "updated", "updated at", "update date"),
    ),
}
"""For each field the names that it goes by, the first that has a value being the one that counts.
Case, spaces, hyphens and underscores make no difference."""

NUMBERS = {"", "no", "number", "index"}
"""Names that say which row this is."""

_KNOWN = "title, link, authors, summary, abstract, keywords, code, date"


_SIGNS = re.compile(r"[\W_]+")


@lru_cache(4096)
def plain(name: str) -> str:
    """A name as it is compared."""
    return _SIGNS.sub("", name.casefold())


FIELD_OF = {plain(name): field for field, names in NAMES.items() for name in names}
"""The field of each name, as `plain` makes it."""
_PLACE = {plain(name): place for names in NAMES.values() for place, name in enumerate(names)}

_ARXIV_ID = re.compile(
    r"(?a:(?:arxiv:\s*)?(\d{4}\.\d{4,5}|[a-z]+(?:-[a-z]+)?(?:\.[a-z]{2})?/\d{7})(v\d+)?)", re.I
)
_ARXIV_CATEGORY = re.compile(r"(?a:[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z]+(?:-[a-z]+)?)?)")
_NAME_KEYS = ("name", "fullname", "author", "label", "title", "term")
_VERSION = re.compile(r"(?a:v?(\d{1,9}))", re.I)


def arxiv_link(text: str) -> str:
    """The address of the paper with an arXiv id; "" if the text is no such id."""
    match = _ARXIV_ID.fullmatch(text.strip())
    return f"https://arxiv.org/abs/{match[1]}{match[2] or ''}" if match else ""


class RowReading(NamedTuple):
    """What a row states, and names in it that are not known."""

    record: Record
    day: datetime.date
    unknown: list[str]

    def in_section(self, name: str) -> RowReading:
        """The same in a section of this name, which is its first category."""
        categories = [name, *(self.record.classification or ())]
        record = replace(self.record, classification=tuple(dict.fromkeys(categories)))
        return self._replace(record=record)


class Row:
    """The values of a row, by field: each with what the row calls it, for messages.

    unknown: names that are none of a field's, if they have a value.
    """

    def __init__(self, given: Iterable[tuple[str, Any]]) -> None:
        """given: names and values, as the file has them."""
        self.values: dict[str, list[tuple[str, Any]]] = {}
        self.unknown: list[str] = []
        for name, value in given:
            key = plain(name)
            if field := FIELD_OF.get(key):
                self.values.setdefault(field, []).append((name, value))
            elif key not in NUMBERS and value not in (None, "", [], {}):
                self.unknown.append(name)
        for found in self.values.values():
            if len(found) > 1:
                found.sort(key=lambda one: _PLACE[plain(one[0])])

    def record(self) -> Record:
        """What the row states. Raises BadRow where a value is of a kind that it cannot be of."""
        found = {field: self._first(field, _READ[field]) for field in self.values if field in _READ}
        summary, tldr = found.get("summary"), found.pop(TLDR, None)
        if summary and found.get("abstract") is None and (tldr or self._is_from_arxiv):
            # arXiv's own services call the abstract a summary.
            found |= {"abstract": summary, "summary": None}
            summary = None
        if tldr and not summary:
            found |= {"summary": tldr, "machine_summary": True}
        elif tldr:
            found["summary"] = f"{summary}\n\n{tldr}"
        if "github_repo" in self.values:
            found["github_repo"], found["github_urls"] = self._repositories()
        title = (found.pop("title", None) or "").strip()
        return Record(title=title, link=self._link(), **found)

    def read(self, *defaults: datetime.date | None) -> RowReading:
        """What the row states. Its day is what it says itself, else the first of `defaults`, else
        the day on which its paper appeared. Raises BadRow, too, if it has values under names that
        are not known, and little else."""
        if "title" not in self.values:
            raise BadRow(f"the row has no title{self._seen if self.unknown else ''}")
        record = self.record()
        day = self._own_day(*defaults)
        if self.unknown and not record.link and not record.authors:
            raise BadRow(f"the row has neither link nor authors{self._seen}")
        return RowReading(record, day, self.unknown)

    @property
    def _seen(self) -> str:
        return f", but {names_in_words(self.unknown)}; known are {_KNOWN}"

    def _own_day(self, *defaults: datetime.date | None) -> datetime.date:
        if given := self._first(DATE, _text):
            return _day(given)
        if default := next(filter(None, defaults), None):
            return default
        if given := self._first(PUBLISHED, _text):
            return _day(given)
        raise BadRow("the row has no date")

    @property
    def _is_from_arxiv(self) -> bool:
        """Whether the row has arXiv's categories under the name that arXiv gives them."""
        for name, value in self.values.get("classification", ()):
            if plain(name) in ("categories", "primarycategory"):
                found = _terms(name, value) or ()
                return bool(found) and all(map(_ARXIV_CATEGORY.fullmatch, found))
        return False

    def _first(self, field: str, read: Callable[[str, Any], Any]) -> Any:
        """The first value that is more than nothing, of lists all of them; else an empty one, if
        there is one."""
        if len(self.values.get(field, ())) == 1:
            return read(*self.values[field][0])
        values = [read(name, value) for name, value in self.values.get(field, ())]
        if read in (_terms, _texts) and any(values):
            return tuple(dict.fromkeys(text for value in values for text in value or ()))
        return next(filter(None, values), next((v for v in values if v is not None), None))

    def _link(self) -> str:
        links = []
        for name, value in self.values.get("link", ()):
            text = value if plain(name) in ("id", "paperid", "entryid") else _text(name, value)
            if text is None or not isinstance(text, str):
                continue  # the key of somebody's database
            if plain(name) in ("id", "paperid", "entryid", "arxivid", "arxiv"):
                text = arxiv_link(text) or (text if "://" in text else "")
            links.append(text)
        return next((link for link in links if not says_nothing(link)), "".join(links[:1]))

    def _repositories(self) -> tuple[str | None, tuple[str, ...] | None]:
        """The repository, and all others."""
        repos = []
        for name, value in self.values.get("github_repo", ()):
            found = _texts(name, value) if isinstance(value, list) else (_text(name, value),)
            repos += [text for text in found or () if text is not None]
        others = self._first("github_urls", _texts) if "github_urls" in self.values else None
        if repos[1:]:
            others = (*repos[1:], *(others or ()))
        return (repos[0] if repos else None), others


def _day(text: str) -> datetime.date:
    if day := parse_day(text):
        return day
    raise BadRow(f"{quote(text)} is not a date")


def _text(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise BadRow(f"{name} is not text")


def _prose(name: str, value: Any) -> str | None:
    """A text; of several its points, each with what it is about where that is no summary."""
    if isinstance(value, Mapping):
        value = [
            text if plain(key) in FIELD_OF else f"{key[:1].upper()}{key[1:]}: {text}"
            for key, text in value.items()
            if isinstance(text, str) and text.strip()
        ]
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return value[0] if len(value) == 1 else "\n".join(f"- {text}" for text in value) or None
    return _text(name, value)


def _texts(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise BadRow(f"{name} is not a list of texts")


def _terms(name: str, value: Any) -> tuple[str, ...] | None:
    """A list of short texts, or a text that has them between commas; arXiv's between spaces."""
    if isinstance(value, str):
        parts = re.split("[,;]", value)
        if len(parts) == 1 and "." in value and all(map(_ARXIV_CATEGORY.fullmatch, value.split())):
            parts = value.split()
        return tuple(filter(None, (part.strip() for part in parts)))
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return _names_of(name, value, "texts")
    return _texts(name, value)


def _authors(name: str, value: Any) -> str | tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return _names_of(name, value, "names")
    raise BadRow(f"{name} is neither text nor a list of names")


def _names_of(name: str, items: list[Any], what: str) -> tuple[str, ...]:
    """The texts of a list, some of which may be objects with a name; hidden ones are left out."""
    found = []
    for item in items:
        if isinstance(item, dict):
            if item.get("hidden") is True:
                continue
            parts = {plain(key): text for key, text in item.items() if isinstance(text, str)}
            item = next((parts[key] for key in _NAME_KEYS if parts.get(key)), None)
            if item is None:
                first = parts.get("first") or parts.get("firstname") or parts.get("given")
                last = parts.get("last") or parts.get("lastname") or parts.get("family")
                item = " ".join(filter(None, (first, last))) or None
        if not isinstance(item, str):
            raise BadRow(f"{name} is not a list of {what}")
        found.append(item)
    return tuple(found)


def _flag(name: str, value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value or None
    raise BadRow(f"{name} is neither true nor false")


def _number(name: str, value: Any) -> int | None:
    if isinstance(value, str) and (match := _VERSION.fullmatch(value.strip())):
        return int(match[1])
    if value is None or value == "" or (isinstance(value, int) and not isinstance(value, bool)):
        return None if value == "" else value
    raise BadRow(f"{name} is not a number")


_READ: dict[str, Callable[[str, Any], Any]] = {
    "title": _text,
    "authors": _authors,
    "authors_complete": _flag,
    "summary": _prose,
    "machine_summary": _flag,
    "abstract": _prose,
    TLDR: _prose,
    "classification": _terms,
    "keywords": _terms,
    "github_urls": _texts,
    "huggingface_urls": _texts,
    "project_page": _text,
    "upvotes": _number,
    "comment": _text,
    "doi": _text,
    "version": _number,
}
"""What reads the values of a field; links and repositories are read together."""
