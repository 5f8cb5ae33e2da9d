"""The library searched: by the language of the site, and by what only a library knows."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.library import Library, Sort
from digest.models import Paper
from tests.catalogue import load_once
from tests.samples import digest, row


@pytest.fixture
def kept(library, other):
    """Six papers: of one nothing is kept."""
    load_once(
        (
            digest(
                row(1, title="Diffusion of images", date="2025-02-03"),
                row(2, title="Images of language", date="2025-02-05"),
                row(3, title="A language", github_urls=[], date="2025-02-04"),
                row(4, title="Zebra stripes", summary="- A summary.", date="2025-02-06"),
                row(5, title="Only in a list", date="2025-02-02"),
                row(6, title="Diffusion of nothing", date="2025-02-01"),
            ),
            "2025.json",
        )
    )
    papers = {int(paper.slug[-1]): paper for paper in Paper.objects.all()}
    library.bookmarks.add([papers[1].pk])
    library.bookmarks.add([papers[2].pk], "reading")
    library.bookmarks.add([papers[3].pk], "read")
    library.notes.save(papers[3], "Compare with the *diffusion* of heat", 0)
    library.notes.save(papers[4], "Stripes, see chapter two", 0)
    made = library.lists.create("To Compare")
    library.lists.open(made.slug).add([papers[1].pk, papers[5].pk])
    theirs = Library(other)
    theirs.bookmarks.add([papers[6].pk], "read")
    theirs.notes.save(papers[6], "stripes", 0)
    theirs.lists.open(theirs.lists.create("Theirs").slug).add([papers[6].pk])
    return papers


def found(library, query, sort=Sort.DATE):
    return [int(paper.slug[-1]) for paper in library.shelf.find(library.shelf.parse(query), sort)]


@pytest.mark.parametrize(
    ("query", "papers"),
    [
        ("", [4, 2, 3, 1]),
        ("images", [2, 1]),
        ("diffusion", [3, 1]),  # one by its note
        ("language diffusion", [3]),  # a word in the paper, the other in its note
        ('"diffusion of heat"', [3]),
        ("title:diffusion", [1]),
        ("chap", [4]),
        ("stripes -zebra", []),
        ("-diffusion", [4, 2]),
        ("zebra OR images", [4, 2, 1]),
        ("has:code", [4, 2, 1]),
        ("is:unread", [2, 1]),
        ("is:to-read", [1]),
        ("is:reading", [2]),
        ("is:read", [3]),
        ("-is:read", [4, 2, 1]),
        ("has:note", [4, 3]),
        ("has:note language", [3]),
        ('in:"to compare"', [1, 5]),
        ('in:"to compare" images', [1]),
        ('-in:"to compare"', [4, 2, 3]),
        ("is:unread OR has:note", [4, 2, 3, 1]),
        ("date:2025-02-04..2025-02-05", [2, 3]),
    ],
)
@pytest.mark.slow
def test_queries(kept, library, query, papers):
    assert found(library, query) == papers


def test_orders(kept, library):
    assert found(library, "", Sort.ADDED) == [4, 3, 2, 1]
    assert found(library, "", Sort.TITLE) == [3, 1, 2, 4]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("is:lent", "is: takes unread, to-read, reading, read, dismissed"),
        ("in:Theirs", "you have no list of this name"),
    ],
)
def test_a_part_that_cannot_be_read_says_why(kept, library, query, reason):
    parsed = library.shelf.parse(f"images {query}")
    assert [(p.part, p.reason) for p in parsed.problems] == [(query, reason)]
    assert [paper.slug[-1] for paper in library.shelf.find(parsed, Sort.DATE)] == ["2", "1"]


def test_dismissed_papers_are_seen_when_asked_for(kept, library):
    library.bookmarks.dismiss([kept[1].pk, kept[6].pk])
    assert found(library, "is:dismissed") == [1, 6]
    assert found(library, "images") == [2]


def test_tally(kept, library):
    assert library.shelf.tally == {"to-read": 1, "reading": 1, "read": 1, "note": 2}


def test_a_visitor_has_an_empty_library(kept):
    assert found(Library(AnonymousUser()), "") == []
    assert found(Library(AnonymousUser()), "diffusion") == []


@pytest.mark.parametrize(
    ("query", "queries"),
    [("", 3), ("paper", 7), ('paper is:unread -has:note in:"All"', 9)],
)
def test_as_many_queries_for_one_as_for_many(
    library, papers, query, queries, django_assert_num_queries
):
    made = library.lists.create("All")
    library.lists.open(made.slug).add([paper.pk for paper in papers])
    for kept in (papers[:1], papers):
        library.bookmarks.add([paper.pk for paper in kept])
        asked = Library(library.user)
        with django_assert_num_queries(queries):
            found = asked.shelf.find(asked.shelf.parse(query))[0:25]
        assert len(found) == len(kept)
