"""Webhooks: which there are, what they last answered, and how they are made and ended."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, logged_in
from accounts.alerts.webhooks import LOGGED, call_to_test
from accounts.forms.webhooks import WebhookActionForm, WebhookForm
from accounts.library.webhooks import host_of
from accounts.models import Webhook
from digest.pages.compression import hold_secret

from .list_page import not_found


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: MemberRequest) -> HttpResponse:
    """The reader's webhooks, and a form for another. The secret of a new one is shown in the answer
    to the form, and nowhere else."""
    own = request.library.webhooks
    sent = request.POST if request.method == "POST" else None
    form = WebhookForm(request.library, sent)
    created = None
    if form.is_valid():
        try:
            created = own.create(**form.chosen())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            form = WebhookForm(request.library)
    rows = [(hook, host_of(hook)) for hook in own.all()]
    context = {"form": form, "created": created, "rows": rows}
    status = 400 if form.errors else 200
    response = render(request, "accounts/webhooks.html", context, status=status)
    hold_secret(response)
    return response


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
@not_found
def webhook(request: MemberRequest, key: int) -> HttpResponse:
    """What a webhook last answered; and what its owner does with it."""
    own = request.library.webhooks
    hook = own.get(key)
    form = WebhookActionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        match form.cleaned_data["do"]:
            case "test":
                _test(request, hook)
            case "delete":
                own.remove(key)
                messages.success(request, f"The webhook “{hook}” is deleted.")
                return redirect("webhooks")
            case do:
                own.switch(key, do == "on")
                messages.success(request, f"The webhook is switched {do}.")
        return redirect("webhook", key)
    context = {
        "hook": hook,
        "host": host_of(hook),
        "form": form,
        "calls": hook.calls.all()[:LOGGED],
    }
    status = 400 if form.errors else 200
    return render(request, "accounts/webhook.html", context, status=status)


def _test(request: MemberRequest, hook: Webhook) -> None:
    # A service that does not answer keeps a thread of the site for half a minute.
    if not ratelimit.consume(
        request, app="allauth.account", action="test_webhook", user=request.user
    ):
        messages.error(request, "You tested a webhook just now. Wait some seconds.")
        return
    call = call_to_test(hook)
    if call.is_done:
        messages.success(request, f"It was taken: the answer was {call.status}.")
    else:
        messages.error(request, f"It failed: {call.answer or f'the answer was {call.status}'}.")
