"""The digests for programs: read, loaded, and the files that they came from."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any, cast

from django.http import HttpResponseBase, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound, ParseError, PermissionDenied, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from digest.catalogue.load import load
from digest.catalogue.preview import preview
from digest.formats import MAX_BYTES
from digest.models import Digest, Paper, Placement, Source
from digest.rights import may

from .base import ApiViewSet, CatalogueViewSet
from .pages import Order
from .papers import FIELDS, fields_of
from .parsers import (
    BytesParser,
    MarkdownParser,
    RawJsonParser,
    TextParser,
    XmlParser,
    dry_run,
    form_only,
)
from .schema import Operation
from .serializers import (
    DigestSerializer,
    LoadReportSerializer,
    SourceSerializer,
    UploadSerializer,
    WholeDigestSerializer,
)

_WITH = (
    ", with a second factor that this session showed, or the one in which the token was made."
    " Tokens from before you had one are made anew, on your account’s page."
)


class DigestsViewSet(CatalogueViewSet):
    """Digests, newest first; one has its papers whole, in order."""

    orders = {"-date": Order((("date", True, date),)), "date": Order((("date", False, date),))}
    http_method_names = ["get", "head", "options", "post"]
    scopes = ("catalogue:read", "digests:write")
    parser_classes = [
        MultiPartParser,
        MarkdownParser,
        XmlParser,
        TextParser,
        RawJsonParser,
        BytesParser,
    ]

    @Operation("digests", DigestSerializer)
    def list(self, request: Request) -> HttpResponseBase:
        return self.cached(lambda: self.page(Digest.objects.all()))

    @Operation("digest", WholeDigestSerializer, parameters=[FIELDS])
    def retrieve(self, request: Request, day: date) -> HttpResponseBase:
        fields = fields_of(request)
        found: Any = Digest.objects.filter(date=day).first()
        if found is None:
            raise NotFound(f"There is no digest of {day}.")
        places = Placement.objects.filter(digest=found).order_by("position")

        def make() -> dict[str, Any]:
            keys = list(places.values_list("paper", flat=True))
            papers = Paper.objects.for_cards().in_bulk(keys)
            found.trimmed = [(papers[key], fields) for key in keys]
            return self.answer(found)

        return self.cached(make)

    @Operation(
        "digest_load",
        LoadReportSerializer,
        body={
            "multipart/form-data": UploadSerializer,
            "text/markdown": OpenApiTypes.BINARY,
            "application/xml": OpenApiTypes.BINARY,
            "text/plain": OpenApiTypes.BINARY,
            "application/json": OpenApiTypes.ANY,
            "application/octet-stream": OpenApiTypes.BINARY,
        },
        statuses=[200, 201],
        parameters=[
            OpenApiParameter(
                "dry_run",
                description="`true`: report, and write nothing; may stand in the form instead",
                enum=["true", "false", "1", "0"],
            ),
            OpenApiParameter(
                "name",
                description="the file's name, whose date counts where the content names none",
            ),
        ],
        summary="Load a digest, as `load_digest` does",
        description="The body is the file itself, or a form's `file`. The same bytes twice change"
        " nothing.",
    )
    def create(self, request: Request) -> Response:
        if not may(request, "digest.add_source"):
            raise PermissionDenied(f"Digests are loaded by curators{_WITH}")
        name, content = sent_file(request)
        dry = dry_run(request, default=False)
        report = preview(content, name).report if dry else load(content, name, request.user.pk)
        if report.status == "unreadable":
            texts = [str(problem) for problem in report.problems] or ["There is no digest in it."]
            raise ValidationError({"file": texts})
        written = report.status == "loaded" and not dry
        answer = self.answer({**asdict(report), "written": written})
        return Response(answer, status=201 if written else 200)


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


class SourcesViewSet(ApiViewSet):
    """The files that were loaded: for curators."""

    scopes = ("digests:write", "")
    http_method_names = ["get", "head", "options"]
    order = Order((("pk", True, int),))

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        supported = request.method in self.allowed_methods
        if supported and not may(request, "digest.view_source"):
            raise PermissionDenied(f"The files that were loaded are for curators{_WITH}")

    @Operation("sources", SourceSerializer)
    def list(self, request: Request) -> Response:
        return Response(self.page(Source.objects.defer("content")))

    @Operation("source", SourceSerializer)
    def retrieve(self, request: Request, pk: int) -> Response:
        found = Source.objects.defer("content").filter(pk=pk).first() if pk < 2**63 else None
        if found is None:
            raise NotFound("There is no such source.")
        return Response(self.answer(found))
