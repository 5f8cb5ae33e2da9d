"""Saved searches by the API."""

import pytest

from accounts.library import searches as module
from tests.accounts.api.conftest import errors
from tests.accounts.library.test_searches import arrive

pytestmark = pytest.mark.sqlite


def test_a_search_from_its_first_day_to_its_last(mine, theirs):
    made = mine.post("searches/", {"name": "Points", "query": "q=point&order=newest"})
    assert made.status_code == 201
    key = made.json()["id"]
    assert made["Location"].endswith(f"/api/v1/library/searches/{key}/")
    expected = {"name": "Points", "kind": "papers", "query": "q=point", "new": 0, "is_mailed": True}
    assert made.json().items() >= expected.items()
    again = mine.post("searches/", {"name": "Else", "query": "q=point"})
    assert (again.status_code, again.json()["id"]) == (200, key)
    arrive(1)
    (listed,) = mine.get("searches/").json()["results"]
    assert (listed["new"], listed["new_is_exact"]) == (1, True)
    change = {"seen": True, "name": "Main points", "is_mailed": False}
    changed = mine.patch(f"searches/{key}/", change).json()
    assert changed.items() >= {"new": 0, "name": "Main points", "is_mailed": False}.items()
    assert mine.get(f"searches/{key}/").json() == changed
    assert theirs.get(f"searches/{key}/").status_code == 404
    assert mine.delete(f"searches/{key}/").status_code == 204
    assert mine.get("searches/").json()["results"] == []


def test_a_search_of_the_library(mine):
    made = mine.post("searches/", {"name": "A", "kind": "library", "query": "q=is:unread"}).json()
    assert made.items() >= {"kind": "library", "query": "q=is%3Aunread"}.items()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": "q=x"}, "name"),
        ({"name": "A"}, "query"),
        ({"name": "A", "query": "q=x", "kind": "all"}, "kind"),
        ({"name": "A", "query": "q=x", "other": 1}, "other"),
    ],
)
def test_what_is_not_understood(mine, body, field):
    assert errors(mine.post("searches/", body)).keys() == {field}


@pytest.mark.parametrize("query", ["page=2", "category=none", "autor=x"])
def test_a_list_that_no_page_has(mine, query):
    answer = mine.post("searches/", {"name": "A", "query": query})
    assert (answer.status_code, answer.json()["errors"].keys()) == (409, {"query"})


def test_names_and_numbers_collide(mine, monkeypatch):
    monkeypatch.setattr(module, "MOST_SEARCHES", 2)
    first = mine.post("searches/", {"name": "A", "query": "q=a"}).json()["id"]
    mine.post("searches/", {"name": "B", "query": "q=b"})
    assert mine.patch(f"searches/{first}/", {"name": "b"}).status_code == 409
    assert mine.post("searches/", {"name": "C", "query": "q=c"}).status_code == 409
