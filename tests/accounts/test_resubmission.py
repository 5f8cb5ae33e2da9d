"""What is answered when a request cannot be done now: nothing seems done, and nothing is lost."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import Bookmark
from digest.resubmission import Reason
from tests.accounts.conftest import PASSWORD

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/papers/?q=a"}
FETCH = {"Accept": "application/json", "Referer": "http://testserver/papers/?q=a"}
SCRIPTS = pytest.mark.parametrize("script", [HTMX, FETCH], ids=["htmx", "fetch"])


def told(response, reason):
    """What a script reads in an answer for this reason, beside the reason's own."""
    assert response.status_code == reason.status
    assert "no-store" in response["Cache-Control"]
    said = response.json()
    assert (said.pop("reason"), said.pop("message")) == (reason.word, reason.message)
    return said


# Scripts


@SCRIPTS
@pytest.mark.parametrize(
    ("method", "address"),
    [
        *(("post", "/library/mark/"), ("post", "/library/notes/2502.00001/"), ("get", "/library/")),
        *(("post", "/account/email/"), ("post", "/admin/digest/paper/add/")),
    ],
)
def test_a_script_is_told_that_the_session_is_over(anonymous, papers, script, method, address):
    data = {"paper": papers[0].slug, "do": "add", "text": "Typed"}
    response = getattr(anonymous, method)(address, data, headers=script)
    assert told(response, Reason.LOGGED_OUT) == {"login": "/account/login/?next=/papers/%3Fq%3Da"}
    assert not Bookmark.objects.exists()
    assert not Session.objects.exists()


@pytest.mark.parametrize("address", ["http://[", ""])
def test_a_browser_that_says_nonsense_is_sent_home_afterwards(anonymous, papers, address):
    response = anonymous.get("/library/", headers={"HX-Request": "true", "HX-Current-URL": address})
    assert told(response, Reason.LOGGED_OUT) == {"login": "/account/login/?next=/"}


@SCRIPTS
def test_a_script_is_told_that_its_token_is_of_an_older_log_in(owner, papers, script):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    data = {"paper": papers[0].slug, "do": "add"}
    refused = client.post("/library/mark/", data, headers=script)
    assert told(refused, Reason.STALE_TOKEN) == {}
    token = client.get("/account/session/").json()["token"]
    done = client.post("/library/mark/", data, headers=script | {"X-CSRFToken": token})
    assert done.status_code in (200, 302)
    assert Bookmark.objects.count() == 1


@SCRIPTS
def test_a_script_is_told_that_it_asks_too_often(anonymous, db, script):
    for number in range(10):
        anonymous.post("/account/login/", {"login": f"nobody{number}", "password": PASSWORD})
    form = {"login": "nobody", "password": PASSWORD}
    response = anonymous.post("/account/login/", form, headers=script)
    assert told(response, Reason.LIMITED) == {}
    assert response["Retry-After"] == "300"
    assert anonymous.post("/account/login/", form)["Retry-After"] == "300"


def test_who_is_logged_in_and_their_token(enter, owner, anonymous):
    client = enter(owner)
    for one, user in ((client, str(owner.pk)), (anonymous, None)):
        response = one.get("/account/session/")
        said = response.json()
        assert said.keys() == {"user", "token"}
        assert said["user"] == user
        assert len(said["token"]) == 64
        assert "no-store" in response["Cache-Control"]
    assert Session.objects.count() == 1  # the owner's


@pytest.mark.parametrize("address", ["/", "/papers/2502.00001/", "/account/login/", "/nowhere/"])
def test_a_page_says_whose_it_is(enter, owner, anonymous, papers, address):
    def user(client):
        return re.findall(r'<html[^>]* data-user="(\d*)"', client.get(address, follow=True).text)

    mine = enter(owner)
    assert [user(client) for client in (mine, anonymous, mine, anonymous)] == [
        *([str(owner.pk)], [""]) * 2
    ]
