"""What programs bring and take away, and what they have read."""

import io
import json
import zipfile
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.library import Library
from accounts.models import Bookmark, ReadDigest, Role
from tests.accounts.api.conftest import errors

pytestmark = pytest.mark.sqlite

TEXT = "2502.00001\narXiv:2502.00003v2\nhttps://arxiv.org/abs/1706.03762\n???"


def kept(user):
    rows = Bookmark.objects.filter(user=user).order_by("paper__position")
    return list(rows.values_list("paper__position", "status"))


# References


def test_first_it_is_said_what_a_text_means_here(mine, owner, papers):
    said = mine.post("import/", {"text": TEXT}).json()
    assert [paper["id"] for paper in said["matched"]] == ["2502.00001", "2502.00003"]
    assert [(one["line"], one["arxiv_id"]) for one in said["missing"]] == [(3, "1706.03762")]
    assert [problem["line"] for problem in said["problems"]] == [4]
    assert (said["format"], said["dry_run"]) == ("list", True)
    assert kept(owner) == []


def test_then_it_is_done_and_may_be_twice(mine, owner, papers):
    for _ in range(2):
        said = mine.post("import/", {"text": TEXT, "dry_run": False}).json()
        assert (said["dry_run"], len(said["matched"])) == (False, 2)
        assert kept(owner) == [(1, "to-read"), (3, "to-read")]


@pytest.mark.parametrize("spelling", ["true", "True", "1", "on", "yes", "TRUE", "t", " y "])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_dry_run_in_every_spelling(mine, owner, papers, spelling, dry_run):
    opposites = {"true": "false", "1": "0", "on": "off", "yes": "no", "t": "f", "y": "n"}
    said = spelling if dry_run else opposites[spelling.strip().lower()]
    file = SimpleUploadedFile("x", b"2502.00001")
    ways = [
        lambda: mine.post("import/", {"text": TEXT, "dry_run": said}),
        lambda: mine.post("import/?" + urlencode({"dry_run": said}), {"text": TEXT}),
        lambda: mine.send("import/", file=file, dry_run=said),
        lambda: mine.send("import/?" + urlencode({"dry_run": said}), text="2502.00001"),
    ]
    for way in ways:
        Bookmark.objects.all().delete()
        file.seek(0)
        assert way().json()["dry_run"] is dry_run
        assert bool(kept(owner)) is not dry_run


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("?dry_run=1", {"dry_run": False}),
        ("?dry_run=0", {"dry_run": True}),
        ("?dry_run=0&dry_run=yes", {}),
        ("?dry_run", {"dry_run": False}),
    ],
)
def test_a_dry_run_and_none_is_refused(mine, owner, papers, address, body):
    assert [*errors(mine.post(f"import/{address}", {"text": TEXT, **body}))] == ["dry_run"]
    assert [*errors(mine.send(f"import/{address}", text=TEXT, **body))] == ["dry_run"]
    assert kept(owner) == []


def test_the_same_said_twice_is_done(mine, owner, papers):
    assert (
        mine.post("import/?dry_run=no&dry_run=0", {"text": TEXT, "dry_run": 0}).status_code == 200
    )
    assert len(kept(owner)) == 2


def test_with_a_status_and_into_a_list(mine, owner, library, papers):
    library.bookmarks.add([papers[0].pk], "reading")
    made = library.lists.create("Survey")
    said = {"text": TEXT, "dry_run": False, "list": made.slug}
    mine.post("import/", said)
    assert kept(owner) == [(1, "reading"), (3, "to-read")]
    mine.post("import/", said | {"status": "read"})
    assert kept(owner) == [(1, "read"), (3, "read")]
    assert [paper.position for paper in library.lists.open(made.slug).papers()] == [1, 3]


@pytest.mark.parametrize("dry_run", [True, False])
def test_into_nobody_elses_list(mine, owner, other, papers, dry_run):
    theirs = Library(other).lists
    made = theirs.create("Theirs")
    said = {"text": TEXT, "dry_run": dry_run}
    assert mine.post("import/", said | {"list": made.slug}).status_code == 404
    theirs.open(made.slug).invite("owner", Role.VIEWER)
    Library(owner).lists.accept(Library(owner).lists.invitations().get().pk)
    assert mine.post("import/", said | {"list": made.slug}).status_code == 404
    assert mine.post("import/", said | {"list": "nosuch"}).status_code == 404
    assert kept(owner) == []


NOTED = b"""<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p><DT><A HREF="https://arxiv.org/abs/2502.00001" TAGS="nlp">One</A><DD>See arXiv:2502.66666
</DL>
@misc{b}"""


@pytest.mark.databases
def test_notes_are_added_and_tags_if_one_says_so(mine, owner, library, papers):
    file = SimpleUploadedFile("x.html", NOTED)
    said = mine.send("import/", file=file).json()
    assert (said["format"], said["notes"], said["tags"]) == ("bookmarks, BibTeX", 1, ["nlp"])
    assert said["mentions"] == [{"line": 2, "name": "arXiv:2502.66666"}]
    assert library.notes.all().count() == library.lists.owned().count() == 0
    mine.post("import/", {"text": NOTED.decode(), "dry_run": False, "notes": False})
    assert library.notes.all().count() == library.lists.owned().count() == 0
    file.seek(0)
    mine.send("import/", file=file, dry_run="false")
    assert [note.text for note in library.notes.all()] == ["See arXiv:2502.66666"]
    assert library.lists.owned().count() == 0
    mine.post("import/", {"text": NOTED.decode(), "dry_run": False, "tag_lists": True})
    assert [made.name for made in library.lists.owned()] == ["nlp"]
    assert library.notes.all().count() == 1


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (b"@misc{x, title={Paper 2}, eprint={2502.00002}}", "BibTeX"),
        (b"TY  - JOUR\nTI  - Paper 2\nUR  - https://arxiv.org/abs/2502.00002\nER  - \n", "RIS"),
        (b'[{"id": "x", "title": "Paper 2"}]', "CSL-JSON"),
    ],
)
def test_a_file(mine, owner, papers, content, format):
    file = SimpleUploadedFile("refs", content)
    said = mine.send("import/", file=file).json()
    assert (said["format"], said["dry_run"], kept(owner)) == (format, True, [])
    file.seek(0)
    said = mine.send("import/", file=file, dry_run="false", status="reading").json()
    assert [paper["id"] for paper in said["matched"]] == ["2502.00002"]
    assert kept(owner) == [(2, "reading")]


def test_a_file_that_cannot_be_read_is_a_problem_of_its_own(mine, papers):
    said = mine.send("import/", file=SimpleUploadedFile("x.bib", b"\x00\x01")).json()
    assert (said["format"], said["matched"]) == (None, [])
    assert "binary" in said["problems"][0]["reason"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "a\x00"}, "text"),
        ({"text": 2502}, "text"),
        ({"text": "x", "dry_run": "maybe"}, "dry_run"),
        ({"text": "x", "dry_run": 2}, "dry_run"),
        ({"text": "x", "dry_run": None}, "dry_run"),
        ({"text": "x", "dry_run": [True]}, "dry_run"),
        ({"text": "x", "status": "lent"}, "status"),
        ({"text": "x", "list": ["x"]}, "list"),
        ({"file": "x"}, "file"),
        (5, "non_field_errors"),
        ([], "non_field_errors"),
    ],
)
def test_what_cannot_be_brought(mine, papers, data, field):
    assert [*errors(mine.post("import/", json.dumps(data).encode()))] == [field]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "text"),
        ({"file": ""}, "file"),
        ({"file": SimpleUploadedFile("x", b"")}, "file"),
        ({"file": SimpleUploadedFile("x", b"2502.00001"), "dry_run": "2"}, "dry_run"),
        ({"file": SimpleUploadedFile("x", b"2502.00001"), "dry_run": ""}, "dry_run"),
        ({"file": SimpleUploadedFile("x", b"PK\x03\x04 no archive")}, "file"),
    ],
)
def test_a_form_that_cannot_be(mine, papers, fields, field):
    assert [*errors(mine.send("import/", **fields))] == [field]


def test_a_file_that_is_too_large(mine, papers, monkeypatch):
    monkeypatch.setattr("accounts.api.transfer.MAX_UPLOAD", 5)
    response = mine.send("import/", file=SimpleUploadedFile("x", b"2502.00001"))
    assert [*errors(response)] == ["file"]


@pytest.mark.parametrize(
    "text",
    [
        r"[{\"title\": \"\\ud800 x\"}]",
        r"@misc{x, title={\ud800}}",
        r"\ud800",
        r"@misc{x, title={a}}\u0000",
    ],
)
def test_half_a_character_is_an_error_and_no_crash(mine, papers, text):
    body = f'{{"text": "{text}", "dry_run": false}}'.encode()
    assert mine.post("import/", body).status_code in (200, 400)


def test_a_body_that_is_no_form(mine, papers):
    kind = "multipart/form-data; boundary=x"
    assert mine.post("import/", b"no form", kind=kind).status_code == 400
    assert mine.post("import/", b"x=y", kind="text/plain").status_code == 415


# An export


def archive(mine):
    """What an export holds."""
    return mine.get("export/").file


@pytest.fixture
def filled(library, papers):
    library.bookmarks.add([papers[0].pk], "read")
    library.notes.save(papers[1], "An *idea*", 0)
    library.lists.open(library.lists.create("Survey").slug).add([papers[2].pk])
    return library


def test_an_export_is_a_zip(mine, filled):
    for accept in ("*/*", "application/zip", "application/json"):
        response = mine.client.get("/api/v1/library/export/", headers={"Accept": accept})
        assert response["Content-Type"] == "application/zip"
        assert 'filename="paper-digest-owner-' in response["Content-Disposition"]
        assert response.getvalue()
    with zipfile.ZipFile(io.BytesIO(archive(mine))) as opened:
        assert json.loads(opened.read("library.json"))["bookmarks"][0]["status"] == "read"
    wrong = mine.client.get("/api/v1/library/export/", headers={"Accept": "text/html"})
    assert (wrong.status_code, wrong.json()["status"]) == (406, 406)


@pytest.mark.databases
def test_what_was_taken_away_is_brought_elsewhere(mine, theirs, other, filled):
    brings = {"file": SimpleUploadedFile("export.zip", archive(mine))}
    said = {
        "format": "library",
        "bookmarks": 1,
        "notes": 1,
        "lists": 1,
        "searches": 0,
        "missing": [],
        "problems": [],
    }
    assert theirs.send("import/", **brings).json() == {**said, "dry_run": True}
    assert kept(other) == []
    assert Library(other).notes.all().count() == 0
    for _ in range(2):
        brings["file"].seek(0)
        done = theirs.send("import/", **brings, dry_run="false").json()
        assert done == {**said, "dry_run": False}
        assert kept(other) == [(1, "read")]
        assert Library(other).notes.get(filled.notes.all()[0].paper_id).text == "An *idea*"


@pytest.mark.parametrize(
    "said", [b"{}", b'{"format": "\\ud800"}', b"[" * 100_000, b"\xff", b'"\\ud800"']
)
def test_an_archive_of_something_else(mine, owner, papers, said):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("library.json", said)
    response = mine.send("import/", file=SimpleUploadedFile("x.zip", file.getvalue()))
    assert [*errors(response)] == ["file"]


# What is new


def unread(client):
    said = client.get("unread/").json()
    return said["new_papers"], [row["date"][-2:] for row in said["results"]]


def test_digests_are_read_and_new_again(mine, three_days):
    assert unread(mine) == (5, ["06", "05", "04"])
    for _ in range(2):
        said = mine.put("unread/2025-02-06/", {"read": True})
        assert said.json() == {"stream": "daily", "date": "2025-02-06", "read": True}
        assert unread(mine) == (3, ["05", "04"])
    for _ in range(2):
        assert mine.put("unread/2025-02-06/", {"read": False}).json()["read"] is False
        assert unread(mine) == (5, ["06", "05", "04"])


def test_a_day_of_all_that_were_read_is_new_again(mine, library, three_days):
    library.digests.mark_all_read()
    for _ in range(2):
        assert mine.put("unread/2025-02-05/", {"read": False}).json()["read"] is False
        assert unread(mine) == (2, ["05"])
    assert mine.put("unread/2025-02-05/", {"read": True}).json()["read"] is True
    assert unread(mine) == (0, [])


def test_a_digest_is_told_with_its_page(mine, three_days):
    said = mine.get("unread/", page_size=1).json()
    address = "http://localhost:8000/api/v1/library/unread/?page_size=1&cursor="
    assert said.pop("next").startswith(address)
    assert said == {
        "count": 3,
        "new_papers": 5,
        "results": [
            {
                "stream": "daily",
                "date": "2025-02-06",
                "paper_count": 3,
                "page": "http://localhost:8000/digests/2025-02-06/",
            }
        ],
    }


def test_there_is_no_such_digest(mine, three_days):
    for day in ("2025-02-09", "0001-01-01", "9999-12-31"):
        assert mine.put(f"unread/{day}/", {"read": True}).status_code == 404
    assert not ReadDigest.objects.exists()


@pytest.mark.parametrize("data", [{}, {"read": None}, {"read": "yes"}, {"read": 1}])
def test_read_or_not(mine, three_days, data):
    assert [*errors(mine.put("unread/2025-02-06/", data))] == ["read"]
