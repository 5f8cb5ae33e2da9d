"""Which papers of the catalogue references mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from accounts.library import Library
from accounts.references import Reference
from digest.batches import batches
from digest.models import Paper, SearchText
from digest.search.text import document
from digest.text.identity import paper_slug


class Match(NamedTuple):
    """The papers of the catalogue that references mean, in their order; the references that mean
    none; and those that mean one, each with it."""

    papers: list[Paper]
    missing: list[Reference]
    found: list[tuple[Reference, Paper]]


def match(library: Library, references: Iterable[Reference]) -> Match:
    """Find what references name: by arXiv id, else by address, else by title."""
    references = list(references)
    slugs = {
        reference: paper_slug(
            reference.title,
            f"arXiv:{reference.arxiv_id}" if reference.arxiv_id else reference.url or "",
        )[0]
        for reference in references
    }
    by_slug = papers_by_slug(library, slugs.values())
    by_title = _by_title(
        reference.title
        for reference in references
        if reference.title and not reference.arxiv_id and slugs[reference] not in by_slug
    )
    found: list[tuple[Reference, Paper]] = []
    missing = []
    for reference in references:
        paper = by_slug.get(slugs[reference])
        if paper is None and not reference.arxiv_id:
            paper = next(filter(None, map(by_title.get, _spellings(reference.title))), None)
        if paper is None:
            missing.append(reference)
        else:
            found.append((reference, paper))
    papers = {paper.slug: paper for _, paper in found}
    return Match([*papers.values()], missing, found)


def _by_title(titles: Iterable[str]) -> dict[str, Paper]:
    """The papers of these titles, by the title as the search folds it. A title that several papers
    have identifies none of them."""
    found: dict[str, Paper | None] = {}
    for some in batches({spelled for title in titles for spelled in _spellings(title)} - {""}):
        rows = SearchText.objects.filter(title__in=some).select_related("paper")
        for row in rows:
            found[row.title] = None if row.title in found else row.paper
    return {title: paper for title, paper in found.items() if paper}


def _spellings(title: str) -> list[str]:
    """A title as the search folds it: as it is, and without the dollars of formulas, which a digest
    may not have written."""
    return [document(title), *([document(title.replace("$", ""))] if "$" in title else [])]


def papers_by_slug(library: Library, slugs: Iterable[str]) -> dict[str, Paper]:
    found: dict[str, Paper] = {}
    for some in batches(dict.fromkeys(slugs)):
        found |= library.papers(some)
    return found
