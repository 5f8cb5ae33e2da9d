"""Forms of what is new: which days are shown, and which are read."""

from __future__ import annotations

from django import forms

ORDERS = [
    ("newest", "newest first"),
    ("oldest", "oldest first"),
    ("for-you", "for you first"),
    ("group", "bookmarked by several first"),
]
"""The last two order the papers of each day, the newest day first."""
_NO_DAY = {"invalid": "A day is written as 2025-02-06."}


class UnreadForm(forms.Form):
    """The address of the list of what is new. day: where it begins."""

    order = forms.ChoiceField(
        required=False,
        choices=ORDERS,
        error_messages={"invalid_choice": "“%(value)s” is not an order of days."},
    )
    day = forms.DateField(required=False, error_messages=_NO_DAY)


class DaysForm(forms.Form):
    """Days that are read, from the first to the last."""

    first = forms.DateField(error_messages={**_NO_DAY, "required": "The first day is missing."})
    last = forms.DateField(error_messages={**_NO_DAY, "required": "The last day is missing."})
