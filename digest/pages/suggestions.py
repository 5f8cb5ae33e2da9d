"""What the search field suggests while somebody types: papers, authors, categories, fields and
their values. The reader's own lists come from the template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from digest.models import Category, Digest
from digest.search import authors_named, match_beginnings, papers_by_title
from digest.search.query import KINDS

from .cache import cached_for_visitors
from .paging import number_of_papers

MAX_LENGTH = 200
"""Characters of a text that gets suggestions; a longer one was pasted, and needs none."""
_PAPERS, _OTHERS = 6, 4
_FIELDS = {
    "title:": "words of the title",
    "author:": "words of an author's name",
    "category:": "a category",
    "area:": "an area of categories",
    "has:": "a kind of link",
    "date:": "a day, a month, a year or a range",
    "arxiv:": "an arXiv id",
    "link:": "a repository, model or dataset",
}
_WITH_VALUES = ("author", "category", "area", "has", "date")
"""Fields whose values are suggested."""
_LAST = re.compile(r'(?:^|(?<=\s))(?P<minus>-?)(?:(?P<field>\w+):)?(?P<value>"[^"]*|[^\s"]*)$')
"""The term that is being typed."""


class Suggestion(NamedTuple):
    """A suggestion: it leads to an address, or puts another text into the field. detail: what
    it is, in words. title_html: of a paper, its title as `digest.text.markup` made it."""

    label: str
    address: str = ""
    text: str = ""
    detail: str = ""
    title_html: str = ""


class Group(NamedTuple):
    name: str
    suggestions: list[Suggestion]


@require_safe
@partial(cached_for_visitors, parameters=["q"])
def suggestions(request: HttpRequest) -> HttpResponse:
    """Suggestions for what is typed, as options of a list, in a fixed number of queries."""
    text = request.GET.get("q", "").replace("\0", " ").lstrip()
    groups = suggested(text) if len(text) <= MAX_LENGTH else []
    context = {"groups": groups, "typed": text.strip()}
    response = render(request, "digest/_suggestions.html", context)
    if request.COOKIES:  # of somebody whose lists may be in it
        patch_cache_control(response, private=True, no_store=True)
    return response


def suggested(text: str) -> list[Group]:
    """Suggestions of each kind that has any."""
    if not text.strip():
        return []
    term = _LAST.search(text)
    field, value = (term["field"] or "", term["value"].lstrip('"')) if term else ("", "")
    before = text[: term.start("value")] if term else text
    groups = [Group("Search", list(islice(_terms(before, field.lower(), value), _PAPERS)))]
    if field.lower() in _WITH_VALUES:
        # Without its whole value, the term narrows nothing.
        return [group for group in groups if group.suggestions]
    # A letter alone begins too many words to be sought as their beginning.
    papers = papers_by_title(re.sub(r"(?<=\s)\w$", "", text), _PAPERS)
    groups.append(
        Group(
            "Papers",
            [
                Suggestion(one.title, one.get_absolute_url(), title_html=one.title_html)
                for one in papers
            ],
        )
    )
    if not field and re.search(r"[^\W_]", text):  # every name begins with no words
        authors = authors_named(text, _OTHERS)
        groups += [
            Group(
                "Authors",
                [
                    Suggestion(
                        author.name,
                        author.get_absolute_url(),
                        detail=number_of_papers(author.paper_count),
                    )
                    for author in authors
                ],
            ),
            Group(
                "Categories",
                [
                    Suggestion(
                        one.name, one.get_absolute_url(), detail=number_of_papers(one.paper_count)
                    )
                    for one in _categories(text)[:_OTHERS]
                ],
            ),
        ]
    return [group for group in groups if group.suggestions]


def _terms(before: str, field: str, value: str) -> Iterator[Suggestion]:
    """Fields that begin like what is typed, or values of the field. before: the text up to the
    value, which goes on with them."""
    small = value.lower()
    if not field:
        for name, detail in _FIELDS.items():
            if small and name.startswith(small):
                yield Suggestion(name, text=before + name, detail=detail)
        for kind in KINDS:
            if len(small) > 1 and kind.startswith(small):
                yield Suggestion(f"has:{kind}", text=f"{before}has:{kind} ")
    elif field == "has":
        for kind in KINDS:
            if kind.startswith(small):
                yield Suggestion(f"has:{kind}", text=f"{before}{kind} ")
    elif field in ("category", "area"):
        for one in _categories(value, areas_alone=field == "area"):
            yield _with_value(before, field, one.name, number_of_papers(one.paper_count))
    elif field == "author":
        for author in authors_named(value, _PAPERS):
            yield _with_value(before, field, author.name, number_of_papers(author.paper_count))
    elif field == "date":
        days = Digest.objects.dates("date", "month" if "-" in value else "year", order="DESC")
        for day in days:
            text = day.isoformat()[: 7 if "-" in value else 4]
            if text.startswith(value):
                yield Suggestion(f"date:{text}", text=f"{before}{text} ")


def _with_value(before: str, field: str, name: str, detail: str) -> Suggestion:
    quoted = f'"{name}"' if re.search(r"[\s\"]", name) else name
    return Suggestion(f"{field}:{quoted}", text=f"{before}{quoted} ", detail=detail)


def _categories(text: str, *, areas_alone: bool = False) -> list[Category]:
    """Categories and areas whose names have words that begin as those of the text."""
    found = Category.objects.filter(paper_count__gt=0).order_by("-paper_count", "name")
    if areas_alone:
        found = found.filter(is_area=True)
    return [category for category in found if match_beginnings(text, category.name)]
