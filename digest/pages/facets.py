"""What a page shows of a filter: what is chosen, and what there is to choose from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from datetime import date
from functools import cached_property
from itertools import takewhile
from operator import eq
from typing import NamedTuple
from urllib.parse import quote_plus

from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import Truncator

from digest.models import Author, Category, Stream
from digest.search import COUNTED, Facets, Results, parts
from digest.search.filters import PaperFilter
from digest.search.tags import EVERY, category_tag, kind_tag, stream_tag
from digest.text.links import KINDS, OTHER

SHOWN = 120
"""Characters that are shown of what was typed: of a pasted text, a part stands for it."""

RELAXATIONS = 8
"""Parts of a query that found nothing which are tried without."""


class Total(NamedTuple):
    """How many papers match; is_exact: they were counted, not estimated."""

    papers: int
    is_exact: bool


def total_of(results: Results) -> Total:
    """How many papers match, beyond those that are listed, too."""
    if (listed := results.count) < COUNTED:
        return Total(listed, is_exact=True)
    facets = results.facets()
    return Total(facets.total, facets.is_exact)


class Chip(NamedTuple):
    """A filter that is in force, in words, and the address of the list without it."""

    label: str
    address: str


class Mistake(NamedTuple):
    """A parameter that could not be read, why, and the address of the list without it."""

    label: str
    reasons: list[str]
    address: str


class Corrected(NamedTuple):
    """What a query was read as, and what was typed."""

    read: str
    typed: str


class Choice(NamedTuple):
    """One way to list the papers out of a few, its address, and whether it is in force."""

    label: str
    address: str
    chosen: bool


class Option(NamedTuple):
    """Another list: its label, how many papers it has, its address.

    exclude: the address of the list without these papers, where an address can say that. chosen:
    it is the list that is shown, and the address leads out of it. is_exact: its papers were
    counted, not estimated. value: of the parameter that it is chosen by.
    """

    label: str
    papers: int
    address: str
    exclude: str = ""
    chosen: bool = False
    is_exact: bool = True
    value: str = ""


class Facet(NamedTuple):
    name: str
    options: list[Option]


class FilterPanel:
    """What a page shows of a filter: what is chosen, and what there is to choose from.

    address: what is chosen, without the page number and without parameters that are empty.
    has_upvotes: whether papers on the page have some, by which they can be ordered. path: of the
    page, `/papers/` by default.
    """

    def __init__(self, filter: PaperFilter, has_upvotes: bool = False, path: str = "") -> None:
        self.filter = filter
        self.path = path or reverse("papers")
        self.has_upvotes = has_upvotes
        self.address = QueryDict(mutable=True)
        self._open: dict[str, str] = {}
        for name, values in filter.data.lists():
            if name in filter.form.fields and (filled := [value for value in values if value]):
                self.address.setlist(name, filled)
        self._typed = self.address.copy()
        if filter.query.typed:
            # All that leads on from here asks for what is shown.
            self.address["q"] = filter.query.text

    @property
    def as_typed(self) -> str:
        """The link to what a corrected query finds as it was typed."""
        self._typed["exact"] = "1"
        return self._listed(self._typed)

    @property
    def corrected(self) -> Corrected | None:
        """What was corrected, if anything: the query, or of a long one the words that differ."""
        query = self.filter.query
        if not query.typed:
            return None
        if len(query.typed) <= SHOWN:
            return Corrected(query.text, query.typed)
        read, typed = query.text.split(), query.typed.split()
        for _ in range(2):  # without what both begin with; then, backwards, with what both end
            same = sum(takewhile(bool, map(eq, read, typed)))
            read, typed = read[same:][::-1], typed[same:][::-1]
        return Corrected(_shown(" ".join(read)), _shown(" ".join(typed)))

    @property
    def parameters(self) -> str:
        """The address, to put after a question mark."""
        return self.address.urlencode()

    @property
    def hidden_inputs(self) -> list[tuple[str, str]]:
        """Names and values of what a form with fields for words and dates has to send as well."""
        fields = ("q", "date_from", "date_to", "exact")
        return [
            (name, value)
            for name, values in self.address.lists()
            if name not in fields
            for value in values
        ]

    def chips(self) -> list[Chip]:
        return list(self._chips())

    def _chips(self) -> Iterator[Chip]:
        for name, value in self.filter.parameters.items():
            if name in ("match", "order", "exact") or not value:
                continue
            label = self.filter.form.fields[name].label
            if name == "q":
                yield Chip(f"“{_shown(self.address.get('q', ''))}”", self._without(name))
            elif isinstance(value, date):
                yield Chip(f"{label} {date_format(value, 'j F Y')}", self._without(name))
            else:
                for one in value:
                    slug = one if isinstance(one, str) else one.slug
                    words = {"has": f"has {one}", "not_category": f"excluding {one}"}.get(
                        name, str(one)
                    )
                    yield Chip(words, self._without(name, slug))

    @property
    def mistakes(self) -> list[Mistake]:
        fields = self.filter.form.fields
        return [
            Mistake(str(fields[name].label), reasons, self._without(name))
            for name, reasons in self.filter.errors_by_field.items()
        ]

    @property
    def orders(self) -> list[Choice]:
        """The orders to choose from: the best match where there are words that a paper can match
        well or badly, and most upvotes where there are any."""
        left_out = set()
        if not self.filter.query.words():
            left_out.add("best")
        if not self.has_upvotes and self.address.get("order") != "upvotes":
            left_out.add("upvotes")
        choices = self._choices("order", left_out)
        return choices if len(choices) > 1 else []

    @property
    def matches(self) -> list[Choice]:
        """Whether papers are of all or any of what is chosen, where several are."""
        several = any(len(self.address.getlist(name)) > 1 for name in ("category", "area"))
        return self._choices("match") if several else []

    def _choices(self, name: str, left_out: Container[str] = ()) -> list[Choice]:
        field = self.filter.form.fields[name]
        choices = [one for one in field.choices if one[0] and one[0] not in left_out]
        chosen = self.address.get(name)
        if chosen in left_out or chosen is None:
            chosen = choices[0][0]
        found = []
        for value, label in choices:
            address = self.address.copy()
            address[name] = value
            found.append(Choice(str(label), self._listed(address), value == chosen))
        return found

    def relaxed(self) -> list[Option]:
        """The list without one or another part of what was asked, where that leaves any papers."""
        offers = []
        terms = parts(self.address.get("q", ""))
        # Without one of many words, nothing changes: what is close lacks several.
        for place, term in enumerate(terms if 1 < len(terms) <= RELAXATIONS else []):
            address = self.address.copy()
            address["q"] = " ".join(terms[:place] + terms[place + 1 :])
            offers.append((f"“{_shown(term)}”", address))
        offers += [(chip.label, QueryDict(chip.address.partition("?")[2])) for chip in self.chips()]
        found = []
        for label, address in offers[:RELAXATIONS]:
            if address and (results := self._found(address)).count:
                papers, is_exact = total_of(results)
                found.append(Option(label, papers, self._listed(address), is_exact=is_exact))
        return found

    @cached_property
    def _counted(self) -> Facets:
        facets: Facets = self.filter.qs.facets()
        return facets

    def _counted_without(self, *names: str) -> Facets:
        """The counts of the list without some parameters."""
        if not any(name in self.address for name in names):
            return self._counted
        address = self.address.copy()
        for name in names:
            address.pop(name, None)
        return self._found(address).facets()

    def _found(self, address: QueryDict) -> Results:
        """The papers that another address of the page asks for."""
        found: Results = type(self.filter)(address, self.filter.queryset).qs
        return found

    @cached_property
    def facets(self) -> list[Facet]:
        """Categories, areas, streams, kinds of link, years and authors of the matches, each with
        the number of papers that the list has once it is chosen.

        In a fixed number of queries, whatever the number of matches.
        """
        counts = self._counted.counts
        years = self._counted_without("date_from", "date_to")  # which a year replaces
        authors = [(int(tag[1:]), n) for tag, n in counts.items() if tag[0] == "u"]
        authors.sort(key=lambda one: (-one[1], one[0]))
        named = Author.objects.in_bulk([pk for pk, _ in authors])
        facets = {
            "Area": self._categories("area"),
            "Category": self._categories("category"),
            "Stream": self._streams(),
            "With": [
                self._option("has", kind.split()[0], kind, counts[kind_tag(kind)])
                for kind in KINDS
                if kind != OTHER and counts[kind_tag(kind)]
            ],
            "Year": [
                self._year(tag[1:], years.counts[tag], years.is_exact)
                for tag in sorted((tag for tag in years.counts if tag[0] == "d"), reverse=True)
            ],
            "Author": [
                self._option("author", named[pk].slug, named[pk].name, n)
                for pk, n in authors
                if pk in named
            ],
        }
        return [Facet(name, options) for name, options in facets.items() if options]

    @cached_property
    def _every_category(self) -> dict[str, Category]:
        return {category_tag(category.pk): category for category in Category.objects.all()}

    def _categories(self, name: str) -> list[Option]:
        """Categories, or areas, those of most papers first."""
        counts = self._counted.counts
        chosen = {*self.address.getlist(name)}
        if chosen and self.address.get("match") == "any":
            # One more is one more alternative: its other papers come to those that are there.
            here, more = counts, self._counted_without(name).counts
            counts = Counter(
                {
                    tag: here[tag] if c.slug in chosen else here[EVERY] + more[tag] - here[tag]
                    for tag, c in self._every_category.items()
                    if more[tag]
                }
            )
        found = [
            (-counts[tag], tag, category)
            for tag, category in self._every_category.items()
            if counts[tag] and category.is_area == (name == "area")
        ]
        # Those with the same count are always in the same order, whatever that of the database, so
        # that the page of a revision is always the same.
        return [self._option(name, c.slug, c.name, -n) for n, _, c in sorted(found)]

    def _streams(self) -> list[Option]:
        """Streams in their order, where there are several."""
        counts = self._counted.counts
        if not any(tag[0] == "s" for tag in counts):
            return []
        return [
            self._option("stream", stream.slug, stream.name, counts[stream_tag(stream.pk)])
            for stream in Stream.objects.all()
            if counts[stream_tag(stream.pk)]
        ]

    def _option(self, name: str, value: str, label: str, count: int) -> Option:
        is_exact = self._counted.is_exact
        if value in self.address.getlist(name):
            address = self._without(name, value)
            return Option(label, count, address, chosen=True, is_exact=is_exact, value=value)
        exclude = self._with("not_category", value) if name in ("area", "category") else ""
        address = self._with(name, value)
        return Option(label, count, address, exclude, is_exact=is_exact, value=value)

    def _year(self, year: str, count: int, is_exact: bool) -> Option:
        address = self.address.copy()
        address["date_from"], address["date_to"] = f"{year}-01-01", f"{year}-12-31"
        if address != self.address:
            return Option(year, count, self._listed(address), is_exact=is_exact)
        del address["date_from"], address["date_to"]
        return Option(year, count, self._listed(address), chosen=True, is_exact=is_exact)

    def _with(self, name: str, value: str) -> str:
        # A page offers a hundred values of a few names. The rest of an address is encoded once.
        if name not in self._open:
            address = self.address.copy()
            address.appendlist(name, "\0")  # which no value holds
            self._open[name] = f"?{address.urlencode()}"
        return self._open[name].replace("%00", quote_plus(value))

    def _without(self, name: str, value: str | None = None) -> str:
        address = self.address.copy()
        others = [] if value is None else [v for v in address.getlist(name) if v != value]
        address.setlist(name, others)
        return self._listed(address)

    def _listed(self, address: QueryDict) -> str:
        """The link to the list that an address asks for."""
        parameters = address.urlencode()
        return f"?{parameters}" if parameters else self.path


def _shown(text: str) -> str:
    return Truncator(text).chars(SHOWN)
