"""Bookmarks for programs: each write reads as a specification."""

import json

import pytest

from accounts.library import Library, Marks
from accounts.models import Bookmark
from digest.catalogue.load import load
from digest.models import Paper
from tests.accounts.api.conftest import errors
from tests.samples import digest, row

pytestmark = pytest.mark.sqlite

ONE = "bookmarks/2502.00001/"


def kept(response):
    return [said["paper"]["id"] for said in response.json()["results"]]


# Reading


@pytest.fixture
def filled(library, papers):
    library.bookmarks.add([papers[2].pk], "read")
    library.bookmarks.add([papers[0].pk], "reading")
    library.bookmarks.add([papers[1].pk])
    library.notes.save(papers[0], "On entropy", 0)
    library.notes.save(papers[4], "Not bookmarked", 0)
    made = library.lists.create("To compare")
    library.lists.open(made.slug).add([papers[1].pk, papers[3].pk])
    return papers


def test_a_bookmark_is_told_with_its_paper(mine, filled):
    said = mine.get(ONE).json()
    assert said.pop("added_at").endswith("Z")
    assert said == {
        "paper": {
            "id": "2502.00001",
            "arxiv_id": "2502.00001",
            "title": "Paper 1",
            "date": "2025-02-06",
            "url": "https://arxiv.org/abs/2502.00001",
            "page": "http://localhost:8000/papers/2502.00001/",
        },
        "status": "reading",
        "has_note": True,
    }


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [2, 1, 3]),
        ({"sort": "title"}, [1, 2, 3]),
        ({"sort": "date"}, [3, 2, 1]),
        ({"status": "read"}, [3]),
        ({"q": "entropy"}, [1]),
        ({"q": "is:unread"}, [2, 1]),
        ({"q": "has:note"}, [1]),
        ({"q": 'in:"to compare"'}, [2]),  # the list's other paper is not bookmarked
        ({"q": "is:unread", "status": "reading"}, [1]),
        ({"page_size": "2"}, [2, 1]),
    ],
)
def test_bookmarks_are_narrowed_and_sorted(mine, filled, query, numbers):
    assert kept(mine.get("bookmarks/", **query)) == [f"2502.0000{number}" for number in numbers]


def test_pages_lead_to_the_next(mine, filled):
    first = mine.get("bookmarks/", page_size=2, q="is:unread OR is:read").json()
    assert (first["count"], len(first["results"])) == (3, 2)
    address = (
        "http://localhost:8000/api/v1/library/bookmarks/?page_size=2&q=is%3Aunread+OR+is%3Aread"
    )
    before, _, cursor = first["next"].partition("&cursor=")
    assert before == address
    second = mine.get("bookmarks/", page_size=2, cursor=cursor)
    assert (kept(second), second.json()["next"]) == (["2502.00003"], None)


def test_a_page_has_a_hundred_rows_at_most(mine, owner, db):
    load(digest(*(row(n) for n in range(1, 102))), "2025-02-06.json")
    Library(owner).bookmarks.add(Paper.objects.values_list("pk", flat=True))
    assert len(kept(mine.get("bookmarks/", page_size=100))) == 100


def test_no_bookmarks_are_a_page_too(mine, papers):
    said = {"count": 0, "next": None, "problems": [], "results": []}
    assert mine.get("bookmarks/").json() == said


def test_what_of_a_query_was_not_read_is_said(mine, filled):
    said = mine.get("bookmarks/", q="is:lent").json()
    (problem,) = said["problems"]
    assert problem["part"] == "is:lent"
    assert len(said["results"]) == 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "colour"}, "sort"),
        ({"status": "lent"}, "status"),
        ({"status": ""}, "status"),
        ({"page": "2"}, "page"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "%"}, "cursor"),
        ({"cursor": "WzFd"}, "cursor"),  # of another list
        ({"page_size": "-1"}, "page_size"),
        ({"page_size": "101"}, "page_size"),
        ({"statsu": "read"}, "statsu"),
        ({"page_size": "9" * 5000}, "page_size"),
        ({"q": "a\x00b"}, "q"),
    ],
)
def test_a_bad_parameter_is_named(mine, filled, query, field):
    assert [*errors(mine.get("bookmarks/", **query))] == [field]


def test_who_has_the_answer_is_not_told_again(mine, filled):
    for path in ("bookmarks/", ONE):
        client = mine.client
        first = client.get(f"/api/v1/library/{path}", headers={"Accept-Encoding": "gzip"})
        assert "no-store" not in first["Cache-Control"]
        assert {"private", "no-cache"} <= {*first["Cache-Control"].split(", ")}
        assert {"Authorization", "Cookie"} <= {*first["Vary"].split(", ")}
        asked = {"If-None-Match": first["ETag"], "Accept-Encoding": "gzip"}
        assert client.get(f"/api/v1/library/{path}", headers=asked).status_code == 304
        mine.put("bookmarks/2502.00001/", {"status": "read"})
        assert client.get(f"/api/v1/library/{path}", headers=asked).status_code == 200
        mine.put("bookmarks/2502.00001/", {"status": "reading"})


@pytest.mark.parametrize("number", [1, 3])
def test_queries(mine, library, papers, unlimited, django_assert_num_queries, number):
    library.bookmarks.add([paper.pk for paper in papers[:number]])
    mine.get("bookmarks/")
    with django_assert_num_queries(4):
        assert len(kept(mine.get("bookmarks/"))) == number


# One


def test_put_keeps_a_paper_and_may_be_said_twice(mine, owner, papers):
    assert mine.put(ONE, {"status": "reading"}).status_code == 201
    first = Bookmark.objects.get()
    for _ in range(2):
        again = mine.put(ONE, {"status": "reading"})
        assert (again.status_code, again.json()["status"]) == (200, "reading")
    assert Bookmark.objects.get().added_at == first.added_at


def test_without_a_status_a_bookmark_keeps_its_own(mine, papers):
    new = mine.put(ONE)
    assert (new.status_code, new.json()["status"]) == (201, "to-read")
    mine.put(ONE, {"status": "read"})
    assert mine.put(ONE, {}).json()["status"] == "read"


def test_delete_may_be_said_twice(mine, papers):
    mine.put(ONE)
    for _ in range(2):
        assert mine.delete(ONE).status_code == 204
    assert not Bookmark.objects.exists()
    assert mine.get(ONE).status_code == 404


def test_a_bookmark_is_its_owners(mine, theirs, papers):
    mine.put(ONE)
    assert theirs.get(ONE).status_code == 404
    theirs.delete(ONE)
    assert mine.get(ONE).status_code == 200
    assert kept(theirs.get("bookmarks/")) == []


def test_papers_are_called_by_any_form_of_their_id(mine, db):
    rows = (
        row(1, link="https://arxiv.org/abs/hep-th/9901001"),
        row(2),
        row(3, link="https://example.org/a-paper"),
    )
    load(digest(*rows), "2025-02-06.json")
    named = Paper.objects.get(arxiv_id=None).slug
    for name, paper in (
        ("hep-th/9901001", "hep-th/9901001"),
        ("hep-th/9901001v2", "hep-th/9901001"),
        ("hep-th%2F9901001", "hep-th/9901001"),
        ("2502.00002v3", "2502.00002"),
        (named, named),
    ):
        assert mine.put(f"bookmarks/{name}/").json()["paper"]["id"] == paper
        assert mine.get(f"bookmarks/{name}/").json()["paper"]["id"] == paper


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_there_is_no_such_paper(mine, papers, method):
    response = getattr(mine, method)("bookmarks/9999.99999/")
    assert (response.status_code, response.json()["detail"]) == (404, "There is no such paper.")


@pytest.mark.parametrize(
    "data", [{"status": "lent"}, {"status": ""}, {"status": None}, {"status": 1}, {"status": [1]}]
)
def test_a_status_that_there_is_not(mine, papers, data):
    assert [*errors(mine.put(ONE, data))] == ["status"]
    assert not Bookmark.objects.exists()


# Many


def outcomes(response):
    return [said["outcome"] for said in response.json()["results"]]


@pytest.mark.databases
def test_many_at_once(mine, owner, papers):
    names = ["2502.00001", "arXiv:2502.00002v1", "https://arxiv.org/pdf/2502.00003", "9999.99999"]
    response = mine.post("bookmarks/", {"papers": names, "do": "reading"})
    assert response.json()["results"][1] == {"paper": names[1], "outcome": "done"}
    assert outcomes(response) == ["done", "done", "done", "missing"]
    assert Bookmark.objects.filter(user=owner, status="reading").count() == 3
    again = mine.post("bookmarks/", {"papers": names, "do": "reading"})
    assert outcomes(again) == ["unchanged", "unchanged", "unchanged", "missing"]


def test_all_that_can_be_done(mine, library, papers):
    key = papers[0].pk
    for do, mark in (
        ("add", Marks("to-read")),
        ("read", Marks("read")),
        ("add", Marks("read")),
        ("to-read", Marks("to-read")),
        ("remove", None),
        ("dismiss", Marks(dismissed=True)),
        ("show", None),
        ("dismiss", Marks(dismissed=True)),
        ("reading", Marks("reading")),
        ("dismiss", Marks(dismissed=True)),
    ):
        said = {"papers": ["2502.00001"], "do": do}
        mine.post("bookmarks/", said)
        assert outcomes(mine.post("bookmarks/", said)) == ["unchanged"]
        assert library.marks([key]).get(key) == mark, do


def test_five_hundred_at_once(mine, papers, unlimited, django_assert_num_queries):
    names = [f"2502.{number:05}" for number in range(1, 501)]
    with django_assert_num_queries(13):
        response = mine.post("bookmarks/", {"papers": names, "do": "add"})
    assert (outcomes(response).count("done"), outcomes(response).count("missing")) == (5, 495)
    assert [*errors(mine.post("bookmarks/", {"papers": [*names, "x"], "do": "add"}))] == ["papers"]


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, ["papers", "do"]),
        ({"papers": [], "do": "add"}, ["papers"]),
        ({"papers": "2502.00001", "do": "add"}, ["papers"]),
        ({"papers": {"0": "2502.00001"}, "do": "add"}, ["papers"]),
        ({"papers": [2502], "do": "add"}, ["papers.0"]),
        ({"papers": ["2502.00001", ""], "do": "add"}, ["papers.1"]),
        ({"papers": ["2502.00001", " \n"], "do": "add"}, ["papers.1"]),
        ({"papers": ["\x00"], "do": "add"}, ["papers.0"]),
        ({"papers": ["x" * 2001], "do": "add"}, ["papers.0"]),
        ({"papers": ["2502.00001"], "do": "eat"}, ["do"]),
        ([], ["non_field_errors"]),
    ],
)
def test_what_cannot_be_done_is_said_by_field(mine, papers, data, fields):
    response = mine.post("bookmarks/", json.dumps(data).encode())
    assert [*errors(response)] == fields
    assert not Bookmark.objects.exists()


@pytest.mark.parametrize("field", ["papers", "do"])
def test_half_a_character_is_an_error_and_no_crash(mine, papers, field):
    text = r'"\ud800"' if field == "do" else r'["\ud800"]'
    other = '"papers": ["2502.00001"]' if field == "do" else '"do": "add"'
    response = mine.post("bookmarks/", f'{{"{field}": {text}, {other}}}'.encode())
    assert next(iter(errors(response))).startswith(field)


# What is not JSON


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"\xff",
        b'{"status": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"status": ' + b"9" * 5000 + b"}",
        b"null",
    ],
)
def test_a_body_that_is_no_json(mine, papers, body):
    assert mine.post("bookmarks/", body).status_code == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_type(mine, papers, kind):
    assert mine.put(ONE, b"status=read", kind=kind).status_code == 415


def test_a_body_that_is_too_large(mine, papers, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert mine.put(ONE, {"status": "reading"}).status_code == 413


def test_another_type_is_not_to_be_had(mine, papers):
    assert mine.get("bookmarks/", headers={"Accept": "text/html"}).status_code == 406
