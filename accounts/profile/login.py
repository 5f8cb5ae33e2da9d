"""The log-in, which carries along a form that was sent after the last one had ended."""

from __future__ import annotations

from typing import Any

from allauth.account.views import ConfirmEmailView, LoginView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, logged_in
from digest.pages.resubmission import FIELD, Reason, Submission, page, refuse


class Login(LoginView):
    """The log-in, which carries along a form that was sent after the last one had ended."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | _carrying(Submission.carried(self.request))

    @classmethod
    def answering(cls, request: HttpRequest, submission: Submission) -> HttpResponse:
        """The same page, as the answer to such a form."""
        if not submission.dumps():
            return refuse(request, Reason.LOGGED_OUT)
        view = cls()
        view.setup(request)
        form = view.get_form_class()(request=request)
        # A field `next` of the form's own says where to go when it is done, not from here.
        context = view.get_context_data(form=form) | _carrying(submission) | {"redirect_field": ""}
        response = render(request, "account/login.html", context, status=Reason.LOGGED_OUT.status)
        add_never_cache_headers(response)
        return response


def _carrying(submission: Submission | None) -> dict[str, Any]:
    """What the page needs to carry a form along."""
    if submission is None:
        return {}
    return {"submission": submission, "carried": submission.dumps(), "field": FIELD}


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def resubmission(request: MemberRequest) -> HttpResponse:
    """After a log-in, the form that was sent before it; a POST gives it up."""
    if request.method == "POST":
        request.session.pop(FIELD, None)
        messages.info(request, "It was not sent.")
        return redirect("home")
    submission = Submission.loads(request.session.get(FIELD, ""))
    if submission is None:
        messages.info(request, "There is nothing to send again.")
        return redirect("home")
    texts = {
        "heading": "Send it again",
        "message": "You are logged in. The form that you sent before is not saved yet.",
        "discard": reverse("resubmission"),
    }
    return page(request, texts, submission)


class ConfirmEmail(ConfirmEmailView):
    def logout_other_user(self, confirmation: Any) -> None:
        """Opening a link changes nothing; its button may."""
        if self.request.method == "POST":
            super().logout_other_user(confirmation)
