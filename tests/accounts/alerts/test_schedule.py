"""When mails are due, whatever the clocks of a time zone do."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.alerts.schedule import last_due, next_due
from accounts.models import MailSettings, User


def settings(zone, hour=8, frequency="daily", weekday=0):
    return MailSettings(user=User(time_zone=zone), frequency=frequency, hour=hour, weekday=weekday)


def due(chosen, first, days):
    """The times in UTC at which mails are due from a day on, as runs of every hour find them."""
    now, found = datetime(*first, tzinfo=UTC), []
    for _ in range(days * 24):
        moment = last_due(chosen, now)
        if moment and moment not in found and moment > now - timedelta(hours=1):
            assert next_due(chosen, moment - timedelta(seconds=1)) == moment
            found.append(moment)
        now += timedelta(hours=1)
    return [f"{moment:%d %H:%M}" for moment in found]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", ["29 08:00", "30 08:00", "31 08:00"]),
        ("Europe/Berlin", ["29 07:00", "30 06:00", "31 06:00"]),  # summer time begins on the 30th
        ("America/New_York", ["29 12:00", "30 12:00", "31 12:00"]),
        ("Asia/Tokyo", ["29 23:00", "30 23:00", "31 23:00"]),
        ("Asia/Kolkata", ["29 02:30", "30 02:30", "31 02:30"]),
        ("No/Such_Zone", ["29 08:00", "30 08:00", "31 08:00"]),
    ],
)
def test_a_mail_is_due_once_a_day_at_an_hour_of_ones_own(zone, expected):
    assert due(settings(zone), (2025, 3, 29), 3) == expected


def test_an_hour_that_the_clocks_leave_out_comes_all_the_same():
    # From 2:00 the clocks go to 3:00, which is 1:00 in UTC.
    assert due(settings("Europe/Berlin", hour=2), (2025, 3, 29), 3) == [
        *("29 01:00", "30 01:00", "31 00:00")
    ]


def test_an_hour_that_the_clocks_have_twice_comes_once():
    assert due(settings("Europe/Berlin", hour=2), (2025, 10, 25), 3) == [
        *("25 00:00", "26 00:00", "27 01:00")
    ]


def test_once_a_week_on_a_day_of_ones_own():
    # It is Monday in Auckland while it is Sunday in UTC.
    found = due(settings("Pacific/Auckland", frequency="weekly", hour=7), (2025, 3, 20), 21)
    assert found == ["23 18:00", "30 18:00", "06 19:00"]  # summer time ends on 6 April


def test_before_the_hour_of_its_day_the_last_one_was_a_week_ago():
    chosen, friday = (
        settings("UTC", frequency="weekly", weekday=4),
        datetime(2025, 3, 28, tzinfo=UTC),
    )
    moments = (last_due(chosen, friday), next_due(chosen, friday + timedelta(hours=8)))
    assert [f"{moment:%d %H:%M}" for moment in moments] == ["21 08:00", "04 08:00"]


def test_never():
    off = settings("UTC", frequency="off")
    now = datetime(2025, 3, 29, tzinfo=UTC)
    assert (last_due(off, now), next_due(off, now)) == (None, None)
