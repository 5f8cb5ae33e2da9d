"""The database locked, gone and back: it is said so, and what was sent is kept."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import DataError, InterfaceError, OperationalError, ProgrammingError, connection
from django.test import Client, RequestFactory

from accounts import tokens
from accounts.models import Bookmark, Note
from digest.pages import busy
from digest.pages.resubmission import Reason
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import heading, text
from tests.accounts.test_resubmission import HERE, NOTE, TYPED, form, press, told
from tests.postgres import postgres

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def locked():
    """Somebody else writes, for longer than anybody waits for here."""
    options = connection.settings_dict
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA busy_timeout = 20")
        with closing(sqlite3.connect(options["NAME"])) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        connection.cursor().execute("SET lock_timeout = '20ms'")
        with psycopg.connect(
            host=options["HOST"], user=options["USER"], dbname=options["NAME"]
        ) as other:
            tables = ", ".join(connection.introspection.table_names())
            other.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
            yield


@pytest.fixture
def browser(transactional_db, owner, papers, settings):
    # What counts log-ins is another place.
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    settings.CACHES = settings.CACHES | {"default": memory}
    client = Client(headers=HERE, raise_request_exception=False)
    client.force_login(owner)
    yield client
    connection.close()  # the next has the usual patience


def test_what_is_typed_is_kept(browser):
    with locked():
        page = browser.post(NOTE, {"text": TYPED, "version": "0"})
        assert (page.status_code, heading(page), page["Retry-After"]) == (503, "Busy", "5")
        assert NOTE in text(page)
        page = press(browser, page, NOTE)
        assert page.status_code == 503
    assert not Note.objects.exists()
    assert press(browser, page, NOTE).url == "/papers/2502.00001/#note"
    assert Note.objects.get().text == TYPED.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "script", [{"HX-Request": "true"}, {"Accept": "application/json"}], ids=["htmx", "fetch"]
)
def test_a_script_is_told(browser, papers, script):
    with locked():
        data = {"paper": papers[0].slug, "do": "add"}
        response = browser.post("/library/mark/", data, headers=script)
    assert told(response, Reason.BUSY) == {}
    assert response["Retry-After"] == "5"
    assert not Bookmark.objects.exists()


def test_a_program_is_told(browser, owner):
    _, secret = tokens.create(owner, "Program", ("library:read", "library:write"), None)
    with locked():
        response = Client(raise_request_exception=False).put(
            "/api/v1/library/bookmarks/2502.00001/",
            {"status": "read"},
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["title"] == "Service Unavailable"


def test_the_log_in_says_so_too(browser):
    visitor = Client(headers=HERE, raise_request_exception=False)
    with locked():
        page = visitor.post("/account/login/", {"login": "Owner", "password": PASSWORD})
        assert (page.status_code, heading(page)) == (503, "Busy")
        found = form(page, "/account/login/")
        assert (found["login"], found["password"]) == (["Owner"], [""])
        assert PASSWORD not in page.text
    assert press(visitor, page, "/account/login/", password=PASSWORD).url == "/"


def test_a_session_that_cannot_be_saved_is_said_so(browser):
    """It is saved after the view, where no view's error is seen to."""
    session = browser.session
    session["resubmission"] = "x"
    session.save()
    with locked():
        page = browser.post("/account/resubmission/")
    assert (page.status_code, heading(page)) == (503, "Busy")
    assert Session.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["form", "htmx"])
def test_a_session_that_ends_meanwhile_is_said_so(browser, monkeypatch, headers):
    def save(self, **options):
        Session.objects.all().delete()  # another tab logs out
        return real(self, **options)

    session = browser.session
    session["resubmission"] = "x"
    session.save()
    real = SessionStore.save
    monkeypatch.setattr(SessionStore, "save", save)
    answer = browser.post("/account/resubmission/", headers=headers)
    if headers:
        assert told(answer, Reason.LOGGED_OUT) == {"login": "/account/login/?next=/"}
    else:
        assert (answer.status_code, heading(answer)) == (401, "You are logged out")


def test_who_reads_waits_for_nobody(browser):
    with locked():
        for address in ("/", "/papers/", "/library/", NOTE, "/account/", "/robots.txt"):
            assert browser.get(address).status_code == 200, address
        static = Client().get("/static/site.css")
        static.close()
        assert static.status_code == 200


@pytest.mark.slow
def test_a_server_waits_briefly_and_a_command_does_not(transactional_db, tmp_path):
    code = (
        "import digest.wsgi; from django.db import connection as c; k = c.cursor();"
        "k.execute('PRAGMA busy_timeout' if c.vendor == 'sqlite' else 'SHOW lock_timeout');"
        "print(k.fetchone()[0])"
    )
    url = f"sqlite:///{tmp_path}/db.sqlite3"
    if connection.vendor == "postgresql":
        url = f"postgres://postgres@/postgres?host={connection.settings_dict['HOST']}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    expected = f"{busy.WAIT * 1000}\n" if connection.vendor == "sqlite" else f"{busy.WAIT}s\n"
    assert (found.stdout, found.stderr) == (expected, "")


# Which errors these are


class SqliteError(sqlite3.OperationalError):
    def __init__(self, code):
        super().__init__("an error")
        self.sqlite_errorcode = code


class PostgresError(psycopg.OperationalError):
    def __init__(self, state):
        super().__init__("an error")
        self.__dict__["sqlstate"] = state

    sqlstate = None


def error(kind, cause):
    made = kind("an error")
    made.__cause__ = cause
    return made


@pytest.mark.parametrize(
    ("kind", "cause", "expected"),
    [
        *((OperationalError, SqliteError(code), True) for code in (5, 261, 517, 6, 10, 13, 14)),
        (OperationalError, SqliteError(1), False),  # no such table
        (OperationalError, None, False),
        *(
            (OperationalError, PostgresError(state), True)
            for state in (None, "08006", "40001", "40P01", "53300", "55P03", "57014", "57P01")
        ),
        (OperationalError, PostgresError("54001"), False),  # a statement too complex
        (OperationalError, psycopg.errors.QueryCanceled(), True),
        (OperationalError, psycopg.errors.LockNotAvailable(), True),
        (DataError, psycopg.DataError(), False),
        (ProgrammingError, psycopg.ProgrammingError(), False),
        (InterfaceError, None, False),
        (ValueError, None, False),
    ],
)
def test_what_counts_as_busy(kind, cause, expected):
    assert busy.is_unavailable(error(kind, cause)) is expected


def test_an_error_of_ours_stays_one():
    request = RequestFactory().get("/")
    try:
        raise error(OperationalError, SqliteError(1))
    except OperationalError:
        response = busy.failed(request)
    assert response.status_code == 500
    assert "lost" not in response.content.decode()


# PostgreSQL, gone and back

READER = """
import sys, django
django.setup()
from django.test import Client
visitor = Client(SERVER_NAME="localhost", raise_request_exception=False)
for address in sys.stdin:
    visitor.cookies["sessionid"] = "x" * 32
    answer = visitor.get(address.strip())
    answer.close()
    print(answer.status_code, flush=True)
"""


@pytest.mark.postgresql
def test_a_server_that_comes_back_is_there_at_once():
    with postgres() as server:
        environment = {
            **os.environ,
            "DATABASE_URL": server.url,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        migrate = [sys.executable, "manage.py", "migrate", "-v", "0", "sessions"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        reader = subprocess.Popen(
            [sys.executable, "-c", READER],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

        def ask(*addresses):
            answers = []
            for address in addresses:
                reader.stdin.write(f"{address}\n")
                reader.stdin.flush()
                answers.append(int(reader.stdout.readline()))
            return answers

        session = "/account/session/"
        answers = [ask(session)]
        server.stop()
        answers.append(ask(session, "/robots.txt", "/static/site.css", session))
        server.start()
        answers.append(ask(session))
        _, errors = reader.communicate()
    assert answers == [[200], [503, 200, 200, 503], [200]]
    assert "Traceback" not in errors
