"""The addresses of people's libraries."""

from django.urls import path

from .views import bookmarks, notes, tokens, transfer

urlpatterns = [
    path("library/", bookmarks.library, name="library"),
    path("library/mark/", bookmarks.mark, name="mark"),
    path("library/undo/", bookmarks.undo, name="undo"),
    path("library/notes/<paper:slug>/", notes.note, name="note"),
    path("library/unread/", bookmarks.unread, name="unread"),
    path("library/unread/all/", bookmarks.mark_all_digests, name="mark-all-digests"),
    path("library/unread/<date:day>/", bookmarks.mark_digest, name="mark-digest"),
    path("library/import/", transfer.bring, name="import"),
    path("library/import/take-in/", transfer.take_in, name="take-in"),
    path("library/export.zip", transfer.take_away, name="export"),
    path("library/export.schema.json", transfer.schema, name="export-schema"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<int:token>/revoke/", tokens.revoke, name="revoke-token"),
]
