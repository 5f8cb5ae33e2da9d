"""What happens to accounts: each event is logged, and mailed to the person where they should know.

Most of them allauth tells of, as signals. It mails some by itself: a new password, addresses, a
second factor added or removed.
"""

from __future__ import annotations

from time import time
from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import signals as auth
from django.contrib.auth.models import Group
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_save
from django.dispatch import Signal, receiver
from django.http import HttpRequest, HttpResponse

from digest.log import security

from . import tokens
from .known_browser import known_browser, remember
from .models import User

# Coming and going


@receiver(auth.user_logged_in)
def logged_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    how = [record["method"] for record in get_authentication_records(request, user)]
    security("login", user, how=" ".join(dict.fromkeys(how)))
    request.session["logged_in_at"] = int(time())
    # What was begun before it was kept for a short time: see accounts/middleware.py.
    request.session.set_expiry(settings.SESSION_COOKIE_AGE)


@receiver(auth.user_logged_out)
def logged_out(user: User | None, **kwargs: Any) -> None:
    if user and user.pk:  # and not deleted just now
        security("logout", user)


@receiver(account.user_logged_in)
def check_browser(request: HttpRequest, response: HttpResponse, user: User, **kwargs: Any) -> None:
    first = getattr(request, "first_login", True)
    if not first and not known_browser(request, user):
        security("login_from_new_browser", user)
        get_adapter().send_notification_mail("account/email/new_browser", user)
    remember(request, response, user)


@receiver(account.authentication_step_completed)
def shown_once_more(request: HttpRequest, reauthenticated: bool = False, **kwargs: Any) -> None:
    """Who they are was asked again: the session's cookie is a new one, as after a log-in."""
    if reauthenticated:
        before = request.session.session_key
        request.session.cycle_key()
        rows = UserSession.objects.filter(session_key=before)
        rows.update(session_key=request.session.session_key)


@receiver(mfa.authentication_failed)
def second_factor_failed(user: User, **kwargs: Any) -> None:
    security("second_factor_failed", user)


@receiver(account.login_code_rejected)
def login_code_failed(user: User, **kwargs: Any) -> None:
    security("login_code_failed", user)


@receiver(mfa.authenticator_used)
def second_factor_used(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    security("second_factor_used", user, kind=authenticator.type)
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        get_adapter().send_notification_mail("account/email/recovery_code_used", user)


# Passwords, which a person's tokens end with


@receiver([account.password_changed, account.password_set])
def password_changed(user: User, **kwargs: Any) -> None:
    security("password_changed", user)


@receiver(account.password_reset)
def password_reset(user: User, **kwargs: Any) -> None:
    security("password_reset", user)
    tokens.revoke_all(user)


# Events that are only logged


def _log(signal: Signal, event: str) -> None:
    def write(sender: Any, **kwargs: Any) -> None:
        factor = kwargs.get("authenticator")
        user = kwargs.get("user")
        if user is None and (address := kwargs.get("email_address")):
            user = address.user
        if user is None and (login := kwargs.get("sociallogin")):
            user = login.user
        if user is None and (elsewhere := kwargs.get("socialaccount")):
            user = elsewhere.user
        security(event, user, **({"kind": factor.type} if factor else {}))

    signal.connect(write, weak=False)


for signal, event in (
    (account.user_signed_up, "signup"),
    (account.email_added, "address_added"),
    (account.email_removed, "address_removed"),
    (account.email_changed, "address_changed"),
    (account.email_confirmed, "address_confirmed"),
    (mfa.authenticator_added, "second_factor_added"),
    (mfa.authenticator_removed, "second_factor_removed"),
    (mfa.authenticator_reset, "recovery_codes_renewed"),
    (social.social_account_added, "connection_added"),
    (social.social_account_removed, "connection_removed"),
):
    _log(signal, event)


# Rights, whoever gives them and by whatever means

_RIGHTS = {
    User.groups.through: "roles",
    User.user_permissions.through: "rights",
    Group.permissions.through: "rights_of_role",
}
_DONE = {"post_add": "given", "post_remove": "taken", "pre_clear": "cleared"}


@receiver(m2m_changed)
def rights_changed(
    sender: Any, instance: Model, action: str, pk_set: set[int] | None, **kwargs: Any
) -> None:
    what = _RIGHTS.get(sender)
    if what and action in _DONE and (pk_set or action == "pre_clear"):
        keys = " ".join(map(str, sorted(pk_set or ())))
        kind, key = instance._meta.model_name, instance.pk
        security(f"{what}_{_DONE[action]}", of=f"{kind} {key}", keys=keys)


@receiver(post_save, sender=User)
def superuser_made(instance: User, created: bool, **kwargs: Any) -> None:
    if created and instance.is_superuser:
        security("superuser_made", of=f"user {instance.pk}")


@receiver(post_save, sender=LogEntry)
def done_in_the_admin(instance: LogEntry, created: bool, **kwargs: Any) -> None:
    """By its number: the admin's log says what was done, and may name people."""
    if created:
        about = instance.content_type
        security(
            "admin_action",
            instance.user,
            log=instance.pk,
            model=f"{about.app_label}.{about.model}" if about else None,
        )
