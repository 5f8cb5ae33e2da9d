"""A cache in the process's memory that is bounded by bytes."""

from __future__ import annotations

import sys
from collections import OrderedDict
from threading import Lock
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache

_ENTRY = 400
"""Bytes that an entry takes beside its key and its value."""
_used: dict[str, int] = {}
"""Bytes that the cache of a name holds: as Django's own keeps the rest, for all threads."""


class BoundedMemoryCache(LocMemCache):
    """Django's own, which counts entries, of whatever size. Here `OPTIONS` says `MAX_BYTES` that
    all keys and values have together; what was not asked for the longest goes first. A value of
    more than an eighth of that is not kept: it would push out all others."""

    # Which Django's own has, and its stubs have not.
    _cache: OrderedDict[str, bytes]
    _expire_info: dict[str, float | None]
    _lock: Lock

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        options = {**params.get("OPTIONS", {})}
        self._most: int = options.pop("MAX_BYTES")
        self._name = name
        super().__init__(name, {**params, "OPTIONS": {**options, "MAX_ENTRIES": sys.maxsize}})
        _used.setdefault(name, 0)

    incr = BaseCache.incr  # Django's own writes past what is counted here

    def _set(self, key: str, value: bytes, timeout: Any = DEFAULT_TIMEOUT) -> None:
        self._delete(key)
        size = self._size(key, value)
        if size > self._most // 8:
            return
        super()._set(key, value, timeout)  # type: ignore[misc]
        _used[self._name] += size
        while _used[self._name] > self._most:
            self._delete(next(reversed(self._cache)))

    def _delete(self, key: str) -> bool:
        if key in self._cache:
            _used[self._name] -= self._size(key, self._cache[key])
        return bool(super()._delete(key) is not False)  # type: ignore[misc]

    def clear(self) -> None:
        with self._lock:
            self._cache.clear()
            self._expire_info.clear()
            _used[self._name] = 0

    def _size(self, key: str, value: bytes) -> int:
        return len(key) + len(value) + _ENTRY
