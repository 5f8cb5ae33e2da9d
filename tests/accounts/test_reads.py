"""Nothing that only reads waits for a writer: every address by GET, while somebody else writes."""

import sqlite3
from contextlib import closing, contextmanager
from itertools import chain

import pytest
from django.db import OperationalError, connection
from django.test import Client

from accounts import tokens
from accounts.models import Scope
from tests.accounts.admin.test_access import addresses
from tests.accounts.api import test_access as api
from tests.accounts.test_access import TABLE, world  # noqa: F401  a fixture
from tests.accounts.test_second_factor import reauthenticate
from tests.admin import enter as enter_admin
from tests.admin import holder

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.sqlite,
    pytest.mark.slow,
]

BEGIN = {
    "/account/2fa/totp/activate/": "the new secret is kept, to be confirmed by its first code",
    "/account/2fa/webauthn/add/": "a passkey's challenge is kept, to be answered once",
}
"""What is asked for by GET and begins something, which has to be kept."""


@contextmanager
def writing():
    """Somebody else is writing, and whoever wants to as well is told so at once."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


@pytest.fixture
def busy():
    with writing():
        yield


@pytest.fixture
def read(subtests):
    def read(client, address):
        with subtests.test(address):
            response = client.get(address)
            if response.streaming:
                b"".join(response.streaming_content)
            assert response.status_code < 500
            return response

    return read


def test_pages(world, read, enter, owner, request):  # noqa: F811
    sessions, places = world
    clients = {"anonymous": Client(), "just logged in": enter(owner)}
    for who in ("owner", "viewer"):
        clients[who] = Client()
        clients[who].cookies["sessionid"] = sessions[who]
    reauthenticate(clients["just logged in"], "/account/2fa/totp/activate/")
    enter(owner).session.flush()  # one of the owner's sessions has ended
    begun = {}
    request.getfixturevalue("busy")
    for who, client in clients.items():
        for row in chain.from_iterable(TABLE.values()):
            address = row.address.format(**places)
            if address not in BEGIN:
                read(client, address)
            elif who == "just logged in":
                with pytest.raises(OperationalError):
                    client.get(address)
                begun[address] = client
    assert begun.keys() == BEGIN.keys()


def test_a_session_from_before_the_password_changed(enter, owner, read, request):
    client = enter(owner)
    key = client.session.session_key
    owner.set_password("another")
    owner.save()
    request.getfixturevalue("busy")
    answer = read(client, "/account/")
    assert answer.url.startswith("/account/login/")
    assert client.cookies["sessionid"].value == ""
    client.cookies["sessionid"] = key
    assert read(client, "/account/").url.startswith("/account/login/")


def test_what_was_not_written_is_written_later(enter, owner, papers):
    row, secret = tokens.create(owner, "mine", ["library:read"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    with writing():
        assert client.get("/api/v1/library/notes/").status_code == 200
        row.refresh_from_db()
        assert row.used_on is None
    assert client.get("/api/v1/library/notes/").status_code == 200
    row.refresh_from_db()
    assert row.used_on
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (0,)


def test_the_api(owner, papers, read, request):
    _, secret = tokens.create(owner, "everything", Scope.values)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    catalogue = ("papers/", "digests/", "changes/", "authors/", "categories/", "links/", "sources/")
    request.getfixturevalue("busy")
    for address in (*catalogue, *map("library/{}".format, api.routes())):
        read(client, f"/api/v1/{address}")


def test_the_admin(world, read, request):  # noqa: F811
    client = enter_admin(holder("ada", is_superuser=True))
    request.getfixturevalue("busy")
    for address, _ in addresses():
        read(client, address)
