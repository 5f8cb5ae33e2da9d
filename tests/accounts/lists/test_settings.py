"""The settings of a reading list: its name, its link, its members, and its end."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from accounts.library import Library
from accounts.models import Invitation, Membership, Note, ReadingList, Role, Visibility
from tests.accounts.lists.pages import address, logged_in, messages_of, text

pytestmark = pytest.mark.sqlite


def test_settings_are_saved(client, survey):
    data = {"name": "New", "description": "**Bold**", "visibility": "link"}
    response = client.post(address(survey, "settings/"), data, follow=True)
    found = ReadingList.objects.get()
    assert messages_of(response) == ["The settings are saved."]
    assert (found.name, found.visibility) == ("New", "link")
    assert found.description_html == "<p><strong>Bold</strong></p>"
    assert f"http://localhost:8000/lists/shared/{found.secret}/" in text(response)


@pytest.mark.databases
@pytest.mark.parametrize(
    ("data", "field", "error"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "other"}, "name", "There is a list “other” already."),
        ({"description": "x" * 4001}, "description", "at most 4000 characters"),
        ({"visibility": "world"}, "visibility", "Select a valid choice."),
        ({"visibility": ""}, "visibility", "This field is required."),
    ],
)
def test_settings_that_cannot_be_say_why(client, survey, library, data, field, error):
    library.lists.create("Other")
    data = {"name": "Survey", "visibility": "public", **data}
    response = client.post(address(survey, "settings/"), data)
    assert error in response.context["form"].errors[field][0]
    assert '<h1 dir="auto">Survey</h1>' in text(response)
    assert ReadingList.objects.get(name="Survey").visibility == "private"


def test_a_link_is_revoked(client, anonymous, survey):
    survey.show_to(Visibility.LINK)
    old = survey.reading_list.secret
    response = client.post(address(survey, "link/"), follow=True)
    assert response.redirect_chain == [(address(survey, "settings/"), 302)]
    new = ReadingList.objects.get().secret
    assert old not in text(response)
    assert new in text(response)
    assert anonymous.get(f"/lists/shared/{old}/").status_code == 404
    assert anonymous.get(f"/lists/shared/{new}/").status_code == 200


def invite(client, survey, invitee, role="viewer", **options):
    data = {"invitee": invitee, "role": role}
    return client.post(address(survey, "invitations/"), data, follow=True, **options)


@pytest.mark.parametrize("invitee", ["other", "Nobody", "nobody@example.org", "other@example.org"])
def test_an_invitation_tells_nobody_who_is_there(client, survey, other, invitee):
    response = invite(client, survey, invitee)
    name = invitee.lower()
    assert messages_of(response) == [
        f"If “{name}” has an account, the invitation is on their page of lists."
    ]
    assert Invitation.objects.get().invitee == name


@pytest.mark.parametrize(
    ("invitee", "to"),
    [
        ("OTHER", ["other@example.org"]),
        ("viewer", []),  # whose address is not confirmed
        ("nobody", []),
        ("Somebody@Example.org", ["somebody@example.org"]),
    ],
)
def test_who_is_invited_is_written_to(client, survey, other, viewer, invitee, to):
    EmailAddress.objects.create(user=other, email="a-second@example.org", verified=True)
    EmailAddress.objects.filter(user=viewer).update(verified=False)
    survey.describe("R&D <b>", "")
    invite(client, survey, invitee, "editor")
    assert [each.to for each in mail.outbox] == [[address] for address in to]
    for each in mail.outbox:
        assert each.subject == "owner invites you to a reading list"
        assert "“R&D <b>” on Paper Digest, where you may read and change the papers." in each.body
        assert "\nhttp://localhost:8000/lists/\n" in each.body


def test_mails_are_few(client, survey, monkeypatch):
    monkeypatch.setattr("accounts.invitations.MAILS_A_DAY", 2)
    for name in ("a", "a", "b", "c"):
        invite(client, survey, f"{name}@example.org")
        client.post(address(survey, f"invitations/{Invitation.objects.get().pk}/"))
    assert [each.to for each in mail.outbox] == [["a@example.org"], ["b@example.org"]]


def test_a_mail_that_is_not_sent_is_not_spoken_of(client, survey, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("accounts.invitations.send_mail", fail)
    response = invite(client, survey, "a@example.org")
    assert messages_of(response) == [
        "If “a@example.org” has an account, the invitation is on their page of lists."
    ]
    assert "An invitation could not be sent" in caplog.text


@pytest.mark.parametrize(
    ("invitee", "role", "field", "error"),
    [
        ("", "viewer", "invitee", "This field is required."),
        ("a@b", "viewer", "invitee", "Enter a valid email address."),
        ("a@example.org\nBcc: b@example.org", "viewer", "invitee", "Enter a valid email address."),
        ("x" * 255, "viewer", "invitee", "at most 254 characters"),
        ("x", "owner", "role", "Select a valid choice."),
    ],
)
def test_an_invitation_that_cannot_be_says_why(client, survey, invitee, role, field, error):
    response = invite(client, survey, invitee, role)
    assert error in response.context["invite"].errors[field][0]
    assert not Invitation.objects.exists()
    assert mail.outbox == []


@pytest.mark.databases
def test_an_invitation_is_taken_back_once_or_twice(client, survey, other, library):
    asked = survey.invite("other", Role.VIEWER)
    theirs = library.lists.open(library.lists.create("Second").slug).invite("x", Role.VIEWER)
    for key in (asked.pk, asked.pk, theirs.pk):
        path = address(survey, f"invitations/{key}/")
        assert client.post(path)["Location"] == address(survey, "settings/")
    assert list(Invitation.objects.values_list("invitee", flat=True)) == ["x"]
    assert "You are invited" not in text(logged_in(other).get("/lists/"))


def test_members_are_given_roles_and_removed(client, survey, members, editor):
    path = address(survey, f"members/{members[0]}/")
    response = client.post(path, {"do": "role", "role": "viewer"}, follow=True)
    assert messages_of(response) == ["The member’s role is saved."]
    assert Membership.objects.get(user=editor).role == "viewer"
    for data, error in (
        ({"do": "role"}, "Choose what the member may do."),
        ({"do": "role", "role": "king"}, "Select a valid choice. king is not one of"),
        ({"do": "dance"}, "Select a valid choice. dance is not one of"),
        ({}, "This field is required."),
    ):
        response = client.post(path, data, follow=True)
        assert response.redirect_chain == [(address(survey, "settings/"), 302)]
        assert error in messages_of(response)[0]
    client.post(path, {"do": "remove"})
    assert not Membership.objects.filter(user=editor).exists()
    assert logged_in(editor).get(address(survey)).status_code == 404


def test_a_member_of_another_list_is_404(client, survey, library, other):
    second = library.lists.open(library.lists.create("Second").slug)
    second.invite("other", Role.VIEWER)
    theirs = Library(other).lists
    theirs.accept(theirs.invitations().get().pk)
    path = address(survey, f"members/{Membership.objects.get().pk}/")
    for data in ({"do": "remove"}, {"do": "hand-over"}, {"do": "role", "role": "editor"}):
        assert client.post(path, data).status_code == 404
    assert Membership.objects.get().role == "viewer"


def test_a_list_is_handed_over(client, survey, members, editor, owner):
    path = address(survey, f"members/{members[0]}/")
    response = client.post(path, {"do": "hand-over"}, follow=True)
    assert response.redirect_chain == [(address(survey), 302)]
    assert messages_of(response) == ["The list is editor’s now."]
    assert ReadingList.objects.get().owner == editor
    assert Membership.objects.get(user=owner).role == "editor"
    assert client.post(path, {"do": "hand-over"}).status_code == 404


def test_a_list_is_not_handed_over_to_who_has_one_of_its_name(client, survey, members, editor):
    Library(editor).lists.create("Survey")
    response = client.post(
        address(survey, f"members/{members[0]}/"), {"do": "hand-over"}, follow=True
    )
    assert response.redirect_chain == [(address(survey, "settings/"), 302)]
    assert "“Survey” already" in messages_of(response)[0]


@pytest.mark.databases
def test_a_member_leaves(survey, members, viewer):
    client = logged_in(viewer)
    response = client.post(address(survey, "leave/"), follow=True)
    assert response.redirect_chain == [("/lists/", 302)]
    assert messages_of(response) == ["You left the list “Survey”."]
    assert client.post(address(survey, "leave/")).status_code == 404
    assert not Membership.objects.filter(user=viewer).exists()


@pytest.mark.databases
def test_a_list_is_deleted(client, survey, members, library, papers):
    library.notes.save(papers[0], "Stays", 0)
    response = client.post(address(survey, "delete/"), follow=True)
    assert messages_of(response) == ["The list “Survey” is deleted."]
    assert not ReadingList.objects.exists()
    assert Note.objects.exists()
    assert client.post(address(survey, "delete/")).status_code == 404
