"""The form of private feeds."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.library import Library
from accounts.models import SavedSearch


class FeedForm(forms.Form):
    """What to do with the address of a feed. search: whose feed it is; without one, that of all
    that is new."""

    do = forms.ChoiceField(
        choices=[("make", "make"), ("end", "end")],
        error_messages={
            "required": "Choose what to do with the feed.",
            "invalid_choice": "“%(value)s” is not an action for a feed.",
        },
    )
    search = forms.ModelChoiceField(
        SavedSearch.objects.none(),
        required=False,
        error_messages={"invalid_choice": "You have no such saved search."},
    )

    def __init__(self, library: Library, data: Any = None) -> None:
        super().__init__(data)
        self.fields["search"].queryset = library.searches.all()  # type: ignore[attr-defined]
