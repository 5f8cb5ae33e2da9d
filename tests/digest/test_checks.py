import sqlite3
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.db import connection

from digest.checks import (
    accounts_are_of_known_people,
    hosts_share_a_key,
    https_can_be_seen,
    secrets_are_closed,
    sqlite_is_safe,
)


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


@pytest.mark.parametrize(
    ("host", "file", "ids"),
    [
        ("db.example.org", Path("var/secret_key"), ["digest.W007"]),
        ("db.example.org", None, []),
        ("127.0.0.1", Path("var/secret_key"), []),
        ("/run/postgresql", Path("var/secret_key"), []),
        ("", Path("var/secret_key"), []),
    ],
)
def test_hosts_that_would_have_keys_of_their_own_are_warned_of(
    settings: object, monkeypatch: pytest.MonkeyPatch, host: str, file: Path | None, ids: list[str]
) -> None:
    settings.KEY_FILE = file
    monkeypatch.setitem(connection.settings_dict, "HOST", host)
    assert [message.id for message in hosts_share_a_key()] == ids


def test_what_a_site_that_the_world_sees_is_to_set(settings: object) -> None:
    settings.EMAIL_HOST = ""  # mail is printed, or written into files
    found = [message.id for message in accounts_are_of_known_people()]
    assert found == ["digest.W003", "digest.W004", "digest.W005"]
    settings.SIGNUP = "invitation"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.EMAIL_HOST = "mail.example.org"
    assert accounts_are_of_known_people() == []


def test_files_with_secrets_are_closed(settings: object, tmp_path: Path) -> None:
    settings.ROOT, settings.VAR = tmp_path, tmp_path / "var"
    settings.VAR.mkdir(mode=0o700)
    assert secrets_are_closed() == []
    (tmp_path / ".env").touch(mode=0o640)
    assert secrets_are_closed() == []
    (tmp_path / ".env").chmod(0o644)
    settings.VAR.chmod(0o755)
    assert [message.hint for message in secrets_are_closed()] == [
        f"Run chmod 640 {tmp_path}/.env",
        f"Run chmod 700 {tmp_path}/var",
    ]
