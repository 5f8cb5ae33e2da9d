"""The site that is broken: its database, its people, and what is seen of it.

Settings come from the environment, so that this module is imported before Django is asked for
anything.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

# A socket's path has to be shorter than what TMPDIR may be.
FOLDER = Path(tempfile.mkdtemp(prefix="faults-", dir="/tmp"))
ROOT = Path(__file__).resolve().parents[2]
if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/base.sqlite3"
os.environ["ENV_FILE"] = os.devnull
os.environ["DEBUG"] = "off"
os.environ["ALLOWED_HOSTS"] = "localhost"
os.environ["EMAIL_URL"] = f"file://{FOLDER}/mail"
os.environ["API_RATE"] = os.environ["API_RATE_ANONYMOUS"] = "100000"
os.environ["DJANGO_SETTINGS_MODULE"] = "digest.settings"

import django  # noqa: E402

django.setup()

import psycopg  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.models import User  # noqa: E402
from digest.catalogue.load import load  # noqa: E402
from digest.search import index  # noqa: E402
from tests.databases import at  # noqa: E402
from tests.samples import digest, row  # noqa: E402

KILLS, MOST = 20, 40
"""Kills of each kind, and tries, of which some are over before the kill."""
PASSWORD = "correct horse battery"
WRITERS = 12
"""People who write while backups are made; the others have no password."""
PAUSE = float(os.environ.get("PAUSE", 1))
SQLITE = connection.vendor == "sqlite"
WITHIN = 7
"""Seconds in which a write that cannot be done is refused: five of waiting, and a loaded machine's
own."""
chance = random.Random(os.environ.get("SEED", "1"))


class Skipped(Exception):
    """What is missing to play this."""


# What was seen


@dataclass
class Seen:
    """What a fault showed. wrong: what is not as it should be."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.lines.append(line)
        print(f"    {line}", flush=True)

    def check(self, right: object, line: str) -> None:
        """Say it, and whether it is so."""
        if not right:
            self.wrong.append(line)
        self.say(("ok     " if right else "WRONG  ") + line)


# The site to be broken


@contextmanager
def database(name: str, folder: Path = FOLDER) -> Iterator[str]:
    """A copy of the base, for a fault to itself: its URL. This process asks it, too."""
    copy = create(name, folder, empty=False)
    with at(copy):
        yield url_of(copy)


def create(name: str, folder: Path = FOLDER, *, empty: bool = True) -> str:
    """Create an empty database, or a copy of the base: what it is called."""
    connection.close()
    if SQLITE:
        path = folder / f"{name}.sqlite3"
        if not empty:
            shutil.copy(connection.settings_dict["NAME"], path)
        return str(path)
    name, host = name.replace("-", "_"), connection.settings_dict["HOST"]
    template = "template0" if empty else connection.settings_dict["NAME"]
    with closing(
        psycopg.connect(host=host, user="postgres", dbname="template1", autocommit=True)
    ) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def url_of(name: str) -> str:
    if SQLITE:
        return f"sqlite:///{name}"
    return f"postgres://postgres@/{name}?host={connection.settings_dict['HOST']}"


def fill() -> None:
    """What the base holds: a digest of a hundred papers, and people."""
    call_command("migrate", verbosity=0)
    load(digest(*(row(number) for number in range(1, 101))), "2025-02-06.json")
    for number in range(MOST + 1):
        name = f"person{number}"
        User.objects.create_user(
            name, f"{name}@example.org", PASSWORD if number < WRITERS else None
        )
    if SQLITE:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@cache
def collect_static_files() -> None:
    """Once, and only for those that show pages: it takes longer than most of the others."""
    call_command("collectstatic", interactive=False, verbosity=0)


def person(number: int) -> User:
    return User.objects.get(username=f"person{number}")


def check_consistency(seen: Seen) -> None:
    """The index agrees with the catalogue, and the database with itself."""
    health = index.check()
    seen.check(health.is_ok, f"check_search_index: {health.papers} papers, the index agrees")
    if SQLITE:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            found = cursor.fetchall()
            cursor.execute("PRAGMA foreign_key_check")
            found += cursor.fetchall()
        seen.check(found == [("ok",)], "integrity_check and foreign_key_check: ok")


def file_of(folder: Path, rows: int) -> Path:
    path = folder / f"2025-04-01-{rows}.json"
    path.write_bytes(digest(*(row(90_000 + n, date="2025-04-01") for n in range(rows))))
    return path


def command(url: str, *arguments: str, before: tuple[str, ...] = ()) -> Any:
    return subprocess.run(
        [*before, sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
    )


def in_a_line(text: str) -> str:
    return " ".join(text.split())[:300]
