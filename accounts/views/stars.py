"""What visitors star: their browser keeps it, signed, until they have logged in or signed up."""

from __future__ import annotations

import json
from typing import Any

from allauth.account import signals
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, logged_in
from accounts.known_browser import COOKIE as KNOWN_BROWSER
from accounts.library import Library
from accounts.models import Step, User
from digest.models import Paper
from digest.pages.resubmission import shown_page

from .bookmarks import remember

COOKIE = "__Secure-stars" if settings.HTTPS else "stars"
_AGE = 24 * 3600
"""Seconds in which a visitor may log in, or wait for the mail that confirms their address."""
_MOST = 20
"""Papers that a browser keeps, the last ones starred."""


@require_safe
def star(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a visitor's star leads: to the sign-up, or to the log-in if somebody has logged in with
    this browser before. Afterwards they come back to the page of the star."""
    paper = get_object_or_404(Paper.objects.visible(), slug=slug)
    if request.user.is_authenticated:
        return redirect(paper)
    starred = [one for one in _starred(request) if one != slug]
    papers = [*starred, slug][-_MOST:]
    known = KNOWN_BROWSER in request.COOKIES or settings.SIGNUP != "open"
    page = "account_login" if known else "account_signup"
    what = f"“{paper.title}”" if len(papers) == 1 else f"{len(papers)} papers"
    after = "you are logged in" if known else "you have an account"
    messages.info(request, f"{what} will be bookmarked when {after}.")
    response = redirect(f"{resolve_url(page)}?{urlencode({'next': shown_page(request)})}")
    response.set_signed_cookie(
        COOKIE,
        signing.b64_encode(json.dumps(papers).encode()).decode(),
        max_age=_AGE,
        path=reverse("account"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _starred(request: HttpRequest) -> list[str]:
    """The slugs of the papers that were starred by this browser, and are not bookmarked yet."""
    try:
        cookie = str(request.get_signed_cookie(COOKIE, "", max_age=_AGE))
        return list(json.loads(signing.b64_decode(cookie.encode())))
    except (signing.BadSignature, ValueError):
        return []


@receiver(signals.user_logged_in)
def bookmark_starred(
    request: HttpRequest, response: HttpResponse, user: User, **kwargs: Any
) -> None:
    """After any kind of log-in, bookmark what was starred before it."""
    slugs = _starred(request)
    if not slugs:
        return
    library = Library(user)
    papers = list({paper.pk: paper for paper in library.papers(slugs).values()}.values())
    if papers:
        keys = [paper.pk for paper in papers]
        remember(request, keys, library.bookmarks.add(keys))
        user.finish(Step.STAR)
        what = f"“{papers[0].title}” is" if len(papers) == 1 else f"{len(papers)} papers are"
        messages.success(request, f"{what} bookmarked.", extra_tags="undo")
    response.delete_cookie(COOKIE, path=reverse("account"), samesite="Lax")


# The first steps, which the first page shows to a new person


@receiver(signals.user_signed_up)
def begin_steps(request: HttpRequest, user: User, **kwargs: Any) -> None:
    user.steps_left = " ".join(Step.values)
    user.save(update_fields=["steps_left"])


@logged_in
@require_POST
def end_steps(request: MemberRequest) -> HttpResponse:
    """Stop showing the first steps."""
    request.user.steps_left = ""
    request.user.save(update_fields=["steps_left"])
    return redirect("home")
