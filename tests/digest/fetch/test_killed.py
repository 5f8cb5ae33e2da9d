"""A process that is killed while it fetches leaves nothing by halves, and the next one goes on."""

import datetime

import pytest

from digest.catalogue.load import load
from digest.fetch import arxiv
from digest.fetch.arxiv_lists import AnnouncedPapers
from digest.fetch.daily_lists import days_to_fetch
from digest.fetch.huggingface import DailyPapers
from digest.formats import Format
from digest.models import Digest, Entry, FetchedAddress, Paper, Source
from digest.search import index
from digest.text.arxiv_categories import NAMES
from tests import kills
from tests.digest.fetch.commands import run
from tests.digest.fetch.conftest import Reply
from tests.samples import digest, hugging_face, hugging_face_paper, in_format, row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

FIRST = datetime.date(2025, 1, 1)


def test_a_day_of_two_pages(services, part_of):
    """Each page is there with its address, or neither; the day is settled when both are."""

    def day(number):
        return FIRST + datetime.timedelta(days=number)

    def serve(number):
        for page in (0, 1):
            paper = hugging_face_paper(
                2 * number + page, submittedOnDailyAt=f"{day(number)}T01:00:00.000Z"
            )
            services.replies[DailyPapers().path(day(number), page)] = [Reply(hugging_face(paper))]

    def work(number):
        return run("fetch", "huggingface", "--date", day(number))[2]

    def became(number):
        sources = Source.objects.filter(name__endswith=f"{day(number)}.json")
        known = FetchedAddress.objects.filter(address__contains=f"{day(number)}")
        pages = sources.count()
        assert known.count() == pages
        assert Entry.objects.filter(source__in=sources).count() == pages
        assert Paper.objects.filter(date=day(number)).count() == pages
        missing = days_to_fetch(DailyPapers(), day(number), day(number))
        assert missing == ([] if pages == 2 else [day(number)])
        return pages

    serve(0)
    steps = kills.run(lambda: work(0)).steps
    assert became(0) == 2
    found = []
    for step in part_of(range(1, steps), 5):
        serve(step)
        if not kills.run(lambda: work(step), step=step).killed:  # noqa: B023
            break  # later ones have less to do than the first
        found.append(became(step))
        assert work(step) == 0
        assert became(step) == 2
    assert found == sorted(found)
    assert {*found} >= {0, 1}
    assert index.check().is_ok


def test_a_repair(services, part_of):
    def slug(number):
        return f"2502.{number:05}"

    def serve(number):
        load(digest(row(number, authors="A, B, C, D, E")), f"{number}.json")
        path = f"/api/query?id_list={slug(number)}&max_results=1"
        services.replies[path] = [Reply(in_format(Format.ARXIV_ATOM, number))]

    def work(number):
        return run("repair_metadata")[2]

    def became(number):
        paper = Paper.objects.get(slug=slug(number))
        asked = Entry.objects.filter(paper=paper, format=Format.ARXIV_ATOM).count()
        assert (paper.authors_cut, paper.abstract) == ((False, "A.") if asked else (True, ""))
        assert bool(arxiv.incomplete()) == (not asked)
        return asked

    serve(1)
    steps = kills.run(lambda: work(1)).steps
    assert became(1) == 1
    found = []
    for step in part_of(range(1, steps), 5):
        serve(step + 1)
        if not kills.run(lambda: work(step + 1), step=step).killed:  # noqa: B023
            break
        found.append(became(step + 1))
        assert work(step + 1) == 0
        assert became(step + 1) == 1
    assert found == sorted(found)
    assert index.check().is_ok


def test_a_day_of_arxiv(services, part_of):
    """A day's list is there with its address, or neither; a stream without digests is not shown."""
    monday = datetime.date(2025, 6, 9)

    def category(number):
        return [*NAMES][number]

    def serve(number):
        feed = in_format(Format.ARXIV_ATOM, number).decode()
        total = "<opensearch:totalResults>1</opensearch:totalResults>"
        space = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
        content = feed.replace("<feed>", f"<feed {space}>{total}").encode()
        services.replies[AnnouncedPapers(category(number)).path(monday)] = [Reply(content)]

    def work(number):
        return run("fetch", "arxiv", "--category", category(number), "--date", monday)[2]

    def became(number):
        stream = AnnouncedPapers(category(number)).slug
        sources = Source.objects.filter(stream__slug=stream).count()
        address = AnnouncedPapers(category(number)).address(monday)
        assert FetchedAddress.objects.filter(address=address).count() == sources
        assert Digest.objects.filter(stream__slug=stream).count() == sources
        return sources

    serve(0)
    steps = kills.run(lambda: work(0)).steps
    assert became(0) == 1
    found = []
    for step in part_of(range(1, steps), 5):
        serve(step)
        if not kills.run(lambda: work(step), step=step).killed:  # noqa: B023
            break
        found.append(became(step))
        assert work(step) == 0
        assert became(step) == 1
    assert found == sorted(found)
    assert {*found} >= {0}
    assert index.check().is_ok
