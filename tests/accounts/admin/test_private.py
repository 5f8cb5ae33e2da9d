"""Private rows in the admin: closed to everybody, until an operator opens them for a time."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from accounts.models import (
    Bookmark,
    Disclosure,
    Dismissal,
    InterestModel,
    ListItem,
    Note,
    Preference,
    Rating,
    ReadingList,
    SavedSearch,
)
from tests.admin import enter

pytestmark = pytest.mark.sqlite

DISCLOSURES = "/admin/accounts/disclosure/"
ADD = f"{DISCLOSURES}add/"
MODELS = {"bookmark": Bookmark, "dismissal": Dismissal, "note": Note}
MODELS |= {"readinglist": ReadingList, "listitem": ListItem, "rating": Rating}
MODELS |= {"preference": Preference, "interestmodel": InterestModel, "savedsearch": SavedSearch}


def opened(client, why="A complaint", minutes=15):
    """Opens a disclosure by its form."""
    answer = client.post(ADD, {"why": why, "minutes": minutes})
    assert answer.url == DISCLOSURES
    return Disclosure.objects.get()


def log():
    return list(
        LogEntry.objects.order_by("pk").values_list(
            "user__username", "object_repr", "action_flag", "change_message"
        )
    )


def rows():
    return [(name, model.objects.order_by("pk").first()) for name, model in MODELS.items()]


def pages():
    for name, row in rows():
        yield f"/admin/accounts/{name}/"
        yield f"/admin/accounts/{name}/{row.pk}/change/"


def test_an_operator_opens_them_for_a_time(operating, operator):
    before = timezone.now()
    disclosure = opened(operating, minutes=60)
    assert (disclosure.opened_by, disclosure.why) == (operator, "A complaint")
    assert before <= disclosure.opened_at <= timezone.now()
    assert disclosure.closes_at - disclosure.opened_at == timedelta(hours=1)
    assert log() == [("operator", "A complaint", ADDITION, "Opened for an hour.")]


@pytest.mark.databases
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"why": "  ", "minutes": 15}, ["why"]),
        ({"why": "x" * 2001, "minutes": 15}, ["why"]),
        ({"why": "A complaint", "minutes": 100_000}, ["minutes"]),
        ({"why": "A complaint", "minutes": ""}, ["minutes"]),
    ],
)
def test_they_open_for_a_reason_and_for_a_day_at_most(operating, fields, wrong):
    page = operating.post(ADD, fields)
    assert list(page.context["adminform"].form.errors) == wrong
    assert not Disclosure.objects.exists()


@pytest.mark.databases
@pytest.mark.parametrize("role", ["operator", "superuser"])
def test_open_they_are_read_and_every_look_is_logged(request, kept, role):
    client = enter(request.getfixturevalue(role))
    for page in pages():
        assert client.get(page).status_code == 403
    opened(client)
    LogEntry.objects.all().delete()
    found = ""
    for page in pages():
        answer = client.get(page)
        assert answer.status_code == 200
        assert "Private data of users is open until" in answer.content.decode()
        assert "A complaint" in answer.content.decode()
        found += answer.content.decode()
    for text in ("note", "list", "description", "comment", "section", "word", "search"):
        assert f"PRIVATE {text}" in found
    assert kept.lists.accessible().get().secret not in found
    first, second = Bookmark.objects.order_by("-pk")
    numbers = {name: row.pk for name, row in rows()}
    assert log() == [
        (role, name, CHANGE, f"Looked at {what} of owner.")
        for name, what in [
            ("bookmarks", f"bookmarks {first.pk}, {second.pk}"),
            ("bookmarks", f"bookmark {numbers['bookmark']}"),
            ("dismissals", f"dismissal {numbers['dismissal']}"),
            ("dismissals", f"dismissal {numbers['dismissal']}"),
            ("notes", f"note {numbers['note']}"),
            ("notes", f"note {numbers['note']}"),
            ("reading lists", f"reading list {numbers['readinglist']}"),
            ("reading lists", f"reading list {numbers['readinglist']}"),
            ("list items", f"list item {numbers['listitem']}"),
            ("list items", f"list item {numbers['listitem']}"),
            ("ratings", f"rating {numbers['rating']}"),
            ("ratings", f"rating {numbers['rating']}"),
            ("preferences", f"preference {numbers['preference']}"),
            ("preferences", f"preference {numbers['preference']}"),
            ("interest models", f"interest model {numbers['interestmodel']}"),
            ("interest models", f"interest model {numbers['interestmodel']}"),
            ("saved searches", f"saved search {numbers['savedsearch']}"),
            ("saved searches", f"saved search {numbers['savedsearch']}"),
        ]
    ]


def test_open_they_are_still_not_for_the_other_roles(kept, operating, managing, curator):
    opened(operating)
    for client in (managing, enter(curator)):
        for page in pages():
            assert client.get(page).status_code == 403
        assert "/admin/accounts/note/" not in client.get("/admin/").content.decode()
        assert client.get(DISCLOSURES).status_code == 403
        assert client.post(ADD, {"why": "I", "minutes": 15}).status_code == 403
        close = f"{DISCLOSURES}{Disclosure.objects.get().pk}/close/"
        assert client.post(close).status_code == 403
    assert Disclosure.objects.get().closes_at > timezone.now()


@pytest.mark.databases
def test_open_nothing_is_changed_or_deleted(kept, operating):
    opened(operating)
    for name, row in rows():
        page = f"/admin/accounts/{name}/"
        for address in (f"{page}add/", f"{page}{row.pk}/change/", f"{page}{row.pk}/delete/"):
            assert operating.post(address, {"post": "yes"}).status_code == 403
        assert operating.get(f"{page}{row.pk}/history/").status_code == 404
        said = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        operating.post(page, said)
        assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.databases
def test_they_close_by_themselves(kept, operating):
    opened(operating)
    Disclosure.objects.update(
        opened_at=timezone.now() - timedelta(minutes=16),
        closes_at=timezone.now() - timedelta(minutes=1),
    )
    for page in pages():
        assert operating.get(page).status_code == 403
    assert "/admin/accounts/note/" not in operating.get("/admin/").content.decode()


@pytest.mark.databases
def test_they_are_closed_early(kept, operating):
    disclosure = opened(operating)
    page = f"{DISCLOSURES}{disclosure.pk}/"
    assert "End it now" in operating.get(f"{page}change/").content.decode()
    assert operating.get(f"{page}close/").status_code == 405
    answer = operating.post(f"{page}close/", follow=True)
    assert [str(message) for message in answer.context["messages"]] == [
        "Closed: private data is private again."
    ]
    assert "End it now" not in answer.content.decode()
    for private in pages():
        assert operating.get(private).status_code == 403
    closed = Disclosure.objects.get().closes_at
    operating.post(f"{page}close/")
    assert Disclosure.objects.get().closes_at == closed
    assert log()[-1] == ("operator", "A complaint", CHANGE, "Closed early.")
    assert operating.post(f"{DISCLOSURES}9999/close/").status_code == 404


def test_a_disclosure_cannot_be_rewritten(operating):
    disclosure = opened(operating)
    page = f"{DISCLOSURES}{disclosure.pk}/"
    assert operating.post(f"{page}change/", {"why": "Other", "minutes": 15}).status_code == 403
    assert operating.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    said = {"action": "delete_selected", "_selected_action": [disclosure.pk], "post": "yes"}
    operating.post(DISCLOSURES, said)
    assert Disclosure.objects.get().why == "A complaint"


def test_a_list_takes_as_many_queries_however_long(kept, operating, django_assert_num_queries):
    opened(operating)
    ContentType.objects.get_for_models(*MODELS.values())  # which are kept once they are known
    for name in MODELS:
        with django_assert_num_queries(11):
            operating.get(f"/admin/accounts/{name}/")
