"""Mails that come back end the mails to their person, and nothing else does."""

import io
import sys
from datetime import timedelta
from email.message import EmailMessage
from time import time

import pytest
from allauth.account.models import EmailAddress
from django.core import signing
from django.core.management import call_command

from accounts.alerts.sending import send_due
from accounts.models import MailSettings

STATUS = """Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; ada@example.org
Action: {action}
Status: {status}
"""


@pytest.fixture
def mail(mailbox, clock, arrive, subscriber):
    """A mail to ada, as it came."""
    subscriber("ada", "q=point")
    arrive(1)
    clock.forward(days=1)
    send_due()
    [(_, mail)] = mailbox.take()
    return mail


def report(mail, action="failed", status="5.1.1", whole=True):
    """What a mail server says of a mail that it gives back."""
    headers, _, _ = mail.sent.decode().replace("\r", "").partition("\n\n")
    parts = [
        "From: MAILER-DAEMON@example.org\nTo: paper-digest@localhost\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=b"\n',
        "Content-Type: text/plain\n\nIt could not be delivered.\n",
        f"Content-Type: message/delivery-status\n\n{STATUS.format(action=action, status=status)}",
        (
            f"Content-Type: message/rfc822\n\n{mail.sent.decode()}"
            if whole
            else f"Content-Type: text/rfc822-headers\n\n{headers}\n"
        ),
    ]
    return ("\n--=b\n".join(parts) + "\n--=b--\n").encode()


def bounced(content, monkeypatch):
    """What the command says of a mail on its standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    out = io.StringIO()
    call_command("mail_bounced", stdout=out)
    return out.getvalue().strip()


def frequency():
    return MailSettings.objects.get().frequency


@pytest.mark.parametrize("whole", [True, False])
def test_a_mail_that_comes_back_is_the_last(mail, monkeypatch, whole, clock):
    said = bounced(report(mail, whole=whole), monkeypatch)
    assert said == f"The mails to the account {MailSettings.objects.get().pk} are ended."
    assert (frequency(), MailSettings.objects.get().bounced_at) == ("off", clock.now)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("delayed", "4.4.1"),
        ("delayed", "5.1.1"),
        ("failed", "4.2.2"),
        ("failed", "5.2.2"),  # a full mailbox
        ("failed", "5.7.26"),
    ],
)
def test_a_mail_that_is_late_or_there_is_none(mail, monkeypatch, action, status):
    assert "nothing is changed" in bounced(report(mail, action, status), monkeypatch)
    assert frequency() == "daily"


def test_what_is_no_report_or_forged_or_old(mail, monkeypatch):
    reply = EmailMessage()
    reply["Subject"] = "Out of office"
    reply.set_content(mail.as_string())
    reply.sent = reply.as_bytes()
    forged = report(mail).replace(mail["X-Paper-Digest-Mail"].strip().encode(), b"WzEsImFkYSJd:x:y")
    assert forged != report(mail)
    for content in (b"", b"\xff\0 nonsense", reply.sent, forged, report(reply)):
        assert "nothing is changed" in bounced(content, monkeypatch)
    with monkeypatch.context() as patch:
        later = time() + timedelta(days=91).total_seconds()
        patch.setattr(signing.time, "time", lambda: later)
        assert "nothing is changed" in bounced(report(mail), monkeypatch)
    # Parts within parts, deeper than any program reads
    part = "Content-Type: multipart/mixed; boundary=b{0}\n\n--b{0}\n"
    nested = "".join(map(part.format, range(999)))
    assert "nothing is changed" in bounced(nested.encode() + report(mail), monkeypatch)
    EmailAddress.objects.update(email="new@example.org")  # the one that failed is theirs no longer
    assert "nothing is changed" in bounced(report(mail), monkeypatch)
    assert frequency() == "daily"
