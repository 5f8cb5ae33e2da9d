"""A paper's own page: what it shows and where that comes from, and correcting it.

The page never writes what it shows. It finds out which fields the curator changed, and each of
them is one correction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseFormSet, formset_factory
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.safestring import SafeString

from digest.admin.base import LABELS, MAX_WHY, Curated, linked, word_diff
from digest.curation import decisions
from digest.formats.records import MAX_ITEMS
from digest.models import Difference, Entry, Field, LinkHealth, Merge, Paper

from .filters import waiting
from .history import history


def suggested(model: str, field: str) -> AdminTextInputWidget:
    """A line for a name, known or new. Known ones are suggested (static/curation.js).

    model, field: the relation whose autocomplete suggests them.
    """
    query = f"?app_label=digest&model_name={model}&field_name={field}"
    names = lazy(lambda: reverse("admin:autocomplete") + query, str)()
    return AdminTextInputWidget({"data-suggest": names, "autocomplete": "off", "dir": "auto"})


_INCOMPLETE = "The form was incomplete: open the page again."


class _ShownOtherwise(Exception):
    """The paper shows something else than it did a moment ago."""


class _Decoder(json.JSONDecoder):
    """Python's own, to which numbers that are too long and lists that are too deep are no JSON."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            return super().decode(s, *args)
        except (ValueError, RecursionError):
            raise json.JSONDecodeError("This is not JSON", s, 0) from None


class PaperForm(forms.Form):
    """The fields of a paper that are no lists, and what they were when the page was made."""

    title = forms.CharField(widget=AdminTextareaWidget({"rows": 2, "dir": "auto"}))
    summary = forms.CharField(
        required=False, strip=False, widget=AdminTextareaWidget({"rows": 14, "dir": "auto"})
    )
    authors_cut = forms.BooleanField(required=False, label="The author list is cut")
    hidden = forms.BooleanField(required=False, label="Hidden: not shown in the catalogue")
    why = forms.CharField(
        required=False,
        max_length=MAX_WHY,
        widget=AdminTextInputWidget,
        help_text="Other curators read it in the paper's history; readers do not.",
    )
    seen = forms.JSONField(
        decoder=_Decoder,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), _INCOMPLETE),
    )

    def clean_title(self) -> Any:
        return decisions.cleaned(Field.TITLE, self.cleaned_data["title"])

    def clean_summary(self) -> Any:
        return decisions.cleaned(Field.SUMMARY, _lines(self.cleaned_data["summary"]))

    def clean_seen(self) -> Any:
        seen = self.cleaned_data["seen"]
        if not isinstance(seen, dict) or {*seen} != {*Field.values}:
            raise ValidationError(_INCOMPLETE)
        return seen


class RowForm(forms.Form):
    """One of a list's names or links. field: the list."""

    value = forms.CharField(required=False)

    def __init__(self, *args: Any, field: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.field = field
        widgets = {
            Field.AUTHORS: lambda: suggested("authorship", "author"),
            Field.CATEGORIES: lambda: suggested("classification", "category"),
        }
        self.fields["value"].widget = widgets.get(
            Field(field), lambda: AdminTextInputWidget({"inputmode": "url"})
        )()
        self.fields["value"].widget.attrs["aria-label"] = f"One of the {LABELS[field]}"

    def clean_value(self) -> str:
        value = self.cleaned_data["value"]
        return next(iter(decisions.cleaned(self.field, [value] if value else [])), "")


class Rows(BaseFormSet):  # type: ignore[type-arg]
    """A list in its order; `prefix` is its field, and `value` its values once it is valid."""

    value: list[str]

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
        self.value = decisions.cleaned(str(self.prefix), filter(None, values))


_ROWS: Any = formset_factory(
    RowForm,
    Rows,
    extra=1,
    can_order=True,
    can_delete=True,
    max_num=MAX_ITEMS + 1,
    absolute_max=2 * MAX_ITEMS,
)
_LISTS = (Field.AUTHORS.value, Field.CATEGORIES.value, Field.LINKS.value)


class Shown(NamedTuple):
    """A field on the page: its input (a bound field, or rows), where its value comes from, and what
    the sources say if that is something else."""

    name: str
    label: str
    field: Any
    rows: Rows | None
    origin: decisions.Origin
    source: str
    theirs: SafeString | str


class Correcting(Curated):
    """Mixed into the papers' admin."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        paper = self.get_object(request, unquote(object_id))
        if paper is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_view_permission(request, paper):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, paper, decisions.provenance(paper))
        if not self.has_change_permission(request, paper):
            raise PermissionDenied
        while True:
            try:
                return self._changed(request, paper)
            except _ShownOtherwise:
                continue  # what others said meanwhile is looked at as well

    def _changed(self, request: HttpRequest, paper: Paper) -> HttpResponse:
        """Correct what was changed on the page."""
        form = PaperForm(request.POST)
        rows = {
            field: _ROWS(request.POST, prefix=field, form_kwargs={"field": field})
            for field in _LISTS
        }
        origins = decisions.provenance(paper)
        if not all([form.is_valid(), *(some.is_valid() for some in rows.values())]):
            return self._page(request, paper, origins, form=form, rows=rows, wrong=True)
        seen, now = form.cleaned_data["seen"], _values(origins)
        wanted = {
            field: rows[field].value if field in rows else form.cleaned_data[field] for field in now
        }
        mine = {field for field in now if not _same(field, wanted[field], seen[field])}
        why = form.cleaned_data["why"]
        decided = self._decided(request, paper, why)
        if decided is not None:
            if not mine - {decided}:
                return HttpResponseRedirect(request.get_full_path())
            # What else was changed on the page, but not saved, stays on it.
            origins = decisions.provenance(paper)
            now = _values(origins)
            kept = {field: wanted[field] for field in mine if field != decided}
            return self._page(request, paper, origins, values=now | kept, why=why)
        disputed = [
            field
            for field in mine
            if not (
                _same(field, now[field], seen[field]) or _same(field, now[field], wanted[field])
            )
        ]
        if disputed:
            kept = {field: wanted[field] for field in mine}
            return self._page(
                request,
                paper,
                origins,
                values=now | kept,
                why=why,
                disputed=[
                    (LABELS[field], word_diff(now[field], wanted[field])) for field in disputed
                ],
                status=409,
            )
        if Field.AUTHORS in mine:
            # A corrected list is not cut unless that is said as well: what the page shows is meant.
            mine.add(Field.AUTHORS_CUT)
        corrected = [field for field in now if field in mine and wanted[field] != now[field]]
        said = f"Corrected: {', '.join(LABELS[field] for field in corrected)}."

        def right() -> list[tuple[Paper, str, Any]]:
            if _values(decisions.provenance(paper)) != now:
                raise _ShownOtherwise
            return [(paper, field, wanted[field]) for field in now if field in mine]

        def log() -> None:
            if corrected:
                self.log(request, paper, f"{said} {why}".strip())

        try:
            decisions.correct_all(right, request.user, why, log)
        except ValidationError as error:
            form.add_error(None, error)
            return self._page(request, paper, origins, form=form, rows=rows, wrong=True)
        if corrected:
            self.message_user(request, said, messages.SUCCESS)
        else:
            self.message_user(request, "Nothing was changed.", messages.INFO)
        if "_continue" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        return self.response_post_save_change(request, paper)

    def _decided(
        self,
        request: HttpRequest,
        paper: Paper,
        why: str,
    ) -> str | None:
        """Withdraw a correction, or make an earlier one again, if a button of one was pressed; its
        field then."""
        button = next((name for name in ("_withdraw", "_revert") if name in request.POST), None)
        if button is None:
            return None
        key = request.POST[button]
        correction = paper.corrections.filter(pk=key[:18]).first() if key.isdecimal() else None
        if correction is None:
            self.message_user(request, "There is no such correction.", messages.ERROR)
            return ""
        field, label = correction.field, LABELS[correction.field]

        def withdraw(log: Callable[[], None]) -> None:
            decisions.withdraw(correction, request.user, log)

        def revert(log: Callable[[], None]) -> None:
            decisions.correct(paper, field, correction.value, request.user, why, log)

        if button == "_withdraw":
            self.decide(request, withdraw, paper, f"Withdrew the correction: {label}.")
        else:
            self.decide(request, revert, paper, f"Reverted to an earlier correction: {label}.")
        return str(field)

    def _page(
        self,
        request: HttpRequest,
        paper: Paper,
        origins: dict[str, decisions.Origin],
        *,
        values: dict[str, Any] | None = None,
        why: str = "",
        form: PaperForm | None = None,
        rows: dict[str, Rows] | None = None,
        **more: Any,
    ) -> HttpResponse:
        """The page with what the paper shows.

        values: what stands in the fields, if that is something else. form, rows: what was sent, if
        something is wrong in it.
        """
        now = _values(origins)
        values = values or now
        if form is None or rows is None:
            form = PaperForm(initial={**values, "seen": now, "why": why})
            dead = dict(
                LinkHealth.objects.filter(url__in=values[Field.LINKS] or (), dead=True).values_list(
                    "url", "checked_at"
                )
            )
            rows = {
                field: _ROWS(
                    initial=[
                        {"value": value, "dead": dead.get(value)} for value in values[field] or ()
                    ],
                    prefix=field,
                    form_kwargs={"field": field},
                )
                for field in _LISTS
            }
        merges = Merge.objects.standing()
        title = "Correct a paper" if self.has_change_permission(request, paper) else "A paper"
        return self.page(
            request,
            "paper/change_form.html",
            title,
            paper,
            form=form,
            fields=list(self._fields(origins, form, rows)),
            said=origins[Field.TITLE].shown is not None,
            may_change=self.has_change_permission(request, paper),
            changes=history(paper),
            entries=self._entries(paper),
            merged_into=merges.filter(paper=paper).select_related("into").first(),
            merged=merges.filter(into=paper).select_related("paper"),
            differences=waiting().filter(correction__paper=paper).count(),
            differences_url=_list(self, Difference),
            reports=self._reports(paper),
            filters=self.get_preserved_filters(request),
            **more,
        )

    def _fields(
        self, origins: dict[str, decisions.Origin], form: PaperForm, rows: dict[str, Rows]
    ) -> Iterable[Shown]:
        for name, origin in origins.items():
            differs = origin.correction and origin.theirs != origin.shown
            yield Shown(
                name,
                str(form.fields[name].label or LABELS[name])
                if name in form.fields
                else LABELS[name],
                form[name] if name in form.fields else None,
                rows.get(name),
                origin,
                linked(self.admin_site, origin.source),
                word_diff(origin.shown, origin.theirs) if differs else "",
            )

    def _entries(self, paper: Paper) -> list[tuple[Entry, str]]:
        entries = (
            Entry.objects.filter(paper=paper)
            .select_related("source", "digest")
            .defer("source__content", "source__problems", "record")
            .order_by("-digest__date", "source__name", "position")
        )
        return [(entry, linked(self.admin_site, entry.source)) for entry in entries]

    def _reports(self, paper: Paper) -> tuple[int, str] | None:
        """How many of readers' reports wait, and where they are, if the site has such."""
        for registered in self.admin_site._registry.values():
            if isinstance(registered, Curated) and (reports := registered.open_reports(paper)):
                return reports
        return None


def _values(origins: dict[str, decisions.Origin]) -> dict[str, Any]:
    """What a paper shows of each field, with the line breaks that browsers leave as they are."""
    return {
        field: _lines(origin.shown) if isinstance(origin.shown, str) else origin.shown
        for field, origin in origins.items()
    }


def _same(field: str, one: Any, other: Any) -> bool:
    """Whether two values are the same; the order of links is not for curators to say."""
    if field == Field.LINKS and isinstance(one, list) and isinstance(other, list):
        one, other = sorted(one, key=str), sorted(other, key=str)
    return bool(one == other)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _list(admin: Curated, model: Any) -> str:
    if not admin.admin_site.is_registered(model):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
