"""Hugging Face's daily papers: a list for each day, which grows while it is that day.

A day is settled once its list was fetched after its end: from then on nobody asks for it, unless
somebody names it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from digest.batches import batches
from digest.catalogue.load import File, LoadReport, load
from digest.formats import Format
from digest.models import FetchedAddress, Source

from .answers import checked, papers_in
from .client import Answer, Client, NotFetched

NAME = "huggingface.co"
PAUSE = 1.0
"""Seconds between two requests."""
LIMIT = 100
"""Papers of a page: the most that the service gives."""
MAX_PAGES = 10
GAPS = timedelta(weeks=3)
"""How far back days are fetched that were not."""
FIRST_DAY = date(2023, 5, 4)
"""Of the daily papers."""


class Page(NamedTuple):
    """A page of a day's list, which is a source of its own. file: None if it is what it was when it
    was fetched before."""

    address: str
    answer: Answer
    file: File | None


class DayList(NamedTuple):
    """What a day's list was at a moment. pages: none if it has no papers."""

    day: date
    asked_at: datetime
    pages: list[Page]

    @property
    def files(self) -> list[File]:
        """The pages that are new."""
        return [page.file for page in self.pages if page.file]


def client(**options: Any) -> Client:
    """options: as for `Client`."""
    return Client(NAME, settings.HUGGINGFACE_URL, PAUSE, **options)


def unsettled(since: date, until: date) -> list[date]:
    """The days whose lists are to be fetched, the newest first."""
    wanted = [until - timedelta(days=n) for n in range((until - since).days + 1)]
    days = {NAME + _path(day): day for day in wanted}
    for some in batches(list(days)):
        found = FetchedAddress.objects.filter(address__in=some)
        for address, moment in found.values_list("address", "fetched_at"):
            if moment >= datetime.combine(days[address], time(), UTC) + timedelta(days=1):
                del days[address]
    return list(days.values())


def ask(service: Client, day: date) -> DayList:
    """A day's list. Nothing is written. Raises NotFetched."""
    found = DayList(day, timezone.now(), [])
    for number in range(MAX_PAGES):
        path = _path(day, number)
        answer = service.get(path, *_validators(NAME + path))
        file = None
        if answer.content is not None:
            folder = f"{NAME}/page-{number + 1}" if number else NAME
            file = checked(NAME, answer.content, f"{folder}/{day}.json", Format.HUGGING_FACE)
            # Some hosts know no pages, and give the same again and again.
            if not papers_in(file) or file.sha256 in {one.sha256 for one in found.files}:
                return found
        found.pages.append(Page(NAME + path, answer, file))
    raise NotFetched(f"{NAME} has more than {MAX_PAGES * LIMIT:,} papers for that day")


def load_list(found: DayList) -> list[LoadReport]:
    """Load the pages that are new, each in one transaction with what is known of its address.

    The first page comes last: a day of which it is known is known to its end.
    """
    reports = []
    for page in reversed(found.pages):
        if page.file:
            reports.append(_load(page, page.file, found.asked_at))
        else:
            _remember(page.address, found.asked_at)
    if not found.pages:
        _remember(NAME + _path(found.day), found.asked_at)
    return reports[::-1]


def _load(page: Page, file: File, asked_at: datetime) -> LoadReport:
    def remember(report: LoadReport) -> None:
        _, etag, last_modified = page.answer
        _remember(page.address, asked_at, file.sha256, etag, last_modified)

    return load(file.content, file.name, also=remember)


def _path(day: date, page: int = 0) -> str:
    return f"/api/daily_papers?date={day}&limit={LIMIT}&p={page}"


def _validators(address: str) -> tuple[str, str]:
    """What is known of the answer that was loaded; nothing if it is not there any longer."""
    known = FetchedAddress.objects.filter(
        address=address, sha256__in=Source.objects.values("sha256")
    )
    return known.values_list("etag", "last_modified").first() or ("", "")


def _remember(address: str, asked_at: datetime, *answer: str) -> None:
    """answer: its SHA-256, ETag and Last-Modified, if it is another one than before."""
    known = dict(zip(("sha256", "etag", "last_modified"), answer, strict=False))
    FetchedAddress.objects.update_or_create(
        address=address, defaults={"fetched_at": asked_at, **known}
    )
