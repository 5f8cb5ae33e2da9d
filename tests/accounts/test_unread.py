"""The pages of what is new: the list by days, what is marked there, and what other pages say."""

import re
from datetime import date, timedelta
from functools import cached_property
from html import unescape

import pytest
from django.test import Client

from accounts.library import Library
from accounts.library.digests import Digests
from accounts.templatetags.library import since
from digest.catalogue.load import load
from digest.models import Stream
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

UNREAD = "/library/unread/"


def text(response):
    return response.content.decode()


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def days(owner):
    """Six days, of twenty papers each."""

    def file(number):
        rows = (row(number * 100 + n, date=f"2025-02-0{number}") for n in range(20))
        return digest(*rows), f"2025-02-0{number}.json"

    load_once(*map(file, range(1, 7)))


def shown(response):
    """The days of the list, in order, each with how many of its papers are shown."""
    found = {}
    for paper in response.context["papers"]:
        day = paper.new_day.day.day
        found[day] = found.get(day, 0) + 1
    return found


def forms(response, label):
    """The days that the buttons of this name mark as read, and where each leads."""
    found = []
    for form in re.findall(r"<form.*?</form>", text(response), re.DOTALL):
        if f">{label}</button>" in form:
            fields = dict(re.findall(r'name="(first|last|next)"\s+value="([^"]*)"', form))
            to = re.search(r'action="([^"]*)"', form)[1].partition("#")[2]
            ends = fields["first"][-2:], fields["last"][-2:]
            found.append((*ends, unescape(fields["next"]), to))
    return found


def test_whole_days_are_shown_until_they_fill_a_page(client, days):
    first = client.get(UNREAD)
    assert shown(first) == {6: 20, 5: 20}
    assert "<b>120 papers</b> of 6 unread days" in text(first)
    address = unescape(re.search(r'rel="next"\s+href="([^"]+)"', text(first))[1])
    assert address == "?order=newest&day=2025-02-04#new-papers"
    second = client.get(UNREAD + address)
    assert shown(second) == {4: 20, 3: 20}
    assert "Back to the first" in text(second)
    last = client.get(UNREAD, {"day": "2025-02-02"})
    assert shown(last) == {2: 20, 1: 20}
    assert 'rel="next"' not in text(last)


def test_the_oldest_come_first(client, days):
    assert [*shown(client.get(UNREAD, {"order": "oldest"}))] == [1, 2]
    assert [*shown(client.get(UNREAD, {"order": "oldest", "day": "2025-02-04"}))] == [4, 5]


def test_a_page_has_as_many_papers_as_the_reader_chose(client, owner, days):
    owner.papers_on_a_page = 50
    owner.save()
    assert [*shown(client.get(UNREAD))] == [6, 5, 4]


def test_a_day_that_was_read_since_is_passed_over(client, owner, days):
    Library(owner).digests.mark_read(date(2025, 2, 4))
    assert [*shown(client.get(UNREAD, {"day": "2025-02-04"}))] == [3, 2]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"order": "x"}, "Order: “x” is not an order of days. It was left out."),
        ({"day": "x"}, "Day: A day is written as 2025-02-06. It was left out."),
        ({"day": "2025-02-31"}, "Day: A day is written as 2025-02-06. It was left out."),
    ],
)
def test_a_wrong_parameter_is_said_and_left_out(client, days, parameters, said):
    response = client.get(UNREAD, parameters)
    assert [*shown(response)] == [6, 5]
    assert said in text(response)


def test_each_day_can_be_marked_at_its_head_and_up_to_it_at_its_foot(client, days):
    start = "/library/unread/?order=newest"
    page = client.get(UNREAD)
    assert forms(page, "Mark as read") == [
        ("06", "06", UNREAD, "day-2025-02-05"),
        ("05", "05", UNREAD, "new-papers"),
    ]
    assert forms(page, "Mark the days above as read") == [("06", "06", start, "content")]
    assert forms(page, "Done: next day") == [("06", "06", start, "content")]
    assert forms(page, "Done up to here") == [("05", "06", start, "content")]
    # What was passed over on the pages before is above as well.
    later = client.get(UNREAD, {"day": "2025-02-04"})
    assert forms(later, "Mark the days above as read") == [
        ("05", "06", start, "content"),
        ("04", "06", start, "content"),
    ]
    oldest = client.get(UNREAD, {"order": "oldest", "day": "2025-02-02"})
    assert [form[:2] for form in forms(oldest, "Done up to here")] == [("01", "02"), ("01", "03")]


def test_a_digest_without_new_papers_is_above_as_well(client, owner, days):
    load(digest(row(100, date="2025-02-07")), "2025-02-07.json")
    page = client.get(UNREAD)
    assert [*shown(page)] == [6, 5]
    assert forms(page, "Done up to here")[0][:2] == ("06", "07")


def test_what_is_done_is_gone_and_can_be_undone(client, owner, days):
    data = {"first": "2025-02-05", "last": "2025-02-06", "next": UNREAD}
    page = client.post(UNREAD + "days/", data, follow=True)
    assert [*shown(page)] == [4, 3]
    assert "2 days are marked as read." in text(page)
    assert 'action="/library/unread/undo/"' in text(page)
    page = client.post(UNREAD + "undo/", {"next": UNREAD}, follow=True)
    assert [*shown(page)] == [6, 5]
    page = client.post(UNREAD + "undo/", follow=True)
    assert "There is nothing to undo." in text(page)


def test_all_that_were_marked_can_be_new_again(client, owner, days):
    Library(owner).digests.mark_read(date(2025, 2, 3))
    page = client.post(UNREAD + "all/", follow=True)
    assert "You have read all digests." in text(page)
    assert "5 days are marked as read." in text(page)
    client.post(UNREAD + "undo/")
    found = Library(owner).digests.unread_days()
    assert found == {date(2025, 2, day) for day in (1, 2, 4, 5, 6)}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"last": "2025-02-06"}, "The first day is missing."),
        ({"first": "2025-02-06", "last": "x"}, "A day is written as 2025-02-06."),
    ],
)
def test_days_that_cannot_be_read_change_nothing(client, owner, days, data, said):
    page = client.post(UNREAD + "days/", data, follow=True)
    assert said in text(page)
    assert client.post(UNREAD + "days/", data, headers={"HX-Request": "true"}).status_code == 400
    assert Library(owner).digests.new_papers() == 120


def test_days_that_were_read_already_are_not_undone(client, days):
    data = {"first": "2025-02-06", "last": "2025-02-06"}
    client.post(UNREAD + "days/", data)
    page = client.post(UNREAD + "days/", data, follow=True)
    assert "These days were read already." in text(page)


def test_a_script_is_given_the_list_the_count_and_what_was_done(client, days):
    headers = {"HX-Request": "true"}
    data = {"first": "2025-02-06", "last": "2025-02-06", "next": UNREAD}
    answer = client.post(UNREAD + "days/", data, headers=headers)
    page = text(client.get(answer.url, headers=headers))
    assert page.startswith('<section id="new-papers"')
    assert "6 February 2025 is marked as read." in page
    assert re.search(r'id="new-count" hx-swap-oob="true">\s*<a class="new"[^>]*>100<', page)


def test_other_streams_stand_under_the_same_day(client, owner, days):
    other = Stream.objects.create(name="Others", slug="others")
    rows = [row(620, date="2025-02-06"), row(600, date="2025-02-06")]
    load(digest(*rows), "o.json", stream=other.pk)
    Library(owner).digests.subscribe([1, other.pk])
    page = client.get(UNREAD)
    assert shown(page) == {6: 21, 5: 20}
    assert '<a href="/streams/others/digests/2025-02-06/"' in text(page)
    client.post(UNREAD + "days/", {"first": "2025-02-06", "last": "2025-02-06"})
    assert Library(owner).digests.unread_days(other.pk) == set()


def test_what_another_tab_marks_meanwhile_is_no_failure(client, owner, days, monkeypatch):
    count = Digests.new_by_day.func

    def counted_before(digests):
        found = count(digests)
        Library(owner).digests.mark_all_read()
        return found

    late = cached_property(counted_before)
    late.__set_name__(Digests, "new_by_day")
    monkeypatch.setattr(Digests, "new_by_day", late)
    assert shown(client.get(UNREAD)) == {}


# The pages of days, the front page and the calendar


def test_at_a_days_foot_the_next_is_one_act_away(client, owner, days):
    for day in (6, 5, 4):
        address = f"/digests/2025-02-0{day}/"
        assert "Done: next unread day" in text(client.get(address))
        answer = client.post(f"{UNREAD}2025-02-0{day}/", {"do": "done"})
        assert answer.url == f"/digests/2025-02-0{day - 1}/"
    page = text(client.get(answer.url))
    assert "4 February 2025 is marked as read." in page
    client.post(UNREAD + "undo/")
    assert Library(owner).digests.unread_days() == {date(2025, 2, day) for day in (1, 2, 3, 4)}
    Library(owner).digests.mark_all_read()
    assert "Next unread day" in text(client.get("/digests/2025-02-06/"))
    assert client.post(f"{UNREAD}2025-02-06/", {"do": "done"}).url == UNREAD


def state(response):
    """What the page of a day says of it."""
    return re.search(r'<span id="state"[^>]*>(\w+)</span>', text(response))[1]


def test_a_day_says_whether_it_is_read(client, owner, days):
    address = "/digests/2025-02-06/"
    assert state(client.get(address)) == "New"
    Library(owner).digests.mark_read(date(2025, 2, 6))
    assert state(client.get(address)) == "Read"
    part = client.get(address, headers={"HX-Request": "true"})
    assert (state(part), "Mark as new" in text(part)) == ("Read", True)
    assert 'id="state"' not in text(Client().get(address))


def test_the_calendar_marks_the_days_that_are_not_read(client, owner, days):
    Library(owner).digests.mark_read(date(2025, 2, 6))
    calendar = text(client.get("/digests/"))
    new = re.findall(r'is-new"><a href="/digests/2025-02-(\d\d)/">.*?, new to you<', calendar)
    assert new == ["01", "02", "03", "04", "05"]
    assert "is-new" not in text(Client().get("/digests/"))


def test_the_front_page_leads_on(client, owner, days):
    line = re.search(r'<p class="continue">\s*<a href="([^"]+)">([^<]+)</a>', text(client.get("/")))
    assert line.groups() == (UNREAD, "120 new since 1 Feb 2025: continue")
    assert 'class="continue"' not in text(client.get("/digests/2025-02-06/"))
    assert 'class="continue"' not in text(Client().get("/"))
    # Nor where the page itself has all that is new.
    Library(owner).digests.mark_read_between(date(2025, 2, 1), date(2025, 2, 5))
    assert 'class="continue"' not in text(client.get("/"))
    Library(owner).digests.mark_all_read()
    assert 'class="continue"' not in text(client.get("/"))


def test_a_day_of_the_last_week_has_its_name(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda: date(2025, 2, 6))
    days = [date(2025, 2, 6) - timedelta(days) for days in (0, 2, 6, 7, 400)]
    names = ["Thursday", "Tuesday", "Friday", "30 Jan", "3 Jan 2024"]
    assert [since(day) for day in days] == names


@pytest.mark.parametrize("papers", [2, 30])
@pytest.mark.parametrize("number", [1, 12])
@pytest.mark.slow
def test_the_number_of_queries_is_fixed(client, django_assert_num_queries, owner, number, papers):
    for day in range(1, number + 1):
        rows = (row(day * 100 + n, date=f"2025-02-{day:02}") for n in range(papers))
        load(digest(*rows), f"{day}.json")
    client.get(UNREAD)  # its cards are made
    with django_assert_num_queries(10):
        client.get(UNREAD)
    with django_assert_num_queries(6):
        client.get("/digests/")
