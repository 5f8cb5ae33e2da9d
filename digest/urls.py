"""Every address of the site."""

import re
from datetime import date

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, register_converter

from accounts import profile

from .api.problems import or_page
from .api.reference import recipes
from .exports import FILES
from .pages import busy, digests, files, installed, paper, previews, resubmission, trends, views
from .pages.suggestions import suggestions
from .pages.unapi import unapi


class DateConverter:
    """A day as `2025-02-06`; one that no calendar has matches nothing."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    to_python = staticmethod(date.fromisoformat)
    to_url = staticmethod(date.isoformat)


class SlugConverter:
    """A slug in any script."""

    regex = r"[-\w]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class PaperConverter(SlugConverter):
    """A paper's slug: an arXiv id, the old ones with a slash (`hep-th/9901001`), or any other."""

    regex = r"[-\w.]+(?:/[-\w.]+)?"


class SuffixConverter(SlugConverter):
    """The suffix of a file in which papers are exported."""

    regex = "|".join(re.escape(writer.suffix) for writer in FILES)


class OutputConverter(SlugConverter):
    """The same, or that of a feed."""

    regex = rf"{SuffixConverter.regex}|atom"


register_converter(DateConverter, "date")
register_converter(SuffixConverter, "suffix")
register_converter(OutputConverter, "output")
register_converter(SlugConverter, "name")
register_converter(PaperConverter, "paper")


def to_admin(request: HttpRequest) -> HttpResponse:
    """What the middleware does for other addresses without their last slash, to whoever asks."""
    return redirect("admin:index")


urlpatterns = [
    path("", digests.home, name="home"),
    path("digests/", digests.digests, name="digests"),
    path("digests.atom", files.digests_feed, name="digests-feed"),
    path("digests/<date:day>.<suffix:suffix>", files.digest_file, name="digest-file"),
    path("digests/<date:day>.png", previews.digest_preview, name="digest-preview"),
    path("digests/<date:day>/", digests.digest, name="digest"),
    path("streams/<name:slug>/", digests.home, name="stream-home"),
    path("streams/<name:slug>/digests/", digests.digests, name="stream-digests"),
    path("streams/<name:slug>/digests.atom", files.digests_feed, name="stream-digests-feed"),
    path(
        "streams/<name:slug>/digests/<date:day>.<suffix:suffix>",
        files.digest_file,
        name="stream-digest-file",
    ),
    path("streams/<name:slug>/digests/<date:day>/", digests.digest, name="stream-digest"),
    path("papers/", views.papers, name="papers"),
    path("papers.<output:suffix>", files.papers_file, name="papers-file"),
    path("papers/<paper:slug>.<suffix:suffix>", files.paper_file, name="paper-file"),
    path("papers/<paper:slug>.png", previews.paper_preview, name="paper-preview"),
    path("papers/<paper:slug>/", paper.paper, name="paper"),
    path("authors/", views.authors, name="authors"),
    path("authors/<name:slug>/", views.author, name="author"),
    path("categories/", views.categories, name="categories"),
    path("categories/<name:slug>/", views.category, name="category"),
    path("authors/<name:slug>/months.csv", trends.author_file, name="author-months"),
    path("categories/<name:slug>/months.csv", trends.category_file, name="category-months"),
    path("trends/", trends.trends, name="trends"),
    path("trends/<name:table>.csv", trends.trends_file, name="trends-file"),
    path("suggest/", suggestions, name="suggestions"),
    path("unapi/", unapi, name="unapi"),
    path("", include("accounts.urls")),
    path("api/", recipes, name="api"),
    path("api/v1/", include("digest.api.urls")),
    path("api/v1/library/", include("accounts.api.urls")),
    path("feeds.opml", files.feeds, name="feeds"),
    path("account/", include(profile)),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
    path(settings.ADMIN_PATH, admin.site.admin_view(to_admin)),
    path("abs/<paper:number>", files.abstract, name="abstract"),
    path("pdf/<paper:number>", files.pdf, name="pdf"),
    path("preview.png", previews.site_preview, name="site-preview"),
    path("robots.txt", files.robots, name="robots"),
    path("favicon.ico", installed.favicon, name="favicon"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("sw.js", installed.service_worker, name="service-worker"),
    path("offline/", installed.offline, name="offline"),
    path("opensearch.xml", files.opensearch, name="opensearch"),
    path("sitemap.xml", files.sitemap, name="sitemap"),
    path("sitemap-lists.xml", files.sitemap_lists, name="sitemap-lists"),
    path("sitemap-papers-<int:part>.xml", files.sitemap_papers, name="sitemap-papers"),
]

handler400 = busy.interrupted
handler403 = or_page(403, views.forbidden)
handler404 = or_page(404, views.not_found)
handler429 = resubmission.limited
handler500 = busy.failed
