"""The addresses of the library below `/api/v1/`."""

from django.urls import path

from . import bookmarks, lists, notes, transfer, unread

urlpatterns = [
    path(
        "bookmarks/",
        bookmarks.Bookmarks.as_view({"get": "every", "post": "bulk"}),
        name="api-bookmarks",
    ),
    path(
        "bookmarks/<paper:slug>/",
        bookmarks.Bookmarks.as_view({"get": "one", "put": "keep", "delete": "drop"}),
        name="api-bookmark",
    ),
    path("notes/", notes.Notes.as_view({"get": "every"}), name="api-notes"),
    path(
        "notes/<paper:slug>/",
        notes.Notes.as_view({"get": "one", "put": "save", "delete": "drop"}),
        name="api-note",
    ),
    path("lists/", lists.Lists.as_view({"get": "every", "post": "make"}), name="api-lists"),
    path(
        "lists/<name:slug>/",
        lists.Lists.as_view({"get": "one", "patch": "change", "delete": "delete_it"}),
        name="api-list",
    ),
    path(
        "lists/<name:slug>/items/",
        lists.Items.as_view({"get": "every", "post": "add"}),
        name="api-list-items",
    ),
    path(
        "lists/<name:slug>/items/<paper:paper>/",
        lists.Items.as_view({"get": "one", "patch": "change", "delete": "drop"}),
        name="api-list-item",
    ),
    path(
        "lists/<name:slug>/members/",
        lists.Members.as_view({"get": "every", "post": "invite"}),
        name="api-list-members",
    ),
    path(
        "lists/<name:slug>/members/<int:member>/",
        lists.Members.as_view({"patch": "change", "delete": "dismiss"}),
        name="api-list-member",
    ),
    path(
        "lists/<name:slug>/invitations/<int:invitation>/",
        lists.Members.as_view({"delete": "uninvite"}),
        name="api-list-invitation",
    ),
    path("lists/<name:slug>/leave/", lists.Lists.as_view({"post": "leave"}), name="api-list-leave"),
    path(
        "lists/<name:slug>/hand-over/",
        lists.Lists.as_view({"post": "hand_over"}),
        name="api-list-hand-over",
    ),
    path("invitations/", lists.Invitations.as_view({"get": "every"}), name="api-invitations"),
    path(
        "invitations/<int:invitation>/",
        lists.Invitations.as_view({"post": "answer"}),
        name="api-invitation",
    ),
    path("import/", transfer.Transfer.as_view({"post": "bring"}), name="api-import"),
    path("export/", transfer.Transfer.as_view({"get": "export"}), name="api-export"),
    path("unread/", unread.Unread.as_view({"get": "every"}), name="api-unread"),
    path("unread/<date:day>/", unread.Unread.as_view({"put": "mark"}), name="api-unread-mark"),
]
