"""Bookmarks and dismissals: idempotent, undone, and nobody else's."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.library import Library, Marks, NotFound
from accounts.models import Bookmark, Dismissal, User


def statuses(user):
    rows = Bookmark.objects.filter(user=user).order_by("paper__position")
    return list(rows.values_list("paper__position", "status"))


def test_a_bookmark_is_to_read_until_its_status_is_set(library, owner, papers):
    one, two = papers[:2]
    assert library.bookmarks.add([one.pk]) == []
    library.bookmarks.add([one.pk, two.pk], "reading")
    library.bookmarks.add([one.pk])
    assert statuses(owner) == [(1, "reading"), (2, "reading")]


def test_saying_it_twice_changes_nothing(library, owner, papers):
    keys = [paper.pk for paper in papers]
    library.bookmarks.add(keys)
    before = list(Bookmark.objects.order_by("pk").values())
    library.bookmarks.add(keys)
    assert list(Bookmark.objects.order_by("pk").values()) == before
    library.bookmarks.remove(keys)
    assert library.bookmarks.remove(keys) == []
    assert statuses(owner) == []


def test_keys_of_no_paper_are_passed_over(library, owner, papers):
    library.bookmarks.add([papers[0].pk, 10**9])
    library.bookmarks.dismiss([10**9])
    assert statuses(owner) == [(1, "to-read")]
    assert not Dismissal.objects.exists()


def test_what_is_changed_can_be_put_back(library, owner, papers):
    keys = [paper.pk for paper in papers[:3]]
    library.bookmarks.add(keys[:2], "read")
    added = list(Bookmark.objects.order_by("paper").values_list("paper", "status", "added_at"))
    for change in (
        lambda: library.bookmarks.add(keys, "reading"),
        lambda: library.bookmarks.remove(keys),
        lambda: library.bookmarks.dismiss(keys),
    ):
        library.bookmarks.undo_changes(keys, change())
        now = Bookmark.objects.order_by("paper").values_list("paper", "status", "added_at")
        assert list(now) == added
        assert not Dismissal.objects.exists()


def test_a_dismissed_paper_is_no_bookmark(library, owner, papers):
    key = papers[0].pk
    library.bookmarks.add([key])
    library.bookmarks.dismiss([key])
    library.bookmarks.dismiss([key])
    assert library.marks([key]) == {key: Marks(dismissed=True)}
    library.bookmarks.add([key])
    assert library.marks([key]) == {key: Marks("to-read")}
    library.bookmarks.dismiss([key])
    library.bookmarks.show_again([key])
    assert library.marks([key]) == {}


def test_marks_are_one_persons_and_one_query(library, other, papers, django_assert_num_queries):
    one, two, three, *_ = [paper.pk for paper in papers]
    Library(other).bookmarks.add([one, two, three])
    library.bookmarks.add([one], "read")
    library.notes.save(papers[0], "Mine", 0)
    library.notes.save(papers[1], "Mine", 0)
    with django_assert_num_queries(1):
        found = library.marks([one, two, three])
    assert found == {one: Marks("read", has_note=True), two: Marks(has_note=True)}
    assert Library(AnonymousUser()).marks([one]) == {}


def test_a_visitor_keeps_nothing(papers):
    library = Library(AnonymousUser())
    for change in (library.bookmarks.add, library.bookmarks.dismiss, library.bookmarks.remove):
        with pytest.raises(NotFound):
            change([papers[0].pk])


def test_the_database_holds_one_bookmark_for_each(owner, papers):
    once = {"user": owner, "paper": papers[0], "added_at": timezone.now()}
    for model in (Bookmark, Dismissal):
        model.objects.create(**once)
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.create(**once)
    with pytest.raises(IntegrityError), transaction.atomic():
        Bookmark.objects.create(**once | {"paper": papers[1]}, status="lent")


def test_names_that_differ_in_case_are_one_persons(owner):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("Owner")
