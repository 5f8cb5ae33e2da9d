"""What each environment variable does, and that none does anything unknown to OPERATING.md."""

import ast
import os
import re
import runpy
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.urls import get_resolver

from digest.settings import secret_key

ROOT = Path(__file__).resolve().parent.parent
KEY = "k" * 32

Load = Callable[..., dict[str, Any]]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """load(NAME=value, ...) reads the settings file anew, with these variables and no others."""

    def load(**variables: str) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            for name in list(os.environ):
                patch.delenv(name)
            for name, value in ({"SECRET_KEY": KEY, "ENV_FILE": os.devnull} | variables).items():
                patch.setenv(name, value)
            return runpy.run_path(str(ROOT / "digest" / "settings.py"))

    return load


ESCAPES = (
    "inside a name or a password, write %23 for #, %25 for %, %2F for /, %3A for :, %3F for ?, "
    "%40 for @"
)
SITE = "use the address alone, like https://digest.example.org"
DATABASE = (
    "use sqlite:///path/from/the/checkout.sqlite3, sqlite:////full/path or "
    "postgres://user:password@host:port/name"
)
CACHE = "use memory://, redis://user:password@host:port/0 or rediss:// with the same"
MAIL = (
    "use console://, file:///folder, or smtp://user:password@host:port?from=address, or "
    "smtp+tls:// or smtps:// with the same"
)
OIDC = "use https://id:secret@host/path/of/the/issuer?name=Lab"
SERVICE = "use an https address, without a name, a password or a query"
SWITCH = "use on or true or yes or 1, or off or false or no or 0"
FETCHED = "use huggingface, or arxiv: with a category, such as arxiv:cs.CL"
REFUSED = [
    ("DEBUG", "maybe", f"DEBUG=maybe: {SWITCH}"),
    ("DEBUG", "2", f"DEBUG=2: {SWITCH}"),
    ("DEBUG", "on\noff", rf"DEBUG=on\noff: {SWITCH}"),
    ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES=-1: give a whole number, 0 or more"),
    ("TRUSTED_PROXIES", "1.5", "TRUSTED_PROXIES=1.5: give a whole number, 0 or more"),
    (
        "TRUSTED_PROXIES",
        "\u0661",
        "TRUSTED_PROXIES=\u0661: give a whole number, 0 or more",
    ),
    *(
        ("PORT", value, f"PORT={value}: give a whole number from 1 to 65535")
        for value in ("0", "65536")
    ),
    *(
        (
            "ALLOWED_HOSTS",
            value,
            f"ALLOWED_HOSTS={value}: use host names, without http:// or a port, "
            "separated by commas",
        )
        for value in ("https://a.example", "a.example:8000", "a.example,,b.example", "a b")
    ),
    *(
        (
            "ADMINS",
            value,
            f"ADMINS={wrong}: no address: use name@example.org, with commas between",
        )
        for value, wrong in (("ops", "ops"), ("a@b.example,Ops <c@d.example>", "Ops <c@d.example>"))
    ),
    ("LOG_FORMAT", "xml", "LOG_FORMAT=xml: use text or json"),
    ("MAX_DIGEST_AGE", "a week", "MAX_DIGEST_AGE=a week: give a whole number, 0 or more"),
    *(
        ("METRICS_TOKEN", value, "METRICS_TOKEN: use at least 32 characters, without spaces")
        for value in ("short", "t" * 31, "t" * 20 + " " + "t" * 20, "ü" * 40)
    ),
    (
        "ALLOWED_HOSTS",
        "a b" * 100,
        f"ALLOWED_HOSTS={('a b' * 100)[:200]}…: use host names, without http:// or a port, "
        "separated by commas",
    ),
    ("SITE_URL", "digest.example.org", f"SITE_URL=digest.example.org: not a URL: {SITE}"),
    ("SITE_URL", "https://a b", f"SITE_URL=https://a b: not a URL: {SITE}"),
    ("SITE_URL", "https://a:port", f"SITE_URL: not a URL: {SITE}"),
    ("SITE_URL", "https://a:0", f"SITE_URL=https://a:0: not a URL: {SITE}"),
    ("SITE_URL", "ftp://a.example", f"SITE_URL=ftp://a.example: {SITE}"),
    *(
        ("SITE_URL", value, f"SITE_URL={shown}: {SITE}")
        for value, shown in (
            ("https://", "https://"),
            ("https://a/papers", "https://a/papers"),
            ("https://me@a", "https://***@a"),
            ("https://a?b=c", "https://a?…"),
        )
    ),
    ("DATABASE_URL", "var/db.sqlite3", f"DATABASE_URL=var/db.sqlite3: not a URL: {DATABASE}"),
    *(
        ("DATABASE_URL", value, f"DATABASE_URL: not a URL: {DATABASE}; {ESCAPES}")
        for value in (
            "postgres://me:hunter#2@host/db",
            "postgres://me:hunter/2@host/db",
            "postgres://me:2/hunter@host/db",
            "me:hunter2@host/db",
        )
    ),
    (
        "DATABASE_URL",
        "postgres://me:hunter%002@host/db",
        f"DATABASE_URL=postgres://***@host/db: not a URL: {DATABASE}; {ESCAPES}",
    ),
    ("DATABASE_URL", "mysql://me:hunter2@host/db", f"DATABASE_URL=mysql://***@host/db: {DATABASE}"),
    *(
        ("DATABASE_URL", value, f"DATABASE_URL={value}: {DATABASE}")
        for value in ("sqlite://", "sqlite://var/db.sqlite3", "sqlite:///:memory:")
    ),
    (
        "DATABASE_URL",
        "sqlite:///db?mode=ro",
        "DATABASE_URL=sqlite:///db?…: mode after the ? is unknown: leave it out",
    ),
    (
        "DATABASE_URL",
        "sqlite:////nowhere/at/all.sqlite3",
        "DATABASE_URL=sqlite:////nowhere/at/all.sqlite3: there is no folder /nowhere/at: create "
        "it, or name another",
    ),
    (
        "DATABASE_URL",
        "sqlite:///digest",
        "DATABASE_URL=sqlite:///digest: this is a folder: name a file in it",
    ),
    (
        "DATABASE_URL",
        "postgres://me:hunter2@host",
        f"DATABASE_URL=postgres://***@host: {DATABASE}",
    ),
    (
        "DATABASE_URL",
        "postgres://me:hunter2@host/db?ssl=hunter2",
        "DATABASE_URL=postgres://***@host/db?…: ssl after the ? is unknown: use those of libpq",
    ),
    (
        "DATABASE_URL",
        "postgres://host/db?sslmode=require&sslmode=allow",
        "DATABASE_URL=postgres://host/db?…: an option is there twice after the ?",
    ),
    *(
        ("CACHE_URL", value, f"CACHE_URL={shown}: {CACHE}")
        for value, shown in (
            ("memcached://host", "memcached://host"),
            ("database://", "database://"),
            ("memory://host", "memory://host"),
            ("redis://", "redis://"),
            ("redis://:hunter2@host/main", "redis://***@host/main"),
        )
    ),
    (
        "CACHE_URL",
        "redis://host?max=1",
        "CACHE_URL=redis://host?…: max after the ? is unknown: use db",
    ),
    (
        "CACHE_URL",
        "redis://host?db=one",
        "CACHE_URL=redis://host?…: db after the ? is to be a number",
    ),
    *(
        ("EMAIL_URL", value, f"EMAIL_URL={shown}: {MAIL}")
        for value, shown in (
            ("imap://me:hunter2@host", "imap://***@host"),
            ("smtp://", "smtp://"),
            ("smtp://me@host", "smtp://***@host"),
            ("smtp://host/path", "smtp://host/path"),
            ("file://folder", "file://folder"),
            ("file:///", "file:///"),
            ("console://host", "console://host"),
        )
    ),
    (
        "EMAIL_URL",
        "smtp://host?tls=1",
        "EMAIL_URL=smtp://host?…: tls after the ? is unknown: use from",
    ),
    (
        "EMAIL_URL",
        "smtp://host?from=lab",
        "EMAIL_URL=smtp://host?…: from after the ? is to be an e-mail address",
    ),
    (
        "EMAIL_URL",
        "file:///dev/null/mail",
        "EMAIL_URL=file:///dev/null/mail: /dev/null is no folder that this user may write to",
    ),
    ("SIGNUP", "yes", "SIGNUP=yes: use open, invitation or closed"),
    (
        "EMAIL_VERIFICATION",
        "on",
        "EMAIL_VERIFICATION=on: use mandatory, optional or none",
    ),
    *(
        (name, value, f"{name}: use id:secret, as the provider gave them")
        for name in ("ORCID_CLIENT", "GITHUB_CLIENT")
        for value in ("hunter2", ":hunter2", "id:", "id:hunter 2")
    ),
    ("OIDC", "login.example.org", f"OIDC=login.example.org: not a URL: {OIDC}"),
    ("OIDC", "ldap://id:hunter2@host", f"OIDC=ldap://***@host: {OIDC}"),
    *(
        ("OIDC", value, f"OIDC={shown}: {OIDC}")
        for value, shown in (
            ("https://login.example.org/lab", "https://login.example.org/lab"),
            ("https://id@login.example.org", "https://***@login.example.org"),
            ("http://id:hunter2@a.example", "http://***@a.example"),
        )
    ),
    (
        "OIDC",
        "https://id:hunter2@login.example.org/?title=Lab",
        "OIDC=https://***@login.example.org/?…: title after the ? is unknown: use name",
    ),
    *(
        ("ADMIN_PATH", value, f"ADMIN_PATH={value}: use letters, digits, - and _ alone")
        for value in ("/admin", "admin/", "a/b", "..", "a b", "für", "<x>", "admin?", "a.b")
    ),
    *(
        (
            "ADMIN_PATH",
            value,
            f"ADMIN_PATH={value}: the site has that address: choose another",
        )
        for value in ("papers", "static", "api")
    ),
    *(
        (
            "FETCH",
            f"huggingface, {value}",
            f"FETCH=huggingface,{value}: {value} is unknown: {FETCHED}",
        )
        for value in ("arxiv", "hf", "arxiv:cs.XX", "arxiv:")
    ),
    *(
        (name, value, f"{name}={shown}: {SERVICE}")
        for name in ("HUGGINGFACE_URL", "ARXIV_URL")
        for value, shown in (
            ("http://mirror.example.org", "http://mirror.example.org"),
            ("https://", "https://"),
            ("https://me:hunter2@mirror.example.org", "https://***@mirror.example.org"),
            ("https://mirror.example.org/?a=b", "https://mirror.example.org/?…"),
            ("http://10.0.0.1", "http://10.0.0.1"),
            ("ftp://mirror.example.org", "ftp://mirror.example.org"),
        )
    ),
    ("SECRET_KEY", "hunter2", "SECRET_KEY: use at least 32 characters, chosen at random"),
    (
        "SECRET_KEY_FALLBACKS",
        f"{KEY},short",
        "SECRET_KEY_FALLBACKS: use earlier keys, with commas between them",
    ),
    ("SECRET_KEY_FILE", "/x", "SECRET_KEY and SECRET_KEY_FILE are both set: use one of them"),
]


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_a_bad_value_is_refused_by_name(load: Load, name: str, value: str, message: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        load(**{name: value})
    assert str(caught.value) == message


WRONG = {"SECRET_KEY": KEY, "FETCH": "arxiv", "ENV_FILE": "/dev/null"}


@pytest.mark.parametrize(
    "command",
    [
        *(
            "manage.py check",
            "manage.py fetch huggingface",
            "manage.py daily",
            "manage.py runserver",
        ),
        *("-m gunicorn", "-m gunicorn --preload", "-m digest.wsgi"),
    ],
)
def test_commands_and_servers_say_in_a_line_what_is_refused(command: str) -> None:
    done = subprocess.run(
        [sys.executable, *command.split()], cwd=ROOT, env=WRONG, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert (done.stdout, done.stderr) == ("", f"FETCH=arxiv: arxiv is unknown: {FETCHED}\n")


@pytest.mark.parametrize("value", ["0", "1", "TRUE", "false", "Yes", "no", "on", "OFF"])
def test_switches_are_written_in_many_ways(load: Load, value: str) -> None:
    assert load(DEBUG=value)["DEBUG"] is (value.lower() in {"1", "true", "yes", "on"})


def test_choices_may_be_in_capitals(load: Load) -> None:
    assert load(SIGNUP="Invitation")["SIGNUP"] == "invitation"


def test_what_a_user_has_no_right_to_is_said(load: Load, tmp_path: Path) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"SECRET_KEY: .* cannot be used: Is a directory"
    ):
        secret_key(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match=r"EMAIL_URL=.*/file is no folder"):
        load(EMAIL_URL=f"file://{tmp_path}/file/mail")


# The file of settings


def test_the_environment_counts_more_than_the_file(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(
        "# A comment\n\nSIGNUP=closed\nexport FETCH = huggingface\n".replace(" = ", "=")
        + "EMAIL_URL='smtp://me:a$b;c@mail.example?from=a@b'\nSITE_URL=\"https://digest.example\"\n"
    )
    settings = load(ENV_FILE=str(file), SIGNUP="invitation", FETCH="")
    assert settings["SIGNUP"] == "invitation"
    assert settings["FETCH"] == ["huggingface"]
    assert settings["EMAIL_HOST_PASSWORD"] == "a$b;c"
    assert settings["SITE_URL"] == "https://digest.example"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("SIGNUP", "write NAME=value, or # and a note"),
        ("SIGNUP = open", "write NAME=value, or # and a note"),
        ("SIGN-UP=open", "write NAME=value, or # and a note"),
        ("DEBUG=off\n", "DEBUG is there twice"),
        *(
            (f"OIDC={value}", "OIDC: write the value in single quotes, and nothing after it")
            for value in ("a b", "$HOME", "a # b", "'a' b", "a'b'", '"a$b"', r"a\b", "`a`", '"a')
        ),
    ],
)
def test_a_line_that_is_read_in_two_ways_is_refused(
    load: Load, tmp_path: Path, line: str, message: str
) -> None:
    file = tmp_path / "env"
    file.write_text(f"DEBUG=off\n{line}")
    with pytest.raises(ImproperlyConfigured) as caught:
        load(ENV_FILE=str(file))
    assert str(caught.value) == f"{file}, line 2: {message}"


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_of_settings_that_is_named_is_read_or_refused(
    load: Load, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "env"
    if content:
        file.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(str(file))}: "):
        load(ENV_FILE=str(file))


# What follows from the settings


@pytest.mark.parametrize(
    ("variables", "address", "port"),
    [
        ({}, "http://localhost:8000", 8000),
        ({"PORT": "9000"}, "http://localhost:9000", 9000),
        ({"SITE_URL": "http://localhost:9000"}, "http://localhost:9000", 9000),
        ({"SITE_URL": "http://localhost"}, "http://localhost", 80),
        ({"SITE_URL": "http://localhost:8080", "PORT": "9000"}, "http://localhost:8080", 9000),
        ({"SITE_URL": "https://a.example:443"}, "https://a.example", 8000),
        ({"SITE_URL": "https://a.example:8443", "PORT": "9000"}, "https://a.example:8443", 9000),
    ],
)
def test_the_address_and_the_port(
    load: Load, variables: dict[str, str], address: str, port: int
) -> None:
    settings = load(**variables)
    assert (settings["SITE_URL"], settings["PORT"]) == (address, port)
    assert settings["CSRF_TRUSTED_ORIGINS"] == [address]


def test_defaults(load: Load) -> None:
    settings = load()
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]", "localhost"]
    assert settings["DATABASES"]["default"]["NAME"] == ROOT / "var" / "db.sqlite3"
    assert settings["CACHES"]["default"]["BACKEND"].endswith("LocMemCache")
    assert settings["EMAIL_TRANSPORT"] == "django.core.mail.backends.console.EmailBackend"
    assert settings["SECURE_SSL_REDIRECT"] is False
    assert settings["SESSION_COOKIE_SECURE"] is False
    assert "SECURE_PROXY_SSL_HEADER" not in settings


def test_what_is_fetched(load: Load) -> None:
    assert load()["FETCH"] == []
    assert load(FETCH=" huggingface,,huggingface ")["FETCH"] == ["huggingface"]
    both = ["huggingface", "arxiv:cs.CL", "arxiv:cs.LG"]
    assert load(FETCH=",".join(both))["FETCH"] == both


def test_where_services_are(load: Load) -> None:
    assert load()["HUGGINGFACE_URL"] == "https://huggingface.co"
    settings = load(HUGGINGFACE_URL="https://mirror.example.org/hf/", ARXIV_URL="http://[::1]:8001")
    assert settings["HUGGINGFACE_URL"] == "https://mirror.example.org/hf"
    assert settings["ARXIV_URL"] == "http://[::1]:8001"


def test_where_the_admin_is(load: Load) -> None:
    assert load()["ADMIN_PATH"] == "admin"
    assert load(ADMIN_PATH="Behind-the_2nd-door")["ADMIN_PATH"] == "Behind-the_2nd-door"


def test_the_admin_stands_before_no_page(load: Load) -> None:
    """A path that the site has is refused: every first part of one, and the static files'."""
    firsts = {str(each.pattern).partition("/")[0] for each in get_resolver().url_patterns}
    included = [each for each in get_resolver().url_patterns if str(each.pattern) == ""]
    firsts |= {
        str(inner.pattern).partition("/")[0]
        for each in included
        for inner in getattr(each, "url_patterns", [])
    }
    firsts = {first for first in firsts if re.fullmatch(r"[\w-]+", first)} - {"admin"}
    assert {"papers", "library", "api", "account"} <= firsts
    for first in firsts:
        with pytest.raises(ImproperlyConfigured):
            load(ADMIN_PATH=first)


def test_an_empty_variable_is_an_absent_one(load: Load) -> None:
    assert load(DEBUG="", SITE_URL=" ")["SITE_URL"] == "http://localhost:8000"


def test_a_secret_is_read_from_its_file(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}{KEY}\n")
    assert load(SECRET_KEY="", SECRET_KEY_FILE=str(file))["SECRET_KEY"] == KEY + KEY


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff"])
def test_a_secret_file_that_says_nothing_is_refused(
    load: Load, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=f"^SECRET_KEY_FILE={re.escape(str(file))}: "):
        load(SECRET_KEY="", SECRET_KEY_FILE=str(file))


def test_what_follows_from_https(load: Load) -> None:
    settings = load(SITE_URL="HTTPS://Digest.Example.org/", TRUSTED_PROXIES="1")
    assert settings["SITE_URL"] == "https://digest.example.org"
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://digest.example.org"]
    assert settings["ALLOWED_HOSTS"][-1] == "digest.example.org"
    assert settings["SESSION_COOKIE_SECURE"] is True
    assert settings["CSRF_COOKIE_SECURE"] is True
    assert settings["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert settings["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    assert settings["SECURE_SSL_REDIRECT"] is True
    assert settings["SECURE_HSTS_SECONDS"] == 31536000
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert settings["DEFAULT_FROM_EMAIL"] == "paper-digest@digest.example.org"


def test_an_address_with_a_port(load: Load) -> None:
    settings = load(SITE_URL="http://[::1]:9000")
    assert settings["SITE_URL"] == "http://[::1]:9000"
    assert settings["ALLOWED_HOSTS"][-1] == "[::1]"


def test_sqlite_elsewhere(load: Load, tmp_path: Path) -> None:
    settings = load(DATABASE_URL=f"sqlite:///{tmp_path}/a%20b.sqlite3")
    assert settings["DATABASES"]["default"]["NAME"] == tmp_path / "a b.sqlite3"


@pytest.mark.sqlite
@pytest.mark.django_db
def test_sqlite_is_tuned() -> None:
    expected = {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": 20_000,
        "mmap_size": 134_217_728,
        "cache_size": -20_000,
    }
    with connection.cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in expected}
    assert found == expected
    assert connection.transaction_mode == "IMMEDIATE"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "pgsql"])
def test_postgres(load: Load, scheme: str) -> None:
    url = f"{scheme}://a%40b:p%23%2F%3A@db.example:6543/the%20name?sslmode=require"
    database = load(DATABASE_URL=url)["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["NAME"] == "the name"
    assert database["USER"] == "a@b"
    assert database["PASSWORD"] == "p#/:"
    assert database["HOST"] == "db.example"
    assert database["PORT"] == 6543
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["connect_timeout"] == 2
    assert load(DATABASE_URL=url + "&connect_timeout=9")["DATABASES"]["default"]["OPTIONS"] == (
        {"sslmode": "require", "connect_timeout": "9", "tcp_user_timeout": 2000}
    )


def test_postgres_on_a_socket(load: Load) -> None:
    database = load(DATABASE_URL="postgres:///digest?host=/Run/PG")["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"], database["USER"]) == ("/Run/PG", "", "")
    assert "host" not in database["OPTIONS"]


def test_postgres_by_ipv6(load: Load) -> None:
    database = load(DATABASE_URL="postgres://me@[2001:db8::1]:5433/digest")["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"]) == ("2001:db8::1", 5433)


def test_what_operators_are_told(load: Load) -> None:
    settings = load(ADMINS="a@b.example, c@d.example", LOG_FORMAT="json", METRICS_TOKEN="t" * 32)
    assert [address for _, address in settings["ADMINS"]] == ["a@b.example", "c@d.example"]
    assert settings["LOGGING"]["handlers"]["console"]["formatter"] == "json"
    assert load()["CACHES"]["errors"]["LOCATION"] == ROOT / "var" / "errors"


@pytest.mark.parametrize("scheme", ["memory", "locmem", "locmemcache"])
def test_a_cache_for_trying_out(load: Load, scheme: str) -> None:
    cache = load(CACHE_URL=f"{scheme}://")["CACHES"]["default"]
    assert cache["BACKEND"] == "django.core.cache.backends.locmem.LocMemCache"


@pytest.mark.parametrize(
    "url",
    [
        "rediss://cache.example/1?ssl_ca_certs=/etc/ca.pem",
        "valkeys://cache.example/1?ssl_ca_certs=/etc/ca.pem",
    ],
)
def test_an_encrypted_cache(load: Load, url: str) -> None:
    location = load(CACHE_URL=url)["CACHES"]["default"]["LOCATION"]
    assert location == "rediss://cache.example/1?ssl_ca_certs=/etc/ca.pem"


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
def test_redis(load: Load, scheme: str) -> None:
    caches = load(CACHE_URL=f"{scheme}://:secret@cache.example:6379/1")["CACHES"]
    assert caches["errors"] == caches["default"]
    assert caches["default"] == {
        "BACKEND": "digest.caches.redis.SharedCache",
        "LOCATION": "redis://:secret@cache.example:6379/1",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://me:p%40ss@mail.example", 25, False, False),
        ("smtp+tls://me:p%40ss@mail.example", 587, True, False),
        ("submission://me:p%40ss@mail.example", 587, True, False),
        ("smtps://me:p%40ss@mail.example", 465, False, True),
        ("smtp+ssl://me:p%40ss@mail.example", 465, False, True),
        ("smtps://me:p%40ss@mail.example:2465", 2465, False, True),
    ],
)
def test_mail_by_smtp(load: Load, url: str, port: int, tls: bool, ssl: bool) -> None:
    settings = load(EMAIL_URL=f"{url}?from=digest@lab.example")
    assert settings["EMAIL_TRANSPORT"] == "django.core.mail.backends.smtp.EmailBackend"
    assert settings["EMAIL_HOST"] == "mail.example"
    assert settings["EMAIL_HOST_USER"] == "me"
    assert settings["EMAIL_HOST_PASSWORD"] == "p@ss"
    assert settings["EMAIL_PORT"] == port
    assert settings["EMAIL_USE_TLS"] is tls
    assert settings["EMAIL_USE_SSL"] is ssl
    assert settings["DEFAULT_FROM_EMAIL"] == "digest@lab.example"


def test_mail_into_a_folder(load: Load, tmp_path: Path) -> None:
    settings = load(EMAIL_URL=f"file://{tmp_path}/mail")
    assert settings["EMAIL_TRANSPORT"] == "django.core.mail.backends.filebased.EmailBackend"
    assert settings["EMAIL_FILE_PATH"] == f"{tmp_path}/mail"


def test_who_may_sign_up(load: Load) -> None:
    assert load()["SIGNUP"] == "open"
    assert load(SIGNUP="invitation")["SIGNUP"] == "invitation"


@pytest.mark.parametrize(
    ("value", "enumeration"), [("mandatory", True), ("optional", "strict"), ("none", "strict")]
)
def test_whether_addresses_are_confirmed(load: Load, value: str, enumeration: bool | str) -> None:
    """Whichever it is, nobody is told that an address has an account."""
    settings = load(EMAIL_VERIFICATION=value)
    assert settings["ACCOUNT_EMAIL_VERIFICATION"] == value
    assert settings["ACCOUNT_PREVENT_ENUMERATION"] == enumeration


def test_nobody_else_is_asked_to_log_people_in(load: Load) -> None:
    assert load()["SOCIALACCOUNT_PROVIDERS"] == {}


def test_logging_in_elsewhere(load: Load) -> None:
    settings = load(
        ORCID_CLIENT="APP-1:a:b",
        GITHUB_CLIENT="id:secret",
        OIDC="https://digest:p%40ss@login.example.org:8443/realms/lab/?name=The%20Lab",
    )
    assert settings["SOCIALACCOUNT_PROVIDERS"] == {
        "github": {"APPS": [{"client_id": "id", "secret": "secret"}]},
        "orcid": {"APPS": [{"client_id": "APP-1", "secret": "a:b"}]},
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": "The Lab",
                    "client_id": "digest",
                    "secret": "p@ss",
                    "settings": {"server_url": "https://login.example.org:8443/realms/lab"},
                }
            ]
        },
    }


def test_a_provider_without_a_name_has_that_of_its_host(load: Load) -> None:
    providers = load(OIDC="http://id:secret@[::1]:9000")["SOCIALACCOUNT_PROVIDERS"]
    (app,) = providers["openid_connect"]["APPS"]
    assert app["name"] == "::1"
    assert app["settings"] == {"server_url": "http://[::1]:9000"}


def test_a_clients_secret_may_stand_in_a_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "orcid").write_text("APP-1:secret\n")
    providers = load(ORCID_CLIENT_FILE=str(tmp_path / "orcid"))["SOCIALACCOUNT_PROVIDERS"]
    assert providers["orcid"]["APPS"] == [{"client_id": "APP-1", "secret": "secret"}]


def test_what_follows_for_passkeys_and_addresses(load: Load) -> None:
    near, far = load(), load(SITE_URL="https://digest.example.org", TRUSTED_PROXIES="2")
    assert near["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is True
    assert far["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is False
    assert (near["ALLAUTH_TRUSTED_PROXY_COUNT"], far["ALLAUTH_TRUSTED_PROXY_COUNT"]) == (0, 2)


def test_the_secret_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    first = secret_key(path)
    assert len(first) >= 50
    assert secret_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_that_race_for_the_secret_key_get_the_same(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(secret_key, [path] * 64))
    assert len(set(keys)) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_every_variable_is_in_the_manual() -> None:
    """With its default, where that is a value."""
    read = {}
    files = (ROOT / "digest" / name for name in ("settings.py", "url_settings.py"))
    for node in (node for file in files for node in ast.walk(ast.parse(file.read_text()))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name("env")) | ast.Name("service"),
                args=[ast.Constant(name), *default],
            ):
                value = ast.literal_eval(default[0]) if default else None
                read[name] = read.get(name) or value
            case ast.Subscript(value=ast.Name("environment"), slice=ast.Constant(name)):
                read[name] = None
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (.+?) \|", (ROOT / "OPERATING.md").read_text(), re.MULTILINE
    )
    documented = {name: default.strip("`") for name, default in rows}
    assert sorted(documented) == sorted(read)
    assert documented == {name: read[name] or documented[name] for name in read}


def test_no_other_file_reads_the_environment() -> None:
    """So that the table in OPERATING.md is the whole truth."""
    readers = {
        file.relative_to(ROOT).as_posix()
        for app in ("digest", "accounts")
        for file in (ROOT / app).rglob("*.py")
        if "environ"
        in {getattr(node, "attr", "") for node in ast.walk(ast.parse(file.read_text()))}
    }
    assert readers == {"digest/settings.py", "digest/wsgi.py"}
