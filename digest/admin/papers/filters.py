"""What a list of papers can be narrowed down to. Each answers in a moment at 200,000 papers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from digest.admin.base import ChoiceFilter, Narrow
from digest.models import (
    Authorship,
    Classification,
    Correction,
    Difference,
    Link,
    LinkHealth,
    Merge,
    Tombstone,
)


def hidden(papers: QuerySet[Any]) -> QuerySet[Any]:
    """Those that are hidden, found by what they left behind: few rows, and an index of them."""
    return papers.filter(hidden=True, slug__in=Tombstone.objects.values("slug"))


def waiting() -> QuerySet[Difference]:
    """The differences that wait for somebody to settle them. Where the correction was ended, there
    is nothing to settle."""
    return Difference.objects.filter(settled="", correction__ended_at=None)


def _without_links(papers: QuerySet[Any]) -> QuerySet[Any]:
    return papers.filter(~Exists(Link.objects.filter(paper=OuterRef("pk"))), hidden=False)


def with_dead_links(papers: QuerySet[Any]) -> QuerySet[Any]:
    dead = LinkHealth.objects.filter(dead=True).values("url")
    return papers.filter(pk__in=Link.objects.filter(url__in=dead).values("paper"))


def _with_unknown_category(papers: QuerySet[Any]) -> QuerySet[Any]:
    unknown = Classification.objects.filter(category__area=None, category__is_area=False)
    return papers.filter(pk__in=unknown.values("paper"))


def without_authors(papers: QuerySet[Any]) -> QuerySet[Any]:
    return papers.filter(~Exists(Authorship.objects.filter(paper=OuterRef("pk"))), hidden=False)


def _with_handles_only(papers: QuerySet[Any]) -> QuerySet[Any]:
    authors = Authorship.objects.filter(paper=OuterRef("pk"))
    return papers.filter(Exists(authors), ~Exists(authors.filter(author__name__contains=" ")))


class LinksFilter(ChoiceFilter):
    title = "links"
    parameter_name = "links"
    choices_ = {"none": ("none", _without_links), "dead": ("suspect", with_dead_links)}


class CategoriesFilter(ChoiceFilter):
    title = "categories"
    parameter_name = "categories"
    choices_ = {"unknown": ("an unknown one", _with_unknown_category)}


class AuthorsFilter(ChoiceFilter):
    title = "authors"
    parameter_name = "authors"
    choices_ = {
        "none": ("none", without_authors),
        "cut": ("list cut", lambda papers: papers.filter(authors_cut=True)),
        "handles": ("handles only", _with_handles_only),
    }


class CurationFilter(ChoiceFilter):
    title = "curation"
    parameter_name = "curation"
    choices_ = {
        "corrected": (
            "corrected",
            lambda papers: papers.filter(pk__in=Correction.objects.active().values("paper")),
        ),
        "difference": (
            "open difference",
            lambda papers: papers.filter(pk__in=waiting().values("correction__paper")),
        ),
        "hidden": ("hidden", hidden),
        "merged": (
            "merged into another",
            lambda papers: papers.filter(pk__in=Merge.objects.active().values("paper")),
        ),
    }


def _since(days: int) -> Narrow:
    return lambda papers: papers.filter(changed_at__gte=timezone.now() - timedelta(days))


class ChangedFilter(ChoiceFilter):
    title = "changed"
    parameter_name = "changed"
    choices_ = {
        "7": ("in the last 7 days", _since(7)),
        "30": ("in the last 30 days", _since(30)),
    }
