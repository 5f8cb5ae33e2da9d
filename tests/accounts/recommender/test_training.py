"""What is learned from papers, with no person: weights, reasons, and the back-test."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from accounts.recommender.examples import Example, Examples
from accounts.recommender.features import Weights, features, word_feature
from accounts.recommender.linear import Matrix, Vector, fit
from accounts.recommender.questions import informative_papers
from accounts.recommender.training import BackTest, Learned, back_test, learn
from accounts.recommender.vectors import Vectors
from digest.catalogue.load import load
from digest.models import Author, Category, Paper, SearchText
from tests.samples import digest, row

FIRST = date(2025, 1, 6)
MORNING = datetime(2025, 3, 1, 8, tzinfo=UTC)


def robots(number, **fields):
    return row(
        number,
        title=f"Grasping robots {number}",
        summary=f"- A manipulator learns grasps in trial{number}.",
        authors="Grace Hopper, Ada Lovelace",
        classification=["Robotics"],
        **fields,
    )


def speech(number, **fields):
    return row(
        number,
        title=f"Speech {number}",
        summary=f"- Phonemes and voices of speaker{number}.",
        authors=f"Alan Turing, Person {number}",
        classification=["Automatic Speech Recognition"],
        **fields,
    )


@pytest.fixture
def days(db):
    """Eighteen days of five papers, of which the last one is about robots: the keys of these."""
    rows = []
    for day in range(18):
        when = str(FIRST + timedelta(days=day))
        numbers = range(day * 5 + 1, day * 5 + 5)
        rows += [
            *(speech(number, date=when) for number in numbers),
            robots(day * 5 + 5, date=when),
        ]
    load(digest(*rows), "a.json")
    found = Paper.objects.filter(title__startswith="Grasping").order_by("date")
    return list(found.values_list("pk", flat=True))


def examples(papers, refused=()):
    return Examples(
        [Example(paper, 1.0, MORNING + timedelta(days=n)) for n, paper in enumerate(papers)],
        [Example(paper, 1.0, MORNING) for paper in refused],
    )


def text_of(paper):
    return SearchText.objects.get(paper=paper)


def test_ridge_regression_is_solved():
    generator = np.random.default_rng(1)
    dense = generator.normal(size=(40, 6)) * (generator.random((40, 6)) < 0.5)
    vectors = [
        Vector(np.flatnonzero(row).astype(np.int32) * 2, row[row != 0].astype(np.float32))
        for row in dense
    ]
    matrix = Matrix(vectors, 20)
    assert list(matrix.columns) == [0, 2, 4, 6, 8, 10]
    targets, importance = generator.normal(size=40), generator.random(40)
    found = fit(matrix, targets, importance, 0.5)
    exact = np.linalg.solve(
        dense.T @ (importance[:, None] * dense) + 0.5 * np.eye(6), dense.T @ (importance * targets)
    )
    assert np.abs(found - exact).max() < 1e-2 * np.abs(exact).max()


def test_a_row_without_features_scores_nothing():
    empty = Vector(np.empty(0, np.int32), np.empty(0, np.float32))
    one = Vector(np.array([3], np.int32), np.array([2.0], np.float32))
    assert list(Matrix([empty, one, empty], 5).dot(np.array([1.5]))) == [0, 3, 0]


def test_the_features_of_a_paper(db):
    load(digest(robots(1)), "a.json")
    found = features(text_of(Paper.objects.get().pk))
    author = Author.objects.get(name="Grace Hopper")
    category = Category.objects.get(name="Robotics")
    assert {"wrobot", "wgrasp", "wmanipul", f"u{author.pk}", f"c{category.pk}"} <= found.keys()
    # A word of the title counts twice; those that say nothing, and numbers alone, not at all.
    assert found["wrobot"] == 2 * found["wmanipul"]
    assert not {"wa", "win", "w1", "wlearn", "w"} & found.keys()
    assert word_feature("robots") == word_feature("robotic") == "wrobot"


def test_what_was_kept_speaks_for_what_is_alike(days):
    vectors = Vectors()
    weights = Weights(*learn(examples(days[:14]), vectors))
    other = Paper.objects.filter(title__startswith="Speech").first()
    likely, unlikely = (weights.score(text_of(key)) for key in (days[-1], other.pk))
    assert likely.value > 0 > unlikely.value
    names = {reason.name: reason.text for reason in likely.reasons}
    assert names["wrobot"] == "robots"
    assert f"u{Author.objects.get(name='Grace Hopper').pk}" in names
    assert f"c{Category.objects.get(name='Robotics').pk}" in names
    assert unlikely.reasons == []


def test_what_is_wanted_less_counts_against(days):
    learned = learn(examples(days[:14]), Vectors())
    author = f"u{Author.objects.get(name='Grace Hopper').pk}"
    text = text_of(days[-1])
    before = Weights(*learned).score(text)
    after = Weights(*learned, frozenset(["wrobot", author])).score(text)
    assert after.value < before.value
    assert not {"wrobot", author} & {reason.name for reason in after.reasons}


def test_refused_papers_count_against(days):
    others = list(Paper.objects.filter(title__startswith="Speech").values_list("pk", flat=True))
    robotic = text_of(days[-1])
    alone = Weights(*learn(examples(others[:3]), Vectors())).score(robotic)
    refusing = Weights(*learn(examples(others[:3], refused=days[:14]), Vectors())).score(robotic)
    assert refusing.value < alone.value


def test_nothing_is_learned_of_nothing(db):
    assert learn(examples([]), Vectors()) == Learned({})
    assert learn(examples([5]), Vectors()) == Learned({})
    assert back_test(examples([]), Vectors()) == BackTest()
    assert informative_papers() == []


def test_the_last_third_is_tested(days):
    # Of five papers of a day, its top tenth has one: no paper about robots is the first.
    found = back_test(examples(days), Vectors())
    assert found == BackTest(6, by_model=6, by_order=0, by_chance=pytest.approx(6 / 5))


def test_fewer_than_fifteen_are_not_tested(days):
    assert back_test(examples(days[:14]), Vectors()).tested == 0
    assert back_test(examples(days[:15]), Vectors()).tested == 5


def test_the_test_learns_nothing_from_the_days_that_it_asks_for(days, monkeypatch):
    """Not even from what was refused or seen there."""
    since = FIRST + timedelta(days=12)
    of_days = {*Paper.objects.filter(date__gte=since).values_list("pk", flat=True)}
    asked = []
    monkeypatch.setattr(
        "accounts.recommender.training.learn",
        lambda before, vectors, but: asked.append((before, but)) or Learned({}),
    )
    others = [paper for paper in of_days if paper not in days]
    known = Examples(
        examples(days).kept,
        [Example(paper, 1.0, MORNING) for paper in others[:3]],
        wanted=others[3:5],
        seen=others[5:9],
    )
    back_test(known, Vectors())
    [(before, but)] = asked
    assert [one.paper for one in before.kept] == days[:12]
    assert (before.refused, before.wanted, before.seen) == ([], [], [])
    assert but == {FIRST + timedelta(days=n) for n in range(12, 18)}


def test_no_paper_is_popular(days):
    """The numbers of upvotes change nothing."""
    before = learn(examples(days[:14]), Vectors())
    Paper.objects.filter(pk__in=days).update(upvotes=1_000)
    assert learn(examples(days[:14]), Vectors()) == before


def test_vectors_are_forgotten_where_there_are_too_many(days, monkeypatch):
    monkeypatch.setattr("accounts.recommender.vectors.MOST", 50)
    vectors = Vectors()
    papers = list(Paper.objects.order_by("pk").values_list("pk", flat=True))
    for some in (papers[:40], papers[40:90], papers[:40]):
        vectors.trim()
        assert len(vectors._vectors) <= 50
        assert vectors.read(some) == some
        assert vectors.matrix(some).count == len(some)


def test_papers_to_ask_about_are_unlike_each_other(days):
    chosen = informative_papers()
    titles = [Paper.objects.get(pk=key).title.split()[0] for key in chosen[:2]]
    assert sorted(titles) == ["Grasping", "Speech"]
    assert len(chosen) == len({*chosen}) == 60
