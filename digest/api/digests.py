"""The digests for programs: read, loaded, and the files that they came from."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponseBase, QueryDict
from django.utils.dateparse import parse_date
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ParseError, PermissionDenied, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from digest.catalogue.load import LoadReport, load
from digest.catalogue.preview import preview
from digest.formats import MAX_BYTES
from digest.models import Digest, Paper, Placement, Source
from digest.rights import may

from . import schema
from .base import ApiViewSet, only
from .pages import Listed, Order, page, size_of_page, stamp
from .papers import fields_of, told
from .parsers import (
    BytesParser,
    MarkdownParser,
    RawJsonParser,
    TextParser,
    dry_run,
    form_only,
)

_WITH = (
    ", with a second factor that this session showed, or the one in which the token was made."
    " Tokens from before you had one are made anew, on your account’s page."
)


class Digests(Listed):
    """Digests, newest first; one has its papers whole, in order."""

    orders = {"-date": Order((("date", True, date),)), "date": Order((("date", False, date),))}
    http_method_names = ["get", "head", "options", "post"]
    scopes = ("catalogue:read", "digests:write")
    parser_classes = [MultiPartParser, MarkdownParser, TextParser, RawJsonParser, BytesParser]

    def rows(self, request: Request) -> QuerySet[Digest]:
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
        only(request.GET, "dry_run", "name", many=["dry_run"])
        if not may(request, "digest.add_source"):
            raise PermissionDenied(f"Digests are loaded by curators{_WITH}")
        name, content = sent_file(request)
        dry = dry_run(request, default=False)
        report = preview(content, name).report if dry else load(content, name, request.user.pk)
        if report.status == "unreadable":
            texts = [str(problem) for problem in report.problems] or ["There is no digest in it."]
            raise ValidationError({"file": texts})
        status = 201 if report.status == "loaded" and not dry else 200
        return Response(load_report(report, not dry), status=status)


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
    """The name and the bytes of the file that a request brings, as a form's `file` or by itself.
    The name may be said in the address, or in the form."""
    name = request.GET.get("name", "")
    data = cast("bytes | QueryDict", request.data)
    if not data:
        raise ParseError("Send a digest: there is nothing in the body.")
    if isinstance(data, bytes):
        return name or "upload", data
    form_only(data, "file", "name", "dry_run", many=["dry_run"])
    file = request.FILES.get("file")
    if file is None:
        raise ValidationError({"file": ["Send the digest as the form's file."]})
    also = data.get("name", "")
    if name and also and name != also:
        raise ValidationError({"name": ["It is said twice, and not the same: say it once."]})
    return name or also or file.name or "upload", file.read(MAX_BYTES + 1)


def parse_day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


class Sources(ApiViewSet):
    """The files that were loaded: for curators."""

    scopes = ("digests:write", "")
    http_method_names = ["get", "head", "options"]

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        known = request.method in self.allowed_methods
        if known and not may(request, "digest.view_source"):
            raise PermissionDenied(f"The files that were loaded are for curators{_WITH}")

    @extend_schema(**schema.SOURCES)
    def list(self, request: Request) -> Response:
        only(request.GET, "page_size", "cursor")
        rows, size = Source.objects.defer("content"), size_of_page(request)
        found, next = Order((("pk", True, int),)).page(request, rows, size)
        return Response(page(request, [_source(row) for row in found], next))

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
