"""What arXiv announces in a category on a day. Each category is a stream of its own.

arXiv announces on the evenings from Sunday to Thursday, at 20:00 US Eastern time, and dates that
on the day after. What is announced together was submitted between two of its deadlines, which are
at 14:00 on working days; so its API is asked for what was submitted then.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.catalogue.file import File
from digest.formats import Format
from digest.models import FetchedAddress, Stream
from digest.text.arxiv_categories import NAMES

from . import arxiv
from .answers import rows_in
from .client import Answer, Client
from .daily_lists import DailyList

_EASTERN = ZoneInfo("America/New_York")
_DEADLINE = time(14)
_WEEKEND = 5
_TOTAL = re.compile(rb"<opensearch:totalResults[^>]{0,200}>\s*([0-9]{1,9})\s*<")


class AnnouncedPapers(DailyList):
    service = arxiv.NAME
    format = Format.ARXIV_ATOM
    limit = 2_000  # the most that the service gives
    max_pages = 5
    first_day = date(2010, 1, 1)
    # On a holiday nothing is announced. What would have been comes with the next announcement.
    grows = timedelta(days=5)

    def __init__(self, category: str) -> None:
        """category: arXiv's code, such as cs.CL."""
        self.category = category
        self.name = f"papers of {category}"

    def client(self) -> Client:
        return arxiv.client()

    def has_list(self, day: date) -> bool:
        return day.weekday() < _WEEKEND

    def path(self, day: date, page: int = 0) -> str:
        begin, end = _submitted(day)
        when = f"%5B{begin:%Y%m%d%H%M}+TO+{end:%Y%m%d%H%M}%5D"
        return (
            f"/api/query?search_query=cat:{self.category}+AND+submittedDate:{when}"
            f"&sortBy=submittedDate&start={page * self.limit}&max_results={self.limit}"
        )

    def file_name(self, day: date, page: int) -> str:
        folder = f"{self.service}/{self.category}"
        return f"{folder}/page-{page + 1}/{day}.xml" if page else f"{folder}/{day}.xml"

    def lacks(self, answer: Answer, file: File, page: int) -> str:
        """The service sometimes leaves papers out, and says in the same answer how many there
        are."""
        total = _TOTAL.search(answer.content or b"")
        if total is None:
            return "does not say how many papers there are"
        wanted = min(max(int(total[1]) - page * self.limit, 0), self.limit)
        rows = rows_in(file)
        return f"gives {rows:,} of {wanted:,} papers" if rows < wanted else ""

    def is_last(self, day: date, page: int, file: File | None) -> bool:
        if file:
            return rows_in(file) < self.limit
        after = self.address(day, page + 1)
        return not FetchedAddress.objects.filter(address=after).exists()

    def stream(self) -> int:
        name = f"arXiv {self.category}"
        if Stream.objects.filter(name=name).exclude(slug=self.slug).exists():
            name = self.slug
        values = {"name": name, "description": NAMES[self.category]}
        return Stream.objects.get_or_create(slug=self.slug, defaults=values)[0].pk

    def planned_stream(self) -> int:
        known = Stream.objects.filter(slug=self.slug).values_list("pk", flat=True).first()
        return known or Stream.next_number()

    @property
    def slug(self) -> str:
        """Of its stream."""
        return f"arxiv-{self.category.lower().replace('.', '-')}"


def _submitted(day: date) -> tuple[datetime, datetime]:
    """The first and the last minute, in UTC, in which what is announced on a working day was
    submitted."""
    deadline = _working_day_before(day)
    end = datetime.combine(deadline, _DEADLINE, _EASTERN)
    begin = datetime.combine(_working_day_before(deadline), _DEADLINE, _EASTERN)
    return begin.astimezone(UTC), end.astimezone(UTC) - timedelta(minutes=1)


def _working_day_before(day: date) -> date:
    day -= timedelta(days=1)
    while day.weekday() >= _WEEKEND:
        day -= timedelta(days=1)
    return day
