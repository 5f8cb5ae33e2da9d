import pytest

from digest.catalogue.load import load
from digest.models import Paper
from digest.search.related import related
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


def found(number):
    paper = Paper.objects.for_cards().get(slug=f"2502.{number:05}")
    return [(one.paper.slug[-2:], one.reasons) for one in related(paper)]


@pytest.fixture
def papers():
    alone = {"authors": "", "classification": []}
    load_once(
        (
            digest(
                row(1, title="Zebra stripes", summary="- With LoRA.", **alone),
                row(2, title="Zebra sounds", summary="- Nothing.", **alone),
                row(3, title="A model", summary="- It has LoRA and a zebra.", **alone),
                row(
                    4,
                    title="Unlike",
                    authors="A B, C D",
                    summary="- x",
                    classification=["Robotics"],
                ),
                row(5, title="Other", authors="C D", summary="- y", classification=["Robotics"]),
                row(6, title="Solitary", summary="- z", authors="E F", classification=[]),
            ),
            "a.json",
        )
    )


def test_rare_words_relate_papers_and_those_in_titles_more(papers):
    assert found(1) == [("02", ["also about Zebra"]), ("03", ["also about LoRA"])]


def related_to_first(title, summary, *others):
    """Why the other papers, each a title and a summary, are related to a first one."""
    bare = {"authors": "", "classification": [], "github_urls": []}
    texts = [(title, summary), *others]
    rows = [row(n, title=t, summary=s, **bare) for n, (t, s) in enumerate(texts, 10)]
    load(digest(*rows), "b.json")
    return dict(found(10))


def test_a_phrase_is_shown_as_it_is_printed(papers):
    assert related_to_first(
        "Fine-grained visual attribution in charts",
        "- Okapis need mixture-of-experts routing.",
        ("On visual attributions", "- Each visual attribution."),
        ("Unlike", "- With a Mixture of Experts routing layer."),
        ("Neither", "- Experts on routing a mixture, visual and attribution."),
    ) == {
        "11": ["also about visual attribution"],
        "12": ["also about mixture-of-experts routing"],
        "13": ["also mentions visual and attribution"],
    }


@pytest.mark.parametrize(
    "words", ["UI", "VLM", "Towards", "Models", "Towards Better Models", "a novel framework"]
)
def test_generic_words_and_short_ones_relate_no_papers(papers, words):
    assert related_to_first(f"{words} apart", "- Aa.", (f"{words} alone", "- Bb.")) == {}


def test_shared_links_relate_papers(papers):
    bare = {"authors": "", "classification": [], "summary": "- x"}
    urls = ["https://github.com/lab/limo"], ["https://github.com/Lab/LIMO/tree/main"]
    load(
        digest(*(row(10 + n, title=f"{n}", github_urls=url, **bare) for n, url in enumerate(urls))),
        "b.json",
    )
    assert found(10) == [("11", ["also links lab/limo"])]


def test_authors_relate_papers_and_categories_are_told(papers):
    assert found(4) == [("05", ["also by C D", "in Robotics"])]


def test_nothing_is_related_by_force(papers):
    assert found(6) == []


def test_the_number_of_queries_is_fixed(papers, django_assert_num_queries):
    load(digest(*(row(n, title=f"Zebra {n} tails") for n in range(30, 60))), "b.json")
    # Those by words, those by words in a category, and those by authors and links.
    for slug, ways in (("2502.00001", 2), ("2502.00030", 3)):
        paper = Paper.objects.for_cards().get(slug=slug)
        with django_assert_num_queries(7 + ways):
            assert related(paper)
