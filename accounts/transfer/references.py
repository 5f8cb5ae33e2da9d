"""What a file of references adds to a library: bookmarks, and a person's notes and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.library import Library, OpenList
from accounts.library.bookmarks import SavedBookmark
from accounts.library.lists.imports import ImportedItem, ImportedList
from accounts.library.notes import MOST_RENDERED, ImportedNote
from accounts.models import ReadingList
from accounts.references import Format, ParsedReferences
from digest.models import Paper

from .matching import Match

MAX_TAG_LISTS = 200
"""Tags that become lists at once."""


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


def new_notes(library: Library, match: Match) -> dict[str, str]:
    """The notes of the references by the slug of their paper, but for those that the library has.
    As many as can be added at once."""
    texts: dict[str, list[str]] = {}
    for reference, paper in match.found:
        if reference.note:
            texts.setdefault(paper.slug, []).append(reference.note)
    if not texts:
        return {}
    there = dict(library.notes.all().values_list("paper__slug", "text"))
    notes, length = {}, 0
    for slug, parts in texts.items():
        text = "\n\n".join(dict.fromkeys(parts))
        length += len(text)
        if text in there.get(slug, ""):
            length -= len(text)
        elif length <= MOST_RENDERED:
            notes[slug] = text
    return notes


def tags(match: Match) -> dict[str, list[str]]:
    """The slugs of the papers that have each tag; of many tags those that most papers have."""
    papers: dict[str, tuple[str, dict[str, None]]] = {}
    for reference, paper in match.found:
        for tag in reference.tags:
            papers.setdefault(tag.casefold(), (tag, {}))[1].setdefault(paper.slug)
    most = sorted(papers.values(), key=lambda one: -len(one[1]))[:MAX_TAG_LISTS]
    return {tag: list(slugs) for tag, slugs in sorted(most)}


class Added(NamedTuple):
    """before: the bookmarks of the papers as they were. into: the lists that they were put into,
    those of tags left out. problems: what could not be added."""

    before: list[SavedBookmark]
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
    try:
        with transaction.atomic():
            before = library.bookmarks.add(keys, status)
            if new_list:
                opened.append(library.lists.open(library.lists.create(new_list).slug))
            for one in opened:
                one.add(keys)
            library.notes.restore(written)
            library.lists.restore(lists)
    except IntegrityError:
        raise ValidationError("Something was changed meanwhile. Import the file again.") from None
    return Added(
        before,
        [one.reading_list for one in opened],
        len(written.new) + len(written.longer),
        lists.restored,
        problems,
    )
