"""What a paper shows, as a pure function of what sources and curators said about it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import QuerySet

from digest.formats import Format, Record
from digest.models import Entry, Field
from digest.text import links, taxonomy
from digest.text.identity import arxiv_id, fold
from digest.text.markup import is_list, summary_points, title_html

CUT_AT = 5
"""Digests print the first five authors: a list of exactly five is taken as cut."""

MAX_NAME = 200
"""Characters of an author's or a category's name; a longer one ends in an ellipsis."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)


class Said(NamedTuple):
    """One entry: a record, and what ranks it among the others."""

    date: date
    format: Format
    sha256: str
    position: int
    record: Record

    @property
    def precedence(self) -> tuple[int, int, str, int]:
        """Sorts the newest digest first, and within a day JSON, six columns, three columns."""
        return (-self.date.toordinal(), self.format.rank, self.sha256, self.position)


def said_of(entries: QuerySet[Entry]) -> Iterator[tuple[int, Said]]:
    """What entries say, in one query, each with its paper's key."""
    return ((paper, said) for _, paper, said in said_by_key(entries))


def said_by_key(entries: QuerySet[Entry]) -> Iterator[tuple[int, int, Said]]:
    """The same, and before it the entry's own key."""
    for key, paper, day, format_, sha256, position, record in entries.values_list(
        "pk", "paper", "digest__date", "format", "source__sha256", "position", "record"
    ):
        said = Said(day, Format(format_), sha256, position, Record.from_dict(record))
        yield key, paper, said


@dataclass(frozen=True, slots=True)
class Shown:
    """What a paper shows. Texts are in NFC and hold no control characters."""

    url: str
    title: str
    title_html: str
    summary: str
    points: list[str]
    is_list: bool
    authors: tuple[str, ...]
    authors_cut: bool
    categories: tuple[str, ...]
    links: tuple[str, ...]
    hidden: bool

    @property
    def correctable(self) -> dict[str, Any]:
        """Its value for each `Field`, as a correction gives it: links alone are not changes to a
        list here but the list itself."""
        return {
            Field.TITLE.value: self.title,
            Field.SUMMARY.value: self.summary,
            Field.AUTHORS.value: [*self.authors],
            Field.AUTHORS_CUT.value: self.authors_cut,
            Field.CATEGORIES.value: [*self.categories],
            Field.LINKS.value: [*self.links],
            Field.HIDDEN.value: self.hidden,
        }


Corrections = Mapping[str, Any]
"""The values that curators gave, by `Field`: see `models.Correction`."""


def project(
    entries: Iterable[Said],
    corrections: Corrections = MappingProxyType({}),
    names: Mapping[str, str] = MappingProxyType({}),
) -> Shown:
    """What a paper shows, given all its entries (at least one), in any order.

    A correction wins; else, for each field, the newest digest that says something about it; an
    absent column and an empty cell say nothing. Links are the union, newest first, each once, and
    a correction adds to them and takes away. Of summaries that differ only in white space the one
    with line breaks is shown.

    names: the names that stand for printed ones (`Alias.shown`).
    """
    records = [said.record for said in sorted(entries, key=lambda said: said.precedence)]
    title = corrections.get(Field.TITLE) or next(filter(None, map(_SAYS[Field.TITLE], records)))
    summary = corrections[Field.SUMMARY] if Field.SUMMARY in corrections else _summary(records)
    printed = _first(Field.AUTHORS, corrections, records)
    cut = len(printed) == CUT_AT and Field.AUTHORS not in corrections
    return Shown(
        url=next(filter(None, map(_own_url, records)), ""),
        title=title,
        title_html=title_html(title),
        summary=summary,
        points=summary_points(summary),
        is_list=is_list(summary),
        authors=tuple(dict.fromkeys(names.get(name, name) for name in printed)),
        authors_cut=corrections.get(Field.AUTHORS_CUT, cut),
        categories=_first(Field.CATEGORIES, corrections, records),
        links=_links(records, corrections.get(Field.LINKS, {})),
        hidden=corrections.get(Field.HIDDEN, False),
    )


def _first(field: str, corrections: Corrections, records: list[Record]) -> tuple[str, ...]:
    """A field that is a list: what is right of it, or else what the first record says."""
    if field in corrections:
        return tuple(corrections[field])
    return next(filter(None, map(_SAYS[field], records)), ())


def who_says(entries: Iterable[Said]) -> dict[str, Said]:
    """For each `Field` of which entries say something, the entry that is followed if no correction
    is; links come from all."""
    ranked = sorted(entries, key=lambda said: said.precedence)
    found = {
        field: next((said for said in ranked if says(said.record)), None)
        for field, says in _SAYS.items()
    }
    return {field: said for field, said in found.items() if said}


def as_given(entries: Iterable[Said]) -> Record:
    """A paper as one day's entries gave it: each field from the first that says something.

    entries: those of one paper on one day, at least one, in any order.
    """
    records = [said.record for said in sorted(entries, key=lambda said: said.precedence)]
    given: dict[str, Any] = {
        field.name: next(
            filter(None, (getattr(record, field.name) for record in records)),
            # An empty cell is less than a word and more than no column.
            next((v for r in records if (v := getattr(r, field.name)) is not None), None),
        )
        for field in fields(Record)
    }
    return Record(**given)


def line(text: str) -> str:
    """The text on one line, without invisible characters."""
    return fold(_INVISIBLE.sub("", text))


def _own_url(record: Record) -> str | None:
    """The address of a paper that is not on arXiv, where its id says it all."""
    return None if arxiv_id(record.link) else links.clean_url(record.link)


def _printed(authors: str | None) -> tuple[str, ...]:
    """The names of a comma-separated author list, in order, as often as they are printed."""
    return tuple(filter(None, map(_name, (authors or "").split(","))))


def _name(text: str) -> str:
    name = line(text)
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


def _summary(records: list[Record]) -> str:
    said = [text for record in records if (text := block(record.summary or ""))]
    if not said:
        return ""
    shown = said[0].split()
    return next((text for text in said if "\n" in text and text.split() == shown), said[0])


def block(text: str) -> str:
    """The text with its line breaks and indents, without invisible characters."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).strip()


def _categories(record: Record) -> tuple[str, ...]:
    given = map(_name, record.classification or ())
    return tuple(dict.fromkeys(taxonomy.known(name) or name for name in given if name))


_SAYS: dict[str, Callable[[Record], Any]] = {
    Field.TITLE: lambda record: line(record.title),
    Field.SUMMARY: lambda record: block(record.summary or ""),
    Field.AUTHORS: lambda record: _printed(record.authors),
    Field.CATEGORIES: _categories,
}
"""What a record says of a field; nothing, if it is empty."""


def _links(records: list[Record], correction: Mapping[str, list[str]]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for record in records:
        for text in given_links(record):
            if url := links.clean_url(text):
                found.setdefault(links.same_link(url), url)
    for url in correction.get("remove", ()):
        found.pop(links.same_link(url), None)
    for url in correction.get("add", ()):
        found.setdefault(links.same_link(url), url)
    return tuple(found.values())


def given_links(record: Record) -> tuple[str, ...]:
    """The texts that a record gives as links, in order, placeholders included."""
    repo = (record.github_repo,) if record.github_repo else ()
    return (*repo, *(record.github_urls or ()), *(record.huggingface_urls or ()))
