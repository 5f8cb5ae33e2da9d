"""Papers as forms name them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django import forms
from django.db.models import QuerySet

from digest.models import Merge, Paper
from digest.text.identity import arxiv_id

MOST_PAPERS = 500
"""Papers named at once."""


class PapersChoiceField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Papers by their slugs; one that was merged into another since the page was made is that."""

    def clean(self, value: Iterable[str]) -> QuerySet[Paper]:
        slugs = list(value or ())
        try:
            found: QuerySet[Paper] = super().clean(slugs)
        except forms.ValidationError:
            ends = Merge.ends(slug for slug in slugs if "\0" not in slug)
            if not ends:
                raise
            found = super().clean([ends.get(slug, slug) for slug in slugs])
        return found


class NamedPapersField(PapersChoiceField):
    """The same, also by any name or address that says an arXiv id; a field may hold several, with
    white space or commas between them."""

    def clean(self, value: Iterable[str]) -> QuerySet[Paper]:
        names = [name for text in value or () for name in re.split(r"[\s,]+", text) if name]
        if len(names) > MOST_PAPERS:
            raise forms.ValidationError(f"At most {MOST_PAPERS} papers at once.")
        return super().clean([arxiv_id(name) or name for name in names])
