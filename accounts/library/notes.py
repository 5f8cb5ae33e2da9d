"""A person's private notes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts import markdown
from accounts.models import NOTE_LENGTH, ListItem, Note
from digest.models import Paper

from .base import Part
from .merges import homes

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""What no database takes."""


MOST_RENDERED = 1_000_000
"""Characters of notes that are restored at once: some seconds, whatever they hold."""
_MEANWHILE = "A note was changed while the export was read. Import it again."


class ImportedNote(NamedTuple):
    """A note as it once was."""

    paper: Paper
    text: str
    added_at: datetime
    changed_at: datetime


class PreparedNotes(NamedTuple):
    """What `prepare` made of notes. same: how many are here already; left: how many more than one
    import may hold there are; lengths: by the keys of those that become longer, the characters of
    their texts before."""

    new: list[Note]
    longer: list[Note]
    same: int
    problems: list[str]
    left: int
    lengths: dict[int, int]


def _too_long(text: str) -> str:
    return f"A note has at most {NOTE_LENGTH:,} characters, and this has {len(text):,}."


class Conflict(Exception):
    """A text was to be saved that began from an older one than the one that is there.

    note: what is there now; None if it was deleted meanwhile.
    """

    def __init__(self, note: Note | None) -> None:
        self.note = note


class Notes(Part):
    """One note for a paper. A text is saved over the version it began from, and over no other."""

    def get(self, paper: int) -> Note | None:
        """The note on the paper with this key."""
        return Note.objects.filter(user=self._user.pk, paper=paper).first()

    def all(self) -> QuerySet[Note]:
        """The notes with their papers, the first one first."""
        found = Note.objects.filter(user=self._user.pk).select_related("paper")
        return found.order_by("added_at", "pk")

    def prepare(self, imported: Iterable[ImportedNote]) -> PreparedNotes:
        """Render what is to be restored, so that `restore` only has to write. Where there is a note
        already, the text goes below it, unless it is part of it."""
        imported = list(imported)
        found = Note.objects.filter(user=self._owner, paper__in=[b.paper for b in imported])
        there = {note.paper_id: note for note in found}
        prepared = PreparedNotes([], [], 0, [], 0, {})
        new, longer, same, problems, left, lengths = prepared
        read = 0
        for one in imported:
            note = there.get(one.paper.pk)
            text = _NO_TEXT.sub("", one.text.replace("\r\n", "\n"))
            if not text.strip() or (note and text.strip() in note.text):
                same += 1
                continue
            if note:
                text = f"{note.text}\n\n---\n\n{text}"
            if len(text) > NOTE_LENGTH:
                problems.append(f"{one.paper.title}: {_too_long(text)}")
                continue
            if read and read + len(text) > MOST_RENDERED:
                left += 1
                continue
            read += len(text)
            html, words = markdown.render_and_words(text)
            if note:
                lengths[note.pk] = len(note.text)
                note.text, note.html, note.words = text, html, words
                note.changed_at = timezone.now()
                longer.append(note)
            else:
                new.append(
                    Note(
                        user=self._owner,
                        paper=one.paper,
                        text=text,
                        html=html,
                        words=words,
                        added_at=one.added_at,
                        changed_at=one.changed_at,
                    )
                )
        return prepared._replace(same=same, left=left)

    @transaction.atomic
    def restore(self, prepared: PreparedNotes) -> None:
        """Write what was prepared. Raises ValidationError if a note was changed meanwhile."""
        new, longer = prepared.new, prepared.longer
        own = Note.objects.select_for_update().filter(user=self._owner)
        if own.filter(paper__in=[note.paper_id for note in new]).exists():
            raise ValidationError(_MEANWHILE)
        now = dict(own.filter(pk__in=[n.pk for n in longer]).values_list("pk", "version"))
        if any(now.get(note.pk) != note.version for note in longer):
            raise ValidationError(_MEANWHILE)
        Note.objects.bulk_create(new)
        for note in longer:
            note.version += 1
        Note.objects.bulk_update(
            longer, ["text", "html", "words", "version", "changed_at"], batch_size=100
        )

    def shortened(self, longer: Mapping[int, tuple[int, int]]) -> list[Note]:
        """The notes that an import made longer, without what it added, for `undo_restore`. longer:
        their keys, each with the version of then, and the characters of the text before. Notes that
        were changed since are left out."""
        found = []
        for note in Note.objects.filter(user=self._owner, pk__in=longer):
            version, length = longer[note.pk]
            if note.version == version:
                note.text = note.text[:length]
                note.html, note.words = markdown.render_and_words(note.text)
                note.changed_at = timezone.now()
                found.append(note)
        return found

    @transaction.atomic
    def undo_restore(self, new: Iterable[int], shortened: list[Note]) -> None:
        """Undo `restore`. new: keys of the notes that were made; those that were changed since, or
        are shown with a list, stay. Raises ValidationError if a note is changed meanwhile."""
        shown = ListItem.objects.filter(reading_list__owner=self._owner, shows_note=True)
        made = Note.objects.filter(user=self._owner, pk__in=new, version=1)
        made.exclude(paper__in=shown.values("paper")).delete()
        self.restore(PreparedNotes([], shortened, 0, [], 0, {}))

    def save(self, paper: Paper, text: str, version: int) -> Note | None:
        """Save the text; an empty one deletes the note, and None is returned.

        version: of the note that the text began from; 0 if there was none. Raises Conflict if
        another has been saved since, which then stays; to save the same text twice is none. Raises
        ValidationError if the text is longer than NOTE_LENGTH.
        """
        text = _NO_TEXT.sub("", text.replace("\r\n", "\n"))
        if not text.strip():
            self._delete(paper, version)
            return None
        if len(text) > NOTE_LENGTH:
            raise ValidationError(_too_long(text))
        now = timezone.now()
        html, words = markdown.render_and_words(text)
        content = {"text": text, "html": html, "words": words}
        if version:
            # One statement compares and writes: of two at once, one finds no such version.
            current = Note.objects.filter(user=self._owner, paper=paper, version=version)
            saved = current.exclude(text=text).update(
                version=F("version") + 1, changed_at=now, **content
            )
        else:
            try:
                with transaction.atomic():
                    Note.objects.create(
                        user=self._owner, paper=paper, added_at=now, changed_at=now, **content
                    )
                saved = 1
            except IntegrityError:
                saved = 0
        note = self.get(paper.pk)
        if not saved and (note is None or note.text != text):
            raise Conflict(note)
        return note

    @transaction.atomic
    def _delete(self, paper: Paper, version: int) -> None:
        deleted, _ = Note.objects.filter(user=self._owner, paper=paper, version=version).delete()
        # With its parts, whose texts it had.
        papers = homes(paper.pk)
        Note.with_parts.filter(user=self._owner, paper__in=papers, shown=None).delete()
        # Who showed this one with a list did not show the next.
        shown = ListItem.with_parts.filter(reading_list__owner=self._owner, paper__in=papers)
        shown.filter(shows_note=True).update(shows_note=False)
        note = self.get(paper.pk)
        if not deleted and note is not None:
            raise Conflict(note)  # which takes all of this back
