"""What curators fill in to correct a paper: an input for each field, and rows for each list."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.text import capfirst

from digest.admin.base import MAX_REASON
from digest.catalogue.fields import FIELDS, Links, correctable
from digest.catalogue.kinds import Flag, ListField, LongText, Names, PaperField, TextList
from digest.catalogue.plan import related_model
from digest.formats.records import MAX_ITEMS


def suggested(field: Names) -> AdminTextInputWidget:
    """A line for a name, known or new. Known ones are suggested (static/curation.js)."""
    model = related_model(field)._meta.model_name
    query = f"?app_label=digest&model_name={model}&field_name={field.reference}"
    names = lazy(lambda: reverse("admin:autocomplete") + query, str)()
    return AdminTextInputWidget({"data-suggest": names, "autocomplete": "off", "dir": "auto"})


_INCOMPLETE = "The form was incomplete: open the page again."


class _Decoder(json.JSONDecoder):
    """Python's own, to which numbers that are too long and lists that are too deep are no JSON."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            return super().decode(s, *args)
        except (ValueError, RecursionError):
            raise json.JSONDecodeError("This is not JSON", s, 0) from None


class _TextInput(forms.CharField):
    """A field of a paper that is a text, or short texts with a line for each."""

    def __init__(self, field: PaperField) -> None:
        long = isinstance(field, LongText)
        several = isinstance(field, TextList)
        rows = {"rows": 14 if long else 6 if several else 2, "dir": "auto"}
        super().__init__(
            label=capfirst(field.label),
            help_text="One on each line." if several else "",
            required=field.is_required,
            strip=not long,
            widget=AdminTextareaWidget(rows),
        )
        self.field = field

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return self.field.clean(unix_lines(super().clean(value)))


class PaperForm(forms.Form):
    """The fields of a paper that are no lists, and what they were when the page was made."""

    why = forms.CharField(
        required=False,
        max_length=MAX_REASON,
        widget=AdminTextInputWidget,
        help_text="Other curators read it in the paper's history; readers do not.",
    )
    seen = forms.JSONField(
        decoder=_Decoder,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), _INCOMPLETE),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in correctable().items():
            if isinstance(field, Flag):
                self.fields[name] = forms.BooleanField(required=False, label=field.when_true)
            elif not isinstance(field, ListField):
                self.fields[name] = _TextInput(field)

    def clean_seen(self) -> Any:
        seen = self.cleaned_data["seen"]
        if not isinstance(seen, dict) or {*seen} != {*correctable()}:
            raise ValidationError(_INCOMPLETE)
        return seen


class RowForm(forms.Form):
    """One of a list's items."""

    value = forms.CharField(required=False)

    def __init__(self, *args: Any, field: ListField, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.field = field
        urls = {"inputmode": "url"} if isinstance(field, Links) else {}
        widget = suggested(field) if isinstance(field, Names) else AdminTextInputWidget(urls)
        widget.attrs["aria-label"] = f"One of the {field.label}"
        self.fields["value"].widget = widget

    def clean_value(self) -> str:
        value = self.cleaned_data["value"]
        return next(iter(self.field.clean([value] if value else [])), "")


class ListFormSet(BaseFormSet):  # type: ignore[type-arg]
    """A list in its order; `prefix` is its field, and `value` its values once it is valid."""

    value: list[str]

    def add_fields(self, form: Any, index: int | None) -> None:
        """With a name for each, which the heads of the columns are only to the eye."""
        super().add_fields(form, index)
        row = "new one" if index is None else index + 1
        for name, what in (("ORDER", "Place"), ("DELETE", "Delete")):
            if name in form.fields:
                form.fields[name].widget.attrs["aria-label"] = f"{what} of {row}"

    def clean(self) -> None:
        if any(self.errors):
            return

        def place(numbered: tuple[int, RowForm]) -> tuple[float, int]:
            number, row = numbered
            order = row.cleaned_data.get("ORDER")
            if order is None:
                return float("inf"), 0
            # What moves to the place of another comes before it, or after it on the way down.
            was = number if number <= self.initial_form_count() else order + 1
            return order, (order > was) - (order < was)

        rows = [
            (number, row)
            for number, row in enumerate(self.forms, start=1)
            if row.cleaned_data and row not in self.deleted_forms
        ]
        values = [row.cleaned_data.get("value") for _, row in sorted(rows, key=place)]
        self.value = FIELDS[str(self.prefix)].clean(filter(None, values))


_FORMSET: Any = formset_factory(
    RowForm,
    ListFormSet,
    extra=1,
    can_order=True,
    can_delete=True,
    max_num=MAX_ITEMS + 1,
    absolute_max=2 * MAX_ITEMS,
)


def rows_of(field: ListField, data: Any = None, initial: Any = None) -> ListFormSet:
    """A list in rows. data: what was sent. initial: what each row shows, if nothing was."""
    rows: ListFormSet = _FORMSET(
        data, initial=initial, prefix=field.name, form_kwargs={"field": field}
    )
    return rows


def unix_lines(text: str) -> str:
    """The text with the line breaks that browsers leave as they are."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
