"""What is checked of the site itself: on a page, by a command, and in a mail."""

import smtplib
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.mail import send_mail
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from digest import status
from digest.catalogue.load import load
from digest.models import Backup, DailyRun, FailingCheck, MailFailure
from tests.admin import enter, holder
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 2, 8, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def at(monkeypatch):
    """at(time) is the time from then on."""

    def at(time):
        monkeypatch.setattr(timezone, "now", lambda: time)

    at(NOW)
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**11, 10**10, 9 * 10**10))
    return at


def found(name):
    (finding,) = (one for check, one in status.examine() if check.name == name)
    return finding


def wrong():
    return [check.name for check, finding in status.examine() if finding.is_wrong]


def ran(begun_at=NOW, **fields):
    """A daily run, and a backup of the same time."""
    Backup.objects.update_or_create(
        id=1, defaults={"made_at": begun_at, "verified_at": begun_at, "path": "a", "size": 1000}
    )
    DailyRun.objects.all().delete()
    DailyRun.objects.create(begun_at=begun_at, **{"ended_at": begun_at, "steps": [], **fields})


def test_an_empty_site(at):
    assert wrong() == ["daily_run", "backup"]
    assert found("newest_digest").text == "There is no digest yet."
    assert found("sources").text == "No file is loaded yet."
    assert found("daily_run").text == "manage.py daily never ran: let a timer run it every day."
    assert found("mails").text == "Mails leave, or none was sent."
    assert found("disk").text == "The disk of var/ has 83.8 GB left of 93.1 GB."


@pytest.mark.parametrize(
    ("days", "most", "text", "is_wrong"),
    [
        (0, 7, "The newest digest is of 6 February 2025, 0 days ago.", False),
        (1, 7, "The newest digest is of 6 February 2025, 1 day ago.", False),
        (7, 7, "The newest digest is of 6 February 2025, 7 days ago.", False),
        (8, 7, "The newest digest is of 6 February 2025, 8 days ago: more than 7.", True),
        (800, 0, "The newest digest is of 6 February 2025, 800 days ago.", False),
    ],
)
def test_how_old_the_newest_digest_is(at, settings, days, most, text, is_wrong):
    settings.MAX_DIGEST_AGE = most
    at(datetime(2025, 2, 6, 23, tzinfo=UTC))
    load(digest(row(1)), "a.json")
    load(digest(row(2, date="2029-01-01")), "b.json")  # which is still to come
    at(datetime(2025, 2, 6, 1, tzinfo=UTC) + timedelta(days=days))
    finding = found("newest_digest")
    assert (finding.text, finding.is_wrong) == (text, is_wrong)
    assert [figure.value for figure in finding.figures] == [days]


STEPS = [{"name": "check_links", "error": "no"}, {"name": "doctor", "error": ""}]


@pytest.mark.parametrize(
    ("fields", "text", "is_wrong"),
    [
        ({}, "{}. All its steps succeeded.", False),
        ({"steps": STEPS}, "{}. These steps failed: check_links.", True),
        ({"ended_at": None}, "{}, and has not ended.", False),
    ],
)
def test_how_the_daily_run_ended(at, fields, text, is_wrong):
    ran(NOW - HOUR, **fields)
    began = "The last daily run began 1 hour ago, on 8 February 2025, 11:00 UTC"
    assert found("daily_run")[:2] == (text.format(began), is_wrong)


def test_a_daily_run_that_is_missed_or_does_not_end(at):
    ran(NOW - 35 * HOUR)
    assert not found("daily_run").is_wrong
    ran(NOW - 37 * HOUR)
    assert found("daily_run").text.endswith("it should run every day.")
    ran(NOW - 25 * HOUR, ended_at=None)
    assert found("daily_run").is_wrong


BACKUP = "The last backup was made 1 hour ago, on 8 February 2025, 11:00 UTC"


@pytest.mark.parametrize(
    ("fields", "text", "is_wrong", "verified"),
    [
        ({}, f"{BACKUP}. It was not verified.", True, 0),
        ({"verified_at": NOW}, f"{BACKUP}, and verified.", False, NOW.timestamp()),
        (
            {"verified_at": NOW, "error": "a.gz is cut."},
            f"{BACKUP}. It is broken: a.gz is cut.",
            True,
            0,
        ),
    ],
)
def test_the_last_backup(at, fields, text, is_wrong, verified):
    Backup.objects.create(made_at=NOW - HOUR, path="backups/a", size=1000, **fields)
    finding = found("backup")
    assert (finding.text, finding.is_wrong) == (text, is_wrong)
    assert [one.value for one in finding.figures] == [(NOW - HOUR).timestamp(), verified, 1000]
    at(NOW + 36 * HOUR)
    assert found("backup").is_wrong


def test_a_disk_that_fills(at, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**11, 10**11, 10**9 - 1))
    text = "The disk of var/ has 953.7 MB left of 93.1 GB, less than 1 GB."
    assert found("disk")[:2] == (text, True)


@pytest.mark.sqlite
def test_a_disk_with_less_left_than_the_database_takes(at, monkeypatch, tmp_path):
    file = tmp_path / "db.sqlite3"
    with file.open("wb") as sparse:
        sparse.truncate(2 * 10**9)
    monkeypatch.setitem(connection.settings_dict, "NAME", file)
    for free, is_wrong in ((2 * 10**9, False), (2 * 10**9 - 1, True)):
        usage = Usage(10**11, 0, free)
        monkeypatch.setattr("shutil.disk_usage", lambda _, usage=usage: usage)
        assert found("disk").is_wrong == is_wrong
    assert found("disk").text.endswith(", less than the database takes.")


def test_what_cannot_be_found_out_is_wrong(at, monkeypatch):
    def gone():
        raise OperationalError("gone")

    closed = []
    monkeypatch.setattr(status.connection, "close", lambda: closed.append(1))
    monkeypatch.setattr(status, "CHECKS", [status.Check("x", "X", gone)])
    assert (wrong(), closed) == (["x"], [1])  # the next check has another connection
    assert found("x").text == "This could not be found out: OperationalError."


# Mails


@pytest.fixture
def transport(settings, monkeypatch):
    """The class by which mails leave; transport.error is what it raises."""
    from django.core.mail.backends import locmem

    class Transport(locmem.EmailBackend):
        error = None

        def send_messages(self, messages):
            if self.error:
                raise self.error
            return super().send_messages(messages)

    monkeypatch.setattr(locmem, "Failing", Transport, raising=False)
    settings.EMAIL_BACKEND = "digest.mail.CountedMail"
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.locmem.Failing"
    return Transport


def mail():
    send_mail("a", "b", None, ["ada@example.org"])


def test_mails_that_fail_are_remembered_until_one_leaves(at, transport, mailoutbox):
    transport.error = ConnectionRefusedError(111, "Connection refused")
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            mail()
        at(NOW + HOUR)
    text = "No mail has left since 8 February 2025, 12:00 UTC, and 2 failed: "
    text += "ConnectionRefusedError: [Errno 111] Connection refused."
    assert found("mails")[:2] == (text, True)
    transport.error = None
    mail()
    assert len(mailoutbox) == 1
    assert not found("mails").is_wrong
    assert not MailFailure.objects.exists()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (smtplib.SMTPAuthenticationError(535, b"ada@example.org"), "SMTPAuthenticationError 535"),
        (smtplib.SMTPServerDisconnected("ada@example.org"), "SMTPServerDisconnected"),
        (smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no")}), None),
    ],
)
def test_nothing_of_whom_it_was_to_is_remembered(transport, error, text):
    transport.error = error
    with pytest.raises(type(error)):
        mail()
    assert MailFailure.objects.values_list("error", flat=True).first() == text


# The command, and its mail


def check(**options):
    out = StringIO()
    call_command("check_status", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def admins(settings):
    settings.ADMINS = [("ops", "ops@example.org")]


def test_the_command_says_what_it_found(at):
    ran()
    said = check().splitlines()
    assert len(said) == len(status.CHECKS)
    assert "Mails: ok. Mails leave, or none was sent." in said
    assert check(verbosity=0) == ""
    DailyRun.objects.all().delete()
    assert "Daily run: WRONG. manage.py daily never ran: let a timer run it every day." in check()


def test_what_is_wrong_for_a_day_is_mailed_once_a_day(at, admins, mailoutbox):
    sent = []
    for hours in (0, 21, 23, 24, 46, 47):
        at(NOW + timedelta(hours=hours))
        check()
        sent.append(len(mailoutbox))
    assert sent == [0, 0, 1, 1, 2, 2]
    (first, _) = mailoutbox
    assert (first.subject, first.to) == ("[Paper Digest] Something is wrong", ["ops@example.org"])
    assert first.body == (
        "This has been wrong for a day:\n\n"
        "Daily run, since 8 February 2025, 12:00 UTC at the latest: "
        "manage.py daily never ran: let a timer run it every day.\n\n"
        "Backup, since 8 February 2025, 12:00 UTC at the latest: "
        "There is no backup: let a timer run manage.py backup and verify every day.\n\n"
        "All that is checked: http://localhost:8000/admin/status/\n"
    )


def test_what_is_well_again_is_forgotten(at, admins, mailoutbox):
    check()
    ran()
    check()
    assert not FailingCheck.objects.exists()
    DailyRun.objects.all().delete()
    at(NOW + 23 * HOUR)
    check()
    assert mailoutbox == []


def test_without_admins_nothing_is_mailed(at, settings, mailoutbox):
    settings.ADMINS = []
    check()
    at(NOW + 25 * HOUR)
    check()
    assert mailoutbox == []


def test_a_mail_that_cannot_be_sent_is_tried_again(at, admins, transport, mailoutbox):
    ran(NOW + 20 * HOUR)
    FailingCheck.objects.create(name="mails", since=NOW)
    MailFailure.objects.create(since=NOW, error="x")
    at(NOW + 25 * HOUR)
    transport.error = ConnectionRefusedError(111, "Connection refused")
    with pytest.raises(CommandError, match=r"what is wrong could not be mailed: \[Errno 111\]"):
        check()
    transport.error = None
    check()
    assert len(mailoutbox) == 1


# The page


def test_curators_see_the_page(at):
    ran()
    FailingCheck.objects.create(name="daily_run", since=NOW - HOUR)
    DailyRun.objects.all().delete()
    client = enter(holder("curator", "Curators"))
    page = client.get("/admin/status/").content.decode()
    assert "manage.py daily never ran" in page
    assert "<strong>Wrong</strong>, since 8 Feb 2025, 11:00" in page
    assert page.count("<strong>Wrong</strong>") == 1
    assert 'href="/admin/status/"' in client.get("/admin/").content.decode()


def test_others_do_not(at):
    client = enter(holder("people", "User managers"))
    assert client.get("/admin/status/").status_code == 403
    assert 'href="/admin/status/"' not in client.get("/admin/").content.decode()
