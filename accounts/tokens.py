"""Tokens of the API: made, shown once, and known again."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from digest.log import security

from .library import NotFound
from .models import ApiToken, Scope, User
from .optional_writes import write_if_free

PREFIX = "pd_"
"""What every token begins with, so that people and scanners know one when they see it."""
MOST = 50
"""Tokens of a person, at most."""


def of(user: User) -> QuerySet[ApiToken]:
    """A person's tokens, the newest first."""
    return ApiToken.objects.filter(user=user)


def revoke(user: User, token: int) -> None:
    """Let nobody in with it any more. Raises NotFound if the person has no such token."""
    deleted, _ = of(user).filter(pk=token).delete()
    if not deleted:
        raise NotFound("There is no such token.")
    security("token_revoked", user, token=token)


def revoke_all(user: User) -> int:
    """Let nobody in with any of a person's tokens; how many there were."""
    ended, _ = of(user).delete()
    if ended:
        security("tokens_ended", user, count=ended)
    return ended


def create(
    user: User,
    name: str,
    scopes: list[str],
    expires_at: datetime | None = None,
    *,
    second_factor: bool = False,
) -> tuple[ApiToken, str]:
    """A new token of a person: its row, and the token itself, which nobody can show again.

    second_factor: whether the session that asks for it has shown one. Raises ValidationError if
    they have one of this name, or MOST, or it cannot be.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user=user,
        name=" ".join(name.split()),
        sha256=_hashed(secret),
        beginning=secret[:8],
        scopes=[str(Scope(scope)) for scope in Scope.values if scope in scopes],
        added_at=timezone.now(),
        expires_at=expires_at,
        second_factor=second_factor,
    )
    token.clean_fields()
    try:
        with transaction.atomic():
            # Of two requests at once, one waits for the other and counts its token.
            User.objects.select_for_update().get(pk=user.pk)
            if of(user).count() >= MOST:
                raise ValidationError(f"You have {MOST} tokens: revoke one first.")
            token.save()
    except IntegrityError:
        raise ValidationError({"name": f"You have a token “{token.name}” already."}) from None
    security("token_made", user, token=token.pk, scopes=" ".join(token.scopes))
    return token, secret


def _hashed(secret: str) -> str:
    # 256 random bits: nothing is gained by hashing them slowly.
    return sha256(secret.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer pd_…`. `request.auth` is then the token's row."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _, secret = get_authorization_header(request).partition(b" ")
        if kind.lower() not in (b"bearer", b"token"):
            return None
        token = self._known(secret.strip().decode("latin-1"))
        today = timezone.now().date()
        if token.used_on != today:
            # A day is enough to know by, and the next request may say it as well.
            used = ApiToken.objects.filter(pk=token.pk)
            write_if_free(lambda: used.update(used_on=today))
        return token.user, token

    def _known(self, secret: str) -> ApiToken:
        found = ApiToken.objects.select_related("user").filter(sha256=_hashed(secret)).first()
        if found is None or not found.user.is_active:
            raise AuthenticationFailed("There is no such token, or it was revoked.")
        if found.expires_at and found.expires_at <= timezone.now():
            raise AuthenticationFailed("This token has expired.")
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
