"""The addresses of the catalogue below `/api/v1/`."""

from django.urls import path

from . import catalogue, digests, papers, reference

urlpatterns = [
    path("papers/", papers.Papers.as_view({"get": "list"}), name="api-papers"),
    path("papers/lookup/", papers.Lookup.as_view({"post": "create"}), name="api-lookup"),
    path("papers/<paper:slug>/", papers.Papers.as_view({"get": "retrieve"}), name="api-paper"),
    path(
        "digests/",
        digests.Digests.as_view({"get": "list", "post": "create"}),
        name="api-digests",
    ),
    path("digests/<date:day>/", digests.Digests.as_view({"get": "retrieve"}), name="api-digest"),
    path("authors/", catalogue.Authors.as_view({"get": "list"}), name="api-authors"),
    path("authors/<name:slug>/", catalogue.Authors.as_view({"get": "retrieve"}), name="api-author"),
    path("categories/", catalogue.Categories.as_view({"get": "list"}), name="api-categories"),
    path(
        "categories/<name:slug>/",
        catalogue.Categories.as_view({"get": "retrieve"}),
        name="api-category",
    ),
    path("links/", catalogue.Links.as_view({"get": "list"}), name="api-links"),
    path("sources/", digests.Sources.as_view({"get": "list"}), name="api-sources"),
    path("sources/<int:pk>/", digests.Sources.as_view({"get": "retrieve"}), name="api-source"),
    path("schema/", reference.schema, name="api-schema"),
    path("reference/", reference.Reference.as_view(), name="api-reference"),
]
