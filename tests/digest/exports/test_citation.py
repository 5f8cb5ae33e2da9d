"""What is said of a paper, in whatever format: as much as is known, and no more."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given

from digest.catalogue.load import load
from digest.exports import WRITERS, About, Citation, to_cite
from digest.models import Paper
from tests.digest.exports.papers import NAMES, paper
from tests.samples import digest, hugging_face, hugging_face_paper, row


def cited(**fields):
    return Citation.of(paper(**fields))


def parts(name):
    (found,) = cited(authors=name).authors
    return (found.given, found.family)


def test_what_is_said_of_a_paper():
    found = cited(authors="Ada Lovelace, lvwerra")
    assert (found.key, found.arxiv_id, found.number) == (
        *("arXiv:2502.00001", "2502.00001", "arXiv:2502.00001"),
    )
    assert (found.url, found.pdf_url, found.doi) == (
        "https://arxiv.org/abs/2502.00001",
        "https://arxiv.org/pdf/2502.00001",
        "10.48550/arXiv.2502.00001",
    )
    assert (found.title, found.year, found.month) == ("Paper 1", 2025, 2)
    assert [(name.text, name.is_handle) for name in found.authors] == [
        ("Ada Lovelace", False),
        ("lvwerra", True),
    ]
    assert (found.cut, found.categories, found.date) == (
        *(False, ("Text Generation",), date(2025, 2, 6)),
    )
    assert [link.url for link in found.links] == ["https://github.com/lab/code-1"]


def test_what_is_not_known_is_not_said():
    found = cited(link="", authors="", summary="", classification=[], github_urls=[])
    assert (found.url, found.pdf_url, found.doi, found.number) == ("", "", "", "")
    assert (found.year, found.month, found.arxiv_id) == (None, None, None)
    assert (found.authors, found.abstract, found.caveats) == ((), "", [])


@pytest.mark.parametrize(
    ("arxiv_id", "year", "month"),
    [
        ("2502.02737", 2025, 2),
        ("0704.0001", 2007, 4),
        ("hep-th/9901001", 1999, 1),
        ("math/0309136", 2003, 9),
        ("hep-th/9108001", 1991, 8),
    ],
)
def test_the_year_is_that_of_the_arxiv_id(arxiv_id, year, month):
    found = cited(link=f"https://arxiv.org/abs/{arxiv_id}", date="2026-01-05")
    assert (found.year, found.month) == (year, month)


def test_a_key_is_made_from_the_slug_alone():
    keys = {
        "https://arxiv.org/abs/2502.02737v3": "arXiv:2502.02737",
        "https://arxiv.org/abs/hep-th/9901001": "arXiv:hep-th/9901001",
        "https://example.org/paper?x=1": "example-org-paper-8156325694",
    }
    assert {link: cited(link=link, title="Any").key for link in keys} == keys
    assert cited(link="", title="Über Maß").key == "uber-mass-6c65806fdf"
    assert cited(link="", title="深層学習の論文").key == "2852632d7b"


@pytest.mark.django_db
@pytest.mark.slow
def test_keys_are_unique_and_plain(archive):
    keys = [Citation.of(paper).key for paper in archive]
    assert len(set(keys)) == len(keys) > 200
    assert all(re.fullmatch(r"[A-Za-z0-9][\w:./-]*", key, re.ASCII) for key in keys)


@pytest.mark.parametrize(
    ("name", "given", "family"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Gabriel Martín Blázquez", "Gabriel Martín", "Blázquez"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Guy Van den Broeck", "Guy", "Van den Broeck"),
        ("Van Nguyen", "Van", "Nguyen"),
        ("Jie chen", "Jie", "chen"),
        ("J. R. R. Tolkien", "J. R. R.", "Tolkien"),
        ("דוד כהן", "דוד", "כהן"),
        ("lvwerra", "", ""),
        ("Qwen Team", "", ""),
        ("Inclusion AI", "", ""),
        ("Martin Luther King Jr.", "", ""),
        ("山田 太郎", "", ""),
        ("김 민수", "", ""),
    ],
)
def test_a_name_is_told_apart_or_kept_whole(name, given, family):
    assert parts(name) == (given, family)


@given(NAMES)
def test_no_part_of_a_name_is_lost(name):
    for found in cited(authors=name).authors:
        assert f"{found.given} {found.family}".strip() in ("", found.text)
        assert bool(found.given) == bool(found.family)


def test_what_a_reader_must_know_of_the_authors():
    assert cited(authors="A B, C D, E F, G H").caveats == []
    assert cited(authors="A B, lvwerra, E F, eliebak, I J").caveats == [
        "The author list ends after 5 names, where digests cut it: there may be more authors.",
        "Taken for handles, not full names: lvwerra, eliebak.",
    ]


def test_a_summary_is_not_passed_off_as_an_abstract():
    assert cited(summary="- One.\n- Two.").abstract == "Digest summary:\n- One.\n- Two."
    assert cited(summary="One. Two.").abstract == "Digest summary: One. Two."


@pytest.mark.databases
@pytest.mark.django_db
def test_a_deferred_summary_is_left_out_rather_than_asked_for(django_assert_num_queries):
    load(digest(row(1)), "a.json")
    deferred, fetched = (
        Paper.objects.for_cards().defer("summary").get(),
        next(to_cite(Paper.objects.all())),
    )
    with django_assert_num_queries(0):
        assert Citation.of(deferred).summary == ""
        assert Citation.of(fetched).summary == "- First point of 1.\n- Second point."


@pytest.mark.django_db
@pytest.mark.parametrize("suffix", WRITERS)
def test_the_number_of_queries_does_not_grow_with_the_papers(suffix, about):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as found:
            list(WRITERS[suffix].stream(to_cite(Paper.objects.newest()), about))
        return len(found)

    load(digest(row(1)), "a.json")
    assert queries() == 4
    load(digest(*map(row, range(2, 31))), "b.json")
    assert Paper.objects.count() == 30
    assert queries() == 4


@pytest.mark.django_db
def test_a_list_of_all_authors_is_cited_without_others_and_the_abstract_is_the_authors_own():
    names = ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Emmy Noether", "Kurt Gödel"]
    load(digest(row(1, authors=", ".join(names), date="2025-02-07")), "a.json")
    answer = hugging_face(hugging_face_paper(authors=[{"name": name} for name in names]))
    about = About("Papers", "https://x.org", "https://x.org", "https://x.org")

    def exported(suffix: str) -> str:
        papers = list(to_cite(Paper.objects.all()))
        return b"".join(WRITERS[suffix].stream(papers, about)).decode()

    cut = {suffix: exported(suffix) for suffix in ("bib", "ris", "csl.json", "md")}
    assert "and others" in cut["bib"]
    assert "there may be more authors" in cut["ris"]
    assert "there may be more authors" in cut["csl.json"]
    assert "and others" in cut["md"]
    assert all("Digest summary:" in cut[suffix] for suffix in ("bib", "ris", "csl.json"))
    load(answer, "b.json")
    for suffix in cut:
        text = exported(suffix)
        assert "others" not in text
        assert "more authors" not in text
        assert "Digest summary" not in text
        if suffix != "md":
            assert "The authors wrote this of 1. And more." in text
            assert "attention" in text
    table = exported("csv").splitlines()
    assert table[0].endswith("summary,abstract,keywords,comment,doi,version,upvotes")
    assert table[-1].endswith(",The authors wrote this of 1. And more.,attention; learning,,,,11")
