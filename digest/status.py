"""What an operator watches, as checks: each says in a sentence how something is, whether it is
wrong, and its figures. The admin's Status page, `check_status` and Prometheus show all of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from time import perf_counter
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from django.db.models import Count, Max
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.timesince import timesince
from prometheus_client.core import GaugeMetricFamily, Metric

from digest.backups import last_backup
from digest.models import DailyRun, Digest, FailingCheck, MailFailure, Source

DAY = timedelta(days=1)
OVERDUE = timedelta(hours=36)
"""After which a daily run is missed."""
LONG = timedelta(hours=22)
"""How long something is wrong before it is mailed, and until it is mailed again: a day, less what
daily runs begin earlier or later."""
LEAST_DISK = 1_000_000_000


class Figure(NamedTuple):
    """A number for Prometheus. name: after `paper_digest_`, with its unit."""

    name: str
    help: str
    value: float


class Finding(NamedTuple):
    text: str
    is_wrong: bool = False
    figures: tuple[Figure, ...] = ()


class Check(NamedTuple):
    """name: as Prometheus has it. label: as pages and mails have it."""

    name: str
    label: str
    find: Callable[[], Finding]


class Examined(NamedTuple):
    check: Check
    finding: Finding


# The checks


def _database() -> Finding:
    begun = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    milliseconds = (perf_counter() - begun) * 1000
    return Finding(f"{connection.display_name} answers, in {milliseconds:.0f} ms.")


def _cache() -> Finding:
    if cache_answers():
        return Finding("The cache answers.")
    return Finding(
        "The cache does not answer. The site works without it, but each process counts log-ins and"
        " requests for itself.",
        is_wrong=True,
    )


def cache_answers() -> bool:
    """Whether the cache returns what was put into it, and does so by itself: where Redis is down,
    each process has its own."""
    value = token_hex(8)
    try:
        cache.set("readyz", value, 10)
        return cache.get("readyz") == value and not getattr(cache, "is_down", False)
    except Exception:  # each kind of cache has errors of its own
        return False


def _newest_digest() -> Finding:
    newest = Digest.objects.out().order_by("-date").values_list("date", flat=True).first()
    if newest is None:
        return Finding("There is no digest yet.")
    age = max((timezone.now().date() - newest).days, 0)
    figure = Figure("newest_digest_age_days", "Days since the date of the newest digest", age)
    most = settings.MAX_DIGEST_AGE
    is_wrong = 0 < most < age
    days = f"{age} day{'' if age == 1 else 's'}"
    text = f"The newest digest is of {newest:%-d %B %Y}, {days} ago"
    return Finding(text + (f": more than {most}." if is_wrong else "."), is_wrong, (figure,))


def _sources() -> Finding:
    found = Source.objects.aggregate(count=Count("pk"), last=Max("loaded_at"))
    figures = [Figure("sources", "Files that are loaded", found["count"])]
    if found["last"] is None:
        return Finding("No file is loaded yet.", figures=tuple(figures))
    figures.append(
        Figure(
            "last_load_timestamp_seconds",
            "When a file was loaded last, in seconds since 1970",
            found["last"].timestamp(),
        )
    )
    return Finding(
        f"{found['count']:,} files are loaded, the last one {_ago(found['last'])}.",
        figures=tuple(figures),
    )


def _daily_run() -> Finding:
    run = DailyRun.objects.first()
    if run is None:
        return Finding(
            "manage.py daily never ran: let a timer run it every day.",
            is_wrong=True,
            figures=(_DAILY._replace(value=0),),
        )
    failed = run.failed_steps
    figures = (
        _DAILY._replace(value=run.begun_at.timestamp()),
        Figure("daily_run_failed_steps", "Steps of the last daily run that failed", len(failed)),
    )
    began = f"The last daily run began {_ago(run.begun_at)}"
    if run.begun_at < timezone.now() - OVERDUE:
        return Finding(f"{began}: it should run every day.", is_wrong=True, figures=figures)
    if failed:
        return Finding(f"{began}. These steps failed: {', '.join(failed)}.", True, figures)
    if run.ended_at:
        return Finding(f"{began}. All its steps succeeded.", figures=figures)
    is_long = run.begun_at < timezone.now() - DAY
    return Finding(f"{began}, and has not ended.", is_long, figures)


_DAILY = Figure(
    "daily_run_timestamp_seconds", "When the last daily run began, in seconds since 1970", 0
)


def _mails() -> Finding:
    failure = MailFailure.objects.first()
    count = failure.count if failure else 0
    figure = Figure("mails_failed_in_a_row", "Mails that failed since the last one left", count)
    if failure is None:
        return Finding("Mails leave, or none was sent.", figures=(figure,))
    text = f"No mail has left since {failure.since:%-d %B %Y, %H:%M} UTC, and {count} failed"
    return Finding(f"{text}: {failure.error}.", is_wrong=True, figures=(figure,))


def _backup() -> Finding:
    backup = last_backup()
    if backup is None:
        return Finding(
            "There is no backup: let a timer run manage.py backup and verify every day.",
            is_wrong=True,
            figures=(_BACKUP._replace(value=0), _VERIFIED._replace(value=0)),
        )
    verified = backup.verified_at
    figures = (
        _BACKUP._replace(value=backup.made_at.timestamp()),
        _VERIFIED._replace(value=verified.timestamp() if verified and not backup.error else 0),
        Figure("backup_bytes", "Bytes of the last backup", backup.size),
    )
    made = f"The last backup was made {_ago(backup.made_at)}"
    if backup.error:
        return Finding(f"{made}. It is broken: {backup.error}", is_wrong=True, figures=figures)
    if backup.made_at < timezone.now() - OVERDUE:
        return Finding(f"{made}: there should be one every day.", is_wrong=True, figures=figures)
    if verified is None:
        return Finding(f"{made}. It was not verified.", is_wrong=True, figures=figures)
    return Finding(f"{made}, and verified.", figures=figures)


_BACKUP = Figure(
    "backup_timestamp_seconds", "When the last backup was made, in seconds since 1970", 0
)
_VERIFIED = Figure(
    "backup_verified_timestamp_seconds",
    "When the last backup was verified, in seconds since 1970; 0 if it was not, or is broken",
    0,
)


def _disk() -> Finding:
    disk = shutil.disk_usage(settings.VAR)
    name = connection.settings_dict["NAME"]
    database = Path(name).stat().st_size if connection.vendor == "sqlite" else 0
    is_wrong = disk.free < max(LEAST_DISK, database)
    text = f"The disk of var/ has {filesizeformat(disk.free)} left of {filesizeformat(disk.total)}"
    if is_wrong:
        text += f", less than {'the database takes' if database > LEAST_DISK else '1 GB'}"
    figures = (
        Figure("disk_free_bytes", "Bytes left on the disk of var/", disk.free),
        Figure("disk_bytes", "Bytes of the disk of var/", disk.total),
    )
    return Finding(f"{text}.".replace("\xa0", " "), is_wrong, figures)


def _ago(time: datetime) -> str:
    since = timesince(time, timezone.now(), depth=1).replace("\xa0", " ")
    return f"{since} ago, on {time:%-d %B %Y, %H:%M} UTC"


CHECKS = [
    Check("database", "Database", _database),
    Check("cache", "Cache", _cache),
    Check("newest_digest", "Newest digest", _newest_digest),
    Check("sources", "Files", _sources),
    Check("daily_run", "Daily run", _daily_run),
    Check("mails", "Mails", _mails),
    Check("backup", "Backup", _backup),
    Check("disk", "Disk", _disk),
]
"""In the order in which they are shown. An app may add some when it is ready."""


def examine() -> list[Examined]:
    """What all checks find now."""
    return [Examined(check, _find(check)) for check in CHECKS]


def _find(check: Check) -> Finding:
    try:
        return check.find()
    except (Error, OSError) as error:
        if isinstance(error, Error):
            connection.close()  # the next one asks anew
        return Finding(f"This could not be found out: {type(error).__name__}.", is_wrong=True)


# What has been wrong for long


def remember(examined: Iterable[Examined]) -> None:
    """Store since when the checks fail that fail now, and forget the others."""
    failing = {each.check.name for each in examined if each.finding.is_wrong}
    FailingCheck.objects.exclude(name__in=failing).delete()
    now = timezone.now()
    FailingCheck.objects.bulk_create(
        [FailingCheck(name=name, since=now) for name in sorted(failing)], ignore_conflicts=True
    )


def to_mail(examined: Iterable[Examined]) -> list[tuple[Examined, FailingCheck]]:
    """What has been wrong for a day, if none of it was mailed within a day."""
    before = timezone.now() - LONG
    rows = FailingCheck.objects.filter(since__lte=before).in_bulk(field_name="name")
    if any(row.mailed_at and row.mailed_at > before for row in rows.values()):
        return []
    return [
        (each, rows[each.check.name])
        for each in examined
        if each.finding.is_wrong and each.check.name in rows
    ]


# For Prometheus


class StatusCollector:
    """The figures of all checks, and whether each finds something wrong."""

    def collect(self) -> Iterator[Metric]:
        examined = examine()
        wrong = GaugeMetricFamily(
            "paper_digest_check_failing",
            "Whether a check of the Status page finds something wrong",
            labels=["check"],
        )
        for check, finding in examined:
            wrong.add_metric([check.name], finding.is_wrong)
        yield wrong
        for _, finding in examined:
            for figure in finding.figures:
                yield GaugeMetricFamily(
                    f"paper_digest_{figure.name}", figure.help, value=figure.value
                )
