"""How the last backup ended."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Backup(models.Model):
    """The last backup, in one row: where it is, and whether it was verified. It has no row of
    itself within it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    made_at = models.DateTimeField(help_text="when it began: it has what was there at that time")
    path = models.TextField(help_text="the folder with it, on the machine that made it")
    size = models.PositiveBigIntegerField(help_text="bytes")
    verified_at = models.DateTimeField(
        null=True, help_text="when it was last verified; empty if it never was"
    )
    error = models.TextField(
        blank=True, help_text="what was wrong with it when it was last verified"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="backup_is_one")]

    def __str__(self) -> str:
        return self.path
