"""The addresses of people's libraries."""

from django.urls import path

from .views import bookmarks, notes

urlpatterns = [
    path("library/", bookmarks.library, name="library"),
    path("library/mark/", bookmarks.mark, name="mark"),
    path("library/undo/", bookmarks.undo, name="undo"),
    path("library/notes/<paper:slug>/", notes.note, name="note"),
    path("library/unread/", bookmarks.unread, name="unread"),
    path("library/unread/all/", bookmarks.mark_all_digests, name="mark-all-digests"),
    path("library/unread/<date:day>/", bookmarks.mark_digest, name="mark-digest"),
]
