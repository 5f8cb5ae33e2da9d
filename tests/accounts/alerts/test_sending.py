"""What a mail server receives: the right papers, for the right people, at the right hour, once."""

import random
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.alerts import sending
from accounts.alerts.sections import News
from accounts.alerts.sending import claim, send_due
from accounts.library import Library
from accounts.models import Mail, MailedPaper, MailSettings
from digest.curation.decisions import merge_papers
from digest.models import Paper
from tests import kills
from tests.accounts.alerts.conftest import papers_in
from tests.accounts.conftest import person


def received(mailbox):
    """Who received which papers since it was last asked."""
    return [(address.partition("@")[0], papers_in(mail)) for address, mail in mailbox.take()]


@pytest.mark.slow
def test_each_gets_their_own_papers_at_their_own_hour(mailbox, clock, arrive, subscriber):
    """In three time zones, while summer time begins in one of them."""
    subscriber("ada", "q=first", zone="Europe/Berlin", hour=8)
    subscriber("bob", "q=second", zone="America/New_York", hour=20)
    subscriber("eve", "q=first", "q=second", zone="Asia/Tokyo", hour=0)
    subscriber("off", "q=first", frequency="off")
    day, found = 0, []
    for hour in range(72):
        if hour % 24 == 0:
            day += 1
            arrive(day * 10 + 1, summary="First of all.")
            arrive(day * 10 + 2, summary="Second to none.")
        send_due()
        found += [(f"{clock.now:%d %H}", *one) for one in received(mailbox)]
        clock.forward(hours=1)
    assert found == [
        ("28 15", "eve", [11, 12]),
        ("29 00", "bob", [12]),
        ("29 07", "ada", [11]),
        ("29 15", "eve", [21, 22]),
        ("30 00", "bob", [22]),
        ("30 06", "ada", [21]),
        ("30 15", "eve", [31, 32]),
        ("31 00", "bob", [32]),
        ("31 06", "ada", [31]),
    ]


def test_a_paper_is_in_one_mail_and_once_in_it(mailbox, clock, arrive, subscriber):
    arrive(9, days_ago=40)
    ada = subscriber("ada", "q=point", "author=ada-lovelace", "q=nothing")
    shared = Library(person("bob"))
    opened = shared.lists.open(shared.lists.create("Ours").slug)
    opened.invite("ada", "viewer")
    ada.lists.accept(ada.lists.invitations().get().pk)
    arrive(1, 2)
    arrive(3, summary="Else", authors="Bob")
    clock.forward(minutes=1)
    opened.add(Paper.objects.exclude(slug="2502.00009").values_list("pk", flat=True))
    clock.forward(days=1)
    send_due()
    [(address, mail)] = mailbox.take()
    assert (address, mail["Subject"]) == ("ada@example.org", "[Paper Digest] 3 new papers")
    assert papers_in(mail) == [1, 2, 3]
    text = mail.get_body(("plain",)).get_content()
    assert text.index("About author=ada-lovelace") < text.index("* Paper 1") < text.index("Ours")
    assert "About q=point" not in text  # they are there already
    assert text.count("(added by bob)") == 1
    for _ in range(3):
        send_due()
        clock.forward(days=1)
    arrive(4)
    clock.forward(days=1)
    send_due()
    assert received(mailbox) == [("ada", [4])]


def test_two_papers_that_become_one_are_mailed_once(mailbox, clock, arrive, subscriber):
    subscriber("ada", "q=point")
    arrive(1)
    clock.forward(days=1)
    send_due()
    arrive(2, 3, 4)
    first, second, third, _ = Paper.objects.order_by("slug")
    merge_papers(second, third, person("curator"))
    merge_papers(first, third, person("another"))
    clock.forward(days=1)
    send_due()
    assert received(mailbox) == [("ada", [1]), ("ada", [4])]


def test_what_is_categorised_later_is_mailed_then(mailbox, clock, arrive, subscriber):
    arrive(9, days_ago=40, classification=["Robotics"])
    subscriber("ada", "category=robotics")
    arrive(1, classification=[])
    clock.forward(days=1)
    send_due()
    arrive(1, classification=["Robotics"])
    clock.forward(days=1)
    send_due()
    assert received(mailbox) == [("ada", [1])]


def test_what_one_has_seen_or_dismissed_is_not_mailed(mailbox, clock, arrive, subscriber):
    ada = subscriber("ada", "q=point")
    arrive(1)
    ada.searches.mark_seen(ada.searches.all().get().pk)
    arrive(2, 3)
    ada.bookmarks.dismiss([Paper.objects.get(slug="2502.00002").pk])
    clock.forward(days=1)
    send_due()
    assert received(mailbox) == [("ada", [3])]


def test_a_section_or_a_search_is_left_out(mailbox, clock, arrive, subscriber):
    ada, bob = subscriber("ada", "q=point"), subscriber("bob", "q=point", "has=code")
    ada.mails.choose("daily", 8, 0, ["searches"])
    bob.searches.change(bob.searches.all().get(query="q=point").pk, is_mailed=False)
    arrive(1, github_urls=[])
    arrive(2)
    clock.forward(days=1)
    send_due()
    assert received(mailbox) == [("bob", [2])]


def test_many_papers_are_shown_in_part(mailbox, clock, arrive, subscriber):
    subscriber("ada", "q=point")
    arrive(*range(1, 31))
    clock.forward(days=1)
    send_due()
    [(_, mail)] = mailbox.take()
    assert papers_in(mail) == [*range(1, 26)]
    assert "and 5 more: http" in mail.get_body(("plain",)).get_content()
    assert MailedPaper.objects.count() == 30


def test_only_a_confirmed_address_is_written_to(mailbox, clock, arrive, subscriber):
    ada, bob = subscriber("ada", "q=point"), subscriber("bob", "q=point")
    EmailAddress.objects.filter(user__username="ada").update(verified=False)
    bob.user.is_active = False
    bob.user.save()
    arrive(1)
    clock.forward(days=1)
    send_due()
    assert received(mailbox) == []
    EmailAddress.objects.filter(user=ada.user).update(verified=True)
    send_due()  # it was due, and nothing is missed
    assert received(mailbox) == [("ada", [1])]


def test_nothing_is_sent_that_may_not_be_read_by_then(
    mailbox, clock, arrive, subscriber, monkeypatch
):
    ada = subscriber("ada", "q=zebra")
    bob = Library(person("bob"))
    opened = bob.lists.open(bob.lists.create("Ours").slug)
    opened.invite("ada", "viewer")
    ada.lists.accept(ada.lists.invitations().get().pk)
    arrive(1, 2)
    arrive(3, summary="A zebra")
    clock.forward(minutes=1)
    opened.add(Paper.objects.values_list("pk", flat=True))
    clock.forward(days=1)
    mail = claim(MailSettings.objects.select_related("user").get(user=ada.user), News())
    assert mail.papers.count() == 3
    opened.show_to("private")
    monkeypatch.setattr(sending, "LEASE", timedelta(0))
    clock.forward(minutes=1)
    send_due()
    assert received(mailbox) == [("ada", [3])]
    Paper.objects.update(hidden=True)
    Mail.objects.update(sent_at=None)
    clock.forward(minutes=1)
    send_due()
    assert (received(mailbox), Mail.objects.count()) == ([], 0)


def test_a_mail_server_that_is_down_costs_nobody_a_mail(
    mailbox, clock, arrive, subscriber, settings
):
    for name in ("ada", "bob", "eve"):
        subscriber(name, "q=point")
    arrive(1)
    clock.forward(days=1)
    mailbox.stop()
    with pytest.raises(CommandError, match="the next run sends what is left"):
        call_command("send_mails", verbosity=0)
    mailbox.start()
    clock.forward(hours=1)
    call_command("send_mails", verbosity=0)
    assert sorted(received(mailbox)) == [("ada", [1]), ("bob", [1]), ("eve", [1])]


def test_after_a_connection_that_ended_the_next_mail_has_another(
    mailbox, clock, arrive, subscriber
):
    for name in ("ada", "bob"):
        subscriber(name, "q=point")
    arrive(1)
    clock.forward(days=1)
    mailbox.ends = {"ada@example.org"}
    outcome = send_due()
    assert (outcome.sent, outcome.deferred, outcome.problem) == (1, 1, "")
    assert received(mailbox) == [("bob", [1])]


def test_an_address_that_is_refused(mailbox, clock, arrive, subscriber):
    for name in ("ada", "bob", "eve", "max"):
        subscriber(name, "q=point")
    mailbox.refuses = {
        "ada@example.org": "550 5.1.1 No such user",
        "bob@example.org": "450 Later",
        "max@example.org": "554 5.7.1 Relay access denied",  # which is no fault of the address
    }
    arrive(1)
    clock.forward(days=1)
    outcome = send_due()
    assert (outcome.sent, outcome.refused, outcome.deferred) == (1, 1, 2)
    assert received(mailbox) == [("eve", [1])]
    ended = MailSettings.objects.get(user__username="ada")
    assert (ended.frequency, ended.bounced_at) == ("off", clock.now)
    mailbox.refuses = {}
    clock.forward(hours=1)
    arrive(2)
    send_due()
    assert received(mailbox) == [("bob", [1]), ("max", [1])]
    clock.forward(days=1)
    send_due()
    assert sorted(received(mailbox)) == [("bob", [2]), ("eve", [2]), ("max", [2])]


def test_what_goes_wrong_for_one_person_is_no_matter_to_others(
    mailbox, clock, arrive, subscriber, monkeypatch
):
    for name in ("ada", "bob"):
        subscriber(name, "q=point")
    arrive(1)
    clock.forward(days=1)
    write = sending.write

    def fail(settings, *rest):
        if settings.user.username == "ada":
            raise ZeroDivisionError
        return write(settings, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(sending, "write", fail)
        assert send_due().sent == 1
        clock.forward(hours=1)
        assert send_due().sent == 0
    assert received(mailbox) == [("bob", [1])]
    clock.forward(hours=1)
    send_due()
    assert received(mailbox) == [("ada", [1])]


def test_two_runs_at_once_send_one_mail(clock, arrive, subscriber):
    ada = subscriber("ada", "q=point")
    arrive(1)
    clock.forward(days=1)
    settings = MailSettings.objects.select_related("user").get(user=ada.user)
    assert claim(settings, News()) is not None
    assert claim(settings, News()) is None
    assert Mail.objects.count() == 1


@pytest.mark.slow
def test_many_people_take_few_queries_each(mailbox, clock, arrive, subscriber):
    counts = []
    for number in range(8):
        subscriber(
            f"reader{number}",
            *(f"q=point&has=code&exact=1&date_from=2025-01-0{n}" for n in range(1, 6)),
        )
        if number in (0, 7):
            arrive(number + 1)
            clock.forward(days=1)
            with CaptureQueriesContext(connection) as queries:
                send_due()
            counts.append(len(queries))
            mailbox.take()
    assert counts[1] - counts[0] <= 7 * 25


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_point_nobody_is_missed_or_has_another_mail(
    mailbox, clock, arrive, subscriber, monkeypatch
):
    """Killed between the mail server's answer and its own row, a run sends a mail again, which has
    the same Message-ID; at all other points it does not."""
    arrive(9, days_ago=40)
    names = [f"reader{number}" for number in range(4)]
    for name in names:
        subscriber(name, "q=point", "author=ada-lovelace")
    arrive(1, 2)
    clock.forward(days=1)
    monkeypatch.setattr(sending, "LEASE", timedelta(0))
    before = [*MailSettings.objects.values_list("pk", "last_due")]

    def work():
        return send_due().sent

    done = kills.run(work)
    assert done.answer == len(names)
    whole = {str(mail["Message-ID"]): papers_in(mail) for _, mail in mailbox.take()}
    assert len(whole) == len(names)
    again = 0
    for step in sorted(random.Random(18).sample(range(1, done.steps + 1), 20)):
        Mail.objects.all().delete()
        for key, due in before:
            MailSettings.objects.filter(pk=key).update(last_due=due)
        assert kills.run(work, step=step).killed
        clock.forward(minutes=1)
        assert kills.run(work).answer is not None
        mails = mailbox.take()
        assert {str(mail["Message-ID"]): papers_in(mail) for _, mail in mails} == whole, step
        assert {address.partition("@")[0] for address, _ in mails} == {*names}
        again += len(mails) - len(whole)
        assert Mail.objects.filter(sent_at=None).count() == 0
        assert MailedPaper.objects.count() == 2 * len(names)
    assert again <= 4


def test_a_post_ends_the_mails_without_a_log_in(mailbox, clock, arrive, subscriber):
    subscriber("ada", "q=point")
    arrive(1)
    clock.forward(days=1)
    send_due()
    [(_, mail)] = mailbox.take()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["List-Unsubscribe"].strip(" <>").removeprefix("http://localhost:8000")
    program = Client(enforce_csrf_checks=True)
    arrive(2)
    assert program.get(address).status_code == 200  # whoever looks ends nothing
    clock.forward(days=1)
    send_due()
    assert received(mailbox) == [("ada", [2])]
    answer = program.post(address, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.cookies) == (200, {})
    arrive(3)
    clock.forward(days=1)
    send_due()
    assert received(mailbox) == []
