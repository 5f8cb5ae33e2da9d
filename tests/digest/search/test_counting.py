"""Counts of tags, brought up to date from one revision to the next."""

import random
from collections import Counter

import pytest
from django.db import transaction

from digest.catalogue.load import load, undo
from digest.curation import decisions
from digest.models import Catalogue, Paper, SearchText, Source
from digest.search import Results, counting, parse
from digest.search.nodes import AllOf
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db
NAMES = ("Robotics", "Text-to-Video", "Text-to-Speech", "Unheard Of")


def made(number, **fields):
    pick = random.Random(number)
    chosen = {
        "classification": pick.sample(NAMES, pick.randint(0, 3)),
        "github_urls": ["https://github.com/a/b"] if pick.random() < 0.5 else [],
        "authors": pick.choice(["Ada Lovelace", "Alan Turing, Ada Lovelace", "A B"]),
        "date": pick.choice(["2024-05-01", "2024-12-31", "2025-01-01", "2025-02-06"]),
    }
    return row(number, **chosen | fields)


def tags():
    """What the index has of the papers, counted one by one."""
    found = Counter(tag for text in SearchText.objects.all() for tag in {*text.tags.split()})
    return {tag: n for tag, n in found.items() if tag[0] in "ecku" or len(tag) == 5}


def counts(text=""):
    return Results(parse(text)).facets().counts


@pytest.fixture
def papers():
    load_once((digest(*map(made, range(1, 40))), "a.json"))


def test_counts_are_those_of_the_index_after_every_change(papers, monkeypatch):
    assert counts() == tags()
    changes = [
        lambda: load(digest(*map(made, range(40, 60))), "b.json"),
        lambda: load(digest(made(3, classification=["Robotics"], date="2025-02-07")), "c.json"),
        # A paper that moves to the first place of its day moves the others.
        lambda: load(digest(made(70, date="2025-02-06"), made(5, date="2025-02-06")), "0.json"),
        lambda: undo(Source.objects.get(name="b.json")),
        lambda: load(digest(*(made(n, date="2025-02-06") for n in range(100, 300))), "d.json"),
    ]
    for change in changes:
        change()
        assert counts() == tags()
    monkeypatch.setattr(counting, "_read_all", lambda: pytest.fail("all was read anew"))
    load(digest(made(301), made(4, classification=["Robotics"])), "e.json")
    assert counts() == tags()


@pytest.mark.parametrize("day", ["2025-02-06", "2025-03-02"])  # among others, alone
def test_a_paper_that_is_hidden_is_counted_no_longer(papers, monkeypatch, curator, day):
    load(digest(made(40, classification=["Robotics"], date=day)), "b.json")
    load(digest(made(50, date="2025-03-01")), "c.json")
    assert counts() == tags()
    monkeypatch.setattr(counting, "_read_all", lambda: pytest.fail("all was read anew"))
    for hidden in (True, False):
        paper = Paper.objects.get(slug="2502.00040")
        decisions.correct(paper, "hidden", hidden, curator)
        load(digest(made(60 + hidden, date=f"2025-03-1{hidden:d}")), f"{hidden}.json")
        assert counts() == tags()
        results = Results(parse("category:robotics"))
        tagged = Counter(
            tag for found in results for tag in SearchText.objects.get(paper=found).tags.split()
        )
        facets = results.facets().counts
        assert facets == {tag: tagged[tag] for tag in facets}


def test_another_database_is_read_anew(papers):
    """As after a restore: what is there is older than what was counted."""
    before = tags()
    with transaction.atomic():
        load(digest(made(1, classification=["Image-to-3D"], date="2025-03-01")), "b.json")
        now = counts()
        assert now == tags()
        assert now != before
        transaction.set_rollback(True)
    load(digest(made(90)), "c.json")
    assert counts() == tags()


@pytest.mark.parametrize(
    "text",
    [
        *("has:code", "-has:code", "date:2024", "date:2024-12..2025-01", "date:2025-02-06"),
        *("category:robotics OR has:code", "-category:robotics -has:code", "author:ada has:code"),
        *("category:robotics date:2024", "-category:robotics OR date:2025", "date:2023", "nothing"),
    ],
)
def test_matches_are_counted_as_they_are_found(papers, text):
    results = Results(parse(text))
    facets = results.facets()
    assert (facets.total, facets.is_exact) == (results.count, True)
    tagged = Counter(
        tag for paper in results for tag in SearchText.objects.get(paper=paper).tags.split()
    )
    assert facets.counts == {tag: tagged[tag] for tag in facets.counts}


def test_more_matches_than_are_counted_are_estimated(papers, monkeypatch):
    monkeypatch.setattr("digest.search.COUNTED", 10)
    monkeypatch.setattr(counting, "EXACT", 30)
    facets = Results(parse("paper")).facets()
    assert not facets.is_exact
    assert facets.total == 39  # all papers match, as far as is known
    assert facets.counts == tags()
    # What the bitmaps know is exact, whatever its number.
    assert Results(parse("")).facets() == (tags(), True)


def test_estimates_have_two_digits():
    assert [counting._rounded(n) for n in (0, 1, 99.6, 123, 98_765)] == [0, 1, 100, 120, 99_000]


def test_nothing_is_counted_in_an_empty_catalogue():
    SearchText.objects.all().delete()
    Catalogue.change()
    assert counting.facets_of(AllOf(()), [], are_all=True) == (Counter(), True)
