"""In and out for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from tempfile import TemporaryFile
from typing import Any, cast

from django.core.exceptions import ValidationError as InvalidValue
from django.http import FileResponse, HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import references
from accounts.archive import BadArchive
from accounts.forms.library import MAX_UPLOAD
from accounts.library import Access
from accounts.models import User
from accounts.transfer import add_papers, export, match, may_import, personal_parts, restore
from digest.api.parsers import JsonParser, dry_run
from digest.api.schema import Operation
from digest.log import security
from digest.pages.resubmission import Reason

from .base import LibraryViewSet
from .bodies import ImportFileSerializer, ImportTextSerializer
from .serializers import ReferencesSerializer, RestoredSerializer


class ZipRenderer(BaseRenderer):
    """For those who ask for a ZIP by name; the view makes it itself."""

    media_type = "application/zip"
    format = "zip"


class TransferViewSet(LibraryViewSet):
    parser_classes = [JsonParser, MultiPartParser]

    def get_renderers(self) -> list[Any]:
        return [*([ZipRenderer()] if self.action == "export" else []), JSONRenderer()]

    @Operation(
        "import",
        PolymorphicProxySerializer(
            component_name="Import",
            serializers=[ReferencesSerializer, RestoredSerializer],
            resource_type_field_name=None,
        ),
        errors=[404, 409],
        body={
            "application/json": ImportTextSerializer,
            "multipart/form-data": ImportFileSerializer,
        },
        parameters=[OpenApiParameter("dry_run", bool, description="as in the body")],
        example=ReferencesSerializer.example,
        summary="Import papers or an export",
    )
    def create(self, request: Request) -> Response:
        """Bookmark the papers that a file or a text names, or add what an export from here holds.

        Unless `dry_run` is false, nothing is changed, and the answer says what would be.
        """
        content, data = self._content(request)
        dry = dry_run(request, default=True)
        if not may_import(request._request, cast(User, request.user)):
            raise Throttled(Reason.LIMITED.retry_after, "You imported too often in a short time.")
        if content.startswith(b"PK\x03\x04"):
            return self._restore(content, dry)
        into = self.library.lists.open(data["list"]) if data["list"] else None
        if into:
            into.needs(Access.EDITOR)
        reading = references.read(content)
        found = match(self.library, reading.references)
        personal = personal_parts(self.library, found)
        problems = [*reading.problems]
        if not dry:
            try:
                added = add_papers(
                    self.library,
                    {paper.slug: paper for paper in found.papers},
                    status=data.get("status", ""),
                    into=[into] if into else [],
                    notes=personal.notes if data["notes"] else None,
                    tagged=personal.tags if data["tag_lists"] else None,
                )
            except InvalidValue as error:
                if not data["tag_lists"]:
                    raise  # the list is full
                raise ValidationError({"tag_lists": error.messages}) from None
            left = [*personal.left, *added.problems]
            problems += [references.ReferenceProblem(1, reason) for reason in left]
        answer = {
            "format": reading.format,
            "dry_run": dry,
            "matched": found.papers,
            "missing": found.missing,
            "problems": problems,
            "mentions": reading.mentions,
            "notes": len(personal.notes),
            "tags": list(personal.tags),
        }
        return Response(ReferencesSerializer(answer).data)

    def _content(self, request: Request) -> tuple[bytes, dict[str, Any]]:
        """What is imported, and how."""
        if not (isinstance(request.data, Mapping) and "file" in request.data):
            data = self.body(ImportTextSerializer)
            return data["text"].encode(), data
        data = self.body(ImportFileSerializer)
        if data["file"].size > MAX_UPLOAD:
            raise ValidationError({"file": f"A file has at most {MAX_UPLOAD // 10**6} MB."})
        return data["file"].read(), data

    def _restore(self, content: bytes, dry_run: bool) -> Response:
        user = cast(User, self.request.user)
        try:
            restored = restore(self.library, user, content, dry_run=dry_run)
        except BadArchive as error:
            # It may cite the file, which may hold what no answer can.
            reason = str(error).encode(errors="backslashreplace").decode()
            raise ValidationError({"file": reason}) from None
        answer = {"format": "library", "dry_run": dry_run, **asdict(restored)}
        return Response(RestoredSerializer(answer).data)

    @Operation("export", None, summary="Export your library as a ZIP")
    def export(self, request: Request) -> HttpResponseBase:
        """All that you made, as a ZIP, which can be imported here or elsewhere."""
        file = TemporaryFile()  # noqa: SIM115 (it is closed with the response)
        user = cast(User, request.user)
        security("account_exported", user)
        export(self.library, user, file)
        file.seek(0)
        name = f"paper-digest-{user.username}-{timezone.localdate()}.zip"
        return FileResponse(file, as_attachment=True, filename=name)
