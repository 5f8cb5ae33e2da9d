"""All digests as a calendar: years of months of weeks."""

from __future__ import annotations

from calendar import Calendar
from datetime import date
from typing import NamedTuple

from digest.models import Digest


class CalendarDay(NamedTuple):
    """A day of a month's grid.

    shade: how full its digest is, from 1 to 4. missed: a working day between other digests that
    has none.
    """

    date: date
    digest: Digest | None
    shade: int
    missed: bool


class Month(NamedTuple):
    first: date
    weeks: list[list[CalendarDay | None]]
    digests: int
    papers: int


class Year(NamedTuple):
    number: int
    months: list[Month]
    digests: int
    papers: int


def years_of(digests: dict[date, Digest]) -> list[Year]:
    """Every month from the newest digest's to the oldest's, without the years that have none."""
    if not digests:
        return []
    oldest, newest = min(digests), max(digests)
    fullest = max(digest.paper_count for digest in digests.values()) or 1

    def day(of: date) -> CalendarDay:
        digest = digests.get(of)
        shade = 1 + 3 * digest.paper_count // fullest if digest else 0
        return CalendarDay(
            of, digest, shade, digest is None and of.weekday() < 5 and oldest < of < newest
        )

    def month(first: date) -> Month:
        weeks = [
            [day(of) if of.month == first.month else None for of in week]
            for week in Calendar().monthdatescalendar(first.year, first.month)
        ]
        found = [day.digest for week in weeks for day in week if day and day.digest]
        return Month(first, weeks, len(found), sum(digest.paper_count for digest in found))

    years = []
    for year in sorted({day.year for day in digests}, reverse=True):
        last = newest.month if year == newest.year else 12
        first = oldest.month if year == oldest.year else 1
        months = [month(date(year, number, 1)) for number in range(last, first - 1, -1)]
        digest_count = sum(month.digests for month in months)
        years.append(Year(year, months, digest_count, sum(month.papers for month in months)))
    return years
