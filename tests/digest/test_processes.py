"""What only real processes show, such as two loads at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.samples import digest, row

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ROWS = 60


def manage(database, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "digest.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def numbers(database):
    """How many sources, entries and papers there are, as another process sees it."""
    code = (
        "from digest.models import *;"
        "print(*(m.objects.count() for m in (Source, Entry, Paper, Placement, Authorship)))"
    )
    out, err = manage(database, "shell", "-v", "0", "-c", code).communicate()
    assert err == ""
    return [int(word) for word in out.split()]


@pytest.fixture
def files(tmp_path):
    """Three digests of many papers, no paper twice."""
    paths = []
    for day in (6, 7, 8):
        rows = [row(day * 1000 + n, date=f"2025-02-{day:02}") for n in range(ROWS)]
        paths.append(tmp_path / f"{day}.json")
        paths[-1].write_bytes(digest(*rows))
    return paths


def test_two_loads_at_once_are_as_one_after_the_other(files, own_database):
    both = [manage(own_database, "load_digest", "--json", *map(str, files)) for _ in range(2)]
    outputs = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert numbers(own_database) == [3, 3 * ROWS, 3 * ROWS, 3 * ROWS, 6 * ROWS]


def test_a_page_kept_by_one_process_ends_when_another_loads(files, own_database):
    code = (
        "import sys; from django.test import Client; visitor = Client(SERVER_NAME='localhost')\n"
        "for _ in sys.stdin:"
        "    print(visitor.get('/papers/').content.count(b'<article'), flush=True)"
    )
    # With the tests' settings, which need no collected static files.
    options = ("--settings", "tests.settings", "-v", "0")
    reader = manage(own_database, "shell", *options, "-c", code, stdin=subprocess.PIPE)

    def shown():
        reader.stdin.write("\n")
        reader.stdin.flush()
        return int(reader.stdout.readline())

    assert [shown(), shown()] == [0, 0]
    manage(own_database, "load_digest", str(files[0])).communicate()
    assert [shown(), shown()] == [25, 25]
    reader.communicate()


def test_a_database_without_tables_is_said_so(tmp_path, files):
    if connection.vendor == "sqlite":
        empty = f"sqlite:///{tmp_path}/empty.sqlite3"
    else:
        empty = f"postgres://postgres@/postgres?host={connection.settings_dict['HOST']}"
    process = manage(empty, "load_digest", str(files[0]))
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert err.startswith("CommandError: the database is not of this version: ")
    assert err.endswith(": run `python manage.py migrate`: nothing was written\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    ["migrate", "load_digest fixtures", "invite a@example.org", "clearsessions"],
)
def test_without_its_database_a_command_says_so_in_a_line(tmp_path, command):
    if connection.vendor == "sqlite":
        (tmp_path / "broken.sqlite3").write_text("no database" * 100)
        broken = f"sqlite:///{tmp_path}/broken.sqlite3"
    else:
        broken = "postgres://nobody@127.0.0.1:9/digest"
    process = manage(broken, *command.split())
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert "the database cannot be used: " in err
    assert err.count("\n") == 1
