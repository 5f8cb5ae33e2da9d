"""The order of papers by how well they fit a query."""

import pytest

from digest.search import Results, parse
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


SUMMARIES = {
    1: "The animal.",
    2: "The measured.",
    **dict.fromkeys(range(10, 16), "The measuring."),
    **dict.fromkeys(range(20, 25), "The animal."),
    30: "The method.",
    31: "The zebra.",
    **dict.fromkeys(range(40, 50), "The method."),
    **dict.fromkeys(range(50, 60), "The zebra, zebra, zebra."),
}
"""Of papers by number."""


@pytest.fixture
def papers():
    load_once(
        (
            digest(
                *(
                    row(number, title=f"Paper {number}", summary=f"- {text}", authors="")
                    for number, text in SUMMARIES.items()
                )
            ),
            "a.json",
        )
    )


def order(text, *numbers):
    """Of some papers, the numbers in the order in which they are close to a query."""
    close = [int(one.paper.slug[-2:]) for one in Results(parse(text), "best").close]
    return [number for number in close if number in numbers]


def test_a_word_as_it_was_typed_counts_more_the_rarer_it_is_itself(papers):
    # More papers have a form of "measure" than one of "animal", but one alone has "measured".
    assert order("animal measured", 1, 2) == [2, 1]


def test_a_word_that_papers_repeat_counts_more(papers):
    # As many papers have the one as the other, and both of these have theirs once.
    assert order("zebra method", 30, 31) == [31, 30]
