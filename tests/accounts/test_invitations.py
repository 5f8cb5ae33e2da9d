"""The mails that invite to reading lists: how many go out, and what keeps one from going."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import BadHeaderError
from django.utils import timezone

from accounts import invitations
from accounts.invitations import write_to
from accounts.library import Library
from accounts.models import Invitation, Role, SentMail
from accounts.names import for_mail
from accounts.profile.erasure import erase
from tests.accounts.conftest import person


@pytest.fixture
def write(library, owner):
    """write(address) asks whoever has the address into the owner's list."""
    opened = library.lists.open(library.lists.create("Survey").slug)

    def write(address):
        write_to(owner, opened, opened.invite(address, Role.VIEWER))

    return write


def test_the_limit_of_a_day_lasts_the_day(write, monkeypatch, mailoutbox):
    monkeypatch.setattr(invitations, "MAILS_A_DAY", 2)
    for name in ("a", "b", "c"):
        write(f"{name}@example.org")
    assert [sent.to for sent in mailoutbox] == [["a@example.org"], ["b@example.org"]]
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=1))
    write("e@example.org")
    assert mailoutbox[-1].to == ["e@example.org"]


def test_a_name_of_two_lines_is_one_in_the_subject(write, owner, mailoutbox):
    owner.display_name = "Ada\nBcc: all@example.org"
    write("a@example.org")
    (sent,) = mailoutbox
    assert sent.subject == "Ada Bcc all example org invites you to a reading list"


def test_who_has_confirmed_no_address_writes_to_nobody(write, owner, mailoutbox):
    EmailAddress.objects.filter(user=owner).update(verified=False)
    write("a@example.org")
    assert mailoutbox == []
    assert Invitation.objects.get().invitee == "a@example.org"  # which is there none the less


def test_one_mail_to_an_address_until_it_answers(write, library, other, mailoutbox, monkeypatch):
    """Whoever writes, for whatever list, and however long ago the first was."""
    write("other@example.org")
    write("OTHER@example.org")
    third = person("third")
    elsewhere = Library(third).lists
    opened = elsewhere.open(elsewhere.create("Elsewhere").slug)
    write_to(third, opened, opened.invite("other", Role.VIEWER))
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=80))
    write("other@example.org")
    assert len(mailoutbox) == 1
    theirs = Library(other).lists
    theirs.decline(theirs.invitations()[0].pk)
    write("other@example.org")
    assert len(mailoutbox) == 2
    assert "@" not in "".join(SentMail.objects.values_list("address", flat=True))


def test_who_comes_back_with_another_account_writes_no_second_time(write, owner, mailoutbox):
    write("a@example.org")
    erase(owner)
    again = person("again")
    lists = Library(again).lists
    opened = lists.open(lists.create("Survey").slug)
    write_to(again, opened, opened.invite("a@example.org", Role.VIEWER))
    assert len(mailoutbox) == 1


def test_what_people_call_things_is_no_link_in_a_mail(library, owner, mailoutbox):
    owner.display_name = "https://evil.example/win 5.000€ at www.evil。example"
    owner.username = "claim-at.evil.example"
    name = "You have won: http://evil.example/?a=" + "b" * 100 + " mail me@evil.example"
    opened = library.lists.open(library.lists.create(name).slug)
    write_to(owner, opened, opened.invite("a@example.org", Role.VIEWER))
    (sent,) = mailoutbox
    said = f"{sent.subject}\n{sent.body.partition('Accept or decline')[0]}"
    assert re.findall(r"\w[.。:/@]\w|//|www\S", said) == []
    assert sent.subject == "https evil example win 5 000€ at www ev… invites you to a reading list"
    assert "“You have won http evil example ?a=bbbbb…”" in said


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("J. R. R. Tolkien", "J. R. R. Tolkien"),
        ("R&D <b> “x”", "R&D <b> “x”"),
        ("evil．example", "evil example"),
        ("a\u202eb\u2028c", "a b c"),
        ("x" * 50, "x" * 39 + "…"),
        ("", ""),
    ],
)
def test_names_in_mails(name, shown):
    assert for_mail(name) == shown


@pytest.mark.parametrize("error", [BadHeaderError, ConnectionRefusedError])
def test_a_mail_that_cannot_be_sent_is_no_error_of_the_page(write, monkeypatch, caplog, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(invitations, "send_mail", fail)
    write("a@example.org")
    assert "An invitation could not be sent" in caplog.text
