"""What several people bookmarked: never who, never fewer than three, never an exact number."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.utils import timezone

from accounts.library import Library
from accounts.library.weekly_counts import Popularity, count_week
from accounts.models import Bookmark, Role, User, Visibility, WeeklyCount
from digest.catalogue.load import undo
from digest.models import Paper, Source

NOW = datetime(2025, 6, 12, 6, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """moment(days): it is so many days later."""
    now = [NOW]
    monkeypatch.setattr(timezone, "now", lambda: now[0])

    def moment(days):
        now[0] = NOW + timedelta(days=days)

    return moment


@pytest.fixture
def people(db):
    """Twelve people who agreed to be counted, a month ago."""
    return [
        User.objects.create_user(f"p{n}", is_counted=True, date_joined=NOW - timedelta(days=30))
        for n in range(12)
    ]


def keep(users, paper, at=NOW):
    Bookmark.objects.bulk_create(Bookmark(user=one, paper=paper, added_at=at) for one in users)


def seen(user, papers):
    return Library(user).weekly_counts.popular([paper.pk for paper in papers])


def test_three_people_are_needed(people, papers, other):
    keep(people[:3], papers[0])
    keep(people[:2], papers[1])
    assert count_week() == 1
    assert seen(other, papers) == {papers[0].pk: Popularity(3, "")}


def test_who_did_not_agree_is_not_counted(people, papers, other):
    keep([*people[:2], other], papers[0])
    for reason, user in (("is_counted", people[2]), ("is_active", people[3])):
        User.objects.filter(pk=user.pk).update(**{reason: False})
        keep([user], papers[0])
    assert count_week() == 0


def test_an_account_of_this_week_is_not_counted(people, papers):
    """Nobody makes accounts of their own to see what one more person does."""
    User.objects.filter(pk=people[2].pk).update(date_joined=NOW - timedelta(days=6))
    keep(people[:3], papers[0])
    assert count_week() == 0


def test_a_week_is_counted(people, papers):
    keep(people[:2], papers[0])
    keep(people[2:3], papers[0], NOW - timedelta(days=7))
    assert count_week() == 0
    keep(people[3:4], papers[0], NOW - timedelta(days=6))
    assert count_week() == 1


@pytest.mark.parametrize(("number", "shown"), [(3, 3), (4, 3), (5, 5), (9, 5), (10, 10), (12, 10)])
def test_numbers_are_rounded_down(people, papers, number, shown):
    keep(people[:number], papers[0])
    count_week()
    assert WeeklyCount.objects.get().people == shown


def test_it_is_counted_once_a_day(people, papers, today, capsys):
    """Else the difference between two counts would be one person's."""
    keep(people[:3], papers[0])
    call_command("count_bookmarks")
    keep(people[:3], papers[1])
    call_command("count_bookmarks")
    assert capsys.readouterr().out == "Counted: 1 rows.\nIt was counted today already.\n"
    assert WeeklyCount.objects.get().paper == papers[0]
    today(1)
    call_command("count_bookmarks", verbosity=0)
    assert {row.paper for row in WeeklyCount.objects.all()} == {*papers[:2]}
    today(9)
    assert count_week() == 0
    assert not WeeklyCount.objects.exists()


def test_members_see_what_members_bookmarked(people, papers, other):
    owner, *members = people[:4]
    library = Library(owner)
    opened = library.lists.open(library.lists.create("Ours").slug)
    for member in members:
        opened.invite(member.username, Role.VIEWER)
        Library(member).lists.accept(Library(member).lists.invitations().get().pk)
    keep(members, papers[0])
    keep([*members[:2], people[5]], papers[1])
    assert count_week() == 3
    WeeklyCount.objects.filter(reading_list=None).delete()
    found = {papers[0].pk: Popularity(3, "Ours")}
    assert seen(owner, papers) == seen(members[0], papers) == found
    assert seen(other, papers) == {}
    assert [Library(one).weekly_counts.has_any for one in (owner, members[0], other)] == [
        True,
        True,
        False,
    ]
    # Whom the list is closed to sees it no longer, and its members are not counted again.
    opened.show_to(Visibility.PRIVATE)
    assert seen(members[0], papers) == {}
    WeeklyCount.objects.all().delete()
    assert count_week() == 2
    assert not WeeklyCount.objects.exclude(reading_list=None).exists()


def test_of_several_counts_the_largest_is_shown(owner, papers):
    made = Library(owner).lists.create("Ours")
    for paper, everybody, members in zip(papers, (5, 3, 3), (3, 5, 3), strict=False):
        for people, reading_list in ((everybody, None), (members, made)):
            WeeklyCount.objects.create(
                paper=paper, people=people, reading_list=reading_list, counted_on=NOW
            )
    assert seen(owner, papers) == {
        papers[0].pk: Popularity(5, ""),
        papers[1].pk: Popularity(5, "Ours"),
        papers[2].pk: Popularity(3, "Ours"),
    }


def test_what_is_hidden_or_still_to_come_is_not_counted(people, papers):
    keep(people[:3], papers[0])
    Paper.objects.filter(pk=papers[0].pk).update(hidden=True)
    keep(people[:3], papers[1], NOW + timedelta(hours=1))
    assert count_week() == 0


def test_all_members_of_a_list_are_never_meant(people, papers):
    """“Three or more” of three would say of each of them that they bookmarked it."""
    owner, *members = people[:3]
    library = Library(owner)
    opened = library.lists.open(library.lists.create("Ours").slug)
    for member in members:
        opened.invite(member.username, Role.VIEWER)
        Library(member).lists.accept(Library(member).lists.invitations().get().pk)
    keep(people[:3], papers[0])
    count_week()
    assert WeeklyCount.objects.get().reading_list is None
    WeeklyCount.objects.all().delete()
    User.objects.exclude(pk__in=[one.pk for one in people[:3]]).update(is_active=False)
    assert count_week() == 0


def test_a_source_is_undone_all_the_same(papers):
    WeeklyCount.objects.create(paper=papers[0], people=3, counted_on=NOW)
    undo(Source.objects.get())
    assert [*Paper.objects.values_list("hidden", flat=True)] == [True]


def test_a_visitor_sees_nothing(people, papers):
    keep(people[:3], papers[0])
    count_week()
    assert seen(AnonymousUser(), papers) == {}
