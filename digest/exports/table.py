"""CSV, which spreadsheets open and programs read."""

import csv
import re
from collections.abc import Iterable, Iterator
from io import SEEK_END, StringIO

from digest.models import Paper

from .citation import About, Citation

COLUMNS = (
    "id",
    "title",
    "authors",
    "authors_cut",
    "date",
    "categories",
    "url",
    "links",
    "summary",
    "abstract",
    "keywords",
    "comment",
    "doi",
    "version",
    "upvotes",
)
BOM = "\ufeff"
"""Begins a file, so that spreadsheets read it as UTF-8."""
_CHANGED = re.compile(r"\s*[=+\-@＝＋－＠]|\d+(?:\.\d+|e\d+)$")
"""How a text begins that spreadsheets run as a formula, those of Japan with wide signs too, and
the number that one would be changed to."""
_GUARD = "\xa0"


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """A row for each paper below one of names; several names or links in a cell are parted by "; ".

    id: an arXiv id as it is cited, `arXiv:2410.14470`, for spreadsheets take one without its prefix
    for a number and drop the last zero. date: the day of the paper's first digest. `cell` says how
    texts are marked that spreadsheets would run.
    """
    line = StringIO(BOM)
    line.seek(0, SEEK_END)
    rows = csv.writer(line, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for paper in papers:
        cited = Citation.of(paper)
        rows.writerow(
            map(
                cell,
                (
                    cited.number or paper.slug,
                    cited.title,
                    "; ".join(name.text for name in cited.authors),
                    "yes" if cited.cut else "no",
                    cited.date.isoformat(),
                    "; ".join(cited.categories),
                    cited.url,
                    "; ".join(link.url for link in cited.links),
                    cited.summary,
                    cited.own_abstract,
                    "; ".join(cited.keywords),
                    paper.comment,
                    paper.doi,
                    str(paper.version or ""),
                    str(paper.upvotes or ""),
                ),
            )
        )
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()


def cell(text: str) -> str:
    """The text as no spreadsheet takes it for a formula or a number.

    A text that begins as these do, such as a summary in points, has a no-break space before it: no
    spreadsheet takes it away, so that the cell is text, and programs lose it as they strip a text.
    An apostrophe, which is usual, would stay in what programs read.
    """
    return f"{_GUARD}{text}" if _CHANGED.match(text) else text
