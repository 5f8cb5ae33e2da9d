"""The pages of a list, and the error where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar, cast

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django_htmx.middleware import HtmxDetails

_Row = TypeVar("_Row", bound=Model)


class PageNotFound(Http404):
    """No page is at this address. The page of the error shows the message and the links.

    links: (text, address) pairs, of what comes closest.
    """

    def __init__(self, message: str, links: Iterable[tuple[str, str]] = ()):
        super().__init__(message)
        self.links = list(links)


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


class Sliced(Protocol):
    """Rows that are not all fetched at once."""

    @property
    def count(self) -> int: ...
    def __len__(self) -> int: ...
    def __getitem__(self, wanted: slice, /) -> list[Any]: ...


def turn_to(
    request: HttpRequest, rows: QuerySet[_Row] | Sliced, size: int, count: int | None = None
) -> Page[Any]:
    """The page of the rows that the address asks for, the first by default.

    count: how many rows there are, where that is known without counting them.
    """
    paginator = Paginator(cast(Any, rows), size)
    if count is not None:
        paginator.count = count
    wanted = request.GET.get("page", "1")
    try:
        return paginator.page(wanted)
    except InvalidPage:
        last = paginator.num_pages
        message = f"There is no page {wanted[:20]} of this list: it has {last}."
        if last == 1:
            message = f"There is no page {wanted[:20]} of this list: it has one page."
        address = request.GET.copy()
        links = []
        for number, label in ((1, "The first page"), (last, "The last page")):
            address["page"] = str(number)
            if number == 1:
                del address["page"]
            query = f"?{address.urlencode()}" if address else ""
            links.append((label, request.path + query))
        raise PageNotFound(message, links[:last]) from None
