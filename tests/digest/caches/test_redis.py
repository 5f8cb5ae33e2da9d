"""The cache that processes share: what it holds, and that the site does without it."""

import logging
import socket
from datetime import date

import pytest
import redis as client
from django.core.cache import cache
from django.test import Client
from django.utils.safestring import SafeString

from digest.caches import redis
from tests.accounts.conftest import PASSWORD, person


@pytest.fixture
def shared(redis, settings):
    """The site's cache is in Redis, which is there."""
    settings.CACHES = {
        **settings.CACHES,
        "default": {"BACKEND": "digest.caches.redis.SharedCache", "LOCATION": redis.url},
    }
    redis.start()
    return redis


@pytest.fixture
def clock(monkeypatch):
    """clock(5) lets five seconds pass for the pause."""
    seconds = [0.0]
    monkeypatch.setattr(redis, "monotonic", lambda: seconds[0])

    def wait(passed):
        seconds[0] += passed

    return wait


@pytest.mark.parametrize(
    "value", [1, -3, 0, True, 1.5, "é", "", [], [1732750000.25, 2], {"a": [None, False]}, "1"]
)
def test_what_json_holds_comes_back(shared, value):
    assert cache.add("a", value)
    assert not cache.add("a", "else")
    assert cache.get("a", "nothing") == value
    assert type(cache.get("a")) is type(value)
    cache.set_many({"b": value, "c": 1})
    assert cache.get_many(["a", "b", "d"]) == {"a": value, "b": value}


@pytest.mark.parametrize(
    "value", [date(2025, 2, 6), b"bytes", (1, 2), {1: "a"}, {1, 2}, float("nan"), object()]
)
def test_what_json_does_not_hold_is_refused(shared, value):
    for keep in (cache.set, cache.add):
        with pytest.raises((TypeError, ValueError)):
            keep("a", value)
    assert "a" not in cache


def test_text_marked_as_safe_is_text(shared):
    cache.set("a", SafeString("<b>"))
    assert type(cache.get("a")) is str


def test_numbers_are_counted(shared):
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")
    cache.add("a", 0, 60)
    assert [cache.incr("a"), cache.incr("a", 5), cache.decr("a")] == [1, 6, 5]
    with client.Redis.from_url(shared.url) as direct:
        (key,) = direct.keys()
        assert (direct.get(key), 0 < direct.ttl(key) <= 60) == (b"5", True)


@pytest.mark.parametrize("planted", [b"\x80\x05K\x01.", b"cposix\nsystem\n.", b"", b"[" * 10_000])
def test_what_is_no_json_is_no_value_and_runs_nothing(shared, planted):
    with client.Redis.from_url(shared.url) as direct:
        direct.set(cache.make_key("a"), planted)
    assert cache.get("a", "nothing") == "nothing"
    assert not cache.add("a", 1)
    cache.set("a", 1)
    assert cache.get("a") == 1


def test_a_server_that_goes_and_comes_back(shared, clock, caplog):
    cache.set("a", 1)
    shared.stop()
    assert cache.get("a", "nothing") == "nothing"
    assert cache.add("a", 5)
    assert cache.incr("a") == 6
    assert cache.get_many(["a"]) == {"a": 6}
    assert cache.delete("a")
    shared.start()
    assert cache.get("b") is None
    cache.set("b", "kept by the process")
    clock(redis.PAUSE)
    assert cache.get("b") is None
    cache.set("b", "kept by the server")
    with client.Redis.from_url(shared.url) as direct:
        assert direct.dbsize() == 1
    assert [(record.levelno, record.getMessage()[:18]) for record in caplog.records] == [
        (logging.ERROR, "The cache does not"),
        (logging.WARNING, "The cache answers "),
    ]
    assert shared.url not in caplog.text


def test_a_server_that_was_started_anew_is_just_asked_again(shared, caplog):
    cache.set("a", 1)
    shared.stop()
    shared.start()
    assert cache.get("a") is None
    cache.set("a", 2)
    with client.Redis.from_url(shared.url) as direct:
        assert direct.dbsize() == 1
    assert caplog.records == []


@pytest.fixture
def silent(settings):
    """The site's cache lets everybody in, and says nothing; how often it was asked."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        backend = {"BACKEND": "digest.caches.redis.SharedCache", "LOCATION": address}
        settings.CACHES = {**settings.CACHES, "default": backend}
        server.setblocking(False)

        def count():
            while True:
                try:
                    asked.append(server.accept())
                except BlockingIOError:
                    return len(asked)

        yield count
    for connection, _ in asked:
        connection.close()


def test_a_server_that_says_nothing_is_waited_for_once(silent, clock, caplog, monkeypatch):
    monkeypatch.setattr(redis, "TIMEOUT", 0.01)
    for n in range(5):
        cache.set("a", n)
        assert cache.get("a") == n
    once = silent()
    assert once == 2  # the first time, and once more
    clock(redis.PAUSE)
    assert [cache.get("a") for _ in range(5)] == [4] * 5
    assert silent() == 2 * once
    assert len(caplog.records) == 1


@pytest.mark.django_db
def test_the_site_answers_without_its_cache(shared, settings, monkeypatch):
    monkeypatch.setattr("digest.api.access.time", lambda: 1_000_000)
    settings.API_RATE_ANONYMOUS = 3
    visitor, _ = Client(), person("reader")

    def left():
        answer = visitor.get("/api/v1/papers/")
        return answer.status_code, answer["RateLimit-Remaining"]

    def log_in(password):
        return Client().post("/account/login/", {"login": "reader", "password": password})

    assert [left(), left()] == [(200, "2"), (200, "1")]
    assert log_in(PASSWORD).status_code == 302
    assert visitor.get("/readyz").json()["cache"] == "ok"
    shared.stop()
    answer = visitor.get("/readyz")
    assert (answer.status_code, answer.json()["cache"]) == (200, "fails")
    assert [left() for _ in range(4)] == [(200, "2"), (200, "1"), (200, "0"), (429, "0")]
    assert log_in(PASSWORD).status_code == 302
    # The limits of logging in are then the process's own.
    answers = [log_in("wrong").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
