"""The full-text index: what it has of a paper, how it is asked, and that it is right.

`SearchText` has a row for every paper, made by `write`. The database's own index follows that table
by itself (`search.databases`). `check` proves both, and repairs what differs.
"""

# The statements below are put together from the constants below and from nothing else.
# ruff: noqa: S608

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from django.db import DatabaseError, connection, transaction

from digest.batches import SIZE, batches
from digest.models import Catalogue, Paper, SearchText, SearchWord
from digest.snapshot import snapshot

from .databases import INDEX, TABLE, current_database, highest_key, matches
from .nodes import Node
from .rows import rows

_REPAIRED_AT_ONCE = 25
"""Rows that a check makes anew in one transaction, for which others wait."""
_LIKELY_AMONG = 20
"""Where it is not known better, one paper in so many is taken to match."""
_RENEWED_AT_ONCE = 5_000
"""Rows that a migration makes anew before it says how far it is."""


def write(papers: Iterable[int], new: Iterable[SearchText] = ()) -> None:
    """Make the rows of the papers with these keys anew, after anything that they show changed.

    new: rows of papers that had none. Every change of what the catalogue shows comes through here,
    within its transaction, so the catalogue's revision changes here, too.
    """
    papers = list(papers)
    # First of all: who counts words at the same time waits here.
    Catalogue.change()
    # All go before any comes: papers that changed places take each other's keys.
    for some in batches(papers):
        SearchText.objects.filter(paper__in=some).delete()
    for some in batches(papers):
        SearchText.objects.bulk_create(rows(some))
    SearchText.objects.bulk_create(new)


# Asking it


def papers(node: Node) -> tuple[str, list[str | int]]:
    """The SQL that gives the keys of the papers that match, and its parameters."""
    database = current_database()
    where, parameters = matches(node)
    keys = f"SELECT {database.key} FROM {database.rows} WHERE {where}"
    return f"SELECT paper_id FROM {TABLE} WHERE id IN ({keys})", parameters


def keys(papers: Iterable[int]) -> dict[int, int]:
    """The keys of the rows of these papers, each with its paper's."""
    sql = f"SELECT id, paper_id FROM {TABLE} WHERE paper_id {current_database().among}"
    return dict(_rows(sql, json.dumps(list(papers))))


def found_among(node: Node, keys: Iterable[int]) -> list[int]:
    """Those of the rows with these keys that match."""
    database = current_database()
    where, parameters = matches(node)
    # The sign keeps SQLite from asking its index for each key by itself.
    sql = f"SELECT {database.key} FROM {database.rows} WHERE {where} AND +{database.key}"
    rows = _rows(f"{sql} {database.among}", *parameters, json.dumps(list(keys)))
    return [row for (row,) in rows]


def newest(
    node: Node, most: int, before: int = 2**62, likely_among: int | None = None
) -> list[int]:
    """The keys of the rows that match, newest first, from those below a key on.

    likely_among: of how many of the newest rows that many are expected to match; 0: of all.
    """
    if (highest := highest_key(node)) is not None:
        before = min(before, highest + 1)
    found: list[int] = []
    seen, among = 0, _LIKELY_AMONG * most if likely_among is None else likely_among
    while among and len(found) < most and not current_database().walks:
        lowest = f"SELECT id FROM {TABLE} WHERE id < %s ORDER BY id DESC LIMIT 1 OFFSET %s"
        sql, parameters = newest_sql(
            node, most - len(found), before, from_key="(SELECT key FROM lowest)"
        )
        sql = f"WITH lowest AS (SELECT coalesce(({lowest}), 0) AS key) SELECT key, ARRAY({sql})"
        ((next_key, keys),) = _rows(f"{sql} FROM lowest", before, among, *parameters)
        found += keys
        before, seen = next_key, seen + among
        # Half as many again as it takes if the others are as many; all if few were found.
        among = (most - len(found)) * seen * 3 // (2 * len(found) + 1)
        among = among if before and among < 4 * seen else 0
    if before and len(found) < most:
        sql, parameters = newest_sql(node, most - len(found), before)
        found += [row for (row,) in _rows(sql, *parameters)]
    return found


def newest_sql(
    node: Node, most: int, before: int = 2**62, *, from_key: int | str = 0, column: str = ""
) -> tuple[str, list[str | int]]:
    """The SQL that gives these keys, and its parameters. from_key: the lowest, also as SQL. column:
    what to select instead of the key."""
    database = current_database()
    where, parameters = matches(node)
    key = database.key
    sql = (
        f"SELECT {column or key} AS found FROM {database.rows} WHERE {where}"
        f" AND {key} >= {from_key} AND {key} < %s ORDER BY {database.newest} LIMIT %s"
    )
    return sql, [*parameters, before, most]


def found_by_weight(nodes: Sequence[tuple[Node, float]], most_of_each: int, most: int) -> list[int]:
    """The keys of the rows that match any of some weighted nodes, the best first.

    A row's score is the sum of the weights of the nodes that it matches; of equals, newer ones come
    first. most_of_each: only so many matches of a node count, the newest.
    """
    each, parameters = [], list[str | float]()
    for node, weight in nodes:
        sql, wanted = newest_sql(node, most_of_each)
        each.append(f"SELECT found, %s AS weight FROM ({sql}) AS one")
        parameters += [weight, *wanted]
    sql = (
        f"SELECT found FROM ({' UNION ALL '.join(each)}) AS every"
        " GROUP BY found ORDER BY sum(weight) DESC, found DESC LIMIT %s"
    )
    return [row for (row,) in _rows(sql, *parameters, most)]


def walk(node: Node, size: int = SIZE) -> Iterator[list[int]]:
    """The keys of all rows that match, newest first, so many at a time."""
    some = newest(node, size)
    while some:
        yield some
        some = newest(node, size, before=some[-1])


def tags(keys: Sequence[int]) -> list[str]:
    """The tags of the rows with these keys, a row's in one text, in any order."""
    sql = f"SELECT tags FROM {TABLE} WHERE id {current_database().among}"
    return [text for (text,) in _rows(sql, json.dumps(keys))] if keys else []


def _rows(sql: str, *parameters: str | float) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


# Keeping it complete


def create(*, count: bool = True) -> None:
    """Make the database's own index anew over the rows that there are. count: and count their
    words, which is not needed where the counts were copied with the rows."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (*current_database().drop, *current_database().create):
            cursor.execute(statement)
        if count:
            _count()


def _count() -> None:
    """Count the words of all rows anew, within a transaction."""
    SearchWord.objects.all().delete()
    counted = (SearchWord(word=word, papers=papers, in_authors=by) for word, papers, by in _words())
    SearchWord.objects.bulk_create(counted, batch_size=SIZE)


def _words() -> Iterator[tuple[str, int, int]]:
    """The words of all rows in order, each with the number of papers that have it, and of those
    that have it in their authors."""
    papers: Counter[str] = Counter()
    by: Counter[str] = Counter()
    columns = ("title", "authors", "summary", "title_stems", "summary_stems")
    for texts in SearchText.objects.values_list(*columns).iterator(chunk_size=SIZE):
        papers.update({*" ".join(texts).split()})
        by.update({*texts[1].split()})
    yield from ((word, papers[word], by[word]) for word in sorted(papers))


def is_complete() -> bool:
    """Whether the database's own index is there and follows the rows. Quick: nothing is compared.

    Django rebuilds a table on SQLite when it alters it, and drops its triggers without a word.
    """
    database = current_database()
    return {name for (name,) in _rows(database.there)} >= database.parts


def after_migrate(
    plan: Sequence[object] = (),
    verbosity: int = 0,
    stdout: TextIO | None = None,
    **_: object,
) -> None:
    """Make the index complete after a migration, and give every paper its row.

    plan: the migrations that were made; the catalogue may show something else after any of them.
    verbosity, stdout: whether, and where, to say how far it is when all rows are made anew.
    """
    tables = connection.introspection.table_names()
    if not {model._meta.db_table for model in (SearchText, SearchWord, Catalogue)} <= {*tables}:
        return
    if _is_old():
        _renew(stdout, is_quiet=not verbosity)
    if not is_complete():
        create()
    missing = list(Paper.objects.visible().filter(search_text=None).values_list("pk", flat=True))
    if missing or plan:
        write(missing)


def _is_old() -> bool:
    """Whether an older version made the rows."""
    return Catalogue.objects.exclude(index_version=SearchText.VERSION).exists()


def _renew(stdout: TextIO | None, is_quiet: bool) -> None:
    """Make the rows of all papers anew, which an older version made, and say how far it is.

    is_quiet: only where it takes long. Broken off, it begins again with the next migration."""
    with transaction.atomic():
        # First of all: whoever writes waits here, and holds nothing yet that is asked for below.
        Catalogue.change()
        if not _is_old():
            return  # another migration did it meanwhile
        papers = Paper.objects.visible().order_by("pk").values_list("pk", flat=True)
        many, done = papers.count(), 0
        with connection.cursor() as cursor:
            for statement in current_database().drop:
                cursor.execute(statement)
        SearchText.objects.all().delete()
        for some in batches(papers.iterator(chunk_size=SIZE), _RENEWED_AT_ONCE):
            SearchText.objects.bulk_create(rows(some), batch_size=SIZE)
            done += len(some)
            if stdout and (not is_quiet or many > _RENEWED_AT_ONCE):
                stdout.write(f"\n  Search index: {done:,} of {many:,} papers")
                stdout.flush()
        create()
        Catalogue.objects.update(index_version=SearchText.VERSION)


@dataclass
class Health:
    """What a check found: how many papers there are, how many had a row that is missing or out of
    date, and whether the database's own index agreed with the rows."""

    papers: int = 0
    stale: int = 0
    agrees: bool = True

    @property
    def is_ok(self) -> bool:
        return self.agrees and not self.stale


def check(*, repair: bool = False) -> Health:
    """Compare the index with the catalogue, paper by paper. repair: and write anew what differs.

    Others write meanwhile: what is compared is read without a lock, and what is put
    right is compared once more within its own short transaction. To make the database's own index
    anew, which is needed if it does not agree with its rows, keeps all others waiting.

    On SQLite, a copy of the database is made beside it, and removed again. Raises OSError, or
    DatabaseError, where there is no room for it.
    """
    health = Health()
    stale = list(SearchText.objects.filter(paper__hidden=True).values_list("paper", flat=True))
    keys = Paper.objects.visible().order_by("pk").values_list("pk", flat=True)
    for some in batches(keys):
        with snapshot():
            stale += _stale(some)
        health.papers += len(some)
    health.stale = len({*stale})
    if repair:
        _repair(stale)
    health.agrees = agrees()
    if repair and not health.agrees:
        create()
        Catalogue.change()
    elif not _counts_agree():
        health.agrees = False
        if repair:
            with transaction.atomic():
                Catalogue.change()
                _count()
    return health


def _stale(papers: list[int]) -> dict[int, SearchText | None]:
    """Those of these papers whose row is not as it should be, each with the row that should be."""
    names = [field.attname for field in SearchText._meta.concrete_fields]
    there = {
        values[1]: values
        for values in SearchText.objects.filter(paper__in=papers).values_list(*names)
    }
    right = {row.paper_id: row for row in rows(papers)}
    found: dict[int, SearchText | None] = {
        pk: row
        for pk, row in right.items()
        if there.get(pk) != tuple(getattr(row, name) for name in names)
    }
    return found | {pk: None for pk in there if pk not in right}


def _repair(papers: list[int]) -> None:
    """Make the rows of these papers anew, some in a transaction, where it is still needed."""
    while papers:
        some, papers = papers[:_REPAIRED_AT_ONCE], papers[_REPAIRED_AT_ONCE:]
        with transaction.atomic():
            stale = _stale(some)
            if not stale:
                continue
            Catalogue.change()
            new = [row for row in stale.values() if row]
            # A paper that has a key which belongs to another gets its own after it.
            others = SearchText.objects.filter(pk__in=[row.pk for row in new])
            in_the_way = others.exclude(paper__in=stale).values_list("paper", flat=True)
            papers += in_the_way
            SearchText.objects.filter(paper__in=[*stale, *in_the_way]).delete()
            SearchText.objects.bulk_create(new)


def _counts_agree() -> bool:
    """Whether the words are counted as the rows have them."""
    with snapshot():
        known = SearchWord.objects.exclude(papers=0, in_authors=0)
        return {*known.values_list().iterator(chunk_size=SIZE)} == {*_words()}


def agrees() -> bool:
    """Whether the database's own index is there, and holds exactly what the rows do. PostgreSQL's
    cannot hold anything else."""
    if connection.vendor != "sqlite" or not is_complete():
        return is_complete()
    if connection.in_atomic_block:  # others wait already, and see nothing of what is written
        with connection.cursor() as cursor:
            return _agrees_in(cursor)
    # SQLite takes the question for a write: a copy, which takes it no long, has nobody waiting.
    connection.ensure_connection()
    folder = Path(connection.settings_dict["NAME"]).parent
    with (
        TemporaryDirectory(dir=folder, prefix="search-index-check-") as name,
        closing(sqlite3.connect(f"{name}/copy.sqlite3")) as copy,
    ):
        with connection.wrap_database_errors:
            connection.connection.backup(copy)
        return _agrees_in(copy)


def _agrees_in(database: Any) -> bool:
    try:
        database.execute(f"INSERT INTO {INDEX} ({INDEX}, rank) VALUES ('integrity-check', 1)")
    except (DatabaseError, sqlite3.DatabaseError):
        return False
    return True
