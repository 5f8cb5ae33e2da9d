"""Papers that the catalogue shows no longer stay with those who kept them, and with nobody else."""

import json
from io import BytesIO
from zipfile import ZipFile

import pytest

from accounts.library import Library, NotFound
from accounts.models import Bookmark, ListItem, Note, ReadingList, Role, Visibility
from accounts.transfer import export, restore
from digest.catalogue.load import load, undo
from digest.curation.decisions import correct, merge_papers
from digest.models import Paper, Source
from tests.accounts.pages import text
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.sqlite

GONE = "No longer in the catalogue"
IN_PLACE = {"HX-Request": "true"}


def by_a_curator(paper):
    correct(paper, "hidden", True, None)


def by_undoing(paper):
    undo(Source.objects.get(name="2025-02-07.json"))


@pytest.fixture(params=[by_a_curator, by_undoing])
def hide(request):
    return request.param


@pytest.fixture
def paper(papers):
    """One of a day of its own; five others are of the day before."""
    load_once((digest(row(6, date="2025-02-07")), "2025-02-07.json"))
    return Paper.objects.get(slug="2502.00006")


@pytest.fixture
def survey(library, papers, paper, editor, viewer):
    """A public list of the paper between two others, with an editor and a viewer."""
    opened = library.lists.open(library.lists.create("Survey").slug)
    opened.add([papers[0].pk, paper.pk, papers[1].pk])
    for user, role in ((editor, Role.EDITOR), (viewer, Role.VIEWER)):
        opened.invite(user.username, role)
        lists = Library(user).lists
        lists.accept(lists.invitations().get().pk)
    opened.show_to(Visibility.PUBLIC)
    return opened


@pytest.fixture
def hidden(library, paper, survey, hide):
    """The paper, bookmarked and in the list by its owner, and then hidden."""
    library.bookmarks.add([paper.pk], "reading")
    hide(paper)
    paper.refresh_from_db()
    assert paper.hidden
    return paper


def called(papers):
    return [paper.slug[-1] for paper in papers]


# In the library


@pytest.mark.parametrize("asked", ["", "?q=is:reading", "?q=-has:note", "?sort=title"])
def test_the_library_lists_it_without_a_link_to_its_page(client, owner, hidden, asked):
    client.force_login(owner)
    assert client.get(hidden.get_absolute_url()).status_code == 404
    page = client.get(f"/library/{asked}")
    assert called(page.context["papers"]) == ["6"]
    assert f"Paper 6 {GONE}" in text(page)
    html = page.content.decode()
    assert f'"{hidden.get_absolute_url()}' not in html
    assert '<a href="https://arxiv.org/abs/2502.00006">' in html


def test_a_search_for_words_passes_over_it_unless_they_are_in_its_note(client, owner, hidden):
    client.force_login(owner)
    assert called(client.get("/library/?q=paper").context["papers"]) == []
    Library(owner).notes.save(hidden, "Gradients", 0)
    assert called(client.get("/library/?q=gradients").context["papers"]) == ["6"]


def test_its_bookmark_is_removed_and_brought_back_by_undo_alone(client, owner, library, hidden):
    client.force_login(owner)
    library.lists.open(ReadingList.objects.get().slug).remove([hidden.pk])
    page = client.post("/library/mark/", {"paper": hidden.slug, "do": "remove"}, follow=True)
    assert "“Paper 6” is no longer in your library." in page.content.decode()
    assert not Bookmark.objects.exists()
    page = client.post("/library/mark/", {"paper": hidden.slug, "do": "add"}, follow=True)
    assert "There is no paper 2502.00006 here." in page.content.decode()
    assert not Bookmark.objects.exists()
    client.post("/library/undo/")
    assert Bookmark.objects.get().paper == hidden


def test_its_status_changes_in_place_and_its_star_is_gone_with_the_bookmark(client, owner, hidden):
    client.force_login(owner)
    part = client.post("/library/mark/", {"paper": hidden.slug, "do": "read"}, headers=IN_PLACE)
    assert (part.status_code, Bookmark.objects.get().status) == (200, "read")
    assert "★" in part.content.decode()
    part = client.post("/library/mark/", {"paper": hidden.slug, "do": "remove"}, headers=IN_PLACE)
    assert part.status_code == 200
    assert "Bookmark" not in part.content.decode()
    assert "Not interested" not in part.content.decode()


def test_its_note_is_read_changed_and_deleted(client, owner, library, hidden):
    library.notes.save(hidden, "Gradients", 0)
    client.force_login(owner)
    address = f"/library/notes/{hidden.slug}/"
    assert f'<a href="{address}">' in client.get("/library/").content.decode()
    page = client.get(address)
    assert f"Paper 6 {GONE}" in text(page)
    assert f'"{hidden.get_absolute_url()}"' not in page.content.decode()
    saved = client.post(address, {"text": "Descent", "version": 1})
    assert (saved.url, Note.objects.get().text) == ("/library/", "Descent")
    client.post(address, {"text": "", "version": 2})
    assert not Note.objects.exists()


@pytest.mark.databases
def test_a_dismissal_of_it_is_shown_without_a_link(client, owner, library, hidden):
    library.bookmarks.dismiss([hidden.pk])
    client.force_login(owner)
    page = client.get("/library/?q=is:dismissed")
    assert f"Not interested: Paper 6 {GONE}" in text(page)
    assert f'"{hidden.get_absolute_url()}"' not in page.content.decode()
    client.post("/library/mark/", {"paper": hidden.slug, "do": "show"})
    assert not library.bookmarks.dismissed().exists()


@pytest.mark.databases
def test_nobody_else_can_keep_it(client, other, hidden, papers):
    client.force_login(other)
    library = Library(other)
    for do in ("add", "read", "dismiss"):
        client.post("/library/mark/", {"paper": hidden.slug, "do": do})
    assert library.bookmarks.add([hidden.pk, papers[0].pk]) == []
    library.bookmarks.dismiss([hidden.pk])
    assert [row.paper for row in library.bookmarks.all()] == [papers[0]]
    assert not library.bookmarks.dismissed().exists()
    opened = library.lists.open(library.lists.create("Mine").slug)
    assert opened.add([hidden.pk]) == 0
    there = opened.reading_list.get_absolute_url()
    page = client.post(f"{there}items/", {"paper": hidden.slug, "do": "add"})
    assert "There is no paper 2502.00006 here." in text(page)
    page = client.post("/lists/", {"name": "With it", "paper": hidden.slug})
    assert not ReadingList.objects.filter(name="With it").exists()
    assert client.get(f"/library/notes/{hidden.slug}/").status_code == 404
    with pytest.raises(NotFound):
        library.paper(hidden.slug)
    assert not ListItem.objects.filter(reading_list__owner=other).exists()


def test_what_is_new_is_counted_without_it(library, hidden, papers):
    load(digest(row(7, date="2025-02-07")), "2025-02-07-b.json")
    assert library.digests.new_papers() == 6


def test_whoever_brings_it_and_has_it_already_is_shown_no_link(client, owner, hidden):
    client.force_login(owner)
    page = client.post("/library/import/", {"text": "2502.00006"})
    assert called(page.context["found"].papers) == ["6"]
    assert f'"{hidden.get_absolute_url()}"' not in page.content.decode()


# Names


def test_the_name_of_a_merged_paper_finds_what_it_was_merged_into(library, other, papers):
    one, two, three = papers[:3]
    merge_papers(one, two, None)
    merge_papers(two, three, None)
    names = ["arXiv:2502.00001v2", "2502.00002", "2502.00003", "2502.99999"]
    assert library.papers(names) == dict.fromkeys(names[:3], three)
    opened = library.lists.open(library.lists.create("Survey").slug)
    assert opened.add([one.pk]) == 0


def test_merged_papers_are_added_to_a_list_by_their_old_names(client, owner, library, papers):
    merge_papers(papers[0], papers[1], None)
    made = library.lists.create("Survey")
    client.force_login(owner)
    form = {"do": "add", "paper": "2502.00001v3 2502.00003"}
    client.post(f"{made.get_absolute_url()}items/", form)
    items = library.lists.open(made.slug).items()
    assert sorted(called(item.paper for item in items)) == ["2", "3"]


# In a list


@pytest.mark.databases
@pytest.mark.slow
def test_owner_and_editor_see_it_in_the_list_and_others_do_not(
    client, survey, hidden, owner, editor, viewer, other
):
    there = survey.reading_list.get_absolute_url()
    for user, seen in (
        (owner, "162"),
        (editor, "162"),
        (viewer, "12"),
        (other, "12"),
        (None, "12"),
    ):
        client.logout()
        if user:
            client.force_login(user)
        page = client.get(there)
        html = page.content.decode()
        assert called(page.context["papers"]) == [*seen]
        assert (GONE in html, "Paper 6" in html) == ("6" in seen, "6" in seen)
        assert f'"{hidden.get_absolute_url()}' not in html
        assert f"{len(seen)} papers" in text(page)
        if user in (owner, editor, viewer):
            assert f"{len(seen)} papers, " in text(client.get("/lists/"))
        for suffix in ("bib", "atom"):
            file = client.get(f"{there[:-1]}.{suffix}").getvalue().decode()
            assert "Paper 2" in file
            assert "Paper 6" not in file


def test_whoever_has_the_secret_link_does_not_see_it(anonymous, survey, hidden):
    survey.show_to(Visibility.LINK)
    secret = survey.reading_list.secret
    there = f"/lists/shared/{secret}/"
    page = anonymous.get(there)
    assert called(page.context["papers"]) == ["1", "2"]
    for suffix in ("bib", "atom"):
        assert b"Paper 6" not in anonymous.get(f"{there[:-1]}.{suffix}").getvalue()


def test_an_editor_moves_it_takes_it_out_and_puts_it_back(client, survey, hidden, editor):
    client.force_login(editor)
    there = survey.reading_list.get_absolute_url()
    for form, order in (
        ({"do": "move", "to": "1"}, "612"),
        ({"do": "describe", "comment": "Withdrawn"}, "612"),
        ({"do": "remove"}, "12"),
    ):
        client.post(f"{there}items/", {"paper": hidden.slug, **form})
        assert called(item.paper for item in survey.items()) == [*order]
    client.post("/lists/undo/")
    assert called(item.paper for item in survey.items()) == ["6", "1", "2"]
    assert survey.items()[0].comment == "Withdrawn"


def test_a_search_of_a_list_does_not_find_it(client, survey, hidden, viewer):
    client.force_login(viewer)
    found = client.get("/library/?q=in:survey").context["papers"]
    assert sorted(called(found)) == ["1", "2"]


# In and out


def test_it_is_exported_and_imported_again(owner, library, survey, hidden):
    library.notes.save(hidden, "Gradients", 0)
    file = BytesIO()
    export(library, owner, file)
    with ZipFile(file) as archive:
        said = json.loads(archive.read("library.json"))
        assert [row["paper"]["title"] for row in said["bookmarks"]] == ["Paper 6"]
        assert [row["paper"]["title"] for row in said["notes"]] == ["Paper 6"]
        (made,) = said["lists"]
        assert [item["paper"]["title"][-1] for item in made["items"]] == ["1", "6", "2"]
        assert b"Paper 6" in archive.read("bookmarks.bib")
    survey.remove([hidden.pk])
    found = restore(library, owner, file.getvalue())
    assert (found.missing, found.problems) == ([], [])
    assert called(item.paper for item in survey.items()) == ["1", "2", "6"]


def test_to_somebody_else_it_is_not_in_the_catalogue(client, owner, library, hidden, other):
    file = BytesIO()
    export(library, owner, file)
    assert restore(Library(other), other, file.getvalue()).missing == ["Paper 6"]
    assert not Library(other).bookmarks.all().exists()
    client.force_login(other)
    page = client.post("/library/import/", {"text": "2502.00006 2502.00001"})
    assert called(page.context["found"].papers) == ["1"]
    client.post("/library/import/confirm/", {"papers": "2502.00006 2502.00001"})
    assert called(row.paper for row in Library(other).bookmarks.all()) == ["1"]
