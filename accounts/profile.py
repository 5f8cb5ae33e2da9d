"""The pages of a person's account: their own, and where to find those that allauth brings."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from allauth.account import urls as account
from allauth.account.adapter import get_adapter
from allauth.account.views import ConfirmEmailView, LoginView
from allauth.mfa.webauthn import views as passkeys
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.socialaccount.providers.orcid import views as orcid
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth import logout
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, include, path, re_path, reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from requests import RequestException

from digest.log import security
from digest.pages.resubmission import FIELD, Reason, Submission, page, refuse

from .access import MemberRequest, logged_in
from .forms.account import DeletionForm, ProfileForm
from .library import Library
from .models import User

_log = logging.getLogger(__name__)


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: MemberRequest) -> HttpResponse:
    """What a person says of themselves, and how pages look to them."""
    # A form writes what it was sent into its object, be it good or bad; the page around the form
    # should show the person as they are.
    person = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=person)
    if form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("account")
    return render(request, "accounts/profile.html", {"form": form})


@require_safe
def session(request: HttpRequest) -> JsonResponse:
    """Who is logged in, and the token that goes with every form of this session, for a page that
    may be older than the last log-in."""
    user = str(request.user.pk) if request.user.is_authenticated else None
    return JsonResponse({"user": user, "token": get_token(request)})


@logged_in
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: MemberRequest) -> HttpResponse:
    """Says what goes with an account, and lets it go."""
    form = DeletionForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        security("account_deleted")
        erase(request.user)
        logout(request)
        messages.success(request, "Your account and all your data are deleted.")
        return redirect("home")
    library = request.library
    context = {
        "form": form,
        "bookmarks": library.bookmarks.all().count(),
        "notes": library.notes.all().count(),
        "lists": library.lists.owned().count(),
        "shared": library.lists.seen_by_others(),
    }
    return render(request, "accounts/delete.html", context)


@transaction.atomic
def erase(user: User) -> None:
    """Deletes a person with everything of theirs, and logs them out everywhere.

    What they did in the admin stays in its log, by the number of their account. To hold that, there
    is an account that nobody can have or use: no user name has a space.
    """
    Library(user).lists.decline_all()
    for session in UserSession.objects.filter(user=user):
        session.end()
    done = LogEntry.objects.filter(user=user)
    if done.exists():
        name = f"{user.pk} (deleted)"
        done.update(user=User.objects.create_user(name, is_active=False))
    user.delete()


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
    said = {
        "heading": "Send it again",
        "message": "You are logged in. The form that you sent before is not saved yet.",
        "discard": reverse("resubmission"),
    }
    return page(request, said, submission)


class ConfirmEmail(ConfirmEmailView):
    def logout_other_user(self, confirmation: Any) -> None:
        """Opening a link changes nothing; its button may."""
        if self.request.method == "POST":
            super().logout_other_user(confirmation)


View = Callable[..., HttpResponse]


def elsewhere(view: View) -> View:
    """A view that asks another site; when that answers amiss or not at all, the page says so."""

    @wraps(view)
    def ask(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (RequestException, KeyError, TypeError, ValueError) as error:
            _log.exception("Logging in elsewhere failed")
            failed: HttpResponse = render_authentication_error(request, None, exception=error)
            return failed

    return ask


def leaving(view: View) -> View:
    """A provider's log-in by a page that goes there, in place of a redirect.

    Browsers hold what a form leads to against form-action of the page it stood on, redirects
    included, and a provider may redirect to anywhere.
    """

    @require_POST
    @wraps(view)
    def leave(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = elsewhere(view)(request, *args, **kwargs)
        address = response.headers.get("Location", "")
        if not address.startswith(("https://", "http://")):
            return response
        return render(request, "socialaccount/leaving.html", {"address": address})

    return leave


def providers() -> list[URLPattern | URLResolver]:
    """The addresses for logging in elsewhere, as far as that is switched on."""
    views: dict[str, tuple[View, View]] = {
        "github": (github.oauth2_login, github.oauth2_callback),
        "orcid": (orcid.oauth2_login, orcid.oauth2_callback),
        "openid_connect": (openid_connect.login, openid_connect.callback),
    }
    found: list[URLPattern | URLResolver] = []
    for name in settings.SOCIALACCOUNT_PROVIDERS:
        login, callback = views[name]
        at = "<slug:provider_id>" if name == "openid_connect" else name
        found += [
            path(f"{at}/login/", leaving(login), name=f"{name}_login"),
            path(f"{at}/login/callback/", elsewhere(callback), name=f"{name}_callback"),
        ]
    return found


PASSKEY = "__Secure-passkey" if settings.HTTPS else "passkey"
"""The cookie of a browser that was asked for a passkey: what it was asked, signed."""
_ANSWER_WITHIN = 300


def passkey_login(request: HttpRequest) -> HttpResponse:
    """Asks a browser for a passkey, and lets in whose it is.

    As allauth's view, but that what a browser was asked is kept by the browser: anybody may ask to
    be asked, and would fill the table of sessions.
    """
    if request.method != "POST":
        if not get_adapter().is_ajax(request) or request.user.is_authenticated:
            return passkeys.login_webauthn(request)  # type: ignore[no-any-return]
        own, request.session = request.session, SessionStore()  # which is kept nowhere
        answer: HttpResponse = passkeys.login_webauthn(request)
        answer.set_signed_cookie(
            PASSKEY,
            json.dumps(request.session.get(STATE_SESSION_KEY)),
            max_age=_ANSWER_WITHIN,
            path=request.path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )
        request.session = own
        return answer
    asked = str(request.get_signed_cookie(PASSKEY, "null", max_age=_ANSWER_WITHIN))
    once = f"passkey:{sha256(asked.encode()).hexdigest()}"
    if asked != "null" and cache.add(once, True, _ANSWER_WITHIN):
        request.session[STATE_SESSION_KEY] = json.loads(asked)
    answered: HttpResponse = passkeys.login_webauthn(request)
    request.session.pop(STATE_SESSION_KEY, None)
    answered.delete_cookie(PASSKEY, path=request.path, samesite="Strict")
    return answered


urlpatterns = [
    path("", profile, name="account"),
    path("session/", session, name="session"),
    path("resubmission/", resubmission, name="resubmission"),
    path("login/", Login.as_view()),
    path("delete/", delete, name="account-delete"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", ConfirmEmail.as_view()),
    *account.urlpatterns,
    path("2fa/webauthn/login/", passkey_login),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("connections/", include("allauth.socialaccount.urls")),
    *providers(),
]
