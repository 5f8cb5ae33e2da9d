"""BibTeX as arXiv writes it."""

from collections.abc import Iterable, Iterator

from digest.models import Paper

from .citation import OTHERS, About, Citation, Name
from .formulas import may_hold_formulas
from .latex import latex, latex_name, latex_title


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """An entry for each paper, in UTF-8, which BibTeX and biber read, and pdfLaTeX prints.

    Names have the family name first; those that are better not split are in braces. Beside BibTeX's
    names of fields are those of biblatex: `label` for `key`, `date` for `year`. `archivePrefix` is
    alone, as arXiv writes it: biblatex reads it, but warns if its own `eprinttype` is there too.
    `abstract` is the authors' own, else the digest's summary, which says so.
    """
    return map(_entry, map(Citation.of, papers))


def _entry(paper: Citation) -> str:
    label = "" if paper.authors else _label(paper)
    fields = {
        "title": latex_title(paper.title),
        "author": " and ".join(map(_name, paper.names)),
        "key": label,
        "label": label,
        "year": paper.year,
        "date": f"{paper.year}-{paper.month:02}" if paper.arxiv_id else "",
        "eprint": paper.arxiv_id,
        "archivePrefix": "arXiv" if paper.arxiv_id else "",
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
    if name.family and " and " not in f" {name.text.lower()} ":
        return f"{latex_name(name.family)}, {latex_name(name.given)}"
    return f"{{{latex_name(name.text)}}}"


def _label(paper: Citation) -> str:
    """The title's first words, in place of authors that are not known."""
    if may_hold_formulas(paper.title):
        return latex(paper.key)
    words = paper.title.split()
    return latex(" ".join(words[:4])) + ("…" if words[4:] else "")
