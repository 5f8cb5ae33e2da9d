"""The addresses of the catalogue below `/api/v1/`."""

from django.urls import path

from . import catalogue, digests, papers, reference

urlpatterns = [
    path("papers/", papers.PapersViewSet.as_view({"get": "list"}), name="api-papers"),
    path("papers/lookup/", papers.LookupViewSet.as_view({"post": "create"}), name="api-lookup"),
    path(
        "papers/<paper:slug>/", papers.PapersViewSet.as_view({"get": "retrieve"}), name="api-paper"
    ),
    path(
        "digests/",
        digests.DigestsViewSet.as_view({"get": "list", "post": "create"}),
        name="api-digests",
    ),
    path(
        "digests/<date:day>/",
        digests.DigestsViewSet.as_view({"get": "retrieve"}),
        name="api-digest",
    ),
    path("authors/", catalogue.AuthorsViewSet.as_view({"get": "list"}), name="api-authors"),
    path(
        "authors/<name:slug>/",
        catalogue.AuthorsViewSet.as_view({"get": "retrieve"}),
        name="api-author",
    ),
    path(
        "categories/", catalogue.CategoriesViewSet.as_view({"get": "list"}), name="api-categories"
    ),
    path(
        "categories/<name:slug>/",
        catalogue.CategoriesViewSet.as_view({"get": "retrieve"}),
        name="api-category",
    ),
    path("links/", catalogue.LinksViewSet.as_view({"get": "list"}), name="api-links"),
    path("sources/", digests.SourcesViewSet.as_view({"get": "list"}), name="api-sources"),
    path(
        "sources/<int:pk>/", digests.SourcesViewSet.as_view({"get": "retrieve"}), name="api-source"
    ),
    path("schema/", reference.schema, name="api-schema"),
    path("reference/", reference.Reference.as_view(), name="api-reference"),
]
