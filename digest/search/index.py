"""The full-text index: what it has of a paper, how it is asked, and that it is right.

`SearchText` has a row for every paper, made by `write`. The database's own index follows that table
by itself (`search.databases`). `check` proves both, and repairs what differs.
"""

# The statements below are put together from the constants below and from nothing else.
# ruff: noqa: S608

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import DatabaseError, connection, transaction

from digest.batches import SIZE, batches
from digest.models import Catalogue, Category, Paper, SearchText
from digest.text import taxonomy

from .databases import EVERY, INDEX, TABLE, current_database
from .query import (
    Node,
    Words,
    arxiv_tag,
    author_tag,
    category_tag,
    date_tags,
    digest_tag,
    kind_tag,
    positive,
)
from .text import document, fold

_DAY = 1_000_000
"""Keys that a day may use: more than any digest has papers."""
_REPAIRED_AT_ONCE = 25
"""Rows that a check makes anew in one transaction, for which others wait."""


# What a paper's row holds


def key(paper: Paper) -> int:
    """The key of a paper's row; it changes with the paper's date and position."""
    return paper.date.toordinal() * _DAY + max(_DAY - 1 - paper.position, 0)


def day_after(key: int) -> int:
    """What no key of the same day reaches, and every key of a later day does."""
    return (key // _DAY + 1) * _DAY


def last_of(day: date) -> int:
    """The key that all papers of a day and of those before it have, or a lower one."""
    return day.toordinal() * _DAY + _DAY - 1


def row(
    paper: Paper,
    authors: list[tuple[int, str]],
    categories: Iterable[int],
    kinds: Iterable[str],
    days: Iterable[date],
    document: Callable[[str], str] = document,
) -> SearchText:
    """A paper's row.

    authors: keys and names, in order. categories: the keys of its categories and their areas.
    kinds: of its links. days: of the digests that it stands in. document: gives a text's words.
    """
    tags = [
        EVERY,
        *date_tags(paper.date),
        *map(digest_tag, sorted(set(days))),
        *map(category_tag, sorted(set(categories))),
        *(author_tag(pk) for pk, _ in authors),
        *map(kind_tag, sorted(set(kinds))),
        *([arxiv_tag(paper.arxiv_id)] if paper.arxiv_id else []),
    ]
    return SearchText(
        id=key(paper),
        paper=paper,
        title=document(paper.title),
        # A comma between two names keeps them apart for compounds, not for phrases.
        authors=document(", ".join(name for _, name in authors)),
        summary=document("\n".join([paper.summary, paper.abstract, ", ".join(paper.keywords)])),
        tags=" ".join(tags),
    )


def rows(papers: Iterable[int]) -> Iterator[SearchText]:
    """The rows that the papers with these keys should have, as the database has them: hidden ones
    have none."""
    found = Paper.objects.visible().filter(pk__in=papers).for_cards().prefetch_related("digests")
    for paper in found:
        categories = [place.category for place in paper.classifications.all()]
        yield row(
            paper,
            [(place.author_id, place.author.name) for place in paper.authorships.all()],
            {key for c in categories for key in (c.pk, c.area_id) if key},
            {link.kind for link in paper.links.all()},
            {digest.date for digest in paper.digests.all()},
        )


def write(papers: Iterable[int], new: Iterable[SearchText] = ()) -> None:
    """Make the rows of the papers with these keys anew, after anything that they show changed.

    new: rows of papers that had none. Every change of what the catalogue shows comes through here,
    within its transaction, so the catalogue's revision changes here, too.
    """
    papers = list(papers)
    # All go before any comes: papers that changed places take each other's keys.
    for some in batches(papers):
        SearchText.objects.filter(paper__in=some).delete()
    for some in batches(papers):
        SearchText.objects.bulk_create(rows(some))
    SearchText.objects.bulk_create(new)
    Catalogue.change()


def categories() -> Callable[[str, bool], str | None]:
    """What `query.parse` wants: a category's tag by its name or slug, read in one query at need."""
    known: dict[str, tuple[int, bool]] = {}

    def tag(name: str, area_only: bool) -> str | None:
        if not known:
            rows = list(Category.objects.values_list("pk", "name", "slug", "is_area"))
            # Two names may fold to the same, but no two slugs are the same.
            known.update((fold(name_), (pk, is_area)) for pk, name_, _, is_area in rows)
            known.update((slug, (pk, is_area)) for pk, _, slug, is_area in rows)
        full_name = fold(taxonomy.known(name) or name)  # of arXiv's own, a code is typed
        pk, is_area = known.get(name.lower()) or known.get(full_name) or (0, False)
        return category_tag(pk) if pk and (is_area or not area_only) else None

    return tag


# Asking it


def counts(words: Sequence[str], most: int) -> dict[str, int]:
    """For each word the number of papers that have it, or `most` if about as many have, or more."""
    database = current_database()
    found = dict.fromkeys(words, most)
    if words and database.frequent:
        frequent = {word for (word,) in _rows(database.frequent, json.dumps(words), most)}
        words = [word for word in words if word not in frequent]
    one = f"SELECT %s, count(*) FROM (SELECT 1 FROM {database.keys} LIMIT %s) AS found"
    parameters = [
        part for word in words for part in (word, database.expression(Words((word,))), most)
    ]
    if words:
        found.update(_rows(" UNION ALL ".join([one] * len(words)), *parameters))
    return found


def found(node: Node, most: int, *, best: bool = False) -> list[int]:
    """The keys of the rows that match: the newest, or the best matches, first."""
    database = current_database()
    words = tuple(positive(node)) if best else ()
    source, row = (database.matches, "t.id") if words else (database.keys, database.key)
    order = database.best if words else f"{row} DESC"
    ranked_by = [database.rank(words)] if words and database.rank else []
    sql = f"SELECT {row} FROM {source} ORDER BY {order} LIMIT %s"
    return [key for (key,) in _rows(sql, database.expression(node), *ranked_by, most)]


def papers(node: Node) -> tuple[str, list[str]]:
    """The SQL that gives the keys of the papers that match, and its parameters."""
    database = current_database()
    rows = f"SELECT {database.key} FROM {database.keys}"
    return f"SELECT paper_id FROM {TABLE} WHERE id IN ({rows})", [database.expression(node)]


def keys(papers: Iterable[int]) -> dict[int, int]:
    """The keys of the rows of these papers, each with its paper's."""
    sql = f"SELECT id, paper_id FROM {TABLE} WHERE paper_id {current_database().among}"
    return dict(_rows(sql, json.dumps(list(papers))))


def found_among(node: Node, keys: Iterable[int]) -> list[int]:
    """Those of the rows with these keys that match."""
    database = current_database()
    # The sign keeps SQLite from asking its index for each key by itself.
    sql = f"SELECT {database.key} FROM {database.keys} AND +{database.key} {database.among}"
    return [row for (row,) in _rows(sql, database.expression(node), json.dumps(list(keys)))]


def newest(node: Node, most: int, before: int = 2**62) -> list[int]:
    """The keys of the rows that match, newest first, from those below a key on."""
    database = current_database()
    key = database.key
    sql = f"SELECT {key} FROM {database.keys} AND {key} < %s ORDER BY {key} DESC LIMIT %s"
    return [row for (row,) in _rows(sql, database.expression(node), before, most)]


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


def _rows(sql: str, *parameters: str | int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


# Keeping it complete


def create() -> None:
    """Make the database's own index anew over the rows that there are."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (*current_database().drop, *current_database().create):
            cursor.execute(statement)


def is_complete() -> bool:
    """Whether the database's own index is there and follows the rows. Quick: nothing is compared.

    Django rebuilds a table on SQLite when it alters it, and drops its triggers without a word.
    """
    database = current_database()
    return {name for (name,) in _rows(database.there)} >= database.parts


def after_migrate(plan: Sequence[object] = (), **_: object) -> None:
    """Make the index complete after a migration, and give every paper its row.

    plan: the migrations that were made; the catalogue may show something else after any of them.
    """
    tables = connection.introspection.table_names()
    if not {TABLE, Catalogue._meta.db_table} <= {*tables}:
        return
    if not is_complete():
        create()
    missing = list(Paper.objects.visible().filter(search_text=None).values_list("pk", flat=True))
    if missing or plan:
        write(missing)


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
        with _snapshot():
            stale += _stale(some)
        health.papers += len(some)
    health.stale = len({*stale})
    if repair:
        _repair(stale)
    health.agrees = is_complete() and _agrees()
    if repair and not health.agrees:
        create()
        Catalogue.change()
    return health


@contextmanager
def _snapshot() -> Iterator[None]:
    """All reads within see the database at one moment, and nobody has to wait to write."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Our transactions begin as writers (digest/settings.py); this one never becomes one.
        lite: Any = connection
        mode, lite.transaction_mode = lite.transaction_mode, "DEFERRED"
        try:
            with transaction.atomic():
                yield
        finally:
            lite.transaction_mode = mode
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


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
            new = [row for row in stale.values() if row]
            # A paper that has a key which belongs to another gets its own after it.
            others = SearchText.objects.filter(pk__in=[row.pk for row in new])
            in_the_way = others.exclude(paper__in=stale).values_list("paper", flat=True)
            papers += in_the_way
            SearchText.objects.filter(paper__in=[*stale, *in_the_way]).delete()
            SearchText.objects.bulk_create(new)
            Catalogue.change()


def _agrees() -> bool:
    """Whether SQLite's index holds exactly what the rows do; PostgreSQL's cannot hold else."""
    if connection.vendor != "sqlite":
        return True
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
