"""Fetches the list of papers that a service has for each day.

In: a list of a service, and days. Out: a source for each page of a day's list. A list may grow
until its day ends: once it was fetched after that, it is not fetched again, unless `--date` names
the day.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, NamedTuple

from django.utils import timezone

from digest.batches import batches
from digest.catalogue.file import File
from digest.catalogue.load import LoadReport, load
from digest.formats import Format
from digest.models import FetchedAddress, Source

from .answers import checked_file, papers_in
from .client import Answer, Client, NotFetched

LOOK_BACK = timedelta(weeks=3)
"""How far back days that were missed are fetched."""


class DailyList(ABC):
    """A list of papers that a service has for each day.

    service: its host. format: of its answers. limit: papers of a page, at most. max_pages: of a
    day. first_day: the first that has a list. grows: how long after a day begins a list that has no
    papers may get some.
    """

    service: ClassVar[str]
    format: ClassVar[Format]
    limit: ClassVar[int]
    max_pages: ClassVar[int]
    first_day: ClassVar[date]
    grows: ClassVar[timedelta] = timedelta(days=1)
    name: str
    """What it is a list of, such as “daily papers”."""

    @abstractmethod
    def client(self) -> Client:
        """What asks the service."""

    @abstractmethod
    def path(self, day: date, page: int = 0) -> str:
        """Where a page, from 0, of a day's list is at the service."""

    @abstractmethod
    def file_name(self, day: date, page: int) -> str:
        """What the source of a page is called."""

    @abstractmethod
    def stream(self) -> int:
        """The key of the stream of its digests, which is made if it is not there."""

    @abstractmethod
    def planned_stream(self) -> int:
        """The key that `stream` would give; nothing is made."""

    def has_list(self, day: date) -> bool:
        """Whether the service makes a list on such a day."""
        return True

    def lacks(self, answer: Answer, file: File, page: int) -> str:
        """What is wrong with a page that lacks papers; "" for others."""
        return ""

    def is_last(self, day: date, page: int, file: File | None) -> bool:
        """Whether no page follows. file: None if the page did not change."""
        return False

    def address(self, day: date, page: int = 0) -> str:
        return self.service + self.path(day, page)


class Page(NamedTuple):
    """A page of a day's list, which is a source of its own. file: None if the page did not change
    since it was last fetched."""

    address: str
    answer: Answer
    file: File | None


class FetchedList(NamedTuple):
    """A day's list as it was at a moment. pages: empty if it has no papers."""

    of: DailyList
    day: date
    asked_at: datetime
    pages: list[Page]

    @property
    def files(self) -> list[File]:
        """The pages that are new or changed."""
        return [page.file for page in self.pages if page.file]


def days_to_fetch(of: DailyList, since: date, until: date) -> list[date]:
    """The days whose lists were not fetched after their end, the newest first."""
    wanted = [until - timedelta(days=n) for n in range((until - since).days + 1)]
    days = {of.address(day): day for day in wanted if of.has_list(day)}
    for some in batches(list(days)):
        found = FetchedAddress.objects.filter(address__in=some)
        for address, moment, sha256 in found.values_list("address", "fetched_at", "sha256"):
            end = timedelta(days=1) if sha256 else of.grows
            if moment >= datetime.combine(days[address], time(), UTC) + end:
                del days[address]
    return list(days.values())


def ask(of: DailyList, service: Client, day: date) -> FetchedList:
    """Fetch a day's list. Writes nothing. Raises NotFetched."""
    found = FetchedList(of, day, timezone.now(), [])
    for number in range(of.max_pages):
        address = of.address(day, number)
        answer = service.get(of.path(day, number), *_validators(address))
        file = None
        if answer.content is not None:
            name = of.file_name(day, number)
            file = checked_file(of.service, answer.content, name, of.format)
            if reason := of.lacks(answer, file, number):
                raise NotFetched(f"{of.service} {reason}")
            # Some mirrors ignore the number of the page, and give the same page again and again.
            if not papers_in(file) or file.sha256 in {one.sha256 for one in found.files}:
                return found
        is_new = file is None or not _is_known(address, file)
        found.pages.append(Page(address, answer, file if is_new else None))
        if of.is_last(day, number, file):
            return found
    most = of.max_pages * of.limit
    raise NotFetched(f"{of.service} has more than {most:,} papers for that day")


def load_list(found: FetchedList) -> list[LoadReport]:
    """Load the pages that are new or changed, each in one transaction with its `FetchedAddress`.

    The first page is loaded last, so that the day counts as fetched only once all pages are loaded.
    """
    stream = found.of.stream() if found.files else 0
    reports = []
    for page in reversed(found.pages):
        if page.file:
            reports.append(_load(page, page.file, found.asked_at, stream))
        else:
            _remember(page.address, found.asked_at)
    if not found.pages:
        _remember(found.of.address(found.day), found.asked_at)
    return reports[::-1]


def _load(page: Page, file: File, asked_at: datetime, stream: int) -> LoadReport:
    def remember(report: LoadReport) -> None:
        _, etag, last_modified = page.answer
        _remember(page.address, asked_at, file.sha256, etag, last_modified)

    return load(file.content, file.name, also=remember, stream=stream)


def _is_known(address: str, file: File) -> bool:
    """Whether the papers of a page are those that were loaded from it last, though its bytes may
    be others: some services write into each answer when it was made."""
    known = FetchedAddress.objects.filter(address=address).values("sha256")
    before = Source.objects.filter(sha256__in=known, name=file.name).first()
    if before is None or before.sha256 == file.sha256:
        return False
    return File(bytes(before.content), before.name).reading.days == file.reading.days


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
