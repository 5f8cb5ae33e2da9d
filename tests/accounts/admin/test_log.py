"""The log of the admin: read by operators, changed by nobody."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.test import RequestFactory
from django.utils import timezone

from tests.admin import enter

pytestmark = pytest.mark.sqlite

LOG = "/admin/admin/logentry/"


@pytest.fixture
def entries(owner, curator):
    """The curator did something to the owner, and the owner deleted something the day before."""
    request = RequestFactory().post("/admin/")
    request.user = curator
    admin.site.log(request, owner, "Looked at <b>them</b>.")
    LogEntry.objects.create(
        user=owner,
        object_repr="A thing",
        action_flag=DELETION,
        action_time=timezone.now() - timedelta(days=1),
    )
    return list(LogEntry.objects.all())


def test_it_says_who_did_what_and_when(entries, operating, owner):
    page = operating.get(LOG).content.decode()
    assert "Looked at &lt;b&gt;them&lt;/b&gt;." in page
    assert f'<a href="/admin/accounts/user/{owner.pk}/change/">owner</a>' in page
    assert operating.get(f"{LOG}{entries[0].pk}/change/").status_code == 200


@pytest.mark.databases
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["owner", "A thing"]),
        ("action_flag__exact=3", ["A thing"]),
        ("user__id__exact={curator}", ["owner"]),
        ("content_type__id__exact={kind}", ["owner"]),
        (
            "action_time__year={day.year}&action_time__month={day.month}&action_time__day={day.day}",
            ["A thing"],
        ),
        ("q=looked", ["owner"]),
    ],
)
def test_it_is_searched_by_person_kind_and_day(entries, operating, curator, query, found):
    query = query.format(
        curator=curator.pk,
        kind=entries[0].content_type_id,
        day=timezone.now() - timedelta(days=1),
    )
    page = operating.get(f"{LOG}?{query}")
    assert [entry.object_repr for entry in page.context["cl"].result_list] == found


@pytest.mark.databases
@pytest.mark.parametrize("role", ["operator", "superuser"])
def test_nobody_changes_it(entries, request, role):
    client = enter(request.getfixturevalue(role))
    for address in (f"{LOG}add/", *(f"{LOG}{entries[0].pk}/{do}/" for do in ("change", "delete"))):
        assert client.post(address, {"post": "yes"}).status_code == 403
    said = {"action": "delete_selected", "_selected_action": [entries[0].pk], "post": "yes"}
    client.post(LOG, said)
    assert LogEntry.objects.filter(change_message="Looked at <b>them</b>.").exists()
    assert LogEntry.objects.count() == 2


@pytest.mark.databases
def test_it_takes_as_many_queries_however_long(
    entries, operating, curator, django_assert_num_queries
):
    with django_assert_num_queries(13):
        operating.get(LOG)
    LogEntry.objects.bulk_create(
        LogEntry(user=curator, object_repr=str(number), action_flag=CHANGE) for number in range(50)
    )
    with django_assert_num_queries(13):
        operating.get(LOG)
