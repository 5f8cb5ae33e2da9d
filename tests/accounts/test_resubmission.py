"""What is answered when a request cannot be done now: nothing seems done, and nothing is lost."""

import json
import re
from html.parser import HTMLParser

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Bookmark, Note
from digest import rights
from digest.pages import resubmission
from digest.pages.resubmission import Reason
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import heading, text
from tests.admin import app, code, holder
from tests.admin import enter as enter_admin

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite

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
        ("post", "/account/email/"),
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


# Forms

HERE = {"Origin": "http://testserver"}
NOTE = "/library/notes/2502.00001/"
TYPED = "Über 2 < 3,\r\n\r\n<b>\"both\" & 'all'</b> " + "x" * 100


class Form(HTMLParser):
    """The forms of a page, as a browser would send them: (address, fields)."""

    def __init__(self, response):
        super().__init__()
        self.forms, self.field = [], None
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        name = attributes.get("name")
        if tag == "form":
            self.forms.append((attributes["action"], {}))
        elif tag == "input" and name and attributes.get("type") != "file":
            self.forms[-1][1].setdefault(name, []).append(attributes.get("value") or "")
        elif tag == "textarea":
            self.field = self.forms[-1][1].setdefault(name, [])
            self.field.append("")

    def handle_data(self, data):
        if self.field:
            # Browsers drop a first line that is empty, and send every end of a line as two signs.
            self.field[-1] = data.removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n")

    def handle_endtag(self, tag):
        self.field = None if tag == "textarea" else self.field


def form(response, address):
    """The first form of a page that is sent to the address."""
    found, *_ = [fields for to, fields in Form(response).forms if to == address]
    return found


def press(client, response, address, **more):
    """Press the button of a page's form, with more typed into it."""
    return client.post(address, form(response, address) | more, headers=HERE)


@pytest.fixture
def browser(owner, papers):
    """The owner's browser, on a page of theirs with its token; the session has ended since."""
    client = Client(enforce_csrf_checks=True)
    page = client.get("/account/login/")
    press(client, page, "/account/login/", login="owner", password=PASSWORD)
    client.token = form(client.get(NOTE), NOTE)["csrfmiddlewaretoken"][0]
    Session.objects.all().delete()
    return client


def send(client, address=NOTE, **data):
    data = data or {"text": TYPED, "version": "0"}
    return client.post(address, data | {"csrfmiddlewaretoken": client.token}, headers=HERE)


def test_a_form_is_carried_through_the_log_in(browser, papers, owner):
    page = send(browser)
    assert (page.status_code, heading(page)) == (401, "Log in")
    assert f"what you sent to {NOTE} was not done" in text(page)
    assert "no-store" in page["Cache-Control"]
    assert form(page, NOTE)["text"] == [TYPED]
    wrong = press(browser, page, "/account/login/", login="owner", password="wrong")
    assert form(wrong, NOTE)["text"] == [TYPED]
    assert not Session.objects.exists()
    answer = press(browser, wrong, "/account/login/", login="owner", password=PASSWORD)
    assert answer.url == "/account/resubmission/"
    for _ in range(2):  # it may be loaded again
        page = browser.get(answer.url)
        assert heading(page) == "Send it again"
        assert NOTE in text(page)
    done = press(browser, page, NOTE)
    assert done.url == "/papers/2502.00001/#note"
    assert Note.objects.get().text == TYPED.replace("\r\n", "\n")
    assert browser.get(answer.url).url == "/"


def test_a_form_is_carried_through_a_second_factor(browser, owner):
    secret = app(owner)
    page = press(browser, send(browser), "/account/login/", login="owner", password=PASSWORD)
    assert page.url == "/account/2fa/authenticate/"
    page = browser.get(page.url)
    page = press(browser, page, "/account/2fa/authenticate/", code=code(secret))
    assert page.url == "/account/resubmission/"
    assert form(browser.get(page.url), NOTE)["text"] == [TYPED]


def test_who_logged_in_elsewhere_by_then_loses_nothing(browser, owner):
    page = send(browser)
    browser.force_login(owner)
    browser.token = form(page, NOTE)["csrfmiddlewaretoken"][0]
    answer = press(browser, page, "/account/login/", login="owner", password=PASSWORD)
    assert answer.url == "/account/resubmission/"
    assert form(browser.get(answer.url), NOTE)["text"] == [TYPED]


def test_a_passkey_that_is_none_loses_nothing(browser):
    page = press(browser, send(browser), "/account/2fa/webauthn/login/", credential="{}")
    assert page.status_code == 401
    assert form(page, NOTE)["text"] == [TYPED]


def test_it_may_be_given_up(browser):
    page = press(browser, send(browser), "/account/login/", login="owner", password=PASSWORD)
    page = browser.get(page.url)
    assert press(browser, page, "/account/resubmission/").url == "/"
    assert not Note.objects.exists()
    assert browser.get("/account/resubmission/").url == "/"


CHANGE = "/admin/digest/paper/1/change/"


@pytest.fixture
def curator(db):
    """A browser in which a curator was in the admin."""
    client = enter_admin(holder("curator", "Curators"))
    client.get("/admin/")
    return client


def test_a_curators_form_is_carried_too(curator):
    Session.objects.all().delete()
    data = {"title": "A better Title", "save": "on"}
    told(curator.post(CHANGE, data, headers=HTMX), Reason.LOGGED_OUT)
    page = curator.post(CHANGE, data, headers=HERE)
    assert page.status_code == 401
    found = form(page, CHANGE)
    assert (found["title"], found["save"]) == (["A better Title"], ["on"])


def test_a_curators_form_waits_for_the_second_factor(curator, monkeypatch):
    monkeypatch.setattr(rights, "LASTS", -1)
    data = {"title": "A better Title", "save": "on"}
    told(curator.post(CHANGE, data, headers=HTMX), Reason.LOGGED_OUT)
    asked = curator.post(CHANGE, data, headers=HERE).url
    assert asked == "/account/2fa/reauthenticate/?next=%2Faccount%2Fresubmission%2F"
    assert form(curator.get("/account/resubmission/"), CHANGE)["title"] == ["A better Title"]


def test_files_and_passwords_are_asked_for_again(browser):
    file = SimpleUploadedFile("my refs.bib", b"@misc{}")
    page = send(browser, "/library/import/", file=file, text="", next="/library/")
    assert "File, chosen again: my refs.bib" in text(page)
    assert '<input type="file"' in page.text
    page = send(browser, "/account/delete/", password="a secret")
    assert form(page, "/account/delete/")["password"] == [""]
    assert "a secret" not in page.text
    assert "csrfmiddlewaretoken" in form(page, "/account/delete/")


def test_what_is_too_long_to_be_carried_stays_on_its_page(browser, monkeypatch):
    monkeypatch.setattr(resubmission, "MOST_CARRIED", 100)
    page = send(browser)
    assert (page.status_code, heading(page)) == (401, "You are logged out")
    assert "Log in, in another tab" in text(page)
    assert form(page, NOTE)["text"] == [TYPED]


@pytest.mark.parametrize("sent", ["a form", "a log-in"])
def test_a_token_of_an_older_log_in_loses_nothing(browser, owner, sent):
    browser.force_login(owner)
    browser.token = "x" * 64
    if sent == "a log-in":
        page = send(browser, "/account/login/", login="Owner", password=PASSWORD)
        assert (page.status_code, heading(page)) == (403, "Please try again")
        found = form(page, "/account/login/")
        assert (found["login"], found["password"]) == (["Owner"], [""])
        assert PASSWORD not in page.text
        return
    page = send(browser)
    assert (page.status_code, heading(page)) == (403, "Please try again")
    assert press(browser, page, NOTE).url == "/papers/2502.00001/#note"
    assert Note.objects.get().text == TYPED.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "sender",
    [
        *({"Origin": "http://evil.example"}, {"Origin": "null"}, {}),
        *(
            {"Origin": "http://testserver.evil.example"},
            {"Origin": "http://testserver@evil.example"},
        ),
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
        {"Referer": "http://testserver.evil.example/"},
    ],
)
def test_what_another_site_sends_is_not_repeated(browser, owner, sender):
    browser.force_login(owner)
    page = browser.post("/lists/mine/delete/", {"text": TYPED}, headers=sender)
    assert (page.status_code, heading(page)) == (403, "Please try again")
    assert Form(page).forms == []


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "/nowhere/", "javascript:alert(1)", "", 1],
)
def test_nothing_is_sent_to_where_this_site_is_not(browser, owner, address):
    page = send(browser)
    carried = json.dumps([address, [["text", "x"]], [], []])
    answer = press(
        browser, page, "/account/login/", login="owner", password=PASSWORD, resubmission=carried
    )
    assert answer.url == "/"


@pytest.mark.parametrize(
    "carried",
    [
        *("x", "null", "[]", "{}", "1", '["/", 1, [], []]', '["/", [["a"]], [], []]'),
        *('["/", [["a", 1]], [], []]', '["/", [], [1], []]', "[" * 100_000),
        *('["/", [], [], [["a", {}]]]', f'["/", [["a", "{"x" * 1_000_000}"]], [], []]'),
    ],
)
def test_nonsense_is_not_carried(browser, owner, carried):
    page = send(browser)
    answer = press(
        browser, page, "/account/login/", login="owner", password=PASSWORD, resubmission=carried
    )
    assert answer.url == "/"
    assert "resubmission" not in browser.session
