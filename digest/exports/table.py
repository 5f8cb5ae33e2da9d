"""CSV, which spreadsheets open."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

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
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """A row for each paper below one of names; several names or links in a cell are parted by "; ".

    A spreadsheet takes a cell that begins with =, +, - or @ for a formula and runs it: such a text
    has an apostrophe before it. date: the day of the paper's first digest.
    """
    line = StringIO()
    rows = csv.writer(line, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for paper in papers:
        cited = Citation.of(paper)
        rows.writerow(
            map(
                cell,
                (
                    paper.slug,
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
    """The text as no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
