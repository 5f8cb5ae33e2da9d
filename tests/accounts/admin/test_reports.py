"""The queue in which curators settle what readers report."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.utils import timezone

from accounts.models import Report
from accounts.reports import settle
from digest.models import Paper
from tests.accounts.pages import text
from tests.admin import enter, holder

pytestmark = pytest.mark.sqlite

QUEUE = "/admin/accounts/report/"


@pytest.fixture
def curating(curator):
    return enter(curator)


@pytest.fixture
def report(library, papers):
    return library.reports.add(papers[0], "title", "It is <i>Paper One</i>.")


@pytest.fixture
def page(report):
    return f"{QUEUE}{report.pk}/change/"


def rows(response):
    return [(row.paper.title, row.outcome) for row in response.context["cl"].result_list]


def test_what_waits_comes_first_then_the_newest(curating, curator, library, papers):
    made = [library.reports.add(paper, "links", "Wrong " * 50) for paper in papers]
    settle(made[4], "declined", "No.", curator)
    settle(made[3], "mended", "", curator)
    Report.objects.filter(pk=made[1].pk).update(made_at=timezone.now() - timedelta(days=2))
    queue = curating.get(QUEUE)
    assert rows(queue) == [
        *(("Paper 3", ""), ("Paper 1", ""), ("Paper 2", "")),
        *(("Paper 5", "declined"), ("Paper 4", "mended")),
    ]
    shown = queue.content.decode()
    assert ("Wrong " * 19).strip() in shown
    assert "Wrong " * 20 not in shown
    assert ">owner<" in shown
    assert "/add/" not in shown.partition('id="content"')[2]
    assert "delete_selected" not in shown


@pytest.mark.databases
def test_the_queue_is_narrowed(curating, curator, library, papers):
    library.reports.add(papers[0], "links", "Wrong")
    settle(library.reports.add(papers[1], "title", "Wrong"), "mended", "", curator)
    for query, expected in [
        ("state=open", ["Paper 1"]),
        ("state=mended", ["Paper 2"]),
        ("state=declined", []),
        ("state=nonsense", ["Paper 1", "Paper 2"]),
        ("kind__exact=title", ["Paper 2"]),
    ]:
        assert [title for title, _ in rows(curating.get(f"{QUEUE}?{query}"))] == expected, query


@pytest.mark.parametrize("number", [1, 5])
def test_queries(curating, library, papers, django_assert_num_queries, number):
    for paper in papers[:number]:
        report = library.reports.add(paper, "title", "Wrong")
    with django_assert_num_queries(8):
        curating.get(QUEUE)
    with django_assert_num_queries(12):
        curating.get(f"{QUEUE}{report.pk}/change/")


def test_a_report_stands_beside_what_the_paper_shows(curating, page, papers):
    shown = curating.get(page)
    assert "It is &lt;i&gt;Paper One&lt;/i&gt;." in shown.content.decode()
    assert f'href="/admin/digest/paper/{papers[0].pk}/change/"' in shown.content.decode()
    assert 'href="/papers/2502.00001/"' in shown.content.decode()
    said = text(shown)
    for part in ("Ada Lovelace , Alan Turing", "First point of 1", "Text Generation", "code-1"):
        assert part in said
    Paper.objects.update(hidden=True)
    shown = curating.get(page)
    assert 'href="/papers/2502.00001/"' not in shown.content.decode()
    assert "the paper is hidden" in text(shown)


@pytest.mark.databases
def test_a_curator_settles_it(curating, curator, page, report, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = curating.post(page, {"outcome": "mended", "answer": " Done.\r\nThanks. "})
    assert (answer.status_code, answer.url) == (302, QUEUE)
    assert "Mended: Paper 1." in curating.get(QUEUE).content.decode()
    report.refresh_from_db()
    assert (report.outcome, report.answer, report.settled_by) == (
        *("mended", "Done.\nThanks.", curator),
    )
    logged = LogEntry.objects.get(content_type__model="report")
    assert (logged.user, logged.object_id) == (curator, str(report.pk))
    assert logged.change_message == "Mended: Paper 1."
    assert [sent.to for sent in mail.outbox] == [["owner@example.org"]]
    shown = curating.get(page)
    assert "Mended, by curator on" in text(shown)
    assert "<textarea" not in shown.content.decode()


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({}, "outcome", "Choose the outcome."),
        ({"outcome": "lost"}, "outcome", "Select a valid choice."),
        (
            {"outcome": "declined", "answer": " "},
            "answer",
            "Give the reason why the paper is left as it is.",
        ),
        ({"outcome": "mended", "answer": "x" * 2_001}, "answer", "at most 2000 characters"),
        ({"outcome": "declined", "answer": "x" * 2_001}, "answer", "at most 2000 characters"),
    ],
)
def test_what_is_amiss_stands_beside_its_field(curating, page, report, data, field, said):
    answer = curating.post(page, data)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert len(answer.context["form"].errors[field]) == 1
    assert said in text(answer)
    report.refresh_from_db()
    assert report.outcome == ""


@pytest.mark.databases
def test_of_two_curators_the_second_is_told(curating, curator, page, report):
    second = enter(holder("editor", "Curators"))
    assert "<textarea" in second.get(page).content.decode()
    curating.post(page, {"outcome": "mended", "answer": "Done."})
    answer = second.post(page, {"outcome": "declined", "answer": "No."}, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    said = answer.content.decode()
    assert "Somebody else has settled this report meanwhile." in said
    assert "Done." in said
    report.refresh_from_db()
    assert (report.outcome, report.settled_by) == ("mended", curator)
    assert LogEntry.objects.filter(content_type__model="report").count() == 1


def test_no_report_is_made_or_deleted_here(curating, page, report):
    assert curating.get(f"{QUEUE}add/").status_code == 403
    delete = page.replace("change", "delete")
    assert (curating.get(delete).status_code, curating.post(delete).status_code) == (403, 403)
    assert curating.get(f"{QUEUE}999/change/").status_code == 404
    assert Report.objects.get() == report
