"""Searches that a person saved: what is new in them is counted, and mailed if they ask for it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

QUERY_LENGTH = 2_000
"""Characters of the query string of a saved search, at most."""


class SearchKind(models.TextChoices):
    """Which page the query string is of."""

    PAPERS = "papers", "papers of the catalogue"
    LIBRARY = "library", "papers of your library"


class SavedSearch(models.Model):
    """The address of a list, with a name. An author, a category or a stream that a person follows
    is such a list, too."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=7, choices=SearchKind, default=SearchKind.PAPERS)
    query = models.CharField(
        max_length=QUERY_LENGTH,
        help_text="the query string of its address, in the one form that each list has",
    )
    is_mailed = models.BooleanField(
        "sent", default=True, help_text="whether new papers of it are sent to the person"
    )
    added_at = models.DateTimeField()
    # Papers have no time at which they came, but their keys are in the order in which they came.
    seen_paper = models.BigIntegerField(
        default=0, help_text="the key of the last paper that had come when the person looked"
    )
    seen_at = models.DateTimeField(help_text="when the person last looked")

    class Meta:
        verbose_name_plural = "saved searches"
        constraints = [
            models.UniqueConstraint("user", Lower("name"), name="saved_search_name_once"),
            models.UniqueConstraint(fields=["user", "kind", "query"], name="saved_search_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_search_has_name"),
            models.CheckConstraint(condition=~Q(query=""), name="saved_search_has_query"),
            models.CheckConstraint(
                condition=Q(kind__in=SearchKind.values), name="saved_search_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("search", args=[self.pk])

    @property
    def list_url(self) -> str:
        """Where all of its papers are."""
        return f"{reverse(self.kind)}?{self.query}"
