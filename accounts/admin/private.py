"""What people made for themselves, which nobody reads here, superusers included.

An operator can open it for a time, saying why: a disclosure. That, and every look at a row, is in
the log.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import (
    Bookmark,
    Disclosure,
    Dismissal,
    InterestModel,
    ListItem,
    Note,
    Preference,
    Rating,
    ReadingList,
    SavedSearch,
)
from digest.admin.base import Admin, NotEdited
from digest.log import security

REASON_LENGTH = 2_000
MINUTES = {15: "15 minutes", 60: "an hour", 4 * 60: "4 hours", 24 * 60: "a day"}
"""How long people's rows may be open, at a time."""


def opened(request: HttpRequest) -> Disclosure | None:
    """The disclosure that is open now, of several the last to close; it is looked up once."""
    if not hasattr(request, "disclosure"):
        still = Disclosure.objects.filter(closes_at__gt=timezone.now())
        request.disclosure = still.order_by("-closes_at").first()  # type: ignore[attr-defined]
    found: Disclosure | None = request.disclosure  # type: ignore[attr-defined]
    return found


class DisclosureForm(forms.ModelForm):  # type: ignore[type-arg]
    why = forms.CharField(
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60}),
        help_text="The reason. It is logged, and shown on every page that is read.",
    )
    minutes = forms.TypedChoiceField(label="How long", choices=list(MINUTES.items()), coerce=int)

    class Meta:
        model = Disclosure
        fields = ("why",)


@admin.register(Disclosure)
class DisclosureAdmin(Admin):
    form = DisclosureForm
    change_form_template = "admin/accounts/disclosure/change_form.html"
    list_display = ("opened_at", "opened_by", "why", "closes_at", "is_open")
    list_display_links = ("opened_at", "why")
    list_select_related = ("opened_by",)
    date_hierarchy = "opened_at"
    actions = None

    @admin.display(boolean=True, description="open")
    def is_open(self, disclosure: Disclosure) -> bool:
        return disclosure.closes_at > timezone.now()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("why", "minutes")
        return ("why", "opened_by", "opened_at", "closes_at", "is_open")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("why", "opened_by", "opened_at", "closes_at", "is_open")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.opened_by = request.user
        obj.opened_at = timezone.now()
        obj.closes_at = obj.opened_at + timedelta(minutes=form.cleaned_data["minutes"])
        super().save_model(request, obj, form, change)
        security("disclosure_opened", disclosure=obj.pk, minutes=form.cleaned_data["minutes"])

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        return f"Opened for {MINUTES[form.cleaned_data['minutes']]}."

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        may_close = super().has_change_permission(request, obj)
        context["can_close"] = obj and self.is_open(obj) and may_close
        for button in ("show_save_and_add_another", "show_save_and_continue", "show_close"):
            context[button] = False
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        close = self.admin_site.admin_view(require_POST(self.close))
        return [
            path("<path:object_id>/close/", close, name="accounts_disclosure_close"),
            *super().get_urls(),
        ]

    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ends the time before it is over."""
        found: Any = self.get_object(request, unquote(object_id))
        if not super().has_change_permission(request, found):
            raise PermissionDenied
        if found is None:
            raise Http404
        if self.is_open(found):
            found.closes_at = timezone.now()
            found.save(update_fields=["closes_at"])
            self.log(request, found, "Closed early.")
            security("disclosure_closed", disclosure=found.pk)
            messages.success(request, "Closed: private data is private again.")
        return redirect("admin:accounts_disclosure_change", quote(found.pk))


class PrivateAdmin(NotEdited):
    """Rows of people's that can be read while a disclosure is open, and never changed."""

    change_form_template = "admin/accounts/private.html"
    actions = None
    list_per_page = list_max_show_all = 50
    show_full_result_count = False
    owner = "user"
    related: tuple[str, ...] = ("user", "paper")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_view_permission(request, obj)
        return may and opened(request) is not None

    def _with_notice(
        self, request: HttpRequest, context: dict[str, Any] | None
    ) -> dict[str, Any] | None:
        return {"disclosure": opened(request), **(context or {})}

    def _log_look(self, request: HttpRequest, rows: list[Model]) -> None:
        """By their numbers: what they say should not stand in the log."""
        kind = self.opts.verbose_name if len(rows) == 1 else self.opts.verbose_name_plural
        keys = ", ".join(str(row.pk) for row in rows)
        security("private_rows_read", model=self.opts.label_lower, keys=keys)
        people = ", ".join(sorted({self._owner(row) for row in rows}))
        self.log(request, self.model, f"Looked at {kind} {keys} of {people}.")

    def _owner(self, row: Any) -> str:
        for name in self.owner.split("__"):
            row = getattr(row, name)
        return str(row.username)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related(*self.related)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, self._with_notice(request, extra_context))
        shown = getattr(response, "context_data", {}).get("cl")
        if shown and shown.result_list:
            self._log_look(request, list(shown.result_list))
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = self._with_notice(request, extra_context)
        response = super().change_view(request, object_id, form_url, context)
        shown = getattr(response, "context_data", {}).get("original")
        if shown:
            self._log_look(request, [shown])
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Nothing: what was looked at is in the log."""
        raise Http404


@admin.register(Bookmark)
class BookmarkAdmin(PrivateAdmin):
    list_display = ("user", "paper", "status", "added_at")
    search_fields = ("=user__username",)


@admin.register(Dismissal)
class DismissalAdmin(PrivateAdmin):
    list_display = ("user", "paper", "added_at")
    search_fields = ("=user__username",)


@admin.register(Rating)
class RatingAdmin(PrivateAdmin):
    list_display = ("user", "paper", "is_relevant", "added_at")
    search_fields = ("=user__username",)


@admin.register(Preference)
class PreferenceAdmin(PrivateAdmin):
    related = ("user",)
    list_display = ("user", "kind", "name", "wants_more", "added_at")
    search_fields = ("=user__username",)


@admin.register(InterestModel)
class InterestModelAdmin(PrivateAdmin):
    related = ("user",)
    list_display = ("user", "kept", "tested", "by_model", "by_order", "trained_at")
    search_fields = ("=user__username",)


@admin.register(Note)
class NoteAdmin(PrivateAdmin):
    list_display = ("user", "paper", "changed_at")
    search_fields = ("=user__username",)
    fields = ("user", "paper", "text", "added_at", "changed_at")


@admin.register(SavedSearch)
class SavedSearchAdmin(PrivateAdmin):
    related = ("user",)
    list_display = ("user", "name", "kind", "query", "added_at")
    search_fields = ("=user__username",)
    fields = ("user", "name", "kind", "query", "is_mailed", "added_at", "seen_at")


@admin.register(ReadingList)
class ReadingListAdmin(PrivateAdmin):
    owner = "owner"
    related = ("owner",)
    list_display = ("owner", "name", "visibility", "changed_at")
    search_fields = ("=owner__username",)
    fields = ("owner", "name", "description", "visibility", "added_at", "changed_at")


@admin.register(ListItem)
class ListItemAdmin(PrivateAdmin):
    owner = "reading_list__owner"
    related = ("reading_list__owner", "paper")
    list_display = ("reading_list", "paper", "section", "added_at")
    search_fields = ("=reading_list__owner__username",)
    fields = ("reading_list", "paper", "section", "comment", "added_by", "added_at")
