"""From the catalogue to files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from digest.models import Paper, PaperQuerySet

from . import atom, bibtex, csl_json, markdown, opml, ris, table, zotero_rdf
from .citation import About, Citation
from .opml import Feed

__all__ = [
    "API_FILES",
    "CITATIONS",
    "FILES",
    "WRITERS",
    "About",
    "Citation",
    "Feed",
    "Writer",
    "file_stem",
    "opml",
    "to_cite",
]

_PIECE = 1 << 16


def file_stem(text: str) -> str:
    """A text as the name of a file on any system: its letters and digits, of every script, with a
    hyphen for what stands between them. "" if it has none."""
    signs = unicodedata.normalize("NFC", text[:80])
    kept = [
        sign if unicodedata.category(sign)[0] in "LMN" or sign in "._" else " " for sign in signs
    ]
    words = [word.strip(".") for word in re.sub(r"\.{2,}", " ", "".join(kept)).split()]
    # Systems take 255 bytes, and the suffix needs some.
    return "-".join(filter(None, words)).encode()[:200].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Writer:
    """A format in which papers are exported.

    write: makes the file, piece by piece, of papers fetched with `to_cite`: text, or bytes for a
    format that is no text. cites: the page of a paper shows the paper in it; it is then text, and a
    file as well. file: pages that show papers offer them as such a file, which has an address. api:
    the API answers in it, too. suits: the program that reads it best.
    """

    suffix: str
    label: str
    content_type: str
    write: Callable[[Iterable[Paper], About], Iterator[str] | Iterator[bytes]]
    cites: bool = True
    file: bool = True
    api: bool = True
    suits: str = ""

    @property
    def media_type(self) -> str:
        """The content type alone, without its character set."""
        return self.content_type.partition(";")[0]

    def stream(self, papers: Iterable[Paper], about: About) -> Iterator[bytes]:
        """The file in pieces of a size that a server sends well; text is in UTF-8."""
        data = bytearray()
        for piece in self.write(papers, about):
            data += piece.encode() if isinstance(piece, str) else piece
            if len(data) >= _PIECE:
                yield bytes(data)
                data.clear()
        yield bytes(data)

    def file_name(self, stem: str) -> str:
        """What to call the file: the stem may be any title, slug or date."""
        return f"{file_stem(stem) or 'papers'}.{self.suffix}"


WRITERS = {
    writer.suffix: writer
    for writer in (
        Writer("bib", "BibTeX", "application/x-bibtex; charset=utf-8", bibtex.write),
        Writer("ris", "RIS", "application/x-research-info-systems; charset=utf-8", ris.write),
        Writer(
            *("csl.json", "CSL-JSON", "application/vnd.citationstyles.csl+json", csl_json.write),
            suits="Zotero",
        ),
        Writer("md", "Markdown", "text/markdown; charset=utf-8", markdown.write),
        Writer("csv", "CSV", "text/csv; charset=utf-8", table.write, cites=False, file=False),
        # A feed's addresses are its own: it has the newest papers alone.
        Writer(
            *("atom", "Atom", "application/atom+xml; charset=utf-8", atom.write),
            cites=False,
            file=False,
            api=False,
        ),
        # What is fetched paper by paper: in files, CSL-JSON suits more programs.
        Writer(
            *("rdf", "Zotero RDF", "application/rdf+xml; charset=utf-8", zotero_rdf.write),
            cites=False,
            file=False,
            api=False,
            suits="Zotero",
        ),
    )
}
"""Every format by the suffix of its files. A new one is a line here, and its module; pages, their
addresses, lists and the API follow."""

CITATIONS = [writer for writer in WRITERS.values() if writer.cites]
"""The formats that the page of a paper shows it in, to be copied."""
FILES = [writer for writer in WRITERS.values() if writer.file]
"""The formats that pages offer their papers in, as files."""
API_FILES = [writer for writer in WRITERS.values() if writer.api]
"""The formats that the API has beside JSON."""


def to_cite(papers: PaperQuerySet) -> Iterator[Paper]:
    """The papers with all that the writers need, in four queries for each thousand."""
    return papers.for_cards().iterator(chunk_size=1000)
