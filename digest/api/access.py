"""Who may ask the API for what, and how often."""

from __future__ import annotations

from threading import Lock
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


class Scoped(BasePermission):
    """A token needs the scope that the view names for reading or for writing; a person who is
    logged in needs none. The catalogue is open to everybody, but to a token made for other things.

    A view says `scopes = (to read, to write)`.
    """

    message = "The token does not have the scope for this."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method not in view.allowed_methods:
            return True  # which nobody may, and so they are told
        read, write = view.scopes  # type: ignore[attr-defined]
        needed = read if request.method in SAFE_METHODS else write
        if request.auth is not None:
            return needed in cast(Any, request.auth).scopes
        return request.user.is_authenticated or needed == "catalogue:read"


class _Counter:
    """Counts uses within a minute, over all workers.

    Each worker tells the shared cache a twentieth of the limit at a time: to write for every
    request would make reading wait for whoever writes. So of N workers together, N twentieths may
    be used beyond the limit.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.minute = 0
        self.uses: dict[str, list[int]] = {}

    def use(self, who: str, limit: int, minute: int) -> int:
        """Count one more; how many there are."""
        with self.lock:
            if minute != self.minute:
                self.minute, self.uses = minute, {}
            counted = self.uses.setdefault(who, [0, 0])
            counted[1] += 1
            shared, pending = counted
            if not shared or pending >= max(limit // 20, 1):
                self.uses[who] = counted = [self._share(f"api-{who}-{minute}", pending), 0]
            return sum(counted)

    def _share(self, key: str, pending: int) -> int:
        cache.add(key, 0, 2 * MINUTE)
        try:
            return cache.incr(key, pending)
        except ValueError:  # it was culled just now
            return pending


_counter = _Counter()


class Throttle(BaseThrottle):
    """So many requests a minute: of a token, else of a person, else of an address.

    `RateLimit-…` headers tell programs where they stand, and `Retry-After` when to come back.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        known = request.auth is not None or request.user.is_authenticated
        limit = settings.API_RATE if known else settings.API_RATE_ANONYMOUS
        now = int(time())
        self.reset = MINUTE - now % MINUTE
        used = _counter.use(self._who(request), limit, now // MINUTE)
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
        return f"address-{self.get_ident(request)}"


def announce(response: Any, request: Request) -> None:
    """Say in the response how many requests are left."""
    for name, value in getattr(request._request, "api_rate", {}).items():
        response[name] = value
