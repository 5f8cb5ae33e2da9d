"""unAPI (http://unapi.info/specs/): how a program gets the full record of a paper on a page.

A page names this service in a <link rel="unapi-server">, and each of its papers in an
<abbr class="unapi-id">. Zotero's connector prefers it to all else that a list says of its papers.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from digest.exports import WRITERS, to_cite
from digest.models import Merge, Paper
from digest.text.identity import arxiv_id

from .files import about_page, file_of
from .origins import open_to_sites

FORMATS = {"rdf_zotero": WRITERS["rdf"], "bibtex": WRITERS["bib"], "ris": WRITERS["ris"]}
"""By their names in unAPI, the formats of a record."""


@open_to_sites
@require_safe
def unapi(request: HttpRequest) -> HttpResponseBase:
    """The formats of all records; those of one paper, whose slug is `id`; or, with `format` as
    well, the record."""
    key, name = request.GET.get("id"), request.GET.get("format")
    if key is None:
        if name is not None:
            return _wrong("id: name a paper.", 400)
        response = _formats(request)
        # A connector asks on every page with papers.
        patch_cache_control(response, public=True, max_age=24 * 3600)
        return response
    paper = _paper(arxiv_id(key) or key)
    if name is None:
        return _formats(request, paper.slug, 300)
    if name not in FORMATS:
        return _wrong(f"format: choose one of {', '.join(FORMATS)}.", 406)
    about = about_page(paper.title, paper.get_absolute_url(), request)
    return file_of(
        FORMATS[name].suffix, to_cite(Paper.objects.filter(pk=paper.pk)), about, paper.slug
    )


def _paper(slug: str) -> Paper:
    if "\0" in slug:  # which PostgreSQL has in no text
        raise Http404
    papers = Paper.objects.visible()
    found = (
        papers.filter(slug=slug).first() or papers.filter(slug=Merge.ends([slug]).get(slug)).first()
    )
    if found is None:
        raise Http404
    return found


def _formats(request: HttpRequest, slug: str = "", status: int = 200) -> HttpResponse:
    context = {"slug": slug, "formats": FORMATS}
    return render(request, "digest/unapi.xml", context, "application/xml", status)


def _wrong(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", "text/plain; charset=utf-8", status)
