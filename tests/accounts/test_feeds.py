"""Private feeds: their addresses are secret, shown once, and end."""

import re
from xml.etree import ElementTree

import pytest
from django.test import Client

from accounts.library import Library
from accounts.models import PrivateFeed
from digest.models import Paper
from tests.accounts.library.test_searches import arrive
from tests.accounts.pages import text

pytestmark = pytest.mark.sqlite

FEEDS = "/library/feeds/"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


def make(client, search=""):
    """The path of a new feed."""
    page = client.post(FEEDS, {"do": "make", "search": search}).content.decode()
    assert bool(search) != ("The address of the feed “<bdi>Everything new to you" in page)
    (address,) = re.findall(
        r"<code>http://localhost:8000(/library/feeds/[\w-]{43}\.atom)</code>", page
    )
    return address


def titles(address):
    answer = Client().get(address)
    assert (answer.status_code, answer["Content-Type"]) == (
        200,
        "application/atom+xml; charset=utf-8",
    )
    assert "no-store" in answer["Cache-Control"]
    feed = ElementTree.fromstring(answer.content)
    return [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]


def test_a_feed_of_a_search_needs_no_log_in(client, library):
    arrive(1, days_ago=50)
    search, _ = library.searches.save("papers", "q=point", "Points")
    arrive(2)
    arrive(3, summary="Else")
    address = make(client, search.pk)
    assert titles(address) == ["Paper 2", "Paper 1"]
    assert address.rpartition("/")[2].removesuffix(".atom") not in str(
        [*PrivateFeed.objects.values_list()]
    )
    assert address not in client.get(FEEDS).content.decode()  # it is shown once
    assert "has an address, made on" in text(client.get(FEEDS))


def test_a_feed_of_the_library_has_what_was_kept(client, library):
    arrive(1, 2)
    one, two = Paper.objects.order_by("slug")
    library.bookmarks.add([two.pk])
    library.bookmarks.add([one.pk], "read")
    search, _ = library.searches.save("library", "q=is:unread", "To read")
    assert titles(make(client, search.pk)) == ["Paper 2"]


def test_one_feed_has_all_that_is_new(client, library, other):
    library.searches.save("papers", "q=zebra", "Zebras")
    theirs = Library(other).lists
    opened = theirs.open(theirs.create("Ours").slug)
    opened.invite("owner", "viewer")
    library.lists.accept(library.lists.invitations().get().pk)
    arrive(1)
    arrive(2, summary="A zebra")
    arrive(3, summary="Else")
    opened.add([Paper.objects.get(slug="2502.00001").pk])
    address = make(client)
    assert titles(address) == ["Paper 2", "Paper 1"]
    opened.show_to("private")
    assert titles(address) == ["Paper 2"]


def test_a_new_address_ends_the_old_one(client, library):
    search, _ = library.searches.save("papers", "q=point", "Points")
    old = make(client, search.pk)
    new, everything = make(client, search.pk), make(client)
    visitor = Client()
    assert visitor.get(old).status_code == 404
    assert visitor.get(new).status_code == 200
    client.post(FEEDS, {"do": "end", "search": search.pk})
    assert visitor.get(new).status_code == 404
    assert visitor.get(everything).status_code == 200
    library.user.is_active = False
    library.user.save()
    assert visitor.get(everything).status_code == 404


@pytest.mark.parametrize("fields", [{}, {"do": "other"}, {"do": "make", "search": "x"}])
def test_a_wrong_action_makes_nothing(client, fields):
    assert client.post(FEEDS, fields).status_code == 400
    assert not PrivateFeed.objects.exists()


def test_nobody_makes_a_feed_of_what_is_others(client, other):
    search, _ = Library(other).searches.save("papers", "q=point", "Points")
    assert client.post(FEEDS, {"do": "make", "search": search.pk}).status_code == 400
    assert Client().get(f"{FEEDS}{'x' * 43}.atom").status_code == 404
    assert not PrivateFeed.objects.exists()
