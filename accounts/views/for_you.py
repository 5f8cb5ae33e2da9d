"""Papers for you: how good they are, what was learned, and what the reader says of it."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, go_back, logged_in
from accounts.forms.for_you import AuthorsForm, ReasonForm, SettingsForm
from accounts.library.for_you import Reason
from accounts.models import Preference
from digest.caches.revision import Revision
from digest.models import Paper

from .list_page import not_found

ASKED, MOST_ANSWERS = 10, 100
"""Papers that are asked about at once, and answers that are taken at once."""
_ANSWER = "answer-"
_LABELS = {
    Preference.Kind.WORD: "Words",
    Preference.Kind.AUTHOR: "Authors",
    Preference.Kind.CATEGORY: "Categories",
}


@logged_in
@require_safe
def for_you(request: MemberRequest) -> HttpResponse:
    """How good the papers for the reader are, what was learned, and what to say of it."""
    return _page(request, AuthorsForm())


def _page(request: MemberRequest, form: AuthorsForm, status: int = 200) -> HttpResponse:
    own = request.library.for_you
    learned = own.learned()
    context = {
        "form": form,
        "model": own.model,
        "learned": [
            (label, [reason for reason in learned if reason.kind == kind])
            for kind, label in _LABELS.items()
        ],
        "more": [one for one in own.preferences if one.wants_more],
        "less": [one for one in own.preferences if not one.wants_more],
        "ratings": own.ratings().count(),
    }
    return render(request, "accounts/for_you.html", context, status=status)


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: MemberRequest) -> HttpResponse:
    """Ten papers about which an answer says the most. The reader says yes or no to as many as they
    want."""
    own = request.library.for_you
    if request.method == "POST":
        given = {
            name.removeprefix(_ANSWER): value
            for name, value in request.POST.items()
            if name.startswith(_ANSWER) and value in ("yes", "no")
        }
        papers = request.library.papers([*given][:MOST_ANSWERS])
        if papers:
            own.rate({paper.pk: given[name] == "yes" for name, paper in papers.items()})
            _learn(request)
            return redirect("for-you")
        messages.error(request, "Say yes or no to one paper at least.")
    # The same for everybody until the catalogue changes.
    candidates = Revision().once(_informative_papers, "informative-papers")
    keys = own.questions(candidates, ASKED)
    found = Paper.objects.visible().in_bulk(keys)
    shown = [found[key] for key in keys if key in found]
    status = 400 if request.method == "POST" else 200
    return render(request, "accounts/for_you_questions.html", {"papers": shown}, status=status)


def _informative_papers() -> list[int]:
    from accounts.recommender.questions import informative_papers  # needs NumPy, as few pages do

    return informative_papers()


@logged_in
@require_POST
def authors(request: MemberRequest) -> HttpResponse:
    """Want more of some authors."""
    form = AuthorsForm(request.POST)
    if form.is_valid():
        try:
            request.library.for_you.prefer(
                (Reason(Preference.Kind.AUTHOR, name) for name in form.cleaned_data["authors"]),
                more=True,
            )
        except ValidationError as error:
            form.add_error("authors", error)
        else:
            _learn(request)
            return redirect("for-you")
    return _page(request, form, 400)


@logged_in
@require_POST
@not_found
def less(request: MemberRequest) -> HttpResponse:
    """Want less of something. A paper's menu is given its reasons anew."""
    form = ReasonForm(request.POST)
    own = request.library.for_you
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            own.prefer([reason], more=False)
            messages.success(request, f"You will get less of “{reason.name}”.")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    else:
        _say_errors(request, form)
    if request.htmx and (slug := request.POST.get("paper", "")):
        paper = request.library.paper(slug)
        found = own.likely([paper.pk]).get(paper.pk)
        context = {"paper": paper, "reasons": found.reasons if found else []}
        return render(request, "accounts/_reasons.html", context)
    return go_back(request, reverse("for-you"))


@logged_in
@require_POST
@not_found
def undo(request: MemberRequest, preference: int) -> HttpResponse:
    """Want neither more nor less of something any longer."""
    gone = request.library.for_you.forget_preference(preference)
    messages.success(request, f"“{gone.name}” counts as it did before.")
    return redirect("for-you")


@logged_in
@require_POST
def change(request: MemberRequest) -> HttpResponse:
    """Switch it on or off, learn at once, or take all answers back."""
    form = SettingsForm(request.POST)
    own = request.library.for_you
    if not form.is_valid():
        _say_errors(request, form)
        return redirect("for-you")
    match form.cleaned_data["do"]:
        case "off":
            own.switch_off()
            messages.success(request, "Off: what was learned is deleted.")
        case "on":
            own.switch_on()
            _learn(request)
        case "forget-answers":
            own.forget_ratings()
            _learn(request)
        case _:
            _learn(request)
    return redirect("for-you")


def _learn(request: MemberRequest) -> None:
    """Learn from what the reader kept and said until now."""
    from accounts.recommender.vectors import Vectors  # needs NumPy, as few pages do

    if not request.user.recommendations:
        messages.info(request, "Saved. It is used once you switch papers for you on.")
    elif not ratelimit.consume(request, app="allauth.account", action="learn", user=request.user):
        messages.info(request, "Saved. It is used once it is learned from, tomorrow at the latest.")
    elif request.library.for_you.train(Vectors()) is None:
        messages.info(request, "There is nothing to learn from yet.")
    else:
        messages.success(request, "Learned from what you kept and said until now.")


def _say_errors(request: MemberRequest, form: forms.Form) -> None:
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
