"""How this site differs from what allauth does by itself."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from allauth.core.ratelimit import respond_429
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from digest.log import security
from digest.pages.resubmission import FIELD, Submission

from . import secret_box
from .forms.account import TAKEN
from .invitations import invited
from .known_browser import known_browser
from .models import User
from .names import browser_name

_log = logging.getLogger(__name__)

MISMATCH = "No account has this user name or address with this password."


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # One message, so that it does not tell what was taken for an address.
        "email_password_mismatch": MISMATCH,
        "username_password_mismatch": MISMATCH,
        "incorrect_password": "This is not your password.",
        "enter_current_password": "This is not your current password.",
        "incorrect_code": "This is not the code from the newest mail.",
        "too_many_login_attempts": "Too many tries. Wait some minutes, then try again.",
        "username_taken": TAKEN,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        if settings.SIGNUP == "invitation":
            return invited(request.GET.get("invitation", "")) is not None
        return bool(settings.SIGNUP == "open")

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        """An invitation that came by mail has shown whose the address is."""
        return bool(
            super().is_email_verified(request, email)
            or invited(request.GET.get("invitation", "")) == email.lower()
        )

    def is_safe_url(self, url: str | None) -> bool:
        """Paths of this site alone; allauth takes every name that the site answers to."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    # Guesses. Others' do not keep a person out of a browser in which they logged in before; in any
    # other, a code by mail still lets them in.

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        name = _login(credentials)
        user = named(name)
        account = f"user {user.pk}" if user else name.lower()
        browser = known_browser(request, user) if user else ""
        if browser:
            keys = {"login_failed_known": f"{browser} {account}"}
        else:
            keys = {
                "login_failed": f"{ratelimit.get_ip(request)} {account}",
                "login_failed_anywhere": account,
            }
        self._login_failed_rl_usage = RateLimitUsage(usage=[])
        for action, key in keys.items():
            used = ratelimit.consume(request, app="allauth.account", action=action, key=key)
            if not used:
                security("login_limited", user, by=action)
                # Programs should hear of it as well.
                raise ImmediateHttpResponse(respond_429(request))
            self._login_failed_rl_usage.usage += used.usage

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        security("login_failed", named(_login(credentials)))

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Who has set a new password by mail may use it at once."""
        if user := named(_login(credentials)):
            key = f"user {user.pk}"
            near = f"{ratelimit.get_ip(request)} {key}"
            for action, which in (("login_failed", near), ("login_failed_anywhere", key)):
                ratelimit.clear(request, app="allauth.account", action=action, key=which)

    def login(self, request: HttpRequest, user: Any) -> None:
        request.first_login = user.last_login is None  # type: ignore[attr-defined]
        super().login(request, user)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        security("password_reset_asked", user)
        super().send_password_reset_mail(user, email, context)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: Any = None, email: str | None = None
    ) -> None:
        """To an address that was shown to be theirs: before, it may be anybody's."""
        found = EmailAddress.objects.filter(user=user, verified=True)
        found = found.filter(email=email) if email else found.filter(primary=True)
        if found.exists():
            super().send_notification_mail(template_prefix, user, context, email)

    def get_http_user_agent(self, request: HttpRequest) -> str:
        return browser_name(super().get_http_user_agent(request))

    # A form that was sent after the last log-in had ended

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """The password was right, whatever else is asked for: the form waits in the session."""
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if answer is None and (submission := Submission.carried(request)):
            request.session[FIELD] = submission.dumps()
        return answer

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if FIELD in request.session:
            return reverse("resubmission")
        return str(super().get_login_redirect_url(request))

    # Mail: its links have the site's own address, whatever name it was asked by.

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return _at_home(super().get_email_confirmation_url(request, emailconfirmation))

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _at_home(super().get_reset_password_from_key_url(key))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends it, or says that it could not be sent: what the person did is done either way."""
        context = {"email": email, "site": settings.SITE_URL, **context}
        try:
            self.render_mail(template_prefix, email, context).send()
        except OSError:  # of which smtplib's errors are
            _log.exception("Could not send %s", template_prefix)
            messages.error(
                self.request,
                "The site could not send the mail. Try again later, or tell its operators.",
            )


def _login(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "")


def named(login: str) -> User | None:
    """The account that a user name or an address says at the log-in: one at most, so that a guess
    costs the same work whatever it names. An address that several claim and nobody confirmed names
    none of them."""
    user: User | None = get_user_by_username(login)
    if user is None and "@" in login:
        users = filter_users_by_email(login, prefer_verified=True, for_login=True)
        user = users[0] if len(users) == 1 else None
    return user


class Backend(AuthenticationBackend):
    """As allauth's, which checks a password twice for some accounts, and once for none."""

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        found: User | None = self._check_password(
            named(_login(credentials)), credentials["password"]
        )
        return found


def _at_home(url: str) -> str:
    return f"{settings.SITE_URL}{urlsplit(url).path}"


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is wrong. Codes change every half minute: try the next one.",
    }

    def encrypt(self, text: str) -> str:
        return secret_box.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return secret_box.decrypt(encrypted_text)
        except secret_box.DecryptionError:
            # Nobody knows what it was: no code is right, and others of the person's still are.
            _log.error("A second factor was encrypted with a key that is gone")
            return str(generate_totp_secret())

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def build_totp_svg(self, url: str) -> str:
        """The picture as an element of a page, which takes no pictures from addresses."""
        picture: str = super().build_totp_svg(url)
        return picture[picture.index("<svg") :]

    def _get_site_name(self) -> str:
        return "Paper Digest"


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "no_password": "Set a password first: this is your only way to log in.",
    }
