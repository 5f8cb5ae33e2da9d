"""What is new for programs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from digest.api.pages import Order
from digest.models import Digest

from . import schema
from . import serializers as said
from .base import LibraryViewSet, Row, read


class Unread(LibraryViewSet):
    @extend_schema(**schema.UNREAD)
    def every(self, request: Request) -> Response:
        """The digests that you have not read, the newest first."""
        digests = self.library.digests
        newest = Order((("date", True, date),))
        return self.page(digests.unread(), newest, self._rows, new_papers=digests.new_papers())

    @extend_schema(**schema.UNREAD_MARK)
    def mark(self, request: Request, day: date) -> Response:
        """Count a day's digest as read, or as new again."""
        digests = self.library.digests
        digests.get(day)
        if read(said.ReadMark, request.data)["read"]:
            digests.mark_read(day)
        else:
            digests.mark_unread(day)
        return Response({"date": day, "read": digests.is_read(day)})

    def _rows(self, digests: Iterable[Digest]) -> list[Row]:
        return [
            {
                "date": digest.date,
                "paper_count": digest.paper_count,
                "page": settings.SITE_URL + digest.get_absolute_url(),
            }
            for digest in digests
        ]
