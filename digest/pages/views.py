"""The pages of the catalogue: public, the same for everybody, complete without JavaScript."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import SimpleLazyObject
from django.utils.text import Truncator
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from digest.caches.revision import Revision
from digest.catalogue.fields import FIELDS, HIDDEN, SUMMARY, stored
from digest.catalogue.kinds import LongText, PaperField, Values
from digest.catalogue.projection import Statement, origins, project, statements_of
from digest.exports import CITATIONS, About, Citation
from digest.exports.metadata import highwire, json_ld, open_graph
from digest.formats import Format
from digest.models import (
    Alias,
    Author,
    Category,
    Correction,
    Digest,
    Entry,
    Link,
    LinkHealth,
    Merge,
    Paper,
    Placement,
    tomorrow,
)
from digest.search import COUNTED
from digest.search.filters import PARAMETERS, PaperFilter
from digest.search.related import related
from digest.text.identity import arxiv_id, author_slug
from digest.text.links import KINDS, destination

from .cache import cached_for_visitors
from .calendar import years_of
from .facets import FilterPanel, total_of
from .paging import FoundOnce, HtmxRequest, PageNotFound, turn_to

PAPERS_ON_A_PAGE = 25
AUTHORS_ON_A_PAGE = 120


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    error = exception if isinstance(exception, PageNotFound) else PageNotFound("")
    context = {"message": str(error), "links": error.links}
    return render(request, "404.html", context, status=404)


# Digests


@require_safe
@cached_for_visitors
def home(request: HttpRequest) -> HttpResponse:
    """The newest digest."""
    newest = Digest.objects.out().first() or Digest.objects.last()
    if newest is None:
        return render(request, "digest/empty.html")
    return _digest_page(request, "digest/home.html", newest)


@require_safe
@cached_for_visitors
def digest(request: HttpRequest, day: date) -> HttpResponse:
    """One day's digest."""
    found = Digest.objects.filter(date=day).first()
    if found is None:
        around = (_before(day), _after(day))
        raise PageNotFound(
            f"There is no digest for {_long(day)}.",
            [(f"{_long(near.date)} has one", near.get_absolute_url()) for near in around if near],
        )
    return _digest_page(request, "digest/digest.html", found)


def _digest_page(request: HttpRequest, template: str, digest: Digest) -> HttpResponse:
    papers = list(Paper.objects.filter(placements__digest=digest).order_by("placements__position"))
    kinds = Link.objects.filter(paper__placements__digest=digest).order_by().values_list("kind")
    having = dict(kinds.annotate(papers=Count("paper", distinct=True)))
    context = {
        "digest": digest,
        "papers": papers,
        "having": [(kind, having[kind]) for kind in KINDS if kind in having],
        "before": _before(digest.date),
        "after": _after(digest.date),
    }
    return render(request, template, context)


def _before(day: date) -> Digest | None:
    return Digest.objects.filter(date__lt=day).order_by("-date").first()


def _after(day: date) -> Digest | None:
    return Digest.objects.out().filter(date__gt=day).order_by("date").first()


def _long(day: date) -> str:
    return date_format(day, "j F Y")


@require_safe
@cached_for_visitors
def digests(request: HttpRequest) -> HttpResponse:
    """All digests, as a calendar: the newest month first. Before it stand those dated ahead."""
    found = {digest.date: digest for digest in Digest.objects.all()}
    ahead = [found.pop(day) for day in sorted(found) if day > tomorrow()]
    return render(request, "digest/digests.html", {"years": years_of(found), "ahead": ahead})


# Papers


@require_safe
@partial(cached_for_visitors, parameters=[*PARAMETERS, "page"])
@vary_on_headers("HX-Request")
def papers(request: HtmxRequest) -> HttpResponse:
    """The papers that the address asks for: all of them, newest first, if it asks for none.

    A page that has the rest already is given what was found, and stays where it is.
    """
    revision = Revision()
    found = PaperFilter(request.GET, correct=True)
    number = found.query.arxiv_id
    if number and not request.htmx and Paper.objects.visible().filter(slug=number).exists():
        return redirect("paper", number)
    panel = FilterPanel(found)
    results = FoundOnce(found.qs, revision, panel.parameters)
    page = turn_to(request, results, _size(request))
    papers = list(page)
    panel.has_upvotes = any(paper.upvotes for paper in papers)
    close = [] if page.has_next() else results.close
    context = {
        "heading": _heading(found, page.number),
        "revision": revision,
        "filter": found,
        "panel": panel,
        "page": page,
        "papers": papers,
        "close": [one.paper for one in close],
        "missing": {one.paper.pk: one.missing for one in close},
        "counted": results.count < COUNTED,
        "total": revision.once(lambda: total_of(found.qs), "total", panel.parameters),
    }
    return render(request, f"digest/{'_found' if request.htmx else 'papers'}.html", context)


def _heading(found: PaperFilter, page: int) -> str:
    words = found.data.get("q", "").strip()
    title = f"“{Truncator(words).chars(60)}” in the papers" if words else "Papers"
    return f"{title}, page {page}" if page > 1 else title


@require_safe
@cached_for_visitors
def paper(request: HttpRequest, slug: str) -> HttpResponse:
    """One paper. Its arXiv id with a version, or in capitals, leads to it as well."""
    number = arxiv_id(slug)
    if number and number != slug:
        return redirect("paper", number, permanent=True)
    revision = Revision()
    paper = Paper.objects.visible().filter(slug=slug).first()
    if paper is None:
        if slug in (merged := Merge.ends([slug])):
            return redirect("paper", merged[slug])
        links = [(f"arXiv may have {number}", f"https://arxiv.org/abs/{number}")] if number else []
        raise PageNotFound(f"No digest here has a paper {slug}.", links)
    context = {
        "paper": paper,
        "one": [paper],
        "revision": revision,
        "impersonal": SimpleLazyObject(partial(_about, paper)),
    }
    return render(request, "digest/paper.html", context)


def _about(paper: Paper) -> dict[str, Any]:
    """What a paper's page says of it to everybody."""
    around = {
        place.position - paper.position: place.paper
        for place in Placement.objects.filter(
            digest__date=paper.date,
            position__in=(paper.position - 1, paper.position + 1),
        ).select_related("paper")
    }
    statements = [one for *_, one in statements_of(Entry.objects.filter(paper=paper))]
    paper = Paper.objects.for_cards().get(pk=paper.pk)
    return {
        "paper": paper,
        "source": destination(paper.url).label if paper.url else "",
        "silent": _silent(paper),
        "appearances": _appearances(paper, statements),
        "corrected": _corrected(paper, statements),
        "summary_by": _summary_by(paper, statements),
        "previous": around.get(-1),
        "next": around.get(1),
        "related": related(paper),
        **_cited(paper),
    }


def _silent(paper: Paper) -> dict[str, datetime]:
    """The paper's addresses that are dead, each with when it last did not answer."""
    urls = [paper.url, *(link.url for link in paper.links.all())]
    dead = LinkHealth.objects.filter(url__in=urls, dead=True)
    return dict(dead.values_list("url", "checked_at"))


def _cited(paper: Paper) -> dict[str, Any]:
    """What a paper's page says of it to those who cite it, by hand or with a program."""
    citation = Citation.of(paper)
    page = settings.SITE_URL + paper.get_absolute_url()
    about = About(paper.title, page, page, settings.SITE_URL)
    graph = open_graph(citation, page)
    return {
        "description": dict(graph).get("og:description", paper.title),
        "caveats": citation.caveats,
        "citations": [
            (writer, b"".join(writer.stream([paper], about)).decode().strip())
            for writer in CITATIONS
        ],
        "highwire": highwire(citation),
        "open_graph": graph,
        "json_ld": json_ld(citation, page),
    }


class FieldValues(NamedTuple):
    """A field of a paper, what digests say of it and what is shown, as text; columns: those that
    `Paper` would have if it showed what these digests say."""

    field: PaperField
    label: str
    stated: str
    shown: str
    columns: Values


class Appearance(NamedTuple):
    """A paper's place in one digest, and the fields of which that digest says something else."""

    placement: Placement
    differing: list[FieldValues]


def _appearances(paper: Paper, statements: Iterable[Statement]) -> list[Appearance]:
    """Where the paper stands, newest digest first. statements: all about it."""
    by_day: dict[date, list[Statement]] = defaultdict(list)
    for statement in statements:
        by_day[statement.date].append(statement)
    shown = _loaded(paper)
    found = []
    for placement in paper.placements.select_related("digest").order_by("-digest__date"):
        stated = project(by_day[placement.digest.date])
        differing = [
            name
            for name, field in FIELDS.items()
            if field.is_correctable
            and field.has_one_origin
            and stated[name]
            and not field.reads_alike(stated[name], shown[name])
        ]
        # A long text comes last, so that the others are seen beside it.
        differing.sort(key=lambda name: isinstance(FIELDS[name], LongText))
        found.append(Appearance(placement, _compared(differing, stated, shown)))
    return found


def _summary_by(paper: Paper, statements: list[Statement]) -> str:
    """Who wrote the summary that a paper shows, as far as that is known. statements: all about
    it."""
    origin = origins(statements).get(SUMMARY.name)
    if origin is None or not SUMMARY.reads_alike(SUMMARY.stated(origin.record), paper.summary):
        return "Written by a curator"
    if origin.format is Format.HUGGING_FACE:
        return "Written by a language model of Hugging Face"
    where = f"the digest of {_long(origin.date)}"
    if origin.record.machine_summary:
        return f"Written by a machine, in {where}"
    return f"From {where}"


class Corrected(NamedTuple):
    """What curators corrected of a paper, and when they did last."""

    on: datetime
    fields: list[FieldValues]


def _corrected(paper: Paper, statements: list[Statement]) -> Corrected | None:
    """What is corrected of a paper that is shown, if anything is. statements: all about it."""
    corrections = Correction.objects.active().filter(paper=paper).exclude(field=HIDDEN.name)
    dates = dict(corrections.values_list("field", "made_at"))
    if not dates:
        return None
    names = [name for name in FIELDS if name in dates]
    compared = _compared(names, project(statements), _loaded(paper))
    return Corrected(max(dates.values()), compared)


def _loaded(paper: Paper) -> Values:
    return {name: field.loaded(paper) for name, field in FIELDS.items()}


def _compared(names: list[str], stated: Values, shown: Values) -> list[FieldValues]:
    columns = stored(stated) if names else {}
    return [
        FieldValues(
            field,
            field.label_for_readers or field.label,
            field.text_of(stated),
            field.text_of(shown),
            columns,
        )
        for field in (FIELDS[name] for name in names)
    ]


# Authors and categories


@require_safe
@partial(cached_for_visitors, parameters=["page"])
def authors(request: HttpRequest) -> HttpResponse:
    """All authors, those with most papers first."""
    page = turn_to(request, Author.objects.order_by("-paper_count", "name"), AUTHORS_ON_A_PAGE)
    return render(request, "digest/authors.html", {"page": page})


@require_safe
@partial(cached_for_visitors, parameters=["page"])
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """An author's papers."""
    author = Author.objects.filter(slug=slug).first()
    if author is None:
        for alias in Alias.objects.active().filter(slug=slug):
            return redirect("author", author_slug(Alias.shown()[alias.name]))
        raise PageNotFound(
            f"No paper here has an author {slug}.", [("All authors", reverse("authors"))]
        )
    papers = Paper.objects.by(author).newest()
    page = turn_to(request, papers, _size(request), author.paper_count)
    names = sorted(name for name, shown in Alias.shown().items() if shown == author.name)
    context = {"author": author, "page": page, "names": names}
    return render(request, "digest/author.html", context)


@require_safe
@cached_for_visitors
def categories(request: HttpRequest) -> HttpResponse:
    """All categories by area, those with most papers first."""
    found = Category.objects.order_by("-paper_count", "name")
    grouped: dict[int | None, list[Category]] = defaultdict(list)
    for category in found:
        if not category.is_area:
            grouped[category.area_id].append(category)
    areas = [(category, grouped[category.pk]) for category in found if category.is_area]
    return render(request, "digest/categories.html", {"areas": areas, "others": grouped[None]})


@require_safe
@partial(cached_for_visitors, parameters=["page"])
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """A category's papers; an area's are also those of its categories."""
    category = Category.objects.select_related("area").filter(slug=slug).first()
    if category is None:
        raise PageNotFound(
            f"No paper here has a category {slug}.", [("All categories", reverse("categories"))]
        )
    papers = Paper.objects.under(category).newest()
    page = turn_to(request, papers, _size(request), category.paper_count)
    siblings = category.categories.order_by("-paper_count", "name")
    context = {"category": category, "page": page, "categories": siblings}
    return render(request, "digest/category.html", context)


def _size(request: HttpRequest) -> int:
    """Papers of a page: as many as the reader chose, if they have an account."""
    size: int = getattr(request.user, "papers_on_a_page", PAPERS_ON_A_PAGE)
    return size
