"""Fetches Hugging Face's daily papers: a list for each day, which grows until the day ends.

In: a day. Out: a source for each page of its list. Once a day's list was fetched after the end of
the day, it is not fetched again, unless `--date` names the day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from digest.batches import batches
from digest.catalogue.file import File
from digest.catalogue.load import LoadReport, load
from digest.formats import Format
from digest.models import FetchedAddress, Source

from .answers import checked_file, papers_in
from .client import Answer, Client, NotFetched

NAME = "huggingface.co"
PAUSE = 1.0
"""Seconds between two requests."""
LIMIT = 100
"""Papers of a page: the most that the service gives."""
MAX_PAGES = 10
LOOK_BACK = timedelta(weeks=3)
"""How far back days that were missed are fetched."""
FIRST_DAY = date(2023, 5, 4)
"""The first day that has a list."""


class Page(NamedTuple):
    """A page of a day's list, which is a source of its own. file: None if the page did not change
    since it was last fetched."""

    address: str
    answer: Answer
    file: File | None


class FetchedList(NamedTuple):
    """A day's list as it was at a moment. pages: empty if it has no papers."""

    day: date
    asked_at: datetime
    pages: list[Page]

    @property
    def files(self) -> list[File]:
        """The pages that are new or changed."""
        return [page.file for page in self.pages if page.file]


def client(**options: Any) -> Client:
    """options: as for `Client`."""
    return Client(NAME, settings.HUGGINGFACE_URL, PAUSE, **options)


def days_to_fetch(since: date, until: date) -> list[date]:
    """The days whose lists were not fetched after their end, the newest first."""
    wanted = [until - timedelta(days=n) for n in range((until - since).days + 1)]
    days = {NAME + _path(day): day for day in wanted}
    for some in batches(list(days)):
        found = FetchedAddress.objects.filter(address__in=some)
        for address, moment in found.values_list("address", "fetched_at"):
            if moment >= datetime.combine(days[address], time(), UTC) + timedelta(days=1):
                del days[address]
    return list(days.values())


def ask(service: Client, day: date) -> FetchedList:
    """Fetch a day's list. Writes nothing. Raises NotFetched."""
    found = FetchedList(day, timezone.now(), [])
    for number in range(MAX_PAGES):
        path = _path(day, number)
        answer = service.get(path, *_validators(NAME + path))
        file = None
        if answer.content is not None:
            folder = f"{NAME}/page-{number + 1}" if number else NAME
            file = checked_file(NAME, answer.content, f"{folder}/{day}.json", Format.HUGGING_FACE)
            # Some mirrors ignore the number of the page, and give the same page again and again.
            if not papers_in(file) or file.sha256 in {one.sha256 for one in found.files}:
                return found
        found.pages.append(Page(NAME + path, answer, file))
    raise NotFetched(f"{NAME} has more than {MAX_PAGES * LIMIT:,} papers for that day")


def load_list(found: FetchedList) -> list[LoadReport]:
    """Load the pages that are new or changed, each in one transaction with its `FetchedAddress`.

    The first page is loaded last, so that the day counts as fetched only once all pages are loaded.
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
    """The ETag and Last-Modified of the answer that was loaded; "" if its source was undone."""
    known = FetchedAddress.objects.filter(
        address=address, sha256__in=Source.objects.values("sha256")
    )
    return known.values_list("etag", "last_modified").first() or ("", "")


def _remember(address: str, asked_at: datetime, *answer: str) -> None:
    """Store when an address was fetched. answer: SHA-256, ETag and Last-Modified, if it changed."""
    known = dict(zip(("sha256", "etag", "last_modified"), answer, strict=False))
    FetchedAddress.objects.update_or_create(
        address=address, defaults={"fetched_at": asked_at, **known}
    )
