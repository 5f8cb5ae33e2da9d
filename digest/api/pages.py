"""Pages of rows: how long they are, where the next begins, and in which order they come."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.http import HttpResponseBase
from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from digest.models import Catalogue

from .base import CatalogueViewSet, only
from .problems import Changed

PAGE, MOST = 25, 100
"""Rows of a page if nobody says, and at most."""


_KEYS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18}){0,99}")
_HALVES = re.compile("[\ud800-\udfff]")


def size_of_page(request: Request) -> int:
    """How many rows a page is to have."""
    given = request.GET.get("page_size", str(PAGE))
    digits = given.isascii() and given.isdecimal() and len(given) <= len(str(MOST))
    if not (digits and 1 <= int(given) <= MOST):
        raise ValidationError({"page_size": [f"Say a whole number from 1 to {MOST}."]})
    return int(given)


def cursor_of(request: Request, *kinds: type) -> list[Any] | None:
    """What a cursor holds: values of these types; None at the beginning."""
    given = request.GET.get("cursor")
    if given is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(given.encode() + b"=="))
        if [type(value) for value in found] != list(kinds) or not all(map(_fits, found)):
            raise ValueError
    except (TypeError, ValueError, RecursionError):
        raise not_ours() from None
    return list(found)


def not_ours() -> ValidationError:
    """The error of a cursor that somebody made up."""
    return ValidationError({"cursor": ["This is none that was given out here."]})


def given(keys: str) -> tuple[int, ...]:
    """The keys that a cursor holds as one text."""
    if not _KEYS.fullmatch(keys):
        raise not_ours()
    return tuple(map(int, keys.split(".")))


def _fits(value: int | str) -> bool:
    """Whether a database takes it."""
    return is_text(value) if isinstance(value, str) else abs(value) < 2**63


def is_text(value: object) -> bool:
    """Whether it is a text that a database takes, and an answer: JSON may hold halves of signs."""
    return isinstance(value, str) and "\x00" not in value and not _HALVES.search(value)


def cursor(*values: int | str) -> str:
    """What `cursor_of` reads these values from."""
    packed = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def page(request: Request, results: list[Any], next: str | None, **more: Any) -> dict[str, Any]:
    """A page of rows. next: the cursor of the page after it."""
    address = None if next is None else following(request, cursor=next)
    return {"next": address, **more, "results": results}


def following(request: Request, **said: str) -> str:
    """The same address, with something else said, and another cursor or none."""
    asked = request.GET.copy()
    asked.pop("cursor", None)
    for name, value in said.items():
        asked[name] = value
    return f"{settings.SITE_URL}{request.path}?{asked.urlencode()}"


def stamp(moment: datetime) -> str:
    """A moment as the answers have it: in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime | None:
    """The moment, or the beginning of the day, in UTC; None if it is none."""
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if moment and moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment and moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def rows_after(rows: QuerySet[Any], column: str, at: str, pk: int, size: int) -> list[Any]:
    """The rows after a moment and a key, one more than a page has."""
    moment = moment_of(at)
    if moment is None:
        raise not_ours()
    later = Q(**{f"{column}__gt": moment}) | Q(**{column: moment, "pk__gt": pk})
    # The first condition alone leads to the index's place.
    return list(rows.filter(later, **{f"{column}__gte": moment}).order_by(column, "pk")[: size + 1])


def revision() -> str:
    """The catalogue's, for the cursor of an order that follows from it. To be read before rows."""
    return Catalogue.current().revision.hex


def unchanged(since: str) -> None:
    """Raises Changed if the catalogue is at another revision. To be asked after rows are read."""
    if revision() != since:
        raise Changed


def _written(value: Any, kind: Any) -> Any:
    """A value as a cursor has it."""
    if kind is datetime:
        return stamp(value)
    found: int | str = value.isoformat() if kind is date else kind(value)
    return found


def _read(value: Any, kind: Any) -> Any:
    """What a cursor has, as a value. Raises ValidationError."""
    try:
        readers: dict[type, Any] = {datetime: moment_of, date: parse_date}
        found = readers.get(kind, kind)(value)
    except ValueError:
        found = None
    if found is None:
        raise not_ours()
    return found


class Order(NamedTuple):
    """An order of rows that no two share. columns: each with whether it descends, and what its
    values are: int, str, date or datetime. stays: whether rows keep their places while the
    catalogue changes; else its pages end where it does."""

    columns: tuple[tuple[str, bool, type], ...]
    stays: bool = True

    def page(
        self, request: Request, rows: QuerySet[Any], size: int
    ) -> tuple[list[Any], str | None]:
        """The page that is asked for, and the cursor of the one after it. Raises ValidationError,
        Changed."""
        kinds = [kind for *_, kind in self.columns]
        packed = [int if kind is int else str for kind in kinds]
        at = cursor_of(request, *packed, *([] if self.stays else [str]))
        since = [] if self.stays else [at[-1] if at else revision()]
        values = at and [_read(*one) for one in zip(at, kinds, strict=False)]
        found = self.after(rows, values, size)
        if at and since:
            unchanged(since[0])
        return found[:size], self._place(found[size - 1], since) if len(found) > size else None

    def after(self, rows: QuerySet[Any], at: list[Any] | None, size: int) -> list[Any]:
        """So many rows after those that the cursor stands at, and one more."""
        if at is not None:
            later = Q(pk__in=())
            for n, (name, down, _) in enumerate(self.columns):
                same = {
                    column: value
                    for (column, *_), value in zip(self.columns[:n], at[:n], strict=True)
                }
                later |= Q(**same, **{f"{name}__{'lt' if down else 'gt'}": at[n]})
            rows = rows.filter(later)
        names = (f"-{name}" if down else name for name, down, _ in self.columns)
        return list(rows.order_by(*names)[: size + 1])

    def _place(self, row: Model, since: list[str]) -> str:
        values = (_written(getattr(row, name), kind) for name, _, kind in self.columns)
        return cursor(*values, *since)


class Listed(CatalogueViewSet):
    """Rows of one kind, in one of the orders that it has."""

    orders: dict[str, Order]
    parameters: tuple[str, ...] = ()

    def rows(self, request: Request) -> QuerySet[Any]:
        raise NotImplementedError

    def tell(self, row: Any) -> dict[str, Any]:
        raise NotImplementedError

    def list(self, request: Request) -> HttpResponseBase:
        only(request.GET, "ordering", "page_size", "cursor", *self.parameters)
        wanted = request.GET.get("ordering", next(iter(self.orders)))
        if wanted not in self.orders:
            raise ValidationError({"ordering": [f"Say one of {', '.join(self.orders)}."]})
        order, size = self.orders[wanted], size_of_page(request)
        rows = self.rows(request)

        def make() -> dict[str, Any]:
            found, next = order.page(request, rows, size)
            return page(request, [self.tell(row) for row in found], next)

        return self.kept(make)
