"""What is new of several streams: those that a person subscribes to."""

from datetime import date

import pytest

from accounts.library import Library
from accounts.models import ReadDigest, StreamReading, User
from digest.catalogue.load import load
from digest.models import Digest, Stream
from tests.samples import digest, row


@pytest.fixture
def arxiv(db):
    return Stream.objects.create(name="arXiv cs.CL", slug="arxiv-cs-cl")


@pytest.fixture
def two_streams(library, arxiv, three_days):
    """arXiv has the papers a day before, and one more."""
    for day, numbers in (("03", [1, 6]), ("04", [2, 3]), ("05", [4, 5, 7])):
        rows = digest(*(row(n, date=f"2025-02-{day}") for n in numbers))
        load(rows, f"arxiv/2025-02-{day}.json", stream=arxiv.pk)


def unread(library):
    return [(one.date.day, one.stream.slug) for one in library.digests.unread()]


def again(user):
    return Library(User.objects.get(pk=user.pk))


def test_only_what_somebody_subscribes_to_is_new(two_streams, library, owner, arxiv):
    assert unread(library) == [(6, "daily"), (5, "daily"), (4, "daily")]
    # Papers that came in the other stream before are new all the same.
    assert library.digests.new_papers() == 5
    library.digests.subscribe([1, arxiv.pk])
    assert unread(again(owner)) == [
        *((6, "daily"), (5, "daily"), (5, "arxiv-cs-cl"), (4, "daily")),
    ]
    library.digests.subscribe([arxiv.pk])
    assert unread(again(owner)) == [(5, "arxiv-cs-cl")]


def test_a_paper_of_two_streams_is_new_once(two_streams, library, owner, arxiv):
    Stream.objects.filter(pk=arxiv.pk).update(is_subscribed=True)
    assert len(unread(library)) == 6
    assert library.digests.new_papers() == 7
    # What was first in a digest that is read is not new.
    library.digests.mark_read(date(2025, 2, 3), arxiv.pk)
    assert library.digests.new_papers() == 5


def test_the_operator_chooses_for_who_did_not(two_streams, library, owner, arxiv, other):
    library.digests.subscribe([1])
    assert not StreamReading.objects.exists()  # as it is for everybody
    Stream.objects.filter(pk=arxiv.pk).update(is_subscribed=True)
    assert {slug for _, slug in unread(again(owner))} == {"daily", "arxiv-cs-cl"}
    library.digests.subscribe([1])
    assert {slug for _, slug in unread(again(owner))} == {"daily"}
    other.read_until = None
    assert {slug for _, slug in unread(Library(other))} == {"daily", "arxiv-cs-cl"}


def test_streams_are_read_one_by_one(two_streams, library, owner, arxiv):
    Stream.objects.filter(pk=arxiv.pk).update(is_subscribed=True)
    library.digests.mark_read(date(2025, 2, 5))
    assert not library.digests.is_read(date(2025, 2, 5), arxiv.pk)
    assert library.digests.is_read(date(2025, 2, 5))
    library.digests.mark_all_read()
    assert unread(library) == []
    assert not ReadDigest.objects.exists()
    library.digests.mark_unread(date(2025, 2, 4), arxiv.pk)
    assert unread(again(owner)) == [(4, "arxiv-cs-cl")]


def test_what_comes_late_in_one_stream_is_new(two_streams, library, owner, arxiv):
    """Though all was read until a later day of another."""
    Stream.objects.filter(pk=arxiv.pk).update(is_subscribed=True)
    library.digests.mark_all_read()
    load(digest(row(9, date="2025-02-06")), "arxiv/2025-02-06.json", stream=arxiv.pk)
    assert unread(again(owner)) == [(6, "arxiv-cs-cl")]
    assert again(owner).digests.new_papers() == 1


def test_subscriptions_where_there_is_one_stream(three_days, library, arxiv):
    assert library.digests.subscriptions() == []


def test_a_stream_that_is_deleted_takes_what_was_read_of_it_along(library, owner, arxiv):
    ReadDigest.objects.create(user=owner, stream=arxiv, date=date(2025, 2, 5))
    StreamReading.objects.create(user=owner, stream=arxiv, is_subscribed=True)
    arxiv.delete()
    assert not ReadDigest.objects.exists()
    assert not StreamReading.objects.exists()


# Pages


@pytest.fixture
def mine(client, owner):
    client.force_login(owner)
    return client


def test_people_choose_in_their_settings(two_streams, mine, owner, arxiv):
    page = mine.get("/account/").content.decode()
    assert ("New to you" in page, page.count('name="streams"')) == (True, 2)
    said = {"time_zone": "UTC", "theme": "auto", "papers_on_a_page": "25", "density": "brief"}
    mine.post("/account/", {**said, "streams": [str(arxiv.pk)]})
    assert {slug for _, slug in unread(again(owner))} == {"arxiv-cs-cl"}
    wrong = mine.post("/account/", {**said, "streams": ["99"]})
    assert "Choose streams from the list." in wrong.content.decode()
    mine.post("/account/", said)
    assert unread(again(owner)) == []


def test_with_one_stream_there_is_nothing_to_choose(three_days, mine):
    assert "streams" not in mine.get("/account/").content.decode()
    assert "Daily papers" not in mine.get("/library/unread/").content.decode()


def test_the_list_of_what_is_new_names_streams(two_streams, mine, owner, arxiv):
    Stream.objects.filter(pk=arxiv.pk).update(is_subscribed=True)
    page = mine.get("/library/unread/").content.decode()
    assert "/streams/arxiv-cs-cl/digests/2025-02-05/" in page
    assert "Daily papers" in page
    mine.post("/library/unread/arxiv-cs-cl/2025-02-05/", {"do": "read"})
    assert (5, "arxiv-cs-cl") not in unread(again(owner))
    assert (5, "daily") in unread(again(owner))
    mine.post("/library/unread/arxiv-cs-cl/2025-02-05/", {"do": "unread"})
    assert (5, "arxiv-cs-cl") in unread(again(owner))
    assert mine.post("/library/unread/none/2025-02-05/").status_code == 404
    day = mine.get("/streams/arxiv-cs-cl/digests/2025-02-05/").content.decode()
    assert "/library/unread/arxiv-cs-cl/2025-02-05/" in day


def test_queries_do_not_grow(two_streams, mine, django_assert_num_queries, arxiv):
    Stream.objects.update(is_subscribed=True)
    mine.get("/library/unread/")
    with django_assert_num_queries(10):
        mine.get("/library/unread/")
    for number in range(3):
        stream = Stream.objects.create(name=f"S{number}", slug=f"s{number}", is_subscribed=True)
        load(digest(row(1)), "a.json", stream=stream.pk)
    mine.get("/library/unread/")
    with django_assert_num_queries(10):
        mine.get("/library/unread/")
    assert Digest.objects.count() == 9


# Export and import


def test_it_comes_back_from_an_export(two_streams, library, owner, other, arxiv):
    library.digests.subscribe([arxiv.pk])
    library.digests.mark_read(date(2025, 2, 3), arxiv.pk)
    library.digests.mark_read(date(2025, 2, 4))
    before = again(owner).digests.readings()
    other.read_until = None  # as for the owner, who came before the first digest
    other.save()
    theirs = Library(other).digests
    theirs.restore((2 if one.stream == arxiv.slug else 1, one) for one in before)
    assert again(other).digests.readings() == before
    assert unread(again(other)) == unread(again(owner))
