"""BibTeX as arXiv writes it."""

from collections.abc import Iterable, Iterator

from digest.models import Paper

from .citation import OTHERS, About, Citation, Name
from .latex import latex, latex_title


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """An entry for each paper, in UTF-8, which BibTeX and biber read, and pdfLaTeX prints.

    Names stand as printed, first name first, and BibTeX splits them; those that are better not
    split are in braces. `abstract` is the authors' own, else the digest's summary, which says so.
    """
    return map(_entry, map(Citation.of, papers))


def _entry(paper: Citation) -> str:
    fields = {
        "title": latex_title(paper.title),
        "author": " and ".join(map(_name, paper.names)),
        "year": paper.year,
        "eprint": paper.arxiv_id,
        "archivePrefix": "arXiv" if paper.arxiv_id else "",
        "eprinttype": "arxiv" if paper.arxiv_id else "",
        "url": paper.url,
        "doi": paper.doi,
        "keywords": ", ".join(map(latex, paper.subjects)),
        "abstract": latex(paper.abstract),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{paper.key},\n" + ",\n".join(lines) + "\n}\n\n"


def _name(name: Name) -> str:
    if name is OTHERS:
        return name.text
    text = latex(name.text)
    divides = " and " in text.lower()
    return text if name.family and not divides else f"{{{text}}}"
