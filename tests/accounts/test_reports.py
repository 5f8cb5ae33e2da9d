"""What readers say is wrong with a paper, and what they are told became of it."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.db.utils import IntegrityError
from django.utils import timezone

from accounts.library import Library, NotFound
from accounts.library.reports import A_DAY
from accounts.models import REPORT_LENGTH, Report
from accounts.profile.erasure import erase
from accounts.reports import settle
from accounts.transfer import export, restore
from digest.models import Paper
from tests.accounts.pages import errors, text

pytestmark = pytest.mark.sqlite

PAPER = "/papers/2502.00001/"
FORM = "/library/reports/2502.00001/"
PAGE = "/account/reports/"
SAID = {"kind": "title", "comment": "It is “Paper One”."}
WAITS = "You have reported this already. It is waiting for the curators."


@pytest.fixture
def mine(owner, papers, client):
    """The owner's browser."""
    client.force_login(owner)
    return client


@pytest.fixture
def report(library, papers):
    return library.reports.add(papers[0], **SAID)


@pytest.fixture
def settled(django_capture_on_commit_callbacks, curator):
    """settled(report, outcome, answer): as a curator does."""

    def settled(report, outcome="mended", answer=""):
        with django_capture_on_commit_callbacks(execute=True):
            settle(report, outcome, answer, curator)
        report.refresh_from_db()

    return settled


def nav(response):
    """What the account's navigation says of reports."""
    page = response.content.decode()
    return page.partition(f'href="{PAGE}"')[2].partition(">")[2].partition("</a>")[0]


# To say it


def test_a_reader_says_what_is_wrong(mine, owner, papers):
    assert f'action="{FORM}"' in mine.get(PAPER).content.decode()
    answer = mine.post(FORM, {**SAID, "comment": " One\r\ntwo "}, follow=True)
    assert answer.redirect_chain == [(PAPER, 302)]
    assert "Thank you. The curators will look at it" in text(answer)
    made = Report.objects.get()
    assert (made.user, made.paper, made.kind, made.comment) == (
        *(owner, papers[0], "title", "One\ntwo"),
    )
    assert (made.outcome, made.answer, made.settled_at, made.seen_at) == ("", "", None, None)


def test_visitors_are_led_to_the_log_in_and_back(anonymous, papers):
    page = anonymous.get(PAPER).content.decode()
    assert "Something wrong?" in page
    assert FORM not in page
    assert "/account/login/?next=%2Fpapers%2F2502.00001%2F" in page
    assert anonymous.post(FORM, SAID).url == "/account/login/?next=/"
    assert anonymous.get(PAGE).url == f"/account/login/?next={PAGE}"
    assert not Report.objects.exists()


@pytest.mark.databases
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            {},
            {
                "kind": ["Choose what is wrong."],
                "comment": ["Write in a few words how it should be."],
            },
        ),
        ({**SAID, "kind": "weather"}, {"kind": ["Choose one of these."]}),
        ({**SAID, "comment": " \n"}, {"comment": ["Write in a few words how it should be."]}),
        ({**SAID, "comment": "a\0"}, {"comment": ["Null characters are not allowed."]}),
        (
            {**SAID, "comment": "x" * (REPORT_LENGTH + 1)},
            {"comment": ["Ensure this value has at most 2000 characters (it has 2001)."]},
        ),
    ],
)
def test_what_is_amiss_stands_beside_its_field(mine, data, said):
    answer = mine.post(FORM, data)
    assert (answer.status_code, errors(answer)) == (400, said)
    assert answer.context["form"].data.get("comment") == data.get("comment")
    assert not Report.objects.exists()


@pytest.mark.databases
def test_line_ends_do_not_make_a_comment_too_long(mine):
    mine.post(FORM, {**SAID, "comment": "x\r\n" * (REPORT_LENGTH // 2 - 1) + "yy"})
    assert len(Report.objects.get().comment) == REPORT_LENGTH


def test_what_waits_is_said_once(mine, report, settled, papers, library):
    answer = mine.post(FORM, {**SAID, "comment": "Once more"})
    assert (answer.status_code, errors(answer)) == (400, {"kind": [WAITS]})
    assert "Once more</textarea>" in answer.content.decode()
    mine.post(FORM, {**SAID, "kind": "links"})
    library.reports.add(papers[1], **SAID)
    assert Report.objects.count() == 3
    settled(report)
    assert mine.post(FORM, SAID).status_code == 302  # it is wrong again


@pytest.mark.databases
def test_another_may_say_the_same(report, other, papers):
    Library(other).reports.add(papers[0], **SAID)
    assert Report.objects.count() == 2


@pytest.mark.databases
def test_a_person_says_so_many_things_a_day(mine, owner, other, papers):
    for number in range(A_DAY):
        Report.objects.create(
            user=owner,
            paper=papers[1],
            kind="other",
            comment=str(number),
            made_at=timezone.now() - timedelta(hours=23),
        )
    answer = mine.post(FORM, SAID)
    assert answer.status_code == 400
    (said,) = errors(answer)["__all__"]
    assert said.startswith("You have sent 10 reports in one day")
    assert Library(other).reports.add(papers[0], **SAID)
    first = Report.objects.filter(user=owner).last()
    Report.objects.filter(pk=first.pk).update(made_at=timezone.now() - timedelta(hours=25))
    assert mine.post(FORM, SAID).status_code == 302


def test_there_is_no_such_paper(mine, papers):
    Paper.objects.filter(pk=papers[0].pk).update(hidden=True)
    for address in (FORM, "/library/reports/9999.99999/"):
        assert mine.get(address).status_code == 404
        assert mine.post(address, SAID).status_code == 404
    assert not Report.objects.exists()


def test_other_methods(mine):
    assert (mine.put(FORM).status_code, mine.delete(FORM).status_code) == (405, 405)
    assert mine.post(PAGE).status_code == 405


@pytest.mark.databases
def test_a_visitors_library_takes_none(papers):
    with pytest.raises(NotFound):
        Library(AnonymousUser()).reports.add(papers[0], **SAID)
    assert list(Library(AnonymousUser()).reports.all()) == []


@pytest.mark.databases
@pytest.mark.parametrize(
    "fields", [{"kind": "weather"}, {"comment": "x" * (REPORT_LENGTH + 1)}, {"outcome": "mended"}]
)
def test_the_database_holds_what_a_report_is(owner, papers, fields):
    said = {"user": owner, "paper": papers[0], "made_at": timezone.now(), **SAID, **fields}
    with pytest.raises(IntegrityError):
        Report.objects.create(**said)


# What became of it


def test_readers_see_their_reports_and_nobody_elses(mine, library, other, papers, report, settled):
    Library(other).reports.add(papers[2], "other", "Theirs")
    library.reports.add(papers[1], "links", "<b>Second</b>")
    said = text(mine.get(PAGE))
    assert "Theirs" not in said
    assert "<b>Second</b> waiting for the curators" in said
    assert said.index("Second") < said.index("It is “Paper One”.")
    settled(report, "declined", "The PDF has it so.")
    said = text(mine.get(PAGE))
    assert "left as it is on" in said
    assert "The PDF has it so." in said


def test_what_was_settled_is_new_until_it_was_seen(mine, other, papers, report, settled):
    assert nav(mine.get("/account/")) == "Your reports"
    settled(report)
    settled(Library(other).reports.add(papers[0], **SAID))
    assert nav(mine.get("/account/")) == "Your reports (1 new)"
    mine.head(PAGE)
    page = mine.get(PAGE)
    assert ">new</b>" in page.content.decode()
    assert nav(page) == "Your reports"
    assert ">new</b>" not in mine.get(PAGE).content.decode()
    assert nav(mine.get("/account/")) == "Your reports"
    assert Library(other).reports.unseen() == 1


def test_a_paper_that_is_hidden_is_not_linked_to(mine, report):
    assert f'href="{PAPER}"' in mine.get(PAGE).content.decode()
    Paper.objects.update(hidden=True)
    page = mine.get(PAGE)
    assert f'href="{PAPER}"' not in page.content.decode()
    assert "the paper is no longer shown" in text(page)


@pytest.mark.parametrize("number", [1, 5])
def test_queries(mine, library, papers, django_assert_num_queries, number):
    for paper in papers[:number]:
        library.reports.add(paper, **SAID)
    # session, person, count, reports, what is seen, and for the navigation new papers, new reports,
    # providers, the person's rights (2)
    with django_assert_num_queries(10):
        mine.get(PAGE)


def test_readers_are_told_by_mail(report, settled):
    settled(report, "declined", "The PDF says <so> & so.")
    (sent,) = mail.outbox
    assert sent.to == ["owner@example.org"]
    assert sent.subject == "[Paper Digest] What became of your report on “Paper 1”"
    assert "You reported an error in “Paper 1” (the title):\n\nIt is “Paper One”.\n" in sent.body
    assert "left it as it is. Their answer:\n\nThe PDF says <so> & so.\n" in sent.body
    assert "http://localhost:8000/account/reports/" in sent.body


def test_an_address_that_nobody_confirmed_is_sent_nothing(owner, report, settled):
    owner.emailaddress_set.update(verified=False)
    settled(report)
    assert mail.outbox == []
    assert report.outcome == "mended"


def test_a_mail_that_fails_undoes_nothing(report, settled, monkeypatch, caplog):
    def fail(self, messages):
        raise OSError("no route to the mail server")

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    settled(report)
    assert report.outcome == "mended"
    assert "What became of a report could not be sent" in caplog.text


def test_a_report_is_settled_once(report, settled, curator, editor):
    settled(report, "mended", "Done.")
    with pytest.raises(ValidationError, match="Somebody else has settled this report meanwhile"):
        settle(report, "declined", "No.", editor)
    report.refresh_from_db()
    assert (report.outcome, report.answer, report.settled_by) == ("mended", "Done.", curator)
    assert len(mail.outbox) == 1


# Taken away


def test_an_export_has_them_and_an_import_leaves_them_out(library, other, owner, report, settled):
    settled(report, "declined", "No.")
    file = io.BytesIO()
    export(library, owner, file)
    with zipfile.ZipFile(file) as archive:
        (said,) = json.loads(archive.read("library.json"))["reports"]
    assert said == {
        "paper": {"id": "2502.00001", "title": "Paper 1", "arxiv_id": "2502.00001", "url": ""},
        **SAID,
        "made_at": report.made_at.isoformat(),
        "outcome": "declined",
        "answer": "No.",
        "settled_at": report.settled_at.isoformat(),
    }
    restore(Library(other), other, file.getvalue())
    assert Report.objects.get() == report


def test_they_go_with_the_account(owner, curator, report, settled):
    settled(report)
    erase(curator)
    report.refresh_from_db()
    assert report.settled_by is None
    erase(owner)
    assert not Report.objects.exists()
