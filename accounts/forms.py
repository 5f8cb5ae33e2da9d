"""What people send, made sure of."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from digest.models import Paper

from .library import Library, Sort
from .models import ReadingList, Status


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
