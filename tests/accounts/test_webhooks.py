"""The pages of webhooks."""

import pytest
from django.test import Client

from accounts.library import Library
from accounts.models import Webhook, WebhookCall
from accounts.views import webhooks
from tests.accounts.pages import text

pytestmark = pytest.mark.sqlite

HOOKS = "/library/webhooks/"
GOOD = {"name": "Lab", "shape": "slack", "url": "https://hooks.example.org/services/T0SECRET"}


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def hook(owner):
    found, _ = Library(owner).webhooks.create("Lab", GOOD["url"], "json", None)
    return found


def test_a_webhook_is_made_and_its_secrets_are_shown_once(client, owner):
    made = client.post(HOOKS, GOOD)
    hook = Webhook.objects.get(user=owner)
    [_, secret] = made.context["created"]
    assert secret in made.content.decode()
    for page in (client.get(HOOKS), client.get(f"{HOOKS}{hook.pk}/")):
        assert "Slack at hooks.example.org" in text(page)
        assert secret not in page.content.decode()
        assert "T0SECRET" not in page.content.decode()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"shape": "teams"}, "shape"),
        ({"url": "http://hooks.example.org/"}, "url"),
        ({"url": "https://user:password@hooks.example.org/"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://"}, "url"),
        ({"reading_list": "other"}, "reading_list"),
    ],
)
def test_what_is_refused(client, fields, wrong):
    answer = client.post(HOOKS, {**GOOD, **fields})
    assert (answer.status_code, answer.context["form"].errors.keys()) == (400, {wrong})
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://hooks.example.org/", "Give an address that begins with https://"),
        ("https://127.0.0.1/", "This is not the address of a webhook on the internet, such as"),
        ("https://localhost/", "This is not the address of a webhook on the internet, such as"),
        (
            "https://hooks.example.org:8443/",
            "Port 8443 is not called: only 443, that of https",
        ),
    ],
)
def test_an_address_that_is_refused_says_why(client, url, message):
    answer = client.post(HOOKS, {**GOOD, "url": url})
    (error,) = answer.context["form"].errors["url"]
    assert error.startswith(message)
    assert f'value="{url}"' in answer.content.decode()


def test_only_ones_own_lists_are_told_of(client, other):
    theirs = Library(other).lists.create("Theirs", "", "public")
    answer = client.post(HOOKS, {**GOOD, "reading_list": theirs.slug})
    assert answer.context["form"].errors.keys() == {"reading_list"}


def test_a_webhook_is_tested_and_switched_and_deleted(client, hook, monkeypatch):
    address = f"{HOOKS}{hook.pk}/"
    asked = []

    def test(hook):
        asked.append(hook.pk)
        return WebhookCall(webhook=hook, status=404)

    monkeypatch.setattr(webhooks, "call_to_test", test)
    assert "It failed: the answer was 404." in text(
        client.post(address, {"do": "test"}, follow=True)
    )
    assert asked == [hook.pk]
    assert "It is switched off." in text(client.post(address, {"do": "off"}, follow=True))
    client.post(address, {"do": "on"})
    assert Webhook.objects.get().is_on
    assert client.post(address, {"do": "nothing"}).status_code == 400
    client.post(address, {"do": "delete"})
    assert not Webhook.objects.exists()


def test_webhooks_are_tested_one_after_the_other(client, hook, monkeypatch):
    """However many there are, and whatever was deleted: each may hold a thread of the site."""
    asked = []

    def test(hook):
        asked.append(hook.name)
        return WebhookCall(webhook=hook, status=200)

    monkeypatch.setattr(webhooks, "call_to_test", test)
    client.post(f"{HOOKS}{hook.pk}/", {"do": "test"})
    client.post(f"{HOOKS}{hook.pk}/", {"do": "delete"})
    client.post(HOOKS, {**GOOD, "name": "Other"})
    again = f"{HOOKS}{Webhook.objects.get().pk}/"
    answer = client.post(again, {"do": "test"}, follow=True)
    assert "You tested a webhook just now." in text(answer)
    assert asked == ["Lab"]


def test_what_is_others_is_not_there(hook, other):
    client = Client()
    client.force_login(other)
    address = f"{HOOKS}{hook.pk}/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"do": "delete"}).status_code == 404
    assert "Lab" not in text(client.get(HOOKS))
