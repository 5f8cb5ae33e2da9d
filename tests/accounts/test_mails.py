"""The pages of mails about new papers: when they come, and what the next one has."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import MailSettings
from tests.accounts.library.test_searches import arrive
from tests.accounts.pages import text

pytestmark = pytest.mark.sqlite

MAILS = "/account/mails/"
GOOD = {"frequency": "daily", "hour": "7", "weekday": "2", "sections": ["searches"]}


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


def test_mails_are_off_until_they_are_switched_on(client, owner):
    page = client.get(MAILS)
    assert page.context["form"].initial == {
        "frequency": "off",
        "hour": 8,
        "weekday": 0,
        "sections": ["searches", "for-you", "lists"],
    }
    assert not MailSettings.objects.exists()
    saved = client.post(MAILS, GOOD, follow=True)
    assert "The next mail to owner@example.org is due on" in text(saved)
    found = MailSettings.objects.get(user=owner)
    assert (found.frequency, found.hour, found.weekday, found.left_out) == (
        "daily",
        7,
        2,
        ["for-you", "lists"],
    )
    begun = found.since
    client.post(MAILS, {**GOOD, "frequency": "weekly"})
    assert MailSettings.objects.get().since == begun
    client.post(MAILS, {**GOOD, "frequency": "off"})
    client.post(MAILS, GOOD)
    assert MailSettings.objects.get().since > begun  # what came meanwhile in lists is not sent


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("frequency", "hourly"),
        ("hour", "24"),
        ("hour", "x"),
        ("weekday", "7"),
        ("weekday", ""),
        ("sections", "other"),
    ],
)
def test_a_wrong_choice_is_said_beside_the_field(client, field, value):
    answer = client.post(MAILS, {**GOOD, field: value})
    assert (answer.status_code, answer.context["form"].errors.keys()) == (400, {field})
    assert not MailSettings.objects.exists()


def test_who_has_no_confirmed_address_is_told(client, owner):
    EmailAddress.objects.filter(user=owner).update(verified=False)
    assert "confirm one first" in text(client.get(MAILS))


def test_a_mail_that_came_back_is_told(client, library):
    library.mails.choose("daily", 8, 0, [])
    library.mails.end_bounced()
    assert "A mail to you came back on" in text(client.get(MAILS))
    client.post(MAILS, GOOD)
    assert "came back" not in text(client.get(MAILS))


def test_a_preview_shows_the_mail_as_it_would_be(client, library):
    library.searches.save("papers", "q=point", "Points")
    assert "There is nothing new" in text(client.get(f"{MAILS}preview/"))
    arrive(1)
    page = client.get(f"{MAILS}preview/")
    assert "[Paper Digest] 1 new paper" in text(page)
    assert "* Paper 1" in text(page)
    html = client.get(f"{MAILS}preview/?form=html")
    assert html["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe")
    assert "<style>" in html.content.decode()
    assert "no-store" in html["Cache-Control"]
