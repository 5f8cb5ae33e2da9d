"""The list of single keys, and the choice whether they are on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, logged_in
from accounts.forms.account import KeysForm
from digest.pages.cache import cached_for_visitors

from .filing import refused

# What each key does, and where it does it.
_KEYS = [
    (
        "In a list",
        [
            (["j", "k"], "the next paper, and the one before"),
            (["o", "Enter"], "open the paper"),
            (["e"], "unfold its summary, and fold it"),
            (["b"], "bookmark it, or not any more"),
            (["s"], "its reading status"),
            (["l"], "its lists"),
            (["n"], "your note on it"),
            (["i"], "not interested in it, if it is not bookmarked"),
            (["x"], "choose it, in your library and in reading lists"),
            (["u"], "mark the day as read"),
        ],
    ),
    (
        "On every page",
        [
            (["["], "the day, the paper or the page before"),
            (["]"], "the next one"),
            (["/"], "search"),
            (["g d"], "the newest digest"),
            (["g n"], "what is new to you"),
            (["g l"], "your library"),
            (["g p"], "all papers"),
            (["?"], "these keys"),
            (["Esc"], "close what is open"),
        ],
    ),
]


@require_safe
@cached_for_visitors
def keys(request: HttpRequest) -> HttpResponse:
    """What each key does. Pages show it as a dialog."""
    return render(request, "accounts/keys.html", {"parts": _KEYS})


@logged_in
@require_POST
def choose(request: MemberRequest) -> HttpResponse:
    """Switch a person's single keys on or off."""
    form = KeysForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["keys"])))
        return refused(request, reverse("keys"))
    request.user.single_keys = form.cleaned_data["keys"] == "on"
    request.user.save(update_fields=["single_keys"])
    return render(request, "accounts/_keys.html") if request.htmx else redirect("keys")
