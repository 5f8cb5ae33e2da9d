"""Who may do what below /api/v1/library/: every address, every method, everybody.

An address without a row here fails, and so does a method that a row does not name.
"""

from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts import tokens
from accounts.library import Library
from accounts.models import Role, Visibility
from tests.accounts.api.conftest import Program

# Rights are the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PAPER = "2502.00001"


class Answer(NamedTuple):
    """What the owner is answered, and somebody else, who may do the same with what is theirs.

    data: the body, which is good if it comes from the right person.
    """

    mine: int
    theirs: int
    data: dict[str, Any] = {}


def row(address, **methods):
    return address, {name: Answer(*answer) for name, answer in methods.items()}


TABLE = {
    # Everybody has some of their own
    "bookmarks/": row(
        "bookmarks/", GET=(200, 200), POST=(200, 200, {"papers": [PAPER], "do": "add"})
    ),
    "bookmarks/<paper:slug>/": row(
        f"bookmarks/{PAPER}/",
        GET=(200, 404),
        PUT=(200, 201, {"status": "read"}),
        DELETE=(204, 204),
    ),
    "notes/": row("notes/", GET=(200, 200)),
    "notes/<paper:slug>/": row(
        f"notes/{PAPER}/",
        GET=(200, 404),
        PUT=(428, 201, {"text": "New"}),
        DELETE=(428, 204),
    ),
    "lists/": row("lists/", GET=(200, 200), POST=(201, 201, {"name": "New"})),
    "searches/": row(
        "searches/", GET=(200, 200), POST=(201, 201, {"name": "New", "query": "q=new"})
    ),
    "invitations/": row("invitations/", GET=(200, 200)),
    "import/": row("import/", POST=(200, 200, {"text": PAPER, "dry_run": False})),
    "export/": row("export/", GET=(200, 200)),
    "for-you/": row("for-you/", GET=(200, 200)),
    "unread/": row("unread/", GET=(200, 200)),
    "unread/<date:day>/": row("unread/2025-02-06/", PUT=(200, 200, {"read": True})),
    # What is somebody's is to nobody else
    "searches/<int:key>/": row(
        "searches/{search}/",
        GET=(200, 404),
        PATCH=(200, 404, {"seen": True}),
        DELETE=(204, 404),
    ),
    "lists/<name:slug>/": row(
        "lists/{mine}/",
        GET=(200, 404),
        PATCH=(200, 404, {"name": "Renamed"}),
        DELETE=(204, 404),
    ),
    "lists/<name:slug>/items/": row(
        "lists/{mine}/items/", GET=(200, 404), POST=(200, 404, {"papers": [PAPER]})
    ),
    "lists/<name:slug>/items/<paper:paper>/": row(
        f"lists/{{mine}}/items/{PAPER}/",
        GET=(200, 404),
        PATCH=(200, 404, {"comment": "x"}),
        DELETE=(204, 404),
    ),
    "lists/<name:slug>/members/": row(
        "lists/{mine}/members/", GET=(200, 404), POST=(201, 404, {"invitee": "somebody"})
    ),
    "lists/<name:slug>/members/<int:member>/": row(
        "lists/{mine}/members/{member}/", PATCH=(200, 404, {"role": "editor"}), DELETE=(204, 404)
    ),
    "lists/<name:slug>/invitations/<int:invitation>/": row(
        "lists/{mine}/invitations/{asked}/", DELETE=(204, 404)
    ),
    "lists/<name:slug>/hand-over/": row(
        "lists/{mine}/hand-over/", POST=(200, 404, {"member": "{member}"})
    ),
    "lists/<name:slug>/leave/": row("lists/{joined}/leave/", POST=(204, 404)),
    "invitations/<int:invitation>/": row(
        "invitations/{invitation}/", POST=(200, 404, {"do": "accept"})
    ),
}


def routes():
    (api,) = (one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/library/")
    return {str(pattern.pattern) for pattern in api.url_patterns}


def test_every_address_has_a_row():
    assert routes() == {*TABLE}


@pytest.fixture
def world(declared, owner, other, viewer, papers):
    """The owner's library, others who have to do with it, and all ways to come in."""
    library, others = Library(owner), Library(other)
    library.bookmarks.add([papers[0].pk])
    library.notes.save(papers[0], "Private", 0)
    mine = library.lists.open(library.lists.create("Mine").slug)
    mine.add([papers[0].pk])
    mine.invite("viewer", Role.VIEWER)
    Library(viewer).lists.accept(Library(viewer).lists.invitations().get().pk)
    theirs = [others.lists.open(others.lists.create(name).slug) for name in ("A", "B")]
    for opened in theirs:
        opened.invite("owner", Role.VIEWER)
    joined = library.lists.accept(library.lists.invitations().last().pk)
    assert mine.reading_list.visibility == Visibility.MEMBERS
    places = {
        "search": library.searches.save("papers", "q=paper", "Mine")[0].pk,
        "mine": mine.reading_list.slug,
        "member": mine.members().get().pk,
        "asked": mine.invite("nobody", Role.VIEWER).pk,
        "joined": joined.slug,
        "invitation": library.lists.invitations().get().pk,
    }

    def token(user, *scopes, expires_at=None):
        name = f"Token {tokens.of(user).count()}"
        row, secret = tokens.create(user, name, scopes, expires_at)
        headers = {"Authorization": f"Bearer {secret}"}
        return row, Program(declared, Client(enforce_csrf_checks=True, headers=headers))

    def session(guarded):
        client = Client(enforce_csrf_checks=guarded)
        client.force_login(owner)
        return Program(declared, client)

    whole = ("library:read", "library:write")
    revoked, program = token(owner, *whole)
    tokens.revoke(owner, revoked.pk)
    programs = {
        "nobody": Program(declared, Client(enforce_csrf_checks=True)),
        "session": session(guarded=False),
        "session, without CSRF token": session(guarded=True),
        "token to read": token(owner, "library:read")[1],
        "token to write": token(owner, "library:write")[1],
        "whole token": token(owner, *whole)[1],
        "token for the rest": token(owner, "catalogue:read", "digests:write")[1],
        "expired token": token(owner, *whole, expires_at=timezone.now() - timedelta(days=1))[1],
        "revoked token": program,
        "token of somebody else": token(other, *whole)[1],
    }
    return programs, places


def expected(answer, reads):
    """What everybody is answered, by what the owner is, and somebody else."""
    may_not = 405 if answer.mine == 405 else 403
    return {
        "nobody": 405 if answer.mine == 405 else 401,
        "session": answer.mine,
        "session, without CSRF token": answer.mine if reads else 403,
        "token to read": answer.mine if reads else may_not,
        "token to write": may_not if reads else answer.mine,
        "whole token": answer.mine,
        "token for the rest": may_not,
        "expired token": 401,
        "revoked token": 401,
        "token of somebody else": answer.theirs,
    }


@pytest.mark.parametrize("route", TABLE)
def test_the_answers_are_as_the_table_has_them(world, route):
    programs, places = world
    address, answers = TABLE[route]
    address = address.format(**places)
    for method in METHODS:
        answer = answers.get(method, Answer(405, 405))
        data = {
            name: places[value[1:-1]] if str(value).startswith("{") else value
            for name, value in answer.data.items()
        }
        found = {}
        for name, program in programs.items():
            with transaction.atomic():
                found[name] = program.ask(method, address, data).status_code
                transaction.set_rollback(True)
        assert found == expected(answer, reads=method == "GET"), f"{method} {address}"


def test_bodies_are_json(world):
    programs, places = world
    for address, answers in TABLE.values():
        for method, answer in answers.items():
            if answer.data:
                there = address.format(**places)
                program = programs["whole token"]
                assert program.ask(method, there, b"x", kind="text/plain").status_code == 415
                assert program.ask(method, there, b"{").status_code == 400
                for body in (b"[]", b"null", b"5", b'"x"', b"true"):
                    assert program.ask(method, there, body).status_code == 400


def test_all_reads_are_private_and_may_be_asked_for_again(world):
    programs, places = world
    for address, answers in TABLE.values():
        if "GET" in answers and address != "export/":
            response = programs["whole token"].get(address.format(**places))
            assert response["ETag"]
            assert {"private", "no-cache"} <= {*response["Cache-Control"].split(", ")}
            assert {"Authorization", "Cookie"} <= {*response["Vary"].split(", ")}
            assert "Access-Control-Allow-Origin" not in response


def test_the_site_s_own_scripts_write_with_a_csrf_token(owner, papers):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    client.get("/account/tokens/")  # which sets the cookie
    header = {"X-CSRFToken": client.cookies["csrftoken"].value}
    response = client.put(f"/api/v1/library/bookmarks/{PAPER}/", headers=header)
    assert response.status_code == 201


def test_what_nobody_knows_is_refused_by_name_and_nothing_is_done(world):
    programs, places = world
    program = programs["whole token"]
    for address, answers in TABLE.values():
        there = address.format(**places)
        for method, answer in answers.items():
            asked = program.ask(method, f"{there}?nosuch=1", answer.data)
            assert [*asked.json()["errors"]] == ["nosuch"], f"{method} {there}"
            if method == "GET":
                continue
            data = {
                name: places[value[1:-1]] if str(value).startswith("{") else value
                for name, value in answer.data.items()
            }
            for odd, named in (("nosuch", "nosuch"), ("\ud800" * 200, "\\ud800" * 100)):
                asked = program.ask(method, there, {**data, odd: {"deep": 1}})
                assert [*asked.json()["errors"]] == [named], f"{method} {there}"
            twice = program.ask(method, there, b'{"nosuch": 1, "nosuch": 2}')
            assert twice.json()["errors"] == {"nosuch": ["Say it once."]}
            if address == "import/":
                form = program.send(there, text=PAPER, nosuch="1")
                assert [*form.json()["errors"]] == ["nosuch"]
    assert {PAPER} == {one["paper"]["id"] for one in program.get("bookmarks/").json()["results"]}
    assert places["mine"] in {one["id"] for one in program.get("lists/").json()["results"]}
