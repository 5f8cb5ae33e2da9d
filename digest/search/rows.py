"""The row of a paper in the index: its words and tags. In: papers. Out: rows of `SearchText`.

A row's key follows from the day of the paper and its position, so that newer papers have larger
keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from digest.models import PLACES, STREAMS, DigestKey, Paper, SearchText
from digest.text.links import destination, link_names

from .tags import (
    EVERY,
    arxiv_tag,
    author_tag,
    category_tag,
    date_tags,
    digest_tag,
    kind_tag,
    link_tag,
    stream_tag,
)
from .text import document, stems

DAY = STREAMS * PLACES
"""Keys that a day may use."""


def key(paper: Paper) -> int:
    """The key of a paper's row; it changes with the paper's date and position."""
    return paper.date.toordinal() * DAY + max(DAY - 1 - paper.position, 0)


def day_after(key: int) -> int:
    """The lowest key that a later day than this key's may have."""
    return (key // DAY + 1) * DAY


def first_of(day: date) -> int:
    """The lowest key that a paper of this day or a later one may have."""
    return day.toordinal() * DAY


def last_of(day: date) -> int:
    """The highest key that a paper of this day or an earlier one may have."""
    return day.toordinal() * DAY + DAY - 1


def row(
    paper: Paper,
    authors: list[tuple[int, str]],
    categories: Iterable[int],
    links: Iterable[str],
    digests: Iterable[DigestKey],
    document: Callable[[str], str] = document,
) -> SearchText:
    """A paper's row.

    authors: keys and names, in order. categories: the keys of its categories and their areas.
    links: their addresses. digests: those that it is in. document: gives a text's words.
    """
    links, digests = list(links), sorted(set(digests))
    kinds = {destination(url).kind for url in links}
    addresses = links if paper.arxiv_id or not paper.url else [*links, paper.url]
    names = {name for url in addresses for name in link_names(url)}
    tags = [
        EVERY,
        *date_tags(paper.date),
        *map(digest_tag, digests),
        *map(stream_tag, sorted({digest.stream for digest in digests})),
        *map(category_tag, sorted(set(categories))),
        *(author_tag(pk) for pk, _ in authors),
        *map(kind_tag, sorted(kinds)),
        *map(link_tag, sorted(names)),
        *([arxiv_tag(paper.arxiv_id)] if paper.arxiv_id else []),
    ]
    title = document(paper.title)
    summary = document("\n".join([paper.summary, paper.abstract, ", ".join(paper.keywords)]))
    return SearchText(
        id=key(paper),
        paper=paper,
        title=title,
        # A comma between two names keeps them apart for compounds, not for phrases.
        authors=document(", ".join(name for _, name in authors)),
        summary=summary,
        tags=" ".join(tags),
        title_stems=stems(title),
        summary_stems=stems(summary),
    )


def rows(papers: Iterable[int]) -> Iterator[SearchText]:
    """The rows that the papers with these keys should have, as the database has them: hidden ones
    have none."""
    found = Paper.objects.visible().filter(pk__in=papers).for_cards().prefetch_related("digests")
    for paper in found:
        categories = [place.category for place in paper.classifications.all()]
        yield row(
            paper,
            [(place.author_id, place.author.name) for place in paper.authorships.all()],
            {key for c in categories for key in (c.pk, c.area_id) if key},
            [link.url for link in paper.links.all()],
            {digest.key for digest in paper.digests.all()},
        )
