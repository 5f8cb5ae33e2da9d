"""What all views of the API have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date
from rest_framework.exceptions import NotAcceptable, ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from digest.caches.revision import Revision
from digest.models import Catalogue
from digest.pages.compression import compressed, encoding_for
from digest.pages.middleware import since

from .access import PUBLIC, announce, scope
from .pages import CursorPagination, Order, address_with
from .parsers import form_only
from .schema import Operation
from .serializers import Serializer

_Q = re.compile(r"q=(1(?:\.0{0,3})?|0(?:\.\d{0,3})?)")


def only(query: QueryDict, allowed: Collection[str], many: Collection[str] = ()) -> None:
    """Refuse parameters that are not allowed, for a misspelt filter would give all rows, and those
    that are repeated, of which one would count. many: parameters that may be repeated."""
    errors = {}
    for name, values in query.lists():
        if name not in allowed:
            errors[name] = ["There is no such parameter."]
        elif len(values) > 1 and name not in many:
            errors[name] = ["Say it once."]
    if errors:
        raise ValidationError(errors)


@cache
def _parameters(view: Any, action: str) -> frozenset[str]:
    """The parameters that an action may have, as the schema has them."""
    names = {"format", *getattr(view, action).operation.query}
    if action == "list":
        pagination = view.pagination_class
        names |= {*pagination.query().fields} if pagination.query else set()
        for source in (pagination, *view.filter_backends):
            names |= {one["name"] for one in source().get_schema_operation_parameters(view)}
    return frozenset(names)


def read(serializer: type[Serializer], data: Any) -> dict[str, Any]:
    """The data as the serializer validates it. Raises ValidationError, by field."""
    if isinstance(data, QueryDict):
        fields = serializer().fields
        # DRF takes it for a browser's form, where what is empty or missing was not filled in.
        data = {name: value for name, value in data.items() if name in fields}
    checked = serializer(data=data)
    checked.is_valid(raise_exception=True)
    return cast("dict[str, Any]", checked.validated_data)


class Negotiation(DefaultContentNegotiation):
    """Answers in the format that `format` names, else in the one that `Accept` likes best: DRF does
    not read how much a type is wanted, its `q`."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        if (format := request.query_params.get("format")) is not None:
            renderers = self.filter_renderers(renderers, format)
        wanted = [_wanted(text) for text in self.get_accept_list(request)]
        found: list[tuple[float, int, int]] = []
        for place, renderer in enumerate(renderers):
            # What is said of a type itself counts, and not what is said of all.
            fits = [(exact, q) for exact, range, q in wanted if _fits(range, renderer.media_type)]
            exact, q = max(fits, default=(0, 0.0))
            if q > 0:
                found.append((-q, -exact, place))
        if not found:
            raise NotAcceptable(available_renderers=renderers)
        best = renderers[min(found)[2]]
        return best, best.media_type

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str | None) -> Any:
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            formats = ", ".join(renderer.format for renderer in renderers)
            raise ValidationError({"format": [f"This is none of {formats}."]})
        return found


def _wanted(text: str) -> tuple[int, str, float]:
    """A range of `Accept`: how exact it is, the range, and its `q`; 1 where that cannot be read."""
    range, *parameters = (part.strip().lower() for part in text.split(";"))
    q = 1.0
    for parameter in parameters:
        if match := _Q.fullmatch(parameter):
            q = float(match[1])
    exact = 0 if range == "*/*" else 1 if range.endswith("/*") else 2
    return exact, range, q


def _fits(range: str, media_type: str) -> bool:
    return range in ("*/*", media_type, f"{media_type.partition('/')[0]}/*")


class ApiViewSet(ViewSet):
    """Actions that answer as their `schema.Operation` declares.

    scopes: what a token needs to read and to write. repeated: parameters that an address may have
    more than once. orders, order: of the rows of a list; see `CursorPagination`. format_help: the
    schema's description of the parameter `format`. path_help: and of the parameters in its path, by
    name.
    """

    scopes: tuple[str, str]
    renderer_classes: Any = [JSONRenderer]
    content_negotiation_class = Negotiation
    pagination_class = CursorPagination
    filter_backends: ClassVar[Sequence[type[BaseFilterBackend]]] = ()
    repeated: ClassVar[Collection[str]] = ("dry_run",)
    orders: ClassVar[Mapping[str, Order]] = {}
    order: Order
    format_help = "`json`"
    path_help: ClassVar[Mapping[str, str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if hasattr(getattr(self, str(self.action), None), "operation"):
            view: Any = type(self)
            only(request.query_params, _parameters(view, self.action), self.repeated)

    def check_permissions(self, request: Request) -> None:
        # Who is refused has asked as well: they are counted before.
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Nothing more: see `check_permissions`."""

    @property
    def operation(self) -> Operation:
        """What the action takes and answers."""
        found: Operation = getattr(self, self.action).operation
        return found

    def body(self, serializer: type[Serializer] | None = None) -> dict[str, Any]:
        """The content of the request's body, in the shape that the action takes. Raises
        ValidationError, by field. serializer: of the shapes that it takes, if they are several."""
        shape, data = serializer or self.operation.body or Serializer, self.request.data
        if isinstance(data, QueryDict):
            form_only(data, *shape().fields, many=["dry_run"])
        return read(shape, data)

    def answer(self, instance: Any) -> dict[str, Any]:
        """The object as the action answers it, in the shape that its `Operation` declares."""
        return dict(self.operation.answer(instance).data)

    def filter_queryset(self, queryset: Any) -> Any:
        """The rows that the address asks for. Raises ValidationError."""
        for backend in self.filter_backends:
            queryset = backend().filter_queryset(self.request, queryset, self)
        return queryset

    def page(
        self,
        queryset: QuerySet[Any],
        show: Callable[[list[Any]], Iterable[Any]] = list,
        **more: Any,
    ) -> dict[str, Any]:
        """The page of rows that is asked for. show: makes of them what is answered. more: what the
        page has beside. Raises ValidationError, CatalogueChanged."""
        paginator = self.pagination_class()
        rows = paginator.paginate_queryset(queryset, self.request, self)
        return self.page_of(show(rows), paginator.next, **more)

    def page_of(self, rows: Iterable[Any], next: str | None, **more: Any) -> dict[str, Any]:
        """A page of these rows. next: the cursor of the one after it. more: beside the rows."""
        address = None if next is None else address_with(self.request, cursor=next)
        page = self.pagination_class.page_serializer(self.operation.answer)
        return dict(page({"next": address, **more, "results": rows}).data)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        announce(response, request)
        return response


class CatalogueViewSet(ApiViewSet):
    """Reads what is the same for everybody: programs on any site may ask, and answers are kept."""

    scopes = ("catalogue:read", "")
    http_method_names = ["get", "head", "options"]
    catalogue: Catalogue
    """As it was before anything of an answer was made."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        public = [name for name in self.allowed_methods if scope(self, name) == PUBLIC]
        if request.method in public:
            response["Access-Control-Allow-Origin"] = "*"
            response["Access-Control-Expose-Headers"] = (
                "ETag, Last-Modified, Link, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset,"
                " Retry-After"
            )
            response["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS":
            response["Access-Control-Allow-Methods"] = ", ".join(public)
            response["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-None-Match"
            response["Access-Control-Max-Age"] = "86400"
        return response

    def cached(self, make: Callable[[], dict[str, Any] | HttpResponseBase]) -> HttpResponseBase:
        """The answer that `make` gives, made once for each address and state of the catalogue.

        make: gives what is answered as JSON, or a whole file, which is not stored. A program that
        has the answer already gets 304, before anything is made.
        """
        request = self.request
        revision = Revision()
        self.catalogue = catalogue = revision.catalogue
        name = ("api", request.accepted_renderer.format, request.get_full_path())
        etag = f'W/"{revision.key(*name)[:32]}"'
        changed = since(request._request, int(catalogue.changed_at.timestamp()))
        response: HttpResponseBase | None = get_conditional_response(
            request._request, etag, changed
        )
        if response is None:
            encoding = encoding_for(request._request)
            response = revision.once(
                lambda: compressed(_json(make()), encoding, stored=True),
                *(*name, encoding),
                storable=lambda response: isinstance(response, JsonAnswer),
            )
        response["ETag"] = etag
        response["Last-Modified"] = http_date(changed)
        patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
        return response


class JsonAnswer(HttpResponse):
    """An answer that is stored until the catalogue changes."""


def _json(answer: dict[str, Any] | HttpResponseBase) -> HttpResponseBase:
    """An answer as JSON; a file as it is."""
    if isinstance(answer, HttpResponseBase):
        return answer
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return JsonAnswer(text, content_type="application/json")
