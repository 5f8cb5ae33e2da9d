"""Who may see and change a reading list, and how."""

import pytest
from django.test import Client

from accounts.models import Role, Visibility
from tests.accounts.lists.pages import address, everything, logged_in, text

pytestmark = pytest.mark.sqlite


@pytest.fixture
def writes(survey, members):
    """Every address that writes to the list: what is sent to it, and the least role it takes."""
    asked = survey.invite("somebody", Role.VIEWER)
    one = {"paper": "2502.00001"}
    return {
        "items/": [
            ("editor", {"do": "add", "paper": "2502.00005"}),
            ("editor", {"do": "remove", **one}),
            ("editor", {"do": "move", "to": "2", **one}),
            ("editor", {"do": "describe", "comment": "x", "section": "y", **one}),
            ("owner", {"do": "show-note", **one}),
            ("owner", {"do": "hide-note", **one}),
        ],
        "settings/": [("owner", {"name": "New", "visibility": "public"})],
        "link/": [("owner", {})],
        "invitations/": [("owner", {"invitee": "x", "role": "viewer"})],
        f"invitations/{asked.pk}/": [("owner", {})],
        f"members/{members[1]}/": [
            ("owner", {"do": "role", "role": "editor"}),
            ("owner", {"do": "remove"}),
            ("owner", {"do": "hand-over"}),
        ],
        "leave/": [("viewer", {})],
        "delete/": [("owner", {})],
    }


def test_who_may_not_is_told_that_there_is_no_such_list(survey, writes, other, viewer, editor):
    survey.show_to(Visibility.PUBLIC)  # which they all may read
    before = everything()
    roles = ["owner", "editor", "viewer", "other"]
    people = {"editor": editor, "viewer": viewer, "other": other}
    for path, sent in writes.items():
        for least, data in sent:
            for lower in roles[roles.index(least) + 1 :]:
                response = logged_in(people[lower]).post(address(survey, path), data)
                assert response.status_code == 404, (path, data, lower)
                why = "You are no member" if path == "leave/" else "There is no such"
                assert why in text(response), (path, data, lower)
    assert everything() == before


@pytest.mark.databases
def test_visitors_log_in_first_and_come_back(survey, writes, anonymous):
    before = everything()
    paths = [(address(survey, path), data) for path, sent in writes.items() for _, data in sent]
    others = ["/lists/", "/lists/undo/", "/lists/invitations/1/"]
    for path, data in [*paths, *((path, {"name": "x"}) for path in others)]:
        response = anonymous.post(path, data | {"next": "/digests/"})
        assert response.status_code == 302
        assert response["Location"] == "/account/login/?next=/digests/"
    assert everything() == before
    for path in ("/lists/", address(survey, "settings/")):
        assert anonymous.get(path)["Location"] == f"/account/login/?next={path}"


def test_writes_are_posts_with_a_token(survey, writes, client, owner):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    for path, sent in writes.items():
        if path != "settings/":
            assert client.get(address(survey, path)).status_code == 405
        assert client.put(address(survey, path)).status_code == 405
        assert strict.post(address(survey, path), sent[0][1]).status_code == 403
    for path in ("/lists/undo/", "/lists/invitations/1/"):
        assert client.get(path).status_code == 405
    for path in (address(survey), f"/lists/{survey.reading_list.slug}.bib", "/lists/shared/x/"):
        assert client.post(path).status_code == 405


def test_what_is_not_there_is_404(client, survey):
    for path in ("/lists/0000000000/", "/lists/x.bib", "/lists/shared/x/", "/lists/shared/x.atom"):
        assert client.get(path).status_code == 404
    for path in ("members/999/", "members/99999999999999999999/"):
        for do in ("remove", "hand-over", "role"):
            data = {"do": do, "role": "viewer"}
            assert client.post(address(survey, path), data).status_code == 404
    for path in ("/lists/invitations/999/", "/lists/invitations/99999999999999999999/"):
        for do in ("accept", "decline"):
            assert client.post(path, {"do": do}).status_code == 404
    assert client.get(f"/lists/{survey.reading_list.slug}.exe", follow=True).status_code == 404


def test_what_is_not_there_leads_to_what_is(client, anonymous, survey):
    response = client.get("/lists/0000000000/")
    assert response.context["links"] == [("Your reading lists", "/lists/")]
    response = anonymous.get(address(survey))
    assert response.context["links"] == [
        ("Log in", f"/account/login/?next=%2Flists%2F{survey.reading_list.slug}%2F")
    ]
