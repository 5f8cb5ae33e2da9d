"""Numbers of papers by time, as tables: by area, by kind of link, by day, of what rises, of an
author and of a category.

All are counts of papers by the day of their first digest, and each leads to the list of just these
papers.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import date_format

from digest.models import Author, Category, Paper, tomorrow
from digest.search.counting import counts_between, days_with
from digest.search.tags import EVERY, category_tag, kind_tag
from digest.search.trends import CLEAR, LEAST, Rise, rise_score, rising_words
from digest.text.links import KINDS, OTHER

from .charts import Cell, Row, Table

MOST_MONTHS = 36
"""A table of more months has years in their place."""
RISING = 12
"""Rows of what rises, at most."""


class Options(NamedTuple):
    """What a page of trends shows. months: "12", "36" or "all". days: with which those before are
    compared."""

    months: str = "12"
    days: int = 30

    @property
    def query(self) -> str:
        """The parameters of the address that asks for these."""
        asked = [
            (name, value)
            for name, value in self._asdict().items()
            if value != self._field_defaults[name]
        ]
        return f"?{urlencode(asked)}" if asked else ""


# Times


class Period(NamedTuple):
    """A month or a year. key: its name for programs, `2025-02` or `2025`."""

    key: str
    label: str
    first: date
    last: date


def periods(first: date, last: date, months: str = "all") -> list[Period]:
    """The months from one day's to another's, or the last of them; the years, if there are more
    than `MOST_MONTHS`. months: how many, or "all"."""
    count = 12 * (last.year - first.year) + last.month - first.month + 1
    if months == "all" and count > MOST_MONTHS:
        return [
            Period(str(year), str(year), date(year, 1, 1), date(year, 12, 31))
            for year in range(first.year, last.year + 1)
        ]
    shown = count if months == "all" else min(count, int(months))
    found = []
    for number in range(12 * last.year + last.month - shown, 12 * last.year + last.month):
        day = date(number // 12, number % 12 + 1, 1)
        end = day.replace(day=monthrange(day.year, day.month)[1])
        found.append(Period(f"{day:%Y-%m}", date_format(day, "M Y"), day, end))
    return found


def _papers(**parameters: Any) -> str:
    """The address of the papers that these parameters of a list ask for."""
    return f"{reverse('papers')}?{urlencode(parameters)}"


# Tables


class _Column(NamedTuple):
    """What is counted: its heading, the tag of its papers, and the parameters that ask for them."""

    heading: str
    tag: str
    parameters: dict[str, str]


_ALL = _Column("All papers", EVERY, {})


def _counted(
    columns: list[_Column], shown: list[Period], newest: date, *, shares: bool = False
) -> Table:
    """How many papers each column has in each time. shares: as a part of all papers of it."""
    spans = [(period.first, period.last) for period in shown]
    counts = counts_between({EVERY, *(column.tag for column in columns)}, spans)
    rows = []
    for place, period in enumerate(shown):
        cells = []
        for column in columns:
            count, total = counts[column.tag][place], counts[EVERY][place]
            address = _papers(
                **column.parameters,
                date_from=period.first.isoformat(),
                date_to=period.last.isoformat(),
            )
            value, text = (
                (count / (total or 1), _percent(count, total))
                if shares
                else (
                    count,
                    f"{count:,}",
                )
            )
            cells.append(Cell(value, text, address if count else ""))
        rows.append(Row(period.key, period.label, cells, newest < period.last))
    unit = "Month" if not shown or len(shown[0].key) == 7 else "Year"
    return Table([unit, *(column.heading for column in columns)], rows)


def _percent(part: int, total: int) -> str:
    share = 100 * part / (total or 1)
    return f"{share:.0f} %" if share >= 9.95 or not share else f"{share:.1f} %"


def areas_table(options: Options) -> Table:
    """Papers by area and month."""
    areas = Category.objects.filter(is_area=True, paper_count__gt=0)
    columns = [
        _Column(area.name, category_tag(area.pk), {"area": area.slug})
        for area in areas.order_by("-paper_count", "name")
    ]
    return _by_period([_ALL, *columns], options)


def links_table(options: Options) -> Table:
    """Which part of the papers links code, models and other things, by month."""
    columns = [
        _Column(
            "With code" if kind == "code" else f"With a {kind}",
            kind_tag(kind),
            {"has": kind.split()[0]},
        )
        for kind in KINDS
        if kind != OTHER
    ]
    return _by_period(columns, options, shares=True)


def _by_period(columns: list[_Column], options: Options, *, shares: bool = False) -> Table:
    found = days_with(EVERY, tomorrow())
    shown = periods(*found, options.months) if found else []
    return _counted(columns, shown, found[1] if found else date.min, shares=shares)


def days_table(options: Options) -> Table:
    """Papers by day, of the days of the last twelve months that have any."""
    found = days_with(EVERY, tomorrow())
    rows = []
    if found:
        first, last = periods(*found, "12")[0].first, found[1]
        all_days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        counts = counts_between([EVERY], [(day, day) for day in all_days])[EVERY]
        for day, count in zip(all_days, counts, strict=True):
            if count:
                iso = day.isoformat()
                cell = Cell(count, f"{count:,}", _papers(date_from=iso, date_to=iso))
                rows.append(Row(iso, date_format(day, "j M Y"), [cell]))
    return Table(["Day", "Papers"], rows)


class _Comparison(NamedTuple):
    """The last days, and all days before; how many papers they have."""

    first: date
    last: date
    recent: int
    before: int

    def table(self, of: str, rises: list[tuple[Rise, dict[str, str]]]) -> Table:
        """of: what rises. rises: each with the parameters that ask for its papers."""
        columns = [of, "Share now", "Share before", "Papers now", "Papers before", "Score"]
        rows = []
        for rise, parameters in rises:
            now = _papers(
                **parameters, date_from=self.first.isoformat(), date_to=self.last.isoformat()
            )
            until = (self.first - timedelta(days=1)).isoformat()
            before = _papers(**parameters, date_to=until) if rise.before else ""
            cells = [
                Cell(rise.recent / self.recent, _percent(rise.recent, self.recent), now),
                Cell(rise.before / self.before, _percent(rise.before, self.before), before),
                Cell(rise.recent, f"{rise.recent:,}", now),
                Cell(rise.before, f"{rise.before:,}", before),
                Cell(rise.score, f"{rise.score:.1f}"),
            ]
            rows.append(Row(rise.name, rise.name, cells))
        return Table(columns, rows)


def _comparison(options: Options) -> _Comparison | None:
    """None if there are no papers before the last days."""
    found = days_with(EVERY, tomorrow())
    if not found:
        return None
    first = found[1] - timedelta(days=options.days - 1)
    spans = [(first, found[1]), (date.min, first - timedelta(days=1))]
    recent, before = counts_between([EVERY], spans)[EVERY]
    return _Comparison(first, found[1], recent, before) if before else None


def categories_table(options: Options) -> Table:
    """The categories that rose most."""
    compared = _comparison(options)
    if compared is None:
        return Table(["Category"], [])
    categories = {category_tag(c.pk): c for c in Category.objects.filter(is_area=False)}
    spans = [(compared.first, compared.last), (date.min, compared.first - timedelta(days=1))]
    rises = []
    for tag, (recent, before) in counts_between(categories, spans).items():
        score = rise_score(recent, compared.recent, before, compared.before)
        if recent >= LEAST and score >= CLEAR:
            category = categories[tag]
            rise = Rise(category.name, recent, before, score)
            rises.append((rise, {"category": category.slug}))
    rises.sort(key=lambda each: (-each[0].score, each[0].name))
    return compared.table("Category", rises[:RISING])


def words_table(options: Options) -> Table:
    """The words that rose most."""
    compared = _comparison(options)
    if compared is None:
        return Table(["Word"], [])
    rises = rising_words(compared.first, compared.last, compared.before, RISING)
    return compared.table("Word", [(rise, {"q": rise.name}) for rise in rises])


def category_months(category: Category) -> Table:
    """The papers of a category by month."""
    tag = category_tag(category.pk)
    found = days_with(tag, tomorrow())
    name = "area" if category.is_area else "category"
    columns = [_Column("Papers", tag, {name: category.slug})]
    return _counted(columns, periods(*found) if found else [], found[1] if found else date.min)


def author_months(author: Author) -> Table:
    """The papers of an author by month, in one query."""
    days = Paper.objects.by(author).order_by("date").values_list("date").annotate(Count("pk"))
    counts = dict(days)
    shown = periods(min(counts), max(counts)) if counts else []
    rows = []
    for period in shown:
        count = sum(n for day, n in counts.items() if period.first <= day <= period.last)
        address = _papers(
            author=author.slug,
            date_from=period.first.isoformat(),
            date_to=period.last.isoformat(),
        )
        cell = Cell(count, f"{count:,}", address if count else "")
        rows.append(Row(period.key, period.label, [cell]))
    unit = "Month" if not shown or len(shown[0].key) == 7 else "Year"
    return Table([unit, "Papers"], rows)


TABLES: dict[str, Callable[[Options], Table]] = {
    "areas": areas_table,
    "categories": categories_table,
    "words": words_table,
    "links": links_table,
    "days": days_table,
}
