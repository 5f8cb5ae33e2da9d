"""The page of a reading list, its files and its feed, for those who may read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.core.paginator import Page
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.forms.lists import ItemsForm
from accounts.library import Access, Library, NotFound, OpenList
from accounts.models import ListItem, Status, User, Visibility
from digest.exports import to_cite
from digest.models import Paper
from digest.pages import paging
from digest.pages.files import about_page, feed_of, file_of, in_documents
from digest.pages.installed import allow_offline_copy
from digest.pages.origins import readable
from digest.pages.paging import HtmxRequest, number_of_papers, turn_to
from digest.pages.previews import answer

ITEMS_ON_A_PAGE = 100


def not_found(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """What is not there, or not for this person, is 404, with the same text for both."""

    @wraps(view)
    def with_links(request: HtmxRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            if request.user.is_authenticated:
                links = [("Your reading lists", reverse("reading-lists"))]
                raise paging.PageNotFound(str(error), links) from None
            log_in = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.path})}"
            raise paging.PageNotFound(
                f"{error} If it is yours, or you are a member of it, log in to see it.",
                [("Log in", log_in)],
            ) from None

    return with_links


# The page of a list


class Placed(NamedTuple):
    """An item where it stands, from 1.

    up, down: the places that come before and after, as the form for items reads them: under a
    section's heading and above it are two. note: its owner's, as HTML, if it is shown.
    """

    item: ListItem
    place: int
    up: str
    down: str
    note: str


class Section(NamedTuple):
    """Items one after the other that have the same section.

    heading: what stands above them; nothing, if they are under none and come first.
    """

    name: str
    heading: str
    placed: list[Placed]


@require_safe
@not_found
def reading_list(request: HtmxRequest, slug: str) -> HttpResponse:
    """A list, for those who may read it without its secret link."""
    opened = Library(request.user).lists.open(slug)
    response = list_page(request, opened, _turned(request, opened))
    if opened.is_owner or opened.reading_list.visibility == Visibility.PUBLIC:
        allow_offline_copy(request, response)
    if request.user.is_authenticated or opened.reading_list.visibility != Visibility.PUBLIC:
        add_never_cache_headers(response)
    return response


@require_safe
@not_found
def list_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture of a public list: its name, owner and size. Others have none, whoever asks."""
    opened = Library(request.user).lists.open(slug)
    found = opened.reading_list
    if found.visibility != Visibility.PUBLIC:
        raise NotFound
    count = found.items.filter(paper__hidden=False).count()
    lines = [f"A reading list by {found.owner}", number_of_papers(count)]
    response = answer(found.name, lines, "A reading list")
    response["Cache-Control"] = "no-cache"  # it may be private tomorrow
    return response


@require_safe
@never_cache
@not_found
def shared_list(request: HtmxRequest, secret: str) -> HttpResponseBase:
    """A list, for those who have its secret link. Those who need none are led to its own page."""
    opened = Library(request.user).lists.by_secret(secret)
    if opened.access > Access.READER or opened.reading_list.visibility == Visibility.PUBLIC:
        return redirect(opened.reading_list)
    return _secretly(list_page(request, opened, _turned(request, opened), secret))


def _secretly(response: HttpResponseBase) -> HttpResponseBase:
    """Do not let other sites or search engines have the address, which is all that is needed to
    read the list.

    No `no-referrer`: with that, browsers hide from this site, too, where its own forms come from.
    """
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def size_of_page(request: HtmxRequest) -> int:
    user = request.user
    return user.papers_on_a_page if isinstance(user, User) else ITEMS_ON_A_PAGE


def items_of(opened: OpenList) -> QuerySet[ListItem]:
    return opened.items().prefetch_related(Prefetch("paper", Paper.objects.for_cards()))


def _turned(request: HtmxRequest, opened: OpenList) -> Page[Any]:
    return turn_to(request, items_of(opened), size_of_page(request))


def list_page(
    request: HtmxRequest,
    opened: OpenList,
    page: Page[Any],
    secret: str = "",
    wrong: ItemsForm | None = None,
) -> HttpResponse:
    """The page of a list, or the part of it that has the items.

    wrong: what could not be done with them, shown beside the field.
    """
    found = opened.reading_list
    sections = _sections(opened, page)
    papers = [placed.item.paper for section in sections for placed in section.placed]
    # To add papers to, for whoever is logged in
    others = Library(request.user).lists.editable().exclude(pk=found.pk)
    address = reverse("shared-list", args=[secret]) if secret else found.get_absolute_url()
    context = {
        "opened": opened,
        "list": found,
        "page": page,
        "sections": sections,
        "papers": papers,
        "action": at_page(reverse("list-items", args=[found.slug]), page),
        "names": opened.sections() if opened.may_edit else (),
        "file": ("shared-file", secret) if secret else ("list-file", found.slug),
        "feed": _feed_address(opened, secret),
        "secret": secret,
        "next": at_page(address, page),
        "statuses": Status.choices,
        "editable": others,
        "wrong": wrong,
        "wrong_at": wrong and _wrong_at(wrong, papers),
    }
    if request.htmx:
        return render(request, "accounts/_list_changed.html", context)
    context["members"] = opened.members() if opened.is_member else ()
    return render(request, "accounts/reading_list.html", context)


def _wrong_at(form: ItemsForm, papers: list[Paper]) -> int | None:
    """The paper beside which to show what is wrong; none, if it is not about one that is shown."""
    chosen = form.cleaned_data.get("paper", ())
    if form.cleaned_data.get("do") in ItemsForm.ONE and len(chosen) == 1 and chosen[0] in papers:
        return int(chosen[0].pk)
    return None


def _feed_address(opened: OpenList, secret: str) -> str:
    """Of the feed that a reader can follow without logging in; nothing if there is none. The secret
    is shown only to the owner, and to those who used it."""
    found = opened.reading_list
    if found.visibility == Visibility.PUBLIC:
        return reverse("list-file", args=[found.slug, "atom"])
    if found.visibility == Visibility.LINK and (opened.is_owner or secret):
        return reverse("shared-file", args=[found.secret, "atom"])
    return ""


def at_page(address: str, page: Page[Any]) -> str:
    return f"{address}?page={page.number}" if page.number > 1 else address


def _sections(opened: OpenList, page: Page[Any]) -> list[Section]:
    """The items of a page under their headings."""
    first, last = page.start_index(), page.end_index()
    # With those before and after the page, whose sections decide what moving up and down means.
    start = max(first - 2, 0)
    items: list[ListItem] = list(page.paginator.object_list[start : last + 1])
    page.object_list = items[first - 1 - start : last - start]
    notes = opened.notes(items)
    placed = []
    before = None
    for place, item in enumerate(items, start=start + 1):
        after = items[place - start] if place - start < len(items) else None
        if first <= place <= last:
            up = _step(item, place, before, place - 1)
            down = _step(item, place, after, place + 1)
            note = notes.get(item.paper_id, "") if item.shows_note else ""
            placed.append(Placed(item, place, up, down, note))
        before = item
    found = []
    above = items[0].section if first > 1 and items else ""
    for name, group in groupby(placed, lambda each: each.item.section):
        found.append(Section(name, name or ("Without a section" if above else ""), list(group)))
        above = name
    return found


def _step(item: ListItem, place: int, neighbour: ListItem | None, beyond: int) -> str:
    if neighbour is None:
        return f"{place}/{item.section}"
    if neighbour.section != item.section:
        return f"{place}/{neighbour.section}"
    return f"{beyond}/{item.section}"


# A list as a file and a feed


@require_safe
@not_found
def list_file(request: HtmxRequest, slug: str, suffix: str) -> HttpResponseBase:
    opened = Library(request.user).lists.open(slug)
    response = _file(request, opened, suffix, opened.reading_list.get_absolute_url())
    if opened.reading_list.visibility == Visibility.PUBLIC:
        return readable(response)
    add_never_cache_headers(response)
    return response


@require_safe
@never_cache
@not_found
def shared_file(request: HtmxRequest, secret: str, suffix: str) -> HttpResponseBase:
    opened = Library(request.user).lists.by_secret(secret)
    page = reverse("shared-list", args=[secret])
    return _secretly(_file(request, opened, suffix, page))


def _file(request: HtmxRequest, opened: OpenList, suffix: str, page: str) -> HttpResponseBase:
    """All papers in the order of the page; as a feed, those that came last."""
    found = opened.reading_list
    about = about_page(found.name, page, request)
    if suffix != "atom":
        return file_of(suffix, to_cite(opened.papers().visible()), about, found.name)
    shown = opened.newest().filter(paper__hidden=False)
    rows = shown.prefetch_related(Prefetch("paper", Paper.objects.for_cards()))
    items, about = in_documents(request, rows, about)
    added = {item.paper_id: item.added_at for item in items}
    about = replace(about, updated=opened.shown_changed_at(), added=added)
    return feed_of([item.paper for item in items], about)
