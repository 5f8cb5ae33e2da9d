"""Readers' reports to curators, and the times in which operators may read what is private."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q

from .rows import PaperRow

REPORT_LENGTH = 2_000
"""Characters of a reader's report, and of a curator's answer, at most."""


class Report(PaperRow):
    """A reader's report of an error in a paper, addressed to the curators, who settle it."""

    class Kind(models.TextChoices):
        TITLE = "title", "the title"
        AUTHORS = "authors", "the authors"
        SUMMARY = "summary", "the summary"
        CATEGORIES = "categories", "the categories"
        LINKS = "links", "a link"
        DUPLICATE = "duplicate", "it is here twice"
        OTHER = "other", "something else"

    class Outcome(models.TextChoices):
        CORRECTED = "mended", "mended"
        DECLINED = "declined", "left as it is"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField("what is wrong", max_length=10, choices=Kind)
    comment = models.TextField(validators=[MaxLengthValidator(REPORT_LENGTH)])
    made_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    answer = models.TextField(blank=True, validators=[MaxLengthValidator(REPORT_LENGTH)])
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="when the reader had seen what became of it"
    )

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["outcome", "-made_at"], name="report_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *["title", "authors", "summary", "categories", "links"],
                        *["duplicate", "other"],
                    ]
                ),
                name="report_kind",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", settled_at=None)
                | Q(outcome__in=["mended", "declined"], settled_at__isnull=False),
                name="report_settled",
            ),
            models.CheckConstraint(
                condition=Q(comment__length__lte=REPORT_LENGTH)
                & Q(answer__length__lte=REPORT_LENGTH),
                name="report_length",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.paper}"


class Disclosure(models.Model):
    """A time in which those who may can read people's private rows in the admin, and why.

    Nobody can at any other time. The rows stay for ever: they are the log.
    """

    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    why = models.TextField()
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="disclosure_says_why"),
            models.CheckConstraint(
                condition=Q(closes_at__gte=models.F("opened_at")), name="disclosure_ends"
            ),
        ]

    def __str__(self) -> str:
        return self.why
