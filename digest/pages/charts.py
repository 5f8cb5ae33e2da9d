"""Tables of numbers, and charts of them: SVG for a page, which the style sheet colours, and CSV.

What a chart shows can be read in its table as well. Its marks lead to their papers by pointer; the
keyboard and screen readers have the same links in the table, where each has its place. Values are
seen by length, never by colour alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from html import escape
from io import SEEK_END, StringIO
from itertools import groupby
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe

from digest.exports.table import BOM, cell

WIDTH = 340
"""Units of every chart's width: about as many pixels as a narrow page has, so that texts have the
same size on all."""
_BARS, _LINE, _ROW = 84, 18, 44
"""Units: the height of the longest bar, of a line of text, of a row with a label and two bars."""
_SIGN = 8
"""Units of a digit's width, at most, with some room around."""


class Cell(NamedTuple):
    """A number of a table. text: as it is read. address: of the papers that it counts, or ""."""

    value: float
    text: str
    address: str = ""


class Row(NamedTuple):
    """A row of a table. key: its name for programs. so_far: its time is not over."""

    key: str
    label: str
    cells: list[Cell]
    so_far: bool = False


class Table(NamedTuple):
    """columns: the names of the column of labels and of those of cells."""

    columns: list[str]
    rows: list[Row]

    def csv(self) -> str:
        file = StringIO(BOM)
        file.seek(0, SEEK_END)
        lines = csv.writer(file, lineterminator="\r\n")
        lines.writerow(map(cell, self.columns))
        for row in self.rows:
            lines.writerow([cell(row.key), *(f"{each.value:g}" for each in row.cells)])
        return file.getvalue()


def bars(table: Table, column: int, name: str, *, height: int = _BARS) -> SafeString:
    """A column's values as a bar for each row. name: of the SVG, once on its page. height: of the
    longest bar, in units; a low chart has no texts."""
    title = table.columns[column + 1]
    cells = [row.cells[column] for row in table.rows]
    most = max(cells, key=lambda one: one.value, default=Cell(0, ""))
    step = WIDTH / max(len(cells), 1)
    gap = min(4, step / 4)
    above = _LINE if height == _BARS else 0
    has_room = above and all(_SIGN * len(one.text) <= step for one in cells if one.value)
    marks, hits = [], []
    for place, (row, one) in enumerate(zip(table.rows, cells, strict=True)):
        long = height * one.value / (most.value or 1)
        x, y = place * step, above + height - long
        kind = "bar so-far" if row.so_far else "bar"
        if one.value:
            marks.append(_rect(kind, x + gap / 2, y, step - gap, long))
        if has_room and one.value:
            marks.append(_text(x + step / 2, y - 4, one.text, "middle"))
        hits.append(_link(one, f"{row.label}: {one.text}", x, 0, step, above + height))
    marks.append(_rect("axis", 0, above + height, WIDTH, 1))
    about = "No papers."
    if cells:
        first, last = table.rows[0].label, table.rows[-1].label
        top = table.rows[cells.index(most)].label
        about = f"Bars from {first} to {last}. The longest: {most.text}, in {top}."
        if above:
            low = above + height + _LINE - 3
            marks.append(_text(0, low, first, "start"))
            if len(cells) > 1:
                marks.append(_text(WIDTH, low, last, "end"))
            if not has_room:
                marks.append(_text(0, _LINE - 5, f"Most: {most.text}, in {top}", "start"))
    return _svg(name, title, about, marks, hits, height + 2 * above + 1)


def pairs(table: Table, name: str, title: str) -> SafeString:
    """The first two values of each row as two bars below each other, with the row's label above.
    The first is drawn full, the second, with which it is compared, as an outline."""
    most = max((one.value for row in table.rows for one in row.cells[:2]), default=0) or 1
    marks, hits = [], []
    for place, row in enumerate(table.rows):
        now, before = row.cells[:2]
        y = place * _ROW
        label = row.label if len(row.label) <= 30 else row.label[:29] + "…"
        marks += [
            _text(0, y + 14, label, "start", "label"),
            _text(WIDTH, y + 14, f"{before.text} → {now.text}", "end"),
            _rect("bar", 0, y + _LINE + 2, WIDTH * now.value / most, 8),
            _rect("bar before", 0.5, y + _LINE + 12, WIDTH * before.value / most, 5),
        ]
        said = f"{row.label}: {before.text}, then {now.text}"
        hits.append(_link(now, said, 0, y, WIDTH, _ROW - 4))
    about = f"{len(table.rows)} rows, each with its value before and now."
    return _svg(name, title, about, marks, hits, len(table.rows) * _ROW)


def days(table: Table, name: str) -> SafeString:
    """The first value of each row, whose keys are days in their order, as bars in a row for each
    month, the newest first."""
    most = max((row.cells[0].value for row in table.rows), default=0) or 1
    left, tall = 66, 26
    step = (WIDTH - left) / 31
    months = {month: [*rows] for month, rows in groupby(table.rows, lambda row: row.key[:7])}
    marks, hits = [], []
    for place, month in enumerate(_months(max(months), min(months))):
        base = (place + 1) * (tall + 6)
        marks.append(_text(0, base - 4, date_format(month, "M Y"), "start"))
        marks.append(_rect("axis", left, base, WIDTH - left, 1))
        for row in months.get(f"{month:%Y-%m}", ()):
            one = row.cells[0]
            x, long = left + (int(row.key[8:]) - 1) * step, tall * one.value / most
            marks.append(_rect("bar", x + 1, base - long, step - 2, long))
            hits.append(_link(one, f"{row.label}: {one.text}", x, base - tall, step, tall))
    low = base + _LINE
    marks += [
        _text(left + (day - 0.5) * step, low - 3, str(day), "middle") for day in (1, 10, 20, 30)
    ]
    oldest = date_format(month, "M Y")
    about = f"A row of bars for each month from {oldest} on, the newest first, one bar a day."
    return _svg(name, table.columns[1], about, marks, hits, low)


def _months(newest: str, oldest: str) -> Iterator[date]:
    """The first days of the months from `2025-02` back to an older one."""
    month = date.fromisoformat(f"{newest}-01")
    while f"{month:%Y-%m}" >= oldest:
        yield month
        month = (month - timedelta(days=1)).replace(day=1)


def _svg(
    name: str, title: str, about: str, marks: Sequence[str], hits: Sequence[str], height: float
) -> SafeString:
    """The picture, which is one to assistive software, and above it what can be clicked."""
    html = (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:g}">'
        f'<g role="img" aria-labelledby="{name}-title" aria-describedby="{name}-about">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-about">{escape(about)}</desc>{"".join(marks)}</g>'
        f'<g aria-hidden="true">{"".join(hits)}</g></svg>'
    )
    return mark_safe(html)  # noqa: S308


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    size = f'width="{round(width, 1):g}" height="{round(height, 1):g}"'
    return f'<rect class="{kind}" x="{round(x, 1):g}" y="{round(y, 1):g}" {size}/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    return (
        f'<text{kind} x="{round(x, 1):g}" y="{round(y, 1):g}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _link(to: Cell, text: str, x: float, y: float, width: float, height: float) -> str:
    if not to.address:
        return ""
    hit = _rect("hit", x, y, width, height)
    return f'<a href="{escape(to.address)}" tabindex="-1"><title>{escape(text)}</title>{hit}</a>'
