"""All rows in another database, of the same kind or of the other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connection, connections

from digest.backups.copying import as_default
from digest.catalogue.load import load_files
from digest.environment import Environment
from digest.search import index
from digest.url_settings import named_database
from tests.databases import at, contents
from tests.digest.backups.conftest import fill
from tests.digest.backups.test_backups import fails, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def url(name, host):
    """host: of the PostgreSQL server, or "" on SQLite."""
    return f"postgres://postgres@/{name}?host={host}" if host else f"sqlite:///{name}"


@pytest.mark.sqlite
def test_a_copy_has_the_same_rows(site, new_database):
    before, name = contents(), new_database()
    printed = run("copy_database", "--to", url(name, connection.settings_dict["HOST"]))
    assert printed.splitlines()[-1].endswith("equal in both; the search index agrees with them.")
    lines = [line.split() for line in printed.splitlines()[:-1]]
    assert {table: (int(count.replace(",", "")), short) for table, count, _, short in lines} == {
        table: (count, checksum[:16]) for table, (count, checksum, _) in before.items()
    }
    assert [*connections.settings] == ["default"]
    assert contents() == before  # of the original, which this process asks again
    with at(name):
        assert contents() == before
        assert index.check().is_ok


def pages(url):
    """What the site shows of a database to visitors and to everybody who has an account, each page
    and file by its checksum, in a process that remembers nothing of another database."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("shown.py")],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.postgresql
@pytest.mark.usefixtures("migrated")  # by which it is known to ask the database
@pytest.mark.parametrize(
    "people", [1, pytest.param(20, marks=pytest.mark.thorough, id="20 and the archive")]
)
def test_to_sqlite_and_back(people, request, new_database, tmp_path, django_db_blocker):
    if people == 1:
        one = request.getfixturevalue("filled")
    else:
        one = request.getfixturevalue("copy_database")()
        with django_db_blocker.unblock(), at(one):
            load_files(request.getfixturevalue("archive_files")("json"))
            fill(people)
    middle, two = f"sqlite:///{tmp_path}/middle.sqlite3", new_database()
    host = connection.settings_dict["HOST"]
    with django_db_blocker.unblock():
        with at(one):
            before = contents()
            run("copy_database", "--to", middle)
        with as_default(named_database(Environment({"DATABASE_URL": middle}), ROOT)):
            assert contents() == before
            assert index.check().is_ok
            run("copy_database", "--to", url(two, host))
        with at(two):
            assert contents() == before
            assert index.check().is_ok
    shown = pages(url(one, host))
    assert sum(line.split()[1] == "200" for line in shown) > 30
    assert pages(middle) == shown
    assert pages(url(two, host)) == shown


def test_a_database_that_is_not_empty_is_refused(site, filled):
    before = contents()
    assert fails("copy_database", "--to", url(site, connection.settings_dict["HOST"])).startswith(
        "The database is not empty"
    )
    assert contents() == before


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("to", "words"),
    [
        (
            "mysql://db.example.org/digest",
            "--to: DATABASE_URL=mysql://db.example.org/digest: use sqlite://",
        ),
        ("var/db.sqlite3", "--to: DATABASE_URL=var/db.sqlite3: not a URL"),
        (
            "postgres://db.example.org",
            "--to: DATABASE_URL=postgres://db.example.org: use sqlite://",
        ),
    ],
)
def test_a_wrong_url_is_refused(to, words):
    with pytest.raises(CommandError) as caught:
        run("copy_database", "--to", to)
    assert caught.value.returncode == 2
    assert str(caught.value).startswith(words)


@pytest.mark.sqlite
def test_a_server_that_does_not_answer_is_said_so(site, tmp_path):
    words = fails("copy_database", "--to", f"postgres://digest@/digest?host={tmp_path}")
    assert words.startswith("the database cannot be used: connection is bad")
    assert words.endswith("\nNothing was copied.")
