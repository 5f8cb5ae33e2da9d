import pytest

from digest.catalogue.load import load
from digest.search import Results, parse
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers():
    load_once(
        (
            digest(
                row(1, title="Zebra stripes", summary="- Of an okapi in the wild.", authors=""),
                row(
                    2,
                    title="On animals",
                    summary="- A zebra and its stripes.",
                    authors="Okapi Jones",
                ),
                row(3, title="Zebra songs", summary="- Nothing else.", authors="", github_urls=[]),
                row(4, title="Common things", summary="- Stripes are common.", authors=""),
                *(
                    row(n, title=f"Common {n}", summary="- Common.", authors="")
                    for n in range(10, 40)
                ),
            ),
            "a.json",
        )
    )


def found(text):
    results = Results(parse(text), "best")
    return [(one.paper.slug[-2:], one.missing) for one in results.close]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Rare words weigh more than frequent ones, and titles more than summaries.
        ("zebras stripes quagga", [("01", ("quagga",)), ("02", ("quagga",))]),
        ("songs stripes common", [("03", ("stripes", "common"))]),
        ("okapi songs", [("03", ("okapi",)), ("02", ("songs",)), ("01", ("songs",))]),
        # What was asked strictly stays so.
        ("zebra quagga has:code", [("01", ("quagga",)), ("02", ("quagga",))]),
        ("zebra quagga title:stripes", [("01", ("quagga",))]),
        ("zebra quagga -songs", [("01", ("quagga",)), ("02", ("quagga",))]),
        ("zebra quagga date:2024", []),
        # A phrase may be lacking, but nothing takes its place unseen.
        (
            'songs "stripes zebra"',
            [("03", ('"stripes zebra"',)), ("01", ("songs", '"stripes zebra"'))],
        ),
        ("songs/quagga", [("03", ("quagga",))]),
        # Common words say nothing, unless they are asked for as a phrase.
        ("songs that came from quagga", [("03", ("came", "quagga"))]),
        ("songs which OR from okapi", [("03", ("okapi",)), ("02", ("songs",))]),
        ('songs "that" quagga', [("03", ('"that"', "quagga"))]),
        # Alternatives are one thing.
        ("songs quagga OR okapi", [("03", ("quagga OR okapi",)), ("02", ("songs",))]),
        # Nothing is close to nothing, to a field, or to what nobody has.
        ("", []),
        ("has:code", []),
        ("-zebra", []),
        ("quagga", []),
    ],
)
def test_papers_that_have_most_of_the_words_are_close(papers, text, expected):
    assert found(text)[: len(expected) or 1] == expected


def test_where_many_match_nothing_is_close(papers):
    assert Results(parse("common"), "best").count == 31
    assert found("common") == []


def test_what_matches_in_full_is_not_close(papers):
    results = Results(parse("zebra stripes"), "best")
    assert {paper.slug[-2:] for paper in results} == {"01", "02"}
    assert [slug for slug, _ in found("zebra stripes")] == ["03", "04"]


def test_what_has_little_of_what_was_asked_is_not_close(papers):
    """Not even where there is room for it."""
    assert [slug for slug, _ in found("songs stripes okapi common")] == ["03", "01", "02", "04"]


def test_two_words_may_be_one_in_a_paper(papers):
    load(digest(row(50, title="Zebrasongs", summary="- x", authors="")), "b.json")
    assert found("zebra songs quagga")[:2] == [("03", ("quagga",)), ("50", ("quagga",))]


def test_frequent_words_are_not_asked_where_rare_ones_tell(papers, monkeypatch):
    monkeypatch.setattr("digest.search.close._MAX_MATCHES", 3)
    assert [slug for slug, _ in found("songs common")] == ["03"]
    # By themselves they are, of the newest papers.
    assert len(found('common "quagga"')) == 3


def test_the_number_of_queries_is_fixed(papers, django_assert_num_queries):
    for text in (
        "zebra quagga",
        "zebra stripes okapi quagga",
        " ".join(map("x{}".format, range(300))) + " zebra",
    ):
        results = Results(parse(text), "best")
        assert results.count == 0
        with django_assert_num_queries(3):
            assert results.close
