"""Forms of the library: what to make of papers, notes, lists, and what people import."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from accounts.library import Library, Sort
from accounts.models import Density, ReadingList, Status
from accounts.references import MAX_REFERENCES
from accounts.transfer import MAX_TAG_LISTS
from digest.models import Paper

from .papers import PapersChoiceField

MAX_UPLOAD = 50_000_000
"""Bytes of a file that a person brings."""


class MarkForm(forms.Form):
    """What to make of some papers: one of a list, or those chosen in the library."""

    paper = PapersChoiceField(
        Paper.objects.none(),
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
            ("unlist", "remove from the list"),
        ],
        error_messages={
            "required": "Choose what to do with the papers.",
            "invalid_choice": "“%(value)s” is not an action for papers.",
        },
    )
    list = forms.ModelChoiceField(
        ReadingList.objects.none(),
        to_field_name="slug",
        required=False,
        error_messages={"invalid_choice": "You cannot change this list."},
    )

    def __init__(self, library: Library, data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["paper"].queryset = library.accessible  # type: ignore[attr-defined]
        self.fields["list"].queryset = library.lists.editable()  # type: ignore[attr-defined]

    def clean(self) -> None:
        if self.cleaned_data.get("list"):
            return
        if self.cleaned_data.get("do") == "list":
            self.add_error("list", "Choose a list to add the papers to.")
        if self.cleaned_data.get("do") == "unlist":
            self.add_error("list", "Choose a list to remove the papers from.")


class DensityForm(forms.Form):
    """How much lists show of each paper."""

    density = forms.ChoiceField(
        choices=Density.choices,
        error_messages={
            "required": "Choose how much to show of each paper.",
            "invalid_choice": "Lists cannot show “%(value)s” of each paper.",
        },
    )


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
            (Sort.ADDED.value, "newest bookmark first"),
            (Sort.DATE.value, "newest paper first"),
            (Sort.TITLE.value, "by title"),
        ],
    )

    @property
    def order(self) -> Sort:
        """The order asked for, or the first."""
        return Sort(self.cleaned_data.get("sort") or Sort.ADDED)


# Import


class ImportForm(forms.Form):
    """A file to import, or a pasted text. `content`: its bytes."""

    file = forms.FileField(
        required=False,
        label="A file",
        help_text="BibTeX, RIS, EndNote (.enw), PubMed (.nbib), CSL-JSON or other JSON, a feed, the"
        " bookmarks of a browser or a service, or an export from here",
    )
    text = forms.CharField(
        required=False,
        label="Or paste",
        help_text="the same, or arXiv ids, DOIs and addresses, in any form",
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


class ConfirmImportForm(forms.Form):
    """What to do with the papers of a preview. papers: their slugs. notes: a text for each of some
    of them. tags: the papers of each tag. Without notes or tags, nothing is asked about them."""

    papers = forms.CharField(widget=forms.HiddenInput)
    notes = forms.JSONField(required=False, widget=forms.HiddenInput)
    tags = forms.JSONField(required=False, widget=forms.HiddenInput)
    status = forms.ChoiceField(
        label="As",
        required=False,
        choices=[("", "to read, if new"), *Status.choices],
    )
    list = forms.ModelChoiceField(
        ReadingList.objects.none(),
        label="Also into the list",
        to_field_name="slug",
        required=False,
        empty_label="none",
        error_messages={"invalid_choice": "You cannot change this list."},
    )
    new_list = forms.CharField(
        label="Or into a new list of this name", required=False, max_length=200
    )
    add_notes = forms.BooleanField(label="Add the notes of the file", required=False)
    list_tags = forms.BooleanField(
        label="Make a list of each tag",
        required=False,
        help_text="private; a list of that name that you have gets the papers",
    )

    def __init__(self, library: Library, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["list"].queryset = library.lists.editable()  # type: ignore[attr-defined]
        given = self.initial if data is None else data
        for name, choice in (("notes", "add_notes"), ("tags", "list_tags")):
            if not given.get(name):
                del self.fields[name], self.fields[choice]

    def clean_notes(self) -> dict[str, str]:
        notes = self.cleaned_data["notes"]
        if isinstance(notes, dict) and all(isinstance(text, str) for text in notes.values()):
            return notes
        raise ValidationError("The notes are not as the preview had them. Import the file again.")

    def clean_tags(self) -> dict[str, Collection[str]]:
        tags = self.cleaned_data["tags"]
        if (
            isinstance(tags, dict)
            and len(tags) <= MAX_TAG_LISTS
            and all(
                isinstance(papers, list) and all(isinstance(paper, str) for paper in papers)
                for papers in tags.values()
            )
        ):
            return tags
        raise ValidationError("The tags are not as the preview had them. Import the file again.")

    def clean_papers(self) -> Collection[str]:
        papers = dict.fromkeys(self.cleaned_data["papers"].split())
        if len(papers) > MAX_REFERENCES:
            raise ValidationError(f"At most {MAX_REFERENCES:,} papers at once.")
        return papers
