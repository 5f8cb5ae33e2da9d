"""What several people bookmarked this week, without saying who or exactly how many.

Only people who agreed are counted, and a paper is shown once three of them bookmarked it. Numbers
are rounded down, and never that of all people who may be meant; papers of one number are in no
order among themselves, and everything is counted once a day: so what one person does is seen in no
count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Bookmark, Membership, ReadingList, User, Visibility, WeeklyCount
from digest.batches import batches

from .base import Part
from .lists import open_to

LEVELS = (3, 5, 10, 20, 50, 100, 200, 500, 1_000)
"""The numbers that are shown: “5 or more”. Below the first, nothing is."""
_WEEK = timedelta(days=7)


class Popularity(NamedTuple):
    """That so many people or more bookmarked a paper. where: the name of the list whose members
    they are, or "" for people of the installation."""

    people: int
    where: str


class WeeklyCounts(Part):
    """What the person is shown of what others do."""

    def popular(self, papers: Collection[int]) -> dict[int, Popularity]:
        """Of these papers those that several people bookmarked this week: of the installation, or
        of a list of which the person is a member; of several counts the largest. For people who are
        logged in."""
        if not self._user.pk:
            return {}
        found: dict[int, Popularity] = {}
        lists = open_to(self._user)
        for some in batches(papers):
            rows = WeeklyCount.objects.filter(
                Q(reading_list=None) | Q(reading_list__in=lists), paper__in=some
            ).order_by("people", F("reading_list").asc(nulls_first=True))
            for paper, people, name in rows.values_list("paper", "people", "reading_list__name"):
                found[paper] = Popularity(people, name or "")
        return found

    @property
    def has_any(self) -> bool:
        """Whether there is anything to show."""
        if not self._user.pk:
            return False
        lists = open_to(self._user)
        rows = WeeklyCount.objects.filter(Q(reading_list=None) | Q(reading_list__in=lists))
        return rows.exists()


def count_week() -> int | None:
    """Count anew what was bookmarked in the last seven days. Out: the number of counts that may be
    shown; None if it was counted today already, for two counts of a day would show what was
    bookmarked between them.

    An account counts from its second week on, so that nobody makes three of them to see what a
    fourth person does.
    """
    now = timezone.now()
    today = now.date()
    if WeeklyCount.objects.filter(counted_on=today).exists():
        return None
    bookmarks = Bookmark.objects.filter(
        added_at__gt=now - _WEEK,
        added_at__lte=now,
        paper__hidden=False,
        user__is_active=True,
        user__is_counted=True,
        user__date_joined__lte=now - _WEEK,
    )
    by_person: dict[int, list[int]] = defaultdict(list)
    for person, paper in bookmarks.values_list("user", "paper").iterator():
        by_person[person].append(paper)
    everybody = User.objects.filter(is_active=True).count()
    rows = _counts(None, by_person, everybody, by_person)
    for reading_list, members in _members().items():
        rows += _counts(reading_list, members, len(members), by_person)
    for row in rows:
        row.counted_on = today
    with transaction.atomic():
        WeeklyCount.objects.all().delete()
        WeeklyCount.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _members() -> dict[int, set[int]]:
    """The people of each reading list that has members: its owner, too."""
    found: dict[int, set[int]] = defaultdict(set)
    shared = Membership.objects.exclude(reading_list__visibility=Visibility.PRIVATE)
    for reading_list, user in shared.values_list("reading_list", "user"):
        found[reading_list].add(user)
    for some in batches(found):
        for key, owner in ReadingList.objects.filter(pk__in=some).values_list("pk", "owner"):
            found[key].add(owner)
    return found


def _counts(
    reading_list: int | None, people: Iterable[int], size: int, by_person: dict[int, list[int]]
) -> list[WeeklyCount]:
    """size: how many people others may take to be meant; where it was all of them, it would be
    known of each."""
    counted = Counter(paper for one in people for paper in by_person.get(one, ()))
    found = []
    for paper, number in counted.items():
        if number >= LEVELS[0]:
            level = max(one for one in LEVELS if one <= number)
            if level < size:
                row = WeeklyCount(paper_id=paper, reading_list_id=reading_list, people=level)
                found.append(row)
    return found
