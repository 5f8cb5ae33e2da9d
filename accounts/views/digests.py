"""What is new to a person: the papers of the digests that they have not read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from itertools import dropwhile, groupby
from typing import Any, NamedTuple, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import MemberRequest, go_back, logged_in
from accounts.forms.digests import ORDERS, DaysForm, UnreadForm
from accounts.library import Library
from accounts.library.digests import Digests
from digest.models import Digest, DigestKey, Paper, Stream

_UNDO = "undo-read"
"""Where the session has the digests that were marked last, and the address that undoes it."""


class NewDay(NamedTuple):
    """A day of the list of what is new.

    papers: how many are new. digests: those of the day that are not read. above: the first and the
    last of the days that stand above it in the whole list, None if none does. until: the same with
    this day. next: the day below it on the page.
    """

    day: date
    papers: int
    digests: list[Digest]
    above: tuple[date, date] | None
    until: tuple[date, date]
    next: date | None


@logged_in
@require_safe
@vary_on_headers("HX-Request")
def unread(request: MemberRequest) -> HttpResponse:
    """The papers that are new to the reader, day by day: whole days, from the one that the address
    names on, as many as have the papers of a page. A page that has the rest already is given the
    list."""
    form = UnreadForm(request.GET)
    form.is_valid()
    chosen, since = form.cleaned_data.get("order") or "newest", form.cleaned_data.get("day")
    orders = _orders(request.library)
    order = chosen if chosen in orders else "newest"
    direction = "oldest" if order == "oldest" else "newest"
    digests = request.library.digests
    counts = digests.new_by_day
    days = list(counts if direction == "newest" else reversed(counts))
    below = list(dropwhile(lambda day: since and _is_above(day, since, direction), days))
    shown = _first_days(below, counts, request.user.papers_on_a_page)
    papers = _papers(digests, _days(digests, direction, shown))
    context = {
        "form": form,
        "order": order,
        "orders": orders.items(),
        "is_missing": chosen != order,
        "new": digests.new_papers(),
        "day_count": len(days),
        "is_start": below == days,
        "first": min(days, default=None),
        "last": max(days, default=None),
        "papers": _ranked(request.library, order, papers),
        "next": next(iter(below[len(shown) :]), None),
        "has_streams": bool(Stream.objects.several()),
        "library": request.library,
    }
    template = "_new_papers" if request.htmx else "unread"
    return render(request, f"accounts/{template}.html", context)


def _orders(library: Library) -> dict[str, str]:
    """The orders that there are for the reader, each with its label."""
    orders = dict(ORDERS)
    if not library.for_you.orders:
        del orders["for-you"]
    if not library.weekly_counts.has_any:
        del orders["group"]
    return orders


def _ranked(library: Library, order: str, papers: list[Paper]) -> list[Paper]:
    """The papers in an order within their days; each with what it is ordered by, as `likely` or
    `popularity`."""
    keys = [paper.pk for paper in papers]
    found: list[Any] = list(papers)
    if order == "for-you":
        likely = library.for_you.likely(keys)
        for paper in found:
            paper.likely = likely.get(paper.pk)
        rank = {key: -one.value for key, one in likely.items()}
    elif order == "group":
        popular = library.weekly_counts.popular(keys)
        for paper in found:
            paper.popularity = popular.get(paper.pk)
        rank = {key: -float(one.people) for key, one in popular.items()}
    else:
        return papers
    days = [[*of_day] for _, of_day in groupby(found, lambda paper: paper.new_day)]
    return [
        paper for of_day in days for paper in sorted(of_day, key=lambda one: rank.get(one.pk, 0.0))
    ]


def _is_above(day: date, other: date, order: str) -> bool:
    return day > other if order == "newest" else day < other


def _first_days(days: list[date], counts: dict[date, int], papers: int) -> list[date]:
    """The first of these days that have so many papers together, at least."""
    found, total = [], 0
    for day in days:
        if total >= papers:
            break
        found.append(day)
        total += counts[day]
    return found


def _days(digests: Digests, order: str, shown: list[date]) -> list[NewDay]:
    """The days of a page. What stands above one includes digests without new papers."""
    unread = list(digests.unread().select_related("stream")) if shown else []
    if not unread:  # another tab may have marked them since they were counted
        return []
    dates = [digest.date for digest in unread]
    top = dates[0] if order == "newest" else dates[-1]
    on: dict[date, list[Digest]] = {day: [] for day in shown}
    for digest in unread:
        if digest.date in on:
            on[digest.date].append(digest)
    found = []
    for day, below in zip(shown, [*shown[1:], None], strict=True):
        earlier = [one for one in dates if _is_above(one, day, order)]
        above = (min(earlier), max(earlier)) if earlier else None
        until = (min(day, top), max(day, top))
        found.append(NewDay(day, digests.new_by_day[day], on[day], above, until, below))
    return found


def _papers(digests: Digests, days: Iterable[NewDay]) -> list[Paper]:
    """The papers of the days of a page, each with its `new_day`."""
    by_date = {one.day: one for one in days}
    rows = digests.new_on(by_date)
    papers = Paper.objects.in_bulk([key for _, key in rows])
    order = list(by_date)
    found = []
    for day, key in sorted(rows, key=lambda row: order.index(row[0])):
        if paper := papers.get(key):  # one may be merged or gone since
            cast(Any, paper).new_day = by_date[day]
            found.append(paper)
    return found


# What is read


@logged_in
@require_POST
def mark_digest(request: MemberRequest, day: date, slug: str = "") -> HttpResponse:
    """Count a digest as read, or as new again; or as read, and go to the next that is not. slug: of
    its stream; the default one's, if empty."""
    digests = request.library.digests
    digest = digests.get(day, slug)
    match request.POST.get("do"):
        case "unread":
            digests.mark_unread(*digest.key)
        case "done":
            if not digests.is_read(*digest.key):
                digests.mark_read(*digest.key)
                _say_read(request, [digest.key])
            if following := digests.next_unread(*digest.key):
                return redirect(following)
            return redirect("unread")
        case _:
            digests.mark_read(*digest.key)
    return go_back(request, digest.get_absolute_url())


@logged_in
@require_POST
def mark_days(request: MemberRequest) -> HttpResponse:
    """Count the digests of some days as read."""
    form = DaysForm(request.POST)
    if form.is_valid():
        span = form.cleaned_data["first"], form.cleaned_data["last"]
        _say_read(request, request.library.digests.mark_read_between(*span))
        return go_back(request, reverse("unread"))
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
    if request.htmx:
        return render(request, "_messages.html", status=400)
    return go_back(request, reverse("unread"))


@logged_in
@require_POST
def mark_all_digests(request: MemberRequest) -> HttpResponse:
    """Count every digest as read."""
    digests = request.library.digests
    keys = [DigestKey(*key) for key in digests.unread().values_list("date", "stream")]
    digests.mark_all_read()
    _say_read(request, keys)
    return redirect("unread")


@logged_in
@require_POST
def undo_read(request: MemberRequest) -> HttpResponse:
    """Count the digests as new that were marked as read last. A second time there are none."""
    saved = request.session.pop(_UNDO, ())
    keys = [DigestKey(when, stream) for day, stream in saved if (when := parse_date(day))]
    if keys:
        request.library.digests.mark_all_unread(keys)
        messages.success(request, "Undone.")
    else:
        messages.info(request, "There is nothing to undo.")
    return go_back(request, reverse("unread"))


def _say_read(request: MemberRequest, digests: Collection[DigestKey]) -> None:
    """Tell the reader which digests are read now, and save them in the session, for `undo_read`."""
    days = sorted({day for day, _ in digests})
    if not days:
        messages.info(request, "These days were read already.")
        return
    request.session[_UNDO] = [(day.isoformat(), stream) for day, stream in digests]
    what = date_format(days[0], "j F Y") if len(days) == 1 else f"{len(days):,} days"
    be = "is" if len(days) == 1 else "are"
    messages.success(request, f"{what} {be} marked as read.", extra_tags=_UNDO)
