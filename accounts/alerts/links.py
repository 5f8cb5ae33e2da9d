"""The signed links of a mail, which work without a log-in, and the mark by which it is known when
it comes back.

Nothing is stored. Whoever has a link may do what it is for: end the mails, or bookmark one paper.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.library import NotFound
from accounts.models import User

LASTS = timedelta(days=90)
"""How long a link works."""
_STOP, _BOOKMARK, _MARK = (f"accounts.alerts.{name}" for name in ("stop", "bookmark", "mark"))


def stop_link(user: User) -> str:
    """Ends the mails of a person."""
    return _link("stop-mails", signing.dumps(user.pk, salt=_STOP))


def bookmark_link(user: User, paper: int) -> str:
    """Bookmarks a paper."""
    return _link("bookmark-mailed", signing.dumps([user.pk, paper], salt=_BOOKMARK))


def _link(page: str, token: str) -> str:
    return settings.SITE_URL + reverse(page, args=[token])


def read_stop_link(token: str) -> User:
    """The person of a link that ends mails. Raises NotFound."""
    return _person(_read(token, _STOP))


def read_bookmark_link(token: str) -> tuple[User, int]:
    """The person and the paper of a link that bookmarks one. Raises NotFound."""
    person, paper = _read(token, _BOOKMARK)
    return _person(person), paper


def _read(token: str, salt: str) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=LASTS)
    except signing.BadSignature:
        raise NotFound(
            "This link is too old, or not complete. Log in to change your mails."
        ) from None


def _person(key: int) -> User:
    user = User.objects.filter(pk=key, is_active=True).first()
    if user is None:
        raise NotFound("There is no such account any longer.")
    return user


class Mark(NamedTuple):
    """To whom a mail was sent: the key of the person, and the address."""

    user: int
    address: str


def mark(user: User, address: str) -> str:
    """The value of the header by which a mail is known when it comes back."""
    return signing.dumps([user.pk, address], salt=_MARK)


def read_mark(value: str) -> Mark | None:
    """What the header says; None if it is forged, or too old."""
    try:
        return Mark(*signing.loads(value, salt=_MARK, max_age=LASTS))
    except signing.BadSignature:
        return None
