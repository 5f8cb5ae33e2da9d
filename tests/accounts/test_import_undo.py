"""An import of references is taken back whole, and nothing that was changed since."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.library import Library, notes
from accounts.models import Bookmark, Dismissal, ListItem, Membership, Note, ReadingList, Role

UNDO = "/library/import/undo/"


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


def library_of(person):
    """All that an import can change."""
    own = {"user": person}
    items = ListItem.objects.filter(reading_list__owner=person)
    return {
        "bookmarks": set(Bookmark.objects.filter(**own).values_list("paper", "status", "added_at")),
        "dismissed": set(Dismissal.objects.filter(**own).values_list("paper", "added_at")),
        "notes": set(Note.objects.filter(**own).values_list("paper", "text", "html", "words")),
        "lists": set(ReadingList.objects.filter(owner=person).values_list("name", "visibility")),
        "items": set(items.values_list("reading_list__name", "paper", "position", "comment")),
    }


def import_all(client, papers, **choices):
    """Import the papers with a status, a note on the first two, and two tags."""
    one, two, *_ = slugs = [paper.slug for paper in papers]
    notes = {one: "First", two: "Second"}
    tags = {"Tag": slugs, "Other": [one]}
    data = {
        "papers": " ".join(slugs),
        "notes": json.dumps(notes),
        "tags": json.dumps(tags),
        "add_notes": "on",
        "list_tags": "on",
        "status": "read",
    }
    response = client.post("/library/import/confirm/", data | choices, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def said(response):
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("status", ["read", ""])
@pytest.mark.parametrize("place", ["list", "new_list"])
def test_all_that_an_import_made_goes(client, owner, library, papers, status, place, request):
    library.bookmarks.add([papers[0].pk], "reading")
    library.bookmarks.dismiss([papers[1].pk])
    library.notes.save(papers[1], "Mine", 0)
    library.lists.open(library.lists.create("tag").slug).add([papers[3].pk])
    chosen = library.lists.create("Chosen")
    library.lists.open(chosen.slug).add([papers[0].pk])
    before = library_of(owner)
    page = import_all(
        client, papers[:3], status=status, **{place: chosen.slug if place == "list" else "New"}
    )
    assert f'action="{UNDO}"' in page
    assert {name: len(rows) for name, rows in library_of(owner).items()} == {
        "bookmarks": 3,
        "dismissed": 0,
        "notes": 2,
        "lists": 3 if place == "list" else 4,
        "items": 8 if place == "list" else 9,
    }
    rendered = request.getfixturevalue("rendered")
    assert said(client.post(UNDO, follow=True)) == [
        "Undone. What you changed since the import stays."
    ]
    assert (library_of(owner), rendered) == (before, ["Mine"])
    assert said(client.post(UNDO, follow=True)) == ["There is nothing to undo."]
    assert library_of(owner) == before


def test_what_was_changed_since_stays(client, owner, library, papers):
    one, two, three, four, _ = papers
    library.notes.save(two, "Mine", 0)
    library.bookmarks.add([four.pk], "reading")
    import_all(client, papers[:4], new_list="New")
    library.bookmarks.add([one.pk, four.pk], "to-read")
    library.notes.save(one, "Mine now", 1)
    library.notes.save(two, "Shorter", 2)
    lists = {found.name: library.lists.open(found.slug) for found in library.lists.owned()}
    lists["Tag"].describe_item(one.pk, comment="Why", section="")
    lists["Tag"].move(three.pk, 1)
    lists["New"].describe(name="Mine")
    client.post(UNDO)
    found = library_of(owner)
    assert {(paper, status) for paper, status, _ in found["bookmarks"]} == {
        (one.pk, "to-read"),
        (four.pk, "to-read"),
    }
    assert {(paper, text) for paper, text, *_ in found["notes"]} == {
        (one.pk, "Mine now"),
        (two.pk, "Shorter"),
    }
    assert {name for name, _ in found["lists"]} == {"Tag", "Mine"}
    assert {(name, paper) for name, paper, *_ in found["items"]} == {
        ("Tag", one.pk),
        ("Tag", three.pk),
    }


def test_what_others_were_shown_stays(client, owner, library, other, papers):
    import_all(client, papers[:2], new_list="New")
    new = ReadingList.objects.get(owner=owner, name="New")
    library.lists.open(new.slug).show_note(papers[0].pk, True)
    Membership.objects.create(
        reading_list=ReadingList.objects.get(owner=owner, name="Other"),
        user=other,
        role=Role.VIEWER,
        added_at=new.added_at,
    )
    client.post(UNDO)
    found = library_of(owner)
    assert {name for name, _ in found["lists"]} == {"New", "Other"}
    assert [(name, paper) for name, paper, *_ in found["items"]] == [("New", papers[0].pk)]
    assert [text for _, text, *_ in found["notes"]] == ["First"]


def test_a_list_of_another_that_is_closed_meanwhile_stays(client, owner, other, papers):
    theirs = Library(other).lists.create("Theirs", visibility="members")
    Membership.objects.create(
        reading_list=theirs, user=owner, role=Role.EDITOR, added_at=theirs.added_at
    )
    import_all(client, papers[:2], list=theirs.slug)
    Membership.objects.all().delete()
    client.post(UNDO)
    assert theirs.items.count() == 2
    assert not any(library_of(owner).values())


def test_an_undo_that_meets_a_change_can_be_repeated(client, owner, papers, monkeypatch):
    import_all(client, papers)
    before = library_of(owner)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(notes.Notes, "shortened", lambda self, longer: [Note(pk=0)])
        page = client.post(UNDO, follow=True)
    assert said(page) == ["A note was changed at the same time. Nothing is undone yet."]
    assert f'action="{UNDO}"' in page.content.decode()
    assert library_of(owner) == before
    client.post(UNDO)
    assert not any(library_of(owner).values())


def test_nothing_is_asked_for_each_paper(client, owner, papers):
    counts = []
    for some in (papers[:2], papers):
        import_all(client, some)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.post(UNDO)
        counts.append(len(asked))
    assert counts[0] == counts[1]
