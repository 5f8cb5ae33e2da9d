"""A paper's own page: what it shows and where that comes from, and correcting it.

The page never writes what it shows. It finds out which fields the curator changed, and each of
them is one correction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from digest.admin.base import Curated, linked, word_diff
from digest.catalogue.fields import FIELDS, LINKS, TITLE, lists
from digest.catalogue.kinds import ListField, PaperField
from digest.curation import decisions
from digest.formats.records import MAX_ITEMS
from digest.models import Difference, Entry, LinkHealth, Merge, Paper

from .filters import waiting
from .forms import ListFormSet, PaperForm, rows_of, unix_lines
from .history import history


class _ShownOtherwise(Exception):
    """The paper shows something else than it did a moment ago."""


class Input(NamedTuple):
    """A field on the page: its input (a bound field, or rows), where its value comes from, and what
    the sources say if that is something else."""

    of: PaperField
    field: Any
    rows: ListFormSet | None
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
                continue  # what others decided meanwhile is looked at as well

    def _changed(self, request: HttpRequest, paper: Paper) -> HttpResponse:
        """Correct what was changed on the page."""
        form = PaperForm(request.POST)
        origins = decisions.provenance(paper)
        rows = {
            field.name: rows_of(field, request.POST) for field in _short_lists(_values(origins))
        }
        if not all([form.is_valid(), *(some.is_valid() for some in rows.values())]):
            return self._page(request, paper, origins, form=form, rows=rows, wrong=True)
        seen, now = form.cleaned_data["seen"], _values(origins)
        wanted = {
            name: rows[name].value if name in rows else form.cleaned_data.get(name, seen[name])
            for name in now
        }
        edited = {name for name in now if not FIELDS[name].is_same(wanted[name], seen[name])}
        reason = form.cleaned_data["why"]
        decided = self._decided(request, paper, reason)
        if decided is not None:
            if not edited - {decided}:
                return HttpResponseRedirect(request.get_full_path())
            # What else was changed on the page, but not saved, stays on it.
            origins = decisions.provenance(paper)
            now = _values(origins)
            unsaved = {name: wanted[name] for name in edited if name != decided}
            return self._page(request, paper, origins, values=now | unsaved, reason=reason)
        disputed = [
            FIELDS[name]
            for name in now
            if name in edited
            and not (
                FIELDS[name].is_same(now[name], seen[name])
                or FIELDS[name].is_same(now[name], wanted[name])
            )
        ]
        if disputed:
            unsaved = {name: wanted[name] for name in edited}
            return self._page(
                request,
                paper,
                origins,
                values=now | unsaved,
                reason=reason,
                disputed=[
                    (field.label, word_diff(field, now[field.name], wanted[field.name]))
                    for field in disputed
                ],
                status=409,
            )
        edited |= {other for name in edited for other in FIELDS[name].corrected_with}
        corrected = [name for name in now if name in edited and wanted[name] != now[name]]
        message = f"Corrected: {', '.join(FIELDS[name].label for name in corrected)}."

        def right() -> list[tuple[Paper, str, Any]]:
            if _values(decisions.provenance(paper)) != now:
                raise _ShownOtherwise
            return [(paper, name, wanted[name]) for name in now if name in edited]

        def log() -> None:
            if corrected:
                self.log(request, paper, f"{message} {reason}".strip())

        try:
            decisions.correct_all(right, request.user, reason, log)
        except ValidationError as error:
            form.add_error(None, error)
            return self._page(request, paper, origins, form=form, rows=rows, wrong=True)
        if corrected:
            self.message_user(request, message, messages.SUCCESS)
        else:
            self.message_user(request, "Nothing was changed.", messages.INFO)
        if "_continue" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        return self.response_post_save_change(request, paper)

    def _decided(
        self,
        request: HttpRequest,
        paper: Paper,
        reason: str,
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
        field, label = correction.field, FIELDS[correction.field].label

        def withdraw(log: Callable[[], None]) -> None:
            decisions.withdraw(correction, request.user, log)

        def revert(log: Callable[[], None]) -> None:
            decisions.correct(paper, field, correction.value, request.user, reason, log)

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
        reason: str = "",
        form: PaperForm | None = None,
        rows: dict[str, ListFormSet] | None = None,
        **more: Any,
    ) -> HttpResponse:
        """The page with what the paper shows.

        values: what stands in the fields, if that is something else. form, rows: what was sent, if
        something is wrong in it.
        """
        now = _values(origins)
        values = values or now
        if form is None or rows is None:
            form = PaperForm(initial={**values, "seen": now, "why": reason})
            dead = dict(
                LinkHealth.objects.filter(url__in=values[LINKS.name] or (), dead=True).values_list(
                    "url", "checked_at"
                )
            )
            rows = {
                field.name: rows_of(
                    field,
                    initial=[
                        {"value": item, "dead": dead.get(item)} for item in values[field.name] or ()
                    ],
                )
                for field in _short_lists(values)
            }
        merges = Merge.objects.active()
        title = "Correct a paper" if self.has_change_permission(request, paper) else "A paper"
        return self.page(
            request,
            "paper/change_form.html",
            title,
            paper,
            form=form,
            fields=list(self._fields(origins, form, rows)),
            is_stated=origins[TITLE.name].shown is not None,
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
        self, origins: dict[str, decisions.Origin], form: PaperForm, rows: dict[str, ListFormSet]
    ) -> Iterable[Input]:
        for name, origin in origins.items():
            differs = origin.correction and origin.theirs != origin.shown
            yield Input(
                FIELDS[name],
                form[name] if name in form.fields else None,
                rows.get(name),
                origin,
                linked(self.admin_site, origin.source),
                word_diff(FIELDS[name], origin.shown, origin.theirs) if differs else "",
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
        name: unix_lines(origin.shown) if isinstance(origin.shown, str) else origin.shown
        for name, origin in origins.items()
    }


def _short_lists(values: dict[str, Any]) -> list[ListField]:
    """The lists that can be corrected in rows: a longer one is shown, and stays as it is."""
    return [field for field in lists() if len(values[field.name] or ()) <= MAX_ITEMS]


def _list(admin: Curated, model: Any) -> str:
    if not admin.admin_site.is_registered(model):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
