"""The page of a note, and what scripts are told."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.library import Library
from accounts.models import NOTE_LENGTH, Note

pytestmark = pytest.mark.sqlite

ADDRESS = "/library/notes/2502.00001/"
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def client(owner, papers):
    client = Client()
    client.force_login(owner)
    return client


def text(response):
    return response.content.decode()


def test_a_note_is_written_shown_changed_and_deleted(client):
    assert 'name="version" value="0"' in text(client.get(ADDRESS))
    response = client.post(ADDRESS, {"text": "It *works*: $x^2$\r\n", "version": 0}, follow=True)
    assert response.redirect_chain == [("/papers/2502.00001/#note", 302)]
    assert "<p>It <em>works</em>: <math>" in text(response)
    page = text(client.get(ADDRESS))
    assert 'name="version" value="1"' in page
    assert "It *works*: $x^2$\n</textarea>" in page
    client.post(ADDRESS, {"text": "Other", "version": 1}, follow=True)
    assert Note.objects.get().text == "Other"
    response = client.post(ADDRESS, {"text": "", "version": 2}, follow=True)
    assert [str(m) for m in response.context["messages"]] == ["Your note is deleted."]
    assert not Note.objects.exists()


def test_markup_in_a_note_stays_text(client):
    nasty = "<script>alert(1)</script> [x](javascript:alert(1)) </textarea><img src=x>"
    page = text(client.post(ADDRESS, {"text": nasty, "version": 0}, follow=True))
    assert "&lt;/textarea&gt;&lt;img src=x&gt;</textarea>" in page
    for sign in ("<script>alert", 'href="javascript', "<img"):
        assert sign not in page


def test_the_later_of_two_tabs_is_shown_both_texts(client):
    client.post(ADDRESS, {"text": "Before", "version": 0})
    client.post(ADDRESS, {"text": "First tab", "version": 1})
    response = client.post(ADDRESS, {"text": "Second tab", "version": 1})
    assert response.status_code == 409
    assert '<pre tabindex="0" dir="auto">First tab</pre>' in text(response)
    assert "Second tab</textarea>" in text(response)
    assert 'name="version" value="2"' in text(response)
    assert Note.objects.get().text == "First tab"
    client.post(ADDRESS, {"text": "Both", "version": 2})
    assert Note.objects.get().text == "Both"


def test_a_note_that_was_deleted_elsewhere_is_not_lost(client):
    client.post(ADDRESS, {"text": "Before", "version": 0})
    client.post(ADDRESS, {"text": "", "version": 1})
    response = client.post(ADDRESS, {"text": "Second tab", "version": 1})
    assert response.status_code == 409
    assert "It was deleted." in text(response)
    assert 'name="version" value="0"' in text(response)
    client.post(ADDRESS, {"text": "Second tab", "version": 0})
    assert Note.objects.get().text == "Second tab"


def test_scripts_are_told_what_was_saved_or_is_in_the_way(client):
    first = client.post(ADDRESS, {"text": "*One*", "version": 0}, headers=SCRIPT)
    said = {"version": 1, "text": "*One*", "html": "<p><em>One</em></p>"}
    assert (first.status_code, first.json()) == (200, said)
    late = client.post(ADDRESS, {"text": "Two", "version": 0}, headers=SCRIPT)
    assert (late.status_code, late.json()) == (409, said)
    gone = client.post(ADDRESS, {"text": "", "version": 1}, headers=SCRIPT)
    assert gone.json() == {"version": 0, "text": "", "html": ""}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (
            {"text": "x" * (NOTE_LENGTH + 1), "version": 0},
            "A note has at most 100,000 characters, and this has 100,001.",
        ),
        ({"text": "x", "version": "new"}, "Enter a whole number."),
        ({"text": "x", "version": -1}, "Ensure this value is greater than or equal to 0."),
        ({"text": "x"}, "This field is required."),
    ],
)
def test_what_cannot_be_saved_is_said_and_kept_in_the_form(client, data, complaint):
    response = client.post(ADDRESS, data)
    assert response.status_code == 400
    assert complaint in text(response)
    assert f"{data['text']}</textarea>" in text(response)
    told = client.post(ADDRESS, data, headers=SCRIPT)
    assert (told.status_code, told.json()) == (400, {"errors": [complaint]})
    assert not Note.objects.exists()


@pytest.mark.slow
def test_line_ends_do_not_make_a_note_too_long(client):
    lines = "x\r\n" * (NOTE_LENGTH // 2)
    assert client.post(ADDRESS, {"text": lines, "version": 0}).status_code == 302
    assert len(Note.objects.get().text) == NOTE_LENGTH


def test_a_note_is_its_persons_alone(client, owner, other, anonymous, papers):
    Library(owner).notes.save(papers[0], "Private thought", 0)
    assert "Private thought" in text(client.get("/papers/2502.00001/"))
    client.force_login(other)
    for address in ("/papers/2502.00001/", ADDRESS, "/library/?q=thought"):
        assert "Private thought" not in text(client.get(address))
    client.post(ADDRESS, {"text": "Theirs", "version": 0})
    assert Library(owner).notes.get(papers[0].pk).text == "Private thought"
    assert "Private thought" not in text(anonymous.get("/papers/2502.00001/"))
    assert anonymous.get(ADDRESS)["Location"] == f"{reverse('account_login')}?next={ADDRESS}"


def test_there_is_no_such_paper(client):
    assert client.get("/library/notes/9999.99999/").status_code == 404
    response = client.post("/library/notes/9999.99999/", {"text": "x", "version": 0})
    assert response.status_code == 404


def test_other_methods(client):
    assert client.put(ADDRESS).status_code == 405
    assert client.delete(ADDRESS).status_code == 405
