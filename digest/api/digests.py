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
from digest.models import DEFAULT, Digest, Paper, Placement, Source, Stream
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
    StreamSerializer,
    UploadSerializer,
    WholeDigestSerializer,
)

_WITH = (
    ", with a second factor that this session showed, or the one in which the token was made."
    " Tokens from before you had one are made anew, on your account’s page."
)


STREAM = OpenApiParameter("stream", description="id of a stream; by default, the default one")


def chosen_stream(name: str | None) -> Stream:
    """The stream with an id, or the default one. Raises ValidationError."""
    if name is None:
        return Stream.objects.get(pk=DEFAULT)
    # Compared here: PostgreSQL takes no text with a NUL, which an address may have.
    found = next((stream for stream in Stream.objects.all() if stream.slug == name), None)
    if found is None:
        raise ValidationError({"stream": ["There is no such stream."]})
    return found


class StreamsViewSet(CatalogueViewSet):
    """Series of digests: the default one, and others such as those of arXiv categories."""

    orders = {"id": Order((("pk", False, int),))}

    @Operation("streams", StreamSerializer, summary="The streams of digests")
    def list(self, request: Request) -> HttpResponseBase:
        return self.cached(lambda: self.page(Stream.objects.all()))


class DigestsViewSet(CatalogueViewSet):
    """Digests of a stream, newest first; one has its papers whole, in order."""

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

    @Operation("digests", DigestSerializer, parameters=[STREAM], summary="The digests of a stream")
    def list(self, request: Request) -> HttpResponseBase:
        stream = chosen_stream(request.query_params.get("stream"))
        rows = Digest.objects.of(stream.pk).select_related("stream")
        return self.cached(lambda: self.page(rows))

    @Operation(
        "digest",
        WholeDigestSerializer,
        parameters=[FIELDS, STREAM],
        summary="One digest, with its papers in order",
    )
    def retrieve(self, request: Request, day: date) -> HttpResponseBase:
        fields = fields_of(request)
        stream = chosen_stream(request.query_params.get("stream"))
        digests = Digest.objects.of(stream.pk).select_related("stream")
        found: Any = digests.filter(date=day).first()
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
            "application/json": OpenApiTypes.BINARY,
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
            OpenApiParameter(
                "stream",
                description="id of the stream of its digests; by default, the default one",
            ),
        ],
        summary="Load a digest, as the command load_digest does",
        description="The body is the file itself, or a form's `file`. The same bytes twice change"
        " nothing.",
    )
    def create(self, request: Request) -> Response:
        if not may(request, "digest.add_source"):
            raise PermissionDenied(f"Digests are loaded by curators{_WITH}")
        name, content, slug = sent_file(request)
        stream = chosen_stream(slug).pk
        dry = dry_run(request, default=False)
        if dry:
            report = preview(content, name, stream=stream).report
        else:
            report = load(content, name, request.user.pk, stream=stream)
        if report.status == "unreadable":
            texts = [str(problem) for problem in report.problems] or ["There is no digest in it."]
            raise ValidationError({"file": texts})
        written = report.status == "loaded" and not dry
        answer = self.answer({**asdict(report), "written": written})
        return Response(answer, status=201 if written else 200)


def sent_file(request: Request) -> tuple[str, bytes, str | None]:
    """The name and the bytes of the file that a request has, as a form's `file` or by itself, and
    the id of its stream. Name and stream may be given in the address, or in the form."""
    name, stream = request.GET.get("name", ""), request.GET.get("stream")
    data = cast("bytes | QueryDict", request.data)
    if not data:
        raise ParseError("Send a digest: there is nothing in the body.")
    if isinstance(data, bytes):
        return name or "upload", data, stream
    form_only(data, "file", "name", "stream", "dry_run", many=["dry_run"])
    file = request.FILES.get("file")
    if file is None:
        raise ValidationError({"file": ["Send the digest as the form's file."]})
    also = data.get("name", "")
    if name and also and name != also:
        raise ValidationError({"name": ["It is said twice, and not the same: say it once."]})
    in_form = data.get("stream")
    if stream is not None and in_form is not None and stream != in_form:
        raise ValidationError({"stream": ["It is given twice, and not the same: give it once."]})
    of = in_form if stream is None else stream
    return name or also or file.name or "upload", file.read(MAX_BYTES + 1), of


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

    @Operation("sources", SourceSerializer, summary="The files that were loaded, newest first")
    def list(self, request: Request) -> Response:
        rows = Source.objects.select_related("stream").defer("content")
        return Response(self.page(rows))

    @Operation("source", SourceSerializer, summary="One file that was loaded, with its problems")
    def retrieve(self, request: Request, pk: int) -> Response:
        rows = Source.objects.select_related("stream").defer("content")
        found = rows.filter(pk=pk).first() if pk < 2**63 else None
        if found is None:
            raise NotFound("There is no such source.")
        return Response(self.answer(found))
