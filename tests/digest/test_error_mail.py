"""Errors of the log that are mailed: which, to whom, how often, and with what."""

import logging
import threading

import pytest

from digest import error_mail

pytestmark = pytest.mark.sqlite


@pytest.fixture
def admins(settings, monkeypatch):
    settings.ADMINS = [("ops", "ops@example.org")]
    monkeypatch.setattr(error_mail, "_mailed_here", {})


@pytest.fixture
def mails(mailoutbox, admins):
    """mails() are those since it was last asked, once all are sent."""

    def mails():
        for each in threading.enumerate():
            if each.name == "error mail":
                each.join()
        found = list(mailoutbox)
        mailoutbox.clear()
        return found

    return mails


def fail(kind=ValueError, text="a secret", **extra):
    note = "what somebody wrote"
    try:
        raise kind(text)
    except kind:
        logging.getLogger("x").exception("Failed at %s", "/", extra=extra)
    return note


@pytest.mark.django_db
def test_an_error_of_a_page_is_mailed(client, mails, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("digest.pages.digests.Digest", None)
    response = client.get("/")
    (mail,) = mails()
    assert mail.to == ["ops@example.org"]
    assert mail.subject.startswith(
        "[Paper Digest] Error: AttributeError in digest/pages/digests.py:"
    )
    first, *others = mail.body.splitlines()
    said = f"ERROR django.request [{response['X-Request-ID']}]: Internal Server Error: /"
    assert first.endswith(said)
    assert "    Traceback (most recent call last):" in others
    assert "are mailed once an hour at most" in mail.body


def test_each_kind_is_mailed_once(mails):
    for _ in range(3):
        fail()
        fail(KeyError)
    assert len(mails()) == 2
    fail(OSError)
    assert len(mails()) == 1


def test_other_processes_mail_none_of_the_kind(mails, monkeypatch):
    for _ in range(2):
        monkeypatch.setattr(error_mail, "_mailed_here", {})
        fail()
    assert len(mails()) == 1


def test_after_an_hour_it_is_mailed_again(mails, monkeypatch):
    monkeypatch.setattr(error_mail, "PAUSE", 0)
    fail()
    fail()
    assert len(mails()) == 2


def test_many_at_once_are_one_mail(mails, monkeypatch):
    class Forgetful(dict):
        def __contains__(self, key):
            return False

    monkeypatch.setattr(error_mail, "_mailed_here", Forgetful())
    threads = [threading.Thread(target=fail) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mails()) == 1


def test_no_value_of_a_variable_is_mailed(mails):
    fail()
    (mail,) = mails()
    assert "what somebody wrote" not in mail.body.replace('note = "what somebody wrote"', "")


@pytest.mark.parametrize("status", [400, 404])
def test_what_is_the_fault_of_who_asks_is_not_mailed(mails, status):
    fail(status_code=status)
    assert mails() == []


def test_what_is_no_error_is_not_mailed(mails):
    logging.getLogger("x").warning("Careful")
    assert mails() == []


def test_without_admins_nothing_is_mailed(mails, settings):
    settings.ADMINS = []
    fail()
    assert mails() == []


def test_an_error_without_an_exception_has_a_place(mails):
    logging.getLogger("x").error("Bad")
    (mail,) = mails()
    assert mail.subject.startswith("[Paper Digest] Error: x in ")


@pytest.mark.django_db
def test_a_mail_server_that_is_gone_costs_a_line(mails, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1
    fail()
    assert mails() == []
    assert "An error could not be mailed" in caplog.text


def test_without_room_on_the_disk_each_process_mails(mails, settings, tmp_path, monkeypatch):
    settings.LOCKS = tmp_path / "gone"
    for _ in range(2):
        fail()
    assert len(mails()) == 1
