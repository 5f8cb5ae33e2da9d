"""What is kept in memory, by bytes."""

import pytest

from digest.caches import memory
from digest.caches.memory import BoundedMemoryCache

MOST = 100_000


@pytest.fixture
def cache():
    made = BoundedMemoryCache("of a test", {"TIMEOUT": None, "OPTIONS": {"MAX_BYTES": MOST}})
    made.clear()
    return made


def used():
    return memory._used["of a test"]


def test_it_gives_what_it_was_given(cache):
    cache.set_many({"a": 1, "b": ["x"]})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": ["x"]}
    assert cache.add("a", 2) is False
    assert cache.incr("a") == 2
    assert cache.delete("a") is True
    assert cache.delete("a") is False
    assert cache.get("a") is None


def test_what_was_not_asked_for_the_longest_goes_first(cache):
    for number in range(20):
        cache.set(str(number), "x" * 10_000)
        cache.get("0")
    kept = [number for number in range(20) if str(number) in cache]
    assert kept == [0, *range(20 - len(kept) + 1, 20)]
    assert MOST - 11_000 < used() <= MOST


def test_many_small_ones_are_bounded_too(cache):
    for number in range(2_000):
        cache.set(str(number), number)
    assert used() <= MOST
    assert len(cache._cache) == len(cache._expire_info) < MOST / 400


def test_what_would_push_out_all_others_is_not_kept(cache):
    cache.set("small", 1)
    cache.set("large", 1)
    cache.set("large", "x" * (MOST // 8))
    assert cache.get_many(["small", "large"]) == {"small": 1}


def test_what_goes_is_not_counted(cache):
    cache.set("other", 1)
    before = used()
    for _ in range(3):
        cache.set("a", "x" * 5_000)
        cache.set("a", "x" * 50)
    cache.delete("a")
    cache.set("gone", "x", timeout=0)
    assert cache.get("gone") is None
    assert used() == before
    cache.clear()
    assert used() == 0
