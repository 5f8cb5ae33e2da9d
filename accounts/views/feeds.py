"""Private feeds: the page on which their secret addresses are made and ended, and the feeds."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, logged_in
from accounts.alerts.sections import everything_new
from accounts.forms.feeds import FeedForm
from accounts.library import Library
from accounts.library.feeds import by_secret
from accounts.models import SavedSearch, SearchKind
from digest.models import Catalogue, Paper
from digest.pages.compression import hold_secret
from digest.pages.files import IN_A_FEED, about_page, feed_of
from digest.search import Results
from digest.search.addresses import queries

from .list_page import not_found

_EVERYTHING = "Everything new to you"


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
@not_found
def feeds(request: MemberRequest) -> HttpResponse:
    """The reader's private feeds. A new address is shown in the answer to the form, and nowhere
    else."""
    own = request.library.feeds
    form = FeedForm(request.library, request.POST if request.method == "POST" else None)
    address, made_for = "", ""
    if form.is_valid():
        search = form.cleaned_data["search"]
        if form.cleaned_data["do"] == "end":
            own.end(search)
            messages.success(request, "The address of the feed has ended: it leads nowhere now.")
            return redirect("private-feeds")
        secret = own.make(search)
        address = settings.SITE_URL + reverse("private-feed", args=[secret])
        made_for = search.name if search else _EVERYTHING
    made = {feed.search_id: feed for feed in own.all()}
    context = {
        "form": form,
        "address": address,
        "made_for": made_for,
        "everything_new": _EVERYTHING,
        "everything": made.get(None),
        "rows": [(search, made.get(search.pk)) for search in request.library.searches.all()],
    }
    response = render(request, "accounts/feeds.html", context, status=400 if form.errors else 200)
    hold_secret(response)
    return response


@require_safe
@never_cache
@not_found
def private_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The newest papers of a saved search, or all that is new to a person, to whoever has the
    secret."""
    feed = by_secret(secret)
    library = Library(feed.user)
    if feed.search is None:
        keys = everything_new(feed.user)[:IN_A_FEED]
        title, page = "Paper Digest: new to you", reverse("searches")
    else:
        keys = _newest(library, feed.search)
        title, page = f"Paper Digest: {feed.search.name}", feed.search.list_url
    found = Paper.objects.visible().for_cards().in_bulk(keys)
    about = about_page(title, page, request)
    about = replace(about, updated=max(Catalogue.current().changed_at, feed.added_at))
    response = feed_of([found[key] for key in keys if key in found], about)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _newest(library: Library, search: SavedSearch) -> list[int]:
    """The keys of the papers of a search that a feed has, newest first."""
    if search.kind == SearchKind.LIBRARY:
        return library.searches.kept(search)[:IN_A_FEED]
    query = queries([search.query])[search.query]
    papers, _ = Results(query, "newest").to_date(IN_A_FEED)
    return [paper.pk for paper in papers]
