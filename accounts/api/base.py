"""What the views of a person's library share. No view asks the database itself: `Library` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError as Refused
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.cache import patch_cache_control, patch_vary_headers, set_response_etag
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.library import Library
from accounts.models import Scope
from digest.api.base import ApiViewSet, only
from digest.api.pages import Order, page
from digest.api.parsers import JsonParser, form_only
from digest.models import Paper

from . import serializers as said

Row = dict[str, Any]


def read(serializer: type[said.Serializer], data: Any) -> Row:
    """What a program said, checked. Raises ValidationError, by field."""
    if isinstance(data, QueryDict):
        known = serializer().fields
        if not issubclass(serializer, said.PageQuery):
            form_only(data, *known, many=["dry_run"])
        # DRF takes it for a browser's form, where what is empty or missing was not filled in.
        data = {name: value for name, value in data.items() if name in known}
    asked = serializer(data=data)
    asked.is_valid(raise_exception=True)
    return cast(Row, asked.validated_data)


class LibraryViewSet(ApiViewSet):
    """library: that of the person who asks."""

    scopes = (Scope.LIBRARY_READ, Scope.LIBRARY_WRITE)
    parser_classes = [JsonParser]
    parameters: Mapping[str, type[said.Serializer]] = {"every": said.PageQuery}
    """What the address of an action may say; that of others says nothing."""
    library: Library

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action:  # else the method is none that the address has, and so it is said
            known = self.parameters.get(self.action, said.Nothing)
            only(request.query_params, *known().fields, many=["dry_run"])
        self.library = Library(request.user)

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

    def page(
        self, rows: QuerySet[Any], order: Order, show: Callable[[list[Any]], list[Row]], **more: Any
    ) -> Response:
        """The page of rows that is asked for; `show` makes of some rows what is told."""
        size = read(said.PageQuery, self.request.query_params)["page_size"]
        found, next = order.page(self.request, rows, size)
        return Response(page(self.request, show(found), next, count=rows.count(), **more))


def _tag(response: Response) -> None:
    if response.status_code == 200 and not response.has_header("ETag"):
        set_response_etag(response)


def paper_row(paper: Paper) -> Row:
    return {
        "id": paper.slug,
        "arxiv_id": paper.arxiv_id,
        "title": paper.title,
        "date": paper.date,
        "url": paper.abstract_url,
        "page": None if paper.hidden else settings.SITE_URL + paper.get_absolute_url(),
    }
