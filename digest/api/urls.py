"""The addresses of the catalogue below `/api/v1/`."""

from django.urls import path

from . import reference
from .catalogue import AuthorsViewSet, CategoriesViewSet, LinksViewSet
from .digests import DigestsViewSet, SourcesViewSet, StreamsViewSet
from .papers import LookupViewSet, PapersViewSet

urlpatterns = [
    path("papers/", PapersViewSet.as_view({"get": "list"}), name="api-papers"),
    path("papers/lookup/", LookupViewSet.as_view({"post": "create"}), name="api-lookup"),
    path("papers/<paper:slug>/", PapersViewSet.as_view({"get": "retrieve"}), name="api-paper"),
    path("streams/", StreamsViewSet.as_view({"get": "list"}), name="api-streams"),
    path("digests/", DigestsViewSet.as_view({"get": "list", "post": "create"}), name="api-digests"),
    path("digests/<date:day>/", DigestsViewSet.as_view({"get": "retrieve"}), name="api-digest"),
    path("authors/", AuthorsViewSet.as_view({"get": "list"}), name="api-authors"),
    path("authors/<name:slug>/", AuthorsViewSet.as_view({"get": "retrieve"}), name="api-author"),
    path("categories/", CategoriesViewSet.as_view({"get": "list"}), name="api-categories"),
    path(
        "categories/<name:slug>/",
        CategoriesViewSet.as_view({"get": "retrieve"}),
        name="api-category",
    ),
    path("links/", LinksViewSet.as_view({"get": "list"}), name="api-links"),
    path("sources/", SourcesViewSet.as_view({"get": "list"}), name="api-sources"),
    path("sources/<int:pk>/", SourcesViewSet.as_view({"get": "retrieve"}), name="api-source"),
    path("", reference.IndexViewSet.as_view({"get": "show"}), name="api-index"),
    path("schema/", reference.SchemaViewSet.as_view({"get": "show"}), name="api-schema"),
    path("reference/", reference.ReferencePage.as_view(), name="api-reference"),
]
