"""Forms of reading lists."""

from __future__ import annotations

from django import forms

from accounts.library import Library
from accounts.library.lists.members import name_or_address
from accounts.models import COMMENT_LENGTH, Role, Visibility
from digest.models import Paper

from .papers import NamedPapersField


class ListForm(forms.Form):
    """What a list says of itself. How long that may be, and whether the name is free, is for the
    library to say."""

    name = forms.CharField(widget=forms.TextInput({"maxlength": 200, "dir": "auto"}))
    description = forms.CharField(
        required=False,
        widget=forms.Textarea({"rows": 3, "maxlength": COMMENT_LENGTH, "dir": "auto"}),
        help_text="Markdown, with formulas between dollars. Whoever sees the list sees it.",
    )


class NewListForm(ListForm):
    """A new list; paper: the first one in it, where it is made on a paper's page."""

    paper = forms.ModelChoiceField(
        Paper.objects.visible(),
        to_field_name="slug",
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": "There is no such paper here."},
    )


class ListSettingsForm(ListForm):
    visibility = forms.ChoiceField(label="Who may read it", choices=Visibility.choices)


class InviteForm(forms.Form):
    """Whom to let into a list, and to do what."""

    invitee = forms.CharField(
        label="User name or e-mail address",
        max_length=254,
        widget=forms.TextInput({"autocapitalize": "off", "spellcheck": "false"}),
        validators=[name_or_address],
    )
    role = forms.ChoiceField(label="Role", choices=Role.choices)


class MemberForm(forms.Form):
    """What to make of a member of a list."""

    do = forms.ChoiceField(
        choices=[("role", "save"), ("remove", "remove"), ("hand-over", "hand over")]
    )
    role = forms.ChoiceField(choices=Role.choices, required=False)

    def clean(self) -> None:
        if self.cleaned_data.get("do") == "role" and not self.cleaned_data.get("role"):
            self.add_error("role", "Choose what the member may do.")


class ItemsForm(forms.Form):
    """What to do with papers of a list.

    to: a place from 1; with the section that the paper comes under there, it is `3/Methods`.
    """

    ONE = ("move", "describe", "show-note", "hide-note")

    paper = NamedPapersField(
        Paper.objects.none(),
        to_field_name="slug",
        error_messages={
            "required": "Name the papers.",
            "invalid_choice": "There is no paper %(value)s here.",
        },
    )
    do = forms.ChoiceField(
        choices=[(do, do) for do in ("add", "remove", *ONE)],
        error_messages={"invalid_choice": "“%(value)s” is not an action for a list."},
    )
    to = forms.RegexField(
        r"^\d{1,9}(?:/.*)?$",
        required=False,
        strip=False,
        error_messages={"invalid": "Give the place as a number, from 1."},
    )
    section = forms.CharField(required=False)
    comment = forms.CharField(required=False)

    def __init__(self, library: Library, data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["paper"].queryset = library.accessible  # type: ignore[attr-defined]

    def clean_to(self) -> tuple[int, str | None] | None:
        place, slash, section = self.cleaned_data["to"].partition("/")
        return (int(place), section if slash else None) if place else None

    def clean(self) -> None:
        do, papers = self.cleaned_data.get("do"), self.cleaned_data.get("paper", ())
        if do in self.ONE and len(papers) > 1:
            self.add_error("paper", "Do this for one paper at a time.")
        if do == "move" and not self.cleaned_data.get("to") and "to" not in self.errors:
            self.add_error("to", "Give the place as a number, from 1.")
