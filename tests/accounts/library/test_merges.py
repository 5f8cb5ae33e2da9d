"""What people made of papers, when curators merge and split these: nothing is lost, ever."""

from datetime import UTC, date, datetime, timedelta
from unittest import mock

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts import markdown
from accounts.library import Library, merges
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
    found = Merge.objects.standing().get(paper=one)
    end = found.into_id
    while further := Merge.objects.standing().filter(paper=end).first():
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
    library.bookmarks.put_back([two.pk], library.bookmarks.remove([two.pk]))
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
    survey.hand_over(survey.members()[0].pk)
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


@st.composite
def stories(draw):
    """What two people have of four papers, and which are then merged and split."""
    papers = st.integers(0, 3)
    people = st.integers(0, 1)
    has = st.sampled_from(["bookmark", "dismissal", "note", "item", "report"])
    row = st.tuples(people, papers, has, st.sampled_from(Status.values))
    kept = draw(st.lists(row, min_size=12, max_size=30))
    steps = draw(st.lists(st.tuples(papers, papers), min_size=3, max_size=12))
    return kept, steps, draw(st.randoms(use_true_random=False))


class AnyStory(TestCase):
    def setUp(self):
        # So little room that two long texts have none together.
        for name in ("NOTE_LENGTH", "COMMENT_LENGTH"):
            self.enterContext(mock.patch.object(merges, name, 40))

    @settings(max_examples=40, deadline=None)
    @given(stories())
    def test_everybody_has_what_they_had(self, story):
        kept, steps, random = story
        papers = [paper(number) for number in range(1, 5)]
        people = [User.objects.create_user(name) for name in ("owner", "other")]
        lists = [
            Library(user).lists.create("List", visibility=Visibility.PUBLIC) for user in people
        ]
        for number, (who, which, what, status) in enumerate(kept):
            self.keep(people[who], lists[who], papers[which], what, status, number)
        before, texts = everything(), self.texts()
        for one, into in steps:
            there = set(Merge.objects.standing().values_list("paper", flat=True))
            if papers[one].pk in there:
                split(papers[one].pk)
            elif one != into and papers[into].pk not in there:
                merge(papers[one].pk, papers[into].pk)
            self.check(texts)
        standing = list(Merge.objects.standing())
        random.shuffle(standing)
        for one in standing:
            split(one.paper_id)
            self.check(texts)
        assert everything() == before
        assert not hidden()

    def keep(self, user, mine, paper, what, status, number):
        library = Library(user)
        at = DAY + timedelta(days=number % 7, microseconds=number)
        text = f"<{number}>" + " and so on" * (number % 3)
        if what == "bookmark":
            library.bookmarks.restore([(paper.pk, status, at)], {})
        elif what == "dismissal":
            library.bookmarks.restore([], {paper.pk: at})
        elif what == "report":
            Report.objects.create(user=user, paper=paper, kind="other", comment="", made_at=at)
        elif what == "item":
            opened = library.lists.open(mine.slug)
            opened.add([paper.pk], section=status)
            opened.describe_item(paper.pk, comment=text if number % 4 else "", section=status)
        elif library.notes.get(paper.pk) is None:
            library.notes.save(paper, text, 0)

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
        merged = Merge.objects.standing().values("paper")
        for model in (Bookmark, Dismissal, Report):
            assert not model.objects.filter(paper__in=merged).exists()
