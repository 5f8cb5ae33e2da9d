"""How this site differs from what allauth does by itself."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from digest.resubmission import FIELD, Submission

from .forms.account import TAKEN
from .invitations import invited
from .models import User

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
        "incorrect_code": "This code is not right. Codes last for half a minute: try the next one.",
        "too_many_login_attempts": "Too many tries. Wait some minutes before the next.",
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

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:  # too many failures: programs should hear of it as well
            raise ImmediateHttpResponse(respond_429(request)) from None

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
                "The site could not send its mail. Try again later, or tell whoever runs it.",
            )


def _at_home(url: str) -> str:
    return f"{settings.SITE_URL}{urlsplit(url).path}"


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
    }

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
