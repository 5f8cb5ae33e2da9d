"""The cast of the admin. The owner has a library, whose every text is marked PRIVATE."""

import pytest

from accounts.library import Library
from accounts.library.for_you import Reason
from accounts.recommender.vectors import Vectors
from tests.admin import enter, holder


@pytest.fixture
def curator(db):
    return holder("curator", "Curators")


@pytest.fixture
def user_manager(db):
    return holder("manager", "User managers")


@pytest.fixture
def operator(db):
    return holder("operator", "Operators")


@pytest.fixture
def superuser(db):
    return holder("superuser", is_superuser=True)


@pytest.fixture
def managing(user_manager):
    """The user manager, in the admin."""
    return enter(user_manager)


@pytest.fixture
def operating(operator):
    return enter(operator)


@pytest.fixture
def kept(owner, papers):
    """What the owner keeps: a row of every kind that is private."""
    library = Library(owner)
    library.bookmarks.add([paper.pk for paper in papers[:2]])
    library.bookmarks.dismiss([papers[2].pk])
    library.notes.save(papers[0], "PRIVATE note", 0)
    library.searches.save("papers", "q=private", "PRIVATE search")
    library.for_you.rate({papers[1].pk: True})
    library.for_you.prefer([Reason("word", "PRIVATE word")], more=False)
    library.for_you.train(Vectors())
    made = library.lists.create("PRIVATE list")
    opened = library.lists.open(made.slug)
    opened.add([papers[0].pk])
    opened.describe("PRIVATE list", "PRIVATE description")
    opened.describe_item(papers[0].pk, comment="PRIVATE comment", section="PRIVATE section")
    return library
