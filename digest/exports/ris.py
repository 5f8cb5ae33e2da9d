"""RIS, as Zotero and EndNote read it."""

from collections.abc import Iterable, Iterator

from digest.models import Paper

from .citation import About, Citation


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """A record for each paper, its lines ending as RIS wants them.

    RIS has no preprints. A report is the nearest that managers read: it is numbered (`SN`; `M1` for
    some), has a type and an institution, and is printed as a preprint is. Zotero takes unpublished
    work, `UNPB`, for an article in a journal. A paper elsewhere is a web page, if it has an
    address. A list of authors that digests cut ends in `others`, as in BibTeX. `AB` is the
    abstract, else the digest's summary, which says so; `N1` says what is not known of the authors.
    """
    return map(_record, map(Citation.of, papers))


def _record(paper: Citation) -> str:
    tags = [
        ("TY", "RPRT" if paper.arxiv_id else "ELEC" if paper.url else "GEN"),
        ("TI", paper.title),
        *(("AU", name.inverted) for name in paper.names),
        ("PY", paper.year),
        ("DA", f"{paper.year}/{paper.month:02}//" if paper.arxiv_id else ""),
        ("AB", " ".join(paper.abstract.split())),
        ("DO", paper.doi),
        ("SN", paper.number),
        ("M1", paper.number),
        ("M3", "Preprint" if paper.arxiv_id else ""),
        ("PB", "arXiv" if paper.arxiv_id else ""),
        *(("KW", category) for category in paper.subjects),
        ("UR", paper.url.replace(";", "%3B")),  # else it would end there, and another one begin
        *(("N1", caveat) for caveat in paper.caveats),
    ]
    lines = [f"{tag}  - {value}\r\n" for tag, value in tags if value]
    return "".join(lines) + "ER  - \r\n\r\n"
