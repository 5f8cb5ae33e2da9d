import pytest

from digest.search import Results, parse
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers():
    titles = [
        *("Diffusion models", "On diffusion", "Infusion and fusion", "Chain of thought"),
        *("SmolLM: when small goes big", "The smollm family", "A family of thoughts"),
    ]
    load_once(
        (
            digest(
                *(row(n, title=title, summary="- x", authors="") for n, title in enumerate(titles)),
                row(20, title="Kernels", summary="- x", authors="Bernhard Schölkopf"),
                row(22, title="On tuning", summary="- x", authors=""),
                row(21, title="Colonels", summary="- x", classification=["Text Generation"]),
            ),
            "a.json",
        )
    )


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        # One key too few, too many, wrong, before its time; two in a long word
        ("difusion models", "diffusion models"),
        ("difffusion models", "diffusion models"),
        ("diffusiom models", "diffusion models"),
        ("diffsuion models", "diffusion models"),
        ("dfifusion models", "diffusion models"),
        # Most papers that have a word so near
        ("iffusion models", "diffusion models"),
        # Written apart and as one
        ("smol lm family", "smollm family"),
        ("small smol lm", "small smollm"),
        ("chain ofthought small", "chain of thought small"),
        # Where it stands
        ("title:difusion", "title:diffusion"),
        ("author:scholkpf", "author:scholkopf"),
        ("author:kernels", "author:kernels"),
        ("author:kernals", "author:kernals"),
        ("author:tuning", "author:turing"),
        ("category:text-genration", "category:text-generation"),
        ('category:"text genration" x', 'category:"Text Generation" x'),
        ("area:natural-langauge-processing", "area:natural-language-processing"),
        ("has:code difusion OR fusion", "has:code diffusion OR fusion"),
        # Left as it is: what a paper has, in any form; a beginning; what is refused or literal;
        # what is near to nothing
        ("fusion small", "fusion small"),
        ("families small", "families small"),
        ("small diffu", "small diffu"),
        ("-difusion", "-difusion"),
        ('"difusion models"', '"difusion models"'),
        ("zyzzyva qwertz", "zyzzyva qwertz"),
        ("dffsn models", "dffsn models"),
        ("smal", "smal"),
        # As two words it is in papers, but in none beside each other
        ("chainthought small", "chainthought small"),
        ("difusión models", "difusión models"),
        ("difusion models. arXiv:2502.99999", "difusion models. arXiv:2502.99999"),
        ("2502.99999 https://example.org/difusion", "2502.99999 https://example.org/difusion"),
        ("", ""),
    ],
)
def test_what_no_paper_has_is_taken_for_the_nearest_that_some_have(papers, typed, text):
    query = parse(typed, correct=True)
    assert query.text == text
    assert query.typed == ("" if text == typed else typed)
    assert parse(typed).typed == ""


def test_what_was_meant_is_found(papers):
    assert [paper.title for paper in Results(parse("difusion modles", correct=True), "best")] == [
        "Diffusion models"
    ]


def test_the_number_of_queries_is_fixed(papers, django_assert_num_queries):
    for text, queries in (
        ("diffusion models", 1),
        ("difusion modles famly", 4),
        (" ".join(f"qwertz{chr(97 + n)}" for n in range(5)), 3),
        # So many slips are none: another language, or no words at all.
        (" ".join(f"qwertz{chr(97 + n)}" for n in range(20)), 1),
    ):
        with django_assert_num_queries(queries):
            parse(text, correct=True)
