"""The form of mails about new papers."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.alerts.sections import SECTIONS
from accounts.models import WEEKDAYS, Frequency, MailSettings


class MailSettingsForm(forms.Form):
    """When a person gets mails, and what is in them."""

    frequency = forms.ChoiceField(label="Mails", choices=Frequency.choices)
    hour = forms.TypedChoiceField(
        label="At",
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        error_messages={"invalid_choice": "Choose an hour from the list."},
    )
    weekday = forms.TypedChoiceField(
        label="On",
        coerce=int,
        choices=list(enumerate(WEEKDAYS)),
        help_text="if it is every week",
        error_messages={"invalid_choice": "Choose a day from the list."},
    )
    sections = forms.MultipleChoiceField(
        label="They have",
        required=False,
        choices=[(section.name, section.label) for section in SECTIONS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the list."},
    )

    def __init__(self, settings: MailSettings, data: Any = None) -> None:
        initial = {name: getattr(settings, name) for name in ("frequency", "hour", "weekday")}
        initial["sections"] = [
            section.name for section in SECTIONS if section.name not in settings.left_out
        ]
        super().__init__(data, initial=initial)
        self.fields["hour"].help_text = f"in your time zone, {settings.user.time_zone}"

    def chosen(self) -> dict[str, Any]:
        """What `Mails.choose` takes, once the form is valid."""
        values = dict(self.cleaned_data)
        sections = values.pop("sections")
        left_out = [section.name for section in SECTIONS if section.name not in sections]
        return {**values, "left_out": left_out}
