"""The addresses of the library below `/api/v1/`."""

from django.urls import path

from .bookmarks import BookmarksViewSet
from .for_you import ForYouViewSet
from .lists import ItemsViewSet, ListsViewSet
from .members import InvitationsViewSet, MembersViewSet
from .notes import NotesViewSet
from .searches import SearchesViewSet
from .transfer import TransferViewSet
from .unread import UnreadViewSet

urlpatterns = [
    path(
        "bookmarks/",
        BookmarksViewSet.as_view({"get": "list", "post": "bulk"}),
        name="api-bookmarks",
    ),
    path(
        "bookmarks/<paper:slug>/",
        BookmarksViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="api-bookmark",
    ),
    path("notes/", NotesViewSet.as_view({"get": "list"}), name="api-notes"),
    path(
        "notes/<paper:slug>/",
        NotesViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="api-note",
    ),
    path("lists/", ListsViewSet.as_view({"get": "list", "post": "create"}), name="api-lists"),
    path(
        "lists/<name:slug>/",
        ListsViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="api-list",
    ),
    path(
        "lists/<name:slug>/items/",
        ItemsViewSet.as_view({"get": "list", "post": "create"}),
        name="api-list-items",
    ),
    path(
        "lists/<name:slug>/items/<paper:paper>/",
        ItemsViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="api-list-item",
    ),
    path(
        "lists/<name:slug>/members/",
        MembersViewSet.as_view({"get": "retrieve", "post": "create"}),
        name="api-list-members",
    ),
    path(
        "lists/<name:slug>/members/<int:member>/",
        MembersViewSet.as_view({"patch": "partial_update", "delete": "destroy"}),
        name="api-list-member",
    ),
    path(
        "lists/<name:slug>/invitations/<int:invitation>/",
        MembersViewSet.as_view({"delete": "uninvite"}),
        name="api-list-invitation",
    ),
    path(
        "lists/<name:slug>/leave/", ListsViewSet.as_view({"post": "leave"}), name="api-list-leave"
    ),
    path(
        "lists/<name:slug>/hand-over/",
        ListsViewSet.as_view({"post": "transfer_ownership"}),
        name="api-list-hand-over",
    ),
    path(
        "searches/",
        SearchesViewSet.as_view({"get": "list", "post": "create"}),
        name="api-searches",
    ),
    path(
        "searches/<int:key>/",
        SearchesViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="api-search",
    ),
    path("invitations/", InvitationsViewSet.as_view({"get": "list"}), name="api-invitations"),
    path(
        "invitations/<int:invitation>/",
        InvitationsViewSet.as_view({"post": "respond"}),
        name="api-invitation",
    ),
    path("import/", TransferViewSet.as_view({"post": "create"}), name="api-import"),
    path("export/", TransferViewSet.as_view({"get": "export"}), name="api-export"),
    path("for-you/", ForYouViewSet.as_view({"get": "show"}), name="api-for-you"),
    path("unread/", UnreadViewSet.as_view({"get": "list"}), name="api-unread"),
    path("unread/<date:day>/", UnreadViewSet.as_view({"put": "update"}), name="api-unread-mark"),
]
