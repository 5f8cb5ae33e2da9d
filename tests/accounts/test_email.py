import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import errors, link, text

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite

PAGE = "/account/email/"


@pytest.fixture
def mine(enter, owner):
    client = enter(owner)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


def addresses():
    return [
        (each.email, each.primary, each.verified) for each in EmailAddress.objects.order_by("pk")
    ]


def test_another_address_is_confirmed_before_mail_goes_there(mine, client):
    mine.post(PAGE, {"action_add": "", "email": "new@example.org"})
    assert addresses()[1] == ("new@example.org", False, False)
    mine.post(PAGE, {"action_primary": "", "email": "new@example.org"})
    assert "Confirm this address first" in text(mine.get(PAGE))
    client.post(link(mail.outbox[-1]))
    mine.post(PAGE, {"action_primary": "", "email": "new@example.org"})
    assert addresses() == [("owner@example.org", False, True), ("new@example.org", True, True)]
    mine.post(PAGE, {"action_remove": "", "email": "owner@example.org"})
    assert addresses() == [("new@example.org", True, True)]


def test_an_address_of_another_account_is_answered_like_any_other(mine, other):
    mine.post(PAGE, {"action_add": "", "email": "other@example.org"})
    said = text(mine.get(PAGE))
    assert "A mail with a link is on its way to other@example.org" in said
    assert EmailAddress.objects.get(email="other@example.org", verified=True).user == other


def test_what_is_wrong_stands_beside_its_field(mine):
    answer = mine.post(PAGE, {"action_add": "", "email": "x"})
    assert errors(answer) == {"email": ["Enter a valid email address."]}


def test_a_change_asks_once_more_who_one_is(enter, owner):
    client = enter(owner)
    answer = client.post(PAGE, {"action_add": "", "email": "new@example.org"})
    assert answer.url == "/account/reauthenticate/?next=%2Faccount%2Femail%2F"
    assert len(addresses()) == 1


def test_the_addresses_of_others_stay(mine, other):
    for action in ("action_remove", "action_primary", "action_send"):
        answer = mine.post(PAGE, {action: "", "email": "other@example.org"})
        assert (answer.status_code, answer.url) == (302, PAGE)
    assert ("other@example.org", True, True) in addresses()
