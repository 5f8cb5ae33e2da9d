"""What readers say is wrong with papers: the form for it, and what became of it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, logged_in
from accounts.forms.reports import ReportForm
from accounts.optional_writes import write_if_free
from digest.models import Paper
from digest.pages.paging import turn_to


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: MemberRequest, slug: str) -> HttpResponse:
    """The form that says what is wrong with a paper, which stands on the paper's own page, too."""
    paper = get_object_or_404(Paper.objects.visible(), slug=slug)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            request.library.reports.add(paper, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request,
                "Thank you. The curators will look at it; “Your reports”, in your account, has "
                "what becomes of it.",
            )
            return redirect(paper)
    context = {"paper": paper, "form": form}
    return render(request, "accounts/report.html", context, status=400 if form.errors else 200)


@logged_in
@require_safe
def reports(request: MemberRequest) -> HttpResponse:
    """The reader's reports. What became of them since they last looked is marked as new, once."""
    own = request.library.reports
    page = turn_to(request, own.all(), request.user.papers_on_a_page)
    context = {"page": page, "reports": list(page)}
    if request.method == "GET":
        write_if_free(own.mark_seen)
    return render(request, "accounts/reports.html", context)
