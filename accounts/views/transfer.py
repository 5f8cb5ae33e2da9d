"""The export of a library, and the import of papers and libraries."""

from __future__ import annotations

from tempfile import TemporaryFile

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import references
from accounts.access import MemberRequest, logged_in
from accounts.archive import BadArchive
from accounts.forms.library import ConfirmImportForm, ImportForm
from accounts.models import Step
from accounts.transfer import (
    SCHEMA,
    Undo,
    add_papers,
    count_by_format,
    export,
    match,
    may_import,
    personal_parts,
    restore,
    undo_import,
)
from digest.log import security
from digest.pages.resubmission import limited

_UNDO = "undo-import"


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
    bookmarked = {key for key, mark in marks.items() if mark.status}
    personal = personal_parts(request.library, found)
    context = {
        "reading": reading,
        "found": found,
        "formats": count_by_format(reading, found, bookmarked),
        "bookmarked": len(bookmarked),
        "new": len(found.papers) - len(bookmarked),
        "personal": personal,
        "form": ConfirmImportForm(
            request.library,
            initial={
                "papers": " ".join(paper.slug for paper in found.papers),
                "notes": personal.notes,
                "tags": personal.tags,
                "add_notes": True,
            },
        ),
    }
    return render(request, "accounts/preview.html", context)


@logged_in
@require_POST
def confirm_import(request: MemberRequest) -> HttpResponse:
    """Bookmark the papers of a preview, with notes, and put them into lists, as chosen."""
    form = ConfirmImportForm(request.library, request.POST)
    if not form.is_valid():
        return render(request, "accounts/preview.html", {"form": form}, status=400)
    given = form.cleaned_data
    papers = request.library.papers(given["papers"])
    lists = request.library.lists
    try:
        added = add_papers(
            request.library,
            papers,
            status=given["status"],
            into=[lists.open(given["list"].slug)] if given["list"] else [],
            new_list=given["new_list"],
            notes=given["notes"] if given.get("add_notes") else None,
            tagged=given["tags"] if given.get("list_tags") else None,
        )
    except ValidationError as error:
        form.add_error("new_list" if given["new_list"] else None, error.messages[0])
        return render(request, "accounts/preview.html", {"form": form}, status=400)
    request.session[_UNDO] = added.undo
    request.user.finish(Step.IMPORT)
    count = len(added.undo.papers)
    what = f"{count:,} paper{'s are' if count != 1 else ' is'} in your library"
    more = [f"in the list “{into.name}”" for into in added.into]
    if added.notes:
        more.append(f"with {added.notes:,} note{'s' * (added.notes > 1)}")
    if added.tag_lists:
        more.append(f"in {added.tag_lists:,} list{'s' * (added.tag_lists > 1)} of tags")
    messages.success(request, f"{', and '.join([what, *more])}.", extra_tags=_UNDO)
    for problem in added.problems:
        messages.warning(request, problem)
    return redirect(added.into[-1] if added.into else "library")


@logged_in
@require_POST
def undo_last_import(request: MemberRequest) -> HttpResponse:
    """Take back what the last import added. A second time there is nothing to undo."""
    if _UNDO not in request.session:
        messages.info(request, "There is nothing to undo.")
    else:
        try:
            undo_import(request.library, Undo(*request.session[_UNDO]))
        except ValidationError:
            problem = "A note was changed at the same time. Nothing is undone yet."
            messages.error(request, problem, extra_tags=_UNDO)
        else:
            del request.session[_UNDO]
            messages.success(request, "Undone. What you changed since the import stays.")
    return redirect("library")


def _page(request: MemberRequest, form: ImportForm) -> HttpResponse:
    status = 400 if form.errors else 200
    return render(request, "accounts/import.html", {"form": form}, status=status)
