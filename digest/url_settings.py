"""What is at a URL of the settings, as Django and allauth are to have it: the database, the cache,
the mail server, and a log-in provider. Each raises ImproperlyConfigured."""

import os
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from digest.environment import LOOPBACK, Environment, ParsedUrl


def database(url: ParsedUrl, root: Path) -> dict[str, Any]:
    """The database at a URL, as Django's DATABASES has it. root: of paths that begin without a
    slash."""
    if url.scheme == "sqlite":
        # A database in memory would be empty in each process; as a path, it is a file of that name.
        if url.host or url.path in ("", ":memory:"):
            raise url.refused()
        url.check_options()
        path = root / url.path
        if os.path.isdir(path):
            raise url.refused("this is a folder: name a file in it")
        if not os.path.isdir(path.parent):
            raise url.refused(f"there is no folder {path.parent}: create it, or name another")
        for place in (path.parent, path):
            if os.path.exists(place) and not os.access(place, os.R_OK | os.W_OK):
                raise url.refused(f"no right to write to {place}: run this as the user of the site")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            # A new connection knows nothing of the file: to read the index's own tables again
            # would be a tenth of what a search costs.
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                # A transaction that reads and then writes fails at once if another wrote in
                # between, whatever the timeout. IMMEDIATE makes it wait for its turn instead.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # WAL: readers and a writer do not block each other. With it, NORMAL keeps the
                # database whole through a power cut, which may cost the last transactions.
                "init_command": (
                    "PRAGMA journal_mode = WAL;"
                    "PRAGMA synchronous = NORMAL;"
                    "PRAGMA journal_size_limit = 67108864;"
                    "PRAGMA mmap_size = 134217728;"
                    "PRAGMA cache_size = -20000;"
                ),
            },
        }
    if not url.path:
        raise url.refused()
    import psycopg  # needed where the database is PostgreSQL alone

    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    url.check_options(*known, advice="use those of libpq")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path,
        "USER": url.user,
        "PASSWORD": url.password,
        "HOST": url.options.pop("host", url.host),  # ?host=/run/postgresql is a Unix socket
        "PORT": url.port or "",
        # Each thread keeps its connection. A server that is down is thus known at once, and again
        # as soon as it is back: a pool would wait for it, ever longer.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,  # a restarted server costs no request
        "OPTIONS": {
            "connect_timeout": 2,
            "tcp_user_timeout": 2000,  # milliseconds: a host that vanished is given up
            **url.options,
        },
    }


def named_database(env: Environment, root: Path) -> dict[str, Any]:
    """The database that DATABASE_URL names. root: as of `database`."""
    return database(
        env.url(
            "DATABASE_URL",
            "sqlite:///var/db.sqlite3",
            schemes={
                **dict.fromkeys(("sqlite", "sqlite3"), "sqlite"),
                **dict.fromkeys(("postgres", "postgresql", "pgsql"), "postgres"),
            },
            advice="use sqlite:///path/from/the/checkout.sqlite3, sqlite:////full/path or"
            " postgres://user:password@host:port/name",
        ),
        root,
    )


def cache(url: ParsedUrl) -> dict[str, Any]:
    """The cache at a URL, as Django's CACHES has it."""
    # Rate limits are counted here: with Django's 300 entries, a crowd would wash them out. Never
    # in the catalogue's database: whoever counts there waits for whoever writes.
    options = {"MAX_ENTRIES": 10_000}
    if url.scheme == "memory":
        if url.host or url.path:
            raise url.refused()
        url.check_options()
        backend = "django.core.cache.backends.locmem.LocMemCache"
        return {"BACKEND": backend, "LOCATION": "default", "OPTIONS": options}
    if not url.path.isdigit() and (url.path or not url.host):
        raise url.refused()
    certificates = ("ca_certs", "certfile", "keyfile", "cert_reqs", "check_hostname")
    known = [f"ssl_{name}" for name in certificates if url.scheme == "rediss"]
    url.check_options("db", *known)
    if not url.options.get("db", "0").isdigit():
        raise url.refused("db after the ? is to be a number")
    backend = "digest.caches.redis.SharedCache"
    location = url.scheme + url.text[url.text.index("://") :]
    return {"BACKEND": backend, "LOCATION": location, "OPTIONS": options}


def check_mail(url: ParsedUrl) -> None:
    """Raises ImproperlyConfigured if mail cannot be sent by a URL that was understood."""
    if url.scheme == "file":
        folder = Path(f"/{url.path}")
        there = next(place for place in (folder, *folder.parents) if os.path.exists(place))
        if url.host or not url.path:
            raise url.refused()
        if not os.path.isdir(there) or not os.access(there, os.W_OK):
            raise url.refused(f"{there} is no folder that this user may write to")
    elif url.scheme == "console":
        if url.host or url.path:
            raise url.refused()
    elif not url.host or url.path or bool(url.user) != bool(url.password):
        raise url.refused()
    url.check_options("from")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(url.options.get("from", "a@b"))[1]):
        raise url.refused("from after the ? is to be an e-mail address")


def openid_connect(url: ParsedUrl) -> dict[str, Any]:
    """The OpenID Connect provider at a URL, which names the client and its secret as well."""
    near = url.host in LOOPBACK
    if not (url.host and url.user and url.password and (url.scheme == "https" or near)):
        raise url.refused()
    url.check_options("name")
    host = f"[{url.host}]" if ":" in url.host else url.host
    address = f"{url.scheme}://{host}" + (f":{url.port}" if url.port else "") + f"/{url.path}"
    return {
        "provider_id": "oidc",
        "name": url.options.get("name", url.host),
        "client_id": url.user,
        "secret": url.password,
        "settings": {"server_url": address.rstrip("/")},
    }
