"""Who may ask the API for what, and how often."""

from __future__ import annotations

from ipaddress import IPv6Network, ip_address
from time import time
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.cache import cache
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    # DRF's views ask for what is here while they are being imported.
    from rest_framework.views import APIView


MINUTE = 60


PUBLIC = "catalogue:read"
"""The scope of what anybody may ask."""


def scope(view: APIView, method: str | None) -> str:
    """The scope that a view needs for a method."""
    read, write = view.scopes  # type: ignore[attr-defined]
    found: str = read if method in SAFE_METHODS else write
    return found


class Scoped(BasePermission):
    """A token needs the scope that the view names for reading or for writing; a person who is
    logged in needs none. The catalogue is open to everybody, but to a token made for other things.

    A view says `scopes = (to read, to write)`.
    """

    message = "The token does not have the scope for this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method not in view.allowed_methods:
            return True  # which nobody may, and so they are told
        needed = scope(view, request.method)
        if request.auth is not None:
            return needed in cast(Any, request.auth).scopes
        return request.user.is_authenticated or needed == PUBLIC


def _used(who: str, minute: int) -> int:
    """Count one more request within a minute; how many there were.

    Counts are where all processes see them, if there is such a place (CACHE_URL), and never in the
    catalogue's database, where reading would wait for whoever writes.
    """
    # Each other minute takes the same key, so that there are no more than two of anybody.
    key = f"api-{who}-{minute % 2}"
    cache.add(key, 0, MINUTE)
    try:
        return cache.incr(key)
    except ValueError:  # it was culled just now
        return 1


class Throttle(BaseThrottle):
    """So many requests a minute: of a token, else of a person, else of an address.

    `RateLimit-…` headers tell programs where they stand, and `Retry-After` when to come back.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        logged_in = request.auth is not None or request.user.is_authenticated
        limit = settings.API_RATE if logged_in else settings.API_RATE_ANONYMOUS
        now = int(time())
        self.reset = MINUTE - now % MINUTE
        used = _used(self._who(request), now // MINUTE)
        request._request.api_rate = {  # type: ignore[attr-defined]
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(limit - used, 0)),
            "RateLimit-Reset": str(self.reset),
        }
        return used <= limit

    def wait(self) -> float:
        return self.reset

    def _who(self, request: Request) -> str:
        if request.auth is not None:
            return f"token-{request.auth.pk}"
        if request.user.is_authenticated:
            return f"user-{request.user.pk}"
        return f"address-{_network(self.get_ident(request) or '')}"


def _network(address: str) -> str:
    """Who is counted by an address: of IPv6, a network, since everybody has 2^64 addresses."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    return str(ip if ip.version == 4 else IPv6Network((ip, 64), strict=False))


def announce(response: Any, request: Request) -> None:
    """Say in the response how many requests are left."""
    for name, value in getattr(request._request, "api_rate", {}).items():
        response[name] = value
