"""Notes: no word is lost, whatever two tabs do."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.library import Conflict, Library, NotFound
from accounts.library.notes import ImportedNote
from accounts.models import NOTE_LENGTH, Note


def test_a_note_is_saved_over_the_version_it_began_from(library, papers):
    paper = papers[0]
    first = library.notes.save(paper, "One", 0)
    second = library.notes.save(paper, "Two\r\nlines", first.version)
    assert (first.version, second.version) == (1, 2)
    assert library.notes.get(paper.pk).text == "Two\nlines"
    assert library.notes.save(paper, " \n", 2) is None
    assert library.notes.get(paper.pk) is None


def test_two_tabs_never_overwrite_each_other(library, papers):
    paper = papers[0]
    library.notes.save(paper, "Before", 0)
    library.notes.save(paper, "First tab", 1)
    for text in ("Second tab", ""):
        with pytest.raises(Conflict) as raised:
            library.notes.save(paper, text, 1)
        assert raised.value.note.text == "First tab"
    with pytest.raises(Conflict):
        library.notes.save(paper, "A tab that saw no note", 0)
    assert library.notes.get(paper.pk).text == "First tab"


def test_a_note_that_was_deleted_meanwhile_is_a_conflict(library, papers):
    library.notes.save(papers[0], "Before", 0)
    library.notes.save(papers[0], "", 1)
    with pytest.raises(Conflict) as raised:
        library.notes.save(papers[0], "Second tab", 1)
    assert raised.value.note is None


def test_the_same_text_twice_is_no_conflict(library, papers):
    library.notes.save(papers[0], "Same", 0)
    assert library.notes.save(papers[0], "Same", 0).version == 1
    assert library.notes.save(papers[0], "Other", 1).version == 2
    assert library.notes.save(papers[0], "Other", 1).version == 2
    library.notes.save(papers[0], "", 2)
    assert library.notes.save(papers[0], "", 2) is None


def test_a_note_has_a_limit(library, papers):
    library.notes.save(papers[0], "x" * NOTE_LENGTH, 0)
    with pytest.raises(ValidationError, match="at most 100,000 characters"):
        library.notes.save(papers[0], "x" * (NOTE_LENGTH + 1), 1)
    assert len(library.notes.get(papers[0].pk).text) == NOTE_LENGTH


def test_a_note_is_its_persons_alone(library, other, papers):
    library.notes.save(papers[0], "Mine", 0)
    theirs = Library(other)
    assert theirs.notes.get(papers[0].pk) is None
    assert theirs.notes.save(papers[0], "Theirs", 0).version == 1
    theirs.notes.save(papers[0], "", 1)
    assert library.notes.get(papers[0].pk).text == "Mine"
    visitor = Library(AnonymousUser())
    assert visitor.notes.get(papers[0].pk) is None
    with pytest.raises(NotFound):
        visitor.notes.save(papers[0], "Nobody's", 0)


def test_the_database_holds_one_note_for_each(owner, papers):
    now = timezone.now()
    once = {"user": owner, "paper": papers[0], "text": "x", "added_at": now, "changed_at": now}
    Note.objects.create(**once)
    with pytest.raises(IntegrityError), transaction.atomic():
        Note.objects.create(**once)
    with pytest.raises(IntegrityError), transaction.atomic():
        Note.objects.create(**once | {"paper": papers[1], "text": ""})


def test_a_note_that_changed_since_it_was_prepared_is_not_overwritten(library, papers):
    library.notes.save(papers[0], "One", 0)
    now = timezone.now()
    prepared = library.notes.prepare([ImportedNote(papers[0], "Two", now, now)])
    library.notes.save(papers[0], "One, and more", 1)
    with pytest.raises(ValidationError):
        library.notes.restore(prepared)
    assert library.notes.get(papers[0].pk).text == "One, and more"


def test_a_note_that_came_since_it_was_prepared_is_not_doubled(library, papers):
    now = timezone.now()
    prepared = library.notes.prepare([ImportedNote(papers[0], "Two", now, now)])
    library.notes.save(papers[0], "One", 0)
    with pytest.raises(ValidationError):
        library.notes.restore(prepared)
    assert library.notes.get(papers[0].pk).text == "One"
