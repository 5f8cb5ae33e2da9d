"""The secret addresses of a person's feeds."""

from __future__ import annotations

import secrets
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import PrivateFeed, SavedSearch, User

from .base import NotFound, Part


class Feeds(Part):
    """A feed is of a saved search, or, where that is None, of all that is new to the person."""

    def all(self) -> QuerySet[PrivateFeed]:
        return PrivateFeed.objects.filter(user=self._user.pk)

    def make(self, search: SavedSearch | None) -> str:
        """A new secret for a feed, which nobody can show again; the old address leads nowhere then.
        search: one of the person's own. Raises NotFound if it was deleted meanwhile."""
        secret = secrets.token_urlsafe(32)
        with transaction.atomic():
            # Of two requests at once, one waits for the other and replaces its feed.
            User.objects.select_for_update().get(pk=self._owner.pk)
            if search and not self._is_there(search):
                raise NotFound("There is no such saved search.")
            self._of(search).delete()
            PrivateFeed.objects.create(
                user=self._owner, search=search, sha256=hashed(secret), added_at=timezone.now()
            )
        return secret

    def end(self, search: SavedSearch | None) -> None:
        """Let the address of a feed lead nowhere."""
        self._of(search).delete()

    @staticmethod
    def _is_there(search: SavedSearch) -> bool:
        """Whether it is still there, and then it stays until the transaction ends."""
        return SavedSearch.objects.select_for_update().filter(pk=search.pk).first() is not None

    def _of(self, search: SavedSearch | None) -> QuerySet[PrivateFeed]:
        return self.all().filter(search=search)


def by_secret(secret: str) -> PrivateFeed:
    """The feed with this secret. Raises NotFound."""
    found = PrivateFeed.objects.select_related("user", "search").filter(sha256=hashed(secret))
    feed = found.filter(user__is_active=True).first()
    if feed is None:
        raise NotFound("There is no such feed, or its address was renewed.")
    return feed


def hashed(secret: str) -> str:
    # 256 random bits: nothing is gained by hashing them slowly.
    return sha256(secret.encode()).hexdigest()
