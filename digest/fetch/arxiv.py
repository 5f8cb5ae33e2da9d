"""Asks arXiv for what papers lack: all authors, the abstract, the DOI.

In: the catalogue's papers. Out: a source for each answer, over which corrections win as usual. An
answer is a supplement of the digest in which its papers first were: no digest gets a paper by it.
"""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from digest.batches import batches
from digest.catalogue.file import File
from digest.formats import Format
from digest.models import DigestKey, Entry, Paper
from digest.text.identity import arxiv_id

from .answers import checked_file, papers_in
from .client import Client, NotFetched

NAME = "export.arxiv.org"
PAUSE = 3.0
"""Seconds between two requests, as arXiv asks for."""
BATCH = 50
"""Papers of one request, at most."""

_FORMATS = (Format.ARXIV_ATOM, Format.ARXIV_RSS, Format.ARXIV_OAI)
"""A paper that has an entry in one of these formats needs no other answer of arXiv's."""


class Batch(NamedTuple):
    """arXiv ids of papers of one digest."""

    digest: DigestKey
    ids: list[str]

    @property
    def day(self) -> date:
        return self.digest.date


class BatchAnswer(NamedTuple):
    """arXiv's answer for a batch. file: None if it has no papers. missing: ids that it lacks."""

    file: File | None
    missing: list[str]


def client(**options: Any) -> Client:
    """options: as for `Client`."""
    return Client(NAME, settings.ARXIV_URL, PAUSE, **options)


def incomplete(limit: int | None = None) -> list[Batch]:
    """The papers to ask for, the newest first: those with an arXiv id whose author list is cut, or
    that have no abstract or no DOI, and for which arXiv has not answered yet. limit: of papers."""
    asked = Entry.objects.filter(paper=OuterRef("pk"), format__in=_FORMATS)
    lacking = Q(authors_cut=True) | Q(abstract="") | Q(doi="")
    papers = Paper.objects.visible().filter(lacking, ~Exists(asked), arxiv_id__isnull=False)
    found = papers.newest().only("date", "position", "arxiv_id")[:limit]
    return [
        Batch(digest, ids)
        for digest, some in groupby(found, key=lambda paper: paper.first_digest)
        for ids in batches((paper.arxiv_id for paper in some if paper.arxiv_id), BATCH)
    ]


def ask(service: Client, batch: Batch) -> BatchAnswer:
    """Ask arXiv for these papers. Writes nothing. Raises NotFetched."""
    ids = ",".join(batch.ids)
    answer = service.get(f"/api/query?id_list={ids}&max_results={len(batch.ids)}")
    file = checked_file(NAME, answer.content or b"", f"{NAME}/{batch.day}.xml", Format.ARXIV_ATOM)
    given = {arxiv_id(row.record.link) for day in file.reading.days for row in day.rows}
    if not given <= {*batch.ids}:
        raise NotFetched(f"{NAME} answers with other papers than those that it was asked for")
    return BatchAnswer(
        file if papers_in(file) else None, [number for number in batch.ids if number not in given]
    )
