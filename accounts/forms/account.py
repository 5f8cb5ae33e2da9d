"""The forms of accounts, and what names people may have."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any, TypeVar
from zoneinfo import available_timezones

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from allauth.socialaccount.forms import DisconnectForm as BaseDisconnectForm
from allauth.socialaccount.forms import SignupForm as BaseSocialSignupForm
from allauth.socialaccount.internal.flows.signup import redirect_to_signup
from allauth.socialaccount.models import SocialApp
from cryptography.exceptions import InvalidSignature
from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import tokens
from accounts.invitations import invited
from accounts.library import Library
from accounts.models import User
from accounts.names import display_name

_T = TypeVar("_T")

TAKEN = "Somebody has this user name. Choose another."


def time_zones() -> list[tuple[str, Any]]:
    """The time zones by region, as choices."""
    names = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith("Etc/")
    )
    regions = groupby(names, lambda name: name.partition("/")[0])
    return [
        ("UTC", "UTC"),
        *(
            (region, [(name, name.partition("/")[2].replace("_", " ")) for name in zones])
            for region, zones in regions
        ),
    ]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = forms.ChoiceField(
        choices=time_zones,
        error_messages={"invalid_choice": "Choose a time zone from the list."},
    )

    streams = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        label="New to you",
        widget=forms.CheckboxSelectMultiple,
        help_text="the streams whose digests are new until you mark them as read",
        error_messages={"invalid_choice": "Choose streams from the list."},
    )

    class Meta:
        model = User
        fields = (
            "display_name",
            "time_zone",
            "theme",
            "density",
            "papers_on_a_page",
            "single_keys",
            "recommendations",
            "is_counted",
        )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._digests = Library(self.instance).digests
        subscriptions = self._digests.subscriptions()
        if not subscriptions:
            del self.fields["streams"]
            return
        field: Any = self.fields["streams"]
        field.choices = [(stream.pk, stream.name) for stream, _ in subscriptions]
        field.initial = [stream.pk for stream, is_subscribed in subscriptions if is_subscribed]

    def clean_display_name(self) -> str:
        return display_name(self.cleaned_data["display_name"])

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit=False)
        # Not the whole row: a password that is being changed elsewhere stays changed.
        with transaction.atomic():
            user.save(update_fields=self.Meta.fields)
            if not user.recommendations:
                Library(user).for_you.switch_off()
            if "streams" in self.fields:
                self._digests.subscribe(self.cleaned_data["streams"])
        return user


class KeysForm(forms.Form):
    """Whether single keys are on."""

    keys = forms.ChoiceField(
        choices=[("on", "on"), ("off", "off")],
        error_messages={
            "required": "Choose whether single keys are on or off.",
            "invalid_choice": "Single keys are on or off, not “%(value)s”.",
        },
    )


class DeletionForm(forms.Form):
    """Asks whoever is about to delete an account for what only its owner knows, or at least means.

    Without a password, since they log in elsewhere, they type their user name.
    """

    password = forms.CharField(
        strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    username = forms.CharField(
        label="Your user name", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        del self.fields["username" if user.has_usable_password() else "password"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise ValidationError("This is not your password. Nothing was deleted.")
        return password

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if username != self.user.username:
            raise ValidationError(
                f"Type {self.user.username}, exactly as here. Nothing was deleted."
            )
        return username


class SignupForm(account_forms.SignupForm):
    """Signs up; with an invitation, whom it names, whatever address is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address = invited(context.request.GET.get("invitation", ""))
        if address:
            self.fields["email"].initial = address
            self.fields["email"].disabled = True

    def validate_unique_email(self, value: str) -> str:
        if self.fields["email"].disabled:
            return value  # an unconfirmed claim by others does not stand in the way
        address: str = super().validate_unique_email(value)
        return address

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """The new user, or what to answer in place of one.

        Two people may choose one name at once, both finding it free: the database knows better.
        """
        # Nobody waits for it in the transaction, and it takes as long where nobody is made.
        self._hashed = make_password(self.cleaned_data.pop("password1"))
        try:
            with transaction.atomic():
                saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
                return saved
        except IntegrityError:
            self.add_error("username", TAKEN)
            return None, render(request, "account/signup.html", {"form": self})

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth's hook for what else is to be done, in the same transaction."""
        user.password = self._hashed
        user.save(update_fields=["password"])


class _EndingTokens(forms.Form):
    """With a new password, the tokens end that were made with the old one, unless they are kept."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if tokens.of(self.user).exists():
            self.fields["keep_tokens"] = forms.BooleanField(
                label="Keep my API tokens",
                required=False,
                help_text="Only if nobody else can have one. Otherwise they end.",
            )

    def save(self) -> None:
        super().save()  # type: ignore[misc]
        if not self.cleaned_data.get("keep_tokens") and (ended := tokens.revoke_all(self.user)):
            what = "Your API token is" if ended == 1 else f"Your {ended} API tokens are"
            messages.info(context.request, f"{what} ended: programs need new ones.")


class ChangePasswordForm(_EndingTokens, account_forms.ChangePasswordForm):
    """Asks for the old password, and what becomes of tokens."""


class SetPasswordForm(_EndingTokens, account_forms.SetPasswordForm):
    """The first password of somebody who logs in elsewhere."""


class LoginCodeForm(account_forms.RequestLoginCodeForm):
    _user: User | None

    def clean_email(self) -> str:
        """An address that nobody confirmed lets nobody in: somebody else may have claimed it."""
        address: str = super().clean_email()
        confirmed = EmailAddress.objects.filter(email=address.lower(), verified=True)
        if self._user and not confirmed.filter(user=self._user).exists():
            self._user = None
        return address


class SocialSignupForm(BaseSocialSignupForm):
    """Signs up somebody whom another site vouches for."""

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        try:
            with transaction.atomic():
                saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
                return saved
        except IntegrityError:
            messages.error(request, TAKEN)
            return None, redirect_to_signup(request, self.sociallogin)


class DisconnectForm(BaseDisconnectForm):
    def save(self) -> None:
        try:
            super().save()
        except SocialApp.DoesNotExist:  # the provider was switched off since
            self.cleaned_data["account"].delete()


def _answer(clean: Callable[[], _T]) -> _T:
    """What a form makes of a passkey's answer; ValidationError if it is none, or a forged one."""
    try:
        return clean()
    except (InvalidSignature, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValidationError("The passkey did not work. Try again.") from error


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    passwordless = forms.BooleanField(
        label="Log in without a password",
        required=False,
        initial=True,
        help_text="Without user name and password: it checks that it is you, by finger or PIN.",
    )

    def clean(self) -> dict[str, Any]:
        return _answer(super().clean)


class AuthenticatePasskeyForm(webauthn.AuthenticateWebAuthnForm):
    def clean_credential(self) -> Authenticator:
        return _answer(super().clean_credential)


class LoginPasskeyForm(webauthn.LoginWebAuthnForm):
    def clean_credential(self) -> Authenticator:
        return _answer(super().clean_credential)


class ReauthenticatePasskeyForm(webauthn.ReauthenticateWebAuthnForm):
    def clean_credential(self) -> Authenticator:
        return _answer(super().clean_credential)
