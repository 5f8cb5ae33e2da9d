import re
import threading
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core import mail
from django.core.cache import cache
from django.db import connections
from django.test import Client

from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import errors, heading, text
from tests.admin import app, code, log_in

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite


def reauthenticate(client, page):
    answer = client.get(page)
    assert answer.url.startswith("/account/reauthenticate/")
    assert heading(client.get(answer.url)) == "Confirm that it is you"
    return client.post(answer.url, {"password": PASSWORD, "next": page})


@pytest.fixture
def mine(enter, owner):
    return enter(owner)


@pytest.fixture
def secret(mine):
    """The owner sets up an app; its secret."""
    page = "/account/2fa/totp/activate/"
    assert reauthenticate(mine, page).url == page
    shown = mine.get(page)
    secret = shown.context["form"].secret
    assert secret in text(shown)
    assert "<svg width=" in shown.content.decode()
    answer = mine.post(page, {"code": code(secret)})
    assert answer.url == "/account/2fa/recovery-codes/"
    return secret


def test_nothing_is_set_up_at_first(mine):
    page = mine.get("/account/2fa/")
    assert heading(page) == "Second factor"
    assert re.findall(r"(Set it up|Add one|Make them)", text(page)) == ["Set it up", "Add one"]


def test_an_app_is_asked_for_after_the_password(secret, owner):
    client = Client()
    answer = client.post("/account/login/", {"login": "owner", "password": PASSWORD})
    assert answer.url == "/account/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    assert client.get("/account/").status_code == 302
    assert heading(client.get(answer.url)) == "Second factor"
    wrong = client.post(answer.url, {"code": "000000"})
    assert errors(wrong) == {
        "code": ["This code is wrong. Codes change every half minute: try the next one."]
    }
    assert client.post(answer.url, {"code": code(secret, 1)}).url == "/"
    assert client.session["_auth_user_id"] == str(owner.pk)


@pytest.fixture
def clock(monkeypatch):
    """clock(30) lets half a minute pass for codes."""
    now = [1_700_000_000]
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: now[0]))

    def wait(passed):
        now[0] += passed

    return wait


def test_a_code_logs_in_once_whichever_process_it_comes_to(owner, clock):
    secret = app(owner)

    def enter(code):
        client = log_in(owner)
        client.post("/account/2fa/authenticate/", {"code": code})
        cache.clear()  # which another process does not share
        return "_auth_user_id" in client.session

    first, second = code(secret), code(secret, 1)
    assert [enter(first), enter(first)] == [True, False]
    clock(30)
    assert [enter(first), enter(second)] == [False, True]
    clock(30)
    assert [enter(first), enter(second), enter(code(secret))] == [False, False, True]
    # A clock that was an hour ahead locks nobody out until that hour has passed.
    clock(-3600)
    assert [enter(code(secret)), enter(code(secret))] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_have_one_code_one_comes_in(owner, clock):
    secret = app(owner)
    shown, ready, came = code(secret), threading.Barrier(4), []

    def try_it():
        try:
            client = log_in(owner)
            ready.wait()
            client.post("/account/2fa/authenticate/", {"code": shown})
            came.append("_auth_user_id" in client.session)
        finally:
            connections.close_all()

    crowd = [threading.Thread(target=try_it) for _ in range(4)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert sorted(came) == [False, False, False, True]


def test_setting_it_up_takes_the_right_code(mine, owner):
    page = "/account/2fa/totp/activate/"
    reauthenticate(mine, page)
    secret = mine.get(page).context["form"].secret
    answer = mine.post(page, {"code": "000000"})
    assert list(errors(answer)) == ["code"]
    assert secret in text(answer)
    assert not Authenticator.objects.exists()


def test_what_is_done_to_an_account_is_mailed(mine, django_capture_on_commit_callbacks):
    page = "/account/2fa/totp/activate/"
    reauthenticate(mine, page)
    shown = code(mine.get(page).context["form"].secret)
    with django_capture_on_commit_callbacks(execute=True):
        mine.post(page, {"code": shown})
    (sent,) = [each for each in mail.outbox if "App" in each.subject]
    assert sent.subject == "[Paper Digest] Authenticator App Activated"
    assert sent.body.startswith("This was done to your account:\n\nAuthenticator app activated.")


def test_recovery_codes_log_in_once_each(mine, secret):
    page = mine.get("/account/2fa/recovery-codes/")
    codes = re.findall(r"<code>(\d{8})</code>", page.content.decode())
    assert len(codes) == 10
    assert mine.get("/account/2fa/recovery-codes/download/").content.decode().split() == codes
    for expected in (302, 200):
        client = Client()
        client.post("/account/login/", {"login": "owner", "password": PASSWORD})
        answer = client.post("/account/2fa/authenticate/", {"code": codes[0]})
        assert answer.status_code == expected
    assert "9 of 10 are left" in text(mine.get("/account/2fa/recovery-codes/"))


def test_new_recovery_codes_take_the_place_of_the_old(mine, secret):
    def codes():
        return mine.get("/account/2fa/recovery-codes/").context["unused_codes"]

    before = codes()
    page = mine.get("/account/2fa/recovery-codes/generate/")
    assert heading(page) == "New recovery codes?"
    assert codes() == before
    mine.post("/account/2fa/recovery-codes/generate/")
    assert len(codes()) == 10
    assert not {*codes()} & {*before}


def test_an_app_is_turned_off_by_a_button(mine, secret):
    assert heading(mine.get("/account/2fa/totp/deactivate/")) == "Turn the app off?"
    assert Authenticator.objects.filter(type="totp").exists()
    mine.post("/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(type="totp").exists()


def test_guessing_codes_is_stopped(secret):
    client = Client()
    client.post("/account/login/", {"login": "owner", "password": PASSWORD})
    for _ in range(5):
        client.post("/account/2fa/authenticate/", {"code": "000000"})
    answer = client.post("/account/2fa/authenticate/", {"code": code(secret, 1)})
    assert answer.status_code in (200, 429)
    assert "_auth_user_id" not in client.session


def test_one_may_go_back_from_the_second_factor(secret):
    client = Client()
    client.post("/account/login/", {"login": "owner", "password": PASSWORD})
    answer = client.post("/account/logout/", {"next": "/account/login/"})
    assert answer.url == "/account/login/"
    assert heading(client.get("/account/login/")) == "Log in"


def test_the_page_for_passkeys(mine):
    assert text(mine.get("/account/2fa/webauthn/")) == text(mine.get("/account/2fa/webauthn/"))
    assert "You have none." in text(mine.get("/account/2fa/webauthn/"))
    page = "/account/2fa/webauthn/add/"
    reauthenticate(mine, page)
    shown = mine.get(page)
    options = shown.context["js_data"]["creation_options"]["publicKey"]
    assert options["rp"] == {"id": "testserver", "name": "Paper Digest"}
    assert shown.context["form"].initial["name"] == "Passkey 1"
    for credential in ("", "x", "{}", "[]", '{"id": 1}'):
        answer = mine.post(page, {"name": "x", "credential": credential})
        assert answer.status_code == 200
        assert not Authenticator.objects.exists()


@pytest.mark.parametrize("credential", ["", "x", "{}", "[]", '{"id": 1}', "null"])
def test_a_passkey_that_is_none_logs_nobody_in(anonymous, credential):
    offered = anonymous.get("/account/2fa/webauthn/login/", headers={"Accept": "application/json"})
    assert "challenge" in offered.json()["request_options"]["publicKey"]
    answer = anonymous.post("/account/2fa/webauthn/login/", {"credential": credential})
    assert answer.url == "/account/login/"
    assert "_auth_user_id" not in anonymous.session
