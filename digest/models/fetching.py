"""What was fetched from services, and how the last daily run ended."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class FetchedAddress(models.Model):
    """What an address answered when it was last fetched."""

    address = models.CharField(
        max_length=200,
        unique=True,
        help_text="as at the service itself, also where a mirror was asked",
    )
    etag = models.CharField("ETag", max_length=200, blank=True)
    last_modified = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(
        "SHA-256",
        max_length=64,
        blank=True,
        help_text="of the source; empty if the answer had no papers",
    )
    fetched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "fetched addresses"

    def __str__(self) -> str:
        return self.address


class DailyRun(models.Model):
    """The last run of `manage.py daily`, in one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(
        null=True, help_text="empty while it runs, or if it was interrupted"
    )
    steps: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, help_text="of each step its name and its error, if any"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="daily_run_is_one")]

    def __str__(self) -> str:
        return f"{self.begun_at:%Y-%m-%d %H:%M}"

    @property
    def failed_steps(self) -> list[str]:
        """The names of the steps that failed."""
        return [step["name"] for step in self.steps if step["error"]]
