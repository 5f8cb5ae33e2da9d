"""The pages of digests: the newest, one day's, and all of a stream as a calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any, NamedTuple, cast

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from digest.caches.revision import Revision
from digest.models import Classification, Digest, Paper, tomorrow
from digest.search import matching
from digest.search.filters import DIGEST_PARAMETERS, DigestFilter, papers_of

from .cache import cached_for_visitors
from .calendar import years_of
from .facets import FilterPanel
from .installed import offline_copy
from .paging import HtmxRequest, PageNotFound
from .streams import StreamOfPage, of_stream

NO_AREA = "Without area"


@require_safe
@partial(cached_for_visitors, parameters=DIGEST_PARAMETERS)
@vary_on_headers("HX-Request")
@offline_copy
@of_stream("home")
def home(request: HtmxRequest, stream: StreamOfPage) -> HttpResponse:
    """The newest digest."""
    revision = Revision()
    digests = Digest.objects.of(stream.key)
    newest = digests.out().first() or digests.last()
    if newest is None:
        return render(request, "digest/empty.html", {"streams": stream.links("home")})
    return _digest_page(request, "digest/home.html", stream, newest, revision)


def _size() -> dict[str, Any]:
    """How much there is: papers, days with papers of any stream, and the first of these."""
    with_papers = Digest.objects.out().filter(paper_count__gt=0)
    days = with_papers.order_by().aggregate(days=Count("date", distinct=True), since=Min("date"))
    return {"papers": Paper.objects.visible().count(), **days}


def _size_once() -> dict[str, Any]:
    return Revision().once(_size, "size")


@require_safe
@partial(cached_for_visitors, parameters=DIGEST_PARAMETERS)
@vary_on_headers("HX-Request")
@offline_copy
@of_stream("digest")
def digest(request: HtmxRequest, stream: StreamOfPage, day: date) -> HttpResponse:
    """One day's digest."""
    revision = Revision()
    found = Digest.objects.of(stream.key).filter(date=day).first()
    if found is None:
        around = [near.date for near in (_before(stream, day), _after(stream, day)) if near]
        raise PageNotFound(
            f"There is no digest for {_long(day)}.",
            [(f"{_long(near)} has one", stream.address("digest", near)) for near in around],
        )
    return _digest_page(request, "digest/digest.html", stream, found, revision)


def _digest_page(
    request: HtmxRequest,
    template: str,
    stream: StreamOfPage,
    digest: Digest,
    revision: Revision,
) -> HttpResponse:
    """A digest's page, with those of its papers that the address asks for. A page that has the rest
    already is given the papers."""
    found = DigestFilter(request.GET, papers_of(digest.key), correct=True)
    panel = FilterPanel(found, path=request.path)
    papers = list(_papers(digest, found))
    panel.has_upvotes = any(paper.upvotes for paper in papers)
    context = {
        "digest": digest,
        "stream": stream,
        "streams": stream.links("home"),
        "revision": revision,
        "panel": panel,
        "papers": papers,
        "in_sections": found.parameters.get("order") == "area",
        "narrowed": bool(panel.chips()),
        "query": _in_papers(stream, digest, panel),
        "catalogue_size": _size_once,  # asked for by the first page of visitors alone
        "before": _before(stream, digest.date),
        "after": _after(stream, digest.date),
    }
    return render(request, "digest/_day.html" if request.htmx else template, context)


def _papers(digest: Digest, found: DigestFilter) -> list[Paper]:
    """The papers of a digest that a filter finds, in the order that it asks for."""
    rows = Paper.objects.filter(placements__digest=digest).order_by("placements__position")
    if len(found.query.node.nodes) > 1:
        rows = rows.filter(pk__in=matching(found.query))
    papers = list(rows)
    match found.parameters.get("order"):
        case "upvotes":
            papers.sort(key=lambda paper: -(paper.upvotes or 0))
        case "area":
            areas = dict(_areas(digest))
            for paper in papers:
                cast(Any, paper).area = areas.get(paper.pk, NO_AREA)
            sizes = Counter(cast(Any, paper).area for paper in papers)
            sizes[NO_AREA] = 0  # they come last
            papers.sort(key=lambda paper: (-sizes[cast(Any, paper).area], cast(Any, paper).area))
    return papers


def _areas(digest: Digest) -> Iterator[tuple[int, str]]:
    """The keys of the papers of a digest, each with the area of one of its categories; the last
    that comes of a paper is the area of the first."""
    rows = Classification.objects.filter(paper__placements__digest=digest)
    for row in rows.order_by("-position").select_related("category__area"):
        category = row.category
        if area := category if category.is_area else category.area:
            yield row.paper_id, area.name


def _in_papers(stream: StreamOfPage, digest: Digest, panel: FilterPanel) -> str:
    """The parameters that ask `/papers/` for what is shown; "" where that has no such address."""
    if "stream" in panel.address:
        return ""
    address = panel.address.copy()
    if address.get("order") != "upvotes":
        address.pop("order", None)
    address["digest"] = digest.date.isoformat()
    if stream.slug:
        address["stream"] = stream.slug
    return address.urlencode()


class NearDigest(NamedTuple):
    """The day of a digest before or after another, and its address."""

    date: date
    address: str


def _before(stream: StreamOfPage, day: date) -> NearDigest | None:
    return _nearest(stream, Digest.objects.filter(date__lt=day).order_by("-date"))


def _after(stream: StreamOfPage, day: date) -> NearDigest | None:
    return _nearest(stream, Digest.objects.out().filter(date__gt=day).order_by("date"))


def _nearest(stream: StreamOfPage, digests: Any) -> NearDigest | None:
    day = digests.of(stream.key).values_list("date", flat=True).first()
    return day and NearDigest(day, stream.address("digest", day))


def _long(day: date) -> str:
    return date_format(day, "j F Y")


@require_safe
@cached_for_visitors
@offline_copy
@of_stream("digests")
def digests(request: HttpRequest, stream: StreamOfPage) -> HttpResponse:
    """All digests, as a calendar: the newest month first. Before it stand those dated ahead."""
    rows = Digest.objects.of(stream.key).select_related("stream")
    found = {digest.date: digest for digest in rows}
    context = {
        "stream": stream,
        "streams": stream.links("digests"),
        "ahead": [found.pop(day) for day in sorted(found) if day > tomorrow()],
        "years": years_of(found),
    }
    return render(request, "digest/digests.html", context)
