"""Every address of the site."""

from datetime import date

from django.urls import path, register_converter

from . import views


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


register_converter(DateConverter, "date")
register_converter(SlugConverter, "name")
register_converter(PaperConverter, "paper")

urlpatterns = [
    path("", views.home, name="home"),
    path("digests/", views.digests, name="digests"),
    path("digests/<date:day>/", views.digest, name="digest"),
    path("papers/", views.papers, name="papers"),
    path("papers/<paper:slug>/", views.paper, name="paper"),
    path("authors/", views.authors, name="authors"),
    path("authors/<name:slug>/", views.author, name="author"),
    path("categories/", views.categories, name="categories"),
    path("categories/<name:slug>/", views.category, name="category"),
]

handler404 = views.not_found
