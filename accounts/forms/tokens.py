"""The form that makes a token of the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, Scope, User

_NEVER = "never"


class TokenForm(forms.Form):
    """What a token is for, what it may do, and how long it is good.

    curating: whether the token may have a curator's rights, for which the session has shown a
    second factor.
    """

    name = forms.CharField(max_length=100, help_text="What it is for, so that you recognise it.")
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what it may do."},
    )
    expires = forms.ChoiceField(
        label="It is valid for",
        choices=[("30", "30 days"), ("90", "90 days"), ("365", "a year"), (_NEVER, "ever")],
        initial="90",
    )

    def __init__(self, user: User, curating: bool, data: Any = None) -> None:
        super().__init__(data)
        self.user, self.curating = user, curating
        if not curating:
            offered = [scope for scope in Scope.choices if scope[0] != Scope.DIGESTS_WRITE]
            self.fields["scopes"].choices = offered  # type: ignore[attr-defined]

    def create(self) -> tuple[ApiToken, str] | None:
        """The new token and its secret; None if there is none, and the form says why."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        expires_at = None
        if data["expires"] != _NEVER:
            expires_at = timezone.now() + timedelta(days=int(data["expires"]))
        try:
            return tokens.create(
                self.user,
                data["name"],
                data["scopes"],
                expires_at,
                second_factor=self.curating,
            )
        except ValidationError as error:
            self.add_error(None, error)
            return None
