"""What the address of a list may say: one FilterSet for pages, feeds, exports and the API.

Each filter narrows a `search.Query`, so that the index answers for all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.formats import date_format

from .links import KINDS, OTHER
from .models import Author, Category, Paper
from .search import Query, Results, parse
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
        super().__init__(data if data is not None else QueryDict(), queryset=Paper.objects.all())

    @cached_property
    def query(self) -> Query:
        """What the address asks for, in the index's terms."""
        self.form.is_valid()
        query = Query()
        for name, value in self.form.cleaned_data.items():
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
        self.form.is_valid()
        return self.form.cleaned_data.get(name)

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


class Chip(NamedTuple):
    """A filter that is in force, in words, and the address of the list without it."""

    label: str
    address: str


class Option(NamedTuple):
    """A way to narrow the list further: its label, how many papers it leaves, its address."""

    label: str
    papers: int
    address: str


class Facet(NamedTuple):
    name: str
    options: list[Option]


class Narrowing:
    """What a page shows of a filter: the chips of what is chosen, and facets to choose from."""

    def __init__(self, filter: PaperFilter) -> None:
        self.filter = filter
        self.address = filter.data.copy()
        self.address.pop("page", None)

    def chips(self) -> Iterator[Chip]:
        form = self.filter.form
        form.is_valid()
        for name, value in form.cleaned_data.items():
            if name in ("match", "order") or not value:
                continue
            label = form.fields[name].label
            if name == "q":
                yield Chip(f"“{value}”", self._without(name))
            elif isinstance(value, date):
                yield Chip(f"{label} {date_format(value, 'j F Y')}", self._without(name))
            else:
                for one in value:
                    said = one if isinstance(one, str) else one.slug
                    words = {"has": f"has {one}", "not_category": f"not {one}"}.get(name, str(one))
                    yield Chip(words, self._without(name, said))

    @cached_property
    def facets(self) -> list[Facet]:
        """Categories, areas, kinds of link, years and authors of the matches, with their counts.

        In three queries, whatever the number of matches.
        """
        counts = self.filter.results.facets().counts
        categories = {category_tag(c.pk): c for c in Category.objects.all()}
        tagged = [(categories[tag], n) for tag, n in counts.most_common() if tag in categories]
        authors = [(int(tag[1:]), n) for tag, n in counts.most_common() if tag[0] == "u"]
        named = Author.objects.in_bulk([pk for pk, _ in authors[:AUTHORS_SHOWN]])
        years = sorted((tag for tag in counts if tag[0] == "d" and len(tag) == 5), reverse=True)
        kinds = [kind for kind in KINDS if kind != OTHER and counts[kind_tag(kind)]]
        return [
            facet
            for facet in (
                Facet(
                    "Area",
                    [self._option("area", c.slug, c.name, n) for c, n in tagged if c.is_area],
                ),
                Facet(
                    "Category",
                    [
                        self._option("category", c.slug, c.name, n)
                        for c, n in tagged
                        if not c.is_area
                    ],
                ),
                Facet(
                    "With",
                    [
                        self._option("has", kind.split()[0], kind, counts[kind_tag(kind)])
                        for kind in kinds
                    ],
                ),
                Facet("Year", [self._year(tag[1:], counts[tag]) for tag in years]),
                Facet(
                    "Author",
                    [
                        self._option("author", named[pk].slug, named[pk].name, n)
                        for pk, n in authors[:AUTHORS_SHOWN]
                        if pk in named
                    ],
                ),
            )
            if facet.options
        ]

    def _option(self, name: str, value: str, label: str, count: int) -> Option:
        address = self.address.copy()
        if value not in address.getlist(name):
            address.appendlist(name, value)
        return Option(label, count, f"?{address.urlencode()}")

    def _year(self, year: str, count: int) -> Option:
        address = self.address.copy()
        address["date_from"], address["date_to"] = f"{year}-01-01", f"{year}-12-31"
        return Option(year, count, f"?{address.urlencode()}")

    def _without(self, name: str, value: str | None = None) -> str:
        address = self.address.copy()
        kept = [] if value is None else [v for v in address.getlist(name) if v != value]
        address.setlist(name, kept)
        return f"?{address.urlencode()}"
