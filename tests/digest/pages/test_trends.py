"""The page of trends, its files, and the months of authors and categories."""

import csv
import io
import re
from datetime import date, timedelta
from html import unescape
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from digest.catalogue.load import load
from digest.models import Author, Category
from digest.pages import charts
from digest.pages.charts import Cell, Row, Table
from digest.pages.counts import (
    TABLES,
    Options,
    author_months,
    category_months,
    periods,
)
from digest.search.filters import PaperFilter
from tests.catalogue import load_once
from tests.digest.pages.test_every_page import flat, strict, text
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def catalogue():
    """Forty papers of three months; of the last days, more are about zebras, and robots."""
    old = [
        row(n, title=f"Gradient descent {n}", date=f"2024-{11 + n % 2}-{n % 27 + 1:02}")
        for n in range(30)
    ]
    new = [
        row(
            100 + n,
            title=f"Zebra {n}",
            date=f"2025-02-{n % 3 + 4:02}",
            classification=["Robotics"],
            github_urls=[],
        )
        for n in range(10)
    ]
    load_once((digest(*old, *new), "a.json"))


def rows(response):
    content = b"".join(response) if response.streaming else response.content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


# What is counted


def test_periods_are_months_or_years():
    first, last = date(2023, 11, 30), date(2024, 2, 1)
    assert [each.key for each in periods(first, last)] == [
        *("2023-11", "2023-12", "2024-01", "2024-02")
    ]
    shown = periods(date(1999, 5, 5), last, "12")
    assert (shown[0].key, len(shown)) == ("2023-03", 12)
    assert (shown[-1].first, shown[-1].last) == (date(2024, 2, 1), date(2024, 2, 29))
    assert [each.label for each in periods(date(2020, 12, 31), last)] == [
        *("2020", "2021", "2022", "2023", "2024")
    ]
    assert [each.key for each in periods(last, last)] == ["2024-02"]


def test_each_number_is_what_its_link_finds(catalogue):
    """Of every table, for every choice: nothing but these papers, and all of them."""
    options = [Options("12", 7), Options("all", 30)]
    seen = set()
    for name, make in TABLES.items():
        for table in map(make, options):
            for line in table.rows:
                for column, cell in enumerate(line.cells):
                    if not cell.address:
                        continue
                    path, _, query = cell.address.partition("?")
                    assert path == "/papers/"
                    found = PaperFilter(QueryDict(query)).qs.count
                    if name == "links":
                        span = QueryDict(query, mutable=True)
                        del span["has"]
                        found /= PaperFilter(span).qs.count
                    elif name in ("categories", "words") and column < 2:
                        continue  # a share of the number two columns on, which has the same link
                    assert found == cell.value, (name, line.label, cell)
                    seen.add(name)
    assert seen == TABLES.keys()


def test_tables(catalogue):
    areas = TABLES["areas"](Options())
    assert areas.columns[:2] == ["Month", "All papers"]
    assert [(line.key, line.cells[0].value, line.so_far) for line in areas.rows] == [
        *(("2024-11", 15, False), ("2024-12", 15, False), ("2025-01", 0, False)),
        ("2025-02", 10, True),
    ]
    (rising,) = TABLES["categories"](Options(days=7)).rows
    assert (rising.label, [cell.text for cell in rising.cells[:4]]) == (
        "Robotics",
        ["100 %", "0 %", "10", "0"],
    )
    (word,) = TABLES["words"](Options(days=7)).rows
    assert (word.label, word.cells[0].address) == (
        "zebra",
        "/papers/?q=zebra&date_from=2025-01-31&date_to=2025-02-06",
    )
    links = TABLES["links"](Options())
    assert links.columns[1:3] == ["With code", "With a model"]
    assert [line.cells[0].text for line in links.rows] == ["100 %", "100 %", "0 %", "0 %"]
    days = TABLES["days"](Options())
    assert sum(line.cells[0].value for line in days.rows) == 40
    assert (days.rows[-1].key, days.rows[-1].label) == ("2025-02-06", "6 Feb 2025")


def test_a_share_is_of_the_papers_of_its_own_time():
    old = [row(n, date="2024-12-01") for n in range(1, 20)]
    robotics = {"classification": ["Robotics"]}
    new = [row(n, **robotics) for n in range(21, 31)]
    load(digest(*old, row(20, date="2024-12-01", **robotics), *new), "a.json")
    (rising,) = TABLES["categories"](Options()).rows
    assert [cell.text for cell in rising.cells[:4]] == ["100 %", "5.0 %", "10", "1"]
    assert [cell.value for cell in rising.cells[:2]] == [1, 0.05]


def test_a_category_of_four_papers_does_not_rise():
    old = [row(n, date="2024-12-01") for n in range(1, 41)]
    new = [row(n, classification=["Robotics"]) for n in range(41, 46)]
    load(digest(*old, *new[:4]), "a.json")
    assert TABLES["categories"](Options()).rows == []
    load(digest(new[4]), "b.json")
    assert [line.label for line in TABLES["categories"](Options()).rows] == ["Robotics"]


def test_days_before_all_are_not_compared():
    load(digest(row(1, date="2025-02-06")), "a.json")
    for name in ("categories", "words"):
        assert TABLES[name](Options()).rows == []


def test_the_months_of_an_author_and_of_a_category(catalogue):
    author = author_months(Author.objects.get(slug="ada-lovelace"))
    assert [(line.key, line.cells[0].value) for line in author.rows] == [
        *(("2024-11", 15), ("2024-12", 15), ("2025-01", 0), ("2025-02", 10))
    ]
    robots = category_months(Category.objects.get(slug="robotics"))
    assert [(line.key, line.cells[0].value) for line in robots.rows] == [("2025-02", 10)]
    area = category_months(Category.objects.get(slug="reinforcement-learning"))
    for table in (author, robots, area):
        for cell in (line.cells[0] for line in table.rows):
            if cell.address:
                found = PaperFilter(QueryDict(cell.address.partition("?")[2])).qs.count
                assert found == cell.value


# Charts


def tree(svg):
    return ElementTree.fromstring(f"<html>{svg}</html>")


NASTY = Table(
    ["M<o>nth", "A & <b>"],
    [Row("2025-01", "<Jan>", [Cell(3, "3", "/papers/?a=1&b=2")]), Row("2", '"', [Cell(0, "0")])],
)


def test_a_chart_is_a_picture_with_a_name_and_links():
    chart = tree(charts.bars(NASTY, 0, "x"))
    picture, hits = chart.find("svg").findall("g")
    assert picture.get("role") == "img"
    assert picture.find(f"*[@id='{picture.get('aria-labelledby')}']").text == "A & <b>"
    assert picture.find(f"*[@id='{picture.get('aria-describedby')}']").text == (
        'Bars from <Jan> to ". The longest: 3, in <Jan>.'
    )
    assert [link.get("href") for link in hits.findall("a")] == ["/papers/?a=1&b=2"]
    assert (hits.get("aria-hidden"), hits.find("a").get("tabindex")) == ("true", "-1")
    assert [rect.get("class") for rect in picture.findall("rect")] == ["bar", "axis"]


def test_what_is_not_over_and_what_was_before_look_different_without_colour():
    so_far = Table(["M", "A"], [Row("1", "1", [Cell(1, "1")], so_far=True)])
    assert 'class="bar so-far"' in charts.bars(so_far, 0, "x")
    both = Table(["W", "Now", "Before"], [Row("w", "w", [Cell(2, "2"), Cell(1, "1")])])
    svg = charts.pairs(both, "x", "Words")
    assert re.findall(r'class="(bar[^"]*)"[^>]*width="([^"]*)"', svg) == [
        *(("bar", "340"), ("bar before", "170"))
    ]
    assert "1 → 2" in svg


@pytest.mark.parametrize("count", [0, 1, 12, 13, 40])
def test_any_number_of_bars_fits(count):
    table = Table(["M", "A"], [Row(f"{n}", f"{n}", [Cell(n, f"{n}")]) for n in range(count)])
    for rect in tree(charts.bars(table, 0, "x")).iter("rect"):
        assert 0 <= float(rect.get("x")) <= float(rect.get("x")) + float(rect.get("width")) <= 341
        assert float(rect.get("height")) >= 0


def test_the_days_of_months_without_papers_have_a_row_too():
    found = [Row(key, key, [Cell(1, "1", "/x/")]) for key in ("2024-11-30", "2025-01-01")]
    chart = tree(charts.days(Table(["Day", "Papers"], found), "x"))
    assert [one.text for one in chart.iter("text")] == [
        *("Jan 2025", "Dec 2024", "Nov 2024", "1", "10", "20", "30")
    ]


def test_csv_runs_nothing():
    table = Table(["=A", "B"], [Row("+1", "x", [Cell(0.25, "25 %")])])
    assert table.csv() == "\ufeff\xa0=A,B\r\n\xa0+1,0.25\r\n"


# Pages and files


def test_the_page(client, catalogue):
    html = text(client.get("/trends/?days=7"))
    root = strict(html.encode())
    assert [h.text for h in root.iter("h2")] == [
        *("Papers by area", "Categories that rise", "Words that rise"),
        *("Papers with code, models and data", "Papers by day"),
    ]
    files = [a.get("href") for a in root.iter("a") if a.get("href").endswith(".csv?days=7")]
    assert files == [f"/trends/{name}.csv?days=7" for name in TABLES]
    for file in files:
        assert len(rows(client.get(file))) > 1
    # All that can be clicked in a chart is in a table as well.
    marks = {a.get("href") for a in root.iter(f"{SVG}a")}
    assert len(marks) > 20
    assert marks <= {a.get("href") for a in root.findall(".//table//a")}
    assert "3 years" in html
    assert 'aria-current="true">7 days' in html


def test_a_page_of_years_has_the_numbers_of_all(client):
    load(digest(row(1, date="2019-01-01"), row(2, date="2025-02-06")), "a.json")
    found = rows(client.get("/trends/areas.csv?months=all"))
    assert [line[:2] for line in found[:3]] == [
        *(["Year", "All papers"], ["2019", "1"], ["2020", "0"])
    ]
    assert [line[0] for line in rows(client.get("/trends/areas.csv"))[1:]][-1] == "2025-02"
    assert len(rows(client.get("/trends/areas.csv?months=36"))) == 37


def test_what_is_asked_wrongly_is_named(client, catalogue):
    html = text(client.get("/trends/?months=99&days=x"))
    errors = [flat(each) for each in re.findall(r'<p class="error">.*?</p>', html)]
    assert errors == [
        "Select a valid choice. 99 is not one of the available choices.",
        "Select a valid choice. x is not one of the available choices.",
    ]
    assert client.get("/trends/?x=1&days=7")["Location"] == "/trends/?days=7"
    response = client.get("/trends/words.csv?months=99&x=1")
    assert (response.status_code, text(response)) == (
        400,
        "x: There is no such parameter.\n"
        "months: Select a valid choice. 99 is not one of the available choices.\n",
    )
    assert client.get("/trends/nothing.csv").status_code == 404
    assert client.get("/authors/nobody/months.csv").status_code == 404
    assert client.get("/categories/nothing/months.csv").status_code == 404


def test_an_empty_catalogue(client):
    assert "<svg" not in text(client.get("/trends/"))
    for name in TABLES:
        assert len(rows(client.get(f"/trends/{name}.csv"))) == 1


def test_authors_and_categories_show_their_months(client, catalogue):
    for page in ("/authors/ada-lovelace/", "/categories/text-generation/"):
        html = text(client.get(page))
        root = strict(html.encode())
        (chart,) = root.iter(f"{SVG}svg")
        links = [a.get("href") for a in chart.iter(f"{SVG}a")]
        assert links
        assert set(links) <= {a.get("href") for a in root.findall(".//table//a")}
        (file,) = re.findall(r'href="([^"]*months\.csv)"', html)
        assert file == f"{page}months.csv"
        assert rows(client.get(unescape(file)))[0] == ["Month", "Papers"]
    # All of one month: there is nothing to compare.
    assert "<svg" not in text(client.get("/categories/robotics/"))


def test_the_queries_are_as_many_for_any_number_of_papers(client, catalogue):
    client.cookies["any"] = "value"  # so that pages are made anew
    addresses = ("/trends/", "/trends/words.csv", "/authors/ada-lovelace/months.csv")

    def queries():
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                assert client.get(address).status_code == 200
            found.append(len(asked))
        return found

    client.get("/trends/")  # reads the bitmaps of this revision
    load(digest(row(300)), "b.json")
    few = queries()
    again = queries()
    assert again[0] < few[0]  # made once for a revision
    day = date(2025, 1, 1)
    more = [
        row(500 + n, title=f"Okapi {n}", date=(day + timedelta(days=n)).isoformat())
        for n in range(50)
    ]
    load(digest(*more), "c.json")
    assert queries() == few


def test_it_is_found(client, catalogue):
    for page in ("/", "/digests/", "/categories/"):
        assert 'href="/trends/"' in text(client.get(page))
    assert "/trends/</loc>" in text(client.get("/sitemap-lists.xml"))
