"""The queue of readers' reports: what somebody says is wrong with a paper, to be settled once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator

from accounts.forms.reports import SettlingForm
from accounts.models import Report
from accounts.reports import settle
from digest.admin.base import ChoiceFilter, Curated, Narrow, Task, address
from digest.models import Paper


def _became(outcome: str) -> Narrow:
    return lambda reports: reports.filter(outcome=outcome)


class ReportState(ChoiceFilter):
    title = parameter_name = "state"
    choices_ = {
        "open": ("open", _became("")),
        **{name: (label, _became(name)) for name, label in Report.Outcome.choices},
    }


@admin.register(Report)
class ReportAdmin(Curated):
    list_display = ("about", "kind", "says", "who", "when", "became")
    list_filter = (ReportState, "kind")
    tasks = (Task("reports of readers", _became(""), "?state=open"),)
    list_select_related = ("paper", "user")
    ordering = ("outcome", "-made_at", "-pk")  # an open one has no outcome, and comes first
    sortable_by = ()

    def open_reports(self, paper: Paper) -> tuple[int, str]:
        waiting = Report.objects.filter(paper=paper, outcome="").count()
        queue = reverse("admin:accounts_report_changelist")
        return waiting, f"{queue}?paper__exact={paper.pk}"

    @admin.display(description="paper")
    def about(self, report: Report) -> str:
        return str(report.paper)

    @admin.display(description="comment")
    def says(self, report: Report) -> str:
        return Truncator(report.comment).chars(120)

    @admin.display(description="reader")
    def who(self, report: Report) -> str:
        return report.user.username

    @admin.display(description="made on")
    def when(self, report: Report) -> str:
        return date_format(timezone.localtime(report.made_at), "j M Y")

    @admin.display(description="outcome")
    def became(self, report: Report) -> str:
        return report.get_outcome_display() or "open"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What the reader says and what the paper shows, and a form to settle it."""
        report: Report = self.row(request, object_id, change=request.method == "POST")
        report.paper = Paper.objects.for_cards().get(pk=report.paper_id)
        form = SettlingForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            outcome, answer = form.cleaned_data["outcome"], form.cleaned_data["answer"]
            by: Any = request.user

            @transaction.atomic
            def decision(log: Callable[[], None]) -> None:
                settle(report, outcome, answer, by)
                log()

            if self.decide(
                request,
                decision,
                report,
                f"{Report.Outcome(outcome).label.capitalize()}: {report.paper}.",
            ):
                return redirect("admin:accounts_report_changelist")
            return redirect(request.get_full_path())
        return self.page(
            request,
            "report/change_form.html",
            "Settle a report" if not report.outcome else "A report",
            report,
            form=form,
            paper=report.paper,
            paper_url=address(self.admin_site, report.paper),
            may_settle=not report.outcome and self.has_change_permission(request, report),
        )
