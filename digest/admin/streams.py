"""Streams: they are added, named and described here; one that has digests is not deleted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from digest.models import DEFAULT, STREAMS, Digest, Source, Stream, Upload


class StreamForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> None:
        super().clean()
        if not self.instance.pk and Stream.objects.count() >= STREAMS:
            raise ValidationError(f"There are {STREAMS:,} streams already, which is the most.")


@admin.register(Stream)
class StreamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = StreamForm
    list_display = ("name", "slug", "description", "is_subscribed")
    ordering = ("id",)
    sortable_by = ()
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "slug", "description", "is_subscribed"),
                "description": "A stream that has digests cannot be deleted: undo its sources"
                " first.",
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of those that nothing belongs to. Several at once cannot be deleted."""
        if obj is None or obj.pk == DEFAULT or not super().has_delete_permission(request, obj):
            return False
        waiting = Upload.objects.filter(stream=obj).exclude(report__has_key="status")
        used = (Digest.objects.filter(stream=obj), Source.objects.filter(stream=obj), waiting)
        return not any(rows.exists() for rows in used)
