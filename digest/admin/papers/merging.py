"""Papers that are one: merging a paper into another, and splitting them again.

Both show first what would change, and do it when that is confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextInputWidget, AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format

from digest.admin.base import MAX_REASON, Curated, address, linked, preview
from digest.curation import decisions
from digest.models import Merge, Paper

_KEY = re.compile(r"[0-9]{1,18}")


class _PaperSelect(AutocompleteSelect):
    """Papers by the site's own search; the id and the day distinguish two that look alike."""

    def get_url(self) -> str:
        return reverse("admin:digest_paper_suggest")

    def build_attrs(self, *args: Any, **kwargs: Any) -> Any:
        """As Django's, with words in the empty field, by which it is called."""
        return super().build_attrs(*args, **kwargs) | {"data-placeholder": "Search for a paper"}

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """As Django's, which asks the database for whatever was sent, even for what is no key."""
        return super().optgroups(name, [key for key in value if _KEY.fullmatch(key)], attr)


class _PaperField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, paper: Any) -> str:
        return named(paper)


def named(paper: Paper) -> str:
    """A paper by title, id and day."""
    return f"{paper.title} ({paper.slug}, {date_format(paper.date)})"


class Merging(Curated):
    """Mixed into the papers' admin."""

    def get_urls(self) -> list[URLPattern]:
        merge = self.admin_site.admin_view(self._merge)
        urls: list[URLPattern] = super().get_urls()
        return [path("<int:key>/merge/", merge, name="digest_paper_merge"), *urls]

    def _merge(self, request: HttpRequest, key: int) -> HttpResponse:
        """Ask which paper it is, show what would change, and merge."""
        paper: Paper = self.row(request, str(key))

        class MergeForm(forms.Form):
            into = _PaperField(
                Paper.objects.visible().exclude(pk=paper.pk),
                widget=_PaperSelect(Merge._meta.get_field("into"), self.admin_site),
                label="The paper to merge into",
                error_messages={"invalid_choice": "Choose another paper that is not hidden."},
            )
            why = forms.CharField(
                required=False, max_length=MAX_REASON, widget=AdminTextInputWidget
            )

        form = MergeForm(request.POST or None, initial={"into": request.GET.get("into", "")})
        previewed = None
        if form.is_valid():
            into, reason = form.cleaned_data["into"], form.cleaned_data["why"]

            def decision(log: Callable[[], None]) -> Merge:
                return decisions.merge_papers(paper, into, request.user, reason, log)

            if "confirm" in request.POST:
                message = f"Merged “{paper}” ({paper.slug}) into “{into}” ({into.slug})."
                if self.decide(request, decision, paper, f"{message} {reason}".strip()):
                    return HttpResponseRedirect(address(self.admin_site, into))
            else:
                try:
                    previewed = preview(lambda: decisions.to_merge_papers(paper, into))
                except ValidationError as error:
                    form.add_error(None, error)
        return self.page(
            request,
            "paper/merge.html",
            "Merge a paper into another",
            paper,
            media=self.media + form.media,
            form=form,
            into=form.cleaned_data.get("into") if previewed is not None else None,
            previewed=previewed,
            entries=paper.entries.count(),
        )


def split(admin: Curated, request: HttpRequest, merge: Merge) -> HttpResponse:
    """Tell what would change if a merge was ended, and end it."""
    if not request.user.has_perm("digest.change_merge"):
        raise PermissionDenied

    def decision(log: Callable[[], None]) -> None:
        decisions.split_paper(merge, request.user, log)

    if request.method == "POST":
        message = (
            f"Split “{merge.paper}” ({merge.paper.slug}) from “{merge.into}” ({merge.into.slug})."
        )
        if admin.decide(request, decision, merge, message):
            return HttpResponseRedirect(address(admin.admin_site, merge.paper))
        return HttpResponseRedirect(address(admin.admin_site, merge))
    try:
        previewed = preview(lambda: decisions.to_split_paper(merge))
    except ValidationError as error:
        admin.message_user(request, " ".join(error.messages), messages.ERROR)
        return HttpResponseRedirect(address(admin.admin_site, merge))
    return admin.page(
        request,
        "split.html",
        "Split a paper from another",
        merge,
        question=f"Split “{merge.paper}” from “{merge.into}” again?",
        follows="Each gets its own entries, bookmarks, notes and list places back.",
        previewed=previewed,
        back=linked(admin.admin_site, merge.into, "Back to the paper"),
    )
