import sqlite3

import pytest
from django.core.checks import run_checks

from digest.checks import https_can_be_seen, sqlite_is_safe


@pytest.mark.sqlite
@pytest.mark.parametrize(("version", "ids"), [((3, 51, 2), ["digest.W001"]), ((3, 51, 3), [])])
def test_an_old_sqlite_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], ids: list[str]
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert [message.id for message in run_checks()] == ids


@pytest.mark.postgresql
def test_postgresql_needs_no_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    assert sqlite_is_safe() == []


@pytest.mark.parametrize(
    ("redirect", "proxies", "ids"),
    [(True, 0, ["digest.W002"]), (True, 1, []), (False, 0, [])],
)
def test_a_redirect_without_end_is_warned_of(
    settings: object, redirect: bool, proxies: int, ids: list[str]
) -> None:
    settings.SECURE_SSL_REDIRECT = redirect
    settings.TRUSTED_PROXIES = proxies
    assert [message.id for message in https_can_be_seen()] == ids
