"""Digests in Markdown: tables of papers, and headings of papers, under headings with a date.

A row begins at a line that begins with `|`, and goes on over the next lines until it has all its
columns and a line ends with `|`: titles are wrapped. A blank line, a heading or another line that
begins with `|` ends it in any case.

In a cell `\\|` stands for `|`, as it does on GitHub, and backslashes before it are doubled; every
other backslash is itself. Digests seldom escape their bars, though, so that a row with too many
columns is counted from both ends: what is left over belongs to the title or to the summary.

A heading that is a link to a paper begins a paper, up to the next heading or table. Any other
heading without a date is a category of the papers in a table below it that is not the archive's.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from .headed_list import read_headed, title_of
from .markdown_cells import marked, plain_text
from .markdown_tables import KNOWN_COLUMNS, Table, table_of
from .records import (
    MAX_ROWS,
    PASSED_OVER,
    REST_NOT_READ,
    ROW_LEFT_OUT,
    BadRow,
    Format,
    Reading,
    ReadingBuilder,
    RowContent,
    parse_date,
    parse_day,
    quote,
)

MAX_ROW = 6 * 1024 * 1024
"""Characters of a row, its escapes included: more than the longest record takes."""
_MAX_HEAD = 1_000
"""Characters in which the names of a table's columns are looked for."""
_MAX_KNOWN_HEAD = 200
"""The same where only a table of the archive may begin: in another one."""
_MAX_HEADING = 4_000

# A text is read with a line break put before it, so that "\n" stands before every line: a search
# for it is several times as fast as one for "^". All patterns are linear: what they repeat is
# possessive, or a single line.
_LANDMARK = re.compile(r"\n(?=\||(#{1,6})[ \t]++([^\n]*+))")
_ROW_END = re.compile(r"\n(?=\||#{1,6}[ \t]|[ \t]*+(?:\n|\Z))")
_CLOSING = re.compile(r"\|[ \t]*+(?:\n|\Z)")
_RULE = re.compile(r"\n\|[ \t:|]*+-[ \t:|-]*+(?=\n|\Z)")
_PAPERS_FOR = re.compile(r"papers for[ \t]++([0-9]\S*+)", re.I)
_DATE = re.compile(r"(?<![0-9])[0-9]{4}[-/.][0-9]{2}[-/.][0-9]{2}(?![0-9])")


def read_markdown(text: str, date: datetime.date | None) -> Reading:
    """Read all papers; `date` is for those that stand under no dated heading.

    text: without NUL, its lines ended by "\\n". What is neither such a table nor such a heading is
    passed over.
    """
    return _MarkdownReader("\n" + text, date).read()


def markdown_rows(
    text: str, date: datetime.date | None = None
) -> Iterator[tuple[int, str, RowContent]]:
    """Each line that begins with a bar, each heading that is a link, and what belongs to it: its
    number from 1, and the text.

    The heads and rules of tables are among them. text: as for `read_markdown`.
    """
    text = "\n" + text
    line = counted = 0
    for mark in _LANDMARK.finditer(text):
        start = mark.end()
        if mark[1]:
            if title_of(mark[2][:_MAX_HEADING]) is None:
                continue
            end = _LANDMARK.search(text, start)
        else:
            end = _ROW_END.search(text, start)
        line += text.count("\n", counted, start)
        counted = start
        row = text[start : end.start() if end else None]
        yield line, row.rstrip() if mark[1] else row, None


class _MarkdownReader:
    """Goes from landmark to landmark: headings, and lines that begin with a bar."""

    def __init__(self, text: str, date: datetime.date | None) -> None:
        self.text = text
        self.draft = ReadingBuilder()
        self.line = 0
        # The section: its date, whether it was found at fault, what to say if no paper comes, and
        # the name and the level of the last heading without a date.
        self.date = date
        self.refused = False
        self.missing_table: tuple[int, str, str] | None = None
        self.category, self.level = "", 0
        # The table: whether in one at all, and its kind, if known.
        self.in_table = False
        self.table: Table | None = None
        self.unknown_table: tuple[int, str] | None = None
        """The first one in the front matter."""

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
                self._heading(len(mark[1]), mark[2][:_MAX_HEADING].strip(), mark.end(2))
            elif not _RULE.match(self.text, mark.start()):
                self._bar(mark.end())
        self._end_section()
        if self.unknown_table and self.draft.is_empty:
            self.draft.problem(*self.unknown_table, "table left out")
        return self.draft.reading()

    # Headings

    def _heading(self, level: int, heading: str, end: int) -> None:
        dates = _DATE.findall(heading)
        if match := _PAPERS_FOR.match(heading):
            self._begin_day(match[1], level)
        elif title_of(heading):
            self._paper(heading, end)
        elif len(dates) == 1 and (day := parse_day(dates[0])):
            self._begin_day(day.isoformat(), level, "paper" in heading.lower())
        else:
            self.category, self.level = ("" if level == 1 else plain_text(heading)), level

    def _begin_day(self, named: str, level: int, has_papers: bool = True) -> None:
        """named: its date. has_papers: whether the heading promises papers."""
        self._end_section()
        self.in_table = False
        if level <= self.level:
            self.category, self.level = "", 0
        self.date = parse_date(named)
        self.refused = self.date is None
        if self.date is None:
            self.draft.problem(self.line, f"{quote(named)} is not a date", "section left out")
        elif has_papers:
            self.missing_table = (
                self.line,
                f"no table of papers follows for {named}",
                "day left out",
            )

    def _end_section(self) -> None:
        if self.missing_table:
            self.draft.problem(*self.missing_table)
            self.missing_table = None

    def _paper(self, heading: str, start: int) -> None:
        """A heading that is a link to a paper, and what stands under it. start: of that."""
        self.in_table = False
        if self.refused:
            return
        landmark = _LANDMARK.search(self.text, start)
        text = self.text[start : landmark.start() if landmark else len(self.text)]
        try:
            if len(text) > MAX_ROW:
                raise BadRow(f"the row is longer than {MAX_ROW:,} characters")
            if reading := read_headed(heading, text, self.date):
                self.missing_table = None
                self.draft.add(reading.day, self.line, Format.HEADED_LIST, reading.record)
        except BadRow as error:
            self.missing_table = None
            self.draft.problem(self.line, str(error), ROW_LEFT_OUT)

    # Tables

    def _bar(self, start: int) -> None:
        """A line that begins with a bar, and what belongs to it."""
        row_end = _ROW_END.search(self.text, start)
        end = row_end.start() if row_end else len(self.text)
        begins = not self.in_table or _RULE.match(self.text, end) is not None
        head = self.text[start : min(end, start + (_MAX_HEAD if begins else _MAX_KNOWN_HEAD))]
        head = head.strip()
        table = table_of(head.strip("|").split("|"), begins)
        if table or begins:
            self._begin_table(table, head)
        elif self.table and (self.date or self.table.is_dated):
            try:
                self._row(self.table, start, end)
            except BadRow as error:
                self.draft.problem(self.line, str(error), ROW_LEFT_OUT)

    def _begin_table(self, table: Table | None, header: str) -> None:
        self.in_table = True
        self.table = table
        self.missing_table = None
        unknown = f"unknown table: {quote(header)}; known are columns such as {KNOWN_COLUMNS}"
        if table and table.is_dated:
            pass
        elif self.date and table:
            self.draft.open(self.date, table.format)
        elif self.date:
            self.draft.problem(self.line, unknown, "table left out")
        elif table and not self.refused:
            self.draft.problem(self.line, "the table has no date", "table left out")
        elif not self.unknown_table:  # it is part of the front matter, if anything follows
            self.unknown_table = self.line, unknown

    def _row(self, table: Table, start: int, end: int) -> None:
        if end - start > MAX_ROW:
            raise BadRow(f"the row is longer than {MAX_ROW:,} characters")
        row = marked(self.text[start:end])
        end = _end_of_row(row, table.columns)
        reading = table.read(row[:end].rstrip(" \t\n")[1:-1], self.date, self.category)
        self.draft.add(reading.day, self.line, table.format, reading.record)
        self.draft.unknown(self.line, reading.unknown)
        if end < len(row):
            line = self.line + row.count("\n", 0, end)
            self.draft.problem(line, "text that belongs to no row", PASSED_OVER)


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
