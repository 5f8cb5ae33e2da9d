"""Who did what in the admin, and when. Nobody changes it, and nothing of it can be taken out."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.utils.html import format_html

from digest.admin.base import NotEdited


@admin.register(LogEntry)
class LogAdmin(NotEdited):
    list_display = ("action_time", "user", "content_type", "thing", "action_flag", "message")
    list_display_links = ("action_time",)
    list_filter = (
        "action_flag",
        ("content_type", admin.RelatedOnlyFieldListFilter),
        ("user", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "change_message", "user__username")
    date_hierarchy = "action_time"
    ordering = ("-action_time", "-pk")
    show_full_result_count = False
    actions = None
    fields = readonly_fields = (
        *("action_time", "user", "content_type", "thing", "action_flag", "message"),
    )

    @admin.display(description="what")
    def thing(self, entry: LogEntry) -> str:
        address = entry.get_admin_url()
        if not address:
            return entry.object_repr
        return format_html('<a href="{}">{}</a>', address, entry.object_repr)

    @admin.display(description="message")
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()
