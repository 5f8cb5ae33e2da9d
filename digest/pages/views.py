"""The pages of the catalogue: public, the same for everybody, complete without JavaScript."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from string import ascii_lowercase

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from digest.caches.revision import Revision
from digest.log import request_id
from digest.models import (
    Alias,
    Author,
    Category,
    Paper,
)
from digest.search import COUNTED
from digest.search.filters import PARAMETERS, PaperFilter
from digest.text.identity import OTHER, author_slug

from .cache import cached_for_visitors
from .facets import FilterPanel, total_of
from .paging import FoundOnce, HtmxRequest, PageNotFound, turn_to
from .trends import author_figure, category_figure

PAPERS_ON_A_PAGE = 25
AUTHORS_ON_A_PAGE = 120
LETTERS = [*ascii_lowercase, OTHER]


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    error = exception if isinstance(exception, PageNotFound) else PageNotFound("")
    context = {"message": str(error), "links": error.links, "request_id": request_id()}
    return render(request, "404.html", context, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", {"request_id": request_id()}, status=403)


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


# Authors and categories


@require_safe
@partial(cached_for_visitors, parameters=["letter", "page"])
def authors(request: HttpRequest) -> HttpResponse:
    """All authors, those with most papers first; or those of a letter, by name."""
    letter = request.GET.get("letter", "").lower()
    if letter and letter not in LETTERS:
        raise PageNotFound(
            "There are authors by the letters a to z.", [("All authors", reverse("authors"))]
        )
    found = Author.objects.order_by("-paper_count", "name")
    if letter:
        found = Author.objects.filter(letter=letter).order_by("sort_key", "name")
    page = turn_to(request, found, AUTHORS_ON_A_PAGE)
    context = {"page": page, "letter": letter, "letters": LETTERS}
    return render(request, "digest/authors.html", context)


@require_safe
@partial(cached_for_visitors, parameters=["page"])
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """An author's papers."""
    revision = Revision()
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
    figure = author_figure(revision, author)
    context = {"author": author, "page": page, "names": names, "figure": figure}
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
    revision = Revision()
    category = Category.objects.select_related("area").filter(slug=slug).first()
    if category is None:
        raise PageNotFound(
            f"No paper here has a category {slug}.", [("All categories", reverse("categories"))]
        )
    papers = Paper.objects.under(category).newest()
    page = turn_to(request, papers, _size(request), category.paper_count)
    siblings = category.categories.order_by("-paper_count", "name")
    figure = category_figure(revision, category)
    context = {"category": category, "page": page, "categories": siblings, "figure": figure}
    return render(request, "digest/category.html", context)


def _size(request: HttpRequest) -> int:
    """Papers of a page: as many as the reader chose, if they have an account."""
    size: int = getattr(request.user, "papers_on_a_page", PAPERS_ON_A_PAGE)
    return size
