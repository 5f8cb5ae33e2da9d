"""Saved searches: what is new in them, and how they are saved, renamed and deleted."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, back, go_back, logged_in
from accounts.forms.searches import NewSearchForm, SearchForm, SearchSettingsForm
from accounts.library.searches import SearchFields, newest_paper
from accounts.models import SavedSearch, SearchKind
from digest.models import Paper
from digest.pages.facets import FilterPanel
from digest.pages.paging import turn_to
from digest.search.filters import PaperFilter

from .list_page import not_found

_UNDO = "undo_search"


@logged_in
@require_safe
def searches(request: MemberRequest) -> HttpResponse:
    """The reader's saved searches, each with how many papers are new in it."""
    found = list(request.library.searches.all())
    new = request.library.searches.new(found)
    rows = [(search, new[search.pk]) for search in found]
    return render(request, "accounts/searches.html", {"rows": rows})


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def new_search(request: MemberRequest) -> HttpResponse:
    """Save a search: at once, from the button of a list, or after a look at its name."""
    sent = request.POST if request.method == "POST" else None
    given = {name: request.GET.get(name, "") for name in ("kind", "query", "name")}
    form = NewSearchForm(sent, initial=given)
    if form.is_valid():
        kind, query, name = (form.cleaned_data[field] for field in ("kind", "query", "name"))
        own = request.library.searches
        try:
            search, is_new = own.save(kind, query, name or own.free_name(_name(kind, query)))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            done = "is saved" if is_new else "was saved already"
            messages.success(request, f"The search “{search.name}” {done}.")
            return redirect(back(request, reverse("searches")))
    kind, query = (form[name].value() or "" for name in ("kind", "query"))
    context = {"form": form, "asks_for": _name(kind, query)}
    return render(request, "accounts/new_search.html", context, status=400 if form.errors else 200)


def _name(kind: str, query: str) -> str:
    """What a list asks for, in words."""
    data = QueryDict(query.removeprefix("?"))
    if kind == SearchKind.LIBRARY:
        return data.get("q", "")
    # Pages show a name between quotation marks: it needs none around the words that are searched.
    return ", ".join(chip.label.strip("“”") for chip in FilterPanel(PaperFilter(data)).chips())


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
@not_found
def search(request: MemberRequest, key: int) -> HttpResponse:
    """The papers that are new in a saved search; and what its owner does with it."""
    own = request.library.searches
    found = own.get(key)
    sent = request.POST if request.method == "POST" else None
    form = SearchForm(sent)
    saves = form.is_valid() and form.cleaned_data["do"] == "save"
    settings = SearchSettingsForm(found, sent if saves else None)
    if saves and settings.is_valid():
        try:
            own.change(key, **settings.cleaned_data)
        except ValidationError as error:
            settings.add_error(None, error)
        else:
            messages.success(request, "Saved.")
            return redirect(found)
    elif form.is_valid() and not saves:
        return _do(request, found, form)
    until = newest_paper()  # before what is new is looked for: what comes then stays new
    new = own.new([found])[key]
    page = turn_to(request, new.papers, request.user.papers_on_a_page)
    papers = Paper.objects.in_bulk(list(page))
    context = {
        "search": found,
        "form": form,
        "settings": settings,
        "page": page,
        "papers": [papers[paper] for paper in page if paper in papers],
        "is_exact": new.is_exact,
        "until": until,
    }
    status = 400 if form.errors or settings.errors else 200
    return render(request, "accounts/search.html", context, status=status)


def _do(request: MemberRequest, search: SavedSearch, form: SearchForm) -> HttpResponse:
    """Raises NotFound."""
    own = request.library.searches
    if form.cleaned_data["do"] == "seen":
        fields = own.mark_seen(search.pk, form.cleaned_data["until"])
        done = f"The new papers of “{search.name}” are marked as seen."
    else:
        fields = own.remove(search.pk)
        done = f"The search “{search.name}” is deleted."
    _remember(request, fields)
    messages.success(request, done, extra_tags="undo-search")
    return go_back(request, reverse("searches"))


def _remember(request: MemberRequest, fields: SearchFields) -> None:
    """Save in the session what a search was before, for `undo`."""
    times = {name: getattr(fields, name).isoformat() for name in ("added_at", "seen_at")}
    request.session[_UNDO] = fields._asdict() | times


@logged_in
@require_POST
def undo(request: MemberRequest) -> HttpResponse:
    """Undo the last change of a search. A second time there is nothing to undo."""
    saved = request.session.pop(_UNDO, None)
    if saved is None:
        messages.info(request, "There is nothing to undo.")
        return go_back(request, reverse("searches"))
    times = {name: parse_datetime(saved[name]) for name in ("added_at", "seen_at")}
    problems = request.library.searches.restore([SearchFields(**{**saved, **times})])
    if problems:
        messages.error(request, " ".join(problems))
    else:
        messages.success(request, "Undone.")
    return go_back(request, reverse("searches"))
