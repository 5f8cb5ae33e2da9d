"""The parameters of the address of a list: one FilterSet for pages, feeds, exports and the API.

Each filter narrows `search.Results`, so that the index answers for all of them at once.
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

from digest.models import DEFAULT, Author, Category, DigestKey, Stream
from digest.text.links import KINDS, OTHER

from . import Query, Results, parse
from .nodes import AnyOf, Not, Tag
from .query import date_node
from .tags import author_tag, category_tag, digest_tag, kind_tag, stream_tag

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What no text contains, and no page or file may contain."""


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


def _streams(_: Any) -> QuerySet[Stream]:
    return Stream.objects.all()


class _Form(forms.Form):
    """Also the parameters that change what others mean, and are no filters by themselves."""

    match = forms.ChoiceField(
        label="Papers of",
        choices=[("all", "all of these"), ("any", "any of these")],
        required=False,
    )
    exact = forms.ChoiceField(label="Words", choices=[("1", "as typed")], required=False)


class PaperFilter(filters.FilterSet):
    """Reads an address. `form` has its fields and errors, `qs` the papers that match, the best
    first where words are sought and the address asks for no other order.

    A field with an error narrows nothing, and the others still do. queryset: the papers to narrow,
    all visible ones by default. correct: whether slips in the query are corrected, unless the
    address asks for exact words (`exact`).
    """

    class Meta:
        form = _Form

    q = filters.CharFilter(
        label="Search",
        method="search",
        widget=forms.TextInput(attrs={"type": "search", "autocapitalize": "off"}),
    )
    category = _Slugs(rows=_categories, label="Categories", method="by_category")
    area = _Slugs(rows=_areas, label="Areas", method="by_category")
    not_category = _Slugs(rows=_categories, label="Without categories", method="without_category")
    author = _Slugs(rows=lambda _: Author.objects.all(), label="Authors", method="by_author")
    has = filters.MultipleChoiceFilter(
        label="With",
        choices=[(kind.split()[0], kind) for kind in KINDS if kind != OTHER],
        method="by_kind",
        widget=forms.CheckboxSelectMultiple,
    )
    date_from = filters.DateFilter(
        label="From", method="by_day", widget=forms.DateInput(attrs={"type": "date"})
    )
    date_to = filters.DateFilter(
        label="To", method="by_day", widget=forms.DateInput(attrs={"type": "date"})
    )
    stream = _Slugs(rows=_streams, label="Streams", method="by_stream")
    digest = filters.DateFilter(label="Digest of", method="in_digest", widget=forms.HiddenInput)
    order = filters.ChoiceFilter(
        label="Order",
        choices=[
            ("best", "best match"),
            ("newest", "newest first"),
            ("upvotes", "most upvotes"),
        ],
        method="ordered",
        empty_label=None,
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        queryset: Results | None = None,
        correct: bool = False,
        **options: Any,
    ) -> None:
        self._correct = correct
        # Bound even to an empty address: what it asks for is then every paper.
        cleaned = QueryDict(mutable=True)
        for name, values in data.lists() if data else ():
            cleaned.setlist(name, [_CONTROL.sub(" ", value) for value in values])
        super().__init__(
            cleaned, Results(order="best") if queryset is None else queryset, **options
        )

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the address that can be read, with their values."""
        self.form.is_valid()
        # Of the others even to learn that they are empty would take a query each to make.
        return {name: v for name, v in self.form.cleaned_data.items() if name in self.data}

    def filter_queryset(self, queryset: Results) -> Results:
        found = self._filtered(queryset)
        if found.query.typed and not (found.count or found.close):
            # Corrected it finds nothing either: it is asked as it was typed.
            self._correct = False
            found = self._filtered(queryset)
        return found

    def _filtered(self, queryset: Results) -> Results:
        for name, value in self.parameters.items():
            if name in self.filters:
                queryset = self.filters[name].filter(queryset, value)
        return queryset

    @property
    def query(self) -> Query:
        """What the address asks for, in the index's terms."""
        query: Query = self.qs.query
        return query

    @property
    def errors_by_field(self) -> dict[str, list[str]]:
        """What is wrong with the address, by parameter; a query's problems are none of these."""
        return {name: [str(e) for e in errors] for name, errors in self.form.errors.items()}

    @property
    def chosen(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.query.node.nodes)

    def _value(self, name: str) -> Any:
        return self.parameters.get(name)

    # What each parameter does to the papers

    def search(self, papers: Results, name: str, value: str) -> Results:
        return papers.sought(parse(value, correct=self._correct and not self._value("exact")))

    def by_category(self, papers: Results, name: str, value: list[Category]) -> Results:
        tags = [Tag(category_tag(category.pk)) for category in value]
        if self._value("match") == "any":
            return papers.narrowed(AnyOf(tuple(tags)))
        return papers.narrowed(*tags)

    def without_category(self, papers: Results, name: str, value: list[Category]) -> Results:
        return papers.narrowed(*(Not(Tag(category_tag(category.pk))) for category in value))

    def by_author(self, papers: Results, name: str, value: list[Author]) -> Results:
        return papers.narrowed(*(Tag(author_tag(author.pk)) for author in value))

    def by_kind(self, papers: Results, name: str, value: list[str]) -> Results:
        return papers.narrowed(*(Tag(kind_tag(kind)) for kind in value))

    def by_day(self, papers: Results, name: str, value: date) -> Results:
        """Both ends together, and so once: a year is one tag, and its days are hundreds."""
        first, last = self._value("date_from"), self._value("date_to")
        if name == "date_to" and first:
            return papers
        return papers.narrowed(date_node(first or date.min, last or date.max))

    def by_stream(self, papers: Results, name: str, value: list[Stream]) -> Results:
        return papers.narrowed(*(Tag(stream_tag(stream.pk)) for stream in value))

    def in_digest(self, papers: Results, name: str, value: date) -> Results:
        """Of the streams that are asked for, else of the default one."""
        streams = [stream.pk for stream in self._value("stream") or ()] or [DEFAULT]
        return papers.narrowed(*(Tag(digest_tag(DigestKey(value, pk))) for pk in streams))

    def ordered(self, papers: Results, name: str, value: str) -> Results:
        return papers.ordered(value)


class DigestFilter(PaperFilter):
    """Reads the address of a digest's page. queryset: the papers of the digest."""

    date_from = date_to = digest = None  # a digest has one day
    order = filters.ChoiceFilter(
        label="Order",
        choices=[("given", "as given"), ("area", "by area"), ("upvotes", "most upvotes")],
        method="ordered",
        empty_label=None,
    )


def papers_of(digest: DigestKey) -> Results:
    """The papers of a digest."""
    return Results().narrowed(Tag(digest_tag(digest)))


PARAMETERS = frozenset({*PaperFilter.base_filters, *_Form.base_fields})
"""The parameters that an address may have."""
DIGEST_PARAMETERS = frozenset({*DigestFilter.base_filters, *_Form.base_fields})
"""Those that the address of a digest's page may have."""
SEVERAL = frozenset(
    name
    for name, one in PaperFilter.base_filters.items()
    if isinstance(one, filters.MultipleChoiceFilter)
)
"""Parameters that an address may have more than once."""
