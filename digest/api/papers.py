"""The papers for programs: found, changed since, looked up, and as files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponseBase, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from digest.exports import API_FILES, About, Writer, to_cite
from digest.models import Catalogue, Merge, Paper, Tombstone
from digest.pages.files import export_file, file_of
from digest.search import Query, ResultPosition, Results, matching
from digest.search.filters import SEVERAL, PaperFilter
from digest.text.identity import arxiv_id

from .base import CatalogueViewSet, only
from .filters import PaperFilterBackend
from .pages import (
    CursorPagination,
    Order,
    address_with,
    cursor,
    cursor_of,
    keys_of,
    moment_of,
    not_ours,
)
from .parsers import JsonParser
from .schema import Operation
from .serializers import (
    ClosePaperSerializer,
    CorrectionSerializer,
    GoneSerializer,
    LookupResultSerializer,
    LookupSerializer,
    PaperSerializer,
    QueryProblemSerializer,
    TrimmedPaperSerializer,
    stamp,
)


def _file_renderer(writer: Writer) -> type[BaseRenderer]:
    """What tells a format to content negotiation; the file itself is streamed by its writer."""
    return type(
        f"{writer.suffix.title()}Renderer",
        (BaseRenderer,),
        {"media_type": writer.media_type, "format": writer.suffix, "render": lambda *_: b""},
    )


FILE_RENDERERS: list[type[BaseRenderer]] = [JSONRenderer, *map(_file_renderer, API_FILES)]


_NAMES = tuple(PaperSerializer().fields)
_ONE_OF = "|".join(_NAMES)
FIELDS = OpenApiParameter(
    "fields",
    description="fields of a paper to be told, separated by commas: `id,title`; `authors_cut`"
    " comes with `authors`",
    pattern=f"^({_ONE_OF})(,({_ONE_OF}))*$",
)
_CHANGED = Order((("changed_at", False, datetime), ("pk", False, int)))
_TOMBSTONES = Order((("gone_at", False, datetime), ("pk", False, int)))
_CHANGE_PARAMETERS = {"modified_since", "category", "fields", "page_size", "cursor", "format"}
"""The parameters of an address that asks what changed."""


def fields_of(request: Request) -> tuple[str, ...]:
    """The fields of a paper that are asked for, in the order of all."""
    text = request.GET.get("fields")
    if text is None:
        return _NAMES
    wanted = [name.strip() for name in text.split(",")]
    if wrong := [name for name in wanted if name not in _NAMES]:
        raise ValidationError(
            {"fields": [f"There is no field {', '.join(wrong)}: choose of {', '.join(_NAMES)}."]}
        )
    if "authors" in wanted:
        wanted.append("authors_cut")  # else a list that was cut would look like a whole one
    return tuple(name for name in _NAMES if name in wanted)


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
    found = _CHANGED.after(papers.for_cards(), [at, pk], size)
    if len(found) <= size:
        return found, None
    return found[:size], cursor(found[size - 1].pk, "", stamp(found[size - 1].changed_at))


def _categories(request: Request) -> Query:
    """What the categories of an address ask for, as the filter of papers reads them. Raises
    ValidationError."""
    query = QueryDict(mutable=True)
    query.setlist("category", request.GET.getlist("category"))
    if "" in query.getlist("category"):
        raise ValidationError({"category": ["Say a value."]})
    found = PaperFilter(query)
    if errors := found.errors_by_field:
        raise ValidationError(errors)
    return found.query


def _outside(papers: Iterable[Paper], query: Query) -> set[int]:
    """The keys of those papers that do not match."""
    if not query.node.nodes:
        return set()
    keys = {paper.pk for paper in papers}
    inside = Paper.objects.filter(pk__in=keys).filter(pk__in=matching(query))
    return keys - set(inside.values_list("pk", flat=True))


class PaperPagination(CursorPagination):
    """Pages of papers, by their place among those that match or by when they changed."""

    page_name = "PaperPage"
    more: ClassVar = {
        "problems": QueryProblemSerializer(
            many=True, required=False, help_text="parts of q that were not read"
        ),
        "corrected": CorrectionSerializer(
            required=False, help_text="what was searched instead of q, which has words of no paper"
        ),
        "close": ClosePaperSerializer(
            many=True,
            required=False,
            help_text="on the first page, where fewer than 25 papers match: others that have most"
            " of the words, the best first",
        ),
        "gone": GoneSerializer(
            many=True, required=False, help_text="with modified_since: no longer here"
        ),
    }
    more_example: ClassVar = {"problems": []}


class PapersViewSet(CatalogueViewSet):
    """Papers, as the site's own pages find them."""

    renderer_classes = FILE_RENDERERS
    pagination_class = PaperPagination
    filter_backends = [PaperFilterBackend]
    repeated = SEVERAL
    format_help = "`json`, or the whole list as a file: " + ", ".join(
        f"`{writer.suffix}`" for writer in API_FILES
    )

    @Operation(
        "papers",
        TrimmedPaperSerializer,
        parameters=[
            OpenApiParameter(
                "modified_since",
                OpenApiTypes.DATETIME,
                description="instead of all above but `category`: what changed since, oldest change"
                " first, and what is gone: with `category`, also what changed and is in none of it",
            ),
            FIELDS,
        ],
        summary="Papers that match",
        description="Where the catalogue changes while you turn the pages, nothing that stays is"
        " left out: by `newest`, what came or changed meanwhile comes after the last page, told"
        " before or not; by `best` or `upvotes`, which follow from all papers, all come once"
        " more, newest first. Files hold what matches q in full and as typed; here, words that no"
        " paper has are taken for the nearest that some have (`corrected`), and what is `close`"
        " follows.",
    )
    def list(self, request: Request) -> HttpResponseBase:
        if "modified_since" in request.GET:
            return self._changes(request)
        results: Results = self.filter_queryset(Results(order="best"))
        format = request.accepted_renderer.format
        if format != "json":
            about = self._about("Papers")
            return self.cached(
                lambda: export_file(request._request, format, results, about, "papers")
            )
        size, fields = self.pagination_class().page_size(request), fields_of(request)
        at = cursor_of(request, int, str, str)
        if at and moment_of(at[2]) is None:
            raise not_ours()

        def page(papers: Iterable[Paper], next: str | None) -> dict[str, Any]:
            rows = [(paper, fields) for paper in papers]
            more: dict[str, Any] = {"problems": results.query.problems}
            if results.query.typed:
                more["corrected"] = results.query
            if not at and results.close:
                more["close"] = [
                    {"paper": (paper, fields), "without": missing}
                    for paper, missing in results.close
                ]
            return self.page_of(rows, next, **more)

        def make() -> dict[str, Any]:
            if at and not at[1]:
                return page(*_meanwhile(results.query, at[2], at[0], size))
            began = at[2] if at else stamp(self.catalogue.changed_at)
            start = ResultPosition(at[0], keys_of(at[1])) if at else None
            papers, after = results.after(start, size)
            next = after and cursor(after.end, ".".join(map(str, after.given)), began)
            if at and not after and began != stamp(Catalogue.current().changed_at):
                if results.order != "newest":
                    # What is first follows from all papers: nobody knows which were passed.
                    return page(papers, None) | {"next": address_with(request, ordering="newest")}
                next = cursor(2**62, "", began)
            return page(papers, next)

        return self.cached(make)

    def _changes(self, request: Request) -> HttpResponseBase:
        """What changed since a moment, oldest first, and what is gone: to keep a copy in step."""
        only(request.GET, _CHANGE_PARAMETERS, ["category"])
        categories = _categories(request)
        size, fields = self.pagination_class().page_size(request), fields_of(request)
        since = _moment(request, "modified_since")
        streams = cursor_of(request, str, int, str, int)

        def make() -> dict[str, Any]:
            at = streams or [stamp(since), 0, stamp(since), 0]
            papers = _CHANGED.after(Paper.objects.visible().for_cards(), at[:2], size)
            outside = _outside(papers, categories)
            tombstones = _TOMBSTONES.after(Tombstone.objects.all(), at[2:], size)
            rows: list[tuple[datetime, Paper | Tombstone]] = [
                *((paper.changed_at, paper) for paper in papers),
                *((stone.gone_at, stone) for stone in tombstones),
            ]
            rows.sort(key=lambda row: (row[0], row[1].pk))
            shown = [row for _, row in rows[:size]]
            for row in shown:
                if isinstance(row, Paper):
                    at = [stamp(row.changed_at), row.pk, *at[2:]]
                else:
                    at = [*at[:2], stamp(row.gone_at), row.pk]
            return self.page_of(
                [
                    (row, fields)
                    for row in shown
                    if isinstance(row, Paper) and row.pk not in outside
                ],
                cursor(*at) if len(rows) > size else None,
                gone=[
                    row
                    if isinstance(row, Tombstone)
                    else Tombstone(slug=row.slug, gone_at=row.changed_at)
                    for row in shown
                    if isinstance(row, Tombstone) or row.pk in outside
                ],
            )

        return self.cached(make)

    @Operation(
        "paper",
        TrimmedPaperSerializer,
        parameters=[FIELDS],
        summary="One paper, by its arXiv id in any form",
    )
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        fields = fields_of(request)
        papers = Paper.objects.visible().filter(slug=_called(slug))
        found = papers.for_cards().first()
        if found is None and (merged := Merge.ends([_called(slug)])):
            papers = Paper.objects.visible().filter(slug__in=merged.values())
            found = papers.for_cards().first()
        if found is None:
            raise NotFound(f"No digest here has a paper “{slug}”.")
        format = request.accepted_renderer.format
        if format != "json":
            about = self._about(found.title)
            return self.cached(lambda: file_of(format, to_cite(papers), about, found.slug))
        return self.cached(lambda: self.answer((found, fields)))

    def _about(self, title: str) -> About:
        base, request = settings.SITE_URL, self.request
        own_address = base + request.get_full_path()
        return About(f"Paper Digest: {title}", own_address, own_address, base)


class LookupViewSet(CatalogueViewSet):
    """Which papers are here of those that a program knows."""

    scopes = ("catalogue:read", "catalogue:read")
    http_method_names = ["post", "options"]
    parser_classes = [JsonParser]

    @Operation(
        "papers_lookup",
        LookupResultSerializer,
        body=LookupSerializer,
        summary="Which of up to 500 arXiv ids or addresses are here",
    )
    def create(self, request: Request) -> Response:
        names = self.body()["ids"]
        slugs = {name: _called(name.strip()) for name in names}
        merged = Merge.ends(slugs.values())
        slugs = {name: merged.get(slug, slug) for name, slug in slugs.items()}
        found = Paper.objects.visible().filter(slug__in=slugs.values()).for_cards()
        papers = {paper.slug: paper for paper in found}
        results = [
            {"given": name, "arxiv_id": arxiv_id(name), "paper": papers.get(slugs[name])}
            for name in names
        ]
        return Response(self.answer({"results": results}))
