"""The library's page, and what people do with papers from any list of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import retarget

from accounts.access import MemberRequest, go_back, logged_in
from accounts.forms.library import DensityForm, MarkForm, ShelfForm
from accounts.library.bookmarks import SavedBookmark
from accounts.library.shelf import Found
from accounts.models import Status, Step
from digest.models import Paper
from digest.pages.files import about_page, file_of
from digest.pages.installed import offline_copy
from digest.pages.paging import turn_to
from digest.search import Query

from .filing import part_of_page, refused
from .list_items import add_to, remove_from
from .list_page import not_found

_UNDO = "undo"
_ON_A_CARD = ("add", "remove", "dismiss", "show")
"""What the buttons of a card do."""


@logged_in
@require_safe
@offline_copy
def library(request: MemberRequest) -> HttpResponse:
    """The reader's papers, as far as the address asks for them."""
    form, query, found = _search(request)
    page = turn_to(request, found, request.user.papers_on_a_page)
    papers = list(page)
    context = {
        "form": form,
        "query": query,
        "page": page,
        "papers": papers,
        "tabs": _tabs(request, request.library.shelf.tally),
        "asked": _address(request.GET).removeprefix("?"),
        "sorts": [
            (label, _address(request.GET, sort=value), value == form.order)
            for value, label in ShelfForm.base_fields["sort"].choices  # type: ignore[attr-defined]
        ],
        "statuses": Status.choices,
        "editable": request.library.lists.editable(),
    }
    return render(request, "accounts/library.html", context)


@logged_in
@require_safe
def library_file(request: MemberRequest, suffix: str) -> HttpResponseBase:
    """The same papers, those of all pages, as a file to cite from."""
    _, _, found = _search(request)
    about = about_page("Your library", request.get_full_path(), request)
    return file_of(suffix, found, about, "library")


def _search(request: MemberRequest) -> tuple[ShelfForm, Query, Found]:
    """What the address of the library asks for, and what that finds."""
    form = ShelfForm(request.GET)
    form.is_valid()
    shelf = request.library.shelf
    query = shelf.parse(form.cleaned_data.get("q") or "")
    return form, query, shelf.find(query, form.order)


def _tabs(request: MemberRequest, tally: dict[str, int]) -> list[tuple[str, str, int | None, bool]]:
    """Ways to narrow the library at once: label, address, number of papers, and whether chosen."""
    queries = [
        ("All", "", None),
        *((status.label.capitalize(), f"is:{status}", tally[status]) for status in Status),
        ("With a note", "has:note", tally["note"]),
    ]
    chosen = request.GET.get("q", "").strip()
    return [
        (label, _address(request.GET, q=query), number, chosen == query)
        for label, query, number in queries
    ]


def _address(parameters: QueryDict, **changes: str) -> str:
    """The library's page with these parameters changed, from its first page on."""
    address = parameters.copy()
    address.pop("page", None)
    for name, value in changes.items():
        if value:
            address[name] = value
        else:
            address.pop(name, None)
    return f"?{address.urlencode()}"


@logged_in
@require_POST
@not_found
def mark(request: MemberRequest) -> HttpResponse:
    """Do something with papers: a star on a card, or an action on those chosen in the library.

    A part of a page is given the card's own part anew, a form is led back to where it was.
    """
    form = MarkForm(request.library, request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return refused(request, reverse("library"))
    papers, do = list(form.cleaned_data["paper"]), form.cleaned_data["do"]
    if do in ("list", "unlist"):
        return _file(request, do, papers, form)
    before = _do(request, do, papers)
    if request.htmx and len(papers) == 1 and "part" not in request.POST:
        context = {
            "paper": papers[0],
            "papers": papers,
            "marks": request.library.marks([papers[0].pk]),
            "next": request.POST.get("next", ""),
        }
        alone = "alone" in request.POST
        context["alone"] = alone
        if do not in ("dismiss", "show") or alone:
            return render(request, "accounts/_paper_bookmark.html", context)
        # The whole row of the list is another, whichever form of it asked.
        response = render(request, "accounts/_listed.html", context)
        response["HX-Reswap"] = "innerHTML settle:0ms"
        return retarget(response, "closest li")
    if before is not None:
        remember(request, [paper.pk for paper in papers], before)
    messages.success(request, _done(do, papers), extra_tags="undo" * (before is not None))
    # Without JavaScript, a card's button loads the page anew: at the place of the card.
    is_card = len(papers) == 1 and do in _ON_A_CARD and "alone" not in request.POST
    place = f"bookmark-{papers[0].pk}" if is_card else ""
    return part_of_page(request) or go_back(request, reverse("library"), place)


def _file(request: MemberRequest, do: str, papers: list[Paper], form: MarkForm) -> HttpResponse:
    """Add the papers to a list, or remove them from it."""
    opened = request.library.lists.open(form.cleaned_data["list"].slug)
    keys = [paper.pk for paper in papers]
    try:
        undo = (add_to if do == "list" else remove_from)(request, opened, keys)
    except ValidationError as error:  # a list has only so many papers
        messages.error(request, " ".join(error.messages))
        return refused(request, reverse("library"))
    outcome = "in" if do == "list" else "no longer in"
    done = f"{_what(papers)} {outcome} the list “{opened.reading_list}”."
    messages.success(request, done, extra_tags=undo)
    return part_of_page(request) or go_back(request, reverse("library"))


def _do(request: MemberRequest, do: str, papers: Iterable[Paper]) -> list[SavedBookmark] | None:
    """What the bookmarks were before; None if they are not concerned."""
    keys = [paper.pk for paper in papers]
    bookmarks = request.library.bookmarks
    match do:
        case "show":
            bookmarks.show_again(keys)
            return None
        case "remove":
            return bookmarks.remove(keys)
        case "dismiss":
            return bookmarks.dismiss(keys)
        case "add":
            request.user.finish(Step.STAR)
            return bookmarks.add(keys)
    return bookmarks.add(keys, do)


def _done(do: str, papers: list[Paper]) -> str:
    outcomes = {
        "add": "bookmarked",
        "remove": "no longer in your library",
        "dismiss": "not shown in lists any more",
        "show": "shown in lists again",
    }
    return f"{_what(papers)} {outcomes.get(do) or f'marked as {Status(do).label}'}."


def _what(papers: list[Paper]) -> str:
    """The subject of a sentence about the papers, and its verb."""
    return f"“{papers[0].title}” is" if len(papers) == 1 else f"{len(papers):,} papers are"


def remember(request: HttpRequest, papers: list[int], before: list[SavedBookmark]) -> None:
    """Save in the session what the bookmarks of the papers were before, for `undo`."""
    saved = [(one.paper, one.status, one.added_at.isoformat()) for one in before]
    request.session[_UNDO] = [papers, saved]


@logged_in
@require_POST
def density(request: MemberRequest) -> HttpResponse:
    """Save how much lists show of each paper. A page that shows it already stays as it is."""
    form = DensityForm(request.POST)
    if form.is_valid():
        request.user.density = form.cleaned_data["density"]
        request.user.save(update_fields=["density"])
        request.user.finish(Step.LISTS)
        return HttpResponse(status=204) if request.htmx else go_back(request, reverse("library"))
    messages.error(request, " ".join(map(str, form.errors["density"])))
    return refused(request, reverse("library"))


@logged_in
@require_POST
@not_found
def undo(request: MemberRequest) -> HttpResponse:
    """Undo the last change of bookmarks. A second time there is nothing to undo."""
    papers, before = request.session.pop(_UNDO, (None, ()))
    if papers is None:
        messages.info(request, "There is nothing to undo.")
    else:
        saved = [
            SavedBookmark(paper, status, when)
            for paper, status, added_at in before
            if (when := parse_datetime(added_at))
        ]
        request.library.bookmarks.undo_changes(papers, saved)
        messages.success(request, "Undone.")
    return part_of_page(request) or go_back(request, reverse("library"))
