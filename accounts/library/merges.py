"""What people made of papers, while curators have merged these.

A merge changes nothing that a person wrote: a row keeps its `home`, the paper that it was made of,
and is shown at the paper where merges end. Where several rows of one owner meet, a new row that
joins them is shown, and they are its parts, which are not shown. So merging and splitting are one
thing: joined rows are taken apart, rows are placed where their homes lead now, and those that meet
are joined. Most rows meet none and are placed by one statement a table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import copy
from itertools import count
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from accounts.models import Bookmark, Dismissal, ListItem, Note, Rating, ReadingList, Report
from digest.batches import batches
from digest.catalogue.sql import Script
from digest.models import Merge

from .joins import BOOKMARKS, DISMISSALS, ITEMS, KINDS, NOTES, RATINGS, RowKind


def merge_rows(paper: int, into: int, **signal: object) -> Callable[[], None]:
    """What shows everybody's rows on a paper at another, which it is merged into: to be called
    within the transaction."""
    leaving, staying = _both(paper, into)
    were = dict.fromkeys(staying, into) | dict.fromkeys(leaving, paper)
    return _prepared(_Change(leaving, into, were, dict.fromkeys(were, into)))


def split_rows(paper: int, into: int, **signal: object) -> Callable[[], None]:
    """What shows them again at a paper that is split from where its merges ended."""
    leaving, staying = _both(paper, into)
    ends = dict.fromkeys(staying, into) | dict.fromkeys(leaving, paper)
    return _prepared(_Change(leaving, paper, dict.fromkeys(ends, into), ends))


def homes(*papers: int) -> set[int]:
    """The papers, and those whose merges end at them: rows made of these are shown at the papers.
    Takes a query for each step of a chain of merges."""
    found: set[int] = set()
    frontier = {*papers}
    while frontier:
        found |= frontier
        into = Merge.objects.active().filter(into__in=frontier)
        frontier = set(into.values_list("paper", flat=True)) - found
    return found


class _Change(NamedTuple):
    """leaving: the papers whose rows are to be shown at `to`. By home of the rows: were: where they
    are shown; ends: where they are to be."""

    leaving: set[int]
    to: int
    were: dict[int, int]
    ends: dict[int, int]


def _both(paper: int, into: int) -> tuple[set[int], set[int]]:
    leaving = homes(paper)
    return leaving, homes(into) - leaving


# What is read


class _Read(NamedTuple):
    """The rows of those who have several, or one that is joined, as values by kind. lists: by their
    keys, whose they are."""

    rows: dict[RowKind, list[tuple[Any, ...]]]
    lists: dict[int, int]


def _several(kind: RowKind, papers: Iterable[int]) -> QuerySet[Any, Any]:
    """The owners whose rows at some papers are more than one that only has to be placed."""
    rows = kind.model.with_parts.filter(paper__in=papers)
    several = Q(rows__gt=1) | Q(joined__gt=0)
    counts = {"rows": Count("pk"), "joined": Count("pk", filter=~Q(shown=True, joined=False))}
    if kind is ITEMS:
        # An item that shows its owner's note may have to show it no longer.
        counts["showing"] = Count("pk", filter=Q(shows_note=True))
        several |= Q(showing__gt=0)
    owners = rows.order_by().values(kind.owner).annotate(**counts).filter(several)
    return owners.values(kind.owner)  # type: ignore[no-any-return]


def _read(papers: Iterable[int]) -> _Read:
    found = {}
    for kind in KINDS:
        chosen = Q(**{f"{kind.owner}__in": _several(kind, papers)})
        if kind is NOTES:
            showing = ListItem.with_parts.filter(paper__in=papers, shows_note=True)
            chosen |= Q(user__in=showing.values("reading_list__owner"))
        rows = kind.model.with_parts.filter(chosen, paper__in=papers)
        found[kind] = list(rows.order_by("pk").values_list(*_names(kind)))
    lists = ReadingList.objects.filter(pk__in=_several(ITEMS, papers))
    return _Read(found, dict(lists.values_list("pk", "owner")))


def _names(kind: RowKind) -> list[str]:
    return [field.attname for field in kind.model._meta.concrete_fields]


# What is worked out: before the transaction, unless a row has changed since


def _home(row: Any) -> int:
    home: int = row.home_id or row.paper_id
    return home


def _show(row: Any, paper: int) -> None:
    row.home_id = None if _home(row) == paper else _home(row)
    row.paper_id, row.shown, row.joined = paper, True, False


def _hide(row: Any, *, joined: bool) -> None:
    row.paper_id, row.home_id = _home(row), None
    row.shown, row.joined = None, joined


def _in_order(rows: Iterable[Any], paper: int) -> list[Any]:
    """A row that was made of the paper itself is the first, and then come the newest."""
    return sorted(rows, key=lambda row: (_home(row) != paper, -row.pk))


class _Placed:
    """The rows of one kind, placed. notes: those of the lists' owners, which are placed first."""

    def __init__(
        self, kind: RowKind, read: _Read, change: _Change, notes: _Placed | None = None
    ) -> None:
        self.kind, self.change, self.notes, self.lists = kind, change, notes, read.lists
        self.before = {values[0]: values for values in read.rows[kind]}
        self.rows = {key: kind.model(*values) for key, values in self.before.items()}
        self.shown_before: dict[tuple[int, int], Any] = {}
        self.shown: dict[tuple[int, int], Any] = {}
        """By owner and paper."""
        self.new: list[Any] = []
        self.with_note: dict[int, str | None] = {}
        """By the key of an item with which its owner shows a note: the text that was shown."""
        originals = self._take_apart()
        meeting = defaultdict(list)
        for row in originals:
            meeting[self._owner(row), change.ends[_home(row)]].append(row)
        for (owner, end), rows in meeting.items():
            self._join(owner, end, rows)
        remaining = {row.pk for row in originals}
        self.deleted = [key for key in self.rows if key not in remaining]
        self._statements = self._prepare()

    def _owner(self, row: Any) -> int:
        owner: int = getattr(row, self.kind.owner)
        return owner

    # Joined rows are taken apart

    def _take_apart(self) -> list[Any]:
        """The rows that people made."""
        groups = defaultdict(list)
        for row in self.rows.values():
            if row.shown:
                key = self._owner(row), row.paper_id
                self.shown_before[key] = copy(row)
            else:
                key = self._owner(row), self.change.were[row.paper_id]
            groups[key].append(row)
        originals: list[Any] = []
        for key, rows in groups.items():
            # Where none is shown, their owner has removed it, and its parts with it.
            if shown := self.shown_before.get(key):
                originals += self._originals(self.rows[shown.pk], rows)
        return originals

    def _originals(self, shown: Any, rows: list[Any]) -> list[Any]:
        hidden = _in_order((row for row in rows if row is not shown), shown.paper_id)
        parts = [row for row in hidden if row.joined]
        if self.kind is ITEMS and shown.shows_note:
            note = self.notes and self.notes.before_at(self.lists[self._owner(shown)], shown)
            self.with_note[shown.pk if not shown.joined else parts[0].pk] = (
                note.text if note else None
            )
        if not (shown.joined and parts):
            # One that was made after what was joined had been removed stands for its parts.
            for row in parts:
                row.joined = False
            return [shown, *(row for row in hidden if _home(row) != _home(shown))]
        first, joined = parts[0], copy(parts[0])
        for part in parts[1:]:
            self.kind.join(joined, part)
        edited = [
            name for name in self.kind.others if getattr(shown, name) != getattr(joined, name)
        ]
        content = self.kind.content
        rewritten = bool(content) and getattr(shown, content[0]) != getattr(joined, content[0])
        for name in [*edited, *(content if rewritten else ())]:
            setattr(first, name, getattr(shown, name))
        for part in parts:
            part.joined = False
            part.shown = None if rewritten and part is not first else True
            if self.kind is NOTES:
                part.version = shown.version + 1
        if self.kind is ITEMS:
            first.shows_note = first.shows_note or shown.shows_note
        return hidden

    def before_at(self, owner: int, row: Any) -> Any:
        """The row of an owner that was shown at the paper of another row."""
        return self.shown_before.get((owner, row.paper_id))

    # Rows that meet are joined

    def _join(self, owner: int, end: int, rows: list[Any]) -> None:
        rows = _in_order(rows, end)
        # What was replaced is shown again if what replaced it has gone to another paper.
        first, *others = [row for row in rows if row.shown] or rows
        joined, parts = copy(first), [first]
        replaced = [row for row in rows if row is not first and row not in others]
        for row in others:
            home = _home(row)
            if self.kind.join(joined, row):
                parts.append(row)
            elif home == end or (owner, home) in self.shown:
                replaced.append(row)
            else:
                _show(row, home)  # where all of it can be read
                self.shown[owner, home] = row
        for row in replaced:
            _hide(row, joined=False)
        if self.kind is ITEMS:
            joined.shows_note = first.shows_note and self._may_show_note(owner, end, first)
        if len(parts) == 1 and not (self.kind is ITEMS and joined.shows_note != first.shows_note):
            _show(first, end)
            self.shown[owner, end] = first
            return
        for row in parts:
            _hide(row, joined=True)
        joined.pk = joined.home_id = None
        joined.paper_id, joined.shown, joined.joined = end, True, True
        self.shown[owner, end] = joined
        self.new.append(joined)

    def _may_show_note(self, owner: int, end: int, item: Any) -> bool:
        """Whether readers of a list would be shown no other text than they were."""
        assert self.notes
        note = self.notes.shown.get((self.lists[owner], end))
        if note is None:
            return True
        if self.with_note.get(item.pk) == note.text:
            return True
        return not note.joined and _home(note) == _home(item)

    # What is written

    def write(self) -> None:
        if self.kind is ITEMS:
            if self._find_positions():
                self._statements = self._prepare()
            _touch(self._touched)
        self._statements.execute()

    def _prepare(self) -> Script:
        names = _names(self.kind)
        written = {*self.kind.content, *self.kind.others, *self.kind.besides}
        changed, moved, marked = [], [], []
        for key in self.rows.keys() - self.deleted:
            row, values = self.rows[key], zip(names, self.before[key], strict=True)
            different = {name for name, value in values if getattr(row, name) != value}
            if different & written:
                changed.append(row)
            if different & {"paper_id", "home_id"}:
                moved.append(row)
            elif different & {"shown", "joined"}:
                marked.append(row)
        if self.kind is ITEMS:
            rows = [*changed, *moved, *marked, *self.new]
            self._touched = {row.reading_list_id for row in rows}
        statements = Script()
        model = self.kind.model
        statements.delete(model, "id = %s", ((key,) for key in self.deleted))
        statements.update(changed, sorted(written))
        # Of those that are shown no two may be at one paper, even in between.
        hidden = [copy(row) for row in moved]
        for row in hidden:
            row.shown = None
        statements.update(hidden, ["shown"])
        for shown in (None, True):
            statements.update([row for row in marked if row.shown is shown], ["shown", "joined"])
        statements.update(moved, ["paper", "home", "shown", "joined"])
        statements.insert(self.new, leave="id")
        return statements

    def _find_positions(self) -> bool:
        """Let items that are shown again stand after what stands in their place now. Whether
        anything does."""
        changed = False
        before = {(row.reading_list_id, row.position): row.pk for row in self.shown_before.values()}
        coming, occupied = [], set()
        # Of several that come to one position, the one that stood there has it.
        for row in sorted(
            self.shown.values(),
            key=lambda row: before.get((row.reading_list_id, row.position)) != row.pk,
        ):
            place = row.reading_list_id, row.position
            if place in before and place not in occupied:
                occupied.add(place)
            else:
                coming.append(row)
        for some in batches(coming):
            found = ListItem.objects.filter(
                reading_list__in={row.reading_list_id for row in some},
                position__in={row.position for row in some},
            ).exclude(pk__in=[row.pk for row in some])
            occupied |= set(found.values_list("reading_list", "position"))
        for row in coming:
            if (row.reading_list_id, row.position) in occupied:
                items = ListItem.with_parts.filter(reading_list=row.reading_list_id)
                positions = {*items.values_list("position", flat=True)}
                free = (place for place in count(row.position) if place not in positions)
                row.position = next(
                    place for place in free if (row.reading_list_id, place) not in occupied
                )
                changed = True
            occupied.add((row.reading_list_id, row.position))
        return changed


def _placed(read: _Read, change: _Change) -> list[_Placed]:
    notes = _Placed(NOTES, read, change)
    others = [_Placed(kind, read, change) for kind in (BOOKMARKS, DISMISSALS, RATINGS)]
    return [*others, notes, _Placed(ITEMS, read, change, notes)]


def _prepared(change: _Change) -> Callable[[], None]:
    read = _read(change.ends)
    placed = _placed(read, change)

    @transaction.atomic
    def write() -> None:
        _lock_tables()
        now = _read(change.ends)
        kinds = placed if now == read else _placed(now, change)
        _place_others(change)
        for kind in kinds:
            kind.write()

    return write


def _place_others(change: _Change) -> None:
    """Place the rows of those owners who have but one."""
    leaving, papers, to = change.leaving, change.ends, change.to
    home = Q(home__in=leaving) | Q(home=None, paper__in=leaving)
    place = {"paper": to, "home": NullIf(Coalesce("home", "paper"), Value(to))}
    _touch(ListItem.objects.filter(home, paper__in=papers).values("reading_list"))
    for kind in KINDS:
        rows = kind.model.objects.filter(home, paper__in=papers)
        rows.exclude(**{f"{kind.owner}__in": _several(kind, papers)}).update(**place)
    Report.objects.filter(home, paper__in=papers).update(**place)


def _touch(lists: Iterable[Any]) -> None:
    ReadingList.objects.filter(pk__in=lists).update(changed_at=timezone.now())


def _lock_tables() -> None:
    """Let nobody else write such rows until the transaction ends. On SQLite nobody can anyway.

    The tables are in the order in which others write them; who changes a list locks its row first.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in (Bookmark, Dismissal, Rating, Note, ReadingList, ListItem, Report):
            mode = "EXCLUSIVE" if model is ReadingList else "SHARE ROW EXCLUSIVE"
            cursor.execute(f"LOCK TABLE {model._meta.db_table} IN {mode} MODE")
