"""How the schema, OpenAPI, is inferred: from what a view is, and from what each of its actions
takes and answers, which the action declares once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, TypeVar

from drf_spectacular import openapi
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.plumbing import build_parameter_type
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.permissions import SAFE_METHODS

from .access import PUBLIC, scope
from .problems import CONTENT_TYPE
from .serializers import ProblemSerializer

Action = TypeVar("Action", bound=Callable[..., Any])

ERRORS = {
    400: "A parameter is wrong: `errors` names it",
    401: "The token is not known",
    403: "Not allowed with this token, or to this person",
    404: "There is none",
    406: "None of the formats in Accept is to be had",
    409: "It collides with what is there",
    410: "The catalogue changed, and with it the order of the pages: begin without a cursor",
    412: "It was changed since",
    413: "Too large",
    415: "The body is of a type that is not read",
    428: "If-Match is missing",
    429: "Too many requests: Retry-After says when to come back",
    503: "Busy: Retry-After says when to come back",
}
"""What an error means, by status."""
ALWAYS = {400, 401, 403, 406, 429, 503}
"""Errors that any request may meet."""


@dataclass(frozen=True)
class Operation:
    """What an action takes and answers, declared above it: its view acts by it, and the schema
    follows from it.

    answer: the shape of the answer, or of a row where the action is a list; None if there is none.
    body: the shape of the body. statuses: of the answer. errors: beside those that follow from what
    it is. example: of an answer, else the shape's own. description: else the action's docstring.
    tag: else the first part of its path.
    """

    name: str
    answer: Any
    body: Any = None
    _: KW_ONLY
    statuses: Sequence[int] = (200,)
    errors: Sequence[int] = ()
    parameters: Sequence[OpenApiParameter] = ()
    example: Any = None
    summary: str | None = None
    description: str | None = None
    tag: str | None = None

    def __call__(self, action: Action) -> Action:
        action.operation = self  # type: ignore[attr-defined]
        tags = [self.tag] if self.tag else None
        extend = extend_schema(
            self.name, summary=self.summary, description=self.description, tags=tags
        )
        return extend(action)

    @property
    def query(self) -> set[str]:
        """The parameters that an address may have."""
        return {one.name for one in self.parameters if one.location == OpenApiParameter.QUERY}


class AutoSchema(openapi.AutoSchema):
    """Infers an operation from its view's scopes, renderers, pagination, filters and path, and from
    the `Operation` of its action."""

    view: Any

    @property
    def operation(self) -> Operation:
        found: Operation = getattr(self.view, self.view.action).operation
        return found

    @property
    def _pagination(self) -> Any:
        return self.view.pagination_class if self.view.action == "list" else None

    def _answer(self) -> Any:
        answer = self.operation.answer
        if self._pagination:
            answer = self._pagination.page_serializer(answer)
        # Of what is called "list", it is else taken to be an array.
        if isinstance(answer, type):
            return forced_singular_serializer(answer)  # type: ignore[no-untyped-call]
        return answer

    def get_auth(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super().get_auth()
        return [*found, {}] if scope(self.view, self.method) == PUBLIC else found

    def get_override_parameters(self) -> list[Any]:
        query = self._pagination and self._pagination.query
        return [*self.operation.parameters, *([query] if query else [])]

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        # What a filter backend describes itself; drf-spectacular asks django-filter's for a model.
        backends = [backend() for backend in self.get_filter_backends()]
        return [p for one in backends for p in one.get_schema_operation_parameters(self.view)]

    def _get_format_parameters(self) -> list[dict[str, Any]]:
        formats = self.map_renderers("format")
        help = self.view.format_help
        if not help and len(formats) == 1:
            return []
        schema = {"type": "string"}
        return [build_parameter_type("format", schema, "query", description=help, enum=formats)]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        resolve = super()._resolve_path_parameters
        found: list[dict[str, Any]] = resolve(variables)  # type: ignore[no-untyped-call]
        help = self.view.path_help
        for one in found:
            if one["name"] in help:
                one["description"] = help[one["name"]]
        return found

    def get_request_serializer(self) -> Any:
        return self.operation.body

    def get_response_serializers(self) -> Any:
        answer = self._answer()
        answers = {
            (status, one.media_type): answer if one.format == "json" else OpenApiTypes.BINARY
            for status in self.operation.statuses
            for one in self.view.get_renderers()
            if status != 204 and (answer or one.format != "json")
        }
        errors = {
            (status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, ERRORS[status])
            for status in sorted(self._errors())
        }
        return answers | ({204: None} if 204 in self.operation.statuses else {}) | errors

    def _errors(self) -> set[int]:
        found = ALWAYS | {*self.operation.errors}
        if "{" in self.path:
            found.add(404)
        if any(not order.stays for order in self.view.orders.values()) and self._pagination:
            found.add(410)
        return found if self.method in SAFE_METHODS else found | {413, 415}

    def get_examples(self) -> list[OpenApiExample]:
        found = []
        body, answer = self.operation.body, self._answer()
        if isinstance(body, dict):
            body = body.get("application/json")
        if request := getattr(body, "example", None):
            found.append(OpenApiExample("Request", request, request_only=True))
        if response := self.operation.example or getattr(answer, "example", None):
            status = str(self.operation.statuses[0])
            found.append(
                OpenApiExample("Answer", response, response_only=True, status_codes=[status])
            )
        return found


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from your account's page: `Authorization: Bearer pd_…`",
        }


def close_bodies(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Declare that what is sent has no other fields: see `serializers.Serializer`. A hook of
    drf-spectacular, which calls the shapes of bodies so."""
    for name, shape in result["components"]["schemas"].items():
        if name.endswith("Request") and shape.get("type") == "object":
            shape["additionalProperties"] = False
    return result
