"""The mails that invite to reading lists: how many go out, and what keeps one from going."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache.backends import base, locmem
from django.core.mail import BadHeaderError
from django.utils import timezone

from accounts import invitations
from accounts.invitations import write_to
from accounts.models import Role


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
    later = SimpleNamespace(time=(now + timedelta(minutes=10)).timestamp)
    for module in (base, locmem):  # where the mails are counted
        monkeypatch.setattr(module, "time", later)
    write("d@example.org")
    assert len(mailoutbox) == 2
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=1))
    write("e@example.org")
    assert mailoutbox[-1].to == ["e@example.org"]


def test_a_name_of_two_lines_is_one_in_the_subject(write, owner, mailoutbox):
    owner.display_name = "Ada\nBcc: all@example.org"
    write("a@example.org")
    (sent,) = mailoutbox
    assert sent.subject == "Ada Bcc: all@example.org invites you to a reading list"


@pytest.mark.parametrize("error", [BadHeaderError, ConnectionRefusedError])
def test_a_mail_that_cannot_be_sent_is_no_error_of_the_page(write, monkeypatch, caplog, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(invitations, "send_mail", fail)
    write("a@example.org")
    assert "An invitation could not be sent" in caplog.text
