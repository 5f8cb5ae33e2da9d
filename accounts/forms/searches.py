"""Forms of saved searches."""

from __future__ import annotations

from django import forms

from accounts.models import SavedSearch, SearchKind


class NewSearchForm(forms.Form):
    """A list to save. Without a name it is called by what it asks for. How long both may be, and
    whether the name is free, is for the library to say."""

    kind = forms.ChoiceField(choices=SearchKind.choices, widget=forms.HiddenInput)
    query = forms.CharField(
        widget=forms.HiddenInput,
        error_messages={"required": "Search for something first, or choose a filter."},
    )
    name = forms.CharField(
        required=False, widget=forms.TextInput({"maxlength": 200, "dir": "auto"})
    )


class SearchForm(forms.Form):
    """What to do with a saved search. until: the key of the last paper that the page knew of."""

    do = forms.ChoiceField(
        choices=[(do, do) for do in ("save", "seen", "delete")],
        error_messages={
            "required": "Choose what to do with the search.",
            "invalid_choice": "“%(value)s” is not an action for a saved search.",
        },
    )
    until = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            "Nothing was marked, as it is not clear up to which paper. Load the page again.",
        ),
    )


class SearchSettingsForm(forms.Form):
    """What a saved search is called, and whether its new papers are mailed."""

    name = forms.CharField(widget=forms.TextInput({"maxlength": 200, "dir": "auto"}))
    is_mailed = forms.BooleanField(
        required=False,
        label="Send me its new papers",
        help_text="by mail, in the feed of all that is new, and by webhooks",
    )

    def __init__(self, search: SavedSearch, data: object = None) -> None:
        initial = {"name": search.name, "is_mailed": search.is_mailed}
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        if search.kind == SearchKind.LIBRARY:
            del self.fields["is_mailed"]
