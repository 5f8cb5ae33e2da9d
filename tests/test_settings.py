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
            for name, value in ({"SECRET_KEY": KEY} | variables).items():
                patch.setenv(name, value)
            return runpy.run_path(str(ROOT / "digest" / "settings.py"))

    return load


NOT_A_URL = (
    "not a URL; inside a name or a password, write %23 for #, "
    "%25 for %, %2F for /, %3A for :, %3F for ?, %40 for @"
)
FETCHED = "use huggingface, or arxiv: with a category, such as arxiv:cs.CL"
REFUSED = [
    ("DEBUG", "maybe", "DEBUG=maybe: use on or off"),
    ("DEBUG", "1", "DEBUG=1: use on or off"),
    ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES=-1: give a whole number, 0 or more"),
    ("TRUSTED_PROXIES", "1.5", "TRUSTED_PROXIES=1.5: give a whole number, 0 or more"),
    ("TRUSTED_PROXIES", "\u0661", "TRUSTED_PROXIES=\u0661: give a whole number, 0 or more"),
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
            f"ADMINS: {wrong} is no address: use name@example.org, with commas between",
        )
        for value, wrong in (("ops", "ops"), ("a@b.example,Ops <c@d.example>", "Ops <c@d.example>"))
    ),
    ("LOG_FORMAT", "xml", "LOG_FORMAT=xml: use text or json"),
    ("MAX_DIGEST_AGE", "a week", "MAX_DIGEST_AGE=a week: give a whole number, 0 or more"),
    *(
        ("METRICS_TOKEN", value, "METRICS_TOKEN: use at least 32 characters, without spaces")
        for value in ("short", "t" * 31, "t" * 20 + " " + "t" * 20, "ü" * 40)
    ),
    ("SITE_URL", "digest.example.org", f"SITE_URL: {NOT_A_URL}"),
    ("SITE_URL", "https://a b", f"SITE_URL: {NOT_A_URL}"),
    ("SITE_URL", "https://a:port", f"SITE_URL: {NOT_A_URL}"),
    ("SITE_URL", "ftp://a.example", "SITE_URL begins ftp://: use http:// or https://"),
    *(
        ("SITE_URL", value, "SITE_URL: use the address alone, like https://digest.example.org")
        for value in ("https://", "https://a/papers", "https://me@a", "https://a?b=c")
    ),
    ("DATABASE_URL", "var/db.sqlite3", f"DATABASE_URL: {NOT_A_URL}"),
    ("DATABASE_URL", "postgres://me:hunter#2@host/db", f"DATABASE_URL: {NOT_A_URL}"),
    ("DATABASE_URL", "postgres://me:hunter/2@host/db", f"DATABASE_URL: {NOT_A_URL}"),
    (
        "DATABASE_URL",
        "mysql://me:hunter2@host/db",
        "DATABASE_URL begins mysql://: use sqlite:// or postgres://",
    ),
    *(
        (
            "DATABASE_URL",
            value,
            "DATABASE_URL: use sqlite:///path/from/the/checkout.sqlite3 or sqlite:////full/path",
        )
        for value in (
            *("sqlite://", "sqlite://var/db.sqlite3", "sqlite:///db?mode=ro"),
            "sqlite:///:memory:",
        )
    ),
    (
        "DATABASE_URL",
        "postgres://me:hunter2@host",
        "DATABASE_URL: use postgres://user:password@host:port/name",
    ),
    (
        "CACHE_URL",
        "memcached://host",
        "CACHE_URL begins memcached://: use memory:// or redis:// or rediss://",
    ),
    (
        "CACHE_URL",
        "database://",
        "CACHE_URL begins database://: use memory:// or redis:// or rediss://",
    ),
    (
        "EMAIL_URL",
        "imap://me:hunter2@host",
        "EMAIL_URL begins imap://: use console:// or file:// or smtp:// or smtp+tls:// or smtps://",
    ),
    ("EMAIL_URL", "smtp://", "EMAIL_URL: use smtp://user:password@host:port?from=address"),
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
    ("OIDC", "login.example.org", f"OIDC: {NOT_A_URL}"),
    ("OIDC", "ldap://id:hunter2@host", "OIDC begins ldap://: use https:// or http://"),
    *(
        ("OIDC", value, "OIDC: use https://id:secret@host/path/of/the/issuer?name=Lab")
        for value in (
            *("https://login.example.org/lab", "https://id@login.example.org"),
            *("https://id:hunter2@login.example.org/?title=Lab", "http://id:hunter2@a.example"),
        )
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
        ("FETCH", f"huggingface, {value}", f"FETCH: {value} is unknown: {FETCHED}")
        for value in ("arxiv", "hf", "arxiv:cs.XX", "arxiv:")
    ),
    *(
        (name, value, f"{name}: use an https address, without a name, a password or a query")
        for name in ("HUGGINGFACE_URL", "ARXIV_URL")
        for value in (
            *("http://mirror.example.org", "https://", "https://me:hunter2@mirror.example.org"),
            *("https://mirror.example.org/?a=b", "http://10.0.0.1"),
        )
    ),
    ("ARXIV_URL", "ftp://mirror.example.org", "ARXIV_URL begins ftp://: use https:// or http://"),
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


@pytest.mark.parametrize("arguments", [["check"], ["fetch", "huggingface"], ["daily"]])
def test_a_command_says_in_a_line_what_is_refused(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env={"SECRET_KEY": KEY, "FETCH": "arxiv"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert (done.stdout, done.stderr) == ("", f"FETCH: arxiv is unknown: {FETCHED}\n")


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


def test_sqlite_elsewhere(load: Load) -> None:
    settings = load(DATABASE_URL="sqlite:////srv/a%20b.sqlite3")
    assert settings["DATABASES"]["default"]["NAME"] == Path("/srv/a b.sqlite3")


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


def test_postgres(load: Load) -> None:
    url = "postgres://a%40b:p%23%2F%3A@db.example:6543/the%20name?sslmode=require"
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


def test_redis(load: Load) -> None:
    caches = load(CACHE_URL="redis://:secret@cache.example:6379/1")["CACHES"]
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
        ("smtps://me:p%40ss@mail.example", 465, False, True),
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


def test_mail_into_a_folder(load: Load) -> None:
    settings = load(EMAIL_URL="file:///var/mail/digest")
    assert settings["EMAIL_TRANSPORT"] == "django.core.mail.backends.filebased.EmailBackend"
    assert settings["EMAIL_FILE_PATH"] == "/var/mail/digest"


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
    for node in ast.walk(ast.parse((ROOT / "digest" / "settings.py").read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("env")), args=[name, *default]):
                read[ast.literal_eval(name)] = ast.literal_eval(default[0]) if default else None
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
