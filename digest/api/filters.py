"""What narrows the lists of the API, and how the schema describes it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.plumbing import build_parameter_type
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from digest.search import Results
from digest.search.filters import PaperFilter
from digest.text.links import KINDS

_HELP = {
    "q": "the site's query language: `diffusion -video has:code date:2025-02 link:owner/name`",
    "category": "id of a category; several must all match",
    "area": "id of an area",
    "match": "whether all or any of the categories",
    "not_category": "id of a category to leave out",
    "author": "id of an author",
    "has": "kind of a link",
    "date_from": "first day",
    "date_to": "last day",
    "stream": "id of a stream that has them; several must all have them",
    "digest": "day of a digest that has them: of the streams that are given, else of the default",
    "exact": "`1` to search for words that no paper has as they are",
    "ordering": "`best` needs words to match; `upvotes` has those with most first",
}


class PaperFilterBackend(DjangoFilterBackend):  # type: ignore[misc]
    """Finds papers as the site's own pages do, by `PaperFilter`, whose `order` programs call
    `ordering`. What pages pass over is refused: a parameter without a value, or a wrong one."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Results:
        parameters = dict(request.query_params.lists())
        if empty := [name for name, values in parameters.items() if name != "q" and "" in values]:
            raise ValidationError({name: ["Say a value."] for name in empty})
        query = QueryDict(mutable=True)
        for name, values in parameters.items():
            query.setlist("order" if name == "ordering" else name, values)
        # A file cannot say that it holds something else than what was asked.
        correct = request.accepted_renderer.format == "json"
        found = PaperFilter(query, queryset, correct=correct)
        if errors := found.errors_by_field:
            raise ValidationError({_parameter(name): texts for name, texts in errors.items()})
        results: Results = found.qs
        return results

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters that an address may have: the fields of the filter's form."""
        found = {_parameter(name): field for name, field in PaperFilter().form.fields.items()}
        return [
            build_parameter_type(
                name, _schema(field), "query", description=_HELP.get(name, field.label)
            )
            for name, field in found.items()
        ]


def _parameter(name: str) -> str:
    """What programs call a parameter."""
    return "ordering" if name == "order" else name


def _schema(field: forms.Field) -> dict[str, Any]:
    """The schema of what a field takes."""
    one: dict[str, Any] = {"type": "string"}
    if isinstance(field, forms.DateField):
        one["format"] = "date"
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        one["enum"] = sorted(value for value, _ in cast(Any, field.choices) if value)
    several = isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
    return {"type": "array", "items": one} if several else one


class KindFilterBackend(BaseFilterBackend):
    """Links of one kind."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        kind = request.query_params.get("kind")
        if kind is None:
            return queryset
        if kind not in KINDS:
            raise ValidationError({"kind": [f"Say one of {', '.join(KINDS)}."]})
        return queryset.filter(kind=kind)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        schema = {"type": "string", "enum": sorted(KINDS)}
        return [build_parameter_type("kind", schema, "query", description="of the links")]
