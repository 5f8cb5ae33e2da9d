"""The addresses of people's libraries."""

from django.urls import path

from .views import bookmarks

urlpatterns = [
    path("library/", bookmarks.library, name="library"),
    path("library/mark/", bookmarks.mark, name="mark"),
    path("library/undo/", bookmarks.undo, name="undo"),
    path("library/unread/", bookmarks.unread, name="unread"),
    path("library/unread/all/", bookmarks.mark_all_digests, name="mark-all-digests"),
    path("library/unread/<date:day>/", bookmarks.mark_digest, name="mark-digest"),
]
