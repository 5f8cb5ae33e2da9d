"""Where items of a list stand: numbers with gaps, to put others between them."""

from __future__ import annotations

from bisect import bisect_right

from django.db import connection
from django.db.models import Max

from accounts.models import ListItem, ReadingList

GAP = 1 << 20
"""Between the positions of two items that were put one after the other."""


def between(before: ListItem | None, after: ListItem | None) -> int:
    """A position between two items that stand one after the other."""
    low = before.position if before else after.position - 2 * GAP if after else 0
    high = after.position if after else low + 2 * GAP
    if high - low > 1:
        return (low + high) // 2
    items = [item for item in (before, after) if item]
    respace(items[0].reading_list)
    for item in items:
        item.refresh_from_db(fields=["position"])
    return between(before, after)


def after(reading_list: ReadingList, occupied: list[int], places: list[int]) -> list[int]:
    """Free positions after those that are taken up to each of the places; both in order."""
    respace(reading_list)
    ranks = [bisect_right(occupied, place) for place in places]
    first = occupied[-1]
    return [
        first + rank * GAP + (at - ranks.index(rank) + 1) * GAP // (ranks.count(rank) + 1)
        for at, rank in enumerate(ranks)
    ]


def respace(reading_list: ReadingList) -> None:
    """Give the items positions with gaps again, in the same order."""
    table = ListItem._meta.db_table
    last = reading_list.items.aggregate(last=Max("position"))["last"]
    with connection.cursor() as cursor:
        # Beyond the last one, so that no two have the same position even in between.
        cursor.execute(
            f"UPDATE {table} SET position = %s + numbered.n * %s FROM ("  # noqa: S608
            f"SELECT id, row_number() OVER (ORDER BY position) AS n FROM {table}"
            f" WHERE reading_list_id = %s) AS numbered WHERE numbered.id = {table}.id",
            [last, GAP, reading_list.pk],
        )
