import pytest
from django.test import Client

from accounts.library import Library
from accounts.models import User
from digest.ingest import load
from digest.models import Paper
from tests.samples import digest, row

PASSWORD = "correct horse battery"


def person(name):
    return User.objects.create_user(name, f"{name}@example.org", PASSWORD)


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
    user = person("curator")
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def anonymous():
    return Client()


@pytest.fixture
def library(owner):
    return Library(owner)


@pytest.fixture
def papers(db):
    """Five papers of one day, in the order of their digest."""
    load(digest(*(row(number) for number in range(1, 6))), "2025-02-06.json")
    return list(Paper.objects.order_by("position"))
