"""The addresses of the library below `/api/v1/`."""

from django.urls import path

from . import bookmarks, lists, members, notes, transfer, unread

urlpatterns = [
    path(
        "bookmarks/",
        bookmarks.BookmarksViewSet.as_view({"get": "list", "post": "bulk"}),
        name="api-bookmarks",
    ),
    path(
        "bookmarks/<paper:slug>/",
        bookmarks.BookmarksViewSet.as_view(
            {"get": "retrieve", "put": "update", "delete": "destroy"}
        ),
        name="api-bookmark",
    ),
    path("notes/", notes.NotesViewSet.as_view({"get": "list"}), name="api-notes"),
    path(
        "notes/<paper:slug>/",
        notes.NotesViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="api-note",
    ),
    path("lists/", lists.ListsViewSet.as_view({"get": "list", "post": "create"}), name="api-lists"),
    path(
        "lists/<name:slug>/",
        lists.ListsViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="api-list",
    ),
    path(
        "lists/<name:slug>/items/",
        lists.ItemsViewSet.as_view({"get": "list", "post": "create"}),
        name="api-list-items",
    ),
    path(
        "lists/<name:slug>/items/<paper:paper>/",
        lists.ItemsViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="api-list-item",
    ),
    path(
        "lists/<name:slug>/members/",
        members.MembersViewSet.as_view({"get": "retrieve", "post": "create"}),
        name="api-list-members",
    ),
    path(
        "lists/<name:slug>/members/<int:member>/",
        members.MembersViewSet.as_view({"patch": "partial_update", "delete": "destroy"}),
        name="api-list-member",
    ),
    path(
        "lists/<name:slug>/invitations/<int:invitation>/",
        members.MembersViewSet.as_view({"delete": "uninvite"}),
        name="api-list-invitation",
    ),
    path(
        "lists/<name:slug>/leave/",
        lists.ListsViewSet.as_view({"post": "leave"}),
        name="api-list-leave",
    ),
    path(
        "lists/<name:slug>/hand-over/",
        lists.ListsViewSet.as_view({"post": "hand_over"}),
        name="api-list-hand-over",
    ),
    path(
        "invitations/", members.InvitationsViewSet.as_view({"get": "list"}), name="api-invitations"
    ),
    path(
        "invitations/<int:invitation>/",
        members.InvitationsViewSet.as_view({"post": "respond"}),
        name="api-invitation",
    ),
    path("import/", transfer.TransferViewSet.as_view({"post": "create"}), name="api-import"),
    path("export/", transfer.TransferViewSet.as_view({"get": "export"}), name="api-export"),
    path("unread/", unread.UnreadViewSet.as_view({"get": "list"}), name="api-unread"),
    path(
        "unread/<date:day>/",
        unread.UnreadViewSet.as_view({"put": "update"}),
        name="api-unread-mark",
    ),
]
