"""The forms of reports: what a reader says is wrong, and what a curator answers."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import REPORT_LENGTH, Report


class _Text(forms.CharField):
    """A text as long as a report may be. A line's end counts as one character, as in browsers."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "dir": "auto"})
        super().__init__(max_length=REPORT_LENGTH, widget=widget, **options)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class ReportForm(forms.Form):
    """What is wrong with a paper."""

    kind = forms.ChoiceField(
        label="What is wrong",
        choices=[("", "Choose…"), *Report.Kind.choices],
        error_messages={
            "required": "Choose what is wrong.",
            "invalid_choice": "Choose one of these.",
        },
    )
    comment = _Text(
        label="How it should be",
        help_text="and where this can be checked, if you know",
        error_messages={"required": "Write in a few words how it should be."},
    )


class SettlingForm(forms.Form):
    """What became of a report."""

    outcome = forms.ChoiceField(
        choices=[("", "Choose…"), *Report.Outcome.choices],
        error_messages={"required": "Choose the outcome."},
    )
    answer = _Text(
        required=False,
        help_text="The reader sees it. If you leave the paper as it is, give the reason.",
    )

    def clean(self) -> None:
        declined = self.cleaned_data.get("outcome") == Report.Outcome.DECLINED
        if declined and not self.cleaned_data.get("answer") and "answer" not in self.errors:
            self.add_error("answer", "Give the reason why the paper is left as it is.")
