"""The page of all of a person's reading lists."""

import pytest

from accounts.library import Library
from accounts.models import ReadingList, Role, Visibility
from tests.accounts.library.test_lists import places
from tests.accounts.lists.pages import address, logged_in, messages_of, text, visible_text

pytestmark = pytest.mark.sqlite


def test_a_list_is_made(client, library):
    response = client.post("/lists/", {"name": " To  cite ", "description": "*Why*"}, follow=True)
    made = library.lists.accessible().get()
    assert response.redirect_chain == [(f"/lists/{made.slug}/", 302)]
    assert (made.name, made.visibility) == ("To cite", Visibility.PRIVATE)
    assert "<p><em>Why</em></p>" in text(response)
    assert "No paper is in this list yet." in text(response)


def test_a_list_is_made_on_a_papers_page(client, library, papers):
    page = papers[0].get_absolute_url()
    data = {"name": "New", "paper": papers[0].slug, "next": page}
    response = client.post("/lists/", data, follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert messages_of(response) == ["“Paper 1” is in the new list “New”."]
    assert places(library.lists.open(library.lists.accessible().get().slug)) == [1]
    response = client.post("/lists/", data)
    assert "There is a list “New” already." in text(response)
    assert f'name="paper" value="{papers[0].slug}"' in text(response)


@pytest.mark.parametrize(
    ("data", "field", "error"),
    [
        ({}, "name", "This field is required."),
        ({"name": " "}, "name", "This field is required."),
        ({"name": "survey"}, "name", "There is a list “survey” already."),
        ({"name": "\u202e\u200b"}, "name", "Give the list a name with visible characters."),
        ({"name": "a\0b"}, "name", "Null characters are not allowed."),
        ({"name": "x" * 201}, "name", "at most 200 characters (it has 201)"),
        ({"name": "x", "description": "x" * 4001}, "description", "at most 4000 characters"),
        ({"name": "x", "paper": "2502.99999"}, "paper", "There is no such paper here."),
    ],
)
def test_a_list_that_cannot_be_made_says_why_beside_the_field(client, survey, data, field, error):
    response = client.post("/lists/", data)
    assert [*response.context["form"].errors] == [field]
    assert error in response.context["form"].errors[field][0]
    assert ReadingList.objects.count() == 1


def test_controls_and_turned_directions_are_taken_out(client, survey, papers):
    data = {"name": "A\u202eb\x07c", "description": "d\u2066e", "visibility": "private"}
    client.post(address(survey, "settings/"), data)
    data = {"do": "describe", "paper": papers[0].slug, "comment": "f\u202eg", "section": "h\u202ei"}
    client.post(address(survey, "items/"), data)
    found = ReadingList.objects.get()
    item = survey.items().get(paper=papers[0])
    assert (found.name, found.description) == ("Abc", "de")
    assert (item.comment, item.section) == ("fg", "hi")


def test_nothing_is_rendered_while_others_wait_to_write(client, survey, papers, rendered):
    client.post("/lists/", {"name": "New", "description": "1"})
    settings = {"name": "Survey", "description": "2", "visibility": "public"}
    client.post(address(survey, "settings/"), settings)
    data = {"do": "describe", "paper": papers[0].slug, "comment": "3", "section": ""}
    client.post(address(survey, "items/"), data)
    assert rendered == [*"123"]
    assert ReadingList.objects.get(name="Survey").visibility == "public"


def test_lists_show_their_papers_and_who_sees_them(client, survey, other, library):
    theirs = Library(other).lists
    shared = theirs.open(theirs.create("A shared one").slug)
    shared.invite("owner", Role.VIEWER)
    response = client.get("/lists/")
    assert "other invites you to A shared one, where you may read." in visible_text(response)
    asked = library.lists.invitations().get()
    response = client.post(f"/lists/invitations/{asked.pk}/", {"do": "accept"}, follow=True)
    assert response.redirect_chain == [(address(shared), 302)]
    page = visible_text(client.get("/lists/"))
    assert "A shared one No papers, shared by other, changed on" in page
    assert "Survey 3 papers, seen by only me, changed on" in page


def test_an_invitation_is_declined_once(client, other, library):
    theirs = Library(other).lists
    theirs.open(theirs.create("Theirs").slug).invite("owner", Role.VIEWER)
    path = f"/lists/invitations/{library.lists.invitations().get().pk}/"
    assert logged_in(other).post(path).status_code == 404
    assert client.post(path, {"do": "decline"})["Location"] == "/lists/"
    assert client.post(path, {"do": "accept"}).status_code == 404
    assert not library.lists.accessible()
