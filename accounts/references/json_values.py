"""JSON: CSL-JSON, and what bookmark managers, catalogues and this site's own API write.

Any value that is an arXiv id, a DOI or an address counts, under any key; titles, notes and tags
count under their usual names. Whether an object is an item, or a list or folder of items, follows
from what is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from digest.formats.common_names import NAMES, plain
from digest.formats.json_list import Element, JsonText, NotReadable
from digest.text.identity import arxiv_id
from digest.text.links import clean_url

from .records import MARKUP, Format, ReferenceCollector, doi_url

MAX_NESTED = 1_000_000
"""Brackets and braces of a file."""
_MAX_ERRORS = 100
_MAX_DEPTH = 60
_MAX_LINED = 8
"""Levels of lists in lists of which each item has its own line; deeper ones have that of the last
such level."""

_DIGITS = re.compile(r"\d{4}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BARE_DOI = re.compile(r"(?:doi:\s*)?10\.\d{4,9}/\S+", re.I)
_RESUME = re.compile(r"^[ \t]*(?=\{\s*\"|\[\s*\{)", re.M)

_LINKS = {plain(name): place for place, name in enumerate(("url", *NAMES["link"], "uri"))}
_TITLES = {plain(name): place for place, name in enumerate((*NAMES["title"], "name"))}
_KEYS = {"id", "key", "guid", "uuid", "hash", "paperid", "corpusid", "itemid", "itemkey", "type"}
"""Names of what identifies a row of somebody's database, which may be written as an address."""
_OTHERS = {
    *("references", "citations", "citedby", "relatedworks", "referencedworks", "related", "next"),
    *("previous", "prev", "self", "icon", "iconuri", "favicon", "cover", "image", "thumbnail"),
    *("abstract", "summary", "license", "avatar", "authors", "authorships", "author", "creators"),
    *("library", "meta", "links", "concepts", "topics"),
}
"""Names of what is another paper's, or leads to none."""
_CONTAINERS = {
    *("items", "entries", "results", "bookmarks", "papers", "children", "list", "works", "roots"),
    *("records", "documents", "data", "highlights"),
}
_INNER = ("data", "content", "item", "paper", "bookmark", "work", "citedPaper", "citingPaper")
"""Names of the part of an item that says what it is, where the item itself says what a service does
with it."""
_NOTES = ("note", "annote", "notes", "comment", "extended", "annotation")
_TEXTS = (
    *("number", "container-title", "archive_location", "volume", "page", "note", "id", "extra"),
    *("journal", "venue", "publicationTitle", "archiveID", "reportNumber"),
)
_CSL = {
    *("id", "type", "title", "title-short", "author", "editor", "translator", "issued", "accessed"),
    *("DOI", "URL", "ISBN", "ISSN", "PMID", "PMCID", "number", "volume", "issue", "page", "note"),
    *("annote", "abstract", "publisher", "publisher-place", "container-title", "keyword", "source"),
    *("container-title-short", "collection-title", "collection-number", "event", "event-title"),
    *("event-place", "genre", "language", "archive", "archive_location", "archive-place", "medium"),
    *("citation-key", "citation-label", "custom", "categories", "version", "edition", "license"),
    *("number-of-pages", "page-first", "original-title", "original-date", "call-number", "status"),
    *(
        "journalAbbreviation",
        "shortTitle",
        "submitted",
        "available-date",
        "section",
        "chapter-number",
    ),
}
"""Names that CSL-JSON has."""
_IMAGE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|ico|mp4|webm)(?:[?#]|$)", re.I)
_LAST = 1_000
"""How sure an address is that may be of something else."""


class JsonReader:
    """Reads the values of a text, each from where it begins, in their order."""

    def __init__(self, text: str, draft: ReferenceCollector) -> None:
        self.json, self.draft, self.text = JsonText(text, str, "item"), draft, text
        self._errors = 0  # each takes time in proportion to what stands before it
        self._is_too_much = self.json.nested() > MAX_NESTED

    def read(self, start: int) -> int:
        """Read a value, and after an error what of it can still be read; to where it goes, which is
        nowhere after too many errors."""
        if self._is_too_much:
            self._problem(start, f"more than {MAX_NESTED:,} lists and objects")
            return len(self.text)
        at = start
        while self._errors < _MAX_ERRORS:
            try:
                return self._document(start)
            except NotReadable as stop:
                self._errors += 1
                self._problem(stop.position, stop.reason)
                at = max(stop.position, start + 1)
                more = _RESUME.search(self.text, at)
                if not more:
                    break
                start = more.end()
        # What follows the error may still be a list.
        end = self.text.find("\n", at)
        return at if at == start else end if end >= 0 else len(self.text)

    def _document(self, start: int) -> int:
        if self.text.startswith("[", start):
            for element in self.json.elements(start + 1):
                self._walk(element, 1)
            return self.json.end
        end = start
        try:
            element = self.json.element(start)
        except NotReadable:
            # What stands before the error is there; white space of other kinds is none.
            for _, position in self.json.members(start + 1):
                end = position
                if self.text.startswith("[", position):
                    end = self._document(position)
            if self.text.startswith("}", end := self.json.skip(end)):
                return end + 1
            raise
        self._walk(element, 1)
        return element.end

    def _walk(self, element: Element, depth: int) -> None:
        """Read the items of a value; raises Full."""
        value = element.value
        if depth < _MAX_DEPTH and isinstance(value, dict | list) and not _is_item(value):
            count = 0
            for count, one in enumerate(self._inner(element, depth), start=1):  # noqa: B007
                self._walk(one, depth + 1)
            if count:
                return
        if element.fault:
            self._problem(element.start, element.fault, element.end)
        elif isinstance(value, str) and (_id_of(value) or clean_url(value)):
            self.draft.format = Format.JSON
            self.draft.add(self.json.line(element.start), value, ids=[_named(value)])
        elif not isinstance(value, dict):
            self._problem(element.start, "not a JSON object", element.end)
        elif _has_surrogate(value):
            reason = "half a character: a lone surrogate"
            self._problem(element.start, reason, element.end)
        else:
            self._add(element, value)

    def _inner(self, element: Element, depth: int) -> Iterator[Element]:
        """The elements of a list, or those values of an object that hold something."""
        value, json = element.value, self.json
        if depth >= _MAX_LINED:
            for one in value if isinstance(value, list) else value.values():
                if isinstance(value, list) or _holds(one):
                    yield element._replace(value=one, fault="")
        elif isinstance(value, list):
            yield from json.elements(element.start + 1)
        else:
            for key, position in json.members(element.start + 1):
                if self.text[position] in "[{" and plain(key) not in _OTHERS:
                    one = json.element(position)
                    if _holds(one.value) or (_id_of(key) and isinstance(one.value, dict)):
                        yield one._replace(value={"id": key, **one.value}) if _id_of(key) else one
                    json.end = one.end

    def _add(self, element: Element, item: dict[str, Any]) -> None:
        is_csl = item.keys() <= _CSL
        self.draft.format = Format.CSL_JSON if is_csl else Format.JSON
        item = _flat(item)
        title = _title(item)
        texts = [item[name] for name in _TEXTS if isinstance(item.get(name), str)]
        own = {plain(key): value for key, value in item.items() if isinstance(value, str)}
        # CSL calls what a catalogue says of a paper a note.
        notes = [own[n] for n in (["annote"] if is_csl else _NOTES) if n in own]
        self.draft.add(
            self.json.line(element.start),
            self.text[element.start : min(element.end, element.start + 500)],
            title=MARKUP.sub("", title),
            ids=[name for place, name in sorted(_ids(item)) if place < _LAST or not title],
            texts=texts,
            note="\n\n".join(notes),
            tags=_tags(item.get("tags") or item.get("keywords")),
        )

    def _problem(self, position: int, reason: str, end: int | None = None) -> None:
        self.draft.format = Format.JSON
        excerpt = self.text[position : position + 500 if end is None else end]
        self.draft.problem(self.json.line(position), reason, excerpt)


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    inner = [item[name] for name in _INNER if isinstance(item.get(name), dict)]
    return {**item, **inner[0]} if inner else item


def _is_item(value: dict[str, Any] | list[Any]) -> bool:
    """Whether an object is one item, and no folder or list of items."""
    if isinstance(value, list):
        return False
    if any(plain(key) in _CONTAINERS and _is_many(inner) for key, inner in value.items()):
        return False
    flat = _flat(value)
    if _title(flat) or any(_id_of(v) for v in flat.values() if isinstance(v, str)):
        return True
    direct = (key for key, v in flat.items() if isinstance(v, str) and clean_url(v))
    if any(plain(key) not in _OTHERS | _KEYS for key in direct):
        return True
    return len(flat) == 0


def _is_many(value: Any) -> bool:
    """Whether a value is a list of objects or texts, or an object of nothing but objects."""
    if isinstance(value, list):
        return any(isinstance(one, dict | list | str) for one in value)
    is_object = isinstance(value, dict) and len(value) > 0
    return is_object and all(isinstance(one, dict) for one in value.values())


def _holds(value: Any, depth: int = 0) -> bool:
    """Whether there is an id, an address or a title in a value."""
    if depth > _MAX_DEPTH:
        return True
    if isinstance(value, str):
        return bool(_id_of(value) or clean_url(value))
    if isinstance(value, list):
        return any(_holds(one, depth + 1) for one in value)
    if isinstance(value, dict):
        return bool(_title(value)) or any(_holds(one, depth + 1) for one in value.values())
    return False


def _title(item: dict[str, Any]) -> str:
    """The title of an item; Pinboard calls it the description."""
    found = [
        (place, value)
        for key, value in item.items()
        if isinstance(value, str)
        and value.strip()
        and not _id_of(value)
        and (place := _TITLES.get(plain(key), 50 if _TITLE.fullmatch(key) else -1)) >= 0
    ]
    if not found and "extended" in item and isinstance(item.get("description"), str):
        return str(item["description"])
    return min(found)[1] if found else ""


_TITLE = re.compile(r"(?:given|resolved|custom|page|article|link)[_-]?title", re.I)


def _ids(value: Any, key: str = "", depth: int = 0) -> Iterator[tuple[int, str]]:
    """The ids, DOIs and addresses of an item, each with how far behind others it comes."""
    if isinstance(value, str):
        if place := _LINKS.get(name := plain(key), -1) + 1:
            place = place if name not in _KEYS else _LAST
        else:
            place = _LAST if name in _KEYS | _OTHERS else 100
        if _id_of(value):
            yield min(place, 200) + 300 * (depth > 1), _named(value)
        elif clean_url(value):
            yield _LAST if _IMAGE.search(value) else place + 100 * (depth - 1), value
    elif depth < 5 and plain(key) not in _OTHERS:
        if isinstance(value, dict):
            if depth == 0 or not _title(value):
                for name, inner in value.items():
                    yield from _ids(inner, name, depth + 1)
        elif isinstance(value, list):
            for inner in value:
                yield from _ids(inner, key, depth + 1)


@lru_cache(4096)
def _id_of(text: str) -> str:
    """The arXiv id of a text, or the address of its DOI; "" if it is neither."""
    if len(text) > 300 or not _DIGITS.search(text):
        return ""
    return arxiv_id(text) or (doi_url(text) if _BARE_DOI.fullmatch(text.strip()) else "")


def _named(text: str) -> str:
    """An id or address as a reference has it."""
    return _id_of(text) if _BARE_DOI.fullmatch(text.strip()) else text


def _has_surrogate(item: dict[str, Any]) -> bool:
    return any(map(_SURROGATE.search, map(str, item.values())))


def _tags(value: Any) -> list[str]:
    """The tags of an item: names, objects with a name, a text of them, or keys of an object."""
    if isinstance(value, str):
        return re.split(r"\s*,\s*", value) if "," in value else value.split()
    found = []
    for one in value if isinstance(value, list | dict) else ():
        name = (
            next(
                (
                    one[key]
                    for key in ("tag", "name", "title", "label")
                    if isinstance(one.get(key), str)
                ),
                "",
            )
            if isinstance(one, dict)
            else one
        )
        if isinstance(name, str):
            found.append(name)
    return found
