"""Papers under headings of their own, `### [title](address)`, each with labelled lines and text."""

from __future__ import annotations

import datetime
import re
from typing import Any

from .common_names import FIELD_OF, RowReading, plain
from .markdown_cells import title_and_link
from .markdown_tables import read_cells

_NUMBER = re.compile(r"(?:\d{1,4}[.)]\s+)?")
_LABEL = re.compile(
    r"[ \t]*+(?:[-*+][ \t]++)?[*_`]*+([A-Za-z][A-Za-z ();-]{1,30})[*_`]*+[ \t]*+[:\uff1a][*_`]*+"
    r"[ \t]*+(.*)"
)


def title_of(heading: str) -> tuple[str, str] | None:
    """The title and the address of a heading that is that of a paper."""
    text = heading.strip().rstrip("#").strip().strip("*_ ")
    title, link = title_and_link(text[_end_of_number(text) :])
    return (title, link) if link.startswith(("http://", "https://")) else None


def read_headed(heading: str, text: str, date: datetime.date | None) -> RowReading | None:
    """What stands under a paper's heading; None if that is the heading of something else, because
    nothing is labelled and there is no date. Raises BadRow.

    text: up to the next heading or table. date: of the section. Lines that have a known name and a
    colon belong to that field, with the lines after them up to an empty one. All other lines are
    the summary.
    """
    found = title_of(heading)
    if found is None:
        return None
    labelled: dict[str, list[str]] = {}
    free: list[str] = []
    lines = free
    for line in text.split("\n"):
        match = _LABEL.fullmatch(line)
        if match and FIELD_OF.get(plain(match[1])):
            lines = labelled.setdefault(match[1], [])
            lines.append(match[2])
            continue
        if not line.strip():
            lines = free
        lines.append(line)
    if not labelled and date is None:
        return None
    cells: list[tuple[str, Any]] = [("title", f"[{found[0]}]({found[1]})")]
    cells += ((name, "\n".join(lines)) for name, lines in labelled.items())
    summaries = [text for name, text in cells if FIELD_OF.get(plain(name)) == "summary"]
    cells = [cell for cell in cells if FIELD_OF.get(plain(cell[0])) != "summary"]
    summary = "\n\n".join(filter(None, (part.strip() for part in (*summaries, "\n".join(free)))))
    return read_cells([*cells, ("summary", summary)], date)


def _end_of_number(text: str) -> int:
    match = _NUMBER.match(text)
    return match.end() if match else 0
