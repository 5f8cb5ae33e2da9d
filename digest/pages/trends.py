"""How the catalogue changes with time: charts on a page of their own, and the months of an author's
and a category's papers. Tables and charts are made once for each revision of the catalogue."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple, cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from digest.caches.revision import Revision
from digest.models import Author, Category, tomorrow
from digest.search.counting import days_with
from digest.search.tags import EVERY
from digest.search.trends import CLEAR

from . import charts
from .cache import cached_for_visitors, unknown_in
from .charts import Table
from .counts import TABLES, Options, author_months, category_months
from .origins import open_to_sites

DRAWN = 9
"""Charts of one figure, at most; its table has all columns."""


class TrendsForm(forms.Form):
    """The parameters of the address: of how many months the charts are, and with how many of the
    last days those before are compared."""

    months = forms.ChoiceField(
        choices=[("12", "12 months"), ("36", "3 years"), ("all", "all years")], required=False
    )
    days = forms.ChoiceField(
        choices=[("7", "7 days"), ("30", "30 days"), ("90", "90 days")], required=False
    )


PARAMETERS = frozenset(TrendsForm.base_fields)


def _options(address: QueryDict) -> tuple[Options, dict[str, list[str]]]:
    """What an address asks for, and what is wrong with it, by parameter."""
    form = TrendsForm(address)
    form.is_valid()
    given = {name: value for name, value in form.cleaned_data.items() if value}
    if "days" in given:
        given["days"] = int(given["days"])
    errors = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
    return Options(**given), errors


def _table(revision: Revision, name: str, options: Options) -> Table:
    return revision.once(lambda: TABLES[name](options), "trends", name, *options)


# Figures


class Figure(NamedTuple):
    """A table with charts of it, as `digest/_figure.html` shows them. name: its id. about: what it
    shows, in a sentence or two. drawn: charts with their titles. file: the address of its CSV."""

    name: str
    title: str
    about: str
    drawn: list[tuple[str, SafeString]]
    table: Table
    file: str


def _columns_drawn(name: str, table: Table) -> list[tuple[str, SafeString]]:
    return [
        (title, charts.bars(table, column, f"{name}-{column}"))
        for column, title in enumerate(table.columns[1:])
        if any(row.cells[column].value for row in table.rows)
    ][:DRAWN]


def _figures(revision: Revision, options: Options) -> list[Figure]:
    tables = {name: _table(revision, name, options) for name in TABLES}
    compared = (
        f"The filled bar is the share of the papers of the last {options.days} days, the outlined"
        f" bar the share of all papers before. Only what rose by {CLEAR:g} standard errors or more"
        " is shown"
    )
    so_far = "A dashed bar is not complete yet. Each chart has its own scale."

    def rising(name: str, title: str) -> list[tuple[str, SafeString]]:
        return [("", charts.pairs(tables[name], name, title))] if tables[name].rows else []

    drawn = [
        ("areas", "Papers by area", so_far, _columns_drawn("areas", tables["areas"])),
        (
            *("categories", "Categories that rise", f"{compared}."),
            rising("categories", "Categories that rise"),
        ),
        (
            *("words", "Words that rise", f"{compared}, and only words that titles have as well."),
            rising("words", "Words that rise"),
        ),
        (
            *("links", "Papers with code, models and data"),
            "The share of the papers that have a link of each kind.",
            _columns_drawn("links", tables["links"]),
        ),
        (
            *("days", "Papers by day", "The last twelve months, by the day of the first digest."),
            [("", charts.days(tables["days"], "days"))] if tables["days"].rows else [],
        ),
    ]
    return [
        Figure(
            name,
            title,
            about,
            some,
            tables[name],
            reverse("trends-file", args=[name]) + options.query,
        )
        for name, title, about, some in drawn
    ]


def author_figure(revision: Revision, author: Author) -> Figure | None:
    """A small chart of an author's papers by month; None if they are all of one."""
    file = reverse("author-months", args=[author.slug])
    return revision.once(
        lambda: _months_figure(author_months(author), file), "author-months", author.pk
    )


def category_figure(revision: Revision, category: Category) -> Figure | None:
    """The same for a category."""
    file = reverse("category-months", args=[category.slug])
    return revision.once(
        lambda: _months_figure(category_months(category), file), "category-months", category.pk
    )


def _months_figure(table: Table, file: str) -> Figure | None:
    if len(table.rows) < 2:
        return None
    span = f"{table.rows[0].label} to {table.rows[-1].label}"
    about = f"Papers by {table.columns[0].lower()}, from {span}"
    drawn = [("", charts.bars(table, 0, "months-0", height=50))]
    return Figure("months", "Papers by time", about, drawn, table, file)


# Pages and files


@require_safe
@partial(cached_for_visitors, parameters=PARAMETERS)
def trends(request: HttpRequest) -> HttpResponse:
    """Charts of the catalogue. Wrong parameters are named beside the choices."""
    revision = Revision()
    options, errors = _options(request.GET)
    switches = []
    for name, label in (("months", "Charts of"), ("days", "Compared: the last")):
        choices = []
        for value, text in TrendsForm.base_fields[name].choices:  # type: ignore[attr-defined]
            other = options._replace(**cast(Any, {name: int(value) if name == "days" else value}))
            choices.append(
                {"label": text, "address": request.path + other.query, "chosen": other == options}
            )
        switches.append((label, choices, errors.get(name, [])))
    figures = revision.once(
        lambda: render_to_string("digest/_figures.html", {"figures": _figures(revision, options)}),
        *("figures", *options),
    )
    found = days_with(EVERY, tomorrow())
    context = {"figures": figures, "switches": switches, "found": found}
    return render(request, "digest/trends.html", context)


@open_to_sites
@require_safe
def trends_file(request: HttpRequest, table: str) -> HttpResponse:
    """The table of a chart, as CSV."""
    if table not in TABLES:
        raise Http404
    options, errors = _options(request.GET)
    unknown = {one: ["There is no such parameter."] for one in unknown_in(request, PARAMETERS)}
    if wrong := [f"{one}: {text}" for one, texts in (unknown | errors).items() for text in texts]:
        return HttpResponse("\n".join([*wrong, ""]), status=400, content_type="text/plain")
    return _file(_table(Revision(), table, options), f"trends-{table}")


@open_to_sites
@require_safe
def author_file(request: HttpRequest, slug: str) -> HttpResponse:
    """How many papers an author has in each month, as CSV."""
    return _file(author_months(get_object_or_404(Author, slug=slug)), "papers-by-month")


@open_to_sites
@require_safe
def category_file(request: HttpRequest, slug: str) -> HttpResponse:
    """How many papers a category has in each month, as CSV."""
    return _file(category_months(get_object_or_404(Category, slug=slug)), "papers-by-month")


def _file(table: Table, stem: str) -> HttpResponse:
    response = HttpResponse(table.csv(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{stem}.csv"'
    return response
