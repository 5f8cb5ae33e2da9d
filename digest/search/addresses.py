"""The addresses of lists as people save them: one form for each list, and what many of them ask
for, looked up for all of them together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import QueryDict

from digest.batches import batches
from digest.models import Author, Category, Stream

from . import Query, Results, lookups
from .filters import PARAMETERS, PaperFilter
from .nodes import NOTHING, AllOf
from .query import CategoryLookup, no_library
from .query import parse as parse_query

_ROWS: dict[str, type[Model]] = {
    "category": Category,
    "area": Category,
    "not_category": Category,
    "author": Author,
    "stream": Stream,
}
"""The parameters whose values are slugs, and of what."""
_DAYS = ("date_from", "date_to", "digest")
_SEVERAL = (*_ROWS, "has")


def normalized(found: PaperFilter) -> str:
    """The query string of a list: the same for each address that asks for the same papers, whatever
    their order. Raises ValidationError, by parameter."""
    if errors := found.errors_by_field:
        raise ValidationError(errors)
    # As it was read, where slips in it were corrected.
    read = {"q": found.query.text} if found.query.typed else {}
    pairs: list[tuple[str, str]] = []
    for name, value in sorted((found.parameters | read).items()):
        if name == "order" or not value:
            continue
        if name in _SEVERAL:
            values = {one if isinstance(one, str) else one.slug for one in value}
            pairs += [(name, one) for one in sorted(values)]
        elif name != "match" or value != "all":
            pairs.append((name, value.isoformat() if name in _DAYS else value.strip()))
    pairs = [(name, value) for name, value in pairs if value]
    if all(name in ("match", "exact") for name, _ in pairs):
        return ""
    return urlencode(pairs)


def normalized_text(address: str) -> str:
    """The same of a query string. Raises ValidationError."""
    data = QueryDict(address.removeprefix("?"))
    if unknown := [name for name in data if name not in PARAMETERS and name != "page"]:
        raise ValidationError(dict.fromkeys(unknown, "There is no such parameter."))
    return normalized(PaperFilter(data))


def queries(addresses: Iterable[str]) -> dict[str, Query]:
    """What each of these query strings, as `normalized` made them, asks for. One that names what is
    gone since, such as an author, asks for nothing.

    In a fixed number of queries for each 500 authors, whatever the number of addresses; those with
    arXiv ids among other words excepted, which take two each.
    """
    parsed = {address: QueryDict(address) for address in addresses}
    slugs: dict[type[Model], set[str]] = defaultdict(set)
    for data in parsed.values():
        for name in data.keys() & _ROWS.keys():
            slugs[_ROWS[name]].update(data.getlist(name))
    rows: dict[type[Model], dict[str, Any]] = {}
    for model, wanted in slugs.items():
        rows[model] = {}
        for some in batches(wanted):
            rows[model] |= model._default_manager.in_bulk(some, field_name="slug")
    categories = lookups.categories()
    return {address: _SavedFilter(data, rows, categories).query for address, data in parsed.items()}


class _SavedFilter(PaperFilter):
    """Reads an address whose rows were looked up before."""

    def __init__(
        self,
        data: QueryDict,
        rows: dict[type[Model], dict[str, Any]],
        categories: CategoryLookup,
    ) -> None:
        super().__init__(data)
        self._rows, self._categories = rows, categories

    @cached_property
    def parameters(self) -> dict[str, Any]:
        return {name: self._read(name, values) for name, values in self.data.lists()}

    def _read(self, name: str, values: list[str]) -> Any:
        if name in _ROWS:
            return [self._rows[_ROWS[name]].get(slug) for slug in values]
        if name in _DAYS:
            return date.fromisoformat(values[-1])
        return values if name in _SEVERAL else values[-1]

    @cached_property
    def query(self) -> Query:
        if any(None in value for name, value in self.parameters.items() if name in _ROWS):
            return Query(AllOf((NOTHING,)))
        # Not `qs`, which would have its form look everything up.
        query: Query = self._filtered(self.queryset.all()).query
        return query

    def search(self, papers: Results, name: str, value: str) -> Results:
        # Its words may be of papers that are still to come: none of them is taken for a slip, or
        # for the beginning of a word.
        return papers.sought(parse_query(value, self._categories, no_library, lookups.known_tags))
