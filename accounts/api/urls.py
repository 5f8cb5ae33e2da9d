"""The addresses of the library below `/api/v1/`."""

from django.urls import path

from . import views

urlpatterns = [
    path(
        "bookmarks/",
        views.Bookmarks.as_view({"get": "every", "post": "bulk"}),
        name="api-bookmarks",
    ),
    path(
        "bookmarks/<paper:slug>/",
        views.Bookmarks.as_view({"get": "one", "put": "keep", "delete": "drop"}),
        name="api-bookmark",
    ),
    path("notes/", views.Notes.as_view({"get": "every"}), name="api-notes"),
    path(
        "notes/<paper:slug>/",
        views.Notes.as_view({"get": "one", "put": "save", "delete": "drop"}),
        name="api-note",
    ),
    path("lists/", views.Lists.as_view({"get": "every", "post": "make"}), name="api-lists"),
    path(
        "lists/<name:slug>/",
        views.Lists.as_view({"get": "one", "patch": "change", "delete": "delete_it"}),
        name="api-list",
    ),
    path(
        "lists/<name:slug>/items/",
        views.Items.as_view({"get": "every", "post": "add"}),
        name="api-list-items",
    ),
    path(
        "lists/<name:slug>/items/<paper:paper>/",
        views.Items.as_view({"get": "one", "patch": "change", "delete": "drop"}),
        name="api-list-item",
    ),
    path(
        "lists/<name:slug>/members/",
        views.Members.as_view({"get": "every", "post": "invite"}),
        name="api-list-members",
    ),
    path(
        "lists/<name:slug>/members/<int:member>/",
        views.Members.as_view({"patch": "change", "delete": "dismiss"}),
        name="api-list-member",
    ),
    path(
        "lists/<name:slug>/invitations/<int:invitation>/",
        views.Members.as_view({"delete": "uninvite"}),
        name="api-list-invitation",
    ),
    path("lists/<name:slug>/leave/", views.Lists.as_view({"post": "leave"}), name="api-list-leave"),
    path(
        "lists/<name:slug>/hand-over/",
        views.Lists.as_view({"post": "hand_over"}),
        name="api-list-hand-over",
    ),
    path("invitations/", views.Invitations.as_view({"get": "every"}), name="api-invitations"),
    path(
        "invitations/<int:invitation>/",
        views.Invitations.as_view({"post": "answer"}),
        name="api-invitation",
    ),
    path("import/", views.Transfer.as_view({"post": "bring"}), name="api-import"),
    path("export/", views.Transfer.as_view({"get": "export"}), name="api-export"),
    path("unread/", views.Unread.as_view({"get": "every"}), name="api-unread"),
    path("unread/<date:day>/", views.Unread.as_view({"put": "mark"}), name="api-unread-mark"),
]
