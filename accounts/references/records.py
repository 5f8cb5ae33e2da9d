"""What every format is read into, and what tells which paper a reference means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
MAX_TAGS = 50
"""Tags of a reference."""
MAX_TAG = 200
"""Characters of a tag, as a list's name may have."""
_EXCERPT = 100


class Format(StrEnum):
    BIBTEX = "BibTeX"
    RIS = "RIS"
    ENDNOTE = "EndNote"
    PUBMED = "PubMed"
    CSL_JSON = "CSL-JSON"
    JSON = "JSON"
    XML = "XML"
    BOOKMARKS = "bookmarks"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Reference:
    """One paper that a file names, by an arXiv id, an address or a title at least.

    arxiv_id: without version. url: http or https, clean. title: plain text on one line, or "".
    note: what the person wrote about it, or "". tags: those that the person gave it. line: where it
    begins, from 1. text: how it begins. format: what it was read as.
    """

    arxiv_id: str | None
    url: str | None
    title: str
    note: str
    line: int
    text: str
    format: Format
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReferenceProblem:
    """What was not understood: the line, from 1, why, and how the place begins.

    format: what it was meant as; None for what concerns the whole file.
    """

    line: int
    reason: str
    text: str = ""
    format: Format | None = None

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Mention:
    """An arXiv id or an address that a file names without a reference of its own, as an abstract or
    a comment does; and the line."""

    line: int
    name: str


@dataclass(frozen=True, slots=True)
class ParsedReferences:
    """All that was read of a file.

    references: in the order of the file, repeated ones once. formats: what the parts of the file
    were read as, the first one first. repeated: how many more times the references were named.
    """

    references: tuple[Reference, ...]
    problems: tuple[ReferenceProblem, ...]
    mentions: tuple[Mention, ...]
    formats: tuple[Format, ...]
    repeated: int = 0

    @property
    def format(self) -> str | None:
        """The formats in one text; None if the file could not be read at all."""
        return self.formats[0] if len(self.formats) == 1 else ", ".join(self.formats) or None


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
_ID_BEFORE_TITLE = re.compile(rf"\[({identity.ARXIV_ID})(?:v\d+)?\]\s", re.I)
MARKUP = re.compile(r"</?(?:i|b|em|sub|sup|sc|span)(?: [^<>]*)?>", re.I)
"""What titles of references are marked up with; other signs are part of them, as in "<think>"."""
NAMED_ID = re.compile(
    r"(?:(?<![\w./-])|(?<=[a-z]/)|(?<=--)|(?<=arxiv[:._-]))"
    rf"({identity.ARXIV_ID})(?:v\d+)?(?![\w/]|\.\d)",
    re.I,
)
"""An arXiv id anywhere in a text, in an address too."""
_ANY_ID = re.compile(rf"{NAMED_ID.pattern}|(?<!\d)(?<!\d[./])({identity.ARXIV_ID})(?!\d)", re.I)
"""The same also where letters are close to it, as in a text that was cut."""


class ReferenceCollector:
    """A reading in the making, for the readers of this package.

    format: of what is read now. lines_read: at which a reference begins.
    """

    def __init__(self) -> None:
        self._references: dict[tuple[str, ...], Reference] = {}
        self._problems: list[ReferenceProblem] = []
        self._mentions: dict[str, Mention] = {}
        self.format = Format.LIST
        self.lines_read: set[int] = set()
        self._count = self._repeated = 0

    def add(
        self,
        line: int,
        raw: str,
        *,
        title: str = "",
        ids: Iterable[str] = (),
        texts: Iterable[str] = (),
        note: str = "",
        tags: Iterable[str] = (),
    ) -> None:
        """Add what an entry names; raises Full.

        raw: the text of the entry. ids: arXiv ids, DOIs and addresses, the surest first. texts:
        what may begin by naming a preprint.
        """
        ids = [*filter(None, map(str.strip, ids))]
        title = identity.fold(clean(title))[:MAX_TITLE]
        number = next(filter(None, map(identity.arxiv_id, ids)), None)
        if not number and (match := next(filter(None, map(_preprint, texts)), None)):
            number = identity.arxiv_id(match[1])
        if not number and (match := _ID_BEFORE_TITLE.match(title)):
            number = identity.arxiv_id(match[1])
        url = next(filter(None, map(clean_url, ids)), None)
        if not (number or url or title):
            self.problem(line, "neither an arXiv id nor an address nor a title", raw)
            return
        self._counted(line)
        self.lines_read.add(line)
        note = clean(note).strip()
        named = dict.fromkeys(identity.fold(clean(tag))[:MAX_TAG] for tag in tags)
        some = tuple(filter(None, named))[:MAX_TAGS]
        new = Reference(number, url, title, note, line, _excerpt(raw), self.format, some)
        # An address alone does not say so: chapters share that of their book.
        key = (number,) if number else (same_link(url) if url else "", title.casefold())
        if old := self._references.get(key):
            self._repeated += 1
            new = _joined(old, new)
        self._references[key] = new

    def problem(self, line: int, reason: str, raw: str) -> None:
        """Add what was not understood; raises Full."""
        self._counted(line)
        self._problems.append(ReferenceProblem(line, reason, _excerpt(raw), self.format))

    def mention(self, line: int, name: str) -> None:
        """Add an address that is named in passing; raises Full."""
        if name not in self._mentions:
            self._counted(line)
            self._mentions[name] = Mention(line, name)

    def mention_rest(self, text: str) -> None:
        """Add the arXiv ids of a file that nothing above has; raises Full."""
        seen = {reference.arxiv_id for reference in self._references.values()}
        for problem in self._problems:
            seen |= {identity.arxiv_id(found[1]) for found in NAMED_ID.finditer(problem.text)}
        line, counted = 1, 0
        for found in _ANY_ID.finditer(text):
            number = identity.arxiv_id(found[1] or found[2])
            if number is None or number in seen:
                continue
            seen.add(number)
            line += text.count("\n", counted, found.start())
            counted = found.start()
            self.mention(line, f"arXiv:{number}")

    def _counted(self, line: int) -> None:
        if self._count == MAX_REFERENCES:
            raise Full(line)
        self._count += 1

    def reading(self, problem: ReferenceProblem | None = None) -> ParsedReferences:
        """All of it, and what kept the rest from being read."""
        references = sorted(self._references.values(), key=lambda one: one.line)
        problems = sorted(self._problems, key=lambda one: one.line)
        parts = [(one.line, one.format or "") for one in problems]
        parts += [(one.line, one.format) for one in references]
        formats = dict.fromkeys(format for _, format in sorted(parts, key=lambda part: part[0]))
        return ParsedReferences(
            tuple(references),
            (*problems, *([problem] if problem else [])),
            tuple(sorted(self._mentions.values(), key=lambda one: one.line)),
            tuple(map(Format, filter(None, formats))),
            self._repeated,
        )


def _joined(old: Reference, new: Reference) -> Reference:
    """A reference that is named again, with what it has then and did not have before."""
    notes = [old.note, *([new.note] if new.note not in old.note else [])]
    return replace(
        old,
        url=old.url or new.url,
        title=old.title or new.title,
        note="\n\n".join(filter(None, notes)),
        tags=tuple(dict.fromkeys([*old.tags, *new.tags]))[:MAX_TAGS],
    )


def _preprint(text: str) -> re.Match[str] | None:
    return _PREPRINT.match(text.strip())


def _excerpt(raw: str) -> str:
    return identity.fold(clean(raw[: 4 * _EXCERPT]))[:_EXCERPT]


def doi_url(doi: str) -> str:
    """The address of a DOI, as it is written in files: bare, after `doi:`, or in an address."""
    number = re.sub(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)", "", doi.strip(), flags=re.I)
    return f"https://doi.org/{number}" if number.startswith("10.") else ""
