"""The SQL of each database: how its own full-text index is made, and how it is asked.

On SQLite that is an FTS5 table, which triggers keep in step with `SearchText`; on PostgreSQL a
stored, weighted `tsvector` with a GIN index.
"""

# The statements below are put together from the constants below and from nothing else.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import connection

from .nodes import HEADING, AllOf, AnyOf, Node, Not, PaperKeys, Tag, Words
from .tags import EVERY


@dataclass(frozen=True)
class Database:
    """The SQL of a database.

    create: the statements that make its index and fill it. drop: those that remove it. there: a
    query for the names of the index's parts that exist. parts: the names of those that have to.
    expression: writes a node as the index reads it. matches: the FROM clause of the rows that
    match, with `t` for the table and a place for the expression. keys: the same, if only their keys
    are read, from the column `key`. best: the order by relevance. rank: writes the words of that
    order, where it has a place for them. among: the condition that a key is in a JSON list;
    among_words: that a word is. json_list: makes such a list of a column, as text.
    """

    create: tuple[str, ...]
    drop: tuple[str, ...]
    there: str
    parts: frozenset[str]
    expression: Callable[[Node], str]
    matches: str
    keys: str
    key: str
    best: str
    among: str
    among_words: str
    json_list: str
    rank: Callable[[Iterable[Words]], str] | None = None


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
    match node:
        case Words(words, column, prefix, stem, _):
            columns = {"": (), HEADING: ("title", "authors")}.get(column, (column,))
            marks = [_MARKS[name] for name in columns]
            if stem:
                # A text that has a word has its stem, too: to ask for that alone is less to walk,
                # and tells PostgreSQL rightly how many rows there are.
                found = [f"'{mark}{stem}'" for mark in marks or [""]]
                found.append(f"'{_MARKS['title'] if marks else ''}{_STEM}{stem}'")
                if words != (stem,) and column != "title":
                    found.append(f"'{_MARKS['authors']}{words[0]}'")
                beginnings = marks or [""] if prefix else []
                return _any(found + [_phrase(words, True, mark=mark) for mark in beginnings])
            if marks:
                return _any(_phrase(words, prefix, mark=mark) for mark in marks)
            # A phrase is within one column, which only its weight shows.
            return _any(_phrase(words, prefix, weight) for weight in ("ABC" if words[1:] else [""]))
        case Tag(name):
            return f"'{_MARKS['tags']}{name}'"
        case AnyOf(nodes):
            return _any(map(_tsquery, nodes))
        case Not(inner):
            return f"!{_tsquery(inner)}"
        case PaperKeys():
            raise TypeError("a library is searched with among()")
        case AllOf(nodes):
            return "(" + (" & ".join(map(_tsquery, nodes)) or _tsquery(Tag(EVERY))) + ")"


def _tsrank(words: Iterable[Words]) -> str:
    """What to rank by: the words with the weights of the columns that they may stand in."""
    weights = {"": "ABC", HEADING: "AB", "title": "A", "authors": "B"}
    return _any(
        _phrase(one.words, one.prefix, weight) for one in words for weight in weights[one.column]
    )


def _any(expressions: Iterable[str]) -> str:
    return "(" + " | ".join(expressions) + ")"


def _phrase(words: tuple[str, ...], prefix: bool, weight: str = "", mark: str = "") -> str:
    *firsts, last = words
    ends = f"'{mark}{last}':{'*' * prefix}{weight}".removesuffix(":")
    firsts = [f"'{mark}{word}':{weight}".removesuffix(":") for word in firsts]
    return "(" + " <-> ".join([*firsts, ends]) + ")"


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
        f"INSERT INTO {INDEX} ({INDEX}, rank)"
        " VALUES ('rank', 'bm25(10.0, 5.0, 1.0, 0.0, 5.0, 0.5)')",
        f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')",
        *(f"CREATE TRIGGER {name} {body}" for name, body in _TRIGGERS.items()),
    ),
    drop=(
        *(f"DROP TRIGGER IF EXISTS {name}" for name in _TRIGGERS),
        f"DROP TABLE IF EXISTS {INDEX}",
    ),
    there="SELECT name FROM sqlite_master",
    parts=frozenset({INDEX, *_TRIGGERS}),
    expression=_fts5,
    matches=f"{INDEX} AS i JOIN {TABLE} AS t ON t.id = i.rowid WHERE i.{INDEX} MATCH %s",
    keys=f"{INDEX} WHERE {INDEX} MATCH %s",
    # The index itself walks its matches by this key, newest first, and stops when it may.
    key="rowid",
    best="i.rank, i.rowid DESC",
    among="IN (SELECT value FROM json_each(%s))",
    among_words="IN (SELECT value FROM json_each(%s))",
    json_list="json_group_array({})",
)

# A GIN index knows no weights: to find by them in which column a word stands, PostgreSQL reads each
# row that has it anywhere. So the words of titles and authors, and all tags, are in it once more
# behind a sign each, which no folded word has.
_MARKS = {"title": "ª", "authors": "º", "tags": "ᵃ"}
_STEM = "ˢ"
"""The sign of a stem where the text itself has no such word."""
_VECTOR = " || ".join(
    [
        f"setweight(to_tsvector('simple', {column}), '{weight}')"
        for column, weight in zip(("title", "authors", "summary"), "ABC", strict=True)
    ]
    + [
        f"setweight(to_tsvector('simple', '{mark}' || replace({column}, ' ', ' {mark}')), 'D')"
        for column, mark in _MARKS.items()
    ]
    # Stems stand nowhere, so that no phrase has one.
    + [
        "array_to_tsvector(array_remove(string_to_array("
        f"replace(' ' || title_stems || ' ' || summary_stems, ' ', ' {_STEM}')"
        f" || replace(' ' || title_stems, ' ', ' {_MARKS['title']}{_STEM}'), ' '), ''))"
    ]
)


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
_STATISTICS = 1000
_POSTGRESQL = Database(
    create=(
        f"ALTER TABLE {TABLE} ADD COLUMN lexemes tsvector GENERATED ALWAYS AS ({_VECTOR}) STORED",
        f"CREATE INDEX {INDEX} ON {TABLE} USING gin (lexemes)",
        # PostgreSQL takes a word of which it has no statistics for one that hundreds of papers
        # have, and then reads the newest papers of all for it. It has them of ten words for each of
        # these, and so of every word that matters.
        f"ALTER TABLE {TABLE} ALTER COLUMN lexemes SET STATISTICS {_STATISTICS}",
        f"ANALYZE {TABLE} (lexemes)",
        _COUNT_CHANGED,
        *_COUNT_TRIGGERS.values(),
    ),
    drop=(
        # PostgreSQL alters no table on which checks are still to be made.
        "SET CONSTRAINTS ALL IMMEDIATE",
        f"DROP INDEX IF EXISTS {INDEX}",
        f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS vector",  # as it was called at first
        f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS lexemes",
        *(f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in _COUNT_TRIGGERS),
        f"DROP FUNCTION IF EXISTS {WORDS}_count",
    ),
    there=(
        f"SELECT attname FROM pg_attribute WHERE attrelid = '{TABLE}'::regclass"
        " AND NOT attisdropped UNION SELECT indexname FROM pg_indexes"
        f" WHERE tablename = '{TABLE}' AND schemaname = current_schema()"
        f" UNION SELECT 'statistics' FROM pg_attribute WHERE attrelid = '{TABLE}'::regclass"
        f" AND attname = 'lexemes' AND attstattarget = {_STATISTICS}"
        f" UNION SELECT tgname FROM pg_trigger WHERE tgrelid = '{TABLE}'::regclass"
    ),
    parts=frozenset({INDEX, "lexemes", "statistics", *_COUNT_TRIGGERS}),
    expression=_tsquery,
    matches=f"{TABLE} AS t, to_tsquery('simple', %s) AS q WHERE t.lexemes @@ q",
    keys=f"{TABLE} AS t, to_tsquery('simple', %s) AS q WHERE t.lexemes @@ q",
    key="t.id",
    # By the words alone: what must not match, and alternatives, would confuse the ranking.
    best="ts_rank('{0, 0.1, 0.5, 1}', t.lexemes, to_tsquery('simple', %s)) DESC, t.id DESC",
    among="IN (SELECT value::bigint FROM jsonb_array_elements_text(%s) AS value)",
    among_words="IN (SELECT jsonb_array_elements_text(%s))",
    json_list="coalesce(json_agg({}), '[]')::text",
    rank=_tsrank,
)


def current_database() -> Database:
    """The one that is connected to."""
    return _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL
