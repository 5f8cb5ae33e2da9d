"""The pages of a list, and the error where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar, cast

from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django_htmx.middleware import HtmxDetails

from digest.caches.revision import Revision
from digest.models import Paper
from digest.search import ClosePaper, Results

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


class FoundOnce:
    """The results of a search, found once for each revision of the catalogue.

    name: what they follow from, beside the catalogue.
    """

    def __init__(self, results: Results, revision: Revision, name: str) -> None:
        self._results, self._revision, self._name = results, revision, name

    @property
    def count(self) -> int:
        return self._revision.once(lambda: self._results.count, "count", self._name)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, wanted: slice) -> list[Paper]:
        new: dict[int, Paper] = {}

        def find() -> list[int]:
            new.update((paper.pk, paper) for paper in self._results[wanted])
            return list(new)

        keys = self._revision.once(find, "found", self._name, wanted.start, wanted.stop)
        papers = new or Paper.objects.in_bulk(keys)
        return [papers[key] for key in keys if key in papers]

    @property
    def close(self) -> list[ClosePaper]:
        """See `Results.close`."""
        keys = self._revision.once(
            lambda: [(one.paper.pk, one.missing) for one in self._results.close],
            *("close", self._name),
        )
        papers = Paper.objects.in_bulk([key for key, _ in keys])
        return [ClosePaper(papers[key], missing) for key, missing in keys if key in papers]


def turn_to(
    request: HttpRequest,
    rows: QuerySet[_Row] | Sliced | list[Any],
    size: int,
    count: int | None = None,
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


def number_of_papers(count: int) -> str:
    """How many papers, in words."""
    return f"{count:,} paper{'' if count == 1 else 's'}"
