"""A process that is killed leaves nothing by halves, before whichever of the database's steps.

`make faults` kills larger ones, by the clock, too.
"""

import io
from itertools import count

import pytest

from accounts.library import Library
from accounts.models import Bookmark, ListItem, Note, ReadingList, User
from accounts.transfer import export, restore
from digest.catalogue.load import load
from digest.models import Authorship, Entry, Paper, Placement, SearchText, Source
from digest.search import index
from tests import kills
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def outcomes(work, became):
    """What became of the work when it was killed before each of its steps, in their order, up to
    the kill that comes too late."""
    found = []
    for step in count(1):
        killed = kills.run(lambda: work(step), step=step).killed  # noqa: B023
        if not killed:
            break
        found.append(became(step))
    assert became(step) == "whole"
    assert index.check().is_ok
    return found


def assert_none_then_whole(found):
    assert {*found} <= {"none", "whole"}
    assert found == sorted(found)  # once it is there, it stays
    assert found[0] == "none"


def test_a_load(db):
    def papers(number):
        return [row(number * 10 + n, date=f"2025-02-{n + 6:02}") for n in (1, 2)]

    def work(number):
        return load(digest(*papers(number)), f"{number}.json").status

    def became(number):
        slugs = [said["link"].rpartition("/")[2] for said in papers(number)]
        counts = [
            Source.objects.filter(name=f"{number}.json").count(),
            Paper.objects.filter(slug__in=slugs).count(),
            *(
                model.objects.filter(paper__slug__in=slugs).count()
                for model in (Entry, Placement, SearchText, Authorship)
            ),
        ]
        return {(1, 2, 2, 2, 2, 4): "whole", (0,) * 6: "none"}.get(tuple(counts), counts)

    assert_none_then_whole(outcomes(work, became))


@pytest.fixture
def papers():
    load(digest(*(row(number) for number in range(1, 101))), "2025-02-06.json")
    return list(Paper.objects.order_by("position"))


def test_a_note_over_another(papers):
    user = User.objects.create_user("ada")
    library = Library(user)
    for paper in papers[:20]:
        library.notes.save(paper, "before", 0)

    def work(number):
        return library.notes.save(papers[number], "*after*", 1).version

    def became(number):
        note = Note.objects.get(user=user, paper=papers[number])
        said = (note.text, note.version, note.html, note.words)
        return {
            ("before", 1, "<p>before</p>", "before"): "none",
            ("*after*", 2, "<p><em>after</em></p>", "after"): "whole",
        }.get(said, said)

    assert_none_then_whole(outcomes(work, became))


def test_an_import(papers):
    owner = User.objects.create_user("owner")
    library = Library(owner)
    library.bookmarks.add([papers[0].pk, papers[1].pk], "read")
    library.notes.save(papers[0], "*said*", 0)
    made = library.lists.create("Mine")
    library.lists.open(made.slug).add([papers[0].pk])
    file = io.BytesIO()
    export(library, owner, file)
    users = [User.objects.create_user(f"person{number}") for number in range(200)]

    def work(number):
        return restore(Library(users[number]), users[number], file.getvalue()).bookmarks

    def became(number):
        counts = (
            Bookmark.objects.filter(user=users[number]).count(),
            Note.objects.filter(user=users[number]).count(),
            ReadingList.objects.filter(owner=users[number]).count(),
            ListItem.objects.filter(reading_list__owner=users[number]).count(),
        )
        return {(2, 1, 1, 1): "whole", (0,) * 4: "none"}.get(counts, counts)

    assert_none_then_whole(outcomes(work, became))
