"""What a supervisor asks: `/healthz` and `/readyz`."""

from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache, caches
from django.db import OperationalError
from django.utils import timezone

from digest.catalogue.load import load
from digest.models import DailyRun
from digest.pages import readiness
from tests.samples import digest, row

NOW = datetime(2025, 2, 8, 12, tzinfo=UTC)


@pytest.fixture
def now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.parametrize("page", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_they_answer_to_any_host_without_https(client, settings, page):
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get(page, headers={"Host": "10.0.0.7:8000"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert client.post(page).status_code == 405
    assert client.head(page).status_code == 200


def test_health_asks_no_database(client):
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_an_empty_site_is_ready(client, now, settings):
    assert client.get("/readyz").json() == {
        "ready": True,
        "version": settings.VERSION,
        "database": "ok",
        "migrations": "ok",
        "newest_digest": None,
        "daily_run": None,
        "cache": "ok",
    }


@pytest.mark.django_db
def test_how_old_things_are(client, now):
    load(digest(row(1)), "a.json")
    load(digest(row(2, date="2025-12-01")), "b.json")
    steps = [{"name": "fetch huggingface", "error": "no"}, {"name": "check_links", "error": ""}]
    DailyRun.objects.create(begun_at=NOW, ended_at=None, steps=steps)
    answer = client.get("/readyz").json()
    assert answer["newest_digest"] == {"date": str(date(2025, 2, 6)), "age_in_days": 2}
    assert answer["daily_run"] == {
        "begun_at": "2025-02-08T12:00:00Z",
        "ended_at": None,
        "failed": ["fetch huggingface"],
    }


@pytest.mark.django_db
def test_without_its_database_it_is_not_ready(client, monkeypatch, settings):
    def fail(_):
        raise OperationalError("gone")

    monkeypatch.setattr(readiness, "MigrationExecutor", fail)
    closed = []
    monkeypatch.setattr(readiness.connection, "close", lambda: closed.append(1))
    answer = client.get("/readyz")
    assert (answer.status_code, closed) == (503, [1])
    assert answer.json() == {
        "ready": False,
        "version": settings.VERSION,
        "database": "fails",
        "migrations": None,
        "cache": "ok",
    }


@pytest.mark.django_db
def test_with_migrations_to_apply_it_is_not_ready(client, monkeypatch):
    plan = [("one", False), ("two", False)]
    monkeypatch.setattr(readiness.MigrationExecutor, "migration_plan", lambda *_: plan)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "to be applied: 2"


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.django_db
def test_without_its_cache_it_works(client, monkeypatch, lost):
    def get(_):
        if not lost:
            raise ConnectionError

    monkeypatch.setattr(cache, "get", get)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["cache"]) == (200, "fails")


@pytest.mark.django_db
def test_a_cache_of_this_process_is_none(client, monkeypatch):
    """Where Redis is down, each process has its own, which answers."""
    monkeypatch.setattr(caches["default"], "is_down", True, raising=False)
    assert client.get("/readyz").json()["cache"] == "fails"
