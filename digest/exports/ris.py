"""RIS, as Zotero and EndNote read it."""

from collections.abc import Iterable, Iterator

from digest.models import Paper

from .citation import About, Citation, Name


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """A record for each paper, its lines ending as RIS wants them.

    RIS has no preprints. `UNPB`, unpublished work, is how managers write them; a generic record
    would come in as an article in a journal. A paper elsewhere is a web page, if it has an address.
    A list of authors that digests cut ends in `others`, as in BibTeX. `AB` is the abstract, else
    the digest's summary, which says so; `N1` says what is not known of the authors.
    """
    return map(_record, map(Citation.of, papers))


def _record(paper: Citation) -> str:
    tags = [
        ("TY", "UNPB" if paper.arxiv_id else "ELEC" if paper.url else "GEN"),
        ("TI", paper.title),
        *(("AU", _name(name)) for name in paper.names),
        ("PY", paper.year),
        ("DA", f"{paper.year}/{paper.month:02}//" if paper.arxiv_id else ""),
        ("AB", " ".join(paper.abstract.split())),
        ("DO", paper.doi),
        ("M1", paper.number),
        ("M3", "Preprint" if paper.arxiv_id else ""),
        ("PB", "arXiv" if paper.arxiv_id else ""),
        *(("KW", category) for category in paper.subjects),
        ("UR", paper.url.replace(";", "%3B")),  # else it would end there, and another one begin
        *(("N1", caveat) for caveat in paper.caveats),
    ]
    lines = [f"{tag}  - {value}\r\n" for tag, value in tags if value]
    return "".join(lines) + "ER  - \r\n\r\n"


def _name(name: Name) -> str:
    """The family name first; a comma at the end prevents that a name of several words is split."""
    if name.family:
        return f"{name.family}, {name.given}"
    return name.text if name.is_handle else f"{name.text},"
