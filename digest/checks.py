"""What `manage.py check` says about the machine that the site runs on."""

import sqlite3
from contextlib import suppress
from stat import S_IROTH
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
def accounts_are_of_known_people(**kwargs: Any) -> list[CheckMessage]:
    """What OPERATING.md asks of a site on the open internet."""
    found: list[CheckMessage] = []
    if settings.SIGNUP == "open":
        found.append(
            Warning(
                "SIGNUP is open: anybody who reaches the site may sign up.",
                hint="Set SIGNUP=invitation or SIGNUP=closed.",
                id="digest.W003",
            )
        )
    if settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory":
        found.append(
            Warning(
                "EMAIL_VERIFICATION is not mandatory: people can log in before their address is"
                " confirmed.",
                hint="Set EMAIL_VERIFICATION=mandatory.",
                id="digest.W004",
            )
        )
    if not settings.EMAIL_HOST:
        found.append(
            Warning(
                "EMAIL_URL sends no mail: people get no confirmations, new passwords and"
                " invitations.",
                hint="Set EMAIL_URL=smtp+tls://user:password@host?from=address.",
                id="digest.W005",
            )
        )
    return found


@register(Tags.security, deploy=True)
def secrets_are_closed(**kwargs: Any) -> list[CheckMessage]:
    """Files with secrets that others on this machine can read."""
    found: list[CheckMessage] = []
    for path, mode in ((settings.ROOT / ".env", "640"), (settings.VAR, "700")):
        with suppress(OSError):
            if path.stat().st_mode & S_IROTH:
                found.append(
                    Warning(
                        f"{path} can be read by everybody on this machine.",
                        hint=f"Run chmod {mode} {path}",
                        id="digest.W006",
                    )
                )
    return found


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
            id="digest.W007",
        )
    ]
