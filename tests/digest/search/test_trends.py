"""Which words rise, and how many papers days have."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.catalogue.load import load
from digest.models import Category
from digest.search.counting import counts_between, days_with
from digest.search.tags import EVERY, category_tag, kind_tag
from digest.search.trends import CLEAR, rise_score, rising_words
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2025, 2, 1), date(2025, 2, 6)
BEFORE = date(2025, 1, 6)


def papers(titles, day, start=1, **values):
    return [
        row(n, title=title, date=day.isoformat(), **values) for n, title in enumerate(titles, start)
    ]


def test_what_comes_up_as_often_as_before_does_not_rise():
    assert rise_score(10, 100, 100, 1000) == pytest.approx(0, abs=0.2)
    assert rise_score(0, 100, 0, 100) == 0
    assert rise_score(10, 100, 20, 100) == pytest.approx(-rise_score(20, 100, 10, 100))


def test_more_papers_make_it_surer_and_chance_scores_little():
    assert rise_score(2, 100, 0, 5000) < rise_score(5, 100, 0, 5000)
    assert rise_score(5, 100, 0, 5000) > CLEAR
    assert rise_score(1, 100, 10, 5000) < CLEAR
    assert rise_score(20, 100, 100, 1000) < rise_score(200, 1000, 1000, 10000)


def test_a_word_that_more_papers_have_than_before_rises():
    old = [f"Gradient descent number {n}" for n in range(30)]
    new = ["Zebra stripes", "Zebras graze", "On zebras", "The zebra", "Zebras again"]
    load(digest(*papers(old, BEFORE), *papers(new, LAST, 101)), "a.json")
    (zebra,) = rising_words(FIRST, LAST, 30, 10)
    # All forms count together; the most frequent names them.
    assert (zebra.name, zebra.recent, zebra.before) == ("zebras", 5, 0)
    assert zebra.score == pytest.approx(rise_score(5, 5, 0, 30))


def test_it_counts_the_papers_before_that_have_it():
    old = ["Zebra", *(f"Gradient descent number {n}" for n in range(60))]
    new = [f"Zebra {n}" for n in range(6)]
    load(digest(*papers(old, BEFORE), *papers(new, LAST, 101)), "a.json")
    (zebra,) = rising_words(FIRST, LAST, 61, 10)
    assert (zebra.name, zebra.recent, zebra.before) == ("zebra", 6, 1)


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("a name of an author", {"authors": "Anna Quokka"}),
        ("a word of summaries alone", {"summary": "Quokka."}),
    ],
)
def test_what_is_no_subject_does_not_rise(what, values):
    old = papers([f"Gradient descent number {n}" for n in range(30)], BEFORE)
    new = papers([f"Gradient descent number {n}" for n in range(6)], LAST, 101, **values)
    load(digest(*old, *new), "a.json")
    assert rising_words(FIRST, LAST, 30, 10) == []


def test_a_name_that_stands_in_titles_too_does_not_rise():
    old = papers([f"Gradient descent number {n}" for n in range(30)], BEFORE)
    new = papers([f"Quokka {n}" for n in range(6)], LAST, 101, authors="Anna Quokka")
    load(digest(*old, *new), "a.json")
    assert rising_words(FIRST, LAST, 30, 10) == []


def test_a_word_of_four_papers_does_not_rise():
    load(digest(*papers(["Zebra"] * 4, LAST)), "a.json")
    assert rising_words(FIRST, LAST, 1000, 10) == []
    load(digest(*papers(["Zebra"], LAST, 5)), "b.json")
    assert "zebra" in [rise.name for rise in rising_words(FIRST, LAST, 1000, 10)]


def test_words_of_the_language_numbers_and_compounds_do_not_rise():
    old = papers([f"Gradient descent number {n}" for n in range(40)], BEFORE)
    new = papers([f"Toward the 2025 models zebra-quokka {n}" for n in range(6)], LAST, 101)
    load(digest(*old, *new), "a.json")
    found = rising_words(FIRST, LAST, 40, 10)
    assert [rise.name for rise in found] == ["quokka", "zebra"]


def test_the_queries_are_two_for_any_number_of_papers():
    for count, name in ((6, "a.json"), (40, "b.json")):
        rows = papers([f"Zebra {n}" for n in range(count)], LAST, 100 * count)
        load(digest(*rows), name)
        with CaptureQueriesContext(connection) as asked:
            rising_words(FIRST, LAST, 0, 10)
        assert len(asked) == 2


def test_papers_are_counted_by_day_and_tag():
    load(
        digest(
            *papers(["A", "B"], BEFORE, classification=["Robotics"], github_urls=[]),
            *papers(["C"], LAST, 3, classification=["Text Generation"]),
        ),
        "a.json",
    )
    robotics = category_tag(Category.objects.get(slug="robotics").pk)
    code, none = kind_tag("code"), kind_tag("model")
    spans = [(BEFORE, BEFORE), (FIRST, LAST), (date.min, date.max)]
    assert counts_between([EVERY, robotics, code, none], spans) == {
        EVERY: [2, 1, 3],
        robotics: [2, 0, 2],
        code: [0, 1, 1],
        none: [0, 0, 0],
    }
    assert days_with(EVERY, date.max) == (BEFORE, LAST)
    assert days_with(EVERY, LAST - timedelta(days=1)) == (BEFORE, BEFORE)
    assert days_with(EVERY, BEFORE - timedelta(days=1)) is None
    assert days_with(robotics, date.max) == (BEFORE, BEFORE)
    assert days_with(none, date.max) is None


def test_an_empty_catalogue_has_no_days():
    assert days_with(EVERY, date.max) is None
    assert counts_between([EVERY], [(date.min, date.max)]) == {EVERY: [0]}
    assert rising_words(FIRST, LAST, 0, 10) == []
