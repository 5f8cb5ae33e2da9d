"""What is new for programs."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from digest.api.digests import STREAM, chosen_stream
from digest.api.pages import Order
from digest.api.schema import Operation

from .base import LibraryPagination, LibraryViewSet
from .bodies import ReadMarkSerializer
from .serializers import ReadStateSerializer, UnreadDigestSerializer

_DAY = OpenApiParameter(
    "day", OpenApiTypes.DATE, OpenApiParameter.PATH, description="the digest's day"
)


class UnreadPagination(LibraryPagination):
    more: ClassVar = {
        **LibraryPagination.more,
        "new_papers": serializers.IntegerField(
            help_text="papers that came first in one of all these"
        ),
    }
    more_example: ClassVar = {**LibraryPagination.more_example, "new_papers": 18}


class UnreadViewSet(LibraryViewSet):
    pagination_class = UnreadPagination
    order = Order((("date", True, date), ("stream_id", False, int)))

    @Operation("unread", UnreadDigestSerializer, summary="Digests that you have not read")
    def list(self, request: Request) -> Response:
        """The digests that you have not read, of the streams that you subscribe to, the newest
        first."""
        digests = self.library.digests
        unread = digests.unread().select_related("stream")
        return Response(self.page(unread, new_papers=digests.new_papers()))

    @Operation(
        "unread_mark",
        ReadStateSerializer,
        body=ReadMarkSerializer,
        parameters=[_DAY, STREAM],
        summary="Mark a digest as read or unread",
    )
    def update(self, request: Request, day: date) -> Response:
        """Count a day's digest as read, or as new again."""
        digests = self.library.digests
        stream = chosen_stream(request.query_params.get("stream"))
        key = digests.get(day, stream.slug).key
        if self.body()["read"]:
            digests.mark_read(*key)
        else:
            digests.mark_unread(*key)
        read = digests.is_read(*key)
        return Response(self.answer({"stream": stream.slug, "date": day, "read": read}))
