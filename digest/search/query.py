"""The query language: what a person types -> what is to match.

    words             all must match, in any form: benchmark, benchmarks, benchmarking
    "a phrase"        just these words in this order
    -word             papers without it; also before a phrase or a field
    this OR that      either of the two beside it
    title: author:    in these alone
    category: area:   by name or slug
    has:code          a link of a kind: code, model, dataset, space, collection, project
    date:2025-02      a day, a month, a year, or a range: date:2025-01..2025-03, date:..2024
    arxiv:2502.02737  a paper, by its id or address in any common form
    link:owner/name   papers that link a repository, model or dataset; also by its address

An id, an address and an owner/name need no field. Where an id that a paper has stands in a line of
words, as in a reference, the words need not match; an id that no paper has is left out there.

In a person's library also:

    is:unread         a reading status: to-read, reading, read; unread: not yet read
    has:note          with a note
    in:"list name"    in a reading list

The last word may be a beginning, where the caller says so: when no paper has it as a word.
Nothing that is typed is an error: a part that cannot be read is reported, and the rest searched.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import NamedTuple

from digest.text import links
from digest.text.identity import CITED_ARXIV_ID, arxiv_id

from .frequencies import Frequencies
from .nodes import EVERYTHING, NOTHING, AllOf, AnyOf, Node, Not, PaperKeys, Tag, Words, positive
from .tags import arxiv_tag, date_tags, kind_tag, link_tags
from .text import chunks, stem, tokens

MAX_LENGTH = 2_000
"""Characters of a query; what is beyond is not read."""
MAX_TERMS = 40
"""Phrases, fields, excluded words and ORs of a query, at most; plain words are not limited."""

KINDS = {kind.split()[0]: kind for kind in links.KINDS if kind != links.OTHER}
"""What `has:` takes, and the kind of link that it stands for."""

TERM = re.compile(
    r"""
    (?P<minus>-)?
    (?:(?P<field>title|author|category|area|has|date|arxiv|link|is|in):(?=\S))?
    (?: "(?P<phrase>[^"]*)(?P<close>"?) | (?P<word>[^\s"]+) )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CITED = re.compile(rf'"[^"]*"?|{CITED_ARXIV_ID}', re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_FIRST, _LAST = date(1900, 1, 1), date(2199, 12, 31)


class QueryProblem(NamedTuple):
    """A part of a query that could not be read, why, and what was done with it."""

    part: str
    reason: str
    done: str = "was left out"


@dataclass(frozen=True, slots=True)
class Query:
    """What is to match, what could not be read, and the paper that the query names, if it is one.

    arxiv_id: of the paper, when the whole query is an id or an address.
    text: as it was searched for. typed: as it was typed, if slips in it were corrected; else "".
    frequencies: of its words.
    """

    node: AllOf = EVERYTHING
    problems: tuple[QueryProblem, ...] = ()
    arxiv_id: str | None = None
    text: str = ""
    typed: str = ""
    frequencies: Frequencies = field(default_factory=Frequencies, compare=False)

    def __and__(self, nodes: tuple[Node, ...]) -> Query:
        """The query narrowed further."""
        return replace(self, node=AllOf((*self.node.nodes, *nodes)))

    def words(self) -> list[Words]:
        """All that a matching paper may hold, to mark it."""
        return list(positive(self.node))


CategoryLookup = Callable[[str, bool], "str | None"]
"""The tag of a category by its name or slug, or of an area alone; None for an unknown one."""

LibraryLookup = Callable[[str, str], PaperKeys]
"""The papers that a library has by a field and its value, such as `is` and `unread`.

Raises UnreadableTerm, whose text lists what the field takes.
"""


KnownTags = Callable[[tuple[Tag, ...]], "set[str]"]
"""The names of those of the tags, or more, that papers have."""


class UnreadableTerm(Exception):
    """A part of a query that cannot be read; why, in words."""


def no_library(field: str, value: str) -> PaperKeys:
    """The lookup where no library is searched: raises UnreadableTerm."""
    raise UnreadableTerm("this works in your library only")


def every_tag(tags: tuple[Tag, ...]) -> set[str]:
    """The names of these tags: what is known where no papers are asked."""
    return {tag.name for tag in tags}


def parse(
    text: str,
    categories: CategoryLookup,
    library: LibraryLookup = no_library,
    known_tags: KnownTags = every_tag,
    beginning: bool = False,
) -> Query:
    """Read a query. Never raises. beginning: whether its last word may be the beginning of one."""
    return _Parser(text, categories, library, known_tags, beginning).query()


def parts(text: str) -> list[str]:
    """What a query is put together from, as typed: its terms, alternatives kept together."""
    found: list[str] = []
    joining = False
    for term in TERM.finditer(text[:MAX_LENGTH]):
        if found and (joining or term[0] == "OR"):
            found[-1] += f" {term[0]}"
        else:
            found.append(term[0])
        joining = term[0] == "OR"
    return found


class _Group(NamedTuple):
    """Alternatives of which one must match. text: as typed. is_plain: a single word without a field
    or a minus."""

    text: str
    nodes: tuple[Node, ...]
    is_plain: bool = False


def _is_id(group: _Group) -> bool:
    """Whether a group is an arXiv id and nothing else."""
    first = group.nodes[0]
    return len(group.nodes) == 1 and isinstance(first, Tag) and first.name[0] == "x"


def _only_id(cited: re.Match[str]) -> str:
    """An arXiv id without what a reference puts around it; a phrase as it is."""
    return next(filter(None, cited.groups()), cited[0])


def _either(nodes: tuple[Node, ...]) -> Node:
    return nodes[0] if len(nodes) == 1 else AnyOf(nodes)


class _Parser:
    def __init__(
        self,
        text: str,
        categories: CategoryLookup,
        library: LibraryLookup,
        known_tags: KnownTags,
        beginning: bool,
    ) -> None:
        self.text = text.strip()
        self.categories = categories
        self.library = library
        self.known_tags = known_tags
        self.beginning = beginning
        self.problems: list[QueryProblem] = []

    def query(self) -> Query:
        if len(self.text) > MAX_LENGTH:
            beyond = self.text[MAX_LENGTH : MAX_LENGTH + 20]
            self.text = self.text[:MAX_LENGTH]
            self._problem(f"{beyond}…", f"a query has at most {MAX_LENGTH} characters")
        if number := arxiv_id(self.text):
            named = AllOf((Tag(arxiv_tag(number)),))
            return Query(named, tuple(self.problems), number, self.text)
        terms = self._terms()
        # The groups of alternatives, all of which must match.
        groups: list[_Group] = []
        joining = False
        for place, term in enumerate(terms):
            if term[0] == "OR":
                if not groups or place == len(terms) - 1 or joining:
                    self._problem("OR", "it needs a term on both sides")
                else:
                    joining = True
                continue
            node = self._term(term, last=place == len(terms) - 1)
            if node is None:
                continue
            if joining:
                text, nodes, _ = groups[-1]
                groups[-1] = _Group(f"{text} OR {term[0]}", (*nodes, node))
            else:
                is_plain = not (term["minus"] or term["field"]) and term["word"] is not None
                groups.append(_Group(term[0], (node,), is_plain))
            joining = False
        if self.text and not groups and not self.problems:
            self._problem(self.text, "it has no word")
        every = AllOf(tuple(dict.fromkeys(_either(one.nodes) for one in self._with_ids(groups))))
        return Query(every, tuple(self.problems), text=self.text)

    def _terms(self) -> list[re.Match[str]]:
        """The terms, without those beyond what may be asked: they are reported."""
        found, many = [], 0
        # Of BibTeX, what stands in braces is a term: `url={https://…},`.
        for term in TERM.finditer(_CITED.sub(_only_id, self.text).replace("={", "= {")):
            if term["minus"] or term["field"] or term["phrase"] is not None or term[0] == "OR":
                many += 1
                if many == MAX_TERMS + 1:
                    reason = f"a query has at most {MAX_TERMS} phrases, fields and excluded words"
                    self._problem(term[0], reason, "and all further ones were left out")
                if many > MAX_TERMS:
                    continue
            found.append(term)
        return found

    def _with_ids(self, groups: list[_Group]) -> list[_Group]:
        """The groups, where arXiv ids stand among them: papers are of any of the ids that are
        known, whatever the words beside them; without such an id, the rest is sought."""
        named = [one for one in groups if _is_id(one)]
        if not named or len(groups) == 1:
            return groups
        tags = tuple(tag for one in named for tag in one.nodes if isinstance(tag, Tag))
        known = self.known_tags(tags)
        ids = [tag for tag in tags if tag.name in known]
        others = [one for one in groups if one not in named and not (ids and one.is_plain)]
        if words := [one.text for one in groups if one.is_plain and one not in (*named, *others)]:
            self._problem(" ".join(words), "the arXiv id beside it names a paper")
        if unknown := [one.text for one in named if one.nodes[0] not in ids]:
            self._problem(" ".join(unknown), "no paper here has this arXiv id")
        if not (ids or others):
            return [_Group("", tags)]
        return [*([_Group("", tuple(ids))] if ids else []), *others]

    def _problem(self, part: str, *details: str) -> None:
        self.problems.append(QueryProblem(part, *details))

    def _term(self, term: re.Match[str], last: bool) -> Node | None:
        value = term["word"] if term["phrase"] is None else term["phrase"]
        if term["phrase"] is not None and not term["close"]:
            self._problem(term[0], "the quotation mark is not closed", "was read to its end")
        try:
            node = self._node((term["field"] or "").lower(), value, term["word"] is not None, last)
        except UnreadableTerm as error:
            self._problem(term[0], str(error))
            return None
        return Not(node) if node and term["minus"] else node

    def _node(self, field: str, value: str, word: bool, last: bool) -> Node | None:
        match field:
            case "category" | "area":
                if tag := self.categories(value, field == "area"):
                    return Tag(tag)
                raise UnreadableTerm(f"there is no such {field}")
            case "is" | "in":
                return self.library(field, value)
            case "has":
                if value.lower() in ("note", "notes"):
                    return self.library("has", "note")
                if kind := KINDS.get(value.lower().rstrip("s")):
                    return Tag(kind_tag(kind))
                raise UnreadableTerm(f"has: takes {', '.join(KINDS)}")
            case "date":
                return date_node(*_dates(value))
            case "arxiv":
                if number := arxiv_id(value):
                    return Tag(arxiv_tag(number))
                raise UnreadableTerm("this is no arXiv id")
            case "link":
                if tags := _links(value):
                    return _either(tags)
                raise UnreadableTerm("link: takes owner/name, or an address")
        column = {"title": "title", "author": "authors"}.get(field, "")
        if not word:
            words = tuple(tokens(value))
            return Words(words, column, quoted=True) if words else None
        if not field and (number := arxiv_id(value)):
            return Tag(arxiv_tag(number))
        found = list(chunks(value))
        last = last and self.beginning
        nodes = [_word(*chunk, column, last and chunk is found[-1]) for chunk in found]
        if not nodes:
            return None
        sought = nodes[0] if len(nodes) == 1 else AllOf(tuple(nodes))
        return sought if field else _either((*_links(value), sought))


def _links(text: str) -> tuple[Tag, ...]:
    return tuple(map(Tag, link_tags(text)))


def _word(parts: list[str], joined: str, column: str, last: bool) -> Node:
    words = _one(parts, column, last and len(parts[-1]) > 1)
    return AnyOf((words, _one([joined], column, last))) if joined else words


def _one(parts: list[str], column: str, prefix: bool) -> Words:
    # Names have no other forms.
    root = stem(parts[0]) if len(parts) == 1 and column != "authors" else ""
    return Words(tuple(parts), column, prefix, root)


def date_node(first: date, last: date) -> Node:
    """The papers of these days, both included: whole years, then months, then days."""
    first, last = max(first, _FIRST), min(last, _LAST)
    found: list[Tag] = []
    while first <= last:
        year, month, day = date_tags(first)
        until = date(first.year, 12, 31)
        if first.month == first.day == 1 and until <= last:
            found.append(Tag(year))
        elif first.day == 1 and (until := _month_end(first)) <= last:
            found.append(Tag(month))
        else:
            found.append(Tag(day))
            until = first
        first = until + timedelta(days=1)
    return AnyOf(tuple(found)) if found else NOTHING


def _dates(text: str) -> tuple[date, date]:
    """The first and the last day of `2025`, `2025-02`, `2025-02-06`, and of ranges of them."""
    start, dots, end = text.partition("..")
    if not dots:
        end = start
    first = _span(start)[0] if start else _FIRST
    last = _span(end)[1] if end else _LAST
    if not (start or end) or first > last:
        raise UnreadableTerm("the range ends before it begins")
    return first, last


def _span(text: str) -> tuple[date, date]:
    if match := _DATE.fullmatch(text):
        year, month, day = (int(part) if part else 0 for part in match.groups())
        try:
            first = date(year, month or 1, day or 1)
            last = first if day else _month_end(first) if month else date(year, 12, 31)
        except ValueError:
            pass
        else:
            return first, last
    raise UnreadableTerm("date: takes 2025, 2025-02, 2025-02-06, or a range like 2025-01..2025-03")


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
