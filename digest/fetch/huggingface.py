"""The daily papers of Hugging Face, a list for each day in UTC. They are of the default stream."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings

from digest.formats import Format
from digest.models import DEFAULT

from .client import Client
from .daily_lists import DailyList

PAUSE = 1.0
"""Seconds between two requests."""


class DailyPapers(DailyList):
    service = "huggingface.co"
    format = Format.HUGGING_FACE
    limit = 100  # the most that the service gives
    max_pages = 10
    first_day = date(2023, 5, 4)
    name = "papers"

    def client(self, **options: Any) -> Client:
        """options: as for `Client`."""
        return Client(self.service, settings.HUGGINGFACE_URL, PAUSE, **options)

    def path(self, day: date, page: int = 0) -> str:
        return f"/api/daily_papers?date={day}&limit={self.limit}&p={page}"

    def file_name(self, day: date, page: int) -> str:
        folder = f"{self.service}/page-{page + 1}" if page else self.service
        return f"{folder}/{day}.json"

    def stream(self) -> int:
        return DEFAULT

    def planned_stream(self) -> int:
        return DEFAULT
