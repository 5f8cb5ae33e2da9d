"""What the doctor finds, and what it leaves alone."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from digest.catalogue.load import load
from digest.curation.doctor import CHECKS, cut, examine, misshapen
from digest.curation.http_check import Answer, LinkOutcome
from digest.curation.link_health import write
from digest.models import Author, Authorship, Category, Digest, Paper, Placement, Source
from tests.catalogue import load_once
from tests.samples import NASTY, digest, row


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("A survey of", "ends in “of”"),
        ("Towards the", "ends in “the”"),
        ("Self-", "ends in “-”"),
        ("Models,", "ends in “,”"),
        ("Models…", "ends in “…”"),
        ("Models...", "ends in “...”"),
        ("Models (and data", "a ( is not closed"),
        ("Models and data)", "a ) closes what was not opened"),
        ("Models [and data)", "a ) closes what was not opened"),
        (r"On $\pi_0 and", "ends in “and”"),
        (r"On $\pi_0", "a $ opens mathematics that does not end"),
    ],
)
def test_a_title_that_is_cut_off(title, why):
    assert cut(title) == why


@pytest.mark.parametrize(
    "title",
    [
        *("Scaling Up", "What Is It Good For?", "LIMO: Less is More", "Models (and [data])"),
        *(
            r"$\text{Transformer}^2$",
            r"Intervals $[0, 1)$ and more",
            r"It costs \$5 (or less)",
            r"A \$ more",
        ),
        *("From $1 Million", "It costs $1.5M", "7,400 Bugs for 1$", "$5 or less", "Say <think>"),
    ],
)
def test_a_title_that_is_whole(title):
    assert cut(title) == ""


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("ATTENTION IS ALL YOU NEED", "is all in capitals"),
        ("A **bold** claim", "has “**” in it, as markup has"),
        ("Models](https://lab.org)", "has “](” in it, as markup has"),
        ("# Models", "has “#” in it, as markup has"),
        ("Models &amp; data", "has “&amp;” in it, as markup has"),
        ("LIMO", ""),
        ("GPT-4 AND", ""),
        ("Say <think> and `code`", ""),
        ("大規模言語モデル の 研究 の すべて", ""),
        ("R&D and C# and C++", ""),
    ],
)
def test_a_title_that_is_out_of_shape(title, why):
    assert misshapen(title) == why


def findings(name):
    """What a check finds, by name and detail."""
    return [(finding.name, finding.detail) for finding in examine(CHECKS[name]).findings]


@pytest.fixture
def papers(db):
    """One paper with which nothing is wrong, and some with which something is."""
    rows = [
        row(1),
        row(2, title="Cut of", summary="", authors=""),
        row(3, authors="ada, alan", github_urls=["https://huggingface.co/lab/model"]),
        row(4, authors="Ada Lovelace, B C, D E, F G, H I", classification=["Unheard Of"]),
        row(5, title="Nowhere", link="", github_urls=[]),
        row(8, title="Code alone", link=""),
        row(6, huggingface_urls=["github.com/lab/six", "https://lab.github.io/six", "null"]),
    ]
    load_once((digest(*rows), "2025-02-06.json"))
    return {paper.title: paper for paper in Paper.objects.all()}


def test_what_papers_lack(papers):
    assert findings("cut-titles") == [("2502.00002", "Cut of: ends in “of”")]
    assert findings("no-summary") == [("2502.00002", "Cut of")]
    assert findings("no-authors") == [("2502.00002", "Cut of")]
    assert findings("authors-cut") == [("2502.00004", "Paper 4")]
    assert findings("handles-only") == [("2502.00003", "Paper 3")]
    assert findings("no-address") == [(papers["Nowhere"].slug, "Nowhere")]
    assert findings("unknown-categories") == [("Unheard Of", "1 paper")]


def test_a_title_in_capitals_is_found(papers):
    Paper.objects.filter(slug="2502.00001").update(title="ALL THAT IS LOUD")
    assert findings("odd-titles") == [("2502.00001", "ALL THAT IS LOUD: is all in capitals")]


def test_links_in_the_wrong_column(papers):
    found = [
        ("2502.00003", "https://huggingface.co/lab/model is given as one of GitHub"),
        ("2502.00006", "https://github.com/lab/six is given as one of Hugging Face"),
    ]
    assert findings("misplaced-links") == found
    repo = row(1, github_repo="https://hf.co/lab/repo", github_urls=None, date="2025-02-07")
    again = row(3, github_urls=["https://huggingface.co/lab/model"], date="2025-02-07")
    load(digest(repo, again), "2025-02-07.json")
    assert findings("misplaced-links") == [
        *found,
        ("2502.00001", "https://hf.co/lab/repo is given as one of GitHub"),
    ]


def test_dead_links(papers):
    load(digest(row(7, link="https://lab.org/7", date="2025-02-07")), "2025-02-07.json")
    gone = Answer(LinkOutcome.GONE, 404)
    write(dict.fromkeys(("https://lab.org/7", "https://github.com/lab/code-1"), gone))
    (own,) = Paper.objects.filter(url="https://lab.org/7")
    assert findings("dead-links") == [
        ("2502.00001", "https://github.com/lab/code-1"),
        (own.slug, "https://lab.org/7"),
    ]


@pytest.mark.django_db
def test_days(client):
    days = ["2025-02-06", "2025-02-07", "2025-02-10", "2025-02-13"]
    for day in days:
        load(digest(*(row(n, date=day) for n in range(1, 4))), f"{day}.json")
    load(digest(*(row(n, date="2025-02-14") for n in (8, 9))), "2025-02-14.json")
    assert findings("many-days") == [(f"2502.0000{n}", f"Paper {n}: 4 days") for n in (1, 2, 3)]
    assert findings("missing-days") == [("2025-02-11", "Tuesday"), ("2025-02-12", "Wednesday")]
    assert findings("empty-digests") == [("2025-02-14", "2 papers")]
    (finding, _) = examine(CHECKS["missing-days"]).findings
    assert client.get(finding.address).status_code == 200
    Placement.objects.filter(digest__date=days[0]).delete()
    assert findings("many-days") == []


def test_what_does_not_add_up(papers):
    source = Source.objects.get()
    assert (findings("source-counts"), findings("wrong-counts")) == ([], [])
    Source.objects.update(new=F("new") - 1, changed=1)
    assert findings("source-counts") == [
        (source.name, "new: 6 by the source, 7 by its entries"),
        (source.name, "changed: 1 by the source, 0 by its entries"),
    ]
    Author.objects.filter(name="Alan Turing").update(paper_count=9)
    Author.objects.create(name="Nobody", slug="nobody")
    Category.objects.create(name="Nothing", slug="nothing")
    Category.objects.filter(name="Natural Language Processing").update(paper_count=1)
    Category.objects.filter(name="Text Generation").update(paper_count=0)
    assert sorted(findings("wrong-counts")) == [
        ("Alan Turing", "says 9, has 4"),
        ("Natural Language Processing", "says 1, has 6"),
        ("Nobody", "says 0, has 0"),
        ("Nothing", "says 0, has 0"),
        ("Text Generation", "says 0, has 6"),
    ]


def test_what_is_hidden_is_nobodys_worry(papers):
    write({"https://github.com/lab/code-1": Answer(LinkOutcome.GONE, 404)})
    Paper.objects.update(title="A LOUD TITLE OF THE —", summary="")
    of_papers = {"cut-titles", "odd-titles", "no-summary", "no-authors", "authors-cut"}
    of_papers |= {"handles-only", "no-address", "misplaced-links", "dead-links"}
    for hidden in (False, True):
        Paper.objects.update(hidden=hidden)
        assert {name for name in of_papers if findings(name)} == (set() if hidden else of_papers)


def test_a_walk_ends_early_and_takes_the_same_queries(papers, django_assert_num_queries):
    of_days = {"days-ahead": 2, "missing-days": 2, "empty-digests": 2}  # one for the streams
    queries = {"dead-links": 2, "wrong-counts": 4, "source-counts": 2, **of_days}
    for check in CHECKS.values():
        with django_assert_num_queries(queries.get(check.name, 1)):
            examine(check)
    Authorship.objects.all().delete()
    Paper.objects.update(authors_cut=True)
    for most, more in ((6, True), (7, False)):
        examined = examine(CHECKS["authors-cut"], most)
        assert (len(examined.findings), examined.more) == (most, more)


def test_nasty_rows_are_examined(db):
    load(digest(*NASTY), "2025-02-06.json")
    assert sum(len(examine(check).findings) for check in CHECKS.values()) > 5


def test_every_finding_can_be_opened(papers):
    Source.objects.update(new=F("new") - 1, changed=1)
    Digest.objects.update(paper_count=1)
    for check in CHECKS.values():
        for finding in examine(check).findings:
            assert finding.address.startswith(("/admin/digest/", "/digests/"))


# The command


def run(*arguments):
    out = StringIO()
    call_command("doctor", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_what_each_check_finds(papers):
    told = run()
    assert [line.partition(":")[0] for line in told.splitlines() if line[0] != " "] == [*CHECKS]
    assert run("no-summary", "many-days") == (
        "no-summary: 1. No source gives a summary of the paper, or one that says anything.\n"
        "  2502.00002: Cut of\n"
        "many-days: none. The paper is in 4 digests or more.\n"
    )


@pytest.mark.django_db
@pytest.mark.slow
def test_the_command_shows_the_first_of_many():
    rows = [row(n, authors="", link=f"https://lab.org/{n}") for n in range(1, 1002)]
    load(digest(*rows), "2025-02-06.json")
    first, *lines, last = run("no-authors").splitlines()
    assert first.startswith("no-authors: more than 1,000. ")
    assert (len(lines), last) == (10, "  …")


def test_the_command_reports_to_programs(papers):
    report = json.loads(run("no-summary", "--json"))
    paper = papers["Cut of"]
    assert report == {
        "no-summary": {
            "meaning": "No source gives a summary of the paper, or one that says anything.",
            "findings": [
                {
                    "what": "paper",
                    "name": "2502.00002",
                    "detail": "Cut of",
                    "address": f"/admin/digest/paper/{paper.pk}/change/",
                }
            ],
            "more": False,
        }
    }


@pytest.mark.django_db
def test_a_check_that_there_is_not_is_refused():
    with pytest.raises(CommandError, match="there is no check x, y: choose from cut-titles, "):
        run("x", "no-summary", "y")
