"""Forms of what a person states of papers that they want."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from accounts.library.for_you import Reason
from accounts.models import Preference
from digest.models import Author
from digest.search import authors_named
from digest.search.text import tokens

MOST_AUTHORS = 20
"""Authors that are named at once, at most."""


class ReasonForm(forms.Form):
    """A reason that is struck out, as its button sends it: the kind, a colon, the name."""

    reason = forms.CharField(
        max_length=220, error_messages={"required": "Choose what you want less of."}
    )

    def clean_reason(self) -> Reason:
        kind, _, name = self.cleaned_data["reason"].partition(":")
        if kind not in Preference.Kind.values or not 0 < len(name) <= 200:
            raise ValidationError("This is no word, author or category.")
        return Reason(kind, name)


class AuthorsForm(forms.Form):
    """Authors whose papers the person reads."""

    authors = forms.CharField(
        label="Authors whose papers you read",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=5_000,
        help_text="one a line, as papers here print their names",
        error_messages={"required": "Name an author."},
    )

    def clean_authors(self) -> list[str]:
        """The names of the authors, as the catalogue has them."""
        names = list(
            dict.fromkeys(
                name for line in self.cleaned_data["authors"].splitlines() if (name := line.strip())
            )
        )
        if len(names) > MOST_AUTHORS:
            raise ValidationError(f"Name at most {MOST_AUTHORS} authors at once.")
        there = Author.objects.filter(paper_count__gt=0, name__in=names)
        exact = {*there.values_list("name", flat=True)}
        found = {name: name if name in exact else _printed(name) for name in names}
        if missing := [name for name, author in found.items() if not author]:
            raise ValidationError(
                f"No paper here is by {', '.join(f'“{name[:100]}”' for name in missing[:5])}."
            )
        return [author for author in found.values() if author]


def _printed(name: str) -> str:
    """How papers print the name of an author, if not in the same letters; "" if none does."""
    words = tokens(name)
    alike = (author.name for author in authors_named(name, 20) if tokens(author.name) == words)
    return next(alike, "")


class SettingsForm(forms.Form):
    """What is done with the model, or with all answers."""

    do = forms.ChoiceField(
        choices=[(one, one) for one in ("on", "off", "learn", "forget-answers")],
        error_messages={
            "required": "Choose what to do.",
            "invalid_choice": "“%(value)s” is nothing that can be done here.",
        },
    )
