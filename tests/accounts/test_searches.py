"""The pages of saved searches, and the buttons that save them."""

import re

import pytest
from django.test import Client

from accounts.library import Library
from accounts.models import SavedSearch
from digest.catalogue.load import load
from digest.models import Stream
from tests.accounts.library.test_searches import arrive
from tests.accounts.pages import text
from tests.samples import digest, row

pytestmark = pytest.mark.sqlite

SEARCHES = "/library/searches/"
NEW = f"{SEARCHES}new/"


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


def follow(client, address):
    """Press the button of a page that saves its list."""
    page = client.get(address).content.decode()
    (form,) = re.findall(r'<form class="follow".*?</form>', page, re.DOTALL)
    fields = dict(re.findall(r'name="(kind|query|next)"\s+value="([^"]*)"', form))
    answer = client.post(NEW, {name: value.replace("&amp;", "&") for name, value in fields.items()})
    assert answer.status_code == 302
    return answer.url


@pytest.mark.parametrize(
    ("address", "name", "query"),
    [
        ("/authors/ada-lovelace/", "Ada Lovelace", "author=ada-lovelace"),
        ("/categories/text-generation/", "Text Generation", "category=text-generation"),
        ("/papers/?q=paper&has=code&order=newest", "paper, has code", "has=code&q=paper"),
        ("/papers/?q=nothingofthatkind", "nothingofthatkind", "q=nothingofthatkind"),
        ("/streams/ours/", "Ours", "stream=ours"),
        ("/streams/ours/digests/", "Ours", "stream=ours"),
    ],
)
def test_one_click_follows_what_a_page_lists(client, papers, address, name, query):
    ours = Stream.objects.create(name="Ours", slug="ours")
    load(digest(row(1)), "ours.json", stream=ours.pk)
    assert follow(client, address) == address
    search = SavedSearch.objects.get()
    assert (search.name, search.kind, search.query) == (name, "papers", query)
    page = client.get(address)
    assert f'href="{search.get_absolute_url()}">Following</a>' in page.content.decode()
    assert f"The search “{name}” is saved." in page.content.decode()


def test_a_search_of_the_library_is_saved(client, library, papers):
    library.bookmarks.add([papers[0].pk])
    follow(client, "/library/?q=is:unread")
    search = SavedSearch.objects.get()
    assert (search.name, search.kind, search.query) == ("is:unread", "library", "q=is%3Aunread")


def test_a_page_of_everything_has_no_button(client, papers):
    for address in ("/papers/", "/library/"):
        assert 'class="follow"' not in client.get(address).content.decode()


def test_a_visitor_is_led_to_the_login_and_saves_after_a_look(client, papers):
    visitor = Client()
    page = visitor.get("/authors/ada-lovelace/").content.decode()
    (link,) = re.findall(r'<a class="follow"\s+data-server\s+href="([^"]+)"', page)
    address = link.replace("&amp;", "&")
    assert visitor.get(address).url.startswith("/account/login/?next=/library/searches/new/%3F")
    asked = client.get(address)
    assert not SavedSearch.objects.exists()
    assert "It asks for: Ada Lovelace" in text(asked)
    client.post(NEW, {"kind": "papers", "query": "author=ada-lovelace", "name": "Ada"})
    assert SavedSearch.objects.get().name == "Ada"


def test_the_list_says_what_is_new_and_a_search_shows_it(client, library):
    arrive(1)
    search, _ = library.searches.save("papers", "q=point", "Points")
    library.searches.save("papers", "q=nothing", "Nothing")
    arrive(2, 3)
    assert "Points 2 new , all papers" in text(client.get(SEARCHES))
    assert "Nothing nothing new, all papers" in text(client.get(SEARCHES))
    page = client.get(search.get_absolute_url())
    assert "2 new papers" in text(page)
    assert [paper.slug for paper in page.context["papers"]] == ["2502.00002", "2502.00003"]
    assert page.context["until"] == max(paper.pk for paper in page.context["papers"])


def test_new_papers_are_marked_as_seen_and_new_again(client, library):
    search, _ = library.searches.save("papers", "q=point", "Points")
    arrive(1)
    address = search.get_absolute_url()
    until = client.get(address).context["until"]
    arrive(2)
    answer = client.post(address, {"do": "seen", "until": until}, follow=True)
    assert "The new papers of “Points” are marked as seen." in text(answer)
    assert "Points 1 new" in text(answer)
    assert "Undone." in text(client.post(f"{SEARCHES}undo/", follow=True))
    assert "Points 2 new" in text(client.get(SEARCHES))
    assert "nothing to undo" in text(client.post(f"{SEARCHES}undo/", follow=True))


def test_what_is_not_marked_says_so(client, library):
    search, _ = library.searches.save("papers", "q=point", "Points")
    answer = client.post(search.get_absolute_url(), {"do": "seen", "until": "abc"})
    assert answer.status_code == 400
    assert "Nothing was marked, as it is not clear up to which paper." in text(answer)


def test_a_search_is_renamed_and_deleted_and_comes_back(client, library):
    search, _ = library.searches.save("papers", "q=point", "Points")
    library.searches.save("papers", "q=other", "Other")
    address = search.get_absolute_url()
    refused = client.post(address, {"do": "save", "name": "other"})
    assert refused.status_code == 400
    assert "You have a saved search “other” already." in text(refused)
    client.post(address, {"do": "save", "name": "Main points"})
    search.refresh_from_db()
    assert (search.name, search.is_mailed) == ("Main points", False)
    client.post(address, {"do": "delete"})
    assert [one.name for one in library.searches.all()] == ["Other"]
    assert client.get(address).status_code == 404
    client.post(f"{SEARCHES}undo/")
    assert [one.name for one in library.searches.all()] == ["Main points", "Other"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"kind", "query"}),
        ({"kind": "papers", "query": "page=2"}, {"query"}),
        ({"kind": "other", "query": "q=x"}, {"kind"}),
        ({"kind": "papers", "query": "category=none"}, {"query"}),
        ({"kind": "papers", "query": "q=x", "name": "x" * 300}, {"name"}),
    ],
)
def test_what_cannot_be_saved_is_said_beside_the_field(client, db, fields, wrong):
    answer = client.post(NEW, fields)
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == wrong
    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize(
    "fields", [{}, {"do": "other"}, {"do": "seen", "until": "x"}, {"do": "save", "name": ""}]
)
def test_a_wrong_action_changes_nothing(client, library, fields):
    search, _ = library.searches.save("papers", "q=point", "Points")
    assert client.post(search.get_absolute_url(), fields).status_code == 400
    assert library.searches.get(search.pk).name == "Points"


def test_what_is_others_is_not_there(client, other):
    search, _ = Library(other).searches.save("papers", "q=point", "Points")
    assert client.get(search.get_absolute_url()).status_code == 404
    assert client.post(search.get_absolute_url(), {"do": "delete"}).status_code == 404
    assert SavedSearch.objects.count() == 1
