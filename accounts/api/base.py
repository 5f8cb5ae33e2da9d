"""What the views of a person's library share. No view asks the database itself: `Library` does."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as Refused
from django.db.models import QuerySet
from django.utils.cache import patch_cache_control, patch_vary_headers, set_response_etag
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.library import Library
from accounts.models import Scope
from digest.api.base import ApiViewSet, read
from digest.api.pages import CursorPagination
from digest.api.parsers import JsonParser

from .bodies import PageQuerySerializer

PAPER = "the paper: its arXiv id in any form, or its id here"


class LibraryPagination(CursorPagination):
    """Pages that also give the total number of rows."""

    query = PageQuerySerializer
    more: ClassVar = {"count": serializers.IntegerField(help_text="rows on all pages together")}
    more_example: ClassVar = {"count": 1}

    def page_size(self, request: Request) -> int:
        size: int = read(self.query, request.query_params)["page_size"]
        return size


class LibraryViewSet(ApiViewSet):
    """library: that of the person who asks."""

    scopes = (Scope.LIBRARY_READ, Scope.LIBRARY_WRITE)
    parser_classes = [JsonParser]
    pagination_class = LibraryPagination
    format_help = ""
    library: Library

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.library = Library(request.user)
        if self.action and request.method not in SAFE_METHODS and self.operation.body is None:
            self.body()  # which has no fields

    def handle_exception(self, error: Exception) -> Response:
        response = super().handle_exception(error)
        if isinstance(error, Refused):
            # What was said is in order by itself: it collides with what is there.
            response.status_code = 409
            response.data |= {"title": HTTPStatus.CONFLICT.phrase, "status": 409}
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        # It may be kept by whom it was given to, to ask next time whether it is still so.
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        if request.method in ("GET", "HEAD") and isinstance(response, Response):
            # Before it is packed: a packed answer is never the same twice.
            response.add_post_render_callback(_tag)
        return response

    def page(self, queryset: QuerySet[Any], show: Any = list, **more: Any) -> dict[str, Any]:
        return super().page(queryset, show, **more, count=queryset.count())


def _tag(response: Response) -> None:
    if response.status_code == 200 and not response.has_header("ETag"):
        set_response_etag(response)
