"""What programs ask of the site: lists as files and feeds, redirects, and how to find all that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, http_date
from django.views.decorators.http import require_safe
from rest_framework.throttling import BaseThrottle

from digest.caches.exports import ExportBusy, cached_export
from digest.exports import WRITERS, About, Feed, opml, to_cite
from digest.log import expected
from digest.models import Author, Catalogue, Category, Digest, Merge, Paper, Placement, Stream
from digest.search import ResultPosition
from digest.search.filters import PARAMETERS, PaperFilter
from digest.text.identity import arxiv_id

from .cache import cached_for_visitors
from .origins import open_to_sites
from .streams import StreamOfPage, address_of, of_stream

IN_A_FEED = 100
"""Papers of a feed's document: more than a day brings. Older ones are in the next."""
_BEFORE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")
IN_A_SITEMAP = 10_000
"""Addresses of one part of the site map: a fifth of what the protocol allows."""


# Files


@open_to_sites
@require_safe
def papers_file(request: HttpRequest, suffix: str) -> HttpResponseBase:
    """All papers that `papers/` would list, as a file; as a feed, the newest of them."""
    return _feed(request) if suffix == "atom" else _papers_file(request, suffix)


@partial(cached_for_visitors, parameters=[*PARAMETERS, "before"])
def _feed(request: HttpRequest) -> HttpResponseBase:
    return _papers_file(request, "atom")


def _papers_file(request: HttpRequest, suffix: str) -> HttpResponseBase:
    found = PaperFilter(request.GET)
    query = request.GET.copy()
    before = query.pop("before", [""])[-1] if suffix == "atom" else ""
    unknown = {name: ["There is no such parameter."] for name in query if name not in PARAMETERS}
    place = _BEFORE.fullmatch(before)
    if before and not place:
        unknown["before"] = ["No feed leads here."]
    if errors := {**unknown, **found.errors_by_field}:
        wrong = [f"{name}: {text}" for name, texts in errors.items() for text in texts]
        return HttpResponse("\n".join([*wrong, ""]), status=400, content_type="text/plain")
    asked = f"?{query.urlencode()}" if query else ""
    about = about_page(title_of(found), reverse("papers") + asked, request)
    if suffix != "atom":
        try:
            return export_file(request, suffix, found.qs, about, "papers")
        except ExportBusy as busy:
            headers = {"Retry-After": str(busy.after)}
            text, kind = f"{busy}\n", "text/plain; charset=utf-8"
            response = HttpResponse(text, kind, busy.status, headers=headers)
            expected(request, response, str(busy))
            return response
    # The last paper of the document before this one, by which its place is found again.
    at = ResultPosition(int(place[1]), (int(place[2]),)) if place else None
    papers, after = found.qs.ordered("newest").to_date(IN_A_FEED, at)
    if before or after:
        about = replace(about, first=about.base_url + request.path + asked)
    if after:
        query["before"] = f"{after.end}.{after.given[-1]}"
        about = replace(about, next=f"{about.base_url}{request.path}?{query.urlencode()}")
    return feed_of(papers, _updated(about))


def title_of(found: PaperFilter) -> str:
    """What a file of the papers that a filter finds is called."""
    words = str(found.form.cleaned_data.get("q") or "").strip()
    chosen = [
        str(row)
        for name in ("category", "area", "stream", "author")
        for row in found.form.cleaned_data.get(name) or ()
    ]
    what = ", ".join([*([f"“{words}”"] if words else []), *chosen])
    return f"Paper Digest: {what or 'papers'}"


@open_to_sites
@require_safe
def paper_file(request: HttpRequest, slug: str, suffix: str) -> HttpResponseBase:
    """One paper as a file."""
    slug = arxiv_id(slug) or slug
    papers = Paper.objects.visible().filter(slug=slug)
    paper = papers.first()
    if paper is None:
        if slug in (merged := Merge.ends([slug])):
            return redirect("paper-file", merged[slug], suffix)
        raise Http404
    about = about_page(paper.title, paper.get_absolute_url(), request)
    return file_of(suffix, to_cite(papers), about, paper.slug)


@open_to_sites
@require_safe
@of_stream("digest-file")
def digest_file(
    request: HttpRequest, stream: StreamOfPage, day: date, suffix: str
) -> HttpResponseBase:
    """One day's papers, in order, as a file."""
    digest = Digest.objects.of(stream.key).filter(date=day).first()
    if digest is None:
        raise Http404
    papers = Paper.objects.filter(placements__digest=digest).order_by("placements__position")
    title = f"{stream.name if stream.slug else 'Paper Digest'} of {day}"
    about = about_page(title, stream.address("digest", day), request)
    return file_of(suffix, to_cite(papers), about, f"papers {stream.slug} {day}")


def file_of(suffix: str, papers: Iterable[Paper], about: About, stem: str) -> StreamingHttpResponse:
    """The papers, fetched with `to_cite`, as a file to download. stem: its name without suffix."""
    writer = WRITERS[suffix]
    response = StreamingHttpResponse(writer.stream(papers, about), content_type=writer.content_type)
    response["Content-Disposition"] = content_disposition_header(True, writer.file_name(stem))
    return response


def export_file(
    request: HttpRequest, suffix: str, papers: Iterable[Paper], about: About, stem: str
) -> HttpResponseBase:
    """The same as `file_of` for any number of papers, which must follow from the catalogue and the
    address: written once, and stored until the catalogue changes. Raises ExportBusy, if it
    cannot be written now."""
    writer = WRITERS[suffix]
    content: Any = ()
    if request.method != "HEAD":
        key = "\n".join([suffix, about.title, about.url, about.feed_url])
        address = str(BaseThrottle().get_ident(cast(Any, request)))
        content = cached_export(key, address, lambda: writer.stream(papers, about))
    response = StreamingHttpResponse(content, content_type=writer.content_type)
    response["Content-Disposition"] = content_disposition_header(True, writer.file_name(stem))
    return response


def about_page(title: str, path: str, request: HttpRequest) -> About:
    """What a file or feed says of itself. path: of the page that shows the same.

    A mirror without an address (digest/static_site) has no full addresses: they are ""."""
    if not (base := settings.SITE_URL):
        return About(title, "", "", "")
    return About(title, base + path, base + request.get_full_path(), base)


# Feeds


def feed_of(papers: list[Paper], about: About) -> HttpResponse:
    """The papers as a feed, in their order. about: with when it was updated."""
    writer = WRITERS["atom"]
    response = HttpResponse(writer.stream(papers, about), content_type=writer.content_type)
    if about.updated:
        response["Last-Modified"] = http_date(about.updated.timestamp())
    return response


def _updated(about: About) -> About:
    """The same of a page that follows from the catalogue: it may change whenever that does, and
    nothing is kept of which papers a query found before."""
    return replace(about, updated=Catalogue.current().changed_at)


@open_to_sites
@require_safe
@partial(cached_for_visitors, parameters=["page"])
@of_stream("digests-feed")
def digests_feed(request: HttpRequest, stream: StreamOfPage) -> HttpResponse:
    """The papers of the digests of a stream, those of the newest ones first."""
    title = f"Paper Digest: {stream.name}" if stream.slug else "Paper Digest"
    about = _updated(about_page(title, stream.address("home"), request))
    placed = Placement.objects.filter(digest__in=Digest.objects.of(stream.key).out())
    if stream.slug:
        papers = Paper.objects.filter(pk__in=placed.values("paper"))
    else:
        # Of the stream that has most papers, to walk the newest ones is faster than to gather all.
        papers = Paper.objects.filter(Exists(placed.filter(paper=OuterRef("pk"))))
    return feed_of(*in_documents(request, papers.newest().for_cards(), about))


def in_documents(
    request: HttpRequest, rows: QuerySet[Any], about: About
) -> tuple[list[Any], About]:
    """The hundred rows of a feed's document, which `page` of the address numbers, and what the feed
    says of the others."""
    text = request.GET.get("page", "1")
    number = int(text) if text.isdecimal() and len(text) < 7 else 0
    start = (number - 1) * IN_A_FEED
    found = list(rows[start : start + IN_A_FEED + 1]) if number else []
    if not found and number != 1:
        raise Http404
    address = about.base_url + request.path
    if number > 1 or len(found) > IN_A_FEED:
        about = replace(about, first=address)
    if len(found) > IN_A_FEED:
        about = replace(about, next=f"{address}?page={number + 1}")
    return found[:IN_A_FEED], about


@open_to_sites
@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """The feeds of the digests of each stream, and of each category, as OPML, to subscribe to all
    at once."""
    base = settings.SITE_URL
    subscriptions = [Feed("Newest digests", base + reverse("home"), base + reverse("digests-feed"))]
    for one in Stream.objects.several():
        if not one.is_default:
            addresses = (base + address_of(page, one) for page in ("home", "digests-feed"))
            subscriptions.append(Feed(one.name, *addresses))
    for category in Category.objects.filter(paper_count__gt=0).order_by("-paper_count", "name"):
        feed = f"{reverse('papers-file', args=['atom'])}?category={category.slug}"
        subscriptions.append(Feed(category.name, base + category.get_absolute_url(), base + feed))
    response = HttpResponse(opml.write("Paper Digest", subscriptions), content_type="text/x-opml")
    response["Content-Disposition"] = 'attachment; filename="paper-digest.opml"'
    return response


# Addresses that people know from other sites


@require_safe
def abstract(request: HttpRequest, number: str) -> HttpResponse:
    """`abs/2502.02737v2`: the paper here if there is one, else arXiv's own page."""
    found = _number(number)
    if Paper.objects.visible().filter(slug=found).exists() or Merge.ends([found]):
        return redirect("paper", found)
    return redirect(f"https://arxiv.org/abs/{number}")


@require_safe
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """`pdf/2502.02737v2`: the file, which arXiv has."""
    _number(number)
    return redirect(f"https://arxiv.org/pdf/{number.removesuffix('.pdf')}")


def _number(text: str) -> str:
    if found := arxiv_id(text.removesuffix(".pdf")):
        return found
    raise Http404


# For search engines and browsers


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read: every page, but not every search."""
    site_map = settings.SITE_URL + reverse("sitemap")
    closed = ["/account/", "/papers/?", "/papers.", "/lists/shared/", "/suggest/"]
    closed += ["/?", "/digests/*?", "/streams/*?"]
    rules = ["User-agent: *", *(f"Disallow: {part}" for part in closed), f"Sitemap: {site_map}"]
    return HttpResponse("\n".join([*rules, ""]), content_type="text/plain")


@require_safe
def opensearch(request: HttpRequest) -> HttpResponse:
    """How a browser searches the site from its address bar."""
    context = {"base": settings.SITE_URL}
    return render(
        request,
        "digest/opensearch.xml",
        context,
        content_type="application/opensearchdescription+xml",
    )


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The parts of the site map: lists, and the papers by ten thousands."""
    parts = -(-Paper.objects.visible().count() // IN_A_SITEMAP)
    addresses = [
        reverse("sitemap-lists"),
        *(reverse("sitemap-papers", args=[n]) for n in range(parts)),
    ]
    return _xml(request, "digest/sitemap.xml", [(settings.SITE_URL + a, None) for a in addresses])


@require_safe
def sitemap_lists(request: HttpRequest) -> HttpResponse:
    """Every page that is no paper's: of the authors, those with more papers than one."""
    names = ("home", "digests", "papers", "categories", "authors", "trends")
    pages: list[tuple[str, date | None]] = [(reverse(name), None) for name in names]
    digests = Digest.objects.out().select_related("stream")
    pages += [(digest.get_absolute_url(), digest.date) for digest in digests]
    pages += [(category.get_absolute_url(), None) for category in Category.objects.all()]
    authors = Author.objects.filter(paper_count__gt=1).order_by("-paper_count", "name")
    pages += [(author.get_absolute_url(), None) for author in authors[:IN_A_SITEMAP]]
    return _xml(
        request, "digest/urlset.xml", [(settings.SITE_URL + path, day) for path, day in pages]
    )


@require_safe
def sitemap_papers(request: HttpRequest, part: int) -> HttpResponse:
    """Ten thousand papers, by the order in which they came."""
    start = part * IN_A_SITEMAP
    if start >= Paper.objects.visible().count():
        raise Http404
    papers = (
        Paper.objects.visible()
        .order_by("pk")
        .only("slug", "changed_at")[start : start + IN_A_SITEMAP]
    )
    pages = [
        (settings.SITE_URL + paper.get_absolute_url(), paper.changed_at.date()) for paper in papers
    ]
    return _xml(request, "digest/urlset.xml", pages)


def _xml(
    request: HttpRequest, template: str, pages: Sequence[tuple[str, date | None]]
) -> HttpResponse:
    return render(request, template, {"pages": pages}, content_type="application/xml")
