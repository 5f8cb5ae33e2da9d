"""What can honestly be cited of a paper.

Digests cut author lists at five and print Hugging Face handles; many give neither the day on which
a paper appeared nor its abstract. What follows from an arXiv id is given, what a digest
states is marked as such, and what nothing states is left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from digest.models import Link, Paper


@dataclass(frozen=True, slots=True)
class About:
    """The page of which a file is the export: its title, and full addresses.

    base_url: the site's address, without a path. updated: when what the page shows last changed:
    what it shows of a paper, or which papers it shows. added: when papers came to what the page
    shows, by their keys, where that was not with their digest. first, next: of a feed in several
    documents, the addresses of the first and of the one with older papers.
    """

    title: str
    url: str
    feed_url: str
    base_url: str
    updated: datetime | None = None
    added: Mapping[int, datetime] = field(default_factory=dict)
    first: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """An author's name as printed, and its two parts where it can be split.

    family: with its particle, as in "van Beethoven". Both parts are "" for a name that is better
    not split: a handle, a team, one with a suffix or signs, one in a script that puts the family
    name first.
    """

    text: str
    is_handle: bool
    given: str
    family: str

    @property
    def inverted(self) -> str:
        """The family name first, as managers and search engines read it. A comma at the end
        prevents that they split a name of several words."""
        if self.family:
            return f"{self.family}, {self.given}"
        return self.text if self.is_handle else f"{self.text},"

    @property
    def is_team(self) -> bool:
        return _TEAM.search(self.text) is not None


OTHERS = Name("others", True, "", "")
"""Stands for those whom digests cut from a list, as it does in BibTeX: printed as “et al.”"""

_TEAM = re.compile(
    r"\b(?:AI|Collaboration|Community|Consortium|Foundation|Group|Inc\.?|Institute|Labs?|Project"
    r"|Research|Team|University)$"
)
_SUFFIX = re.compile(r"\b(?:Jr\.?|Sr\.?|II|III|IV|PhD|Ph\.D\.)$")
_NOT_OF_NAMES = re.compile(r"[^\w\s.'’()-]|[\d_]")
_FAMILY_FIRST = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_CAPITAL_PARTICLES = {"De", "Van", "Von"}


@lru_cache(1 << 16)
def _name(text: str, is_handle: bool) -> Name:
    """The name, split as BibTeX does: at the first word in lower case, else the last word.

    So the family name of "Gabriel Martín Blázquez" is "Blázquez": where it is two words without a
    particle nothing in the name says so.
    """
    undivided = Name(text, is_handle, "", "")
    if is_handle or any(
        pattern.search(text) for pattern in (_TEAM, _SUFFIX, _NOT_OF_NAMES, _FAMILY_FIRST)
    ):
        return undivided
    words = text.split()
    last = len(words) - 1
    at = next((i for i in range(1, last) if words[i].islower()), last)
    if 1 < at < last and words[at - 1] in _CAPITAL_PARTICLES:
        at -= 1
    return Name(text, False, " ".join(words[:at]), " ".join(words[at:]))


@dataclass(frozen=True, slots=True)
class Citation:
    """One paper, as the formats need it. Texts are plain and, the summary apart, on one line.

    key: never changes, for it is made from the paper's slug alone. cut: there may be more authors.
    url: where the paper itself is, or "". summary: what digests state, or "" if it was not
    fetched. own_abstract: the same for what the authors wrote. date: the day of the first digest
    that had the paper, never its own.
    """

    key: str
    title: str
    authors: tuple[Name, ...]
    cut: bool
    arxiv_id: str | None
    url: str
    summary: str
    own_abstract: str
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    links: tuple[Link, ...]
    date: date

    @classmethod
    def of(cls, paper: Paper) -> Citation:
        """The citation of a paper fetched with `for_cards`, without any query."""
        authors = [authorship.author for authorship in paper.authorships.all()]
        return cls(
            key=f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else _ascii(paper.slug),
            title=paper.title,
            authors=tuple([_name(author.name, author.is_handle) for author in authors]),
            cut=paper.authors_cut,
            arxiv_id=paper.arxiv_id,
            url=paper.abstract_url,
            # Where a list has deferred it, to ask for it would be a query for each paper.
            summary=paper.__dict__.get("summary", ""),
            own_abstract=paper.__dict__.get("abstract", ""),
            categories=()
            if paper.categories_suggested
            else tuple([c.category.name for c in paper.classifications.all()]),
            keywords=tuple(paper.keywords),
            links=tuple(paper.links.all()),
            date=paper.date,
        )

    @property
    def names(self) -> tuple[Name, ...]:
        """The authors, and `OTHERS` where there may be more of them."""
        return (*self.authors, OTHERS) if self.authors and self.cut else self.authors

    @property
    def year(self) -> int | None:
        """The year of the arXiv id: 2025 for 2502.02737, 1999 for hep-th/9901001."""
        if not self.arxiv_id:
            return None
        year = int(self.arxiv_id.rpartition("/")[2][:2])
        return year + (1900 if year > 90 else 2000)

    @property
    def month(self) -> int | None:
        """The month of the arXiv id."""
        return int(self.arxiv_id.rpartition("/")[2][2:4]) if self.arxiv_id else None

    @property
    def number(self) -> str:
        """`arXiv:2502.02737`, as the paper is numbered and cited; "" if it is not on arXiv."""
        return f"arXiv:{self.arxiv_id}" if self.arxiv_id else ""

    @property
    def doi(self) -> str:
        """The DOI that arXiv gives each paper, or ""."""
        return f"10.48550/arXiv.{self.arxiv_id}" if self.arxiv_id else ""

    @property
    def pdf_url(self) -> str:
        return f"https://arxiv.org/pdf/{self.arxiv_id}" if self.arxiv_id else ""

    @property
    def abstract(self) -> str:
        """What the authors wrote; else the summary, which says that it is none."""
        if self.own_abstract:
            return self.own_abstract
        mark = "\n" if "\n" in self.summary else " "
        return f"Digest summary:{mark}{self.summary}" if self.summary else ""

    @property
    def subjects(self) -> tuple[str, ...]:
        """Categories and keywords, for the place that formats have for both."""
        return tuple(dict.fromkeys([*self.categories, *self.keywords]))

    @property
    def caveats(self) -> list[str]:
        """What a reader has to know before they cite the authors, in sentences."""
        found = []
        if self.cut:
            found.append(
                f"The author list ends after {len(self.authors)} names, where digests cut it:"
                " there may be more authors."
            )
        if handles := [name.text for name in self.authors if name.is_handle]:
            found.append(f"Taken for handles, not full names: {', '.join(handles)}.")
        return found


def _ascii(slug: str) -> str:
    """The slug in ASCII, unique still: it ends in hexadecimal digits of what it stands for."""
    return unicodedata.normalize("NFKD", slug).encode("ascii", "ignore").decode().lstrip("-._")
