"""A person's note on a paper."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, logged_in
from accounts.forms.library import NoteForm
from accounts.library import Conflict
from accounts.models import Note
from digest.models import Paper


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def note(request: MemberRequest, slug: str) -> HttpResponse:
    """The note on a paper, to change. Scripts ask for JSON: what was saved, or what is in the way.

    A text that began from an older version than what is there is not saved: both are shown.
    """
    paper = request.library.paper(slug)
    if request.method != "POST":
        there = request.library.notes.get(paper.pk)
        shown: dict[str, object] = (
            {"text": there.text, "version": there.version} if there else {"text": "", "version": 0}
        )
        return _page(request, paper, shown)
    form = NoteForm(request.POST)
    for_script = request.accepts("application/json") and not request.accepts("text/html")
    shown = {"text": request.POST.get("text", ""), "version": request.POST.get("version", "0")}
    try:
        text, version = form.content()
        saved = request.library.notes.save(paper, text, version)
    except ValidationError as error:
        if for_script:
            return JsonResponse({"errors": error.messages}, status=400)
        return _page(request, paper, shown | {"errors": error.messages}, status=400)
    except Conflict as conflict:
        if for_script:
            return JsonResponse(_serialized(conflict.note), status=409)
        shown |= {"version": conflict.note.version if conflict.note else 0}
        return _page(request, paper, shown | {"conflict": True, "other": conflict.note}, status=409)
    if for_script:
        return JsonResponse(_serialized(saved))
    messages.success(request, "Your note is saved." if saved else "Your note is deleted.")
    return redirect("library" if paper.hidden else f"{paper.get_absolute_url()}#note")


def _serialized(note: Note | None) -> dict[str, object]:
    if note is None:
        return {"version": 0, "text": "", "html": ""}
    return {"version": note.version, "text": note.text, "html": note.html}


def _page(
    request: MemberRequest, paper: Paper, shown: dict[str, object], status: int = 200
) -> HttpResponse:
    return render(request, "accounts/note.html", {"paper": paper, **shown}, status=status)
