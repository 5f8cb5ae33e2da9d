"""What holds for every page of an account."""

import html5lib
import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client

from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import heading, text

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite

OPEN = ["login", "signup", "password/reset", "password/reset/done", "confirm-email"]
OPEN += ["inactive", "password/reset/key/done", "connections/login/cancelled"]
OWN = ["", "email", "password/change", "delete", "sessions", "tokens", "connections", "logout"]
GUARDED = [
    *("2fa", "2fa/totp/activate", "2fa/webauthn", "2fa/webauthn/add"),
    *("2fa/recovery-codes", "2fa/recovery-codes/generate", "reauthenticate"),
]


def address(page):
    return f"/account/{page}/" if page else "/account/"


@pytest.fixture
def mine(enter, owner):
    """The owner, who has recovery codes and just said once more who they are."""
    data = {"seed": "x", "used_mask": 0}
    Authenticator.objects.create(user=owner, type="recovery_codes", data=data)
    client = enter(owner)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


def strict(response):
    parser = html5lib.HTMLParser(
        html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False
    )
    return parser.parse(response.content.decode())


def sound(response):
    assert response.status_code == 200
    tree = strict(response)
    assert len(list(tree.iter("h1"))) == 1
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        assert element.tag not in ("style", "img", "iframe")
        assert not any(name.startswith("on") or name == "style" for name in element.attrib)
        if element.tag == "script" and not element.get("src"):
            assert element.get("type") == "application/json"
        if element.tag in ("input", "select") and element.get("type") != "hidden":
            labels = [
                label for label in tree.iter("label") if label.get("for") == element.get("id")
            ]
            assert labels or element.get("hidden") is not None
        for described in (element.get("aria-describedby") or "").split():
            assert described in ids
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in [meta.get("content") for meta in tree.iter("meta")]
    assert not [link for link in tree.iter("link") if link.get("rel") == "canonical"]


@pytest.mark.parametrize("page", OPEN)
def test_pages_for_everybody(anonymous, page):
    answer = anonymous.get(address(page), follow=True)
    sound(answer)


@pytest.mark.parametrize("page", OWN + GUARDED)
def test_pages_of_ones_own(mine, page):
    sound(mine.get(address(page)))


@pytest.mark.parametrize("page", OWN + GUARDED)
def test_pages_of_ones_own_are_nobody_elses(anonymous, page):
    answer = anonymous.get(address(page))
    assert answer.status_code == 302
    if page != "logout":
        assert answer.url.startswith("/account/login/")


@pytest.mark.parametrize(
    "page", ["login", "signup", "password/reset", "password/change", "email", "delete"]
)
def test_pages_with_errors(mine, anonymous, page):
    client = mine if page in OWN else anonymous
    answer = client.post(address(page), {"action_add": ""})
    assert answer.context["form"].errors
    sound(answer)


def rows():
    """All that the database holds of people, sessions apart."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in apps.get_models()
        if model is not Session
    }


def test_looking_changes_nothing(mine):
    mine.get("/account/2fa/recovery-codes/")  # when they were first seen is noted, for good reason
    before = rows()
    for page in [*OPEN, *OWN, *GUARDED]:
        mine.get(address(page))
    assert rows() == before


@pytest.mark.parametrize("page", ["phone/verify", "signup/passkey", "nowhere"])
def test_what_is_not_used_is_not_there(anonymous, page):
    assert anonymous.get(address(page)).status_code == 404


def test_a_form_that_is_not_ours_says_what_to_do(owner):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/account/login/", {"login": "owner", "password": PASSWORD})
    assert (answer.status_code, heading(answer)) == (403, "Please try again")
    assert "reload the page" in text(answer)
