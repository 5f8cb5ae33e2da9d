"""Reading lists for programs: the owner's, their members', and everybody's."""

import json

import pytest

from accounts.library import Library
from accounts.models import Invitation, Membership, ReadingList, Role
from tests.accounts.api.conftest import errors

pytestmark = pytest.mark.sqlite

IDS = [f"2502.0000{number}" for number in range(1, 6)]


@pytest.fixture
def survey(library, papers, viewer, editor):
    """A list of three papers, with a viewer and an editor: its address."""
    made = library.lists.create("Survey", "What we *read*")
    opened = library.lists.open(made.slug)
    opened.add([paper.pk for paper in papers[:3]])
    for user, role in ((viewer, Role.VIEWER), (editor, Role.EDITOR)):
        opened.invite(user.username, role)
        lists = Library(user).lists
        lists.accept(lists.invitations().get().pk)
    return f"lists/{made.slug}/"


def order(client, there):
    rows = client.get(f"{there}items/").json()["results"]
    assert [row["position"] for row in rows] == [*range(1, len(rows) + 1)]
    return [int(row["paper"]["id"][-1]) for row in rows]


# Lists


def test_nothing_is_rendered_while_others_wait_to_write(mine, survey, rendered):
    mine.post("lists/", {"name": "New", "description": "1"})
    mine.patch(survey, {"description": "2", "visibility": "public"})
    mine.patch(f"{survey}items/{IDS[0]}/", {"comment": "3", "position": 2, "shows_note": True})
    assert rendered == [*"123"]
    assert order(mine, survey) == [2, 1, 3]
    found = mine.get(survey).json()
    assert (found["name"], found["visibility"]) == ("Survey", "public")


def test_a_list_is_made(mine, owner, papers):
    made = mine.post("lists/", {"name": "  Small\n models ", "description": "*x*"})
    said = made.json()
    there = f"lists/{said['id']}/"
    assert (made.status_code, made["Location"]) == (
        201,
        f"http://localhost:8000/api/v1/library/{there}",
    )
    assert mine.get(there).json() == said
    assert said.pop("added_at") <= said.pop("changed_at")
    slug = said.pop("id")
    assert said == {
        "name": "Small models",
        "description": "*x*",
        "visibility": "private",
        "owner": "owner",
        "access": "owner",
        "items_count": 0,
        "page": f"http://localhost:8000/lists/{slug}/",
        "link": None,
    }


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "name"),
        ({"name": " \n"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x", "description": "x" * 4001}, "description"),
        ({"name": "x", "visibility": "some"}, "visibility"),
    ],
)
def test_a_list_that_cannot_be(mine, survey, data, field):
    assert [*errors(mine.post("lists/", data))] == [field]
    assert ReadingList.objects.count() == 1


def collides(response):
    """With what there is, by field."""
    assert response.status_code == 409
    assert (response.json()["title"], response.json()["status"]) == ("Conflict", 409)
    return response.json()["errors"]


def test_a_name_is_had_once(mine, survey):
    said = {"name": ["There is a list “SURVEY” already."]}
    assert collides(mine.post("lists/", {"name": "SURVEY"})) == said
    assert ReadingList.objects.count() == 1


@pytest.mark.parametrize("field", ["name", "description", "visibility"])
def test_half_a_character_is_an_error_and_no_crash(mine, survey, field):
    body = json.dumps({"name": "x", field: "\ud800"}).encode()
    assert [*errors(mine.post("lists/", body))] == [field]


def test_lists_say_what_one_may_do(mine, program, owner, viewer, editor, other, survey):
    mine.post("lists/", {"name": "Another"})
    said = mine.get("lists/").json()
    assert [(row["name"], row["access"], row["items_count"]) for row in said["results"]] == [
        ("Another", "owner", 0),
        ("Survey", "owner", 3),
    ]
    for user, access in ((viewer, "viewer"), (editor, "editor")):
        (row,) = program(user).get("lists/").json()["results"]
        assert (row["name"], row["access"], row["owner"]) == ("Survey", access, "owner")
        assert program(user).get(survey).json()["access"] == access
    assert program(other).get("lists/").json()["results"] == []
    assert program(other).get(survey).status_code == 404


def test_a_list_is_changed(mine, survey):
    before = mine.get(survey)
    said = mine.patch(survey, {"name": "Renamed"}).json()
    assert (said["name"], said["description"]) == ("Renamed", "What we *read*")
    assert mine.patch(survey, {"description": ""}).json()["description"] == ""
    assert mine.patch(survey, {}).json()["name"] == "Renamed"
    assert mine.get(survey)["ETag"] != before["ETag"]
    assert mine.get(survey)["Last-Modified"].endswith("GMT")


@pytest.mark.parametrize(
    "data", [{"name": ""}, {"name": "Taken"}, {"description": None}, {"visibility": "x"}]
)
def test_a_change_that_cannot_be_changes_nothing(mine, survey, data):
    mine.post("lists/", {"name": "Taken"})
    before = mine.get(survey).json()
    response = mine.patch(survey, {"visibility": "public", "description": "New", **data})
    assert [*(collides if "Taken" in data.values() else errors)(response)] == [*data]
    assert mine.get(survey).json() == before


def test_the_secret_link_is_its_owners_to_see(mine, program, viewer, other, survey):
    link = mine.patch(survey, {"visibility": "link"}).json()["link"]
    secret = ReadingList.objects.get().secret
    assert link == f"http://localhost:8000/lists/shared/{secret}/"
    assert program(viewer).get(survey).json()["link"] is None
    assert program(other).get(survey).status_code == 404


def test_everybody_reads_a_public_list_and_its_owner_changes_it(mine, program, other, survey):
    mine.patch(survey, {"visibility": "public"})
    reader = program(other)
    assert reader.get(survey).json()["access"] == "reader"
    assert order(reader, survey) == [1, 2, 3]
    for answer in (
        reader.patch(survey, {"name": "Mine"}),
        reader.delete(survey),
        reader.post(f"{survey}items/", {"papers": IDS}),
        reader.patch(f"{survey}items/{IDS[0]}/", {"comment": "x"}),
        reader.delete(f"{survey}items/{IDS[0]}/"),
        reader.get(f"{survey}members/"),
        reader.post(f"{survey}leave/"),
    ):
        assert answer.status_code == 404
    assert order(mine, survey) == [1, 2, 3]


def test_a_list_is_deleted_by_its_owner(mine, program, editor, survey):
    assert program(editor).delete(survey).status_code == 404
    assert mine.delete(survey).status_code == 204
    assert mine.delete(survey).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_queries_of_lists(mine, library, papers, unlimited, django_assert_num_queries, number):
    for name in range(number):
        made = library.lists.create(f"List {name}")
        library.lists.open(made.slug).add([paper.pk for paper in papers])
    mine.get("lists/")
    with django_assert_num_queries(4):
        assert len(mine.get("lists/").json()["results"]) == number


# Their papers


def test_papers_are_put_at_the_end_and_once(mine, survey):
    said = {"papers": [IDS[4], "arXiv:2502.00004v2", IDS[0], "9999.99999"], "section": " New\n one"}
    response = mine.post(f"{survey}items/", said)
    assert response.json() == {"added": 2, "missing": ["9999.99999"]}
    assert mine.post(f"{survey}items/", said).json() == {"added": 0, "missing": ["9999.99999"]}
    assert order(mine, survey) == [1, 2, 3, 5, 4]
    assert mine.get(f"{survey}items/{IDS[4]}/").json()["section"] == "New one"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "papers"),
        ({"papers": []}, "papers"),
        ({"papers": IDS[:1], "section": "x" * 201}, "section"),
        ({"papers": IDS[:1], "section": "\x00"}, "section"),
    ],
)
def test_papers_that_cannot_be_put(mine, survey, data, field):
    assert [*errors(mine.post(f"{survey}items/", data))] == [field]


def test_a_list_that_is_full(mine, survey, monkeypatch):
    monkeypatch.setattr("accounts.library.lists.items.MOST_ITEMS", 4)
    response = mine.post(f"{survey}items/", {"papers": IDS})
    assert collides(response) == {"non_field_errors": ["A list has at most 4 papers."]}
    slug = survey.split("/")[1]
    bring = {"text": "\n".join(IDS), "list": slug, "dry_run": False}
    assert mine.post("import/", bring).status_code == 409
    assert mine.get("bookmarks/").json()["count"] == 0
    assert order(mine, survey) == [1, 2, 3]


def test_what_a_list_says_of_a_paper_is_changed(mine, library, survey, papers):
    library.notes.save(papers[1], "A *note*", 0)
    there = f"{survey}items/{IDS[1]}/"
    said = mine.patch(there, {"comment": "See **2**", "section": "Data", "shows_note": True}).json()
    assert said == mine.get(there).json()
    assert said.pop("added_at")
    assert said.pop("paper")["title"] == "Paper 2"
    assert said == {
        "position": 3,  # so that no section is divided
        "section": "Data",
        "comment": "See **2**",
        "shows_note": True,
        "note_html": "<p>A <em>note</em></p>",
    }
    assert mine.patch(there, {"section": ""}).json()["comment"] == "See **2**"
    assert mine.patch(there, {"shows_note": False}).json()["note_html"] is None
    assert mine.patch(there, {}).status_code == 200


def test_a_paper_is_moved(mine, survey):
    there = f"{survey}items/{IDS[2]}/"
    for _ in range(2):
        assert mine.patch(there, {"position": 1}).json()["position"] == 1
        assert order(mine, survey) == [3, 1, 2]
    assert mine.patch(there, {"position": 99}).json()["position"] == 3
    assert order(mine, survey) == [1, 2, 3]


def test_a_moved_paper_comes_under_a_section_that_is_there(mine, survey):
    first, last = (f"{survey}items/{IDS[n]}/" for n in (0, 2))
    mine.patch(last, {"section": "Data"})
    # Between the two sections it may be under either, and in one of them under that alone
    for section, place, found in (("Data", 2, "Data"), ("", 2, ""), ("Data", 1, "")):
        moved = mine.patch(first, {"position": place, "section": section, "comment": "x"}).json()
        assert (moved["position"], moved["section"], moved["comment"]) == (place, found, "x")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"position": 0}, "position"),
        ({"position": 10**7}, "position"),
        ({"position": "1"}, "position"),
        ({"position": True}, "position"),
        ({"position": 1.5}, "position"),
        ({"comment": "x" * 4001}, "comment"),
        ({"shows_note": 1}, "shows_note"),
        ({"shows_note": "yes"}, "shows_note"),
        ({"shows_note": None}, "shows_note"),
        ({"section": ["x"]}, "section"),
    ],
)
def test_a_change_of_an_item_that_cannot_be(mine, survey, data, field):
    response = mine.patch(f"{survey}items/{IDS[0]}/", {"comment": "New", **data})
    assert [*errors(response)] == [field]
    assert mine.get(f"{survey}items/{IDS[0]}/").json()["comment"] == ""


def test_a_paper_is_taken_out_and_may_be_twice(mine, survey):
    for _ in range(2):
        assert mine.delete(f"{survey}items/{IDS[0]}/").status_code == 204
    assert order(mine, survey) == [2, 3]
    for answer in (
        mine.get(f"{survey}items/{IDS[0]}/"),
        mine.patch(f"{survey}items/{IDS[0]}/", {"comment": "x"}),
        mine.delete(f"{survey}items/9999.99999/"),
    ):
        assert answer.status_code == 404


@pytest.mark.databases
def test_members_do_what_they_may(program, viewer, editor, survey):
    reads, edits = program(viewer), program(editor)
    assert reads.post(f"{survey}items/", {"papers": IDS}).status_code == 404
    assert reads.delete(f"{survey}items/{IDS[0]}/").status_code == 404
    assert edits.post(f"{survey}items/", {"papers": IDS}).json()["added"] == 2
    assert edits.patch(f"{survey}items/{IDS[0]}/", {"comment": "x"}).status_code == 200
    # A note is its owner's, who alone says who may read it
    shown = edits.patch(f"{survey}items/{IDS[0]}/", {"comment": "y", "shows_note": True})
    assert shown.status_code == 404
    assert reads.get(f"{survey}items/{IDS[0]}/").json()["comment"] == "x"


def test_items_come_in_pages(mine, survey):
    first = mine.get(f"{survey}items/", page_size=2).json()
    cursor = first["next"].partition("cursor=")[2]
    said = mine.get(f"{survey}items/", cursor=cursor, page_size=2).json()
    assert [(row["paper"]["id"], row["position"]) for row in said["results"]] == [(IDS[2], 3)]
    assert (said["count"], said["next"]) == (3, None)


@pytest.mark.databases
@pytest.mark.parametrize("number", [1, 3])
def test_queries_of_items(mine, library, papers, unlimited, django_assert_num_queries, number):
    made = library.lists.create("Survey")
    opened = library.lists.open(made.slug)
    opened.add([paper.pk for paper in papers[:number]])
    for paper in papers[:number]:
        opened.show_note(paper.pk, True)
    mine.get("lists/")
    with django_assert_num_queries(5):
        assert len(mine.get(f"lists/{made.slug}/items/").json()["results"]) == number


# Their members


def members(client, there):
    said = client.get(f"{there}members/").json()
    return {member["name"]: (member["id"], member["role"]) for member in said["members"]}


def test_members_see_each_other_and_the_owner_who_was_asked(mine, program, viewer, survey):
    mine.post(f"{survey}members/", {"invitee": "grace@example.org", "role": "editor"})
    said = mine.get(f"{survey}members/").json()
    assert said["owner"] == "owner"
    assert [(one["name"], one["role"]) for one in said["members"]] == [
        ("viewer", "viewer"),
        ("editor", "editor"),
    ]
    assert [one["invitee"] for one in said["invitations"]] == ["grace@example.org"]
    assert program(viewer).get(f"{survey}members/").json() == {**said, "invitations": []}


def test_somebody_is_asked_and_comes(mine, theirs, survey):
    asked = mine.post(f"{survey}members/", {"invitee": "Other", "role": "editor"})
    assert asked.status_code == 201
    again = mine.post(f"{survey}members/", {"invitee": "other", "role": "viewer"})
    assert again.json()["id"] == asked.json()["id"]
    (row,) = theirs.get("invitations/").json()["results"]
    slug = survey.split("/")[1]
    assert row.pop("added_at")
    assert row == {
        "id": asked.json()["id"],
        "list": {"id": slug, "name": "Survey", "owner": "owner"},
        "role": "viewer",
    }
    came = theirs.post(f"invitations/{row['id']}/", {"do": "accept"})
    assert (came.status_code, came.json()["access"]) == (200, "viewer")
    assert theirs.post(f"invitations/{row['id']}/", {"do": "accept"}).status_code == 404
    assert theirs.get("invitations/").json()["results"] == []


def test_who_is_asked_is_told_by_mail_as_from_the_page(mine, other, survey, mailoutbox):
    for _ in range(2):
        mine.post(f"{survey}members/", {"invitee": "other"})
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([other.email], "owner invites you to a reading list")


def test_somebody_says_no(mine, theirs, survey):
    asked = mine.post(f"{survey}members/", {"invitee": "other"}).json()["id"]
    assert mine.post(f"invitations/{asked}/", {"do": "decline"}).status_code == 404
    assert [*errors(theirs.post(f"invitations/{asked}/", {"do": "maybe"}))] == ["do"]
    assert theirs.post(f"invitations/{asked}/", {"do": "decline"}).status_code == 204
    assert not Invitation.objects.exists()
    assert theirs.get(survey).status_code == 404


def test_an_invitation_is_taken_back(mine, theirs, survey):
    asked = mine.post(f"{survey}members/", {"invitee": "other"}).json()["id"]
    assert theirs.delete(f"{survey}invitations/{asked}/").status_code == 404
    for _ in range(2):
        assert mine.delete(f"{survey}invitations/{asked}/").status_code == 204
    assert theirs.get("invitations/").json()["count"] == 0


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "invitee"),
        ({"invitee": ""}, "invitee"),
        ({"invitee": "x" * 255}, "invitee"),
        ({"invitee": "a\x00"}, "invitee"),
        ({"invitee": "other", "role": "owner"}, "role"),
    ],
)
def test_whom_nobody_can_ask(mine, survey, data, field):
    assert [*errors(mine.post(f"{survey}members/", data))] == [field]


def test_a_member_is_given_another_role_and_let_go(mine, program, viewer, editor, survey):
    key = members(mine, survey)["viewer"][0]
    there = f"{survey}members/{key}/"
    assert program(editor).patch(there, {"role": "editor"}).status_code == 404
    assert mine.patch(there, {"role": "editor"}).json()["role"] == "editor"
    assert [*errors(mine.patch(there, {"role": "owner"}))] == ["role"]
    assert mine.patch(there).json()["role"] == "editor"
    assert program(editor).delete(there).status_code == 404
    assert mine.delete(there).status_code == 204
    assert mine.delete(there).status_code == 404
    assert mine.patch(there, {"role": "viewer"}).status_code == 404
    assert mine.patch(there).status_code == 404
    assert program(viewer).get(survey).status_code == 404


@pytest.mark.parametrize("number", ["0", "9" * 30])
def test_numbers_of_nobody(mine, survey, number):
    assert mine.patch(f"{survey}members/{number}/", {"role": "viewer"}).status_code == 404
    assert mine.delete(f"{survey}members/{number}/").status_code == 404
    assert mine.post(f"invitations/{number}/", {"do": "accept"}).status_code == 404
    assert mine.delete(f"{survey}invitations/{number}/").status_code == 204
    assert mine.post(f"{survey}hand-over/", {"member": int(number)}).status_code == 404


def test_a_member_leaves(mine, program, viewer, survey):
    assert program(viewer).post(f"{survey}leave/").status_code == 204
    assert program(viewer).post(f"{survey}leave/").status_code == 404
    assert mine.post(f"{survey}leave/").status_code == 404
    assert [*members(mine, survey)] == ["editor"]


def test_a_list_is_handed_over(mine, program, editor, survey):
    key = members(mine, survey)["editor"][0]
    assert program(editor).post(f"{survey}hand-over/", {"member": key}).status_code == 404
    assert [*errors(mine.post(f"{survey}hand-over/", {"member": "x"}))] == ["member"]
    said = mine.post(f"{survey}hand-over/", {"member": key}).json()
    assert (said["owner"], said["access"]) == ("editor", "editor")
    assert program(editor).get(survey).json()["access"] == "owner"
    assert mine.post(f"{survey}hand-over/", {"member": key}).status_code == 404


@pytest.mark.databases
def test_nobody_is_handed_two_lists_of_one_name(mine, program, editor, survey):
    program(editor).post("lists/", {"name": "survey"})
    key = members(mine, survey)["editor"][0]
    assert [*collides(mine.post(f"{survey}hand-over/", {"member": key}))] == ["name"]
    assert mine.get(survey).json()["access"] == "owner"
    assert Membership.objects.count() == 2


@pytest.mark.parametrize("number", [1, 3])
def test_queries_of_invitations(
    mine, program, other, papers, unlimited, django_assert_num_queries, number
):
    lists = Library(other).lists
    for name in range(number):
        lists.open(lists.create(f"List {name}").slug).invite("owner", Role.VIEWER)
    mine.get("lists/")
    with django_assert_num_queries(4):
        assert len(mine.get("invitations/").json()["results"]) == number
