"""Notes for programs, where no edit is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Note
from tests.accounts.api.conftest import errors

pytestmark = pytest.mark.sqlite

ONE = "notes/2502.00001/"


def write(client, text, tag=None, path=ONE):
    return client.put(path, {"text": text}, headers={"If-Match": tag} if tag else None)


def texts():
    return list(Note.objects.order_by("pk").values_list("text", flat=True))


def test_a_note_is_written_read_changed_and_deleted(mine, papers):
    made = write(mine, "One *idea*")
    assert made.status_code == 201
    said = mine.get(ONE)
    assert said["ETag"] == made["ETag"]
    assert said.json() == made.json()
    shown = said.json()
    assert (shown.pop("added_at"), shown.pop("changed_at")) != (None, None)
    assert shown == {"paper": "2502.00001", "text": "One *idea*", "version": 1}
    changed = write(mine, "Another", made["ETag"])
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert changed["ETag"] != made["ETag"]
    assert mine.delete(ONE, headers={"If-Match": changed["ETag"]}).status_code == 204
    assert mine.get(ONE).status_code == 404


@pytest.mark.databases
def test_a_note_says_when_it_was_changed(mine, papers):
    write(mine, "x")
    # Within the second of a change it is not said when it was.
    Note.objects.update(changed_at=timezone.now() - timedelta(minutes=1))
    first = mine.get(ONE)
    assert first["Last-Modified"].endswith("GMT")
    address = f"/api/v1/library/{ONE}"
    client = mine.client
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    when = {"If-Modified-Since": first["Last-Modified"]}
    assert client.get(address, headers=when).status_code == 304
    write(mine, "y", first["ETag"])
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_an_edit_that_began_from_an_older_text_is_not_saved(mine, papers):
    first = write(mine, "Mine")["ETag"]
    write(mine, "From my telephone", first)
    for attempt in (write(mine, "Later", first), mine.delete(ONE, headers={"If-Match": first})):
        assert attempt.status_code == 412
        assert attempt.json()["detail"].startswith("It was changed since")
    assert texts() == ["From my telephone"]


@pytest.mark.parametrize(
    "tag",
    ['"0-1"', "1", '""', '"', "", "x", '"1-1', '"999999999999999999999-1"', 'W/"x"', '"a","b"'],
)
def test_a_tag_that_was_never_given_matches_nothing(mine, papers, tag):
    write(mine, "Mine")
    attempt = mine.put(ONE, {"text": "Other"}, headers={"If-Match": tag})
    assert attempt.status_code == 412
    assert texts() == ["Mine"]


def test_nobody_writes_over_a_note_unseen(mine, papers):
    write(mine, "Mine")
    assert write(mine, "Other").status_code == 428
    assert mine.delete(ONE).status_code == 428
    assert mine.put(ONE, {"text": "Other"}, headers={"If-None-Match": "*"}).status_code == 412
    assert texts() == ["Mine"]


def test_only_if_there_is_none(mine, papers):
    made = mine.put(ONE, {"text": "Mine"}, headers={"If-None-Match": "*"})
    assert made.status_code == 201


def test_what_is_to_be_replaced_must_be_there(mine, papers):
    for tag in ("*", '"1-1"'):
        assert write(mine, "Mine", tag).status_code == 412
    assert texts() == []


def test_whatever_is_there(mine, papers):
    write(mine, "Mine")
    assert write(mine, "Other", "*").status_code == 200
    assert mine.delete(ONE, headers={"If-Match": "*"}).status_code == 204


def test_one_of_several_tags(mine, papers):
    first = write(mine, "Mine")["ETag"]
    assert write(mine, "Other", f'"x", {first}').status_code == 200


def test_a_tag_is_good_for_a_packed_answer(mine, papers):
    write(mine, "Mine " * 1000)
    packed = mine.client.get(f"/api/v1/library/{ONE}", headers={"Accept-Encoding": "gzip"})
    assert packed["ETag"].startswith('W/"')
    assert write(mine, "Other", packed["ETag"]).status_code == 200


def test_to_say_the_same_again_is_no_conflict(mine, papers):
    first = write(mine, "Mine")
    second = write(mine, "Other", first["ETag"])
    again = write(mine, "Other", first["ETag"])
    assert (again.status_code, again["ETag"]) == (200, second["ETag"])
    assert again.json() == second.json()


def test_a_note_that_was_deleted_meanwhile_does_not_come_back(mine, papers):
    first = write(mine, "Mine")["ETag"]
    mine.delete(ONE, headers={"If-Match": first})
    assert write(mine, "Other", first).status_code == 412
    assert mine.delete(ONE, headers={"If-Match": first}).status_code == 204
    assert texts() == []


def test_a_note_that_was_written_anew_is_another(mine, papers):
    first = write(mine, "Mine")["ETag"]
    mine.delete(ONE, headers={"If-Match": first})
    assert write(mine, "New")["ETag"] != first
    assert write(mine, "Other", first).status_code == 412
    assert texts() == ["New"]


@pytest.mark.parametrize("text", ["a\r\nb", "深層学習 🚀", "  indented", "<script>", "x" * 100_000])
def test_texts(mine, papers, text):
    assert write(mine, text).json()["text"] == text.replace("\r\n", "\n")


@pytest.mark.databases
@pytest.mark.parametrize(
    "text", ["", " \n", "x" * 100_001, "a\x00b", None, 5, True, ["x"], {"x": "y"}]
)
def test_texts_that_are_none(mine, papers, text):
    assert [*errors(write(mine, text))] == ["text"]
    assert texts() == []


@pytest.mark.parametrize("body", [rb'{"text": "\ud800"}', rb'{"text": "\udc00\ud800"}'])
def test_half_a_character_is_an_error_and_no_crash(mine, papers, body):
    assert [*errors(mine.put(ONE, body))] == ["text"]
    assert [*errors(mine.put(ONE, rb'{"text": "\u0000"}'))] == ["text"]
    whole = mine.put(ONE, rb'{"text": "\ud83d\ude80"}')
    assert whole.json()["text"] == "🚀"


def test_a_note_is_its_writers(mine, theirs, papers):
    tag = write(mine, "Mine")["ETag"]
    assert theirs.get(ONE).status_code == 404
    assert write(theirs, "Theirs", tag).status_code == 412
    assert write(theirs, "Theirs").status_code == 201
    assert theirs.delete(ONE, headers={"If-Match": "*"}).status_code == 204
    assert texts() == ["Mine"]


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_there_is_no_such_paper(mine, papers, method):
    assert getattr(mine, method)("notes/9999.99999/").status_code == 404


def test_notes_are_listed_with_the_titles_of_their_papers(mine, papers):
    for number in (2, 1):
        write(mine, f"On {number}", path=f"notes/2502.0000{number}v2/")
    said = mine.get("notes/", page_size=1).json()
    assert said["count"] == 2
    (first,) = said["results"]
    assert (first["paper"], first["title"], first["text"]) == ("2502.00002", "Paper 2", "On 2")
    assert "/notes/?page_size=1&cursor=" in said["next"]
    assert [*errors(mine.get("notes/", page="x"))] == ["page"]
    assert [*errors(mine.get("notes/", cursor="WyJ4IiwxXQ"))] == ["cursor"]  # no time


@pytest.mark.parametrize("number", [1, 3])
def test_queries(mine, library, papers, unlimited, django_assert_num_queries, number):
    for paper in papers[:number]:
        library.notes.save(paper, "x", 0)
    mine.get("notes/")
    with django_assert_num_queries(3):
        assert len(mine.get("notes/").json()["results"]) == number
