"""Forms of webhooks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.library import Library
from accounts.models import HookShape, ReadingList
from digest.text.links import clean_url


class WebhookForm(forms.Form):
    """A new webhook."""

    name = forms.CharField(max_length=100, help_text="so that you recognise it")
    shape = forms.ChoiceField(label="For", choices=HookShape.choices)
    url = forms.CharField(
        label="Address",
        max_length=1_000,
        widget=forms.URLInput({"autocomplete": "off"}),
        help_text="of https, as the other service gives it; it is stored encrypted",
    )
    reading_list = forms.ModelChoiceField(
        ReadingList.objects.none(),
        label="What is sent",
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
        if not url.lower().startswith("https://") or clean_url(url) is None or "#" in url:
            raise ValidationError("Give a whole address that begins with https://")
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
