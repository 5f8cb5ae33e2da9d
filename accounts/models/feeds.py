"""Private feeds: what is new to a person, for their feed reader, by a secret address."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .searches import SavedSearch


class PrivateFeed(models.Model):
    """The secret address of a feed, of which only a hash is stored.

    search: whose papers it has; without one, it has all that is new to the person.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    search = models.OneToOneField(SavedSearch, models.CASCADE, null=True, related_name="feed")
    sha256 = models.CharField(max_length=64, unique=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(search=None), name="private_feed_of_all_once"
            ),
            models.CheckConstraint(condition=Q(sha256__length=64), name="private_feed_sha256"),
        ]

    def __str__(self) -> str:
        return str(self.search or "everything new")
