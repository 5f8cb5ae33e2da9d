"""What something would change in the catalogue, told without doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from digest.models import Entry, Paper

from . import LoadReport, load
from .show import batches


@dataclass(frozen=True)
class Change:
    """A field of a paper, before and after; for the names see `FIELDS`.

    A paper that is not shown has None for all of them.
    """

    slug: str
    title: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Preview:
    report: LoadReport
    changes: list[Change]


FIELDS = ("title", "summary", "authors", "authors_cut", "categories", "links", "digests")
"""What is compared; lists are in their order, digests by date."""


def preview(content: bytes, name: str) -> Preview:
    """What loading a file would do: its report, and what papers would show."""
    reports = []

    def act() -> Iterable[str]:
        report = load(content, name)
        reports.append(report)
        entries = Entry.objects.filter(source=report.source)
        return entries.order_by("position").values_list("paper__slug", flat=True)

    changes = would_change(act)
    return Preview(reports[0], changes)


def would_change(act: Callable[[], Iterable[str]]) -> list[Change]:
    """What an action would change, paper by paper and field by field.

    act: does it, in a transaction that is rolled back, and returns the slugs of the papers that it
    may change.
    """
    with transaction.atomic():
        slugs = list(dict.fromkeys(act()))
        after = _shown(slugs)
        transaction.set_rollback(True)
    before = _shown(slugs)
    silent = dict.fromkeys(FIELDS)
    return [
        Change(slug, then["title"] or now["title"] or "", field, then[field], now[field])
        for slug in slugs
        for then, now in [(before.get(slug, silent), after.get(slug, silent))]
        for field in FIELDS
        if then[field] != now[field]
    ]


def _shown(slugs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What those of the papers show that are there to be seen."""
    shown = {}
    for some in batches(slugs):
        papers = Paper.objects.visible().filter(slug__in=some).for_cards()
        for paper in papers.prefetch_related("digests"):
            shown[paper.slug] = {
                "title": paper.title,
                "summary": paper.summary,
                "authors": [place.author.name for place in paper.authorships.all()],
                "authors_cut": paper.authors_cut,
                "categories": [place.category.name for place in paper.classifications.all()],
                "links": [link.url for link in paper.links.all()],
                "digests": sorted(digest.date.isoformat() for digest in paper.digests.all()),
            }
    return shown
