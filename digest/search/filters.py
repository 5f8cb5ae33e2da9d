"""What the address of a list may say: one FilterSet for pages, feeds, exports and the API.

Each filter narrows a `search.Query`, so that the index answers for all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from digest.models import Author, Category, Paper
from digest.text.links import KINDS, OTHER

from . import Query, Results, parse
from .query import (
    AnyOf,
    Not,
    Tag,
    author_tag,
    category_tag,
    date_node,
    digest_tag,
    kind_tag,
)

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
