"""Tokens: the page that makes and revokes them, and what they open."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.library import NotFound
from accounts.models import ApiToken
from accounts.profile.erasure import erase
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import errors, heading, text
from tests.admin import enter as enter_admin

pytestmark = pytest.mark.sqlite

PAGE = "/account/tokens/"
SAID = {"name": "My script", "scopes": ["library:read", "catalogue:read"], "expires": "90"}


@pytest.fixture
def mine(enter, owner):
    client = enter(owner)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.databases
def test_an_open_session_is_not_enough(client, owner):
    client.force_login(owner)
    answer = client.post("/account/tokens/", {"name": "x", "scopes": ["library:read"]})
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/account/reauthenticate/")
    assert not ApiToken.objects.exists()


def shown(response):
    """The tokens that a page shows whole."""
    return re.findall(r"pd_[\w-]{20,}", response.content.decode())


def ask(secret, **query):
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return Client(headers=headers).get("/api/v1/library/bookmarks/", query)


# The page


def test_a_token_is_made_and_shown_once(mine, owner):
    page = mine.post(PAGE, SAID)
    (secret,) = shown(page)
    assert (page.status_code, heading(page)) == (200, "API tokens")
    assert "no-store" in page["Cache-Control"]
    assert ask(secret).status_code == 200
    again = mine.get(PAGE)
    assert shown(again) == []
    said = text(again)
    assert f"My script {secret[:8]}… catalogue:read library:read" in said
    assert "never used" not in said
    token = ApiToken.objects.get()
    assert token.user == owner
    assert secret not in str(ApiToken.objects.values().get())
    assert secret not in str([session.get_decoded() for session in Session.objects.all()])
    assert secret not in str(page.cookies)


@pytest.mark.parametrize(
    ("expires", "days"), [("30", 30), ("90", 90), ("365", 365), ("never", None)]
)
def test_how_long_it_is_good(mine, expires, days):
    before = timezone.now()
    mine.post(PAGE, SAID | {"expires": expires})
    expires_at = ApiToken.objects.get().expires_at
    if days is None:
        assert expires_at is None
        assert "never expires" in text(mine.get(PAGE))
    else:
        assert timedelta(0) <= expires_at - before - timedelta(days=days) < timedelta(minutes=1)


def test_an_expired_one_is_said_to_be(mine, owner):
    tokens.create(owner, "Old", ["library:read"], timezone.now() - timedelta(days=1))
    assert "expired" in text(mine.get(PAGE))
    assert "never used" in text(mine.get(PAGE))


@pytest.mark.databases
@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "This field is required."),
        ("name", " \n ", "This field is required."),
        ("name", "x" * 101, "Ensure this value has at most 100 characters (it has 101)."),
        ("name", "a\x00", "Null characters are not allowed."),
        ("name", "MY  old", "You have a token “MY old” already."),
        ("scopes", [], "Choose what it may do."),
        (
            *("scopes", ["library:read", "all"]),
            "Select a valid choice. all is not one of the available choices.",
        ),
        (
            *("scopes", ["digests:write"]),
            "Select a valid choice. digests:write is not one of the available choices.",
        ),
        (
            *("expires", "31"),
            "Select a valid choice. 31 is not one of the available choices.",
        ),
    ],
)
def test_what_is_wrong_stands_beside_its_field(mine, owner, field, value, error):
    tokens.create(owner, "My old", ["library:read"])
    page = mine.post(PAGE, SAID | {field: value})
    assert errors(page) == {field: [error]}
    assert f'id="id_{field}_error"' in page.content.decode()
    assert shown(page) == []
    assert ApiToken.objects.count() == 1


def test_digests_are_for_curators_to_write(mine, owner):
    assert "digests:write" not in mine.get(PAGE).content.decode()
    owner.user_permissions.add(Permission.objects.get(codename="add_source"))
    page = mine.get(PAGE).content.decode()
    assert "digests:write" not in page  # without a second factor
    assert '<a href="/account/2fa/?next=/account/tokens/">set one up</a>' in page
    client = enter_admin(owner)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert "digests:write" in client.get(PAGE).content.decode()
    assert len(shown(client.post(PAGE, SAID | {"scopes": ["digests:write"]}))) == 1
    assert ApiToken.objects.get().second_factor
    offered = 'value="digests:write"'
    assert offered in client.get(PAGE).content.decode()
    assert offered not in mine.get(PAGE).content.decode()  # nor in a session without it


def test_a_person_has_fifty_at_most(mine, owner, other):
    for number in range(50):
        tokens.create(owner, f"Token {number}", ["library:read"])
    page = mine.post(PAGE, SAID)
    assert errors(page) == {"__all__": ["You have 50 tokens: revoke one first."]}
    with pytest.raises(ValidationError):
        tokens.create(owner, "x", ["library:read"])
    tokens.create(other, "x", ["library:read"])


@pytest.mark.databases
def test_a_token_is_revoked(mine, owner):
    token, secret = tokens.create(owner, "Script", ["library:read"])
    assert ask(secret).status_code == 200
    address = f"{PAGE}{token.pk}/revoke/"
    page = mine.post(address, follow=True)
    assert page.redirect_chain == [(PAGE, 302)]
    assert text(page).startswith("The token is revoked.")
    assert ask(secret).status_code == 401
    assert mine.post(address).status_code == 404


def test_nobody_revokes_anothers(mine, owner, other):
    token, secret = tokens.create(other, "Script", ["library:read"])
    for number in (token.pk, 0, 10**30):
        assert mine.post(f"{PAGE}{number}/revoke/").status_code == 404
    with pytest.raises(NotFound):
        tokens.revoke(owner, token.pk)
    assert ask(secret).status_code == 200
    assert "Script" not in text(mine.get(PAGE))


def test_methods_and_visitors(mine, anonymous, owner):
    token, _ = tokens.create(owner, "Script", ["library:read"])
    revoke = f"{PAGE}{token.pk}/revoke/"
    assert mine.put(PAGE).status_code == 405
    assert mine.get(revoke).status_code == 405
    assert anonymous.get(PAGE).url == f"/account/login/?next={PAGE}"
    assert anonymous.post(PAGE, SAID).url.startswith("/account/login/")
    assert anonymous.post(revoke).url.startswith("/account/login/")
    guarded = Client(enforce_csrf_checks=True)
    guarded.cookies = mine.cookies
    assert guarded.post(PAGE, SAID).status_code == 403
    assert guarded.post(revoke).status_code == 403
    assert ApiToken.objects.count() == 1


def test_the_account_leads_there(mine):
    assert f'href="{PAGE}"' in mine.get("/account/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_queries(mine, owner, django_assert_num_queries, number):
    for name in range(number):
        tokens.create(owner, f"Script {name}", ["library:read"])
    mine.get(PAGE)
    with django_assert_num_queries(8):  # one for the mark of new answers to reports
        mine.get(PAGE)


# What they open


@pytest.mark.databases
def test_only_its_hash_is_kept(owner):
    token, secret = tokens.create(owner, "Script", ["library:read", "nonsense"])
    assert re.fullmatch(r"pd_[\w-]{43}", secret)
    assert token.scopes == ["library:read"]
    assert secret not in str(ApiToken.objects.values().get())


def refused(response, detail):
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": detail,
        "request_id": response["X-Request-ID"],
    }


def test_who_is_not_let_in(owner, papers):
    _, secret = tokens.create(owner, "Script", ["library:read"])
    unknown = "There is no such token, or it was revoked."
    for wrong in (f"{secret}x", secret[:-1], secret.upper(), "pd_", "é"):
        refused(ask(wrong), unknown)
    _, old = tokens.create(
        owner, "Old", ["library:read"], timezone.now() - timedelta(microseconds=1)
    )
    refused(ask(old), "This token has expired.")
    owner.is_active = False
    owner.save()
    refused(ask(secret), unknown)


def test_other_ways_to_say_it_are_not_read(owner, papers):
    _, secret = tokens.create(owner, "Script", ["library:read"])
    for query in ({"token": secret}, {"access_token": secret}, {"Authorization": secret}):
        assert ask("", **query).status_code == 401
    for value in (secret, f"Basic {secret}", "Bearer", f"Bearer  {secret} x"):
        response = Client(headers={"Authorization": value}).get("/api/v1/library/bookmarks/")
        assert response.status_code == 401
    kind = Client(headers={"Authorization": f"token {secret}"})
    assert kind.get("/api/v1/library/bookmarks/").status_code == 200


@pytest.mark.databases
def test_the_day_of_its_last_use_is_kept(mine, owner, papers, unlimited):
    token, secret = tokens.create(owner, "Script", ["library:read"])
    assert "never used" in text(mine.get(PAGE))
    ask(secret)
    token.refresh_from_db()
    assert token.used_on == timezone.now().date()
    assert f"last used {token.used_on.day}" in text(mine.get(PAGE))


def test_a_request_writes_nothing_on_the_same_day(
    owner, papers, unlimited, django_assert_num_queries
):
    _, secret = tokens.create(owner, "Script", ["library:read"])
    ask(secret)
    with django_assert_num_queries(3):
        ask(secret)


def test_a_token_goes_with_its_person(owner, other):
    _, secret = tokens.create(owner, "Script", ["library:read"])
    _, theirs = tokens.create(other, "Script", ["library:read"])
    erase(owner)
    assert ask(secret).status_code == 401
    assert ask(theirs).status_code == 200
    assert ApiToken.objects.count() == 1
