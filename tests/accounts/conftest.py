"""The cast: the same people in every test."""

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client

from accounts import markdown
from accounts.library import Library
from accounts.models import User
from digest.models import Paper
from tests.catalogue import load_once
from tests.samples import digest, row

PASSWORD = "correct horse battery"


def person(name):
    """Somebody with an account, and their address confirmed."""
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@pytest.fixture
def owner(db):
    return person("owner")


@pytest.fixture
def other(db):
    return person("other")


@pytest.fixture
def viewer(db):
    return person("viewer")


@pytest.fixture
def editor(db):
    return person("editor")


@pytest.fixture
def curator(db):
    return person("curator")


@pytest.fixture
def anonymous(db):
    return Client()


@pytest.fixture
def rendered(monkeypatch):
    """What is rendered from now on, none of it in a transaction: others would wait for it."""
    texts = []
    depth = len(connection.savepoint_ids)

    def outside(render):
        def rendering(text):
            assert len(connection.savepoint_ids) == depth
            texts.append(text)
            return render(text)

        return rendering

    for name in ("render", "render_and_words"):
        monkeypatch.setattr(markdown, name, outside(getattr(markdown, name)))
    return texts


@pytest.fixture
def enter():
    """enter(user) is a client that logged in by the page, as a browser does."""

    def enter(user, **headers):
        client = Client(headers=headers)
        answer = client.post("/account/login/", {"login": user.username, "password": PASSWORD})
        assert (answer.status_code, answer.url) == (302, "/")
        return client

    return enter


@pytest.fixture
def library(owner):
    return Library(owner)


@pytest.fixture
def papers(db):
    """Five papers of one day, in the order of their digest."""
    load_once((digest(*(row(number) for number in range(1, 6))), "2025-02-06.json"))
    return list(Paper.objects.order_by("position"))


@pytest.fixture
def survey(library, papers):
    """The owner's list of three papers, as its owner has it open."""
    made = library.lists.open(library.lists.create("Survey", "For *us*").slug)
    made.add([paper.pk for paper in papers[:3]])
    return made


@pytest.fixture
def three_days(db):
    """Digests of three days; the second paper of the second is the first of the third again."""
    load_once(
        *(
            (
                digest(*(row(number, date=f"2025-02-{day}") for number in numbers)),
                f"2025-02-{day}.json",
            )
            for day, numbers in (("04", [1]), ("05", [2, 3]), ("06", [3, 4, 5]))
        )
    )
