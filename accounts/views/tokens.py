"""The page on which people make and revoke tokens of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import tokens as all_tokens
from accounts.access import MemberRequest, View, logged_in
from accounts.forms.tokens import TokenForm
from digest.rights import lacks

# To make a token asks for the password once more, as every other way into an account does.
_sure = cast("Callable[[View], View]", reauthentication_required(allow_get=True))


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
@_sure
def tokens(request: MemberRequest) -> HttpResponse:
    """The reader's tokens, and a form for another. A new one is shown in the answer to the form,
    and nowhere else: no later page, session or log has it."""
    curates = request.user.has_perm("digest.add_source")
    lacking = lacks(request) if curates else None
    curating = curates and not lacking
    form = TokenForm(request.user, curating, request.POST if request.method == "POST" else None)
    created = form.create() if form.is_bound else None
    if created:
        get_adapter().send_notification_mail("account/email/token_made", request.user)
    context = {
        "form": TokenForm(request.user, curating) if created else form,
        "lacking": lacking,
        "created": created,
        "tokens": all_tokens.of(request.user),
        "now": timezone.now(),
    }
    return render(request, "accounts/tokens.html", context)


@logged_in
@require_POST
def revoke(request: MemberRequest, token: int) -> HttpResponse:
    """Let nobody in with a token any more."""
    all_tokens.revoke(request.user, token)
    messages.success(request, "The token is revoked.")
    return redirect("tokens")
