"""Papers that the catalogue shows no longer: programs reach those that their person kept."""

import pytest

from accounts.library import Library
from accounts.models import Visibility
from digest.curation.decisions import correct, merge_papers

pytestmark = pytest.mark.sqlite

ID = "2502.00001"


@pytest.fixture
def hidden(library, papers):
    """A paper, bookmarked, and hidden since."""
    library.bookmarks.add([papers[0].pk])
    correct(papers[0], "hidden", True, None)
    return papers[0]


def test_a_bookmark_has_no_page_and_is_taken_away(mine, hidden):
    (row,) = mine.get("bookmarks/").json()["results"]
    assert (row["paper"]["id"], row["paper"]["page"]) == (ID, None)
    assert mine.put(f"bookmarks/{ID}/", {"status": "read"}).json()["status"] == "read"
    assert mine.delete(f"bookmarks/{ID}/").status_code == 204
    assert mine.get("bookmarks/").json()["count"] == 0
    assert mine.put(f"bookmarks/{ID}/").status_code == 404
    said = mine.post("bookmarks/", {"do": "add", "papers": [ID]}).json()
    assert said["results"] == [{"paper": ID, "outcome": "missing"}]


def test_a_note_is_written(mine, hidden):
    assert mine.put(f"notes/{ID}/", {"text": "Gradients"}).status_code == 201
    assert mine.get("notes/").json()["results"][0]["paper"] == ID


def test_to_others_it_is_not_there(theirs, other, hidden):
    for ask in (theirs.put, theirs.get, theirs.delete):
        assert ask(f"bookmarks/{ID}/").status_code == 404
    assert theirs.put(f"notes/{ID}/", {"text": "Gradients"}).status_code == 404
    made = Library(other).lists.create("Mine")
    said = theirs.post(f"lists/{made.slug}/items/", {"papers": [ID, "2502.00002"]}).json()
    assert said == {"added": 1, "missing": [ID]}


@pytest.mark.databases
def test_a_list_has_it_for_those_alone_who_may_take_it_out(mine, theirs, library, papers):
    made = library.lists.create("Survey", visibility=Visibility.PUBLIC)
    library.lists.open(made.slug).add([paper.pk for paper in papers[:3]])
    correct(papers[0], "hidden", True, None)
    there = f"lists/{made.slug}/"
    for program, ids in ((mine, [1, 2, 3]), (theirs, [2, 3])):
        rows = program.get(f"{there}items/").json()["results"]
        assert [int(row["paper"]["id"][-1]) for row in rows] == ids
        assert [row["position"] for row in rows] == [*range(1, len(ids) + 1)]
        assert program.get(there).json()["items_count"] == len(ids)
    assert theirs.get(f"{there}items/{ID}/").status_code == 404
    assert mine.delete(f"{there}items/{ID}/").status_code == 204
    assert mine.get(there).json()["items_count"] == 2
    assert mine.post(f"{there}items/", {"papers": [ID]}).json() == {"added": 0, "missing": [ID]}


def test_the_name_of_a_merged_paper_is_the_others(mine, papers):
    merge_papers(papers[0], papers[1], None)
    assert mine.put(f"bookmarks/{ID}/").json()["paper"]["id"] == "2502.00002"
