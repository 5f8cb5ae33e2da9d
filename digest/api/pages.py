"""Pages of rows: how long they are, where the next begins, and in which order they come."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, ClassVar, NamedTuple

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.plumbing import build_parameter_type
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from digest.models import Catalogue

from .parsers import is_text
from .problems import CatalogueChanged
from .serializers import Serializer, stamp

PAGE, MOST = 25, 100
"""Rows of a page if nobody says, and at most."""


_KEYS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18}){0,99}")


def cursor_of(request: Request, *kinds: type) -> list[Any] | None:
    """What a cursor holds: values of these types; None at the beginning."""
    text = request.GET.get("cursor")
    if text is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode() + b"=="))
        if [type(value) for value in found] != list(kinds) or not all(map(_fits, found)):
            raise ValueError
    except (TypeError, ValueError, RecursionError):
        raise not_ours() from None
    return list(found)


def not_ours() -> ValidationError:
    """The error of a cursor that somebody made up."""
    return ValidationError({"cursor": ["This is none that was given out here."]})


def keys_of(text: str) -> tuple[int, ...]:
    """The keys that a cursor holds as one text."""
    if not _KEYS.fullmatch(text):
        raise not_ours()
    return tuple(map(int, text.split(".")))


def _fits(value: int | str) -> bool:
    """Whether a database takes it."""
    return is_text(value) if isinstance(value, str) else abs(value) < 2**63


def cursor(*values: int | str) -> str:
    """What `cursor_of` reads these values from."""
    packed = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def address_with(request: Request, **changes: str) -> str:
    """The address of the request with some parameters changed, and with a new cursor or none."""
    query = request.GET.copy()
    query.pop("cursor", None)
    for name, value in changes.items():
        query[name] = value
    return f"{settings.SITE_URL}{request.path}?{query.urlencode()}"


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


def revision() -> str:
    """The catalogue's, for the cursor of an order that follows from it. To be read before rows."""
    return Catalogue.current().revision.hex


def unchanged(since: str) -> None:
    """Check after rows are read that the catalogue is still at the revision `since`.

    Raises CatalogueChanged if it is not."""
    if revision() != since:
        raise CatalogueChanged


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
        CatalogueChanged."""
        kinds = [kind for *_, kind in self.columns]
        packed = [int if kind is int else str for kind in kinds]
        at = cursor_of(request, *packed, *([] if self.stays else [str]))
        since = [] if self.stays else [at[-1] if at else revision()]
        found = self.after(rows, at and at[: len(kinds)], size)
        if at and since:
            unchanged(since[0])
        return found[:size], self._place(found[size - 1], since) if len(found) > size else None

    def after(self, rows: QuerySet[Any], at: list[Any] | None, size: int) -> list[Any]:
        """So many rows after those that the values of a cursor stand for, and one more. Raises
        ValidationError."""
        if at is not None:
            at = [_read(value, kind) for value, (*_, kind) in zip(at, self.columns, strict=True)]
            later = Q(pk__in=())
            for n, (name, down, _) in enumerate(self.columns):
                same = {
                    column: value
                    for (column, *_), value in zip(self.columns[:n], at[:n], strict=True)
                }
                later |= Q(**same, **{f"{name}__{'lt' if down else 'gt'}": at[n]})
            # The first column alone leads to the index's place.
            first, down, _ = self.columns[0]
            rows = rows.filter(later, **{f"{first}__{'lte' if down else 'gte'}": at[0]})
        names = (f"-{name}" if down else name for name, down, _ in self.columns)
        return list(rows.order_by(*names)[: size + 1])

    def _place(self, row: Model, since: list[str]) -> str:
        values = (_written(getattr(row, name), kind) for name, _, kind in self.columns)
        return cursor(*values, *since)


_NEXT = serializers.CharField(allow_null=True, help_text="address of the next page")
_PARAMETERS = [
    build_parameter_type(name, schema, "query", description=description)
    for name, schema, description in (
        ("page_size", {"type": "integer"}, f"rows of a page: 1 to {MOST}"),
        (
            "cursor",
            {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
            "where the page begins, as `next` says it",
        ),
    )
]


class CursorPagination(BasePagination):
    """Pages that begin at a cursor: a place in an order of the rows.

    A view has an `order`, or `orders` by what an address calls them, the first one being the
    default. A view that finds its rows another way asks for `page_size` alone.

    query: what reads the parameters of a page, if not this. page_name: what the schema calls a
    page, if not by its rows. more: fields of a page beside its rows, and `more_example` of them.
    """

    query: ClassVar[type[Serializer] | None] = None
    page_name: ClassVar[str] = ""
    more: ClassVar[Mapping[str, Any]] = {}
    more_example: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    @cache
    def page_serializer(cls, row: type[Serializer]) -> type[Serializer]:
        """The shape of a page of rows of one shape."""
        members = {"next": _NEXT, **cls.more, "results": row(many=True)}
        if row.example:
            members["example"] = {"next": None, **cls.more_example, "results": [row.example]}
        name = cls.page_name or f"{row.__name__.removesuffix('Serializer')}Page"
        return type(f"{name}Serializer", (Serializer,), members)

    def page_size(self, request: Request) -> int:
        """How many rows a page is to have. Raises ValidationError."""
        text = request.query_params.get("page_size", str(PAGE))
        digits = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST))
        if not (digits and 1 <= int(text) <= MOST):
            raise ValidationError({"page_size": [f"Say a whole number from 1 to {MOST}."]})
        return int(text)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the page that is asked for; sets `next`, the cursor of the page after it.
        Raises ValidationError, CatalogueChanged."""
        if view.orders:
            wanted = request.query_params.get("ordering", next(iter(view.orders)))
            if wanted not in view.orders:
                raise ValidationError({"ordering": [f"Say one of {', '.join(view.orders)}."]})
        order: Order = view.orders[wanted] if view.orders else view.order
        found, self.next = order.page(request, queryset, self.page_size(request))
        return list(found)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        if self.query:
            return []
        schema = {"type": "string", "enum": sorted(view.orders)}
        ordering = build_parameter_type("ordering", schema, "query", description="of the rows")
        return [*_PARAMETERS, ordering] if view.orders else _PARAMETERS
