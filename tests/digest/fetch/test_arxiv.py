"""`manage.py repair_metadata`, against a server that plays arXiv."""

import datetime

import pytest

from digest.catalogue.load import load, reread, undo
from digest.curation.decisions import correct
from digest.exports.digests import export_digest
from digest.fetch import arxiv
from digest.formats import Format
from digest.models import Digest, DigestKey, Paper, Source, Stream
from digest.search import index
from tests.catalogue import load_once
from tests.digest.fetch.commands import run
from tests.digest.fetch.conftest import Reply
from tests.samples import digest, in_format, row

pytestmark = pytest.mark.django_db

FIVE = ", ".join(f"Author {number}" for number in range(5))
DAY = datetime.date(2025, 2, 6)


def slug(number):
    return f"2502.{number:05}"


def path(*numbers):
    return f"/api/query?id_list={','.join(map(slug, numbers))}&max_results={len(numbers)}"


def answer(*numbers, day="2025-02-01"):
    return Reply(in_format(Format.ARXIV_ATOM, *numbers, day=day))


@pytest.fixture
def papers(db):
    """Two papers of a day, with authors that are cut."""
    load_once((digest(row(1, authors=FIVE), row(2, authors=FIVE)), "2025-02-06.json"))


def repair(*arguments, **options):
    return run("repair_metadata", *arguments, **options)


def test_authors_are_complete_and_there_is_an_abstract(services, papers):
    services.replies[path(1, 2)] = [answer(1, 2)]
    before = export_digest(Digest.objects.get(), "markdown")
    assert repair() == (
        "export.arxiv.org/2025-02-06.xml: 2 papers: 0 new, 2 changed, 0 unchanged (2 of 2)\n"
        "arXiv answered for 2 of 2 papers.\n",
        "",
        0,
    )
    for paper in Paper.objects.all():
        assert (paper.authors_cut, paper.abstract) == (False, "A.")
        assert [author.name for author in paper.authors.all()] == ["Ada Lovelace", "Alan Turing"]
        assert paper.title.startswith("Paper ")
    source = Source.objects.latest("pk")
    assert bytes(source.content) == answer(1, 2).body
    assert (source.name, source.date) == ("export.arxiv.org/2025-02-06.xml", DAY)
    # No digest has another paper, or in another order.
    assert [(one.date, one.paper_count) for one in Digest.objects.all()] == [(DAY, 2)]
    assert export_digest(Digest.objects.get(), "markdown") == before


def test_what_was_answered_is_not_asked_for_again(services, papers):
    services.replies[path(1, 2)] = [answer(1)]
    out, err, status = repair()
    assert out.endswith("arXiv answered for 1 of 2 papers.\n")
    assert err == f"2025-02-06: export.arxiv.org has no paper {slug(2)}\n"
    assert status == 0
    services.asked.clear()
    load(digest(row(3, authors=FIVE, date="2025-02-07")), "2025-02-07.json")
    services.replies[path(3)] = [answer(3)]
    services.replies[path(2)] = [Reply(b"<feed></feed>")]
    assert repair()[2] == 0
    assert services.paths() == [path(3), path(2)]
    # An answer without papers is no source.
    assert Source.objects.filter(name__startswith="export").count() == 2
    services.replies[path(2)] = [answer(2)]
    repair()
    assert repair() == ("arXiv was asked already for all papers that lack something.\n", "", 0)


def test_papers_are_asked_for_fifty_at_a_time_and_day_by_day(services, clock):
    rows = [row(n, authors=FIVE) for n in range(1, 53)]
    load(digest(*rows, row(60, authors=FIVE, date="2025-02-05")), "2025.json")
    batches = [range(1, 51), range(51, 53), [60]]
    for numbers in batches:
        services.replies[path(*numbers)] = [answer(*numbers)]
    assert repair()[0].endswith("arXiv answered for 53 of 53 papers.\n")
    assert services.paths() == [path(*numbers) for numbers in batches]
    assert clock.slept == [3, 3]


def test_papers_that_arxiv_does_not_have_and_hidden_ones_are_left(services):
    load(digest(row(1, link="https://lab.org/1"), row(2)), "2025-02-06.json")
    Paper.objects.filter(slug=slug(2)).update(hidden=True)
    assert arxiv.incomplete() == []


def test_a_limit(services, papers):
    services.replies[path(1)] = [answer(1)]
    assert repair("--limit", "1")[0].endswith("arXiv answered for 1 of 1 papers.\n")
    assert arxiv.incomplete() == [(DigestKey(DAY), [slug(2)])]


def test_corrections_win(services, papers, curator):
    paper = Paper.objects.get(slug=slug(1))
    correct(paper, "authors", ["Grace Hopper"], curator)
    corrections = {"abstract": "Mine.", "doi": "10.1234/mine", "keywords": ["mine"]}
    for name, value in corrections.items():
        correct(paper, name, value, curator)
    services.replies[path(1, 2)] = [answer(1, 2)]
    repair()
    assert [author.name for author in paper.authors.all()] == ["Grace Hopper"]
    assert Paper.objects.values(*corrections).get(pk=paper.pk) == corrections


def test_an_answer_can_be_undone(services, papers):
    services.replies[path(1, 2)] = [answer(1, 2)]
    repair()
    undo(Source.objects.get(name__startswith="export"))
    assert set(Paper.objects.values_list("authors_cut", "abstract")) == {(True, "")}


ERROR = (
    b"<feed><entry><id>https://arxiv.org/api/errors#x</id><title>Error</title>"
    b"<summary>incorrect id</summary></entry></feed>"
)


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (Reply(ERROR), "did not answer with a list of papers: the service answers: incorrect id"),
        (Reply(b"<html></html>"), "did not answer with a list of papers: a web page (HTML)"),
        (Reply(answer(1, 2).body[:-30]), "did not answer with a list of papers: "),
        (Reply(digest(row(1))), "did not answer with a list of papers"),
        (answer(1, 7), "answers with other papers than those that it was asked for"),
    ],
)
def test_an_answer_of_another_shape(services, papers, reply, complaint):
    services.replies[path(1, 2)] = [reply]
    out, err, status = repair()
    assert err.startswith(f"2025-02-06: export.arxiv.org {complaint}")
    assert err.endswith(". Nothing of it was loaded.\n")
    assert (out, status) == ("arXiv answered for 0 of 2 papers.\n", 1)
    assert Source.objects.count() == 1


def test_a_service_that_is_down_is_left(services, papers):
    services.replies[path(1, 2)] = [Reply(status=503)]
    assert repair() == (
        "arXiv answered for 0 of 2 papers.\n",
        "export.arxiv.org answers 503 (Service Unavailable). Papers left: 2."
        " Run this again later.\n",
        1,
    )


def test_a_dry_run_writes_nothing(services, papers):
    services.replies[path(1, 2)] = [answer(1, 2)]
    assert repair("--dry-run")[0] == (
        "export.arxiv.org/2025-02-06.xml: 2 papers: 0 new, 2 changed, 0 unchanged (2 of 2)\n"
        "arXiv answered for 2 of 2 papers.\n"
        "Nothing was written (--dry-run).\n"
    )
    assert Source.objects.count() == 1


# A supplement puts no paper into a digest.


def test_with_the_last_source_of_a_day_what_completed_it_goes_too(services, papers):
    services.replies[path(1, 2)] = [answer(1, 2)]
    repair()
    undo(Source.objects.get(name="2025-02-06.json"))
    assert not Paper.objects.exists()
    assert not Digest.objects.exists()
    assert not Source.objects.exists()


def test_a_paper_that_only_a_supplement_has_is_not_shown(services, papers):
    load(digest(row(3, authors=FIVE)), "other/2025-02-06.json")
    services.replies[path(3, 1, 2)] = services.replies[path(1, 2, 3)] = [answer(1, 2, 3)]
    assert repair()[2] == 0
    undo(Source.objects.get(name="2025-02-06.json"))
    assert [paper.slug for paper in Paper.objects.visible()] == [slug(3)]
    assert Digest.objects.get().paper_count == 1
    assert index.check().is_ok
    # When a source has them again, they are as complete as before.
    report = load(digest(row(1, authors=FIVE), row(2, authors=FIVE)), "2025-02-06.json")
    assert (report.new, Digest.objects.get().paper_count) == (2, 3)
    assert {paper.authors_cut for paper in Paper.objects.visible()} == {False}
    assert arxiv.incomplete() == []


def test_the_order_of_a_digest_does_not_follow_a_supplement(services, papers):
    before = list(Digest.objects.get().placements.values_list("paper__slug", "position"))
    services.replies[path(1, 2)] = [answer(2, 1)]
    repair()
    assert list(Digest.objects.get().placements.values_list("paper__slug", "position")) == before


def test_what_is_gone_when_arxiv_answers_stays_gone(papers):
    name = "export.arxiv.org/2025-02-06.xml"
    undo(Source.objects.get())
    report = load(answer(1, 2).body, name, is_supplement=True)
    assert (report.status, report.problems[0].reason) == ("unreadable", "its digest is gone")
    assert not Digest.objects.exists()
    load(digest(row(1, authors=FIVE)), "2025-02-06.json")
    report = load(answer(1, 2).body, name, is_supplement=True)
    assert [problem.reason for problem in report.problems] == ["the paper is gone"]
    assert [(paper.slug, paper.abstract) for paper in Paper.objects.all()] == [(slug(1), "A.")]


def test_a_paper_of_another_stream_is_completed_there(services):
    stream = Stream.objects.create(name="Ours", slug="ours")
    load(digest(row(1, authors=FIVE)), "2025-02-06.json", stream=stream.pk)
    services.replies[path(1)] = [answer(1)]
    assert repair()[2] == 0
    assert [one.key for one in Digest.objects.all()] == [DigestKey(DAY, stream.pk)]
    again = reread(Source.objects.get(is_supplement=True))
    assert Source.objects.get(pk=again.source).is_supplement
    assert Paper.objects.get().abstract == "A."
