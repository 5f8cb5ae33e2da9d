"""The pages of digests: the newest, one day's, and all of a stream as a calendar."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from digest.caches.revision import Revision
from digest.models import Digest, Link, Paper, tomorrow
from digest.text.links import KINDS

from .cache import cached_for_visitors
from .calendar import years_of
from .installed import offline_copy
from .paging import PageNotFound
from .streams import StreamOfPage, of_stream


@require_safe
@cached_for_visitors
@offline_copy
@of_stream("home")
def home(request: HttpRequest, stream: StreamOfPage) -> HttpResponse:
    """The newest digest."""
    digests = Digest.objects.of(stream.key)
    newest = digests.out().first() or digests.last()
    if newest is None:
        return render(request, "digest/empty.html", {"streams": stream.links("home")})
    return _digest_page(request, "digest/home.html", stream, newest)


def _size() -> dict[str, Any]:
    """How much there is: papers, days with papers of any stream, and the first of these."""
    with_papers = Digest.objects.out().filter(paper_count__gt=0)
    days = with_papers.order_by().aggregate(days=Count("date", distinct=True), since=Min("date"))
    return {"papers": Paper.objects.visible().count(), **days}


def _size_once() -> dict[str, Any]:
    return Revision().once(_size, "size")


@require_safe
@cached_for_visitors
@offline_copy
@of_stream("digest")
def digest(request: HttpRequest, stream: StreamOfPage, day: date) -> HttpResponse:
    """One day's digest."""
    found = Digest.objects.of(stream.key).filter(date=day).first()
    if found is None:
        around = [near.date for near in (_before(stream, day), _after(stream, day)) if near]
        raise PageNotFound(
            f"There is no digest for {_long(day)}.",
            [(f"{_long(near)} has one", stream.address("digest", near)) for near in around],
        )
    return _digest_page(request, "digest/digest.html", stream, found)


def _digest_page(
    request: HttpRequest, template: str, stream: StreamOfPage, digest: Digest
) -> HttpResponse:
    papers = list(Paper.objects.filter(placements__digest=digest).order_by("placements__position"))
    kinds = Link.objects.filter(paper__placements__digest=digest).order_by().values_list("kind")
    having = dict(kinds.annotate(papers=Count("paper", distinct=True)))
    context = {
        "digest": digest,
        "stream": stream,
        "streams": stream.links("home"),
        "papers": papers,
        "catalogue_size": _size_once,  # asked for by the first page of visitors alone
        "having": [(kind, having[kind]) for kind in KINDS if kind in having],
        "before": _before(stream, digest.date),
        "after": _after(stream, digest.date),
    }
    return render(request, template, context)


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
