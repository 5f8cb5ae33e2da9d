import pytest

from digest.catalogue.load import load
from digest.models import Paper
from digest.search import index
from digest.search.related import related
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


def found(number):
    paper = Paper.objects.for_cards().get(slug=f"2502.{number:05}")
    return [(one.paper.slug[-2:], one.reasons) for one in related(paper)]


@pytest.fixture
def papers():
    alone = {"authors": "", "classification": []}
    load(
        digest(
            row(1, title="Zebra stripes", summary="- With LoRA.", **alone),
            row(2, title="Zebra sounds", summary="- Nothing.", **alone),
            row(3, title="A model", summary="- It has LoRA and a zebra.", **alone),
            row(4, title="Unlike", authors="A B, C D", summary="- x", classification=["Robotics"]),
            row(5, title="Other", authors="C D", summary="- y", classification=["Robotics"]),
            row(6, title="Solitary", summary="- z", authors="E F", classification=[]),
        ),
        "a.json",
    )


def test_rare_words_relate_papers_and_those_in_titles_more(papers):
    assert found(1) == [("03", ["shares LoRA and Zebra"]), ("02", ["shares Zebra"])]


def test_authors_relate_papers_and_categories_are_told(papers):
    assert found(4) == [("05", ["also by C D", "in Robotics"])]


def test_nothing_is_related_by_force(papers):
    assert found(6) == []


def test_the_number_of_queries_is_fixed(papers, django_assert_num_queries):
    load(digest(*(row(n, title=f"Zebra {n} tails") for n in range(30, 60))), "b.json")
    for slug in ("2502.00001", "2502.00030"):
        paper = Paper.objects.for_cards().get(slug=slug)
        with django_assert_num_queries(7 + bool(paper.authorships.all())):
            assert related(paper)


def test_words_are_counted_up_to_a_number(papers):
    found = index.counts(["zebra", "lora", "solitary", "nobody"], 3)
    assert found == {"zebra": 3, "lora": 2, "solitary": 1, "nobody": 0}
    assert index.counts([], 3) == {}
