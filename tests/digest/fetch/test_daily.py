"""`manage.py daily`: what it runs, what a failure stops, and what curators see of it."""

import fcntl
import html
import re
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from digest.catalogue.load import load
from digest.curation import link_health
from digest.fetch.huggingface import DailyPapers
from digest.management.commands import check_links, daily, find_duplicates
from digest.models import DailyRun, Digest, LinkHealth, Proposal
from tests.admin import enter, holder
from tests.digest.fetch.commands import run
from tests.digest.fetch.conftest import Reply
from tests.samples import digest, hugging_face, hugging_face_paper, row

pytestmark = pytest.mark.django_db

STEPS = [
    "fetch huggingface",
    "suggest_categories",
    "find_duplicates",
    "recommend",
    "count_bookmarks",
    "send_mails",
    "call_webhooks",
    "check_links",
    "clearsessions",
    "check_status",
]


@pytest.fixture
def links(monkeypatch):
    """Every link answers, unless `links.error` is set."""

    class Links:
        error = None

        def run(self, urls, workers, seconds):
            if self.error:
                raise self.error
            for url in urls:
                yield url, link_health.Answer(link_health.LinkOutcome.ALIVE, 200)

    links = Links()
    monkeypatch.setattr(link_health, "Checker", lambda: links)
    return links


@pytest.fixture
def configured(services, settings, links, monkeypatch):
    """It is a morning, and a little later each time that somebody looks."""
    moments = (
        datetime(2025, 6, 12, 6, 30, tzinfo=UTC) + timedelta(milliseconds=n) for n in count()
    )
    monkeypatch.setattr(timezone, "now", lambda: next(moments))
    settings.FETCH = ["huggingface"]
    return services


TODAY = date(2025, 6, 12)


def serve_today(service):
    path = DailyPapers().path(TODAY)
    moment = f"{TODAY}T00:43:01.816Z"
    service.replies[path] = [Reply(hugging_face(hugging_face_paper(1, submittedOnDailyAt=moment)))]


def errors():
    return {step["name"]: step["error"] for step in DailyRun.objects.get().steps}


def test_everything_is_done(configured):
    load(
        digest(row(8, title="A Title of Some Length"), row(9, title="A Title of Some Length")),
        "2025-02-06.json",
    )
    Session.objects.create(session_key="old", expire_date=timezone.now() - timedelta(days=1))
    serve_today(configured)
    out, _, status = run("daily")
    assert status == 0
    assert re.findall("^(.+):$", out, re.MULTILINE) == STEPS
    assert Digest.objects.filter(date=TODAY, paper_count=1).exists()
    assert Proposal.objects.exists()
    assert LinkHealth.objects.exists()
    assert not Session.objects.exists()
    result = DailyRun.objects.get()
    assert result.ended_at >= result.begun_at
    assert errors() == dict.fromkeys(STEPS, "")
    # Once more: the result is the newest.
    assert run("daily")[2] == 0
    assert DailyRun.objects.get().begun_at > result.begun_at


def test_categories_of_arxiv_are_fetched(configured, settings):
    settings.FETCH = ["huggingface", "arxiv:cs.CL", "arxiv:cs.LG"]
    serve_today(configured)
    assert run("daily")[2] == 1  # arXiv's server answers with something else
    found = errors()
    assert [*found] == [
        *("fetch huggingface", "fetch arxiv:cs.CL", "fetch arxiv:cs.LG"),
        *STEPS[1:],
    ]
    assert [name for name, error in found.items() if error] == [
        "fetch arxiv:cs.CL",
        "fetch arxiv:cs.LG",
    ]
    asked = [path for path in configured.paths() if "cat:" in path]
    assert any("cat:cs.CL" in path for path in asked)
    assert any("cat:cs.LG" in path for path in asked)
    assert Digest.objects.count() == 1


def test_few_enough_links_are_checked(configured, monkeypatch):
    monkeypatch.setattr(daily, "MOST_LINKS", "1")
    load(digest(row(1), row(2)), "2025-02-06.json")
    run("daily")
    assert LinkHealth.objects.count() == 1


def test_nothing_is_fetched_where_nothing_is_configured(services, links):
    assert run("daily")[2] == 0
    assert services.asked == []
    assert [*errors()] == STEPS[1:]


def test_a_failure_stops_nothing(configured, links, monkeypatch):
    configured.replies[DailyPapers().path(TODAY)] = [Reply(status=500)]
    links.error = link_health.NothingAnswers()

    def fail():
        raise ZeroDivisionError

    monkeypatch.setattr(find_duplicates, "propose", fail)
    load(digest(row(1)), "2025-02-06.json")
    Session.objects.create(session_key="old", expire_date=timezone.now() - timedelta(days=1))
    out, err, status = run("daily", verbosity=0)
    assert (out, status) == ("", 1)
    found = errors()
    assert "answers 500" in found.pop("fetch huggingface")
    assert "no host answered" in found.pop("check_links")
    assert found == {
        "suggest_categories": "",
        "find_duplicates": "an unexpected error, see the log: ZeroDivisionError",
        "recommend": "",
        "count_bookmarks": "",
        "send_mails": "",
        "call_webhooks": "",
        "clearsessions": "",
        "check_status": "",
    }
    assert err.endswith("failed: fetch huggingface, find_duplicates, check_links\n")
    assert "find_duplicates: an unexpected error" in err
    assert not Session.objects.exists()


def test_a_second_one_at_a_time_does_nothing(configured, settings):
    with (settings.LOCKS / "daily.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run("daily") == (
            "Another daily run is still going on: this one does nothing.\n",
            "",
            0,
        )
    assert not DailyRun.objects.exists()
    assert configured.asked == []


def test_an_interruption_ends_it(configured, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(check_links, "check", interrupt)
    out, err, status = run("daily")
    assert (err.splitlines()[-1][:12], status) == ("interrupted:", 1)
    assert "clearsessions:" not in out
    assert [*errors()] == STEPS[:7]
    assert DailyRun.objects.get().ended_at is None


def test_a_lock_that_cannot_be_opened(configured, settings, tmp_path):
    settings.LOCKS = tmp_path / "gone"
    assert run("daily")[1].endswith("daily.lock cannot be opened: No such file or directory\n")


# What curators see


def index(client):
    page = client.get("/admin/").content.decode()
    return html.unescape(" ".join(re.sub("<[^>]+>", " ", page).split()))


@pytest.mark.parametrize(
    ("ended", "steps", "shown"),
    [
        (True, {"fetch": "", "check_links": ""}, ", and all its steps succeeded."),
        (
            True,
            {"fetch": "<b>no</b> answer", "check_links": ""},
            ", and these steps failed: fetch: <b>no</b> answer",
        ),
        (False, {"fetch": ""}, ", and has not ended: it still runs, or it was interrupted."),
    ],
)
def test_the_admin_shows_the_last_result(db, ended, steps, shown):
    moment = datetime(2025, 6, 10, 6, 30, tzinfo=UTC)
    DailyRun.objects.create(
        begun_at=moment,
        ended_at=moment if ended else None,
        steps=[{"name": name, "error": error} for name, error in steps.items()],
    )
    said = f"The last daily run began on 10 Jun 2025, 06:30{shown}"
    assert said in index(enter(holder("curator", "Curators")))
    assert "daily run" not in index(enter(holder("manager", "User managers")))


def test_failed_fetches_wait_for_a_curator(db):
    errors = {"fetch huggingface": "503", "fetch arxiv:cs.CL": "", "check_links": "no answer"}
    steps = [{"name": name, "error": error} for name, error in errors.items()]
    DailyRun.objects.create(begun_at=datetime(2025, 6, 10, tzinfo=UTC), steps=steps)
    assert "Failed fetches 1" in index(enter(holder("curator", "Curators")))


def test_without_a_run_the_admin_shows_none(db):
    assert "daily run" not in index(enter(holder("curator", "Curators")))
