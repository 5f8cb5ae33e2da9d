"""What a query is made of: words and tags, and how they are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

HEADING = "heading"
"""The column of a paper's title and authors together."""


def columns_of(column: str) -> tuple[str, ...]:
    """The columns of a row that are searched for a column of a query."""
    return {"": ("summary", "title", "authors"), HEADING: ("title", "authors")}.get(
        column, (column,)
    )


@dataclass(frozen=True, slots=True)
class Words:
    """Words in this order; `prefix`: the last may be the beginning of a word.

    column: "title", "authors", `HEADING`, or "" for any.
    stem: of a single word; all words with this stem match as well.
    quoted: whether they were in quotation marks.
    """

    words: tuple[str, ...]
    column: str = ""
    prefix: bool = False
    stem: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """One of a document's tags."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True)
class AnyOf:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these; without any, every paper."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class PaperKeys:
    """Papers by their keys: what a library knows of them, the index has no words for."""

    papers: frozenset[int]


Node = Words | Tag | Not | AnyOf | AllOf | PaperKeys

EVERYTHING = AllOf(())
"""Matches every paper."""
NOTHING = Not(EVERYTHING)
"""Matches no paper."""


def positive(node: Node) -> Iterator[Words]:
    """The words of a node, those excepted that must not match."""
    match node:
        case Words():
            yield node
        case AnyOf(nodes) | AllOf(nodes):
            for inner in nodes:
                yield from positive(inner)


def mapped(node: Node, change: Callable[[Words], Words]) -> Node:
    """The node with its words changed, those excepted that must not match."""
    match node:
        case Words():
            return change(node)
        case AnyOf(nodes):
            return AnyOf(tuple(mapped(inner, change) for inner in nodes))
        case AllOf(nodes):
            return AllOf(tuple(mapped(inner, change) for inner in nodes))
    return node
