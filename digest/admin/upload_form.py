"""The form with which curators upload digests."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from digest.formats import MAX_BYTES, SUFFIXES
from digest.models import DEFAULT, Stream
from digest.pages.middleware import MAX_BODY

FILES = 500
"""Files of a batch."""
PASTED = 500_000
"""Characters of what is pasted."""


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Some files; a list of none if none is chosen."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        clean = super().clean
        if isinstance(data, list | tuple):
            return [clean(one, initial) for one in data]
        return [clean(data, initial)] if data else []


class LoadForm(forms.Form):
    """Digests that a curator uploads. `contents`: their names and contents; `refused`: why files
    are not among them."""

    digests = FilesField(
        required=False,
        allow_empty_file=True,
        widget=FilesInput(attrs={"accept": ",".join(SUFFIXES)}),
        help_text=f"Markdown, JSON or XML, up to {FILES} files of {MAX_BYTES // 2**20} MiB,"
        f" {MAX_BODY // 10**6} MB together. A name such as 2025-02-06.md gives the day if the file"
        " has none.",
    )
    text = forms.CharField(
        required=False,
        strip=False,
        max_length=PASTED,
        label="Or paste a digest",
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto", "spellcheck": "false"}),
    )
    name = forms.CharField(
        required=False,
        max_length=200,
        label="Name of what is pasted",
        help_text="the name of the source; a date in it, as in 2025-02-06.md, gives the day if the"
        " text has none",
    )

    stream = forms.ModelChoiceField(
        Stream.objects.all(),
        initial=DEFAULT,
        empty_label=None,
        help_text="the series that these digests belong to",
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if len(Stream.objects.all()[:2]) < 2:
            del self.fields["stream"]

    @property
    def stream_key(self) -> int:
        """The key of the stream that is chosen, if there is a choice."""
        chosen = self.cleaned_data.get("stream")
        return chosen.pk if chosen else DEFAULT

    def clean(self) -> None:
        files = self.cleaned_data.get("digests") or []
        text = self.cleaned_data.get("text")
        self.contents: list[tuple[str, bytes]] = []
        self.refused: list[str] = []
        if len(files) > FILES:
            raise ValidationError(
                f"These are {len(files)} files: choose at most {FILES} at a time."
            )
        for file in files:
            name = file.name or "unnamed"
            if not name.lower().endswith(SUFFIXES):
                self.refused.append(f"{name} has another ending than {', '.join(SUFFIXES)}")
            elif (file.size or 0) > MAX_BYTES:
                self.refused.append(f"{name} is larger than {MAX_BYTES // 2**20} MiB")
            else:
                self.contents.append((name, file.read()))
        if text and text.strip():
            self.contents.append((self.cleaned_data.get("name") or "pasted", text.encode()))
        if not self.contents and not self.errors:
            raise ValidationError(
                [f"{reason}." for reason in self.refused]
                or "Choose one or more files, or paste a digest."
            )
