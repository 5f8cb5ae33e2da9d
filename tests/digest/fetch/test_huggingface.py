"""`manage.py fetch huggingface`, against a server that plays Hugging Face."""

import datetime
import hashlib

import pytest
from django.utils import timezone

from digest.catalogue.load import load, undo
from digest.fetch import daily_lists
from digest.fetch.huggingface import DailyPapers
from digest.models import Digest, FetchedAddress, Paper, Source
from tests.digest.fetch.commands import run
from tests.digest.fetch.conftest import Reply, compressed
from tests.samples import digest, hugging_face, hugging_face_paper, row

pytestmark = pytest.mark.django_db

DAY = datetime.date(2025, 6, 10)
LIST = DailyPapers()


def path(day=DAY, page=0):
    return f"/api/daily_papers?date={day}&limit=100&p={page}"


def answer(*numbers, day=DAY):
    return hugging_face(
        *(
            hugging_face_paper(number, submittedOnDailyAt=f"{day}T00:43:01.816Z")
            for number in numbers
        )
    )


@pytest.fixture
def now(monkeypatch):
    """now(text) sets the time, in UTC."""

    def set_now(text):
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_now("2025-06-12 06:30")
    return set_now


def fetch(*arguments, **options):
    return run("fetch", "huggingface", *arguments, **options)


def test_a_day_is_a_source_with_its_bytes(services, now):
    content = answer(1, 2)
    services.replies[path()] = [compressed(content)]
    assert fetch("--date", DAY) == (
        "huggingface.co/2025-06-10.json: 2 papers: 2 new, 0 changed, 0 unchanged\n",
        "",
        0,
    )
    source = Source.objects.get()
    assert (source.name, source.date, source.format) == (
        "huggingface.co/2025-06-10.json",
        DAY,
        "hugging-face",
    )
    assert bytes(source.content) == content
    assert source.sha256 == hashlib.sha256(content).hexdigest()
    assert {paper.authors_cut for paper in Paper.objects.all()} == {False}
    assert services.paths() == [path(), path(page=1)]


def test_the_same_again_changes_nothing(services, now):
    services.replies[path()] = [Reply(answer(1))]
    fetch("--date", DAY)
    assert fetch("--date", DAY) == ("huggingface.co/2025-06-10.json: loaded before\n", "", 0)
    assert Source.objects.count() == 1


def test_what_the_service_says_is_the_same_is_not_sent(services, now):
    def reply(headers):
        if headers["If-None-Match"] == '"1"' and headers["If-Modified-Since"] == "Mon":
            return Reply(status=304)
        return Reply(answer(1), ETag='"1"', Last_Modified="Mon")

    services.replies[path()] = [reply]
    fetch("--date", DAY)
    now("2025-06-13 06:30")
    assert fetch("--date", DAY) == ("2025-06-10: unchanged since it was last fetched\n", "", 0)
    known = FetchedAddress.objects.get()
    assert (known.etag, known.last_modified) == ('"1"', "Mon")
    assert known.fetched_at.date() == datetime.date(2025, 6, 13)
    # Once the source is undone, it is wanted whole.
    undo(Source.objects.get())
    assert fetch("--date", DAY)[0].endswith("1 new, 0 changed, 0 unchanged\n")


def test_a_list_that_grew_is_loaded_again(services, now):
    services.replies[path()] = [Reply(answer(1)), Reply(answer(1, 2))]
    fetch("--date", DAY)
    assert fetch("--date", DAY)[0] == (
        "huggingface.co/2025-06-10.json: 2 papers: 1 new, 0 changed, 1 unchanged\n"
    )
    assert Digest.objects.get().paper_count == 2


def test_a_long_list_has_pages(services, now):
    services.replies[path()] = [Reply(answer(*range(1, 4)))]
    services.replies[path(page=1)] = [Reply(answer(4))]
    out, err, status = fetch("--date", DAY)
    assert out == (
        "huggingface.co/2025-06-10.json: 3 papers: 3 new, 0 changed, 0 unchanged\n"
        "huggingface.co/page-2/2025-06-10.json: 1 paper: 1 new, 0 changed, 0 unchanged\n"
    )
    assert (err, status) == ("", 0)
    assert Digest.objects.get().paper_count == 4
    assert services.paths() == [path(), path(page=1), path(page=2)]


def test_a_host_that_knows_no_pages(services, now):
    for page in range(3):
        services.replies[path(page=page)] = [Reply(answer(1))]
    assert fetch("--date", DAY)[2] == 0
    assert Source.objects.count() == 1
    assert services.paths() == [path(), path(page=1)]


def test_pages_without_end(services, now):
    for page in range(12):
        services.replies[path(page=page)] = [Reply(answer(page))]
    assert fetch("--date", DAY) == (
        "",
        "2025-06-10: huggingface.co has more than 1,000 papers for that day."
        " Nothing of it was loaded; run this again later.\n",
        1,
    )
    assert len(services.asked) == 10
    assert not Source.objects.exists()


# Which days


def days_asked(services):
    asked = [one.partition("date=")[2][:10] for one in services.paths()]
    services.asked.clear()
    return list(dict.fromkeys(asked))


def test_gaps_of_three_weeks_are_filled_once(services, now):
    expected = [f"{DAY + datetime.timedelta(days=2 - n)}" for n in range(22)]
    services.replies[path()] = [Reply(answer(1))]
    assert fetch()[2] == 0
    assert days_asked(services) == expected
    # Today is asked for until it has ended; the days before have ended, holidays too.
    fetch()
    assert days_asked(services) == ["2025-06-12"]
    now("2025-06-14 00:00")
    fetch()
    assert days_asked(services) == ["2025-06-14", "2025-06-13", "2025-06-12"]
    fetch()
    assert days_asked(services) == ["2025-06-14"]
    # Who names a day asks for it.
    fetch("--date", "2025-06-01")
    assert days_asked(services) == ["2025-06-01"]


def test_since_goes_back_as_far_as_wanted(services, now):
    fetch()
    days_asked(services)
    fetch("--since", "2025-05-19")
    assert days_asked(services) == ["2025-06-12", "2025-05-21", "2025-05-20", "2025-05-19"]


def test_a_day_that_was_asked_before_its_end_is_asked_again(services, now):
    """Even if it was loaded after its end."""
    now("2025-06-10 23:59:59")
    services.replies[path()] = [Reply(answer(1))]
    found = daily_lists.ask(LIST, LIST.client(), DAY)
    now("2025-06-11 00:00:01")
    daily_lists.load_list(found)
    assert daily_lists.days_to_fetch(LIST, DAY, DAY) == [DAY]
    daily_lists.load_list(daily_lists.ask(LIST, LIST.client(), DAY))
    assert daily_lists.days_to_fetch(LIST, DAY, DAY) == []


def test_a_day_without_papers(services, now):
    now("2025-06-10 00:10")
    out, err, status = fetch("--date", DAY)
    assert (out, err, status) == (
        "",
        "2025-06-10: huggingface.co has no papers of that day yet: run this again later.\n",
        0,
    )
    assert fetch("--date", "2025-06-08") == (
        "",
        "2025-06-08: huggingface.co has no papers of that day.\n",
        0,
    )
    assert not Digest.objects.exists()
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--date", "10.6.2025"], "10.6.2025: give a day as YYYY-MM-DD"),
        (["--date", "2025-06-13"], "2025-06-13: that day has not begun yet, in UTC"),
        (["--since", "2023-05-03"], "2023-05-03: there are no daily papers before 2023-05-04"),
        (["--since", "2025-06-01", "--date", "2025-06-02"], "not allowed with argument"),
    ],
)
def test_a_day_that_cannot_be(services, now, arguments, complaint):
    assert complaint in fetch(*arguments)[1]
    assert services.asked == []


# What goes wrong


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!doctype html><title>Oh</title>", ": "),
        (b'{"error": "Invalid date"}', ": "),
        (b'[{"foo": 1}, {"foo": 2}]', ": "),
        (digest(row(1)), "."),
        (answer(1, 2)[:-20], ": not JSON: "),
        (b"", ": the file is empty."),
        (b"\xff\xfe", ": the file is UTF-16"),
    ],
)
def test_an_answer_of_another_shape(services, now, content, reason):
    services.replies[path()] = [Reply(content)]
    out, err, status = fetch("--date", DAY)
    beginning = f"2025-06-10: huggingface.co did not answer with a list of papers{reason}"
    assert err.startswith(beginning)
    assert err.endswith(" Nothing of it was loaded; run this again later.\n")
    assert err.count("\n") == 1
    assert (out, status) == ("", 1)
    assert not Source.objects.exists()
    assert not FetchedAddress.objects.exists()


def test_rows_that_cannot_be_read_are_reported(services, now):
    services.replies[path()] = [
        Reply(hugging_face(hugging_face_paper(1), hugging_face_paper(2, title="")))
    ]
    out, err, status = fetch("--date", DAY)
    assert out.endswith(": 1 paper: 1 new, 0 changed, 0 unchanged\n")
    assert err.startswith("huggingface.co/2025-06-10.json:1: ")
    assert err.endswith("(row left out)\n")
    assert status == 0


def test_one_day_that_fails_stops_no_other(services, now):
    services.replies[path()] = [Reply(b"<html>")]
    services.replies[path(datetime.date(2025, 6, 9))] = [
        Reply(answer(1, day=datetime.date(2025, 6, 9)))
    ]
    out, err, status = fetch("--since", "2025-06-09")
    assert out.startswith("huggingface.co/2025-06-09.json: 1 paper")
    assert "2025-06-10: huggingface.co did not answer" in err
    assert status == 1
    days_asked(services)
    services.replies[path()] = [Reply(answer(2))]
    assert fetch("--since", "2025-06-09")[0].startswith("huggingface.co/2025-06-10.json: 1 paper")
    assert days_asked(services) == ["2025-06-12", "2025-06-10"]


def test_a_service_that_is_down_is_left(services, now, clock):
    services.replies[path(datetime.date(2025, 6, 11))] = [Reply(status=503)]
    out, err, status = fetch("--since", "2025-06-09")
    assert err.splitlines()[1:] == [
        "2025-06-11: huggingface.co answers 503 (Service Unavailable). Days left: 3."
        " Run this again later."
    ]
    assert (out, status) == ("", 1)
    assert days_asked(services) == ["2025-06-12", "2025-06-11"]
    assert sum(clock.slept) > 10


def test_a_page_that_fails_leaves_the_day_undone(services, now):
    services.replies[path()] = [Reply(answer(1))]
    services.replies[path(page=1)] = [Reply(status=404)]
    assert fetch("--date", DAY)[2] == 1
    assert not Source.objects.exists()
    assert daily_lists.days_to_fetch(LIST, DAY, DAY) == [DAY]


def test_a_dry_run_writes_nothing(services, now):
    services.replies[path()] = [Reply(answer(1, 2))]
    out, err, status = fetch("--date", DAY, "--dry-run")
    assert out == (
        "huggingface.co/2025-06-10.json: 2 papers: 2 new, 0 changed, 0 unchanged\n"
        "Nothing was written (--dry-run).\n"
    )
    assert (err, status) == ("", 0)
    assert not Source.objects.exists()
    assert not FetchedAddress.objects.exists()


def test_a_correction_and_another_source_of_the_day(services, now):
    """Beside the table of the day there is one paper each, with all authors."""
    names = [f"Author {n}" for n in range(5)]
    load(digest(row(1, authors=", ".join(names), date=f"{DAY}")), f"{DAY}.json")
    assert Paper.objects.get().authors_cut
    authors = [{"name": name, "hidden": False} for name in [*names, "Author 5"]]
    services.replies[path()] = [Reply(hugging_face(hugging_face_paper(1, authors=authors)))]
    fetch("--date", DAY)
    paper = Paper.objects.get()
    assert not paper.authors_cut
    assert paper.authors.count() == 6


def test_quiet(services, now):
    services.replies[path()] = [Reply(answer(1))]
    assert fetch("--date", DAY, verbosity=0) == ("", "", 0)


def test_who_interrupts_it_is_told_what_stays(services, now, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(daily_lists, "ask", interrupt)
    assert fetch()[1:] == ("interrupted: the days before this one stay loaded\n", 1)


def test_an_answer_as_it_was_recorded(services, now, shared):
    content = (shared / "samples" / "hf-daily-papers.json").read_bytes()
    services.replies[path()] = [compressed(content)]
    assert fetch("--date", DAY) == (
        "huggingface.co/2025-06-10.json: 2 papers: 2 new, 0 changed, 0 unchanged\n",
        "",
        0,
    )
    assert bytes(Source.objects.get().content) == content
    paper = Paper.objects.get(slug="2506.08007")
    assert (paper.date, paper.upvotes, paper.authors.count()) == (DAY, 97, 7)
