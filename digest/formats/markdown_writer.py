"""Records as six-column Markdown."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from .markdown_cells import NOTHING
from .records import Record, escape_link

_BAR = re.compile(r"(?<!\\)(\\*+)\|")


def write_markdown(date: datetime.date, records: Iterable[Record]) -> str:
    """The records as a six-column file of the archive.

    `read` gives back as many records, each as `reduce_to_markdown` says.
    """
    return f"\n\n## Papers for {date.isoformat()}\n\n{_HEADER}" + "".join(map(_row, records))


def reduce_to_markdown(record: Record) -> Record:
    """What is left of a record after it was written as six-column Markdown and read again.

    What has no column is lost, what was absent is empty, line breaks are "\\n", and those of the
    summary spaces. Elsewhere too a break becomes a space where it would end the row: before a blank
    line and before `#`. In links `](` becomes `]%28`.
    """
    return Record(
        title=_keep_row_open(record.title.strip()),
        link=_reduce_link(record.link),
        authors=_keep_row_open(record.authors_text),
        summary=_line_feeds(record.summary or "").replace("\n", " "),
        classification=record.classification or (),
        github_urls=tuple(map(_reduce_link, record.github_urls or ())),
        huggingface_urls=tuple(map(_reduce_link, record.huggingface_urls or ())),
    )


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _keep_row_open(text: str) -> str:
    return re.sub(r"\n(?=[ \t]*+\n|#)", " ", _line_feeds(text))


def _reduce_link(link: str) -> str:
    return escape_link(_keep_row_open(link))


_HEADER = """\
| Title | Authors | Summary | Classification | GitHub URLs | HuggingFace URLs |
|-------|---------|---------|----------------|-------------|-----------------|
"""


def _row(record: Record) -> str:
    record = reduce_to_markdown(record)
    cells = (
        f"[{record.title}]({record.link})",
        record.authors_text,
        record.summary or "",
        repr(list(record.classification or ())),
        ", ".join(f"[Link]({url})" for url in record.github_urls or ()) or NOTHING,
        ", ".join(f"[Link]({url})" for url in record.huggingface_urls or ()) or NOTHING,
    )
    return "| " + " | ".join(_BAR.sub(r"\1\1\\|", cell) for cell in cells) + " |\n"
