"""The catalogue's views: papers, digests, authors, categories, links, and the files loaded."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpResponseBase, QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ParseError, PermissionDenied, ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from digest.exports import WRITERS, About, to_cite
from digest.filters import PaperFilter
from digest.formats import MAX_BYTES
from digest.identity import arxiv_id
from digest.ingest import LoadReport, load
from digest.models import (
    Author,
    Category,
    Digest,
    Link,
    Merge,
    Paper,
    Placement,
    Source,
    Tombstone,
)
from digest.outputs import file_of

from . import schema
from .base import ApiViewSet, CatalogueViewSet, only
from .parsers import JsonParser

PAGE, MOST = 25, 100
"""Rows of a page if nobody says, and at most."""
LOOKUP = 500
"""Ids of one lookup, at most."""


# What addresses may say


def _file_renderer(suffix: str) -> type[BaseRenderer]:
    """What tells a format to content negotiation; the file itself is streamed by its writer."""
    content_type = WRITERS[suffix].content_type.partition(";")[0]
    return type(
        f"{suffix.title()}Renderer",
        (BaseRenderer,),
        {"media_type": content_type, "format": suffix, "render": lambda *_: b""},
    )


_HALVES = re.compile("[\ud800-\udfff]")
FORMATS = ("bib", "ris", "csl.json", "md", "csv")
FILE_RENDERERS: list[type[BaseRenderer]] = [JSONRenderer, *map(_file_renderer, FORMATS)]


def size_of_page(request: Request) -> int:
    given = request.GET.get("page_size", str(PAGE))
    digits = given.isascii() and given.isdecimal() and len(given) <= len(str(MOST))
    if not (digits and 1 <= int(given) <= MOST):
        raise ValidationError({"page_size": [f"Say a whole number from 1 to {MOST}."]})
    return int(given)


def cursor_of(request: Request, *kinds: type) -> list[Any] | None:
    """What a cursor holds: values of these types; None at the beginning."""
    given = request.GET.get("cursor")
    if given is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(given.encode() + b"=="))
        if [type(value) for value in found] != list(kinds) or not all(map(_fits, found)):
            raise ValueError
    except (TypeError, ValueError, RecursionError):
        raise ValidationError({"cursor": ["This is none that was given out here."]}) from None
    return list(found)


def _fits(value: int | str) -> bool:
    """Whether a database takes it."""
    return _is_text(value) if isinstance(value, str) else abs(value) < 2**63


def cursor(*values: int | str) -> str:
    packed = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def page(request: Request, results: list[Any], next: str | None, **more: Any) -> dict[str, Any]:
    """A page of rows. next: the cursor of the page after it."""
    address = None
    if next is not None:
        asked = request.GET.copy()
        asked["cursor"] = next
        address = f"{settings.SITE_URL}{request.path}?{asked.urlencode()}"
    return {"next": address, **more, "results": results}


# Papers


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


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def fields_of(request: Request) -> tuple[str, ...]:
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
    found = [paper_json(paper) for paper in papers]
    if fields == FIELDS:
        return found
    return [{name: paper[name] for name in fields} for paper in found]


def paper_called(text: str) -> str:
    """The id of a paper by any form of it."""
    return arxiv_id(text) or text


class Papers(CatalogueViewSet):
    """Papers, as the site's own pages find them."""

    renderer_classes = FILE_RENDERERS

    @extend_schema(**schema.PAPERS)
    def list(self, request: Request) -> HttpResponseBase:
        if "modified_since" in request.GET:
            return self._changes(request)
        filters = [name for name in PaperFilter.base_filters if name != "order"]
        only(request.GET, *filters, "ordering", "fields", "page_size", "cursor")
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
            return self.kept(lambda: file_of(format, found.results, about, "papers"))
        size, fields = size_of_page(request), fields_of(request)
        at = cursor_of(request, int)
        start = at[0] if at else None

        def make() -> dict[str, Any]:
            papers, after = found.results.after(start, size)
            problems = [
                {"part": p.part, "reason": p.reason, "done": p.done} for p in found.query.problems
            ]
            next = None if after is None else cursor(after)
            return page(request, told(papers, fields), next, problems=problems)

        return self.kept(make)

    def _changes(self, request: Request) -> HttpResponseBase:
        """What changed since a moment, oldest first, and what is gone: to keep a copy in step."""
        only(request.GET, "modified_since", "fields", "page_size", "cursor")
        size, fields = size_of_page(request), fields_of(request)
        since = parse_moment(request, "modified_since")
        streams = cursor_of(request, str, int, str, int)

        def make() -> dict[str, Any]:
            at = streams or [stamp(since), 0, stamp(since), 0]
            papers = _from(Paper.objects.visible().for_cards(), "changed_at", at[0], at[1], size)
            gone = _from(Tombstone.objects.all(), "gone_at", at[2], at[3], size)
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
        papers = Paper.objects.visible().filter(slug=paper_called(slug))
        found = papers.for_cards().first()
        if found is None and (merged := Merge.ends([paper_called(slug)])):
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
        given = request.data.get("ids") if isinstance(request.data, dict) else None
        if not isinstance(given, list) or not all(map(_is_text, given)):
            raise ValidationError({"ids": ["Say a list of arXiv ids or addresses, as texts."]})
        if len(given) > LOOKUP:
            raise ValidationError({"ids": [f"At most {LOOKUP} at once."]})
        slugs = {one: paper_called(one.strip()) for one in given}
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


def _is_text(value: object) -> bool:
    """Whether it is a text that a database takes, and an answer: JSON may hold halves of signs."""
    return isinstance(value, str) and "\x00" not in value and not _HALVES.search(value)


def parse_moment(request: Request, name: str) -> datetime:
    moment = moment_of(request.GET[name].replace(" ", "+"))  # a plus sign that nobody encoded
    if moment is None:
        raise ValidationError(
            {name: ["Say a day or a moment: 2025-02-06 or 2025-02-06T12:00:00Z."]}
        )
    return moment


def moment_of(text: str) -> datetime | None:
    """The moment, or the beginning of the day, in UTC; None if it is none."""
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if moment and moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment and moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from(rows: QuerySet[Any], column: str, at: str, pk: int, size: int) -> list[Any]:
    """The rows after a moment and a key, one more than a page has."""
    moment = moment_of(at)
    if moment is None:
        raise ValidationError({"cursor": ["This is none that was given out here."]})
    later = Q(**{f"{column}__gt": moment}) | Q(**{column: moment, "pk__gt": pk})
    # The first condition alone leads to the index's place.
    return list(rows.filter(later, **{f"{column}__gte": moment}).order_by(column, "pk")[: size + 1])


# Digests, authors, categories, links


class Order(NamedTuple):
    """An order of rows that no two share: columns, each with whether it descends, and how a value
    of it is read from a cursor."""

    columns: tuple[tuple[str, bool, type], ...]

    def after(self, rows: QuerySet[Any], at: list[Any] | None, size: int) -> list[Any]:
        """So many rows after those that the cursor stands at, and one more."""
        if at is not None:
            later = Q(pk__in=())
            for n, (name, down, _) in enumerate(self.columns):
                same = {
                    column: value
                    for (column, *_), value in zip(self.columns[:n], at[:n], strict=True)
                }
                later |= Q(**same, **{f"{name}__{'lt' if down else 'gt'}": at[n]})
            rows = rows.filter(later)
        names = (f"-{name}" if down else name for name, down, _ in self.columns)
        return list(rows.order_by(*names)[: size + 1])

    def place(self, row: Model) -> str:
        return cursor(*(kind(getattr(row, name)) for name, _, kind in self.columns))


class _Listed(CatalogueViewSet):
    """Rows of one kind, in one of the orders that it has."""

    orders: dict[str, Order]
    parameters: tuple[str, ...] = ()

    def rows(self, request: Request) -> QuerySet[Any]:
        raise NotImplementedError

    def tell(self, row: Any) -> dict[str, Any]:
        raise NotImplementedError

    def list(self, request: Request) -> HttpResponseBase:
        only(request.GET, "ordering", "page_size", "cursor", *self.parameters)
        wanted = request.GET.get("ordering", next(iter(self.orders)))
        if wanted not in self.orders:
            raise ValidationError({"ordering": [f"Say one of {', '.join(self.orders)}."]})
        order, size = self.orders[wanted], size_of_page(request)
        at = cursor_of(request, *(kind for *_, kind in order.columns))
        rows = self.rows(request)

        def make() -> dict[str, Any]:
            found = order.after(rows, at, size)
            next = order.place(found[size - 1]) if len(found) > size else None
            return page(request, [self.tell(row) for row in found[:size]], next)

        return self.kept(make)


_MOST_PAPERS = Order((("paper_count", True, int), ("name", False, str)))
_BY_NAME = Order((("name", False, str),))


class RawParser(BaseParser):
    """A digest as it is, in the body of the request."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream.read(MAX_BYTES + 1)


class MarkdownParser(RawParser):
    media_type = "text/markdown"


class TextParser(RawParser):
    media_type = "text/plain"


class RawJsonParser(RawParser):
    media_type = "application/json"


class BytesParser(RawParser):
    media_type = "application/octet-stream"


class Digests(_Listed):
    """Digests, newest first; one has its papers whole, in order."""

    orders = {"-date": Order((("date", True, str),)), "date": Order((("date", False, str),))}
    http_method_names = ["get", "head", "options", "post"]
    scopes = ("catalogue:read", "digests:write")
    parser_classes = [MultiPartParser, MarkdownParser, TextParser, RawJsonParser, BytesParser]

    def rows(self, request: Request) -> QuerySet[Digest]:
        at = cursor_of(request, str)
        if at and parse_day(at[0]) is None:
            raise ValidationError({"cursor": ["This is none that was given out here."]})
        return Digest.objects.all()

    def tell(self, row: Digest) -> dict[str, Any]:
        return {
            "date": row.date.isoformat(),
            "paper_count": row.paper_count,
            "page": settings.SITE_URL + row.get_absolute_url(),
        }

    @extend_schema(**schema.DIGESTS)
    def list(self, request: Request) -> HttpResponseBase:
        return super().list(request)

    @extend_schema(**schema.DIGEST)
    def retrieve(self, request: Request, day: date) -> HttpResponseBase:
        only(request.GET, "fields")
        fields = fields_of(request)
        found = Digest.objects.filter(date=day).first()
        if found is None:
            raise NotFound(f"There is no digest of {day}.")
        places = Placement.objects.filter(digest=found).order_by("position")

        def make() -> dict[str, Any]:
            keys = list(places.values_list("paper", flat=True))
            papers = Paper.objects.for_cards().in_bulk(keys)
            return self.tell(found) | {"papers": told((papers[key] for key in keys), fields)}

        return self.kept(make)

    @extend_schema(**schema.LOAD)
    def create(self, request: Request) -> Response:
        only(request.GET, "dry_run", "name")
        if not request.user.has_perm("digest.add_source"):
            raise PermissionDenied("Digests are loaded by curators.")
        dry_run = request.GET.get("dry_run", "0")
        if dry_run not in ("0", "1"):
            raise ValidationError({"dry_run": ["Say 1 or 0."]})
        name, content = sent_file(request)
        with transaction.atomic():
            report = load(content, name, request.user.pk)
            if dry_run == "1":
                transaction.set_rollback(True)
        if report.status == "unreadable":
            texts = [str(problem) for problem in report.problems] or ["There is no digest in it."]
            raise ValidationError({"file": texts})
        status = 201 if report.status == "loaded" and dry_run == "0" else 200
        return Response(load_report(report, dry_run == "0"), status=status)


def load_report(report: LoadReport, written: bool) -> dict[str, Any]:
    """What a load did, in the words of the command."""
    return {
        "written": written and report.status == "loaded",
        "name": report.name,
        "status": report.status,
        "format": report.format,
        **{
            name: getattr(report, name)
            for name in ("digests", "rows", "new", "changed", "unchanged", "links")
        },
        "problems": [
            {"line": problem.line, "reason": problem.reason, "action": problem.action}
            for problem in report.problems
        ],
    }


def sent_file(request: Request) -> tuple[str, bytes]:
    """The name and the bytes of the file that a request brings, as a form's `file` or by itself."""
    name = request.GET.get("name", "")
    data = request.data
    if isinstance(data, bytes):
        if not data:
            raise ParseError("Send a digest: there is nothing in the body.")
        return name or "upload", data
    file = request.FILES.get("file")
    if file is None:
        raise ValidationError({"file": ["Send the digest as the form's file."]})
    return name or file.name or "upload", file.read(MAX_BYTES + 1)


def parse_day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


class Authors(_Listed):
    """Names as the digests print them, those with most papers first."""

    orders = {"-paper_count": _MOST_PAPERS, "name": _BY_NAME}

    def rows(self, request: Request) -> QuerySet[Author]:
        return Author.objects.all()

    def tell(self, row: Author) -> dict[str, Any]:
        return {
            "id": row.slug,
            "name": row.name,
            "is_handle": row.is_handle,
            "paper_count": row.paper_count,
            "page": settings.SITE_URL + row.get_absolute_url(),
        }

    @extend_schema(**schema.AUTHORS)
    def list(self, request: Request) -> HttpResponseBase:
        return super().list(request)

    @extend_schema(**schema.AUTHOR)
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        only(request.GET)
        return self.kept(lambda: self.tell(one(Author.objects.filter(slug=slug), slug)))


class Categories(_Listed):
    """Tasks and the areas that group them."""

    orders = {"name": _BY_NAME, "-paper_count": _MOST_PAPERS}

    def rows(self, request: Request) -> QuerySet[Category]:
        return Category.objects.select_related("area")

    def tell(self, row: Category) -> dict[str, Any]:
        return {
            "id": row.slug,
            "name": row.name,
            "is_area": row.is_area,
            "area": row.area and row.area.slug,
            "paper_count": row.paper_count,
            "page": settings.SITE_URL + row.get_absolute_url(),
        }

    @extend_schema(**schema.CATEGORIES)
    def list(self, request: Request) -> HttpResponseBase:
        return super().list(request)

    @extend_schema(**schema.CATEGORY)
    def retrieve(self, request: Request, slug: str) -> HttpResponseBase:
        only(request.GET)
        return self.kept(lambda: self.tell(one(self.rows(request).filter(slug=slug), slug)))


class Links(_Listed):
    """Addresses that were given for papers."""

    orders = {"id": Order((("pk", False, int),))}
    parameters = ("kind",)

    def rows(self, request: Request) -> QuerySet[Link]:
        rows = Link.objects.select_related("paper").only("url", "kind", "paper__slug")
        kind = request.GET.get("kind")
        if kind is None:
            return rows
        if kind not in schema.KINDS:
            raise ValidationError({"kind": [f"Say one of {', '.join(schema.KINDS)}."]})
        return rows.filter(kind=kind)

    def tell(self, row: Link) -> dict[str, Any]:
        return {"url": row.url, "kind": row.kind, "paper": row.paper.slug}

    @extend_schema(**schema.LINKS)
    def list(self, request: Request) -> HttpResponseBase:
        return super().list(request)


def one(rows: QuerySet[Any], slug: str) -> Any:
    found = rows.first()
    if found is None:
        raise NotFound(f"There is nothing called {slug} here.")
    return found


class Sources(ApiViewSet):
    """The files that were loaded: for curators."""

    scopes = ("digests:write", "")
    http_method_names = ["get", "head", "options"]

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        known = request.method in self.allowed_methods
        if known and not request.user.has_perm("digest.view_source"):
            raise PermissionDenied("The files that were loaded are for curators.")

    @extend_schema(**schema.SOURCES)
    def list(self, request: Request) -> Response:
        only(request.GET, "page_size", "cursor")
        size, at = size_of_page(request), cursor_of(request, int)
        order = Order((("pk", True, int),))
        found = order.after(Source.objects.defer("content"), at, size)
        next = order.place(found[size - 1]) if len(found) > size else None
        return Response(page(request, [_source(row) for row in found[:size]], next))

    @extend_schema(**schema.SOURCE)
    def retrieve(self, request: Request, pk: int) -> Response:
        only(request.GET)
        found = Source.objects.defer("content").filter(pk=pk).first() if pk < 2**63 else None
        if found is None:
            raise NotFound("There is no such source.")
        return Response(_source(found))


def _source(row: Source) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "sha256": row.sha256,
        "format": row.format,
        "date": row.date and row.date.isoformat(),
        "loaded_at": stamp(row.loaded_at),
        "rows": row.rows,
        "problems": row.problems,
    }
