"""`manage.py fetch arxiv`, against a server that plays arXiv."""

import datetime

import pytest
from django.utils import timezone

from digest.catalogue.load import load, undo
from digest.fetch.arxiv_lists import AnnouncedPapers
from digest.formats import Format
from digest.models import Digest, FetchedAddress, Paper, Source, Stream
from digest.text.arxiv_categories import NAMES
from tests.digest.fetch.commands import run
from tests.digest.fetch.conftest import Reply, compressed
from tests.samples import digest, in_format, row

pytestmark = pytest.mark.django_db

DAY = datetime.date(2025, 6, 10)  # a Tuesday
NAME = "export.arxiv.org/cs.CL/2025-06-10.xml"


def path(day=DAY, page=0, category="cs.CL"):
    return AnnouncedPapers(category).path(day, page)


def answer(*numbers, total=None, made="2025-06-10T01:00:00Z", **headers):
    content = in_format(Format.ARXIV_ATOM, *numbers, day="2025-06-07").decode()
    total = len(numbers) if total is None else total
    head = f"<updated>{made}</updated><opensearch:totalResults>{total}</opensearch:totalResults>"
    space = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
    return content.replace("<feed>", f"<feed {space}>{head}", 1).encode()


@pytest.fixture(autouse=True)
def now(monkeypatch):
    def set_now(text):
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_now("2025-06-10 06:30")
    return set_now


@pytest.fixture
def arxiv(services):
    """Answers without papers, unless there are others."""
    for back in range(60):
        for category in ("cs.CL", "cs.LG"):
            day = DAY - datetime.timedelta(days=back - 2)
            services.replies[path(day, category=category)] = [Reply(answer())]
    return services


def fetch(*arguments, **options):
    return run("fetch", "arxiv", "--category", "cs.CL", *arguments, **options)


def test_a_category_of_a_day_is_a_digest_of_its_stream(arxiv):
    arxiv.replies[path()] = [compressed(answer(1, 2))]
    assert fetch("--date", DAY) == (f"{NAME}: 2 papers: 2 new, 0 changed, 0 unchanged\n", "", 0)
    stream = Stream.objects.get(slug="arxiv-cs-cl")
    assert (stream.name, stream.description) == ("arXiv cs.CL", "Computation and Language")
    source = Source.objects.get()
    assert (source.name, source.date, source.stream) == (NAME, DAY, stream)
    assert bytes(source.content) == answer(1, 2)
    found = Digest.objects.get()
    assert (found.date, found.stream, found.paper_count) == (DAY, stream, 2)
    assert {paper.abstract for paper in Paper.objects.all()} == {"A."}
    assert arxiv.paths() == [path()]


@pytest.mark.parametrize(
    ("day", "submitted"),
    [
        # Monday's: from Thursday to Friday, 14:00 in New York
        ("2025-06-09", "%5B202506051800+TO+202506061759%5D"),
        # Tuesday's: from Friday to Monday
        ("2025-06-10", "%5B202506061800+TO+202506091759%5D"),
        ("2025-06-11", "%5B202506091800+TO+202506101759%5D"),
        # In winter, New York is an hour later.
        ("2025-01-15", "%5B202501131900+TO+202501141859%5D"),
    ],
)
def test_what_is_announced_on_a_day(day, submitted):
    asked = path(datetime.date.fromisoformat(day))
    assert asked == (
        f"/api/query?search_query=cat:cs.CL+AND+submittedDate:{submitted}"
        "&sortBy=submittedDate&start=0&max_results=2000"
    )


def test_each_address_can_be_stored():
    most = FetchedAddress._meta.get_field("address").max_length
    for category in NAMES:
        assert len(AnnouncedPapers(category).address(DAY, 4)) <= most


def test_every_category_has_a_stream_of_its_own():
    slugs = [AnnouncedPapers(category).slug for category in NAMES]
    field = Stream._meta.get_field("slug")
    for slug in slugs:
        field.clean(slug, None)
    assert len({*slugs}) == len(NAMES)


def test_the_last_three_weeks_are_fetched_once(arxiv, clock, now):
    arxiv.replies[path()] = [Reply(answer(1))]
    out, err, status = fetch()
    asked = arxiv.paths()
    assert len(asked) == 16  # working days
    assert clock.slept == [3.0] * 15  # as arXiv asks for
    assert (out.count("\n"), status) == (1, 0)
    assert len(err.splitlines()) == 15
    assert "2025-06-09: export.arxiv.org has no papers of cs.CL of that day." in err
    now("2025-06-11 06:30")
    arxiv.asked.clear()
    fetch()
    # Yesterday's was not fetched after its end, and days without papers may get some.
    new = [path(datetime.date(2025, 6, day)) for day in (11, 10, 9, 6)]
    assert arxiv.paths() == new
    now("2025-06-16 06:30")
    arxiv.asked.clear()
    fetch()
    assert path() not in arxiv.paths()


def test_a_gap_is_filled(arxiv, now):
    fetch()
    now("2025-06-11 06:30")
    arxiv.replies[path()] = [Reply(answer(1))]
    assert fetch()[0].startswith(f"{NAME}: 1 paper: 1 new")


def test_the_same_papers_in_other_bytes_change_nothing(arxiv):
    arxiv.replies[path()] = [Reply(answer(1)), Reply(answer(1, made="2025-06-11T01:00:00Z"))]
    fetch("--date", DAY)
    unchanged = "2025-06-10 (papers of cs.CL): unchanged since it was last fetched\n"
    assert fetch("--date", DAY) == (unchanged, "", 0)
    assert Source.objects.count() == 1
    arxiv.replies[path()] = [Reply(answer(1, 2))]
    assert fetch("--date", DAY)[0].endswith("2 papers: 1 new, 0 changed, 1 unchanged\n")


def test_what_did_not_change_is_not_sent_again(arxiv):
    def reply(headers):
        known = headers.get("If-None-Match") == '"1"'
        return Reply(status=304) if known else Reply(answer(1), ETag='"1"')

    arxiv.replies[path()] = [reply]
    fetch("--date", DAY)
    assert "unchanged" in fetch("--date", DAY)[0]
    undo(Source.objects.get())
    assert "1 new" in fetch("--date", DAY)[0]


def test_a_long_list_has_pages(arxiv, monkeypatch):
    monkeypatch.setattr(AnnouncedPapers, "limit", 2)
    replies = {0: answer(1, 2, total=3), 1: answer(3, total=3)}
    for page, content in replies.items():
        arxiv.replies[path(page=page)] = [Reply(content)]
    arxiv.asked.clear()
    out, _, status = fetch("--date", DAY)
    assert (out.count("1 paper: 1 new"), out.count("2 papers: 2 new"), status) == (1, 1, 0)
    assert arxiv.paths() == [path(), path(page=1)]
    assert Digest.objects.get().paper_count == 3
    assert {*Source.objects.values_list("name", flat=True)} == {
        NAME,
        "export.arxiv.org/cs.CL/page-2/2025-06-10.xml",
    }
    assert fetch("--date", DAY)[0].count("loaded before") == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"<html>", ETag='"x"'), "did not answer with a list of papers"),
        (Reply(b"[]"), "does not say how many papers there are"),
        (Reply(answer(1)[:-40]), "did not answer with a list of papers"),
        (Reply(answer(1), length=9_999), "export.arxiv.org"),
        (Reply(answer(1, total=7)), "gives 1 of 7 papers"),
        (Reply(answer(total=7)), "gives 0 of 7 papers"),
        (Reply(in_format(Format.ARXIV_ATOM, 1)), "does not say how many papers there are"),
        (Reply(status=400), "answers 400"),
        (Reply(status=500), "answers 500"),
        (Reply(status=429, Retry_After="7200"), "asks to be left alone for 7,200 seconds"),
    ],
)
def test_an_answer_that_cannot_be_used_is_one_line(arxiv, reply, reason):
    arxiv.replies[path()] = [reply]
    out, err, status = fetch("--date", DAY)
    assert (out, status) == ("", 1)
    assert err.count("\n") == 1
    assert err.startswith("2025-06-10 (papers of cs.CL): export.arxiv.org")
    assert reason in err
    assert not Source.objects.exists()
    assert not FetchedAddress.objects.exists()
    assert Stream.objects.count() == 1


def test_the_service_says_when_to_ask_again(arxiv, clock):
    arxiv.replies[path()] = [Reply(status=429, Retry_After="30"), Reply(answer(1))]
    assert fetch("--date", DAY)[2] == 0
    assert 30.0 in clock.slept


def test_a_host_that_is_down_ends_it_for_all_categories(services, settings):
    settings.ARXIV_URL = "http://127.0.0.1:9"
    out, err, status = run("fetch", "arxiv", "--category", "cs.CL", "cs.LG", "--date", DAY)
    assert (out, status, err.count("\n")) == ("", 1, 1)


def test_several_categories(arxiv):
    arxiv.replies[path()] = [Reply(answer(1, 2))]
    arxiv.replies[path(category="cs.LG")] = [Reply(answer(2, 3))]
    assert run("fetch", "arxiv", "--category", "cs.CL", "cs.LG", "--date", DAY)[2] == 0
    assert Paper.objects.count() == 3
    keys = ("stream__slug", "paper_count")
    assert [*Digest.objects.values_list(*keys)] == [("arxiv-cs-cl", 2), ("arxiv-cs-lg", 2)]


def test_a_dry_run_writes_nothing(arxiv):
    arxiv.replies[path()] = [Reply(answer(1))]
    out = fetch("--date", DAY, "--dry-run")[0]
    assert out.endswith(
        "1 paper: 1 new, 0 changed, 0 unchanged\nNothing was written (--dry-run).\n"
    )
    assert (Source.objects.exists(), FetchedAddress.objects.exists()) == (False, False)
    assert Stream.objects.count() == 1


def test_papers_that_are_there_already_stand_once(arxiv):
    load(digest(row(1, date=f"{DAY}")), f"{DAY}.json")
    arxiv.replies[path()] = [Reply(answer(1))]
    assert "0 new, 1 changed" in fetch("--date", DAY)[0]
    paper = Paper.objects.get()
    assert (paper.abstract, paper.placements.count()) == ("A.", 2)


def test_a_stream_that_was_renamed_is_found_again(arxiv):
    Stream.objects.create(name="arXiv cs.LG", slug="ours")
    for category in ("cs.CL", "cs.LG"):
        arxiv.replies[path(category=category)] = [Reply(answer(1))]
    fetch("--date", DAY)
    stream = Stream.objects.get(slug="arxiv-cs-cl")
    stream.name = "Language"
    stream.save()
    monday = datetime.date(2025, 6, 9)
    arxiv.replies[path(monday)] = [Reply(answer(2))]
    fetch("--date", monday)
    assert Digest.objects.filter(stream__name="Language").count() == 2
    # A name that another stream has already is not taken.
    run("fetch", "arxiv", "--category", "cs.LG", "--date", DAY)
    assert Stream.objects.get(slug="arxiv-cs-lg").name == "arxiv-cs-lg"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["arxiv"], "say which: fetch arxiv --category cs.CL"),
        (["arxiv", "--category", "cs.XX"], "cs.XX: arXiv has no such category; one is cs.CL"),
        (["huggingface", "--category", "cs.CL"], "--category is for arxiv alone"),
        (["arxiv", "--category", "cs.CL", "--date", "2025-06-14"], "has not begun yet"),
        (["arxiv", "--category", "cs.CL", "--since", "2009-01-01"], "no daily papers before 2010"),
        (["arxiv", "--category", "cs.CL", "--date", "2025-06-07"], "on Saturdays and Sundays"),
    ],
)
def test_what_cannot_be_asked_for(arxiv, arguments, message):
    out, err, status = run("fetch", *arguments)
    assert (out, message in err) == ("", True), err
    assert status in (1, 2)
    assert arxiv.asked == []
