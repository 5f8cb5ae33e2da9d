import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from accounts.invitations import invited

pytestmark = pytest.mark.django_db


def invite(capsys, *addresses):
    call_command("invite", *addresses)
    return capsys.readouterr().out.splitlines()


def test_each_address_is_mailed_a_link_that_is_printed_too(capsys):
    lines = invite(capsys, "ada@example.org", "alan@example.org", "ada@example.org")
    assert [line.partition(": ")[0] for line in lines] == ["ada@example.org", "alan@example.org"]
    assert [sent.to for sent in mail.outbox] == [["ada@example.org"], ["alan@example.org"]]
    for line, sent in zip(lines, mail.outbox, strict=True):
        address, _, url = line.partition(": ")
        assert url.startswith("http://localhost:8000/account/signup/?invitation=")
        assert sent.subject == "[Paper Digest] You are invited"
        assert url in sent.body.splitlines()
        assert invited(url.partition("=")[2].replace("%3A", ":")) == address


def test_who_has_an_account_needs_none(capsys, owner):
    assert invite(capsys, "OWNER@example.org") == ["OWNER@example.org: has an account"]
    assert mail.outbox == []


def test_a_mistyped_address_invites_nobody():
    with pytest.raises(CommandError) as caught:
        call_command("invite", "ada@example.org", "alan")
    assert str(caught.value) == "alan: not an e-mail address; nobody was invited"
    assert mail.outbox == []


def test_a_closed_site_invites_nobody(settings):
    settings.SIGNUP = "closed"
    with pytest.raises(CommandError) as caught:
        call_command("invite", "ada@example.org")
    assert str(caught.value) == "SIGNUP=closed lets nobody sign up: set SIGNUP=invitation"


def test_a_link_that_cannot_be_mailed_is_printed(settings, capsys):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1
    with pytest.raises(CommandError, match=r"^Not mailed: send the links above yourself\.\nada@"):
        call_command("invite", "ada@example.org")
    assert "/account/signup/?invitation=" in capsys.readouterr().out
