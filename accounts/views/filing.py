"""Filing one paper where it is read: its status, lists and note, without another page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, go_back, logged_in
from digest.models import Paper

from .list_page import not_found

_PARTS = {"menu": "accounts/_menu_marks.html", "lists": "accounts/_paper_lists.html"}
"""The parts of a page that its forms replace: their templates, by the value of a form's field
`part`."""


@logged_in
@require_safe
@not_found
def menu(request: MemberRequest, slug: str) -> HttpResponse:
    """The menu of a paper in a list: its reading status, the reader's lists, and their note; or, as
    `part=card`, the controls of its card after a change of the note.

    A browser that asks for it as a page is led to the paper's, which has the same.
    """
    paper = request.library.paper(slug)
    if not request.htmx:
        return redirect("note", slug) if paper.hidden else redirect(paper)
    context = _context(request, paper)
    context["next"] = request.htmx.current_url_abs_path or ""
    context["alone"] = "alone" in request.GET
    only_card = request.GET.get("part") == "card"
    template = "accounts/_paper_bookmark.html" if only_card else "accounts/_menu.html"
    return render(request, template, context)


def part_of_page(request: MemberRequest) -> HttpResponse | None:
    """The part of the page that a form asks for after its action; None if it asks for a whole page.
    Raises NotFound."""
    template = _PARTS.get(request.POST.get("part", ""))
    if not request.htmx or not template:
        return None
    paper = request.library.paper(request.POST.get("paper", ""))
    context = _context(request, paper)
    context |= {"next": request.POST.get("next", ""), "alone": "alone" in request.POST}
    return render(request, template, context | {"is_changed": True})


def refused(request: MemberRequest, otherwise: str) -> HttpResponse:
    """The answer when nothing was done and the messages say why: the messages for a part of a page,
    else a redirect to the page of the form."""
    if request.htmx:
        return render(request, "_messages.html", status=400)
    return go_back(request, otherwise)


def _context(request: MemberRequest, paper: Paper) -> dict[str, object]:
    return {"paper": paper, "marks": request.library.marks([paper.pk])}
