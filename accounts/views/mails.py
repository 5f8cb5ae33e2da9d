"""Mails about new papers: when they come, what the next one has, and the links in them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, logged_in
from accounts.alerts import links
from accounts.alerts.messages import write
from accounts.alerts.schedule import next_due
from accounts.alerts.sections import MOST_ON_A_PAGE, News, compose
from accounts.forms.mails import MailSettingsForm
from accounts.library import Library

from .list_page import not_found

_CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""For a mail as a page: its style is in it, as mail programs want it."""


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def mail_settings(request: MemberRequest) -> HttpResponse:
    """When the reader gets mails about new papers, and what is in them."""
    settings = request.library.mails.settings()
    form = MailSettingsForm(settings, request.POST if request.method == "POST" else None)
    if form.is_valid():
        request.library.mails.choose(**form.chosen())
        messages.success(request, "Saved.")
        return redirect("mails")
    context = {
        "form": form,
        "settings": settings,
        "address": request.library.mails.address(),
        "next": next_due(settings, timezone.now()),
    }
    return render(request, "accounts/mails.html", context, status=400 if form.errors else 200)


@logged_in
@require_safe
def preview(request: MemberRequest) -> HttpResponse:
    """The mail that would be sent now: as text in a page of the site, or, as `form=html`, its
    HTML."""
    settings = request.library.mails.settings()
    groups = compose(settings, News(MOST_ON_A_PAGE))
    mail = write(settings, groups, request.library.mails.address() or "you", timezone.now())
    if request.GET.get("form") == "html":
        [(html, _)] = mail.alternatives
        return HttpResponse(str(html), headers={"Content-Security-Policy": _CSP})
    context = {"mail": mail, "groups": groups, "next": next_due(settings, timezone.now())}
    return render(request, "accounts/mail_preview.html", context)


# The links of a mail. To open one changes nothing: mail servers open them to look for what is bad.
# They need no log-in and no cookie, so there is nothing that another site could misuse.


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@not_found
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails of the person to whom this link was mailed. Mail programs send the same form as
    the button of the page (RFC 8058)."""
    user = links.read_stop_link(token)
    if request.method == "POST":
        Library(user).mails.end()
    context = {"done": request.method == "POST"}
    return render(request, "accounts/stop_mails.html", context)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@not_found
def bookmark(request: HttpRequest, token: str) -> HttpResponse:
    """Bookmark a paper for the person to whom this link was mailed."""
    user, key = links.read_bookmark_link(token)
    library = Library(user)
    paper = library.accessible.filter(pk=key).first()
    if paper is None:
        raise Http404
    if request.method == "POST":
        library.bookmarks.add([paper.pk])
    context = {"done": request.method == "POST", "paper": paper}
    return render(request, "accounts/bookmark_mailed.html", context)
