"""The Markdown dialects: tables of papers, each under a heading `## Papers for DATE`.

A row begins at a line that begins with `|`, and goes on over the next lines until it has all its
columns and a line ends with `|`: titles are wrapped. A blank line, a heading or another line that
begins with `|` ends it in any case.

In a cell `\\|` stands for `|`, as it does on GitHub, and backslashes before it are doubled; every
other backslash is itself. Digests seldom escape their bars, though, so that a row with too many
columns is counted from both ends: what is left over belongs to the title or to the summary.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from .records import (
    MAX_ITEMS,
    MAX_ROWS,
    MAX_TITLE,
    REST_NOT_READ,
    ROW_LEFT_OUT,
    BadRow,
    Format,
    Reading,
    ReadingBuilder,
    Record,
    RowContent,
    escape_link,
    parse_date,
    quote,
)

MAX_ROW = 6 * 1024 * 1024
"""Characters of a row, its escapes included: more than the longest record takes."""

NOTHING = "N/A"
"""What a cell without links says."""

_HEADING = r"#{1,6}[ \t]"

# A text is read with a line break put before it, so that "\n" stands before every line: a search
# for it is several times as fast as one for "^". All patterns are linear: what they repeat is
# possessive, or a single line.
_LANDMARK = re.compile(rf"\n(?=\||{_HEADING}[ \t]*+papers for[ \t]++([0-9]\S*+))", re.I)
_BAR_LINE = re.compile(r"\n(?=\|)")
_ROW_END = re.compile(rf"\n(?=\||{_HEADING}|[ \t]*+(?:\n|\Z))")
_CLOSING = re.compile(r"\|[ \t]*+(?:\n|\Z)")
_RULE = re.compile(r"\n\|[ \t:|]*+-[ \t:|-]*+(?=\n|\Z)")

# While a row is taken apart, NUL stands for an escaped bar: a file that holds one is not read.
_ESCAPED = re.compile(r"(?<!\\)(\\++)\|")
_BAR = re.compile(r"(?<!\\)(\\*+)\|")

_READ_MORE = re.compile(
    r"read more on \[(\w+)\]\(([^()\s]*+)\)(?: or \[(\w+)\]\(([^()\s]*+)\))?\)?", re.I
)
_LABELLED = re.compile(r"\[[^\[\]]*+\]\((.*)\)", re.S)

# A string in a Python list, up to the next comma; and an escape in it.
_STRING = re.compile(
    r"""\s*(?:'([^'\\]*+(?:\\.[^'\\]*+)*+)'|"([^"\\]*+(?:\\.[^"\\]*+)*+)")\s*(?:,\s*|\Z)""", re.S
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([nrt\\'\"]))")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read_markdown(text: str, date: datetime.date | None) -> Reading:
    """Read all tables of papers; `date` is for those that stand under no dated heading.

    text: without NUL, its lines ended by "\\n". What is neither such a table nor such a heading is
    passed over.
    """
    return _MarkdownReader("\n" + text, date).read()


def markdown_rows(text: str) -> Iterator[tuple[int, str, RowContent]]:
    """Each line that begins with a bar, and what belongs to it: its number from 1, and the text.

    The heads and rules of tables are among them. text: as for `read_markdown`.
    """
    text = "\n" + text
    line = counted = 0
    for bar in _BAR_LINE.finditer(text):
        start = bar.end()
        line += text.count("\n", counted, start)
        counted = start
        end = _ROW_END.search(text, start)
        yield line, text[start : end.start() if end else None], None


def write_markdown(date: datetime.date, records: Iterable[Record]) -> str:
    """The records as a six-column file of the archive.

    `read` gives back as many records, each as `reduce_to_markdown` says.
    """
    return f"\n\n## Papers for {date.isoformat()}\n\n{_HEADER}" + "".join(map(_row, records))


def reduce_to_markdown(record: Record) -> Record:
    """What is left of a record after it was written as six-column Markdown and read again.

    `github_repo` is lost, what was absent is empty, line breaks are "\\n", and those of the summary
    spaces. Elsewhere too a break becomes a space where it would end the row: before a blank line
    and before `#`. In links `](` becomes `]%28`.
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


class _Table(NamedTuple):
    """A kind of table: its dialect, its number of columns, and how their cells make a record."""

    format: Format
    columns: int
    record: Callable[[list[str]], Record]


class _MarkdownReader:
    """Goes from landmark to landmark: dated headings, and lines that begin with a bar."""

    def __init__(self, text: str, date: datetime.date | None) -> None:
        self.text = text
        self.draft = ReadingBuilder()
        self.line = 0
        # The section: its date, whether it was found at fault, and what to say if no table comes.
        self.date = date
        self.refused = False
        self.missing_table: tuple[int, str, str] | None = None
        # The table: whether in one at all, and its kind, if known.
        self.in_table = False
        self.table: _Table | None = None

    def read(self) -> Reading:
        counted = 0
        for number, mark in enumerate(_LANDMARK.finditer(self.text)):
            self.line += self.text.count("\n", counted, mark.end())
            counted = mark.end()
            if number == MAX_ROWS:
                self._end_section()
                self.draft.problem(self.line, f"more than {MAX_ROWS:,} rows", REST_NOT_READ)
                break
            if mark[1]:
                self._begin_section(mark[1])
            elif not _RULE.match(self.text, mark.start()):
                self._bar(mark.end())
        self._end_section()
        return self.draft.reading()

    def _begin_section(self, named: str) -> None:
        self._end_section()
        self.in_table = False
        self.date = parse_date(named)
        self.refused = self.date is None
        if self.date:
            self.missing_table = (
                self.line,
                f"no table of papers follows for {named}",
                "day left out",
            )
        else:
            self.draft.problem(self.line, f"{quote(named)} is not a date", "section left out")

    def _end_section(self) -> None:
        if self.missing_table:
            self.draft.problem(*self.missing_table)
            self.missing_table = None

    def _bar(self, start: int) -> None:
        """A line that begins with a bar, and what belongs to it."""
        row_end = _ROW_END.search(self.text, start)
        end = row_end.start() if row_end else len(self.text)
        head = self.text[start : min(end, start + 200)]
        columns = tuple(column.strip().lower() for column in head.strip().strip("|").split("|"))
        table = _TABLES.get(columns)
        if table or not self.in_table or _RULE.match(self.text, end):
            self._begin_table(table, head)
        elif self.table and self.date:
            try:
                self._row(self.table, self.date, start, end)
            except BadRow as error:
                self.draft.problem(self.line, str(error), ROW_LEFT_OUT)

    def _begin_table(self, table: _Table | None, header: str) -> None:
        self.in_table = True
        self.table = table
        self.missing_table = None
        if self.date and table:
            self.draft.open(self.date, table.format)
        elif self.date:
            self.draft.problem(self.line, f"unknown table: {quote(header)}", "table left out")
        elif table and not self.refused:  # an unknown one is part of the front matter
            self.draft.problem(self.line, "the table has no date", "table left out")

    def _row(self, table: _Table, date: datetime.date, start: int, end: int) -> None:
        if end - start > MAX_ROW:
            raise BadRow(f"the row is longer than {MAX_ROW:,} characters")
        marked = self.text[start:end]
        if "\\|" in marked:
            marked = _ESCAPED.sub(_mark, marked)
        end = _end_of_row(marked, table.columns)
        cells = _cells(marked[:end].rstrip(" \t\n")[1:-1], table.columns)
        self.draft.add(date, self.line, table.format, table.record(cells))
        if end < len(marked):
            line = self.line + marked.count("\n", 0, end)
            self.draft.problem(line, "text that belongs to no row", "passed over")


def _end_of_row(text: str, columns: int) -> int:
    """Where the first line ends that closes the row, having all its columns."""
    bars = end = 0
    for closing in _CLOSING.finditer(text):
        bars += text.count("|", end, closing.end())
        end = closing.end()
        if bars > columns:
            return end
    if end < len(text):
        raise BadRow("the row is not closed by |")
    raise BadRow(f"the row has {bars - 1} column{'s' * (bars != 2)} where the table has {columns}")


def _mark(escaped: re.Match[str]) -> str:
    """NUL for an escaped bar, with the backslashes that it stood for before it."""
    backslashes = escaped[1]
    return backslashes[: len(backslashes) // 2] + "\0" if len(backslashes) % 2 else escaped[0]


def _cells(row: str, columns: int) -> list[str]:
    """The row's cells, as many as the table has columns, each without its escapes."""
    cells = row.split("|")
    if surplus := len(cells) - columns:
        ends = (i for i, cell in enumerate(cells[:MAX_TITLE]) if i <= surplus and _ends_title(cell))
        last = next(ends, 0)
        title = "|".join(cells[: last + 1])
        rest = len(cells) - (columns - 3)
        summary = "|".join(cells[last + 2 : rest])
        cells = [title, cells[last + 1], summary, *cells[rest:]]
    return [cell.replace("\0", "|") for cell in cells]


def _ends_title(cell: str) -> bool:
    return "](" in cell and cell.rstrip().endswith(")")


def _six_columns(cells: list[str]) -> Record:
    cell = cells[0].strip()
    if _ends_title(cell) and not cell.startswith("["):  # what is left of one broken before a bar
        raise BadRow(f"the title is not [title](link): {quote(cell)}")
    title, link = _title_and_link(cell)
    return Record(
        title=title,
        link=link,
        authors=_text(cells[1]),
        summary=_text(cells[2]),
        classification=_python_list(cells[3]),
        github_urls=_links(cells[4]),
        huggingface_urls=_links(cells[5]),
    )


def _three_columns(cells: list[str]) -> Record:
    cell = cells[0].strip()
    start = max(cell.rfind("Read more on ["), cell.rfind("read more on ["))
    if start >= 0 and (more := _READ_MORE.fullmatch(cell, start)):
        before = cell[:start]
        title = before[:-1] if before.endswith("(") else before.removesuffix("- ")
        urls = {more[1].lower(): more[2], (more[3] or "").lower(): more[4]}
        link = urls.get("arxiv") or urls.get("huggingface") or ""
    else:
        title, link = _title_and_link(cell)
    return Record(title.strip(), link, authors=_text(cells[1]), summary=_text(cells[2]))


def _link_column(cells: list[str]) -> Record:
    _, link = _title_and_link(cells[3])
    return Record(cells[0].strip(), link, authors=_text(cells[1]), summary=_text(cells[2]))


_TABLES = {
    ("title", "authors", "summary", "classification", "github urls", "huggingface urls"): _Table(
        Format.SIX_COLUMN, 6, _six_columns
    ),
    ("title", "authors", "summary"): _Table(Format.THREE_COLUMN, 3, _three_columns),
    ("title", "authors", "summary", "link"): _Table(Format.THREE_COLUMN, 4, _link_column),
}
"""The tables known, by the names of their columns."""


def _text(cell: str) -> str:
    """The cell without the space that sets it off on either side; more are the text's own."""
    return cell.removeprefix(" ").removesuffix(" ")


def _title_and_link(cell: str) -> tuple[str, str]:
    """The two of `[title](link)`; a cell of another form is a title without a link."""
    cell = cell.strip()
    middle = cell.rfind("](")
    if middle > 0 and cell.startswith("[") and cell.endswith(")"):
        return cell[1:middle].strip(), cell[middle + 2 : -1]
    return cell, ""


def _links(cell: str) -> tuple[str, ...]:
    """The URLs of `[Link](URL), ...`; also of other labels, and of bare URLs."""
    cell = cell.strip()
    if cell in ("", NOTHING):
        return ()
    if cell.startswith("[Link](") and cell.endswith(")"):
        links = cell[7:-1].split("), [Link](", MAX_ITEMS)
        if cell.count("](") == len(links):
            return tuple(links)
    links = cell.split(", ", MAX_ITEMS)
    return tuple(match[1] if (match := _LABELLED.fullmatch(link)) else link for link in links)


def _python_list(cell: str) -> tuple[str, ...]:
    """The strings of a Python list literal, as `repr` writes it."""
    cell = cell.strip()
    if cell in ("", NOTHING):
        return ()
    items: list[str] = []
    if cell.startswith("[") and cell.endswith("]"):
        inner = cell[1:-1].strip()
        position = 0
        while (match := _STRING.match(inner, position)) and len(items) <= MAX_ITEMS:
            items.append(_unescape(match[1] or match[2] or ""))
            position = match.end()
        if position == len(inner) or len(items) > MAX_ITEMS:
            return tuple(items)
    raise BadRow(f"the classification is not a list: {quote(cell)}")


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return _ESCAPE.sub(_character, text)
    except (ValueError, OverflowError):
        raise BadRow(f"an escape that is no character: {quote(text)}") from None


def _character(escape: re.Match[str]) -> str:
    if letter := escape[4]:
        return _ESCAPES.get(letter, letter)
    return chr(int(escape[1] or escape[2] or escape[3], 16))
