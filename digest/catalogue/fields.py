"""The fields of a paper, a class for each: what records state of it, which of them counts when they
disagree, what a correction makes of that, and how a value is cleaned, labelled, shown and stored.

Everything else loops over `FIELDS`. Nothing here asks the database, so that the models have the
names of what can be corrected from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError

from digest.formats import Record
from digest.formats.records import MAX_ITEM, MAX_ITEMS, MAX_TITLE
from digest.text import links, taxonomy
from digest.text.identity import arxiv_id
from digest.text.markup import is_list, sentences, summary_points, title_html
from digest.text.normalize import block, line

from .kinds import (
    MAX_NAME,
    Corrections,
    Flag,
    ListField,
    LongText,
    Names,
    Number,
    PaperField,
    TextList,
    Values,
    within,
)

CUT_AT = 5
"""Digests print the first five authors: a list of exactly five is taken as cut, unless the source
gives all authors."""

_OTHERS = re.compile(r"(?:^|[\s,;]+)(?:et\.?\s*al\.?|and others)\s*$", re.I)
"""What ends a list that is cut."""
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")


class Title(PaperField):
    name = label = "title"
    columns = ("title", "title_html")
    max_length = MAX_TITLE
    is_required = True

    def stated(self, record: Record) -> str:
        return line(record.title)

    def clean(self, value: Any) -> str:
        title: str = super().clean(value)
        if not title:
            raise ValidationError("A paper has a title.")
        return title

    def stored(self, value: Any) -> Values:
        return {"title": value, "title_html": title_html(value)}


class Url(PaperField):
    """The address of a paper that is not on arXiv, where its id says it all. The paper is known by
    it, so that it is not for curators to change."""

    name = "url"
    columns = ("url",)
    is_correctable = False
    is_previewed = False

    def stated(self, record: Record) -> str | None:
        return None if arxiv_id(record.link) else links.clean_url(record.link)

    def problems(self, record: Record) -> Iterator[str]:
        return iter(()) if arxiv_id(record.link) else _no_links([record.link])


class Summary(LongText):
    name = label = "summary"
    columns = ("summary", "points", "is_list")

    def stated(self, record: Record) -> str:
        return block(record.summary or "")

    def combined(self, records: Sequence[Record]) -> str:
        """The first; of others that differ only in white space, one with line breaks."""
        first, *others = [*filter(None, map(self.stated, records)), ""]
        if "\n" in first:
            return first
        return next((o for o in others if "\n" in o and self.reads_alike(o, first)), first)

    def stored(self, value: Any) -> Values:
        return {"summary": value, "points": summary_points(value), "is_list": is_list(value)}


class Abstract(LongText):
    """What the authors wrote. It is prose, of which lines were broken at any place."""

    name = label = "abstract"
    columns = ("abstract", "abstract_sentences")

    def stated(self, record: Record) -> str:
        return _paragraphs(record.abstract) if record.abstract else ""

    def clean(self, value: Any) -> str:
        return _paragraphs(super().clean(value))

    def stored(self, value: Any) -> Values:
        return {"abstract": value, "abstract_sentences": sentences(value)}


class Authors(Names):
    name = label = "authors"
    relation = "authorships"
    item = "author__name"
    corrected_with = ("authors_cut",)

    def stated(self, record: Record) -> list[str]:
        """The names in order, as often as they are printed."""
        given = record.authors or ""
        names = [*given] if isinstance(given, tuple) else _OTHERS.sub("", given).split(",")
        if names and isinstance(given, tuple):
            names[-1] = _OTHERS.sub("", names[-1])
        return list(filter(None, map(_name, names)))

    def ordered(self, records: Sequence[Record]) -> Sequence[Record]:
        """One that gives all authors counts more than others, whatever its day, and one that says
        that there are more counts less."""
        return sorted(records, key=lambda r: 0 if r.authors_complete else 1 + _has_others(r))

    def is_cut(self, record: Record) -> bool:
        """Whether the list that a record gives was cut, as far as known."""
        if record.authors_complete:
            return False
        return _has_others(record) or len(self.stated(record)) == CUT_AT

    def value(
        self, records: Sequence[Record], corrections: Corrections, names: Mapping[str, str]
    ) -> list[str]:
        printed = super().value(records, corrections, names)
        return list(dict.fromkeys(names.get(name, name) for name in printed))

    def is_disputed(self, stated: Values, correction: Any) -> bool:
        if stated[AuthorsCut.name]:
            # A list that was cut states nothing about those who are not in it.
            correction = correction[: len(stated[self.name])]
        return super().is_disputed(stated, correction)

    def text_of(self, values: Values) -> str:
        names = super().text_of(values)
        return f"{names} and others" if names and values[AuthorsCut.name] else names


class AuthorsCut(Flag):
    name = "authors_cut"
    label = "whether the author list was cut"
    label_for_readers = "whether there are more authors"
    columns = ("authors_cut",)
    when_true = "The author list is cut"

    def combined(self, records: Sequence[Record]) -> bool:
        return next(map(AUTHORS.is_cut, filter(AUTHORS.stated, AUTHORS.ordered(records))), False)

    def value(
        self, records: Sequence[Record], corrections: Corrections, names: Mapping[str, str]
    ) -> bool:
        if self.name in corrections:
            return bool(corrections[self.name])
        # A corrected list is not cut unless that is corrected as well.
        return AUTHORS.name not in corrections and self.combined(records)


class Categories(Names):
    name = label = "categories"
    relation = "classifications"
    item = "category__name"

    def stated(self, record: Record) -> list[str]:
        return _known(filter(None, map(_name, record.classification or ())))

    def ordered(self, records: Sequence[Record]) -> Sequence[Record]:
        """Suggested ones count less than any that a source states, whatever its day."""
        return sorted(records, key=lambda record: bool(record.categories_suggested))

    def clean(self, value: Any) -> list[str]:
        return _known(super().clean(value))

    def counted(self, names: Iterable[str]) -> Iterator[str]:
        """The categories and their areas: an area has the papers of its categories, too."""
        for name in names:
            yield name
            if area := taxonomy.AREA_OF.get(name):
                yield area


class CategoriesSuggested(Flag):
    name = "categories_suggested"
    label = "whether the categories are suggested"
    columns = ("categories_suggested",)
    is_correctable = False
    when_true = "The categories are suggested, by papers that are alike"

    def value(
        self, records: Sequence[Record], corrections: Corrections, names: Mapping[str, str]
    ) -> bool:
        if CATEGORIES.name in corrections:
            return False
        stating = filter(CATEGORIES.stated, CATEGORIES.ordered(records))
        return any(record.categories_suggested for record in islice(stating, 1))


class Links(ListField):
    """The union of what records give, each once. A correction `{"add": [...], "remove": [...]}`
    goes over it, so that a new link is still let in."""

    name = label = "links"
    relation = "links"
    item = "url"
    is_ordered = False
    has_one_origin = False

    def combined(self, records: Sequence[Record]) -> list[str]:
        given = (text for record in records for text in _given(record))
        return list(_once(filter(None, map(links.clean_url, given))).values())

    def corrected(self, stated: Any, correction: Any) -> list[str]:
        found = _once(stated or ())
        for url in correction.get("remove", ()):
            found.pop(links.same_link(url), None)
        return list(_once([*found.values(), *correction.get("add", ())]).values())

    def problems(self, record: Record) -> Iterator[str]:
        return _no_links(_given(record))

    def clean(self, value: Any) -> Any:
        """value: a correction, or all the links."""
        if isinstance(value, dict):
            return {key: self.clean(value.get(key, [])) for key in ("add", "remove")}
        urls = []
        for text in value:
            url = links.clean_url(text)
            if url is None:
                raise ValidationError(f"No http or https link: {line(text)[:100]}")
            urls.append(within(url, MAX_ITEM))
        found = list(_once(urls).values())
        if len(found) > MAX_ITEMS:
            raise ValidationError(f"At most {MAX_ITEMS} links, and these are {len(found)}.")
        return found

    def correction(self, value: Any, stated: Any) -> Any:
        if isinstance(value, dict):
            return value
        there, wanted = _once(stated or ()), _once(value)
        return {
            "add": [url for key, url in wanted.items() if key not in there],
            "remove": [url for key, url in there.items() if key not in wanted],
        }

    def is_needless(self, correction: Any, shown: Any) -> bool:
        return not correction["add"] and not correction["remove"]

    def is_disputed(self, stated: Values, correction: Any) -> bool:
        removed = _once(correction.get("remove", ()))
        return any(links.same_link(url) in removed for url in stated[self.name])

    def is_same(self, one: Any, other: Any) -> bool:
        if isinstance(one, list) and isinstance(other, list):
            return sorted(one, key=str) == sorted(other, key=str)
        return super().is_same(one, other)

    def text(self, value: Any) -> str:
        return "\n".join(value or ())

    def row(self, item: str, keys: Mapping[str, int]) -> Values:
        return {"url": item, "kind": links.destination(item).kind}

    def text_of(self, values: Values) -> str:
        return ", ".join(values[self.name])


class Keywords(TextList):
    name = label = "keywords"
    columns = ("keywords",)

    def stated(self, record: Record) -> list[str]:
        return list(dict.fromkeys(filter(None, map(_name, record.keywords or ()))))


class Comment(PaperField):
    """The authors' own, at arXiv."""

    name = "comment"
    label = "the authors' comment"
    columns = ("comment",)

    def stated(self, record: Record) -> str:
        return line(record.comment) if record.comment else ""


class Doi(PaperField):
    """Of the published paper. That of a preprint at arXiv follows from its number."""

    name = "doi"
    label = "DOI"
    columns = ("doi",)
    max_length = 200

    def stated(self, record: Record) -> str:
        return _doi(record.doi) if record.doi else ""

    def clean(self, value: Any) -> str:
        text = line(str(value))
        if text and not _doi(text):
            raise ValidationError(f"Not the DOI of a published paper: {text[:100]}")
        return within(_doi(text), self.max_length)

    def problems(self, record: Record) -> Iterator[str]:
        if not record.doi or _doi(record.doi) or links.says_nothing(record.doi):
            return
        if not arxiv_id(record.doi):  # the preprint's own
            yield f"not the DOI of a published paper: {line(record.doi)[:60]}"


class Version(Number):
    """Of the preprint: the newest that a source has."""

    name = label = "version"
    columns = ("version",)

    def stated(self, record: Record) -> int:
        return record.version or 0


class Upvotes(Number):
    """Those at Hugging Face."""

    name = label = "upvotes"
    columns = ("upvotes",)

    def stated(self, record: Record) -> int:
        return record.upvotes or 0


class Hidden(Flag):
    name = "hidden"
    label = "whether it is hidden"
    columns = ("hidden",)
    when_true = "Hidden: not shown in the catalogue"
    is_previewed = False

    def is_disputed(self, stated: Values, correction: Any) -> bool:
        """Any source states that the paper is there."""
        return bool(correction)


TITLE, URL, SUMMARY, ABSTRACT, AUTHORS = Title(), Url(), Summary(), Abstract(), Authors()
AUTHORS_CUT, CATEGORIES, LINKS, HIDDEN = AuthorsCut(), Categories(), Links(), Hidden()
CATEGORIES_SUGGESTED = CategoriesSuggested()
FIELDS: dict[str, PaperField] = {
    field.name: field
    for field in (
        *(TITLE, URL, SUMMARY, ABSTRACT, AUTHORS, AUTHORS_CUT, CATEGORIES),
        *(CATEGORIES_SUGGESTED, Keywords(), LINKS),
        *(Comment(), Doi(), Version(), Upvotes(), HIDDEN),
    )
}
"""All of them by name, in the order in which people see them."""


def correctable() -> dict[str, PaperField]:
    """Those that curators can correct."""
    return {name: field for name, field in FIELDS.items() if field.is_correctable}


def lists() -> list[ListField]:
    """Those that have a table of their own."""
    return [field for field in FIELDS.values() if isinstance(field, ListField)]


def columns() -> list[str]:
    """The columns of `Paper` that they fill."""
    return [column for field in FIELDS.values() for column in field.columns]


def stored(values: Values) -> Values:
    """What columns and lists have for a paper of these values."""
    found: Values = {}
    for name, field in FIELDS.items():
        found |= field.stored(values[name])
    return found


def _name(text: str) -> str:
    """A printed name on one line; one that is too long ends in an ellipsis."""
    name = line(text)
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


def _has_others(record: Record) -> bool:
    """Whether an author list says that there are more."""
    given = record.authors or ""
    return bool(_OTHERS.search(given if isinstance(given, str) else given[-1]))


def _paragraphs(text: str) -> str:
    """The text with a line for each paragraph, and an empty one between two."""
    return "\n\n".join(filter(None, map(line, _PARAGRAPH.split(block(text)))))


def _doi(text: str) -> str:
    """The DOI in a text; "" if there is none, or if it is that of a preprint at arXiv."""
    match = _DOI.search(line(text))
    found = match[0].rstrip(".,;") if match else ""
    return "" if found.lower().startswith("10.48550/arxiv.") else found


def _known(names: Iterable[str]) -> list[str]:
    """The categories, those of the taxonomy in its spelling, each once."""
    return list(dict.fromkeys(taxonomy.known(name) or name for name in names))


def _given(record: Record) -> tuple[str, ...]:
    """The texts that a record gives as links, in order, placeholders included."""
    ones = filter(None, (record.github_repo, record.project_page))
    return (*ones, *(record.github_urls or ()), *(record.huggingface_urls or ()))


def _no_links(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if not links.says_nothing(text) and not links.clean_url(text):
            yield f"no http or https link: {line(text if len(text) <= 60 else text[:59] + '…')}"


def _once(urls: Iterable[str]) -> dict[str, str]:
    """Of URLs that lead to the same the first, by what they have in common."""
    found: dict[str, str] = {}
    for url in urls:
        found.setdefault(links.same_link(url), url)
    return found
