"""The addresses of people's libraries, and of their tokens."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from .views import (
    bookmarks,
    digests,
    feeds,
    filing,
    for_you,
    keys,
    list_items,
    list_page,
    lists,
    mails,
    notes,
    reports,
    searches,
    stars,
    tokens,
    transfer,
    webhooks,
)


def moved_to(name: str) -> Callable[[HttpRequest], HttpResponse]:
    """A view for an old address, which redirects to the one called `name`.

    308 makes browsers send a form again as it was; 301 is for what is read.
    """

    def moved(request: HttpRequest) -> HttpResponse:
        written = request.method not in ("GET", "HEAD")
        return redirect(name, permanent=True, preserve_request=written)

    return moved


urlpatterns = [
    path("library/", bookmarks.library, name="library"),
    path("library.<suffix:suffix>", bookmarks.library_file, name="library-file"),
    path("library/mark/", bookmarks.mark, name="mark"),
    path("library/density/", bookmarks.density, name="density"),
    path("library/menu/<paper:slug>/", filing.menu, name="menu"),
    path("keys/", keys.keys, name="keys"),
    path("library/keys/", keys.choose, name="single-keys"),
    path("library/undo/", bookmarks.undo, name="undo"),
    path("library/notes/<paper:slug>/", notes.note, name="note"),
    path("library/reports/<paper:slug>/", reports.report, name="report"),
    path("library/searches/", searches.searches, name="searches"),
    path("library/searches/new/", searches.new_search, name="new-search"),
    path("library/searches/undo/", searches.undo, name="undo-search"),
    path("library/searches/<int:key>/", searches.search, name="search"),
    path("library/feeds/", feeds.feeds, name="private-feeds"),
    path("library/feeds/<name:secret>.atom", feeds.private_feed, name="private-feed"),
    path("library/webhooks/", webhooks.webhooks, name="webhooks"),
    path("library/webhooks/<int:key>/", webhooks.webhook, name="webhook"),
    path("library/unread/", digests.unread, name="unread"),
    path("library/unread/days/", digests.mark_days, name="mark-days"),
    path("library/unread/all/", digests.mark_all_digests, name="mark-all-digests"),
    path("library/unread/undo/", digests.undo_read, name="undo-read"),
    path("library/unread/<date:day>/", digests.mark_digest, name="mark-digest"),
    path("library/unread/<name:slug>/<date:day>/", digests.mark_digest, name="mark-stream-digest"),
    path("library/for-you/", for_you.for_you, name="for-you"),
    path("library/for-you/questions/", for_you.questions, name="for-you-questions"),
    path("library/for-you/authors/", for_you.authors, name="for-you-authors"),
    path("library/for-you/less/", for_you.less, name="for-you-less"),
    path("library/for-you/preferences/<int:preference>/", for_you.undo, name="undo-preference"),
    path("library/for-you/settings/", for_you.change, name="for-you-settings"),
    path("library/import/", transfer.import_papers, name="import"),
    path("library/import/confirm/", transfer.confirm_import, name="confirm-import"),
    path("library/import/undo/", transfer.undo_last_import, name="undo-import"),
    path("library/import/take-in/", moved_to("confirm-import")),
    path("library/export.zip", transfer.export_library, name="export"),
    path("library/export.schema.json", transfer.schema, name="export-schema"),
    path("lists/", lists.reading_lists, name="reading-lists"),
    path("lists/undo/", list_items.undo_removal, name="undo-removal"),
    path("lists/undo-addition/", list_items.undo_addition, name="undo-addition"),
    path("lists/put-back/", moved_to("undo-removal")),
    path("lists/invitations/<int:invitation>/", lists.answer_invitation, name="answer-invitation"),
    path("lists/shared/<name:secret>/", list_page.shared_list, name="shared-list"),
    path("lists/shared/<name:secret>.<output:suffix>", list_page.shared_file, name="shared-file"),
    path("lists/<name:slug>/", list_page.reading_list, name="reading-list"),
    path("lists/<name:slug>.<output:suffix>", list_page.list_file, name="list-file"),
    path("lists/<name:slug>.png", list_page.list_preview, name="list-preview"),
    path("lists/<name:slug>/items/", list_items.list_items, name="list-items"),
    path("lists/<name:slug>/settings/", lists.list_settings, name="list-settings"),
    path("lists/<name:slug>/link/", lists.revoke_link, name="revoke-link"),
    path("lists/<name:slug>/invitations/", lists.invite, name="invite-to-list"),
    path(
        "lists/<name:slug>/invitations/<int:invitation>/", lists.uninvite, name="uninvite-from-list"
    ),
    path("lists/<name:slug>/members/<int:member>/", lists.change_member, name="change-member"),
    path("lists/<name:slug>/leave/", lists.leave_list, name="leave-list"),
    path("lists/<name:slug>/delete/", lists.delete_list, name="delete-list"),
    path("account/star/<paper:slug>/", stars.star, name="star"),
    path("account/first-steps/", stars.end_steps, name="end-steps"),
    path("account/mails/", mails.mail_settings, name="mails"),
    path("account/mails/preview/", mails.preview, name="mail-preview"),
    path("account/mails/stop/<str:token>/", mails.stop, name="stop-mails"),
    path("account/mails/bookmark/<str:token>/", mails.bookmark, name="bookmark-mailed"),
    path("account/reports/", reports.reports, name="reports"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<int:token>/revoke/", tokens.revoke, name="revoke-token"),
]
