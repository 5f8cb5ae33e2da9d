"""Saved searches of a library: what is new in each, and what is refused."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.library import Library, NotFound
from accounts.library import searches as module
from accounts.models import SavedSearch
from accounts.transfer.exports import SCHEMA
from digest.catalogue.load import load
from digest.models import Paper
from tests.samples import digest, row

TODAY = timezone.now().date()


def arrive(*numbers, days_ago=0, **fields):
    """Papers come that are of a day lately."""
    day = (TODAY - timedelta(days=days_ago)).isoformat()
    load(digest(*(row(number, date=day, **fields) for number in numbers)), f"{numbers}-{day}.json")


def numbers(new):
    papers = Paper.objects.in_bulk(new.papers)
    return [int(papers[key].slug[-5:]) for key in new.papers]


@pytest.fixture
def searches(library):
    return library.searches


def test_what_came_since_one_looked_is_new(searches):
    arrive(1)
    search, is_new = searches.save("papers", "?q=point", "Points")
    assert (is_new, search.query, search.name) == (True, "q=point", "Points")
    assert numbers(searches.new()[search.pk]) == []
    arrive(2)
    arrive(3, days_ago=3)  # of an earlier day, and new all the same
    arrive(4, days_ago=40)  # an old paper is no news
    arrive(5, summary="Nothing like it")
    assert sorted(numbers(searches.new()[search.pk])) == [2, 3]
    searches.mark_seen(search.pk)
    assert numbers(searches.new()[search.pk]) == []
    arrive(6)
    assert numbers(searches.new()[search.pk]) == [6]


def test_what_came_after_the_page_was_made_stays_new(searches):
    search, _ = searches.save("papers", "q=point", "Points")
    arrive(1)
    until = module.newest_paper()
    arrive(2)
    before = searches.mark_seen(search.pk, until)
    assert numbers(searches.new()[search.pk]) == [2]
    searches.mark_seen(search.pk, 10**12)  # beyond what there is
    arrive(3)
    assert numbers(searches.new()[search.pk]) == [3]
    searches.restore([before])
    assert sorted(numbers(searches.new()[search.pk])) == [1, 2, 3]


def test_what_was_kept_since_one_looked_is_new_in_the_library(searches, library):
    arrive(1, 2, 3)
    one, two, three = (paper.pk for paper in Paper.objects.order_by("position"))
    library.bookmarks.add([one])
    search, _ = searches.save("library", "q=is%3Aunread&sort=title&page=2", "To read")
    assert search.query == "q=is%3Aunread"
    assert searches.new()[search.pk].papers == []
    library.bookmarks.add([two])
    library.bookmarks.add([three], "read")
    assert searches.new()[search.pk].papers == [two]
    searches.mark_seen(search.pk)
    assert searches.new()[search.pk].papers == []


def test_the_number_of_queries_does_not_grow(searches):
    counts = []
    for number in range(30):
        query = f"author=ada-lovelace&q=a{number}" if number else "q=x"
        searches.save("papers", query, f"{number}")
        if number == 0:
            arrive(1)
        if number in (1, 29):
            arrive(number + 10)
            with CaptureQueriesContext(connection) as queries:
                searches.new()
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 4


def test_more_than_are_looked_through_are_not_counted_as_all(searches, monkeypatch):
    monkeypatch.setattr(module, "MOST_NEW", 2)
    search, _ = searches.save("papers", "q=point", "Points")
    arrive(1)
    assert searches.new()[search.pk].is_exact
    arrive(2, 3)
    new = searches.new()[search.pk]
    assert (len(new.papers), new.is_exact) == (2, False)


def test_a_list_is_saved_once(searches):
    first, _ = searches.save("papers", "has=code&has=model", "Both")
    again, is_new = searches.save("papers", "has=model&has=code&order=upvotes", "Other name")
    assert (again.pk, again.name, is_new) == (first.pk, "Both", False)


@pytest.mark.parametrize(
    ("kind", "query", "name", "field"),
    [
        ("papers", "", "All", "query"),
        ("papers", "order=newest", "All", "query"),
        ("papers", "category=none", "None", "query"),
        ("papers", "nothing=1", "None", "query"),
        ("papers", "q=" + "x" * 2000, "Long", "query"),
        ("library", "sort=title", "All", "query"),
        ("papers", "q=x", " \n ", "name"),
        ("papers", "q=x", "n" * 201, "name"),
        ("papers", "q=x", "TAKEN", "name"),
    ],
)
def test_what_is_refused(searches, kind, query, name, field):
    searches.save("papers", "q=taken", "Taken")
    with pytest.raises(ValidationError) as error:
        searches.save(kind, query, name)
    assert error.value.message_dict.keys() == {field}
    assert searches.all().count() == 1


def test_there_are_so_many_at_most(searches, monkeypatch):
    monkeypatch.setattr(module, "MOST_SEARCHES", 2)
    first, _ = searches.save("papers", "q=a", "A")
    searches.save("papers", "q=b", "B")
    assert not searches.save("papers", "q=b", "B again")[1]
    with pytest.raises(ValidationError, match="2 saved searches, which is the most"):
        searches.save("papers", "q=c", "C")
    removed = searches.remove(first.pk)
    searches.save("papers", "q=c", "C")
    assert searches.restore([removed]) == ["“A” is not added: there are 2 saved searches."]


def test_a_free_name_is_found(searches):
    searches.save("papers", "q=a", "Robots")
    searches.save("papers", "q=b", "robots (2)")
    assert searches.free_name("ROBOTS") == "ROBOTS (3)"
    assert searches.free_name("x" * 300) == "x" * 190
    assert searches.free_name("") == "Search"


def test_others_have_none_of_them(searches, other):
    search, _ = searches.save("papers", "q=a", "A")
    theirs = Library(other).searches
    assert list(theirs.all()) == []
    assert theirs.new() == {}
    assert theirs.having("papers", "q=a") is None
    for act in (theirs.get, theirs.remove, theirs.mark_seen, theirs.change):
        with pytest.raises(NotFound):
            act(search.pk)
    theirs.save("papers", "q=a", "A")
    assert SavedSearch.objects.count() == 2


def test_a_name_that_the_database_takes_for_another_is_said(searches, monkeypatch):
    """PostgreSQL may take İ for i, which Python does not."""
    searches.save("papers", "q=a", "i")
    there, _ = searches.save("papers", "q=b", "Other")
    fields = searches.remove(there.pk)
    monkeypatch.setattr(type(searches), "free_name", lambda self, name: "i")
    assert searches.restore([fields]) == ["You have a saved search “i” already."]
    assert [one.name for one in searches.all()] == ["i"]


def test_an_export_has_no_more_searches_than_a_person_may_have():
    """Each is read, which takes a hundredth of a second."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    assert schema["properties"]["searches"]["maxItems"] == module.MOST_SEARCHES
