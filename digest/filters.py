"""What the address of a list may say: one FilterSet for pages, feeds, exports and the API.

Each filter narrows a `search.Query`, so that the index answers for all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from heapq import nsmallest
from typing import Any, NamedTuple
from urllib.parse import quote_plus

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import date_format

from .links import KINDS, OTHER
from .models import Author, Category, Paper
from .search import Facets, Query, Results, parse, parts
from .search.query import (
    AnyOf,
    Not,
    Tag,
    author_tag,
    category_tag,
    date_node,
    digest_tag,
    kind_tag,
)

AUTHORS_SHOWN = 12
"""Authors offered to narrow a list by."""
RELAXATIONS = 8
"""Parts of a query that found nothing which are tried without."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What no text holds, and no page or file may hold."""


class _Slugs(filters.ModelMultipleChoiceFilter):
    """Rows by their slugs, without a list of them all in the page."""

    def __init__(self, rows: Callable[[Any], QuerySet[Any]], **options: Any) -> None:
        super().__init__(
            queryset=rows, to_field_name="slug", widget=forms.MultipleHiddenInput, **options
        )


def _categories(_: Any) -> QuerySet[Category]:
    return Category.objects.all()


def _areas(_: Any) -> QuerySet[Category]:
    return Category.objects.filter(is_area=True)


class PaperFilter(filters.FilterSet):
    """Reads an address. `form` has its fields and errors, `query` what is to match.

    A field with an error narrows nothing, and the others still do.
    """

    q = filters.CharFilter(
        label="Search",
        method="search",
        widget=forms.TextInput(attrs={"type": "search", "autocapitalize": "off"}),
    )
    category = _Slugs(rows=_categories, label="Categories", method="by_category")
    area = _Slugs(rows=_areas, label="Areas", method="by_category")
    match = filters.ChoiceFilter(
        label="Papers of",
        choices=[("all", "all of these"), ("any", "any of these")],
        method="nothing",
        empty_label=None,
    )
    not_category = _Slugs(rows=_categories, label="Without categories", method="without_category")
    author = _Slugs(rows=lambda _: Author.objects.all(), label="Authors", method="by_author")
    has = filters.MultipleChoiceFilter(
        label="With",
        choices=[(kind.split()[0], kind) for kind in KINDS if kind != OTHER],
        method="by_kind",
        widget=forms.CheckboxSelectMultiple,
    )
    date_from = filters.DateFilter(
        label="From", method="nothing", widget=forms.DateInput(attrs={"type": "date"})
    )
    date_to = filters.DateFilter(
        label="To", method="nothing", widget=forms.DateInput(attrs={"type": "date"})
    )
    digest = filters.DateFilter(label="Digest of", method="in_digest", widget=forms.HiddenInput)
    order = filters.ChoiceFilter(
        label="Order",
        choices=[("best", "best match"), ("newest", "newest first")],
        method="nothing",
        empty_label=None,
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        # Bound even to an empty address: what it asks for is then every paper.
        said = QueryDict(mutable=True)
        for name, values in data.lists() if data else ():
            said.setlist(name, [_CONTROL.sub(" ", value) for value in values])
        super().__init__(said, queryset=Paper.objects.visible())

    @cached_property
    def said(self) -> dict[str, Any]:
        """What the address says that can be read, by parameter."""
        self.form.is_valid()
        # Of the others even to learn that they are empty would take a query each to make.
        return {name: v for name, v in self.form.cleaned_data.items() if name in self.data}

    @cached_property
    def query(self) -> Query:
        """What the address asks for, in the index's terms."""
        query = Query()
        for name, value in self.said.items():
            query = self.filters[name].filter(query, value)
        first, last = self._value("date_from"), self._value("date_to")
        if first or last:
            query &= (date_node(first or date.min, last or date.max),)
        return query

    @cached_property
    def results(self) -> Results:
        """The papers, the best matches first where words are sought, unless it says otherwise."""
        return Results(self.query, self._value("order") or "best")

    @property
    def errors_by_field(self) -> dict[str, list[str]]:
        """What is wrong with the address, by parameter; a query's problems are none of these."""
        return {name: [str(e) for e in errors] for name, errors in self.form.errors.items()}

    @property
    def chosen(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.query.node.nodes)

    def _value(self, name: str) -> Any:
        return self.said.get(name)

    # What each parameter does to a query

    def search(self, query: Query, name: str, value: str) -> Query:
        found = parse(value)
        return Query(found.node, found.problems, found.arxiv_id) & query.node.nodes

    def by_category(self, query: Query, name: str, value: list[Category]) -> Query:
        return self._each(query, [Tag(category_tag(category.pk)) for category in value])

    def without_category(self, query: Query, name: str, value: list[Category]) -> Query:
        return query & tuple(Not(Tag(category_tag(category.pk))) for category in value)

    def by_author(self, query: Query, name: str, value: list[Author]) -> Query:
        return query & tuple(Tag(author_tag(author.pk)) for author in value)

    def by_kind(self, query: Query, name: str, value: list[str]) -> Query:
        return query & tuple(Tag(kind_tag(kind)) for kind in value)

    def in_digest(self, query: Query, name: str, value: date) -> Query:
        return query & (Tag(digest_tag(value)),)

    def nothing(self, query: Query, name: str, value: Any) -> Query:
        """Parameters that say how others are meant."""
        return query

    def _each(self, query: Query, nodes: list[Tag]) -> Query:
        if nodes and self._value("match") == "any":
            return query & (AnyOf(tuple(nodes)),)
        return query & tuple(nodes)


PARAMETERS = frozenset(PaperFilter.base_filters)
"""What an address may say."""
SEVERAL = frozenset(
    name
    for name, one in PaperFilter.base_filters.items()
    if isinstance(one, filters.MultipleChoiceFilter)
)
"""Parameters that an address may say more than once."""


class Chip(NamedTuple):
    """A filter that is in force, in words, and the address of the list without it."""

    label: str
    address: str


class Mistake(NamedTuple):
    """A parameter that could not be read, why, and the address of the list without it."""

    label: str
    reasons: list[str]
    address: str


class Choice(NamedTuple):
    """One way to list the papers out of a few, its address, and whether it is in force."""

    label: str
    address: str
    chosen: bool


class Option(NamedTuple):
    """A way to narrow the list further: its label, how many papers it leaves, its address.

    exclude: the address of the list without these papers, where an address can say that. chosen:
    the list is narrowed so already, and the address undoes it.
    """

    label: str
    papers: int
    address: str
    exclude: str = ""
    chosen: bool = False


class Facet(NamedTuple):
    name: str
    options: list[Option]


class Narrowing:
    """What a page shows of a filter: what is chosen, and what there is to choose from.

    address: what is chosen, without the page, without what says nothing.
    """

    def __init__(self, filter: PaperFilter) -> None:
        self.filter = filter
        self.address = QueryDict(mutable=True)
        self._open: dict[str, str] = {}
        for name, values in filter.data.lists():
            if name in filter.filters and (said := [value for value in values if value]):
                self.address.setlist(name, said)

    @property
    def parameters(self) -> str:
        """The address, to put after a question mark."""
        return self.address.urlencode()

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Names and values of what a form with fields for words and dates has to send as well."""
        fields = ("q", "date_from", "date_to")
        return [
            (name, value)
            for name, values in self.address.lists()
            if name not in fields
            for value in values
        ]

    def chips(self) -> list[Chip]:
        return list(self._chips())

    def _chips(self) -> Iterator[Chip]:
        for name, value in self.filter.said.items():
            if name in ("match", "order") or not value:
                continue
            label = self.filter.form.fields[name].label
            if name == "q":
                yield Chip(f"“{value}”", self._without(name))
            elif isinstance(value, date):
                yield Chip(f"{label} {date_format(value, 'j F Y')}", self._without(name))
            else:
                for one in value:
                    said = one if isinstance(one, str) else one.slug
                    words = {"has": f"has {one}", "not_category": f"not {one}"}.get(name, str(one))
                    yield Chip(words, self._without(name, said))

    @property
    def mistakes(self) -> list[Mistake]:
        fields = self.filter.form.fields
        return [
            Mistake(str(fields[name].label), reasons, self._without(name))
            for name, reasons in self.filter.errors_by_field.items()
        ]

    @property
    def orders(self) -> list[Choice]:
        """The orders to choose from, where there are words that a paper can match well or badly."""
        return self._choices("order") if self.filter.query.words() else []

    @property
    def matches(self) -> list[Choice]:
        """Whether papers are of all or any of what is chosen, where several are."""
        several = any(len(self.address.getlist(name)) > 1 for name in ("category", "area"))
        return self._choices("match") if several else []

    def _choices(self, name: str) -> list[Choice]:
        field = self.filter.form.fields[name]
        choices = [choice for choice in field.choices if choice[0]]
        chosen = self.address.get(name, choices[0][0])
        found = []
        for value, label in choices:
            address = self.address.copy()
            address[name] = value
            found.append(Choice(str(label), _listed(address), value == chosen))
        return found

    def relaxed(self) -> list[Option]:
        """The list without one or another part of what was asked, where that leaves any papers."""
        offers = []
        terms = parts(self.address.get("q", ""))
        for place, term in enumerate(terms if len(terms) > 1 else []):
            address = self.address.copy()
            address["q"] = " ".join(terms[:place] + terms[place + 1 :])
            offers.append((f"“{term}”", address))
        offers += [(chip.label, QueryDict(chip.address.partition("?")[2])) for chip in self.chips()]
        found = []
        for label, address in offers[:RELAXATIONS]:
            if address and (papers := PaperFilter(address).results.count):
                found.append(Option(label, papers, _listed(address)))
        return found

    @cached_property
    def _counted(self) -> Facets:
        return self.filter.results.facets()

    @property
    def sampled(self) -> int:
        """Among how many of the newest matches facets are counted; 0 if among all of them."""
        among = self._counted.among
        return among if among < self.filter.results.count else 0

    @cached_property
    def facets(self) -> list[Facet]:
        """Categories, areas, kinds of link, years and authors of the matches, with their counts.

        In three queries, whatever the number of matches.
        """
        counts = self._counted.counts
        categories = {category_tag(c.pk): c for c in Category.objects.all()}
        # Equals always in the same order, whatever that of the database: a page that says the same
        # is the same.
        ranked = sorted(counts.keys() & categories.keys(), key=lambda tag: (-counts[tag], tag))
        tagged = [(categories[tag], counts[tag]) for tag in ranked]
        # Most tags are of authors, thousands of them with one paper each, of whom few are named.
        several = [(-n, tag) for tag, n in counts.items() if n > 1 and tag[0] == "u"]
        if len(several) < AUTHORS_SHOWN:
            several = [(-n, tag) for tag, n in counts.items() if tag[0] == "u"]
        most = nsmallest(AUTHORS_SHOWN, several)
        authors = [(int(tag[1:]), -n) for n, tag in most]
        named = Author.objects.in_bulk([pk for pk, _ in authors])
        years = sorted((tag for tag in counts if tag[0] == "d" and len(tag) == 5), reverse=True)
        facets = {
            "Area": [self._option("area", c.slug, c.name, n) for c, n in tagged if c.is_area],
            "Category": [
                self._option("category", c.slug, c.name, n) for c, n in tagged if not c.is_area
            ],
            "With": [
                self._option("has", kind.split()[0], kind, counts[kind_tag(kind)])
                for kind in KINDS
                if kind != OTHER and counts[kind_tag(kind)]
            ],
            "Year": [self._year(tag[1:], counts[tag]) for tag in years],
            "Author": [
                self._option("author", named[pk].slug, named[pk].name, n)
                for pk, n in authors
                if pk in named
            ],
        }
        return [Facet(name, options) for name, options in facets.items() if options]

    def _option(self, name: str, value: str, label: str, count: int) -> Option:
        if value in self.address.getlist(name):
            return Option(label, count, self._without(name, value), chosen=True)
        exclude = self._with("not_category", value) if name in ("area", "category") else ""
        return Option(label, count, self._with(name, value), exclude)

    def _year(self, year: str, count: int) -> Option:
        address = self.address.copy()
        address["date_from"], address["date_to"] = f"{year}-01-01", f"{year}-12-31"
        if address != self.address:
            return Option(year, count, _listed(address))
        del address["date_from"], address["date_to"]
        return Option(year, count, _listed(address), chosen=True)

    def _with(self, name: str, value: str) -> str:
        # A page offers a hundred values of a few names. The rest of an address is encoded once.
        if name not in self._open:
            address = self.address.copy()
            address.appendlist(name, "\0")  # which no value holds
            self._open[name] = f"?{address.urlencode()}"
        return self._open[name].replace("%00", quote_plus(value))

    def _without(self, name: str, value: str | None = None) -> str:
        address = self.address.copy()
        kept = [] if value is None else [v for v in address.getlist(name) if v != value]
        address.setlist(name, kept)
        return _listed(address)


def _listed(address: QueryDict) -> str:
    """Where the list stands that an address asks for."""
    parameters = address.urlencode()
    return f"?{parameters}" if parameters else reverse("papers")
