"""The cache that all processes of the site share, in Redis or Valkey."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

TIMEOUT = 0.2
"""Seconds that a server may take to let somebody in, and to answer."""
PAUSE = 5.0
"""Seconds for which a server that failed is not asked again."""

_log = logging.getLogger(__name__)


class JSONSerializer:
    """Values as JSON. Django's own are pickles: whoever may write to the server would run code in
    each process that reads them."""

    def dumps(self, value: Any) -> str:
        """Raises TypeError or ValueError for what JSON cannot give back as it was."""
        text = json.dumps(value, allow_nan=False)
        if json.loads(text) != value:
            raise TypeError(f"JSON does not give back {value!r} as it is")
        return text

    def loads(self, data: bytes) -> Any:
        """The value; None in place of what is no JSON."""
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None


class SharedCache(RedisCache):
    """Django's cache in Redis, of values that JSON holds; None counts as absent.

    A server that does not answer costs no answer of the site: each process then keeps values by
    itself, and asks the server again after a pause.
    """

    # Every thread has a cache of its own; what is known of a server is every thread's.
    _ask_again_at: dict[str, float] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "serializer": JSONSerializer(),
            "socket_connect_timeout": TIMEOUT,
            "socket_timeout": TIMEOUT,
            # Once more: a server that was started anew knows the old connections no longer.
            "retry": Retry(NoBackoff(), 1),
        }
        super().__init__(server, {**params, "OPTIONS": options})
        self._server = server
        self._own = LocMemCache(server, params)

    @property
    def is_down(self) -> bool:
        """Whether the server did not answer when it was last asked."""
        return self._server in self._ask_again_at

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        value = self._ask("get", key, None, version)
        return default if value is None else value

    def _ask(self, name: str, *args: Any, **options: Any) -> Any:
        """What the server's cache answers, or else this process's own."""
        down, now = self._ask_again_at, monotonic()
        was_down = self._server in down
        if was_down:
            if now < down[self._server]:
                return getattr(self._own, name)(*args, **options)
            down[self._server] = now + PAUSE  # others need not wait for what this thread finds
        try:
            answer = getattr(RedisCache, name)(self, *args, **options)
        except RedisError as error:
            if self._server not in down:
                _log.error("The cache does not answer, so each process has its own: %s", error)
            down[self._server] = monotonic() + PAUSE
            return getattr(self._own, name)(*args, **options)
        if was_down and down.pop(self._server, 0):
            _log.warning("The cache answers again.")
        return answer


def _asking(name: str) -> Callable[..., Any]:
    def method(self: SharedCache, *args: Any, **options: Any) -> Any:
        return self._ask(name, *args, **options)

    return method


for _name in (
    *("add", "set", "touch", "delete", "has_key", "incr"),
    *("get_many", "set_many", "delete_many", "clear"),
):
    setattr(SharedCache, _name, _asking(_name))
