"""What `manage.py check` says about the machine that the site runs on."""

import sqlite3
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connection

from digest.environment import LOOPBACK

# In WAL mode, earlier releases can corrupt the database (https://sqlite.org/wal.html#walresetbug).
SQLITE = (3, 51, 3)


@register()
def sqlite_is_safe(**kwargs: Any) -> list[CheckMessage]:
    if connection.vendor != "sqlite" or sqlite3.sqlite_version_info >= SQLITE:
        return []
    return [
        Warning(
            f"SQLite {sqlite3.sqlite_version} can corrupt the database when two "
            "processes write to it.",
            hint="Install pysqlite3, or a Python with SQLite 3.51.3 or later, or use PostgreSQL.",
            id="digest.W001",
        )
    ]


@register(Tags.security, deploy=True)
def https_can_be_seen(**kwargs: Any) -> list[CheckMessage]:
    if not settings.SECURE_SSL_REDIRECT or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "SITE_URL is https, and TRUSTED_PROXIES is 0: behind a proxy, every request looks "
            "like plain http and is redirected for ever.",
            hint="Set TRUSTED_PROXIES=1, unless the server holds the certificate itself.",
            id="digest.W002",
        )
    ]


@register(Tags.security, deploy=True)
def hosts_share_a_key(**kwargs: Any) -> list[CheckMessage]:
    host = connection.settings_dict["HOST"]
    if not settings.KEY_FILE or not host or host.startswith("/") or host in LOOPBACK:
        return []
    return [
        Warning(
            f"The database is on another host, and the secret key is in {settings.KEY_FILE}: a "
            "second host of the site would make a key of its own, and could not read the sessions "
            "and second factors of this one.",
            hint=f"Set SECRET_KEY on each host, to what is in {settings.KEY_FILE} here.",
            id="digest.W003",
        )
    ]
