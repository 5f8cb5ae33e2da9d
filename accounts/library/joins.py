"""The content of a row that joins several of its owner's, whose papers are merged into one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from accounts.models import (
    COMMENT_LENGTH,
    NOTE_LENGTH,
    Bookmark,
    Dismissal,
    ListItem,
    Note,
    Rating,
    Status,
)

# Each takes up another row, or returns false if there is no room.


def _join_bookmarks(row: Bookmark, other: Bookmark) -> bool:
    row.status = max(row.status, other.status, key=Status.values.index)
    return _join_dismissals(row, other)


def _join_dismissals(row: Any, other: Any) -> bool:
    row.added_at = min(row.added_at, other.added_at)
    return True


def _join_ratings(row: Rating, other: Rating) -> bool:
    row.is_relevant = row.is_relevant or other.is_relevant
    return _join_dismissals(row, other)


def _join_notes(row: Note, other: Note) -> bool:
    if other.text.strip() not in row.text:
        text = f"{row.text}\n\n---\n\n{other.text}"
        if len(text) > NOTE_LENGTH:
            return False
        row.text, row.html = text, f"{row.html}\n<hr>\n{other.html}"
        row.words = f"{row.words} {other.words}"
        # A save from a page that shows one of them alone is then refused: its version is older.
        row.version = max(row.version, other.version) + 1
    row.changed_at = max(row.changed_at, other.changed_at)
    return _join_dismissals(row, other)


def _join_items(row: ListItem, other: ListItem) -> bool:
    if other.comment.strip() not in row.comment:
        if row.comment:
            comment = f"{row.comment}\n\n---\n\n{other.comment}"
            if len(comment) > COMMENT_LENGTH:
                return False
            row.comment = comment
            row.comment_html = f"{row.comment_html}\n<hr>\n{other.comment_html}"
        else:
            row.comment, row.comment_html = other.comment, other.comment_html
    return True


class RowKind(NamedTuple):
    """Rows of one model. owner: who is shown one for a paper. content: what its owner writes, and
    what follows from that; others: what else may change of a joined row by itself; besides: what
    has rules of its own."""

    model: Any
    owner: str
    join: Callable[[Any, Any], bool]
    content: tuple[str, ...]
    others: tuple[str, ...]
    besides: tuple[str, ...] = ()


BOOKMARKS = RowKind(Bookmark, "user_id", _join_bookmarks, ("status",), ("added_at",))
DISMISSALS = RowKind(Dismissal, "user_id", _join_dismissals, (), ("added_at",))
RATINGS = RowKind(Rating, "user_id", _join_ratings, ("is_relevant",), ("added_at",))
NOTES = RowKind(
    *(Note, "user_id", _join_notes),
    *(("text", "html", "words"), ("added_at", "changed_at"), ("version",)),
)
ITEMS = RowKind(
    *(ListItem, "reading_list_id", _join_items),
    *(("comment", "comment_html"), ("section", "position"), ("shows_note",)),
)
KINDS = (BOOKMARKS, DISMISSALS, RATINGS, NOTES, ITEMS)
