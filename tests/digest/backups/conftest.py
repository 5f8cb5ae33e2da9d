"""A site with something of everything, and databases of its own to put it into."""

import uuid
from contextlib import closing

import psycopg
import pytest
from django.db import connection

from tests.databases import at


def fill(people=1):
    """A catalogue with decisions, people with libraries, and traces of rows that are gone."""
    from allauth.mfa.models import Authenticator

    from accounts.library import Library
    from accounts.models import User
    from digest.catalogue.load import load, undo
    from digest.curation.decisions import correct, merge_papers
    from digest.models import Paper, Source
    from tests.samples import digest, row

    load(digest(*(row(n, title=f"{n} “Œuvre” 深層 \u2028 \\N") for n in range(1, 8))), "6.json")
    load(digest(*(row(n, date="2025-02-07") for n in range(20, 25))), "7.json")
    curator = User.objects.create_superuser("curator", "curator@example.org")
    nested = {"b": [1, None], "a": {"z": 1}}
    Authenticator.objects.create(user=curator, type="totp", data=nested)
    papers = list(Paper.objects.filter(slug__startswith="2502.0000").order_by("pk"))
    correct(papers[0], "title", "A better title", by=curator, reason="It had an error.")
    merge_papers(papers[2], into=papers[1], by=curator, reason="They are the same.")
    every = list(Paper.objects.visible().order_by("pk"))
    for number in range(people):
        user = User.objects.create_user(f"person{number}", f"person{number}@example.org")
        library = Library(user)
        library.bookmarks.add([paper.pk for paper in every[number::people][:200]])
        library.bookmarks.remove([every[number].pk])
        library.notes.save(every[number], f"An *idea* of {number}: $x^2$\n\n", 0)
        made = library.lists.create("To cite")
        library.lists.open(made.slug).add([paper.pk for paper in every[number :: people * 2][:50]])
    undo(Source.objects.get(name="7.json"))


@pytest.fixture(scope="session")
def filled(copy_database, django_db_blocker):
    """The name of a database with something of everything."""
    name = copy_database()
    with django_db_blocker.unblock(), at(name):
        fill()
    return name


@pytest.fixture
def new_database(tmp_path):
    """new_database() is the name of an empty database; new_database(name), of a copy."""

    def new(original=None):
        name = f"backups_{uuid.uuid4().hex}"
        if connection.vendor == "sqlite":
            path = tmp_path / name
            if original:
                with open(original, "rb") as file:
                    path.write_bytes(file.read())
            return str(path)
        host = connection.settings_dict["HOST"]
        with closing(
            psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True)
        ) as server:
            server.execute(f"CREATE DATABASE {name} TEMPLATE {original or 'template0'}")
        return name

    return new


@pytest.fixture
def site(filled, new_database, django_db_blocker):
    """The site, which this process asks; its name."""
    name = new_database(filled)
    with django_db_blocker.unblock(), at(name):
        yield name
