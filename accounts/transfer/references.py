"""What a file of references adds to a library: bookmarks, and a person's notes and tags."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.library import Library, NotFound, OpenList
from accounts.library.bookmarks import SavedBookmark
from accounts.library.lists.imports import ImportedItem, ImportedList
from accounts.library.notes import ImportedNote
from accounts.models import ReadingList
from accounts.references import Format, ParsedReferences
from digest.models import Paper

from .matching import Match

Value = TypeVar("Value")
_time = datetime.fromisoformat

MAX_TAG_LISTS = 200
"""Tags that become lists at once."""
MAX_NOTES, MAX_TAGS = 700_000, 300_000
"""Bytes of the notes and of the tags that are added at once: the form of a preview carries them,
with up to 20,000 papers, and Django reads 2.5 MiB of one."""


class FormatCount(NamedTuple):
    """What was read as one format. found: references to papers here; bookmarked: those of them
    that are in the library already; problems: places that were not understood."""

    format: Format
    references: int
    found: int
    bookmarked: int
    missing: int
    problems: int

    @property
    def new(self) -> int:
        """References to papers here that are not in the library yet."""
        return self.found - self.bookmarked


def count_by_format(
    reading: ParsedReferences, match: Match, bookmarked: Collection[int]
) -> list[FormatCount]:
    """What was found in each format. bookmarked: keys of papers."""
    found = Counter(reference.format for reference, _ in match.found)
    known = Counter(one.format for one, paper in match.found if paper.pk in bookmarked)
    missing = Counter(reference.format for reference in match.missing)
    problems = Counter(problem.format for problem in reading.problems)
    return [
        FormatCount(
            format, found[format] + missing[format], found[format], *(
                counter[format] for counter in (known, missing, problems)
            )
        )
        for format in reading.formats
    ]  # fmt: skip


class PersonalParts(NamedTuple):
    """What a person made of their references. notes: by the slug of their paper, without those that
    the library has. tags: for each the slugs of its papers. left: what there is of both beyond what
    can be added at once, in words."""

    notes: dict[str, str]
    tags: dict[str, list[str]]
    left: list[str]


def personal_parts(library: Library, match: Match) -> PersonalParts:
    """The notes and tags of the references that mean a paper; of many tags those that most papers
    have."""
    texts: dict[str, list[str]] = {}
    tagged: dict[str, tuple[str, dict[str, None]]] = {}
    for reference, paper in match.found:
        if reference.note:
            texts.setdefault(paper.slug, []).append(reference.note)
        for tag in reference.tags:
            tagged.setdefault(tag.casefold(), (tag, {}))[1].setdefault(paper.slug)
    there = dict(library.notes.all().values_list("paper__slug", "text")) if texts else {}
    joined = {slug: "\n\n".join(dict.fromkeys(parts)) for slug, parts in texts.items()}
    new = {slug: text for slug, text in joined.items() if text not in there.get(slug, "")}
    notes = _as_many(new.items(), MAX_NOTES)
    most = sorted(tagged.values(), key=lambda one: -len(one[1]))
    tags = _as_many(((tag, list(slugs)) for tag, slugs in most[:MAX_TAG_LISTS]), MAX_TAGS)
    left = []
    if more := len(new) - len(notes):
        left.append(f"{more:,} more notes are not added now. Import the file again for them.")
    if more := len(most) - len(tags):
        left.append(f"{more:,} tags more, of fewer papers, do not become lists.")
    return PersonalParts(notes, dict(sorted(tags.items())), left)


def _as_many(pairs: Iterable[tuple[str, Value]], size: int) -> dict[str, Value]:
    """The first pairs, as many as a form can carry."""
    found = {}
    for name, value in pairs:
        size -= len(json.dumps({name: value}))
        if size < 0:
            break
        found[name] = value
    return found


class Undo(NamedTuple):
    """What undoes an import, in values that a session can have; times are texts in ISO 8601.

    before: the bookmarks of the papers as they were. dismissed: those that were hidden, each with
    since when. status, added_at: what the bookmarks became. notes: keys of those that were made.
    longer: of notes, as `Notes.shortened` takes it. lists, items: of the person's lists, as
    `Imports.undo_restore` takes them. into: slugs of lists that there were, each with its new
    papers and their positions.
    """

    papers: list[int]
    before: list[tuple[int, str, str]]
    dismissed: list[tuple[int, str]]
    status: str
    added_at: str
    notes: list[int]
    longer: list[tuple[int, int, int]]
    lists: list[tuple[int, str]]
    items: list[tuple[int, int]]
    into: list[tuple[str, list[tuple[int, int]]]]


class Added(NamedTuple):
    """into: the lists that the papers were put into, those of tags left out. problems: what could
    not be added."""

    undo: Undo
    into: list[ReadingList]
    notes: int
    tag_lists: int
    problems: list[str]


def add_papers(
    library: Library,
    papers: Mapping[str, Paper],
    *,
    status: str = "",
    into: Iterable[OpenList] = (),
    new_list: str = "",
    notes: Mapping[str, str] | None = None,
    tagged: Mapping[str, Collection[str]] | None = None,
) -> Added:
    """Bookmark papers, put them into lists, and add notes, and a list for each tag.

    papers: by slug. notes: by slug; where there is one, it goes below. tagged: the slugs of each
    tag's papers; a list that there is gets those that it does not have. Raises ValidationError, and
    then nothing is changed.
    """
    now = timezone.now()
    keys = list(dict.fromkeys(paper.pk for paper in papers.values()))
    # Rendered here, since it takes long: whoever writes waits for nothing of it.
    written = library.notes.prepare(
        ImportedNote(papers[slug], text, now, now)
        for slug, text in (notes or {}).items()
        if slug in papers
    )
    lists = library.lists.prepare(
        [
            ImportedList(
                tag,
                "",
                now,
                [ImportedItem(papers[slug].pk, "", "", now) for slug in slugs if slug in papers],
            )
            for tag, slugs in (tagged or {}).items()
        ]
    )
    problems = [*written.problems, *lists.problems]
    if written.left or lists.full:
        problems.append("There was more than is added at once. Import the same file again.")
    opened = list(into)
    made = list(lists.new)
    items: list[tuple[int, int]] = []
    put: list[tuple[str, list[tuple[int, int]]]] = []
    try:
        with transaction.atomic():
            hidden = library.bookmarks.dismissed().filter(paper__in=keys)
            dismissed = [(one.paper_id, one.added_at.isoformat()) for one in hidden]
            before = library.bookmarks.add(keys, status, now)
            for one in opened:
                there = one.items().filter(paper__in=keys)
                new = set(keys).difference(there.values_list("paper", flat=True))
                one.add(keys)
                added = one.items().filter(paper__in=new).values_list("paper", "position")
                put.append((one.reading_list.slug, list(added)))
            if new_list:
                opened.append(library.lists.open(library.lists.create(new_list).slug))
                opened[-1].add(keys)
                made.append(opened[-1].reading_list)
                items += opened[-1].items().values_list("pk", "position")
            library.notes.restore(written)
            library.lists.restore(lists)
    except IntegrityError:
        raise ValidationError("Something was changed meanwhile. Import the file again.") from None
    undo = Undo(
        keys,
        [(one.paper, one.status, one.added_at.isoformat()) for one in before],
        dismissed,
        status,
        now.isoformat(),
        [note.pk for note in written.new],
        [(note.pk, note.version, written.lengths[note.pk]) for note in written.longer],
        [(one.pk, one.changed_at.isoformat()) for one in made],
        items + [(item.pk, item.position) for item in lists.items],
        put,
    )
    return Added(
        undo,
        [one.reading_list for one in opened],
        len(written.new) + len(written.longer),
        lists.restored,
        problems,
    )


def undo_import(library: Library, undo: Undo) -> None:
    """Take back what an import added, as far as nobody changed it since. Raises ValidationError if
    something is changed meanwhile, and then nothing is."""
    before = [SavedBookmark(paper, status, _time(when)) for paper, status, when in undo.before]
    dismissed = {paper: _time(when) for paper, when in undo.dismissed}
    added_at = _time(undo.added_at)
    longer = {key: (version, length) for key, version, length in undo.longer}
    shortened = library.notes.shortened(longer)
    with transaction.atomic():
        library.bookmarks.undo_addition(undo.papers, before, dismissed, undo.status, added_at)
        for slug, papers in undo.into:
            with suppress(NotFound):
                library.lists.open(slug).undo_addition(dict(papers))
        lists = {key: _time(when) for key, when in undo.lists}
        library.lists.undo_restore(lists, dict(undo.items))
        library.notes.undo_restore(undo.notes, shortened)
