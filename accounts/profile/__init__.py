"""The addresses of a person's account: their own pages, and those of allauth."""

from __future__ import annotations

from allauth.account import urls as account
from django.urls import include, path, re_path

from .login import ConfirmEmail, Login, resubmission
from .pages import delete, profile, session
from .passkeys import passkey_login
from .providers import providers

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
