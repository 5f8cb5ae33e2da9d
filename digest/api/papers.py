"""The papers for programs: found, changed since, looked up, and as files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase, QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from digest.exports import API_FILES, About, Writer, to_cite
from digest.models import Catalogue, Merge, Paper, Tombstone
from digest.pages.files import file_of, whole_file
from digest.search import Place, Query, matching
from digest.search.filters import PARAMETERS, SEVERAL, PaperFilter
from digest.text.identity import arxiv_id

from . import schema
from .base import CatalogueViewSet, only
from .pages import (
    cursor,
    cursor_of,
    following,
    given,
    is_text,
    moment_of,
    not_ours,
    page,
    rows_after,
    size_of_page,
    stamp,
)
from .parsers import JsonParser, no_such_fields

LOOKUP = 500
"""Ids of one lookup, at most."""


def _file_renderer(writer: Writer) -> type[BaseRenderer]:
    """What tells a format to content negotiation; the file itself is streamed by its writer."""
    return type(
        f"{writer.suffix.title()}Renderer",
        (BaseRenderer,),
        {"media_type": writer.media_type, "format": writer.suffix, "render": lambda *_: b""},
    )


FILE_RENDERERS: list[type[BaseRenderer]] = [JSONRenderer, *map(_file_renderer, API_FILES)]


def paper_json(paper: Paper) -> dict[str, Any]:
    """A paper fetched with `for_cards`, as it is told; see `schema.Paper`."""
    return {
        "id": paper.slug,
        "arxiv_id": paper.arxiv_id,
        "title": paper.title,
        "authors": [
            {"id": a.author.slug, "name": a.author.name, "is_handle": a.author.is_handle}
            for a in paper.authorships.all()
        ],
        "authors_cut": paper.authors_cut,
        "summary": paper.summary,
        "categories": [
            {"id": c.category.slug, "name": c.category.name} for c in paper.classifications.all()
        ],
        "links": [{"url": link.url, "kind": link.kind} for link in paper.links.all()],
        "date": paper.date.isoformat(),
        "changed_at": stamp(paper.changed_at),
        "url": paper.abstract_url,
        "page": settings.SITE_URL + paper.get_absolute_url(),
    }


FIELDS = tuple(schema.Paper().fields)


def fields_of(request: Request) -> tuple[str, ...]:
    """The fields of a paper that are asked for, in the order of all."""
    given = request.GET.get("fields")
    if given is None:
        return FIELDS
    wanted = [name.strip() for name in given.split(",")]
    if wrong := [name for name in wanted if name not in FIELDS]:
        raise ValidationError(
            {"fields": [f"There is no field {', '.join(wrong)}: choose of {', '.join(FIELDS)}."]}
        )
    return tuple(name for name in FIELDS if name in wanted)


def told(papers: Iterable[Paper], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """Papers fetched with `for_cards`, as they are told, with these fields alone."""
    found = [paper_json(paper) for paper in papers]
    if fields == FIELDS:
        return found
    return [{name: paper[name] for name in fields} for paper in found]


def _called(text: str) -> str:
    """The id of a paper by any form of it."""
    return arxiv_id(text) or text


def _moment(request: Request, name: str) -> datetime:
    moment = moment_of(request.GET[name].replace(" ", "+"))  # a plus sign that nobody encoded
    if moment is None:
        raise ValidationError(
            {name: ["Say a day or a moment: 2025-02-06 or 2025-02-06T12:00:00Z."]}
        )
    return moment


def _meanwhile(query: Query, at: str, pk: int, size: int) -> tuple[list[Paper], str | None]:
    """The papers that match and changed after a moment and a key, and the cursor of those after
    them. They come after the last page: where the place of a paper changed while a program turned
    the pages, it may have been on none of them."""
    papers = Paper.objects.visible()
    if query.node.nodes:
        papers = papers.filter(pk__in=matching(query))
    found = rows_after(papers.for_cards(), "changed_at", at, pk, size)
    if len(found) <= size:
        return found, None
    return found[:size], cursor(found[size - 1].pk, "", stamp(found[size - 1].changed_at))


class Papers(CatalogueViewSet):
    """Papers, as the site's own pages find them."""

    renderer_classes = FILE_RENDERERS

    @extend_schema(**schema.PAPERS)
    def list(self, request: Request) -> HttpResponseBase:
        if "modified_since" in request.GET:
            return self._changes(request)
        filters = PARAMETERS - {"order"}
        only(request.GET, *filters, "ordering", "fields", "page_size", "cursor", many=SEVERAL)
        empty = {n: ["Say a value."] for n, said in request.GET.lists() if n != "q" and "" in said}
        if empty:
            raise ValidationError(empty)
        asked = QueryDict(mutable=True)
        for name, values in request.GET.lists():
            asked.setlist("order" if name == "ordering" else name, values)
        found = PaperFilter(asked)
        errors = found.errors_by_field
        if errors:
            raise ValidationError({"ordering" if n == "order" else n: e for n, e in errors.items()})
        format = request.accepted_renderer.format
        if format != "json":
            about = self._about("Papers")
            return self.kept(
                lambda: whole_file(request._request, format, found.qs, about, "papers")
            )
        size, fields = size_of_page(request), fields_of(request)
        at = cursor_of(request, int, str, str)
        if at and moment_of(at[2]) is None:
            raise not_ours()
        problems = [
            {"part": p.part, "reason": p.reason, "done": p.done} for p in found.query.problems
        ]

        def make() -> dict[str, Any]:
            if at and not at[1]:
                papers, next = _meanwhile(found.query, at[2], at[0], size)
            else:
                began = at[2] if at else stamp(self.catalogue.changed_at)
                start = Place(at[0], given(at[1])) if at else None
                papers, after = found.qs.after(start, size)
                next = after and cursor(after.end, ".".join(map(str, after.given)), began)
                if at and not after and began != stamp(Catalogue.current().changed_at):
                    if found.qs.order == "best":
                        # What is best follows from all papers: nobody knows which were passed.
                        said = page(request, told(papers, fields), None, problems=problems)
                        return said | {"next": following(request, ordering="newest")}
                    next = cursor(2**62, "", began)
            return page(request, told(papers, fields), next, problems=problems)

        return self.kept(make)

    def _changes(self, request: Request) -> HttpResponseBase:
        """What changed since a moment, oldest first, and what is gone: to keep a copy in step."""
        only(request.GET, "modified_since", "fields", "page_size", "cursor")
        size, fields = size_of_page(request), fields_of(request)
        since = _moment(request, "modified_since")
        streams = cursor_of(request, str, int, str, int)

        def make() -> dict[str, Any]:
            at = streams or [stamp(since), 0, stamp(since), 0]
            papers = rows_after(
                Paper.objects.visible().for_cards(), "changed_at", at[0], at[1], size
            )
            gone = rows_after(Tombstone.objects.all(), "gone_at", at[2], at[3], size)
            rows: list[tuple[datetime, Paper | Tombstone]] = [
                *((paper.changed_at, paper) for paper in papers),
                *((stone.gone_at, stone) for stone in gone),
            ]
            rows.sort(key=lambda row: (row[0], row[1].pk))
            shown = [row for _, row in rows[:size]]
            for row in shown:
                if isinstance(row, Paper):
                    at = [stamp(row.changed_at), row.pk, *at[2:]]
                else:
                    at = [*at[:2], stamp(row.gone_at), row.pk]
            stones = [row for row in shown if isinstance(row, Tombstone)]
            return page(
                request,
                told((row for row in shown if isinstance(row, Paper)), fields),
                cursor(*at) if len(rows) > size else None,
                gone=[{"id": stone.slug, "gone_at": stamp(stone.gone_at)} for stone in stones],
            )

        return self.kept(make)

    @extend_schema(**schema.PAPER)
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        only(request.GET, "fields")
        fields = fields_of(request)
        papers = Paper.objects.visible().filter(slug=_called(slug))
        found = papers.for_cards().first()
        if found is None and (merged := Merge.ends([_called(slug)])):
            papers = Paper.objects.visible().filter(slug__in=merged.values())
            found = papers.for_cards().first()
        if found is None:
            raise NotFound(f"No digest here has a paper {slug}.")
        format = request.accepted_renderer.format
        if format != "json":
            about = self._about(found.title)
            return self.kept(lambda: file_of(format, to_cite(papers), about, found.slug))
        return self.kept(lambda: told([found], fields)[0])

    def _about(self, title: str) -> About:
        base, request = settings.SITE_URL, self.request
        here = base + request.get_full_path()
        return About(f"Paper Digest: {title}", here, here, base)


class Lookup(CatalogueViewSet):
    """Which papers are here of those that a program knows."""

    scopes = ("catalogue:read", "catalogue:read")
    http_method_names = ["post", "options"]
    parser_classes = [JsonParser]

    @extend_schema(**schema.LOOKUP)
    def create(self, request: Request) -> Response:
        only(request.GET)
        given = request.data.get("ids") if isinstance(request.data, dict) else None
        if isinstance(request.data, dict) and (errors := no_such_fields({*request.data} - {"ids"})):
            raise ValidationError(errors)
        if not isinstance(given, list) or not all(map(is_text, given)):
            raise ValidationError({"ids": ["Say a list of arXiv ids or addresses, as texts."]})
        if len(given) > LOOKUP:
            raise ValidationError({"ids": [f"At most {LOOKUP} at once."]})
        slugs = {one: _called(one.strip()) for one in given}
        merged = Merge.ends(slugs.values())
        slugs = {one: merged.get(slug, slug) for one, slug in slugs.items()}
        found = Paper.objects.visible().filter(slug__in=slugs.values()).for_cards()
        papers = {paper.slug: paper for paper in found}
        return Response(
            {
                "results": [
                    {
                        "given": one,
                        "arxiv_id": arxiv_id(one),
                        "paper": paper_json(papers[slug]) if slug in papers else None,
                    }
                    for one, slug in ((one, slugs[one]) for one in given)
                ]
            }
        )
