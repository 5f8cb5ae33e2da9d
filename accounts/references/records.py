"""What every format is read into, and what tells which paper a reference means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from digest.text import identity
from digest.text.links import clean_url, same_link
from digest.text.markup import clean

MAX_BYTES = 10_000_000
"""Bytes of a file."""
MAX_REFERENCES = 20_000
"""References of a file, repeated and broken ones too: what comes after them is not read."""
MAX_TITLE = 1_000
"""Characters of a title; what is longer is cut."""
_EXCERPT = 100


class Format(StrEnum):
    BIBTEX = "BibTeX"
    RIS = "RIS"
    CSL_JSON = "CSL-JSON"
    BOOKMARKS = "bookmarks"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Reference:
    """One paper that a file names, by an arXiv id, an address or a title at least.

    arxiv_id: without version. url: http or https, clean. title: plain text on one line, or "".
    note: what the person wrote about it, or "". line: where it begins, from 1. text: how it begins.
    """

    arxiv_id: str | None
    url: str | None
    title: str
    note: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ReferenceProblem:
    """What was not understood: the line, from 1, why, and how the place begins."""

    line: int
    reason: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ParsedReferences:
    """All that a file said.

    references: in the order of the file, repeated ones once. format: None if the file could not be
    read at all.
    """

    references: tuple[Reference, ...]
    problems: tuple[ReferenceProblem, ...]
    format: Format | None


class Full(Exception):
    """More references than a file may have; `line` is that of the first too many."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


# How a journal, a number or a note names a preprint: "arXiv preprint arXiv:2502.02737",
# "CoRR abs/2502.02737", "arXiv:2502.02737 [cs]". A text that comes to speak of one later on may
# mean another paper.
_PREPRINT = re.compile(
    r"(?:(?:arxiv\s+)?(?:e-?prints?|preprint)|CoRR)?[\s,:]*(?:arxiv\s*[.:]|abs/)\s*"
    rf"({identity.ARXIV_ID})(?:v\d+)?(?!\d)",
    re.I,
)


class ReferenceCollector:
    """A reading in the making, for the readers of this package."""

    def __init__(self) -> None:
        self._references: dict[str, Reference] = {}
        self._problems: list[ReferenceProblem] = []
        self._count = 0

    def add(
        self,
        line: int,
        raw: str,
        *,
        title: str = "",
        ids: Iterable[str] = (),
        texts: Iterable[str] = (),
        note: str = "",
    ) -> None:
        """Add what an entry names; raises Full.

        raw: the text of the entry. ids: arXiv ids, DOIs and addresses, the surest first. texts:
        what may begin by naming a preprint.
        """
        ids = [*filter(None, map(str.strip, ids))]
        number = next(filter(None, map(identity.arxiv_id, ids)), None)
        if not number and (match := next(filter(None, map(_preprint, texts)), None)):
            number = identity.arxiv_id(match[1])
        url = next(filter(None, map(clean_url, ids)), None)
        title = identity.fold(clean(title))[:MAX_TITLE]
        if not (number or url or title):
            self.problem(line, "neither an arXiv id nor an address nor a title", raw)
            return
        self._counted(line)
        key = number or (same_link(url) if url else title.casefold())
        reference = Reference(number, url, title, clean(note).strip(), line, _excerpt(raw))
        self._references.setdefault(key, reference)

    def problem(self, line: int, reason: str, raw: str) -> None:
        """Add what was not understood; raises Full."""
        self._counted(line)
        self._problems.append(ReferenceProblem(line, reason, _excerpt(raw)))

    def _counted(self, line: int) -> None:
        if self._count == MAX_REFERENCES:
            raise Full(line)
        self._count += 1

    def reading(self, format: Format, problem: ReferenceProblem | None = None) -> ParsedReferences:
        """All of it, and what kept the rest from being read."""
        problems = [*self._problems, *([problem] if problem else [])]
        return ParsedReferences(tuple(self._references.values()), tuple(problems), format)


def _preprint(text: str) -> re.Match[str] | None:
    return _PREPRINT.match(text.strip())


def _excerpt(raw: str) -> str:
    return identity.fold(clean(raw[: 4 * _EXCERPT]))[:_EXCERPT]


def doi_url(doi: str) -> str:
    """The address of a DOI, as it is written in files: bare, after `doi:`, or in an address."""
    number = re.sub(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)", "", doi.strip(), flags=re.I)
    return f"https://doi.org/{number}" if number.startswith("10.") else ""
