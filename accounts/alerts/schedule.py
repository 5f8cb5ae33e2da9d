"""When mails are due: at an hour of the person's own time zone, whatever the clocks do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from accounts.models import Frequency, MailSettings

_DAYS = 8
"""Days within which there is a time at which a mail is due."""


def last_due(settings: MailSettings, now: datetime) -> datetime | None:
    """The last time until now at which a mail was due; None if none ever is."""
    return next((moment for moment in _around(settings, now, -1) if moment <= now), None)


def next_due(settings: MailSettings, now: datetime) -> datetime | None:
    """The first time after now at which one will be."""
    return next((moment for moment in _around(settings, now, 1) if moment > now), None)


def _around(settings: MailSettings, now: datetime, step: int) -> Iterator[datetime]:
    """The times at which mails are due, from the day of now on, later (1) or earlier (-1)."""
    if settings.frequency == Frequency.OFF:
        return
    zone = zone_of(settings.user.time_zone)
    today = now.astimezone(zone).date()
    for days in range(_DAYS):
        day = today + timedelta(days=step * days)
        if settings.frequency == Frequency.DAILY or day.weekday() == settings.weekday:
            yield _at(day, settings.hour, zone)


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """An hour of a day. One that the clocks leave out is as long after midnight as it would be; of
    one that they have twice it is the first."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def zone_of(name: str) -> ZoneInfo:
    """A time zone; UTC, if this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
