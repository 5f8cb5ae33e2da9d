"""What readers see of curation: that something was corrected, and what, and never by whom."""

import re
from datetime import UTC, datetime

import pytest
from django.core.cache import caches

from digest.catalogue.load import load, undo
from digest.curation import decisions
from digest.models import Correction, Paper, Source
from tests.accounts.conftest import person
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

PAGE = "/papers/2502.00001/"
CORRECTED = {
    "title": "A better paper",
    "summary": "- Better.",
    "authors": ["Grace Hopper", "Ada Lovelace"],
    "authors_cut": True,
    "categories": ["Robotics", "Text Generation"],
    "links": ["https://example.org/code"],
}


@pytest.fixture
def paper():
    load_once((digest(row(1, summary=""), row(2)), "a.json"))
    return Paper.objects.get(slug="2502.00001")


def text(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def told(client):
    """The note on corrections, line by line as readers see it; None if there is none."""
    _, found, after = text(client.get(PAGE)).partition('<details class="corrected">')
    if not found:
        return None
    note = after.partition("</details>")[0]
    lines = (re.sub(r"<[^>]*>", "", part) for part in re.split("</(?:summary|dt|dd)>", note))
    return [line.strip() for line in lines if line.strip()]


def on(day):
    """Takes the corrections that stand for ones of this day."""
    Correction.objects.active().update(made_at=datetime(2025, 3, day, 12, tzinfo=UTC))


def test_a_paper_that_nobody_corrected_says_nothing(client, paper):
    assert told(client) is None


@pytest.mark.parametrize(
    ("field", "named", "shown"),
    [
        ("title", "title", ["Title", "The digests: Paper 1", "Here: A better paper"]),
        (
            "summary",
            "summary",
            ["Summary", "The digests gave none.", "Here: see above."],
        ),
        (
            "authors",
            "authors",
            [
                "Authors",
                "The digests: Ada Lovelace, Alan Turing",
                "Here: Grace Hopper, Ada Lovelace",
            ],
        ),
        (
            "authors_cut",
            "whether there are more authors",
            [
                "Whether there are more authors",
                "The digests: no (as far as known)",
                "Here: yes",
            ],
        ),
        (
            "categories",
            "categories",
            ["Categories", "The digests: Text Generation", "Here: Robotics, Text Generation"],
        ),
        (
            "links",
            "links",
            [
                "Links",
                "The digests: https://github.com/lab/code-1",
                "Here: https://example.org/code",
            ],
        ),
    ],
)
def test_readers_are_told_what_was_corrected(client, paper, field, named, shown):
    decisions.correct(paper, field, CORRECTED[field], None)
    on(4)
    assert told(client) == [f"Corrected on 4 March 2025: {named}", *shown]


def test_several_corrections_are_told_at_once_and_their_end(client, paper):
    made = [decisions.correct(paper, field, value, None) for field, value in CORRECTED.items()]
    on(4)
    Correction.objects.filter(field="links").update(made_at="2025-03-05T12:00Z")
    assert told(client)[0] == (
        "Corrected on 5 March 2025: title, summary, authors, whether there are more authors, "
        "categories, links"
    )
    for each in made[1:]:
        decisions.withdraw(each, None)
    assert told(client)[0] == "Corrected on 4 March 2025: title"
    decisions.withdraw(made[0], None)
    assert told(client) is None


def test_that_a_paper_was_hidden_for_a_while_is_not_told(client, paper):
    decisions.correct(paper, "hidden", True, None)
    assert client.get(PAGE).status_code == 404
    # While no source speaks of it, that it is to be shown is a correction, too.
    undo(Source.objects.get())
    assert decisions.correct(paper, "hidden", False, None).is_active
    load(digest(row(1)), "b.json")
    assert told(client) is None


def test_who_corrected_it_and_why_is_for_curators(client, paper):
    decisions.correct(paper, "title", "A better paper", person("mender"), "a secret reason")
    shown = text(client.get(PAGE))
    assert "A better paper" in shown
    assert "mender" not in shown
    assert "a secret reason" not in shown


def test_what_is_said_and_shown_is_escaped(client, paper):
    load(digest(row(1, title="<b>Old</b>", authors="<i>Ada</i>", date="2025-02-07")), "b.json")
    decisions.correct(paper, "title", "<script>alert(1)</script>", None)
    decisions.correct(paper, "authors", ["<script>alert(2)</script>"], None)
    shown = text(client.get(PAGE))
    assert "alert(1)" in shown
    for tag in ("<script>alert", "<b>Old", "<i>Ada"):
        assert tag not in shown


def test_queries_of_a_paper_that_was_corrected(client, paper, django_assert_num_queries):
    """As many as of one that nobody corrected; all share a word with another, to show it."""
    for field, value in [("title", "Paper 1"), *CORRECTED.items()]:
        decisions.correct(paper, field, value, None)
        caches["cards"].clear()
        with django_assert_num_queries(21):
            client.get(PAGE)


def test_an_author_has_the_names_that_are_printed(client, paper):
    page = "/authors/alan-turing/"
    assert "Also printed as" not in text(client.get(page))
    aliases = [
        decisions.merge_authors(name, "Alan Turing", None) for name in ("<b>A. Turing", "A Turing")
    ]
    shown = text(client.get(page))
    assert "Also printed as <bdi>&lt;b&gt;A. Turing</bdi>, <bdi>A Turing</bdi>." in shown
    for alias in aliases:
        decisions.split_author(alias, None)
    assert "Also printed as" not in text(client.get(page))


def test_queries_of_an_author_with_names(client, paper, django_assert_num_queries):
    for name in ("A. Turing", "A M Turing", "Turing"):
        decisions.merge_authors(name, "Alan Turing", None)
        caches["cards"].clear()
        with django_assert_num_queries(9):
            client.get("/authors/alan-turing/")
