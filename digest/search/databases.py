"""The SQL of each database: how its own full-text index is made, and how it is asked.

On SQLite that is an FTS5 table, which triggers keep in step with `SearchText`; on PostgreSQL a GIN
index of the words, without their places: a phrase is looked for in the texts of the rows that have
all its words.
"""

# The statements below are put together from the constants below and from nothing else.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db import connection

from .nodes import HEADING, AllOf, AnyOf, Node, Not, PaperKeys, Tag, Words, columns_of
from .rows import first_of, last_of
from .tags import EVERY, days_of


@dataclass(frozen=True)
class Database:
    """The SQL of a database.

    create: the statements that make its index and fill it. drop: those that remove it. there: a
    query for the names of the index's parts that exist. parts: the names of those that have to.
    rows: what to select the keys of rows from. where: the condition that a row matches a node, and
    its parameters. key: the key of a row. newest: the order by it. walks: whether rows are read in
    this order, and no more than are wanted. among: the condition that a key is in a JSON list;
    among_words: that a word is. json_list: makes such a list of a column, as text.
    """

    create: tuple[str, ...]
    drop: tuple[str, ...]
    there: str
    parts: frozenset[str]
    rows: str
    where: Callable[[Node], tuple[str, list[str]]]
    key: str
    newest: str
    walks: bool
    among: str
    among_words: str
    json_list: str


_FTS5_COLUMNS = {"": "title authors summary", HEADING: "title authors"}
_FTS5_STEMS = {
    "": "title authors summary title_stems summary_stems",
    HEADING: "title authors title_stems",
    "title": "title title_stems",
}


def _fts5(node: Node) -> str:
    match node:
        case Words(words, column, prefix, stem, _):
            found = f'{{{_FTS5_COLUMNS.get(column, column)}}} : "{" ".join(words)}"' + " *" * prefix
            if not stem:
                return found
            # A text that has a word has its stem, too: to ask for that alone is less to walk.
            forms = f'{{{_FTS5_STEMS[column]}}} : "{stem}"'
            if prefix:
                return f"({forms} OR {found})"
            if words == (stem,) or column == "title":
                return forms
            return f'({forms} OR {{authors}} : "{words[0]}")'
        case Tag(name):
            return f'tags : "{name}"'
        case AnyOf(nodes):
            return "(" + " OR ".join(map(_fts5, nodes)) + ")"
        case Not():
            return _fts5(AllOf((node,)))
        case PaperKeys():
            raise TypeError("a library is searched with among()")
        case AllOf(nodes):
            wanted = [_fts5(inner) for inner in nodes if not isinstance(inner, Not)]
            # One refusal of any, for each by itself would nest deeper than SQLite allows.
            refused = tuple(inner.node for inner in nodes if isinstance(inner, Not))
            without = f" NOT {_fts5(AnyOf(refused))}" if refused else ""
            return "((" + (" AND ".join(wanted) or _fts5(Tag(EVERY))) + ")" + without + ")"


def _tsquery(node: Node) -> str:
    """The rows that match, and more where phrases are in the node: those that have all the words of
    a phrase, and whatever must not have one."""
    match node:
        case Words(words, column, prefix, stem, _):
            marks = [_MARKS[name] for name in columns_of(column)] if column else [""]
            found = [_lexemes(words, prefix, mark) for mark in marks]
            if not stem:
                return _any(found)
            # A text that has a word has its stem, too: to ask for that alone is less to walk.
            forms = [f"'{mark}{stem}'" for mark in marks]
            forms.append(f"'{_MARKS['title'] if column else ''}{_STEM}{stem}'")
            if words != (stem,) and column != "title":
                forms.append(f"'{_MARKS['authors']}{words[0]}'")
            return _any(forms + found * prefix)
        case Tag(name):
            return f"'{_MARKS['tags']}{name}'"
        case AnyOf(nodes):
            return _any(map(_tsquery, nodes))
        case Not():
            return _tsquery(AllOf((node,)))
        case PaperKeys():
            raise TypeError("a library is searched with among()")
        case AllOf(nodes):
            wanted = [_tsquery(inner) for inner in nodes if not isinstance(inner, Not)]
            refused = [inner.node for inner in nodes if isinstance(inner, Not)]
            without = [f"!{_tsquery(inner)}" for inner in refused if not _has_phrase(inner)]
            # Without any word that a row has, PostgreSQL would read all rows.
            return "(" + " & ".join([*(wanted or [_tsquery(Tag(EVERY))]), *without]) + ")"


def _any(expressions: Iterable[str]) -> str:
    return "(" + " | ".join(expressions) + ")"


def _lexemes(words: tuple[str, ...], prefix: bool, mark: str) -> str:
    return "(" + " & ".join(f"'{mark}{word}'" for word in words) + ":*" * prefix + ")"


def _has_phrase(node: Node) -> bool:
    match node:
        case Words(words):
            return len(words) > 1
        case Not(inner):
            return _has_phrase(inner)
        case AnyOf(nodes) | AllOf(nodes):
            return any(map(_has_phrase, nodes))
    return False


def _postgresql_where(node: Node) -> tuple[str, list[str]]:
    # As a subquery, which PostgreSQL does not look into: it would take several words for so rare
    # that it need not look up a range of keys as well, and read all rows that have the words.
    found, parameters = f"{_LEXEMES} @@ (SELECT %s::tsquery)", [_tsquery(node)]
    if _has_phrase(node):
        read, sought = _in_texts(node, only_phrases=True)
        return f"{found} AND {read}", parameters + sought
    return found, parameters


def _in_texts(node: Node, only_phrases: bool = False) -> tuple[str, list[str]]:
    """The condition that the texts of a row match, and its parameters. only_phrases: without what
    `_tsquery` knows."""
    match node:
        case Words(words, column, prefix, stem, _):
            columns = columns_of(column)
            sought = f" {' '.join(words)}" + ("" if prefix else " ")
            places = [(name, sought) for name in columns if not stem or prefix or name == "authors"]
            if stem:
                stems = ["title_stems", *(["summary_stems"] if "summary" in columns else [])]
                places += [(name, f" {stem} ") for name in (*columns, *stems)]
        case Tag(name):
            places = [("tags", f" {name} ")]
        case Not(inner):
            found, parameters = _in_texts(inner)
            return f"NOT {found}", parameters
        case AllOf(nodes) | AnyOf(nodes):
            if isinstance(node, AllOf):
                wanted = [one for one in nodes if _has_phrase(one) or not only_phrases]
                conditions = [_in_texts(one, only_phrases) for one in wanted]
                word = " AND "
            else:
                conditions, word = [_in_texts(one) for one in nodes], " OR "
            return (
                "(" + (word.join(condition for condition, _ in conditions) or "true") + ")",
                [parameter for _, parameters in conditions for parameter in parameters],
            )
        case PaperKeys():
            raise TypeError("a library is searched with among()")
    found = " OR ".join(f"strpos(' ' || t.{name} || ' ', %s) > 0" for name, _ in places)
    return f"({found})", [sought for _, sought in places]


TABLE, INDEX = "digest_searchtext", "digest_searchindex"
_COLUMNS = "title, authors, summary, tags, title_stems, summary_stems"
_OLD = ", ".join(f"old.{column}" for column in _COLUMNS.split(", "))
_NEW = _OLD.replace("old.", "new.")
_REMOVE_ROW = f"INSERT INTO {INDEX} ({INDEX}, rowid, {_COLUMNS}) VALUES ('delete', old.id, {_OLD})"
_ADD_ROW = f"INSERT INTO {INDEX} (rowid, {_COLUMNS}) VALUES (new.id, {_NEW})"

# How many papers have each word

WORDS = "digest_searchword"
_IN_TEXTS = ("title", "summary", "title_stems", "summary_stems")


def _each_word(columns: Iterable[str], row: str) -> str:
    """The FROM clause of the words of a row's columns, for SQLite; their column is called value."""
    text = " || ' ' || ".join(f"{row}.{column}" for column in columns)
    return f"""FROM json_each('[' || replace(json_quote({text}), ' ', '","') || ']')"""


_COUNT_UP = (
    f"INSERT INTO {WORDS} (word, papers, in_authors) SELECT value, 1, max(by)"
    f" FROM (SELECT value, 0 AS by {_each_word(_IN_TEXTS, 'new')}"
    f" UNION ALL SELECT value, 1 {_each_word(['authors'], 'new')})"
    " WHERE value <> '' GROUP BY value"
    " ON CONFLICT (word) DO UPDATE"
    " SET papers = papers + 1, in_authors = in_authors + excluded.in_authors"
)
_COUNT_DOWN = (
    f"UPDATE {WORDS} SET papers = papers - 1 WHERE word IN"
    f" (SELECT value {_each_word([*_IN_TEXTS, 'authors'], 'old')});"
    f" UPDATE {WORDS} SET in_authors = in_authors - 1 WHERE word IN"
    f" (SELECT value {_each_word(['authors'], 'old')})"
)
_TRIGGERS = {
    f"{TABLE}_insert": f"AFTER INSERT ON {TABLE} BEGIN {_ADD_ROW}; {_COUNT_UP}; END",
    f"{TABLE}_delete": f"AFTER DELETE ON {TABLE} BEGIN {_REMOVE_ROW}; {_COUNT_DOWN}; END",
    f"{TABLE}_update": (
        f"AFTER UPDATE ON {TABLE} BEGIN {_REMOVE_ROW}; {_COUNT_DOWN}; {_ADD_ROW}; {_COUNT_UP}; END"
    ),
}
_SQLITE = Database(
    create=(
        # The words are folded already: whatever is no space is part of one.
        f"CREATE VIRTUAL TABLE {INDEX} USING fts5({_COLUMNS}, content='{TABLE}',"
        " content_rowid='id', tokenize='unicode61 remove_diacritics 0')",
        f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')",
        *(f"CREATE TRIGGER {name} {body}" for name, body in _TRIGGERS.items()),
    ),
    drop=(
        *(f"DROP TRIGGER IF EXISTS {name}" for name in _TRIGGERS),
        f"DROP TABLE IF EXISTS {INDEX}",
    ),
    there="SELECT name FROM sqlite_master",
    parts=frozenset({INDEX, *_TRIGGERS}),
    rows=INDEX,
    where=lambda node: (f"{INDEX} MATCH %s", [_fts5(node)]),
    # The index itself walks its matches by this key, newest first, and stops when it may.
    key="rowid",
    newest="rowid DESC",
    walks=True,
    among="IN (SELECT value FROM json_each(%s))",
    among_words="IN (SELECT value FROM json_each(%s))",
    json_list="json_group_array({})",
)

# In which column a word stands, the index knows by a sign before it, which no folded word has:
# words of titles and authors are in it once more with theirs, and tags with theirs alone.
_MARKS = {"title": "ª", "authors": "º", "tags": "ᵃ"}
_STEM = "ˢ"
"""The sign of a stem where the text itself has no such word."""
_FUNCTION = f"{TABLE}_lexemes"
_TEXTS = ("title", "authors", "summary", "tags", "title_stems", "summary_stems")
_LEXEMES = f"{_FUNCTION}({', '.join(f't.{name}' for name in _TEXTS)})"
_MARKED = (
    *((mark, name) for name, mark in _MARKS.items()),
    *((_STEM, name) for name in ("title_stems", "summary_stems")),
    (_MARKS["title"] + _STEM, "title_stems"),
)
# How often a word occurs, PostgreSQL is not to know: to look that up takes longer than to look up
# the word. It is told that to read a row takes long, so that it asks the index in any case.
_MAKE_FUNCTION = f"""
CREATE FUNCTION {_FUNCTION}({", ".join(f"{name} text" for name in _TEXTS)})
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20000 AS $$
BEGIN
    RETURN array_to_tsvector(array_remove(string_to_array(title || ' ' || authors || ' ' || summary
        {" ".join(f"|| replace(' ' || {name}, ' ', ' {mark}')" for mark, name in _MARKED)}
    , ' '), ''));
END $$
"""


def _count_trigger(event: str, table: str, sign: int) -> tuple[str, str]:
    """The name of a trigger that counts the words of changed rows, and what makes it."""
    name = f"{TABLE}_{event}_{table}".lower()
    return name, (
        f"CREATE TRIGGER {name} AFTER {event} ON {TABLE} REFERENCING {table} TABLE AS changed"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {WORDS}_count('{sign}')"
    )


# All words of a statement in order: two that lock the same ones do not wait for each other.
_COUNT_CHANGED = f"""
CREATE OR REPLACE FUNCTION {WORDS}_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE sign integer := TG_ARGV[0]::integer;
BEGIN
    INSERT INTO {WORDS} AS known (word, papers, in_authors)
    SELECT word, sign * count(*), sign * sum(by) FROM (
        SELECT id, word, max(by) AS by FROM (
            SELECT id, 0 AS by,
                unnest(string_to_array({" || ' ' || ".join(_IN_TEXTS)}, ' ')) AS word
            FROM changed
            UNION ALL
            SELECT id, 1, unnest(string_to_array(authors, ' ')) FROM changed
        ) AS each WHERE word <> '' GROUP BY id, word
    ) AS one GROUP BY word ORDER BY word
    ON CONFLICT (word) DO UPDATE SET papers = known.papers + excluded.papers,
        in_authors = known.in_authors + excluded.in_authors;
    RETURN NULL;
END $$
"""
_COUNT_TRIGGERS = dict(
    [
        _count_trigger("INSERT", "NEW", 1),
        _count_trigger("DELETE", "OLD", -1),
        _count_trigger("UPDATE", "OLD", -1),
        _count_trigger("UPDATE", "NEW", 1),
    ]
)
_POSTGRESQL = Database(
    create=(
        # In order, so that what is found among the newest is on few pages; and without what an
        # older version put there.
        f"CLUSTER {TABLE} USING {TABLE}_pkey",
        _MAKE_FUNCTION,
        f"CREATE INDEX {INDEX} ON {TABLE} USING gin ({_LEXEMES.replace('t.', '')})"
        " WITH (fastupdate = off)",  # else each search reads what was added last
        f"ALTER INDEX {INDEX} ALTER COLUMN 1 SET STATISTICS 0",
        _COUNT_CHANGED,
        *_COUNT_TRIGGERS.values(),
    ),
    drop=(
        # PostgreSQL alters no table on which checks are still to be made.
        "SET CONSTRAINTS ALL IMMEDIATE",
        f"DROP INDEX IF EXISTS {INDEX}",
        f"DROP FUNCTION IF EXISTS {_FUNCTION}",
        # What older versions had
        f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS vector, DROP COLUMN IF EXISTS lexemes",
        *(f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in _COUNT_TRIGGERS),
        f"DROP FUNCTION IF EXISTS {WORDS}_count",
    ),
    there=(
        "SELECT attrelid::regclass::text || '.' || attname AS name FROM pg_attribute"
        f" WHERE attrelid = to_regclass('{INDEX}') AND attstattarget = 0"
        f" UNION SELECT tgname FROM pg_trigger WHERE tgrelid = '{TABLE}'::regclass"
    ),
    parts=frozenset({f"{INDEX}.{_FUNCTION}", *_COUNT_TRIGGERS}),
    rows=f"{TABLE} AS t",
    where=_postgresql_where,
    key="t.id",
    # A sum, for which no other index than that of the words helps.
    newest="t.id + 0 DESC",
    walks=False,
    among="IN (SELECT value::bigint FROM jsonb_array_elements_text(%s) AS value)",
    among_words="IN (SELECT jsonb_array_elements_text(%s))",
    json_list="coalesce(json_agg({}), '[]')::text",
)


def current_database() -> Database:
    """The one that is connected to."""
    return _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL


def prepare(connection: Any, **_: object) -> None:
    """Set a new connection to PostgreSQL up for searches: a bitmap of all rows has room, or else
    their words would be read; and no query is worth compiling."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET work_mem = '64MB'; SET jit = off")


def matches(node: Node) -> tuple[str, list[str | int]]:
    """The condition that a row matches, and its parameters. Days are a range of keys."""
    database = current_database()
    nodes = node.nodes if isinstance(node, AllOf) else (node,)
    days = {inner: keys for inner in nodes if (keys := _keys_of_days(inner))}
    where, parameters = database.where(AllOf(tuple(inner for inner in nodes if inner not in days)))
    where += f" AND {database.key} BETWEEN %s AND %s" * len(days)
    return where, [*parameters, *(key for keys in days.values() for key in keys)]


def highest_key(node: Node) -> int | None:
    """The highest key that a row which matches may have, if the node is of days."""
    nodes = node.nodes if isinstance(node, AllOf) else (node,)
    return min((keys[1] for keys in map(_keys_of_days, nodes) if keys), default=None)


def _keys_of_days(node: Node) -> tuple[int, int] | None:
    """The lowest and the highest key that papers of these days may have, if the node is of days
    one after the other."""
    tags = node.nodes if isinstance(node, AnyOf) else (node,)
    spans = [days_of(tag.name) for tag in tags if isinstance(tag, Tag) and tag.name[0] == "d"]
    gaps = [first - last for (_, last), (first, _) in pairwise(spans)]
    if not spans or len(spans) < len(tags) or any(gap != timedelta(days=1) for gap in gaps):
        return None
    return first_of(spans[0][0]), last_of(spans[-1][1])
