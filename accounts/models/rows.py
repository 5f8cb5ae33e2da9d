"""What a person made of one paper: bookmarks, dismissals, notes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from digest.models import Paper

models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)

NOTE_LENGTH = 100_000
"""Characters of a note, at most."""


class PaperRow(models.Model):
    """A row that somebody made of a paper.

    paper: where it is shown. home: the paper that it was made of, if curators have merged that into
    the one where it is shown. Only `library.merges` writes it.
    """

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="+")
    home = models.ForeignKey(
        Paper, models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )

    class Meta:
        abstract = True


class ShownManager(models.Manager["Any"]):
    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(shown=True)


class JoinableRow(PaperRow):
    """A row of which its owner is shown one for a paper, however many papers were merged into that.

    shown: true, or null, which is equal to no other null: only what is shown is unique. joined: of
    a shown row, that it joins several, which are its parts; of another, that it is such a part, and
    not replaced by what its owner wrote since. Those that are not shown stay at home.
    """

    shown = models.BooleanField(null=True, default=True, editable=False)
    joined = models.BooleanField(default=False, editable=False)

    objects = ShownManager()
    with_parts = models.Manager()

    class Meta:
        abstract = True


class Status(models.TextChoices):
    TO_READ = "to-read", "to read"
    READING = "reading", "reading"
    READ = "read", "read"


class Bookmark(JoinableRow):
    """A person's mark on a paper, with a reading status."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    status = models.CharField(max_length=7, choices=Status, default=Status.TO_READ)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "paper", "shown"], name="bookmark_once"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="bookmark_status"),
        ]

    def __str__(self) -> str:
        return f"{self.paper} ({self.get_status_display()})"


class Dismissal(JoinableRow):
    """A paper that a person does not want to see in lists."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "paper", "shown"], name="dismissal_once")
        ]

    def __str__(self) -> str:
        return str(self.paper)


class Note(JoinableRow):
    """A person's private Markdown text on a paper.

    version: counts the texts that were saved; whoever saves one gives the version that they began
    from.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    text = models.TextField(validators=[MaxLengthValidator(NOTE_LENGTH)])
    html = models.TextField(help_text="the text as safe HTML")
    words = models.TextField(help_text="the text as the search folds it")
    version = models.PositiveIntegerField(default=1)
    added_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "paper", "shown"], name="note_once"),
            models.CheckConstraint(
                condition=Q(text__length__range=(1, NOTE_LENGTH)), name="note_length"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]
