"""A person's private notes."""

from __future__ import annotations

import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts import markdown
from accounts.models import NOTE_LENGTH, ListItem, Note
from digest.models import Paper

from .base import Part
from .follow import forget

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""What no database takes."""


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

    @transaction.atomic
    def restore(self, paper: Paper, text: str, added_at: datetime, changed_at: datetime) -> None:
        """Add a note as it once was. Where there is one already, the text goes below it, unless it
        is part of it. Raises ValidationError if that would be too long."""
        there = self.get(paper.pk)
        if there is None:
            self.save(paper, text, 0)
            Note.objects.filter(user=self._owner, paper=paper).update(
                added_at=added_at, changed_at=changed_at
            )
        elif text.strip() not in there.text:
            self.save(paper, f"{there.text}\n\n---\n\n{text}", there.version)

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
            raise ValidationError(
                f"A note has at most {NOTE_LENGTH:,} characters, and this has {len(text):,}."
            )
        now = timezone.now()
        html, words = markdown.render_and_words(text)
        said = {"text": text, "html": html, "words": words}
        if version:
            # One statement compares and writes: of two at once, one finds no such version.
            mine = Note.objects.filter(user=self._owner, paper=paper, version=version)
            saved = mine.exclude(text=text).update(version=F("version") + 1, changed_at=now, **said)
        else:
            try:
                with transaction.atomic():
                    Note.objects.create(
                        user=self._owner, paper=paper, added_at=now, changed_at=now, **said
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
        gone, _ = Note.objects.filter(user=self._owner, paper=paper, version=version).delete()
        forget(self._owner.pk, paper.pk)
        # Who showed this one with a list said nothing of the next.
        shown = ListItem.objects.filter(reading_list__owner=self._owner, paper=paper)
        shown.filter(shows_note=True).update(shows_note=False)
        note = self.get(paper.pk)
        if not gone and note is not None:
            raise Conflict(note)  # which takes all of this back
