"""The pictures of pages that other sites show beside a link to them (Open Graph)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from django.core.cache import caches
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from digest.caches.revision import key_of
from digest.exports.atom import SITE
from digest.exports.picture import picture, plain
from digest.models import DEFAULT, Digest, Paper

from .paging import number_of_papers

NAMES = 3
"""Authors who are named, at most."""
_VERSION = 1
"""Goes up when pictures of the same texts are to look different."""


def answer(title: str, lines: list[str], fallback: str) -> HttpResponse:
    """The picture of a page, drawn once for its texts and stored on the disk."""
    key = key_of("preview", _VERSION, title, fallback, *lines)
    found: bytes | None = None
    with suppress(OSError):
        found = caches["previews"].get(key)
    if found is None:
        found = picture(title, lines, fallback)
        with suppress(OSError):  # without room on the disk, it is drawn again
            caches["previews"].set(key, found)
    response = HttpResponse(found, content_type="image/png")
    response["ETag"] = f'"{key}"'
    # Other sites are to show it.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def site_preview(request: HttpRequest) -> HttpResponse:
    """The picture of the site, for pages that have none of their own."""
    return answer(
        SITE, ["New papers, day by day:", "their points, code, models and datasets"], SITE
    )


@require_safe
def paper_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture of a paper: title, authors, and the day of its digest."""
    paper = (
        Paper.objects.visible().filter(slug=slug).prefetch_related("authorships__author").first()
    )
    if paper is None:
        raise Http404
    names = [place.author.name for place in paper.authorships.all()]
    more = paper.authors_cut or len(names) > NAMES
    authors = ", ".join(names[:NAMES]) + (" and others" if names and more else "")
    number = f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else "A paper"
    lines = [authors, " · ".join([number, date_format(paper.date, "j F Y")])]
    return answer(plain(paper.title_html), lines, number)


@require_safe
def digest_preview(request: HttpRequest, day: date) -> HttpResponse:
    """The picture of a day: how many papers, and the first ones."""
    digest = Digest.objects.filter(date=day, stream=DEFAULT).first()
    if digest is None:
        raise Http404
    papers = Paper.objects.filter(placements__digest=digest).order_by("placements__position")
    titles = [plain(html) for html in papers.values_list("title_html", flat=True)[:3]]
    title = date_format(day, "j F Y")
    return answer(title, [number_of_papers(digest.paper_count), *titles], title)
