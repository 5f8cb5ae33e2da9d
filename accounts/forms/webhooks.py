"""Forms of webhooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError

from accounts.library import Library
from accounts.models import HookShape, ReadingList
from digest.curation.public_http import PORTS
from digest.text.links import clean_url


class WebhookForm(forms.Form):
    """A new webhook."""

    name = forms.CharField(max_length=100, help_text="so that you know which one it is")
    shape = forms.ChoiceField(label="For", choices=HookShape.choices)
    url = forms.CharField(
        label="Address",
        max_length=1_000,
        widget=forms.URLInput({"autocomplete": "off"}),
        help_text="as the other service shows it, beginning with https://; it is stored encrypted",
    )
    reading_list = forms.ModelChoiceField(
        ReadingList.objects.none(),
        label="What it is sent",
        required=False,
        to_field_name="slug",
        empty_label="all that is new to me",
        help_text="or what is added to a list",
        error_messages={"invalid_choice": "You have no such list."},
    )

    def __init__(self, library: Library, data: Any = None) -> None:
        super().__init__(data)
        self.fields["reading_list"].queryset = library.lists.accessible()  # type: ignore[attr-defined]

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        if not url.lower().startswith("https://"):
            raise ValidationError("Give an address that begins with https://")
        if clean_url(url) is None or "#" in url:
            raise ValidationError(
                "This is not the address of a webhook on the internet, such as"
                " https://hooks.example.org/abc"
            )
        if (port := urlsplit(url).port or PORTS[-1]) not in PORTS:
            raise ValidationError(f"Port {port} is not called: only 443, that of https, is.")
        return url

    def chosen(self) -> dict[str, Any]:
        """What `Webhooks.create` takes, once the form is valid."""
        return dict(self.cleaned_data)


class WebhookActionForm(forms.Form):
    do = forms.ChoiceField(
        choices=[(do, do) for do in ("test", "on", "off", "delete")],
        error_messages={
            "required": "Choose what to do with the webhook.",
            "invalid_choice": "“%(value)s” is not an action for a webhook.",
        },
    )
