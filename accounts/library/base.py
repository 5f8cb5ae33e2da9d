"""What all parts of a library have in common."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from accounts.models import User


class NotHere(Http404):
    """There is nothing of that kind for this person: none at all, or somebody else's."""


class Part:
    """A part of one person's library."""

    def __init__(self, user: User | AnonymousUser) -> None:
        self._user = user

    @property
    def _owner(self) -> User:
        """The person, to write something in their name."""
        if not isinstance(self._user, User):
            raise NotHere("Log in to keep something.")
        return self._user
