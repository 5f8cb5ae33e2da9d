"""What editors do with the papers of a reading list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from accounts.access import MemberRequest, go_back, logged_in
from accounts.forms.lists import ItemsForm
from accounts.library import Access, OpenList, Removed
from digest.models import Paper

from .filing import part_of_page
from .list_page import at_page, items_of, list_page, not_found, size_of_page

_ADDED = "added-to-list"
_REMOVED = "removed-from-list"


@logged_in
@require_POST
@not_found
def list_items(request: MemberRequest, slug: str) -> HttpResponse:
    """Add papers to a list, remove them, move them, and comment on them.

    A page's script is given the items anew, a form is led back to where it was.
    """
    opened = request.library.lists.open(slug)
    opened.needs(Access.EDITOR)
    form = ItemsForm(request.library, request.POST)
    moved = None
    if form.is_valid():
        try:
            moved = _do(request, opened, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None if hasattr(error, "error_dict") else "paper", error)
    paginator = Paginator(items_of(opened), size_of_page(request))
    page = paginator.get_page(request.GET.get("page"))
    if form.errors:
        return list_page(request, opened, page, wrong=form)
    if request.htmx:
        return list_page(request, opened, page)
    address = at_page(opened.reading_list.get_absolute_url(), page)
    return redirect(address + (f"#item-{moved}" if moved else ""))


def _do(request: MemberRequest, opened: OpenList, values: dict[str, Any]) -> int | None:
    """Do what the form asks for. The paper to go on from is returned, if there is one.

    Raises ValidationError, NotFound.
    """
    papers = list(values["paper"])
    keys = [paper.pk for paper in papers]
    one, what = papers[0], _titles(papers)
    undo = ""
    match values["do"]:
        case "add":
            undo = add_to(request, opened, keys)
            done = f"{what} {_are(papers)} in the list{'' if undo else ' already'}."
        case "remove":
            undo = remove_from(request, opened, keys)
            done = f"{what} {_are(papers)} no longer in the list."
        case "move":
            to, section = values["to"]
            item = opened.move(one.pk, to, section)
            many = opened.items().count()
            done = f"{what} is now {min(max(to, 1), many):,} of {many:,}"
            done += f", in “{item.section}”." if item.section else "."
        case "describe":
            opened.describe_item(one.pk, comment=values["comment"], section=values["section"])
            done = f"The comment and section of {what} are saved."
        case shows:
            opened.show_note(one.pk, shows == "show-note")
            whom = "to all who may read the list" if shows == "show-note" else "to you alone"
            done = f"Your note on {what} is shown {whom}."
    messages.success(request, done, extra_tags=undo)
    return one.pk if values["do"] not in ("add", "remove") else None


def _titles(papers: list[Paper]) -> str:
    return f"“{papers[0].title}”" if len(papers) == 1 else f"{len(papers):,} papers"


def _are(papers: list[Paper]) -> str:
    return "is" if len(papers) == 1 else "are"


# Each returns the name of the view that undoes it, or "" if nothing was changed.


def add_to(
    request: MemberRequest, opened: OpenList, papers: list[int], is_new_list: bool = False
) -> str:
    """Put papers at the end of a list. Raises ValidationError."""
    there = opened.items().filter(paper__in=papers).values_list("paper", flat=True)
    new = [*{*papers}.difference(there)]
    if not opened.add(papers):
        return ""
    request.session[_ADDED] = [opened.reading_list.slug, new, is_new_list]
    return "undo-addition"


def remove_from(request: MemberRequest, opened: OpenList, papers: list[int]) -> str:
    """Remove papers from a list."""
    removed = opened.remove(papers)
    if not removed:
        return ""
    rows = [(*was[:-1], was.added_at.isoformat()) for was in removed]
    request.session[_REMOVED] = [opened.reading_list.slug, rows]
    return "undo-removal"


@logged_in
@require_POST
@not_found
def undo_addition(request: MemberRequest) -> HttpResponse:
    """Remove what was added to a list last; the list as well, if it was made for it and has nothing
    else. A second time there is nothing to undo."""
    slug, papers, is_new_list = request.session.pop(_ADDED, ("", (), False))
    if not slug:
        messages.info(request, "There is nothing to undo.")
        return part_of_page(request) or go_back(request, reverse("reading-lists"))
    opened = request.library.lists.open(slug)
    opened.remove(papers)
    address = opened.reading_list.get_absolute_url()
    if is_new_list and not opened.reading_list.items.exists():
        opened.delete()
        address = reverse("reading-lists")
    messages.success(request, "Undone.")
    return part_of_page(request) or go_back(request, address)


@logged_in
@require_POST
@not_found
def undo_removal(request: MemberRequest) -> HttpResponse:
    """Undo the last removal from a list. A second time there is nothing to undo."""
    slug, rows = request.session.pop(_REMOVED, ("", ()))
    if not slug:
        messages.info(request, "There is nothing to undo.")
        return part_of_page(request) or go_back(request, reverse("reading-lists"))
    opened = request.library.lists.open(slug)
    try:
        opened.undo_removal(_removed(rows))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "Undone.")
    return part_of_page(request) or go_back(request, opened.reading_list.get_absolute_url())


def _removed(rows: Iterable[list[Any]]) -> list[Removed]:
    return [
        Removed(paper, position, section, comment, when)
        for paper, position, section, comment, added_at in rows
        if (when := parse_datetime(added_at))
    ]
