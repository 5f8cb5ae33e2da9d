"""What people made of papers, when curators merge and split these: nothing is lost, ever."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from unittest import mock

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts import markdown
from accounts.library import Conflict, Library, joins, merges
from accounts.models import (
    Bookmark,
    Dismissal,
    ListItem,
    Note,
    ReadingList,
    Report,
    Status,
    User,
    Visibility,
)
from digest.curation.decisions import merge_papers, split_paper
from digest.models import Merge, Paper

DAY = datetime(2025, 2, 6, 12, 0, 0, 123456, tzinfo=UTC)


def paper(number):
    return Paper.objects.create(
        slug=f"paper-{number}",
        title=f"Paper {number}",
        title_html=f"Paper {number}",
        date=date(2025, 2, 6),
        position=number,
    )


def merge(one, into):
    write = merges.merge_rows(one, into)
    Merge.objects.create(paper_id=one, into_id=into)
    write()


def split(one):
    found = Merge.objects.active().get(paper=one)
    end = found.into_id
    while further := Merge.objects.active().filter(paper=end).first():
        end = further.into_id
    write = merges.split_rows(one, end)
    Merge.objects.filter(pk=found.pk).update(ended_at=timezone.now())
    write()


def rows(model, *left_out):
    fields = [f.attname for f in model._meta.concrete_fields if f.attname not in left_out]
    return list(model.objects.order_by("pk").values(*fields))


def everything():
    """All that people have. To save a text anew counts, as it does when they save it themselves."""
    return {
        model.__name__: rows(model, "version")
        for model in (Bookmark, Dismissal, Note, ListItem, Report)
    }


def hidden():
    """The rows that are shown to nobody."""
    models = (Bookmark, Dismissal, Note, ListItem)
    return [row for model in models for row in model.with_parts.filter(shown=None)]


@pytest.fixture
def three(db):
    return [paper(number) for number in (1, 2, 3)]


def noted(library):
    """The person's notes, by the number of the paper."""
    return {note.paper.position: note.text for note in library.notes.all()}


def listed(opened):
    return [(item.paper.position, item.comment) for item in opened.items()]


@pytest.fixture
def survey(library):
    return library.lists.open(library.lists.create("Survey").slug)


# What becomes of a row


def test_rows_go_to_the_paper_that_theirs_is_merged_into(library, owner, three, survey):
    one, two, _ = three
    library.bookmarks.add([one.pk], "reading")
    library.notes.save(one, "A *note*", 0)
    survey.add([one.pk])
    Report.objects.create(user=owner, paper=one, kind="title", comment="A typo", made_at=DAY)
    before = everything()
    merge(one.pk, two.pk)
    for name, found in everything().items():
        moved = {"paper_id": two.pk, "home_id": one.pk}
        assert found == [row | moved for row in before[name]]
    split(one.pk)
    assert everything() == before
    assert not hidden()


def test_two_bookmarks_become_one_that_is_further_and_older(library, three):
    one, two, _ = three
    library.bookmarks.add([one.pk], "reading")
    library.bookmarks.add([two.pk])
    Bookmark.objects.filter(paper=one).update(added_at=DAY)
    before = everything()
    merge(one.pk, two.pk)
    found = Bookmark.objects.get()
    assert (found.paper, found.status, found.added_at) == (two, "reading", DAY)
    split(one.pk)
    assert everything() == before


def test_two_notes_become_one_below_the_other(library, three):
    one, two, _ = three
    library.notes.save(one, "First", 0)
    version = library.notes.save(two, "Second", 0).version
    before = everything()
    merge(one.pk, two.pk)
    found = Note.objects.get()
    assert (found.paper, found.text) == (two, "Second\n\n---\n\nFirst")
    assert found.html == markdown.render(found.text)
    assert (found.html, found.words) == markdown.render_and_words(found.text)
    assert found.version > version, "who has the old text open must hear of the new one"
    split(one.pk)
    assert everything() == before


def test_a_note_that_says_the_same_is_not_said_twice(library, three):
    one, two, _ = three
    library.notes.save(one, "The same", 0)
    library.notes.save(two, "It says: The same", 0)
    merge(one.pk, two.pk)
    assert noted(library) == {2: "It says: The same"}
    assert Note.objects.get().version == 1
    split(one.pk)
    assert noted(library) == {1: "The same", 2: "It says: The same"}


def test_a_note_for_which_there_is_no_room_stays_where_it_is(library, three):
    one, two, _ = three
    library.notes.save(one, "x" * 60_000, 0)
    library.notes.save(two, "y" * 60_000, 0)
    before = everything()
    merge(one.pk, two.pk)
    assert everything() == before
    split(one.pk)
    assert everything() == before
    assert not hidden()


def test_a_list_keeps_its_order_and_hears_of_the_change(library, three, survey):
    one, two, three = three
    survey.add([one.pk, three.pk, two.pk], section="Methods")
    survey.describe_item(one.pk, comment="Of *one*", section="Methods")
    survey.describe_item(two.pk, comment="Of two", section="Methods")
    before = everything()
    changed = ReadingList.objects.get().changed_at
    merge(one.pk, two.pk)
    assert listed(survey) == [(3, ""), (2, "Of two\n\n---\n\nOf *one*")]
    item = ListItem.objects.get(paper=two)
    assert item.comment_html == markdown.render(item.comment)
    assert (joined := ReadingList.objects.get().changed_at) > changed
    split(one.pk)
    assert everything() == before
    assert ReadingList.objects.get().changed_at > joined
    merge(three.pk, two.pk)
    assert ReadingList.objects.get().changed_at > joined


def test_an_item_comes_back_after_what_stands_in_its_place(library, three, survey):
    one, two, three = three
    survey.add([one.pk, two.pk])
    merge(one.pk, two.pk)
    taken = ListItem.with_parts.get(paper=one).position
    survey.add([three.pk])
    ListItem.objects.filter(paper=three).update(position=taken)
    split(one.pk)
    assert [number for number, _ in listed(survey)] == [3, 1, 2]


def test_other_people_and_papers_are_left_alone(library, other, three):
    one, two, three = three
    theirs = Library(other)
    library.bookmarks.add([one.pk, three.pk])
    theirs.bookmarks.add([two.pk], "read")
    merge(one.pk, two.pk)
    found = Bookmark.objects.order_by("pk").values_list("user__username", "paper", "status")
    assert list(found) == [
        ("owner", two.pk, "to-read"),
        ("owner", three.pk, "to-read"),
        ("other", two.pk, "read"),
    ]


# What people do meanwhile


def test_what_was_changed_meanwhile_stays_changed(library, three, survey):
    one, two, _ = three
    library.bookmarks.add([one.pk])
    library.bookmarks.add([two.pk])
    library.notes.save(one, "First", 0)
    library.notes.save(two, "Second", 0)
    survey.add([one.pk])
    merge(one.pk, two.pk)
    library.bookmarks.add([two.pk], "read")
    library.notes.save(two, "Better than both", Note.objects.get().version)
    survey.describe_item(two.pk, comment="New", section="")
    split(one.pk)
    assert [(b.paper, b.status) for b in library.bookmarks.all()] == [
        (one, "to-read"),
        (two, "read"),
    ]
    assert noted(library) == {1: "First", 2: "Better than both"}
    assert listed(survey) == [(1, "New")]


def test_what_is_written_while_a_merge_is_worked_out_is_joined_too(library, other, three):
    one, two, _ = three
    note = library.notes.save(one, "First", 0)
    library.notes.save(two, "Second", 0)
    write = merges.merge_rows(one.pk, two.pk)
    library.notes.save(one, "Newer", note.version)
    Library(other).bookmarks.add([one.pk, two.pk], "read")
    Merge.objects.create(paper=one, into=two)
    write()
    assert noted(library) == {2: "Second\n\n---\n\nNewer"}
    assert Bookmark.objects.get().paper == two
    split(one.pk)
    assert noted(library) == {1: "Newer", 2: "Second"}
    assert Bookmark.objects.count() == 2


def test_who_has_the_joined_note_open_does_not_save_it_over_their_own(library, three):
    one, two, _ = three
    for each in (one, two):
        library.notes.save(each, f"Text {each.position}", 0)
    merge(one.pk, two.pk)
    joined = Note.objects.get()
    split(one.pk)
    with pytest.raises(Conflict):
        library.notes.save(two, f"{joined.text}!", joined.version)
    own = Note.objects.get(paper=two)
    library.notes.save(two, "Newer", own.version)
    with pytest.raises(Conflict):
        library.notes.save(two, f"{joined.text}!", joined.version)


def test_a_merge_takes_as_many_statements_for_many_people_as_for_one(three):
    one, two, _ = three
    counts = []
    for number in (1, 20):
        for name in range(number):
            library = Library(User.objects.create_user(f"{number}-{name}"))
            library.bookmarks.add([one.pk, two.pk])
            library.notes.save(one, "A note", 0)
            opened = library.lists.open(library.lists.create("List").slug)
            opened.add([one.pk, two.pk])
        made = None
        for decide in (merges.merge_rows, merges.split_rows):
            write = decide(one.pk, two.pk)
            made = made or Merge.objects.create(paper=one, into=two)
            with CaptureQueriesContext(connection) as asked:
                write()
            counts.append(len({query["sql"] for query in asked}))
        made.delete()
    assert counts[:2] == counts[2:]


def test_what_was_removed_meanwhile_stays_removed(library, three, survey):
    one, two, _ = three
    for key in (one.pk, two.pk):
        library.bookmarks.add([key])
        survey.add([key])
    library.bookmarks.dismiss([one.pk])
    library.notes.save(one, "First", 0)
    merge(one.pk, two.pk)
    library.bookmarks.remove([two.pk])
    library.bookmarks.show_again([two.pk])
    library.notes.save(two, "", Note.objects.get().version)
    survey.remove([two.pk])
    split(one.pk)
    assert not any(everything().values())
    assert not hidden()


def test_a_deleted_note_is_gone_with_all_that_it_took_up(library, three):
    one, two, _ = three
    library.notes.save(one, "Secret", 0)
    library.notes.save(two, "Second", 0)
    merge(one.pk, two.pk)
    library.notes.save(two, "", Note.objects.get().version)
    assert not hidden()
    library.notes.save(two, "New", 0)
    split(one.pk)
    assert noted(library) == {2: "New"}


def test_a_bookmark_made_anew_lets_the_other_come_back(library, three):
    one, two, _ = three
    library.bookmarks.add([one.pk], "reading")
    library.bookmarks.add([two.pk])
    merge(one.pk, two.pk)
    library.bookmarks.undo_changes([two.pk], library.bookmarks.remove([two.pk]))
    split(one.pk)
    assert {b.paper for b in library.bookmarks.all()} == {one, two}


def test_who_deletes_their_account_leaves_nothing(library, owner, three, survey):
    one, two, _ = three
    for key in (one.pk, two.pk):
        library.bookmarks.add([key])
        survey.add([key])
    merge(one.pk, two.pk)
    assert len(hidden()) == 4
    owner.delete()
    assert not hidden()
    split(one.pk)


def test_a_list_that_is_gone_gets_nothing_back(library, three, survey):
    one, two, three = three
    survey.add([one.pk, two.pk, three.pk])
    merge(one.pk, three.pk)
    merge(two.pk, three.pk)
    survey.delete()
    split(one.pk)
    assert not ListItem.objects.exists()
    assert not hidden()


def test_an_item_is_the_new_owners_and_of_nobody_who_is_gone(library, owner, editor, three, survey):
    one, two, _ = three
    survey.add([one.pk, two.pk])
    survey.invite("editor", "editor")
    theirs = Library(editor).lists
    theirs.accept(theirs.invitations().get().pk)
    merge(one.pk, two.pk)
    survey.transfer_ownership(survey.members()[0].pk)
    owner.delete()
    split(one.pk)
    assert [item.added_by for item in ListItem.objects.order_by("position")] == [None, None]


# Who sees what


@pytest.mark.parametrize("shown", [1, 2])
@pytest.mark.parametrize("texts", [(), (1,), (2,), (1, 2)])
def test_a_note_is_shown_to_nobody_to_whom_it_was_not(library, three, survey, texts, shown):
    for number in texts:
        library.notes.save(three[number - 1], f"Text {number}", 0)
    survey.add([three[shown - 1].pk])
    survey.show_note(three[shown - 1].pk, True)
    before = [*survey.notes(survey.items()).values()]
    merge(three[0].pk, three[1].pk)
    assert [*survey.notes(survey.items()).values()] in ([], before)
    assert ListItem.objects.get().shows_note == (texts in ((), (shown,)))


# Chains, and any order


def test_a_chain_is_split_in_any_order(library, three):
    one, two, three = three
    for number, each in enumerate((one, two, three), start=1):
        library.notes.save(each, f"Text {number}", 0)
    before = everything()
    for first, second in ((one, two), (two, one)):
        merge(one.pk, two.pk)
        merge(two.pk, three.pk)
        assert noted(library) == {3: "Text 3\n\n---\n\nText 2\n\n---\n\nText 1"}
        split(first.pk)
        assert noted(library) == (
            {1: "Text 1", 3: "Text 3\n\n---\n\nText 2"}
            if first == one
            else {2: "Text 2\n\n---\n\nText 1", 3: "Text 3"}
        )
        split(second.pk)
        assert everything() == before
    assert not hidden()


def test_two_are_taken_out_of_one_in_any_order(library, three):
    one, two, three = three
    for number, each in enumerate((one, two, three), start=1):
        library.notes.save(each, f"Text {number}", 0)
        library.bookmarks.add([each.pk], ["read", "reading", "to-read"][number - 1])
    before = everything()
    for first, second in ((one, two), (two, one)):
        merge(one.pk, three.pk)
        merge(two.pk, three.pk)
        split(first.pk)
        left = 1 if second == one else 2
        assert noted(library)[3] == f"Text 3\n\n---\n\nText {left}"
        assert Bookmark.objects.get(paper=three).status == ["read", "reading"][left - 1]
        split(second.pk)
        assert everything() == before


def test_where_there_is_no_room_for_all_the_newest_goes_along(library, three):
    one, two, three = three
    for each, size in ((one, 60_000), (two, 60_000), (three, 10)):
        library.notes.save(each, f"{each}" * (size // 7), 0)
    before = everything()
    merge(two.pk, one.pk)
    merge(one.pk, three.pk)
    assert noted(library).keys() == {1, 3}
    split(one.pk)
    assert everything() == before
    split(two.pk)
    assert everything() == before


def test_a_row_takes_the_place_that_another_leaves(library, three):
    one, two, three = three
    for each in (one, two):
        library.notes.save(each, f"{each}" * 8_000, 0)
    before = everything()
    merge(one.pk, three.pk)
    merge(two.pk, three.pk)
    assert noted(library).keys() == {1, 3}
    split(two.pk)
    assert noted(library).keys() == {2, 3}
    split(one.pk)
    assert everything() == before


def test_curators_say_it(library, curator, papers):
    one, two, three, *_ = papers
    for each in (one, two, three):
        library.bookmarks.add([each.pk])
    first = merge_papers(one, two, curator)
    second = merge_papers(two, three, curator)
    assert [b.paper for b in library.bookmarks.all()] == [three]
    split_paper(first, curator)
    assert [b.paper for b in library.bookmarks.all()] == [one, three]
    split_paper(second, curator)
    assert [b.paper for b in library.bookmarks.all()] == [one, two, three]


@pytest.mark.django_db(transaction=True)
def test_rows_that_were_joined_before_there_were_parts_come_back(library, three):
    """What the last version wrote: a joined row, and the others and what it was before as JSON."""
    one, two, three = three
    library.notes.save(two, "Second\n\n---\n\nFirst", 0)
    library.bookmarks.add([two.pk], "read")
    state = MigrationExecutor(connection).loader.project_state(
        ("accounts", "0010_rows_of_merged_papers")
    )
    with connection.schema_editor() as editor:
        editor.create_model(state.apps.get_model("accounts", "Followed"))
    Note.objects.update(added_at=DAY, changed_at=DAY)
    note, moved = Note.objects.get(), Bookmark.objects.get()
    gone = Note(user=note.user, paper=two, text="First", html="<p>First</p>", words="first")
    plain = {field.attname: getattr(gone, field.attname) for field in Note._meta.concrete_fields}
    times = {"added_at": DAY.isoformat(), "changed_at": DAY.isoformat()}
    for name in ("home_id", "shown", "joined"):  # there was no such thing
        del plain[name]
    was = {"text": "Second"} | times
    row = {"row": plain | times | {"id": 7_000}, "onto": note.pk, "was": was}
    mine = {"user_id": note.user_id, "paper_id": one.pk}
    followed = state.apps.get_model("accounts", "Followed").objects
    followed.create(**mine, model="note", key=7_000, row=row)
    followed.create(**mine, model="bookmark", key=moved.pk)
    Merge.objects.create(paper=one, into=two)
    try:
        with connection.schema_editor() as editor:
            module = import_module("accounts.migrations.0011_followed_rows")
            module.into_parts(state.apps, editor)
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(state.apps.get_model("accounts", "Followed"))
    assert noted(library) == {2: "Second\n\n---\n\nFirst"}
    split(one.pk)
    assert noted(library) == {1: "First", 2: "Second"}
    assert [*Note.objects.order_by("text").values_list("html", "words", "added_at")] == [
        ("<p>First</p>", "first", DAY),
        ("<p>Second</p>", "second", DAY),
    ]
    assert [bookmark.paper for bookmark in library.bookmarks.all()] == [one]
    assert not hidden()


@st.composite
def stories(draw):
    """What two people have of four papers, and which are then merged and split."""
    papers = st.integers(0, 3)
    people = st.integers(0, 1)
    has = st.sampled_from(["bookmark", "dismissal", "note", "item", "report"])
    row = st.tuples(people, papers, has, st.sampled_from(Status.values))
    rows = draw(st.lists(row, min_size=12, max_size=30))
    steps = draw(st.lists(st.tuples(papers, papers), min_size=3, max_size=12))
    return rows, steps, draw(st.randoms(use_true_random=False))


@pytest.mark.slow
@pytest.mark.django_db  # on both databases
class AnyStory(TestCase):
    def setUp(self):
        # So little room that two long texts have none together.
        for name in ("NOTE_LENGTH", "COMMENT_LENGTH"):
            self.enterContext(mock.patch.object(joins, name, 40))

    @given(stories())
    @settings(max_examples=settings().max_examples // 3)
    def test_everybody_has_what_they_had(self, story):
        rows, steps, random = story
        papers = self.make(rows)
        before, texts = everything(), self.texts()
        for one, into in steps:
            self.decide(papers[one], papers[into])
            self.check(texts)
        merges = list(Merge.objects.active())
        random.shuffle(merges)
        for one in merges:
            split(one.paper_id)
            self.check(texts)
        assert everything() == before
        assert not hidden()

    @given(stories())
    @settings(max_examples=settings().max_examples // 3)
    def test_what_they_write_meanwhile_stays(self, story):
        rows, steps, random = story
        papers = self.make(rows)
        library = Library(User.objects.get(username="owner"))
        last = {}
        for one, into in steps:
            self.decide(papers[one], papers[into])
            last |= self.change(library, random)
        for one in Merge.objects.active():
            split(one.paper_id)
        assert not hidden()
        for model in (Bookmark, Dismissal, Note, ListItem, Report):
            assert not model.objects.exclude(home=None).exists()
        for model, field, text in last.values():
            found = model.objects.values_list(field, flat=True)
            assert not text or any(text in one for one in found)

    def make(self, rows):
        """Four papers, and what two people have of them."""
        papers = [paper(number) for number in range(1, 5)]
        people = [User.objects.create_user(name) for name in ("owner", "other")]
        lists = [
            Library(user).lists.create("List", visibility=Visibility.PUBLIC) for user in people
        ]
        made = {}
        for number, (who, which, what, status) in enumerate(rows):
            at = DAY + timedelta(days=number % 7, microseconds=number)
            text = f"<{number}>" + " and so on" * (number % 3)
            own = {"user": people[who], "paper": papers[which]}
            match what:
                case "bookmark":
                    new = Bookmark(**own, status=status, added_at=at)
                case "dismissal":
                    new = Dismissal(**own, added_at=at)
                case "report":
                    new = Report(**own, kind="other", comment="", made_at=at)
                case "note":
                    new = Note(**own, text=text, html=text, words=text, added_at=at, changed_at=at)
                case _:
                    text = text if number % 4 else ""
                    new = ListItem(
                        reading_list=lists[who],
                        paper=papers[which],
                        section=status,
                        position=number,
                        comment=text,
                        added_at=at,
                        comment_html=text,
                        added_by=people[who],
                    )
            made.setdefault((who, which, number if what == "report" else what), new)
        for model in (Bookmark, Dismissal, Note, ListItem, Report):
            model.objects.bulk_create(row for row in made.values() if isinstance(row, model))
        return papers

    def decide(self, paper, into):
        """Merge two papers, or split the one if it is merged."""
        merges = Merge.objects.active().filter(paper__in=[paper, into])
        if merges.filter(paper=paper).exists():
            split(paper.pk)
        elif paper != into and not merges.exists():
            merge(paper.pk, into.pk)

    def change(self, library, random):
        """Write one of the notes or comments anew, or remove it: by kind, what is to be found."""
        opened = library.lists.open(library.lists.owned().get().slug)
        if not (rows := [*library.notes.all(), *opened.items()]):
            return {}
        row, text = random.choice(rows), random.choice(["", f"[{random.random()}]"])
        if isinstance(row, Note):
            library.notes.save(row.paper, text, row.version)
            return {Note: (Note, "text", text)}
        if text:
            opened.change_item(row.paper_id, comment=text, to=random.choice([None, 1]))
        else:
            opened.remove([row.paper_id])
        return {ListItem: (ListItem, "comment", text)}

    def texts(self):
        notes = Note.objects.values_list("user", "text")
        items = ListItem.objects.values_list("reading_list__owner", "comment")
        return {*notes, *items}

    def check(self, texts):
        """What everybody wrote can be read somewhere; nothing stands at a merged paper but what
        there was no room for."""
        now = self.texts()
        for user, text in texts:
            assert any(user == whose and text in found for whose, found in now)
        merged = Merge.objects.active().values("paper")
        for model in (Bookmark, Dismissal, Report):
            assert not model.objects.filter(paper__in=merged).exists()


def test_an_item_that_is_added_anew_leaves_a_position_to_what_comes_back(library, three, survey):
    one, two, _ = three
    survey.add([one.pk, two.pk])
    merge(one.pk, two.pk)
    survey.remove([two.pk])
    survey.add([two.pk])  # at the position of the hidden part
    split(one.pk)
    assert [item.paper_id for item in survey.items()] == [two.pk]


def test_an_item_that_moves_to_where_a_part_stood_leaves_it_a_position(library, three, survey):
    one, two, other = three
    first = paper(4)
    survey.add([first.pk, one.pk, two.pk, other.pk])
    merge(one.pk, two.pk)
    survey.move(other.pk, 2)
    merge(two.pk, other.pk)
    split(one.pk)
    assert {item.paper_id for item in survey.items()} == {first.pk, one.pk, other.pk}


def test_no_note_is_shown_again_after_its_item_was_removed(library, three, survey):
    one, two, _ = three
    library.notes.save(one, "Private", 0)
    survey.add([one.pk, two.pk])
    survey.show_note(one.pk, True)
    merge(one.pk, two.pk)
    survey.undo_removal(survey.remove([two.pk]))
    split(one.pk)
    assert not any(item.shows_note for item in survey.items())


def test_a_removed_comment_does_not_come_back_with_an_item_that_is_added_anew(
    library, three, survey
):
    one, two, other = three
    survey.add([one.pk, two.pk])
    survey.describe_item(one.pk, comment="Withdrawn", section="")
    merge(one.pk, two.pk)
    survey.remove([two.pk])
    survey.add([two.pk])
    merge(two.pk, other.pk)
    assert [item.comment for item in survey.items()] == [""]
    split(one.pk)
    assert [item.comment for item in survey.items()] == [""]
