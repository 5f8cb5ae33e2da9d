"""What people send, made sure of, and what names they may have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.socialaccount.forms import SignupForm as BaseSocialSignupForm
from allauth.socialaccount.internal.flows.signup import redirect_to_signup
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from digest.models import Paper

from .invitations import invited
from .library import Library, Sort
from .models import ReadingList, Status, User

# One name has one spelling: no letters that look like others, and no @, so that none looks like
# an address. A display name may be in any script.
USER_NAME_VALIDATORS = [
    RegexValidator(
        re.compile(r"\A[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\Z", re.IGNORECASE | re.ASCII),
        "Use the letters a to z, digits, and . _ - between them.",
    )
]
MAX_UPLOAD = 50_000_000
"""Bytes of a file that a person brings."""
TAKEN = "Somebody has this user name. Choose another."


def display_name(value: str) -> str:
    """The name with its white space folded; ValidationError if it could mislead its readers.

    Characters that are not seen can turn a line around or make two names look the same. Joiners
    are spared: scripts need them.
    """
    value = " ".join(unicodedata.normalize("NFC", value).split())
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") and (
            character not in "\u200c\u200d"
        ):
            name = unicodedata.name(character, "a control character")
            raise ValidationError(
                f"Take out the invisible character U+{ord(character):04X} ({name.lower()})."
            )
    if value and not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        raise ValidationError("Use a name that can be seen, or none.")
    return value


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
        error_messages={"invalid_choice": "Choose a time zone of the list."},
    )

    class Meta:
        model = User
        fields = ("display_name", "time_zone", "theme", "papers_on_a_page")

    def clean_display_name(self) -> str:
        return display_name(self.cleaned_data["display_name"])

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit=False)
        # Not the whole row: a password that is being changed elsewhere stays changed.
        user.save(update_fields=self.Meta.fields)
        return user


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
                f"Type {self.user.username}, as it stands here. Nothing was deleted."
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
        try:
            with transaction.atomic():
                saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
                return saved
        except IntegrityError:
            self.add_error("username", TAKEN)
            return None, render(request, "account/signup.html", {"form": self})


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


class AddPasskeyForm(AddWebAuthnForm):
    passwordless = forms.BooleanField(
        label="Log in with it alone",
        required=False,
        initial=True,
        help_text="Without user name and password: it checks that it is you, by finger or PIN.",
    )


# The library


class MarkForm(forms.Form):
    """What to make of some papers: one of a list, or those chosen in the library."""

    paper = forms.ModelMultipleChoiceField(
        Paper.objects.all(),
        to_field_name="slug",
        error_messages={
            "required": "Choose some papers first.",
            "invalid_choice": "There is no paper %(value)s here.",
        },
    )
    do = forms.ChoiceField(
        choices=[
            *Status.choices,
            ("add", "bookmark"),
            ("remove", "remove"),
            ("dismiss", "not interested"),
            ("show", "show again"),
            ("list", "add to the list"),
        ],
        error_messages={
            "required": "Say what to do with the papers.",
            "invalid_choice": "Nobody knows how to do “%(value)s” with papers.",
        },
    )
    list = forms.ModelChoiceField(
        ReadingList.objects.none(),
        to_field_name="slug",
        required=False,
        error_messages={"invalid_choice": "You may not change such a list."},
    )

    def __init__(self, library: Library, data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["list"].queryset = library.lists.editable()  # type: ignore[attr-defined]

    def clean(self) -> None:
        if self.cleaned_data.get("do") == "list" and not self.cleaned_data.get("list"):
            self.add_error("list", "Choose a list to add the papers to.")


class NoteForm(forms.Form):
    """A note's text, and the version of it that the writing began from."""

    text = forms.CharField(required=False, strip=False)
    version = forms.IntegerField(min_value=0)

    def content(self) -> tuple[str, int]:
        """The text and the version. Raises ValidationError."""
        if not self.is_valid():
            raise ValidationError([str(e) for errors in self.errors.values() for e in errors])
        return self.cleaned_data["text"], self.cleaned_data["version"]


class ShelfForm(forms.Form):
    """The address of the library's page."""

    q = forms.CharField(required=False, label="Search the library")
    sort = forms.ChoiceField(
        required=False,
        choices=[
            (Sort.ADDED.value, "newest kept first"),
            (Sort.DATE.value, "newest paper first"),
            (Sort.TITLE.value, "by title"),
        ],
    )


# In and out


class BringForm(forms.Form):
    """A file that a person brings, or what they pasted. `content`: its bytes."""

    file = forms.FileField(
        required=False,
        label="A file",
        help_text="BibTeX, RIS, CSL-JSON, the bookmarks of a browser, or an export from here",
    )
    text = forms.CharField(
        required=False,
        label="Or paste",
        help_text="the same, or arXiv ids and addresses, in any form",
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )

    def clean_file(self) -> UploadedFile[bytes] | None:
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file and file.size is not None and file.size > MAX_UPLOAD:
            raise ValidationError(f"A file has at most {MAX_UPLOAD // 10**6} MB.")
        return file

    def clean(self) -> None:
        file, text = self.cleaned_data.get("file"), self.cleaned_data.get("text", "")
        if file:
            self.cleaned_data["content"] = file.read()
        elif text:
            self.cleaned_data["content"] = text.encode()
        elif not self.errors:
            raise ValidationError("Choose a file, or paste something.")


class TakeInForm(forms.Form):
    """What to do with the papers of a preview. papers: their slugs."""

    papers = forms.CharField(widget=forms.HiddenInput)
    status = forms.ChoiceField(
        label="As",
        required=False,
        choices=[("", "to read, where they are new"), *Status.choices],
    )
    list = forms.ModelChoiceField(
        ReadingList.objects.none(),
        label="Also into the list",
        to_field_name="slug",
        required=False,
        empty_label="none",
        error_messages={"invalid_choice": "You may not change such a list."},
    )
    new_list = forms.CharField(
        label="Or into a new list of this name", required=False, max_length=200
    )

    def __init__(self, library: Library, data: object = None, **options: Any) -> None:
        super().__init__(data, **options)  # type: ignore[arg-type]
        self.fields["list"].queryset = library.lists.editable()  # type: ignore[attr-defined]

    def clean_papers(self) -> Collection[str]:
        return dict.fromkeys(self.cleaned_data["papers"].split())
