"""What is new since a person was here last."""

from datetime import date

from django.contrib.auth.models import AnonymousUser

from accounts.library import Library
from accounts.models import ReadDigest, User
from digest.catalogue.load import load
from digest.models import DigestKey, Paper, Stream
from tests.samples import digest, row


def test_the_newest_digest_is_new_to_who_comes(three_days, library):
    assert [day.date.day for day in library.digests.unread()] == [6]
    assert library.digests.new_papers() == 2  # one of the three came a day before
    assert library.digests.is_read(date(2025, 2, 5))
    assert not library.digests.is_read(date(2025, 2, 6))


def test_all_is_new_to_who_came_before_the_first_digest(library, three_days):
    assert library.digests.new_papers() == 5


def test_a_digest_is_marked_as_read_and_as_new_again(library, three_days):
    day = date(2025, 2, 5)
    for _ in range(2):
        library.digests.mark_read(day)
    assert [found.date.day for found in library.digests.unread()] == [6, 4]
    assert library.digests.new_papers() == 3
    library.digests.mark_unread(day)
    assert library.digests.new_papers() == 5


def test_a_day_among_all_that_were_read_is_new_again(library, owner, three_days):
    library.digests.mark_all_read()
    for _ in range(2):
        library.digests.mark_unread(date(2025, 2, 5))
        assert [day.date.day for day in library.digests.unread()] == [5]
    owner.refresh_from_db()
    assert [day.date.day for day in Library(owner).digests.unread()] == [5]


def test_all_are_marked_as_read_and_what_comes_later_is_new(library, owner, three_days):
    library.digests.mark_read(date(2025, 2, 5))
    library.digests.mark_all_read()
    assert library.digests.new_papers() == 0
    assert not ReadDigest.objects.exists()
    load(digest(row(9, date="2025-02-07")), "2025-02-07.json")
    owner.refresh_from_db()
    assert Library(owner).digests.new_papers() == 1


def test_it_is_each_persons_own(library, other, three_days):
    library.digests.mark_all_read()
    assert Library(other).digests.new_papers() == 5
    assert Library(AnonymousUser()).digests.new_papers() == 0


def test_two_tabs_that_mark_days_as_new_lose_neither(library, owner, three_days):
    library.digests.mark_all_read()
    first, second = (Library(User.objects.get(pk=owner.pk)) for _ in range(2))
    first.digests.mark_unread(date(2025, 2, 4))
    second.digests.mark_unread(date(2025, 2, 6))
    fresh = Library(User.objects.get(pk=owner.pk))
    assert [found.date.day for found in fresh.digests.unread()] == [6, 4]


def test_what_is_new_by_day_counts_each_paper_once(library, three_days):
    days = {date(2025, 2, 6): 2, date(2025, 2, 5): 2, date(2025, 2, 4): 1}
    assert (library.digests.new_by_day, [*library.digests.new_by_day]) == (days, [*days])
    new = library.digests.new_on(days)
    slugs = Paper.objects.in_bulk([key for _, key in new])
    assert [(day.day, slugs[key].slug[-1]) for day, key in new] == [
        *((6, "4"), (6, "5"), (5, "2"), (5, "3"), (4, "1"))
    ]


def test_days_are_read_together_and_new_again(library, three_days):
    read = library.digests.mark_read_between(date(2025, 2, 5), date(2025, 2, 6))
    assert [key.date.day for key in read] == [6, 5]
    assert library.digests.new_by_day == {date(2025, 2, 4): 1}
    assert library.digests.mark_read_between(date(2025, 2, 5), date(2025, 2, 6)) == []
    library.digests.mark_all_unread(read)
    assert library.digests.new_papers() == 5


def test_several_days_among_all_that_were_read_are_new_again(library, three_days):
    library.digests.mark_all_read()
    library.digests.mark_all_unread([DigestKey(date(2025, 2, 4)), DigestKey(date(2025, 2, 6))])
    assert library.digests.unread_days() == {date(2025, 2, 4), date(2025, 2, 6)}


def test_the_next_day_to_read_is_older_as_long_as_there_is_one(library, three_days):
    load(digest(), "2025-02-03.json")  # without papers
    days = [date(2025, 2, day) for day in (5, 4, 6)]
    found = []
    day = date(2025, 2, 6)
    library.digests.mark_read(day)
    while following := library.digests.next_unread(day):
        day = following.date
        found.append(day)
        library.digests.mark_read(day)
    assert found == days[:2]
    library.digests.mark_unread(days[2])
    assert library.digests.next_unread(days[1]).date == days[2]
    assert Library(AnonymousUser()).digests.next_unread(days[1]) is None


def test_only_subscribed_streams_are_new(library, three_days):
    other = Stream.objects.create(name="Others", slug="others")
    load(digest(row(3, date="2025-02-04"), row(8, date="2025-02-04")), "o.json", stream=other.pk)
    assert library.digests.new_papers() == 5
    library.digests.subscribe([1, other.pk])
    library.digests.mark_unread(date(2025, 2, 4), other.pk)
    # The third paper came first in the other stream now, a day before.
    assert library.digests.new_by_day == {
        date(2025, 2, 6): 2,
        date(2025, 2, 5): 1,
        date(2025, 2, 4): 3,
    }
    following = library.digests.next_unread(date(2025, 2, 4))
    assert following.key == DigestKey(date(2025, 2, 4), other.pk)
