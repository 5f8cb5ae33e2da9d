"""What pages for different readers share: cards and facets, made once, and nobody's own."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.catalogue.load import load
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    """A visitor whose pages are made anew each time."""
    client.cookies["any"] = "value"
    return client


@pytest.fixture
def count_queries():
    """Does some work; what it gave, and how many queries it took."""

    def count(work):
        with CaptureQueriesContext(connection) as asked:
            done = work()
        return done, len(asked)

    return count


def ask(client, address):
    return client.get(address).content.decode()


def cards(html):
    return re.findall(r'<article class="card">.*?</article>', html, re.DOTALL)


@pytest.mark.parametrize("address", ["/papers/", "/papers/?q=paper", "/authors/ada-lovelace/"])
def test_what_is_made_for_one_reader_costs_the_next_less(reader, count_queries, address):
    load(digest(row(1), row(2)), "a.json")
    first, queries = count_queries(lambda: ask(reader, address))
    again, fewer = count_queries(lambda: ask(reader, address))
    assert again == first
    assert fewer <= queries - 3


def test_a_paper_that_changed_has_another_card(reader):
    load(digest(row(1, github_urls=[])), "a.json")
    (before,) = cards(ask(reader, "/papers/"))
    assert "lab/new" not in before
    later = row(1, date="2025-02-07", github_urls=["https://github.com/lab/new"])
    load(digest(later), "b.json")
    (after,) = cards(ask(reader, "/papers/"))
    assert "lab/new" in after


def test_each_search_marks_its_own_words(reader):
    load(digest(row(1, title="Alpha beta")), "a.json")
    for word, title in (
        ("alpha", "<mark>Alpha</mark> beta"),
        ("beta", "Alpha <mark>beta</mark>"),
        ("1", "Alpha beta"),
    ):
        (card,) = cards(ask(reader, f"/papers/?q={word}"))
        assert f">{title}</a>" in card


def test_facets_are_of_the_address_and_of_the_catalogue_as_it_is(reader):
    def facets(address):
        return ask(reader, address).partition('<div class="facet-list">')[2].partition("</div>")[0]

    load(digest(row(1), row(2, classification=["Robotics"])), "a.json")
    every = facets("/papers/")
    assert "Text Generation" in every
    assert "Text Generation" not in facets("/papers/?category=robotics")
    assert facets("/papers/") == every
    load(digest(row(3, classification=["Text-to-Video"])), "b.json")
    assert "Text-to-Video" in facets("/papers/")


def test_nothing_of_a_reader_comes_to_the_next(client, django_user_model):
    load(digest(row(1)), "a.json")
    visitor = ask(client, "/papers/")
    client.force_login(django_user_model.objects.create_user("ada", "ada@example.org", "secret"))
    own = ask(client, "/papers/")
    assert 'class="bookmark"' in own
    assert cards(own) == cards(visitor)
    assert "csrfmiddlewaretoken" not in "".join(cards(own))
    client.logout()
    client.cookies["any"] = "value"
    assert ask(client, "/papers/") == visitor
