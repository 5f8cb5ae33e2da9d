"""Lists of a library that change while a program turns their pages: whatever it does with what it
was told, nothing that stays is left out or told twice."""

import pytest

from accounts.library import Library
from accounts.models import Role
from digest.catalogue.load import load
from digest.models import Digest, Paper
from tests.accounts.conftest import person
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.sqlite

SIZE = 2


def pages(mine, path, between, **query):
    """The rows of all pages. between: what is done after each, given its rows."""
    found = []
    said = mine.get(path, page_size=SIZE, **query).json()
    while True:
        assert len(said["results"]) <= SIZE
        found += said["results"]
        between(said["results"])
        if said["next"] is None:
            return found
        said = mine.get(path + "?" + said["next"].partition("?")[2]).json()


@pytest.fixture
def papers(db):
    load_once((digest(*(row(n) for n in range(1, 8))), "2025-02-06.json"))
    return list(Paper.objects.order_by("position"))


def named(rows):
    return [one["paper"]["id"] if isinstance(one["paper"], dict) else one["paper"] for one in rows]


def slugs(papers):
    return [paper.slug for paper in papers]


@pytest.mark.parametrize("sort", ["added", "date", "title"])
def test_bookmarks(mine, library, papers, sort):
    library.bookmarks.add([paper.pk for paper in papers])

    def between(rows):
        mine.delete(f"bookmarks/{rows[0]['paper']['id']}/")
        mine.put(f"bookmarks/{rows[-1]['paper']['id']}/", {"status": "read"})

    told = named(pages(mine, "bookmarks/", between, sort=sort))
    assert told == slugs(papers if sort == "title" else reversed(papers))


@pytest.mark.databases
@pytest.mark.parametrize("sort", ["date", "title"])
def test_an_order_that_the_catalogue_changed_begins_again(mine, library, papers, sort):
    library.bookmarks.add([paper.pk for paper in papers])
    first = mine.get("bookmarks/", page_size=SIZE, sort=sort).json()
    load(digest(row(7, title="A new title", date="2025-02-05")), "2025-02-05.json")
    path = "bookmarks/?" + first["next"].partition("?")[2]
    assert mine.get(path).status_code == 410


@pytest.mark.databases
def test_notes(mine, library, papers):
    for paper in papers:
        library.notes.save(paper, "Text", 0)

    def between(rows):
        for paper in named(rows):
            mine.delete(f"notes/{paper}/", headers={"If-Match": "*"})

    assert named(pages(mine, "notes/", between)) == slugs(papers)


@pytest.mark.databases
def test_items(mine, library, papers):
    made = library.lists.create("Survey").slug
    library.lists.open(made).add([paper.pk for paper in papers])

    def between(rows):
        mine.delete(f"lists/{made}/items/{rows[0]['paper']['id']}/")

    rows = pages(mine, f"lists/{made}/items/", between)
    assert named(rows) == slugs(papers)
    assert [one["position"] for one in rows] == [1, 2, 2, 3, 3, 4, 4]  # as they were then


@pytest.mark.databases
def test_lists(mine, library):
    for name in "EdCbA":
        library.lists.create(name)

    def between(rows):
        mine.delete(f"lists/{rows[-1]['id']}/")

    assert [one["name"] for one in pages(mine, "lists/", between)] == [*"AbCdE"]


@pytest.mark.databases
def test_invitations(mine, owner, db):
    theirs = Library(person("host"))
    for number in range(5):
        opened = theirs.lists.open(theirs.lists.create(f"List {number}").slug)
        opened.invite(owner.username, Role.VIEWER)

    def between(rows):
        mine.post(f"invitations/{rows[-1]['id']}/", {"do": "decline"})

    told = [one["list"]["name"] for one in pages(mine, "invitations/", between)]
    assert told == [f"List {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.databases
def test_unread(mine, db):
    for day in range(1, 6):
        load(digest(row(day, date=f"2025-02-0{day}")), f"{day}.json")

    def between(rows):
        for one in rows:
            mine.put(f"unread/{one['date']}/", {"read": True})

    days = [str(day) for day in Digest.objects.order_by("-date").values_list("date", flat=True)]
    assert [one["date"] for one in pages(mine, "unread/", between)] == days
