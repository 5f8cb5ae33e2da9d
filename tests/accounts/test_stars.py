"""What a visitor stars is bookmarked when they have logged in, by whatever way; and first steps."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.library import Library
from accounts.models import Bookmark, User
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import link, text
from tests.accounts.test_signup import ADA, mandatory, sign_up  # noqa: F401

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite

FROM = {"Referer": "http://testserver/papers/?q=a"}


def bookmarked():
    return sorted(Bookmark.objects.values_list("user__username", "paper__slug"))


def star(client, paper):
    return client.get(f"/account/star/{paper.slug}/", headers=FROM)


def test_each_card_of_a_visitor_has_a_star_and_their_page_is_the_same_for_all(anonymous, papers):
    pages = [client.get("/papers/") for client in (anonymous, Client())]
    assert pages[0].content == pages[1].content
    assert not pages[0].cookies
    stars = re.findall(r'class="star"[^>]* href="([^"]*)"', pages[0].text)
    assert sorted(stars) == sorted(f"/account/star/{paper.slug}/" for paper in papers)


def test_signing_up_bookmarks_what_was_starred(anonymous, papers):
    answer = star(anonymous, papers[0])
    assert answer.url == "/account/signup/?next=%2Fpapers%2F%3Fq%3Da"
    page = anonymous.get(answer.url)
    assert f"“{papers[0].title}” will be bookmarked when you have an account." in text(page)
    assert not Bookmark.objects.exists()
    answer = sign_up(anonymous, answer.url, next="/papers/?q=a")
    assert answer.url == "/papers/?q=a"
    assert bookmarked() == [("ada", papers[0].slug)]
    page = anonymous.get("/library/")
    assert f"“{papers[0].title}” is bookmarked. Undo" in text(page)
    anonymous.post("/library/undo/")
    assert not Bookmark.objects.exists()
    # Once is enough: nothing is left in the browser.
    anonymous.post("/account/logout/")  # `Client.logout` would remove all cookies
    assert "You are logged out." in text(anonymous.get("/"))
    answer = anonymous.post("/account/login/", {"login": "ada", "password": PASSWORD})
    assert answer.status_code == 302
    assert not Bookmark.objects.exists()


def test_of_too_many_the_last_ones_are_bookmarked(anonymous, papers, monkeypatch):
    monkeypatch.setattr("accounts.views.stars._MOST", 2)
    for paper in papers[:3]:
        star(anonymous, paper)
    sign_up(anonymous)
    assert bookmarked() == sorted(("ada", paper.slug) for paper in papers[1:3])


@pytest.mark.usefixtures("mandatory")
def test_it_waits_for_the_mail_that_confirms_an_address(anonymous, papers):
    star(anonymous, papers[0])
    sign_up(anonymous)
    assert not Bookmark.objects.exists()
    anonymous.post(link(mail.outbox[0]))
    anonymous.post("/account/login/", {"login": "ada", "password": PASSWORD})
    assert bookmarked() == [("ada", papers[0].slug)]


def test_who_logged_in_by_this_browser_before_is_led_to_the_log_in(enter, owner, papers):
    client = enter(owner)
    client.post("/account/logout/")
    assert star(client, papers[0]).url == "/account/login/?next=%2Fpapers%2F%3Fq%3Da"
    star(client, papers[1])
    star(client, papers[0])
    page = client.get("/account/login/")
    assert "2 papers will be bookmarked when you are logged in." in text(page)
    Library(owner).bookmarks.add([papers[0].pk], "read")
    client.post("/account/login/", {"login": "owner", "password": PASSWORD})
    assert bookmarked() == sorted(("owner", paper.slug) for paper in papers[:2])
    assert Bookmark.objects.get(paper=papers[0]).status == "read"


def test_where_nobody_may_sign_up_it_leads_to_the_log_in(anonymous, papers, settings):
    settings.SIGNUP = "invitation"
    assert star(anonymous, papers[0]).url.startswith("/account/login/?")


def test_a_cookie_that_the_site_did_not_sign_bookmarks_nothing(anonymous, owner, papers):
    star(anonymous, papers[0])
    anonymous.cookies["stars"] = anonymous.cookies["stars"].value[:-1]
    anonymous.post("/account/login/", {"login": "owner", "password": PASSWORD})
    assert not Bookmark.objects.exists()


def test_to_look_at_the_address_of_a_star_changes_nothing(enter, owner, papers):
    client = enter(owner)
    assert star(client, papers[0]).url == papers[0].get_absolute_url()
    assert not Bookmark.objects.exists()
    assert client.get("/account/star/9999.00001/").status_code == 404


# First steps


def test_a_new_person_sees_three_things_to_do_until_they_are_done(anonymous, papers):
    sign_up(anonymous)
    assert "To begin Import a library" in text(anonymous.get("/"))
    anonymous.post("/library/mark/", {"paper": papers[0].slug, "do": "add"})
    assert "✓ Star papers" in text(anonymous.get("/"))
    anonymous.post("/library/density/", {"density": "titles"})
    anonymous.post("/library/import/confirm/", {"papers": papers[1].slug, "status": "to-read"})
    page = text(anonymous.get("/"))
    assert User.objects.get().steps_left == ""
    assert "To begin" not in page


def test_a_new_person_may_want_to_see_them_no_longer(anonymous, papers):
    sign_up(anonymous)
    assert anonymous.post("/account/first-steps/").url == "/"
    assert "To begin" not in text(anonymous.get("/"))


def test_others_do_not_see_them(enter, owner, anonymous, papers):
    assert "To begin" not in text(enter(owner).get("/"))
    assert "To begin" not in text(anonymous.get("/"))
    assert ADA["username"] not in text(anonymous.get("/"))
