"""CSL-JSON, which Zotero, pandoc and citation processors read."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from digest.models import Paper

from .citation import About, Citation, Name


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """A JSON array of an item for each paper, on a line of its own.

    Preprints are what Zotero's are: type `article`, with the repository as `publisher` and the
    arXiv id as `number`. A list of authors that digests cut ends in the literal name `others`,
    which pandoc prints as "et al." `abstract` may be the digest's summary, which says so; `note`
    says what is not known of the authors.
    """
    before = "[\n"
    for paper in papers:
        yield before + json.dumps(item(Citation.of(paper)), ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def item(paper: Citation) -> dict[str, Any]:
    """A paper as a CSL item."""
    variables: dict[str, Any] = {
        "id": paper.key,
        "type": "article" if paper.arxiv_id else "webpage" if paper.url else "document",
        "title": paper.title,
        "author": [_name(name) for name in paper.names],
        "issued": {"date-parts": [[paper.year, paper.month]]} if paper.arxiv_id else None,
        "genre": "Preprint" if paper.arxiv_id else "",
        "publisher": "arXiv" if paper.arxiv_id else "",
        "number": paper.number,
        "DOI": paper.doi,
        "URL": paper.url,
        "keyword": ", ".join(paper.subjects),
        "abstract": paper.abstract,
        "note": " ".join(paper.caveats),
    }
    return {name: value for name, value in variables.items() if value}


def _name(name: Name) -> dict[str, str]:
    if name.family:
        return {"family": name.family, "given": name.given}
    return {"literal": name.text}
