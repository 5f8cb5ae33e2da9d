"""The queue of differences: a source says something else than a curator; which of them is right?"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import Truncator

from digest.admin.base import MOST, Curated, Task, address, linked, word_diff
from digest.catalogue.fields import FIELDS
from digest.catalogue.kinds import ListField, PaperField
from digest.curation import decisions
from digest.models import Difference, Entry

from .filters import waiting
from .forms import unix_lines
from .history import result


class StateFilter(admin.SimpleListFilter):
    """Those that wait, if nothing else is asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("settled", "settled"), ("ended", "the correction ended"), ("all", "all")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "open"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "settled":
                return queryset.exclude(settled="")
            case "ended":
                return queryset.filter(settled="", correction__ended_at__isnull=False)
            case "all":
                return queryset
        return queryset.filter(pk__in=waiting().values("pk"))


class ValueForm(forms.Form):
    """What is right, if neither is. Lists have a line for each name."""

    value = forms.CharField(
        strip=False, required=False, widget=AdminTextareaWidget({"rows": 6, "dir": "auto"})
    )

    def __init__(self, *args: Any, field: PaperField, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.field = field
        if isinstance(field, ListField):
            self.fields["value"].help_text = "One name on each line, in order."

    def clean_value(self) -> Any:
        text = unix_lines(self.cleaned_data["value"])
        return self.field.clean(text.split("\n") if isinstance(self.field, ListField) else text)


@admin.register(Difference)
class DifferenceAdmin(Curated):
    list_display = ("paper", "field", "says", "source_name", "filed_at", "settled")
    list_filter = (StateFilter, "correction__field")
    ordering = ("settled", "-filed_at", "-id")
    sortable_by = ()
    actions = ("keep",)
    tasks = (
        Task(
            "differences from corrections", lambda rows: rows.filter(pk__in=waiting().values("pk"))
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request)
        found = found.select_related("source", "correction__paper", "correction__made_by")
        return found.defer("source__content", "source__problems")

    @admin.display(description="paper")
    def paper(self, difference: Difference) -> str:
        return str(difference.correction.paper)

    @admin.display(description="field")
    def field(self, difference: Difference) -> str:
        return FIELDS[difference.correction.field].label

    @admin.display(description="the correction, and what the source says")
    def says(self, difference: Difference) -> str:
        field = FIELDS[difference.correction.field]
        values = (result(difference.correction), difference.theirs)
        return word_diff(field, *(Truncator(field.text(value)).chars(160) for value in values))

    @admin.display(description="source")
    def source_name(self, difference: Difference) -> str:
        return str(difference.source)

    @admin.action(description="Keep the corrections", permissions=["change"])
    def keep(self, request: HttpRequest, differences: QuerySet[Difference]) -> None:
        some = list(differences[: MOST + 1])
        if len(some) > MOST:
            message = f"An action settles at most {MOST} differences: choose fewer."
            self.message_user(request, message, messages.ERROR)
            return
        try:
            with transaction.atomic():
                for one in some:
                    decisions.settle(one, Difference.Settled.KEPT, request.user)
                    self.log(request, one, "Kept the correction.")
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        self.message_user(request, f"Kept: {len(some)}.", messages.SUCCESS)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Both beside each other, and the three ways to settle it."""
        difference: Difference = self.row(request, object_id, change=request.method == "POST")
        correction = difference.correction
        field, value = FIELDS[correction.field], result(correction)
        form = ValueForm(
            request.POST if "edited" in request.POST else None,
            field=field,
            initial={"value": "\n".join(value) if isinstance(field, ListField) else value},
        )
        if request.method == "POST":
            how = next((how for how in Difference.Settled if how in request.POST), None)
            if how is None:
                self.message_user(request, "Use one of the three buttons.", messages.ERROR)
            elif how != Difference.Settled.EDITED or form.is_valid():
                given = form.cleaned_data["value"] if form.is_valid() else None
                return self._settle(request, difference, how, given)
        before = waiting().filter(
            Q(filed_at__gt=difference.filed_at)
            | Q(filed_at=difference.filed_at, pk__gt=difference.pk)
        )
        entries = Entry.objects.filter(source=difference.source, paper=correction.paper)
        return self.page(
            request,
            "difference/change_form.html",
            "Settle a difference",
            difference,
            form=form,
            correction=correction,
            label=field.label,
            corrected=field.text(value),
            theirs=field.text(difference.theirs),
            diff=word_diff(field, value, difference.theirs),
            source=linked(self.admin_site, difference.source),
            paper_url=address(self.admin_site, correction.paper),
            entries=[
                (entry, json.dumps(entry.record, indent=2, ensure_ascii=False))
                for entry in entries.select_related("digest")
            ],
            waits=not difference.settled and correction.is_active,
            number=before.count() + 1,
            of=waiting().count(),
            may_change=self.has_change_permission(request, difference),
        )

    def _settle(
        self, request: HttpRequest, difference: Difference, how: str, value: Any
    ) -> HttpResponse:
        """Settle it, and go on to the next one."""
        if not difference.correction.is_active:
            message = "The correction has ended: there is nothing to settle."
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        message = f"{Difference.Settled(how).label.capitalize()}: {difference.correction.paper}."
        self.decide(
            request,
            lambda log: decisions.settle(difference, how, request.user, value, log),
            difference,
            message,
        )
        after = waiting().filter(
            Q(filed_at__lt=difference.filed_at)
            | Q(filed_at=difference.filed_at, pk__lt=difference.pk)
        )
        if following := after.first() or waiting().first():
            return HttpResponseRedirect(address(self.admin_site, following))
        self.message_user(request, "No difference is open any longer.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:digest_difference_changelist"))
