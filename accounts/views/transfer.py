"""The export of a library, and the import of papers and libraries."""

from __future__ import annotations

from tempfile import TemporaryFile

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import references
from accounts.access import MemberRequest, logged_in
from accounts.archive import BadArchive
from accounts.forms.library import ConfirmImportForm, ImportForm
from accounts.models import Step
from accounts.transfer import SCHEMA, export, match, may_import, restore
from accounts.views.bookmarks import remember
from digest.log import security
from digest.pages.resubmission import limited


@logged_in
@require_safe
def export_library(request: MemberRequest) -> FileResponse:
    """All that the reader made, as a ZIP."""
    security("account_exported")
    file = TemporaryFile()  # noqa: SIM115 (it is closed with the response)
    export(request.library, request.user, file)
    file.seek(0)
    name = f"paper-digest-{request.user.username}-{timezone.localdate()}.zip"
    return FileResponse(file, as_attachment=True, filename=name)


@require_safe
def schema(request: MemberRequest) -> HttpResponse:
    """The form of an export, as JSON Schema."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/schema+json")


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def import_papers(request: MemberRequest) -> HttpResponse:
    """Read a file of references and preview its papers; or import an export of a library."""
    if request.method != "POST":
        return _page(request, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    if not may_import(request, request.user):
        return limited(request)
    content: bytes = form.cleaned_data["content"]
    if content.startswith(b"PK\x03\x04"):
        try:
            restored = restore(request.library, request.user, content)
        except BadArchive as error:
            form.add_error("file", str(error))
            return _page(request, form)
        request.user.finish(Step.IMPORT)
        return render(request, "accounts/restored.html", {"restored": restored})
    reading = references.read(content)
    found = match(request.library, reading.references)
    marks = request.library.marks(paper.pk for paper in found.papers)
    context = {
        "reading": reading,
        "found": found,
        "bookmarked": sum(bool(mark.status) for mark in marks.values()),
        "form": ConfirmImportForm(
            request.library, initial={"papers": " ".join(p.slug for p in found.papers)}
        ),
    }
    return render(request, "accounts/preview.html", context)


@logged_in
@require_POST
def confirm_import(request: MemberRequest) -> HttpResponse:
    """Bookmark the papers of a preview, and put them into a list if one is named."""
    form = ConfirmImportForm(request.library, request.POST)
    if not form.is_valid():
        return render(request, "accounts/preview.html", {"form": form}, status=400)
    found = request.library.papers(form.cleaned_data["papers"])
    papers = list(dict.fromkeys(paper.pk for paper in found.values()))
    lists = request.library.lists
    try:
        with transaction.atomic():
            before = request.library.bookmarks.add(papers, form.cleaned_data["status"])
            into = form.cleaned_data["list"]
            if name := form.cleaned_data["new_list"]:
                into = lists.create(name)
            if into:
                lists.open(into.slug).add(papers)
    except ValidationError as error:
        form.add_error("new_list", error.messages[0])
        return render(request, "accounts/preview.html", {"form": form}, status=400)
    remember(request, papers, before)
    request.user.finish(Step.IMPORT)
    what = f"{len(papers):,} paper{'s are' if len(papers) != 1 else ' is'} in your library"
    where = f", and in the list “{into.name}”" if into else ""
    messages.success(request, f"{what}{where}.", extra_tags="undo")
    return redirect(into or "library")


def _page(request: MemberRequest, form: ImportForm) -> HttpResponse:
    status = 400 if form.errors else 200
    return render(request, "accounts/import.html", {"form": form}, status=status)
