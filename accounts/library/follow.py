"""What people made of a paper goes with it when curators merge it into another, and comes back when
they split the two.

A row is at home at the paper that somebody made it of. While that is merged into another, the row
stands where the merges end, and `Followed` says where it is at home. Where its owner has a row
there already, that one takes up what it says, and it is gone: `Followed` has it whole, with what
the other said before, so that it can be taken out again. What cannot be taken up, since the two
together would be too long, stays at home.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from accounts import markdown
from accounts.models import (
    COMMENT_LENGTH,
    NOTE_LENGTH,
    Bookmark,
    Dismissal,
    Followed,
    ListItem,
    Note,
    ReadingList,
    Report,
    Status,
    User,
)
from digest.batches import batches
from digest.catalogue.statements import Statements
from digest.models import Merge

from .lists import place_near

_Values = dict[str, Any]
_Texts = dict[tuple[int, int], int | None]
"""By person and paper: where their note on it stood before; `_CHANGED` if it says something else
now, and None if it was gone."""
_CHANGED = -1


def merged(paper: int) -> set[int]:
    """The papers that are merged into this one, and those that are merged into them."""
    found: set[int] = set()
    asked = {paper}
    while asked:
        into = Merge.objects.standing().filter(into__in=asked)
        asked = set(into.values_list("paper", flat=True)) - found
        found |= asked
    return found


# How a row takes up another: what it says then; nothing if it cannot


def _bookmark(own: _Values, other: _Values) -> _Values | None:
    return {
        "status": max(own["status"], other["status"], key=Status.values.index),
        "added_at": min(own["added_at"], other["added_at"]),
    }


def _dismissal(own: _Values, other: _Values) -> _Values | None:
    return {"added_at": min(own["added_at"], other["added_at"])}


def _note(own: _Values, other: _Values) -> _Values | None:
    text = _below(own["text"], other["text"])
    if len(text) > NOTE_LENGTH:
        return None
    return {
        "text": text,
        "added_at": min(own["added_at"], other["added_at"]),
        "changed_at": max(own["changed_at"], other["changed_at"]),
    }


def _item(own: _Values, other: _Values) -> _Values | None:
    comment = _below(own["comment"], other["comment"])
    return {"comment": comment} if len(comment) <= COMMENT_LENGTH else None


def _report(own: _Values, other: _Values) -> _Values | None:
    return None


def _below(own: str, other: str) -> str:
    if other.strip() in own:
        return own
    return f"{own}\n\n---\n\n{other}" if own else other


class _Kind(NamedTuple):
    """Rows of one model.

    owner: what has one of a paper at the most. says: what is taken up, by take_up; follows: what
    follows from that.
    """

    model: Any
    owner: str
    take_up: Callable[[_Values, _Values], _Values | None]
    says: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.model._meta.model_name)


# Notes before items, which may show them.
_KINDS = [
    _Kind(Bookmark, "user_id", _bookmark, ("status", "added_at")),
    _Kind(Dismissal, "user_id", _dismissal, ("added_at",)),
    _Kind(Note, "user_id", _note, ("text", "added_at", "changed_at"), ("html", "words", "version")),
    _Kind(ListItem, "reading_list_id", _item, ("comment",), ("comment_html", "shows_note")),
    _Kind(Report, "pk", _report),
]


# Merging and splitting


@transaction.atomic
def follow(paper: int, into: int, **signal: object) -> None:
    """Let everybody's rows on a paper go to the one that it is merged into, where merges end."""
    _take_turns()
    leaving = {paper, *merged(paper)}
    texts: _Texts = {}
    for kind in _KINDS:
        rows = _Rows(kind, leaving | {into})
        keys = [key for key, row in rows.standing.items() if row.paper_id in leaving]
        for key in sorted(keys, key=lambda key: rows.standing[key].paper_id != paper):
            rows.put(key, into)
        rows.save(texts)


@transaction.atomic
def unfollow(paper: int, into: int, **signal: object) -> None:
    """Let them come back from where the merges ended, since they do no longer. What was changed
    meanwhile stays changed."""
    _take_turns()
    leaving = {paper, *merged(paper)}
    texts: _Texts = {}
    for kind in _KINDS:
        rows = _Rows(kind, leaving | {into, *merged(into)})
        free = rows.take_out(leaving, into)
        keys = [key for key in rows.standing if rows.homes[key] in leaving]
        # Who is at home there comes first, and then what stands somewhere before what was gone.
        for key in sorted([*keys, *free], key=lambda key: rows.homes[key] != paper):
            rows.put(key, paper if rows.homes[key] in leaving else into)
        rows.save(texts)


def forget(user: int, paper: int) -> None:
    """Keep nothing of what a person's note on a paper took up: it is deleted, with all its text."""
    if papers := merged(paper):
        Followed.objects.filter(user=user, model="note", paper__in=papers).delete()


def _take_turns() -> None:
    """Let nobody else write such rows until the transaction ends. On SQLite nobody can anyway.

    The tables are in the order in which others write them; who changes a list locks its row first.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in (Bookmark, Dismissal, Note, ReadingList, ListItem, Report, Followed):
            mode = "EXCLUSIVE" if model is ReadingList else "SHARE ROW EXCLUSIVE"
            cursor.execute(f"LOCK TABLE {model._meta.db_table} IN {mode} MODE")


class _Gone(NamedTuple):
    """A row that is gone. onto: the key of the one that took it up; was: what that said before."""

    row: Any
    onto: int
    was: _Values


class _Rows:
    """The rows of one kind that stand at some papers, and those at home there that are gone."""

    def __init__(self, kind: _Kind, papers: set[int]) -> None:
        self.kind = kind
        found = kind.model.objects.filter(paper__in=papers).order_by("pk")
        self.standing: dict[int, Any] = {row.pk: row for row in found}
        self.stood = {key: row.paper_id for key, row in self.standing.items()}
        self.followed: dict[int, Followed] = {}
        self.gone: dict[int, _Gone] = {}
        """In the order in which they went."""
        self.taken: dict[int, list[int]] = defaultdict(list)
        """Their keys, by that of the row that took them up."""
        self.went: set[int] = set()
        for one in Followed.objects.filter(model=kind.name, paper__in=papers).order_by("pk"):
            self.followed[one.key] = one
            if one.row is not None:
                row = kind.model(**self._read(one.row["row"]))
                self.gone[one.key] = _Gone(row, one.row["onto"], self._read(one.row["was"]))
        self.lists: dict[int, ReadingList] = {}
        if kind.model is ListItem:
            rows = [*self.standing.values(), *(gone.row for gone in self.gone.values())]
            lists = ReadingList.objects.select_related("owner")
            self.lists = lists.in_bulk({row.reading_list_id for row in rows})
            for key, gone in list(self.gone.items()):
                if gone.row.reading_list_id not in self.lists:
                    del self.gone[key]
        self.homes = self.stood | {key: one.paper_id for key, one in self.followed.items()}
        self.rows = self.standing | {key: gone.row for key, gone in self.gone.items()}
        self.said = {key: self._says(row) for key, row in self.rows.items()}
        self.places = {
            (getattr(row, kind.owner), row.paper_id): key for key, row in self.standing.items()
        }

    def _says(self, row: Any) -> _Values:
        return {name: getattr(row, name) for name in self.kind.says}

    # What was taken up

    def take_out(self, leaving: set[int], into: int) -> list[int]:
        """Take out of the rows that leave what those took up that stay, and the other way round.

        The keys of what is gone and has to stand somewhere are returned.
        """
        free = []
        for key, gone in reversed(list(self.gone.items())):
            if self.homes[key] in leaving and not self._is_there(gone.onto):
                # Their owner deleted what took it up, and it with that, or made another since.
                if (getattr(gone.row, self.kind.owner), into) in self.places:
                    free.append(key)
                else:
                    del self.gone[key]
        for key, gone in self.gone.items():
            self.taken[gone.onto].append(key)
        for key, gone in self.gone.items():
            if self._is_there(gone.onto) and (self.homes[key] in leaving) != (
                self.homes[gone.onto] in leaving
            ):
                self._shift(gone.onto, key, self._now(key), gone.was)
                free.append(key)
        return free

    def _is_there(self, key: int) -> bool:
        return key in self.standing or key in self.gone

    def _now(self, key: int) -> _Values:
        """What a row said once it had taken this one up."""
        gone = self.gone[key]
        return self.kind.take_up(gone.was, self._says(gone.row)) or gone.was

    def _shift(self, onto: int, after: int, old: _Values, new: _Values) -> None:
        """Let a row say the new where it says the old, since it took up a certain other one."""
        taken = self.taken[onto]
        for key in taken[taken.index(after) + 1 :]:
            now = self._now(key)
            _replace(self.gone[key].was, old, new)
            old, new = now, self._now(key)
        above = self.gone.get(onto)
        now = self._now(onto) if above else {}
        _replace(vars(self.rows[onto]), old, new)
        if above and self._is_there(above.onto):
            self._shift(above.onto, onto, now, self._now(onto))

    # Where rows stand

    def put(self, key: int, paper: int) -> None:
        """Let a row stand at a paper; if there is one, that takes it up; if it cannot, it stands
        at home."""
        row = self.rows[key]
        there = self.places.get((getattr(row, self.kind.owner), paper))
        if there is None:
            self._stand(key, paper)
        elif there != key:
            own = self._says(self.standing[there])
            said = self.kind.take_up(own, self._says(row))
            if said is None:
                self._stand(key, self.homes[key])
            else:
                vars(self.standing[there]).update(said)
                self._leave(key)
                self.gone[key] = _Gone(row, there, own)
                self.went.add(key)

    def _stand(self, key: int, paper: int) -> None:
        row = self.rows[key]
        self._leave(key)
        row.paper_id = paper
        self.standing[key] = row
        self.places[getattr(row, self.kind.owner), paper] = key

    def _leave(self, key: int) -> None:
        if row := self.standing.pop(key, None):
            del self.places[getattr(row, self.kind.owner), row.paper_id]
        self.gone.pop(key, None)

    # What is written

    def save(self, texts: _Texts) -> None:
        """texts: of the notes, which are saved first."""
        model = self.kind.model
        left = self.stood.keys() - self.standing.keys()
        for some in batches(left):
            model.objects.filter(pk__in=some).delete()
        moved = defaultdict(list)
        for key, row in self.standing.items():
            if self.stood.get(key, row.paper_id) != row.paper_id:
                moved[row.paper_id].append(key)
        for paper, keys in moved.items():
            for some in batches(keys):
                model.objects.filter(pk__in=some).update(paper=paper)
        changed = self._finish(texts)
        made = self.standing.keys() - self.stood.keys()
        rows = [self.standing[key] for key in changed & self.stood.keys() - left]
        statements = Statements()
        statements.update(rows, [*self.kind.says, *self.kind.follows])
        statements.execute()
        self._create([self.standing[key] for key in sorted(made)])
        if model is ListItem:
            touched = left.union(made, changed, *moved.values())
            lists = {self.rows[key].reading_list_id for key in touched}
            for some in batches(lists):
                ReadingList.objects.filter(pk__in=some).update(changed_at=timezone.now())
        self._remember()

    def _finish(self, texts: _Texts) -> set[int]:
        """Complete the rows that say something else now. Their keys are returned."""
        changed = {key for key, row in self.rows.items() if self._says(row) != self.said[key]}
        if self.kind.model is Note:
            for key in changed:
                row = self.rows[key]
                row.html, row.words = markdown.render_and_words(row.text)
                row.version += row.text != self.said[key]["text"]
            for key, row in self.standing.items():
                same = row.text == self.said[key]["text"]
                texts[row.user_id, row.paper_id] = self.stood.get(key) if same else _CHANGED
        elif self.kind.model is ListItem:
            for key in changed:
                self.rows[key].comment_html = markdown.render(self.rows[key].comment)
            # Who showed a note with a list said nothing of another text.
            for key, row in self.standing.items():
                note = (self.lists[row.reading_list_id].owner_id, row.paper_id)
                if row.shows_note and note in texts and texts[note] != self.stood.get(key):
                    row.shows_note = False
                    changed.add(key)
        return changed

    def _create(self, rows: list[Any]) -> None:
        """Make rows again that were gone."""
        if self.kind.model is ListItem:
            people = {row.added_by_id for row in rows}
            there = set(User.objects.filter(pk__in=people).values_list("pk", flat=True))
            taken = ListItem.objects.filter(
                reading_list__in={row.reading_list_id for row in rows},
                position__in={row.position for row in rows},
            )
            places = set(taken.values_list("reading_list", "position"))
            for row in rows:
                row.added_by_id = row.added_by_id if row.added_by_id in there else None
                if (row.reading_list_id, row.position) in places:
                    row.position = place_near(self.lists[row.reading_list_id], row.position)
        statements = Statements()
        statements.insert(rows)
        statements.execute()

    def _remember(self) -> None:
        """Write which rows stand elsewhere than at home, and which are gone."""
        want: dict[int, tuple[int, Any]] = {}
        for key, row in self.standing.items():
            if row.paper_id != self.homes[key]:
                want[key] = (self._user(row), None)
        for key, gone in self.gone.items():
            whole = {field.attname: getattr(gone.row, field.attname) for field in self._fields}
            kept = {"row": _plain(whole), "onto": gone.onto, "was": _plain(gone.was)}
            want[key] = (self._user(gone.row), kept)
        old, other = [], []
        for key, one in self.followed.items():
            if key not in want or key in self.went or (one.row is None) != (want[key][1] is None):
                old.append(one.pk)
            else:
                # In its place: their order is that in which the rows went.
                if (one.user_id, one.row) != want[key]:
                    one.user_id, one.row = want[key]
                    other.append(one)
                del want[key]
        new = [
            Followed(user_id=user, paper_id=self.homes[key], model=self.kind.name, key=key, row=row)
            for key, (user, row) in want.items()
        ]
        for some in batches(old):
            Followed.objects.filter(pk__in=some).delete()
        statements = Statements()
        statements.update(other, ["user", "row"])
        statements.insert(new, leave="id")
        statements.execute()

    def _user(self, row: Any) -> int:
        lists = self.kind.model is ListItem
        user: int = self.lists[row.reading_list_id].owner_id if lists else row.user_id
        return user

    @property
    def _fields(self) -> Any:
        return self.kind.model._meta.concrete_fields

    def _read(self, values: _Values) -> _Values:
        fields = {field.attname: field for field in self._fields}
        return {name: fields[name].to_python(value) for name, value in values.items()}


def _replace(values: _Values, old: _Values, new: _Values) -> None:
    for name, value in old.items():
        if values[name] == value:
            values[name] = new[name]


def _plain(values: _Values) -> _Values:
    """As JSON has it."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
