import pytest
from django.core import mail
from django.test import Client

from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import errors, heading, link, text

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite

NEW = "staple of a new horse"


def ask(client, address="owner@example.org"):
    return client.post("/account/password/reset/", {"email": address})


def test_the_way_by_mail(anonymous, owner):
    answer = ask(anonymous, "Owner@example.org")
    assert (answer.status_code, answer.url) == (302, "/account/password/reset/done/")
    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("[Paper Digest] A new password", ["owner@example.org"])
    assert "the password of owner." in sent.body
    form = anonymous.get(link(sent), follow=True)
    assert heading(form) == "New password"
    at = form.request["PATH_INFO"]
    answer = anonymous.post(at, {"password1": NEW, "password2": NEW})
    assert heading(anonymous.get(answer.url)) == "Password changed"
    owner.refresh_from_db()
    assert owner.check_password(NEW)
    assert heading(Client().get(link(sent), follow=True)) == "This link is not valid"
    assert mail.outbox[1].subject == "[Paper Digest] Password Reset"
    assert "with: " in mail.outbox[1].body


def test_who_has_no_account_is_answered_the_same(owner):
    pages = []
    for address in ("owner@example.org", "nobody@example.org"):
        client = Client()
        answer = ask(client, address)
        pages.append((answer.status_code, answer.url, text(client.get(answer.url))))
    assert pages[0] == pages[1]
    unknown = mail.outbox[1]
    assert unknown.to == ["nobody@example.org"]
    assert unknown.subject == "[Paper Digest] No account has this address"
    assert "/account/" not in unknown.body


def test_mails_have_the_sites_own_address(owner, settings):
    settings.SITE_URL = "https://digest.example.org"
    ask(Client(headers={"host": "127.0.0.1"}))
    (sent,) = mail.outbox
    assert "\nhttps://digest.example.org/account/password/reset/key/" in sent.body
    assert sent.body.endswith("\nPaper Digest\nhttps://digest.example.org")
    assert "127.0.0.1" not in sent.body


def test_passwords_that_differ_or_are_poor(anonymous, owner):
    ask(anonymous)
    at = anonymous.get(link(mail.outbox[0]), follow=True).request["PATH_INFO"]
    answer = anonymous.post(at, {"password1": NEW, "password2": "x"})
    assert errors(answer) == {"password2": ["You must type the same password each time."]}
    answer = anonymous.post(at, {"password1": "owner@example", "password2": "owner@example"})
    assert errors(answer) == {"password1": ["The password is too similar to the email address."]}
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


def test_asking_is_limited(owner):
    answers = [ask(Client()) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert len(mail.outbox) == 5


@pytest.mark.parametrize("key", ["x", "1-x", "1-set-password", "zzzzzzzzzzzzz-x"])
def test_a_link_that_is_not_good(anonymous, owner, key):
    answer = anonymous.get(f"/account/password/reset/key/{key}/", follow=True)
    assert answer.status_code in (200, 404)
    assert heading(answer) in ("This link is not valid", "Not found")


def test_changing_it_asks_for_the_old_one_and_logs_out_elsewhere(enter, owner):
    client, elsewhere = enter(owner), enter(owner)
    form = {"oldpassword": "wrong horse", "password1": NEW, "password2": NEW}
    answer = client.post("/account/password/change/", form)
    assert errors(answer) == {"oldpassword": ["This is not your current password."]}
    answer = client.post("/account/password/change/", form | {"oldpassword": PASSWORD})
    assert answer.status_code == 302
    owner.refresh_from_db()
    assert owner.check_password(NEW)
    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert mail.outbox[-1].to == ["owner@example.org"]


def test_who_has_none_may_set_one(client, owner):
    owner.set_unusable_password()
    owner.save()
    client.force_login(owner)
    assert client.get("/account/password/change/").url == "/account/password/set/"
    assert heading(client.get("/account/password/set/")) == "Set a password"
    client.post("/account/password/set/", {"password1": NEW, "password2": NEW})
    owner.refresh_from_db()
    assert owner.check_password(NEW)
