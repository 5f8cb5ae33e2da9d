"""What each page answers: which rows, in which order, and what happens where there are none."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from digest.catalogue.load import load, undo
from digest.curation import decisions
from digest.models import Category, Digest, Paper, Source
from digest.search import Results
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

PAGES = ["/", "/digests/", "/papers/", "/authors/", "/categories/"]
ONE_ROW = [
    *("/digests/2025-02-06/", "/papers/2502.00001/", "/authors/ada-lovelace/"),
    "/categories/text-generation/",
]


def text(response):
    return response.content.decode()


def titles(response):
    """The titles of the cards, in order."""
    return re.findall(r"<h2 dir=\"auto\">\s*<a href=\"[^\"]+\">(.*?)</a>", text(response))


def links(response, rel):
    return re.findall(rf'<a href="([^"]+)"\s+rel="{rel}"', text(response))


def load_days(*days):
    """A digest for each of these days, with one paper more than the one before it."""
    number = 0
    for size, day in enumerate(days, start=1):
        rows = [row(number + i, date=day) for i in range(1, size + 1)]
        number += size
        load(digest(*rows), f"{day}.json")


# Digests


def test_home_is_the_newest_digest(client):
    load_days("2025-02-06", "2025-02-07")
    response = client.get("/")
    assert titles(response) == ["Paper 2", "Paper 3"]
    assert links(response, "prev") == ["/digests/2025-02-06/"] * 2  # above the papers and below
    assert links(response, "next") == []
    assert "<title>Newest digest, 7 February 2025 · Paper Digest</title>" in text(response)


def test_a_digest_has_its_papers_in_order_and_its_neighbours(client):
    load_days("2025-02-04", "2025-02-06", "2025-02-10")
    response = client.get("/digests/2025-02-06/")
    assert titles(response) == ["Paper 2", "Paper 3"]
    assert links(response, "prev") == ["/digests/2025-02-04/"] * 2
    assert links(response, "next") == ["/digests/2025-02-10/"] * 2
    assert '<span class="eyebrow">Thursday</span> 6 February 2025' in text(response)


def test_a_digest_without_papers_says_so(client):
    load(b"[]", "2025/02/06.json")
    for address in ("/", "/digests/2025-02-06/"):
        response = client.get(address)
        assert response.status_code == 200
        assert "This digest has no papers." in text(response)


def test_a_day_without_digest_leads_to_those_around_it(client):
    load_days("2025-02-04", "2025-02-10")
    response = client.get("/digests/2025-02-06/")
    assert response.status_code == 404
    assert "There is no digest for 6 February 2025." in text(response)
    assert '<a href="/digests/2025-02-04/">4 February 2025 has one</a>' in text(response)
    assert '<a href="/digests/2025-02-10/">10 February 2025 has one</a>' in text(response)


@pytest.mark.parametrize("day", ["2025-02-31", "0000-01-01", "2025-2-6", "20250206", "٢٠٢٥-٠٢-٠٦"])
def test_what_is_no_day_is_not_found(client, day):
    response = client.get(f"/digests/{day}/")
    assert response.status_code == 404
    assert "There is no page at this address." in text(response)


# The archive


def months(response):
    """The months in order, each with its digests' addresses and what stands in its missed days."""
    found = []
    for table in text(response).split('<table class="month">')[1:]:
        name = re.search(r"<b>(\w+)<span class=\"hidden\"> (\d+)</span>", table)
        days = re.findall(r'<a href="/digests/([^"]+)/">', table)
        missed = re.findall(r'<td class="day missed">(\d+)</td>', table)
        found.append((f"{name[1]} {name[2]}", days, missed))
    return found


def test_a_digest_of_a_far_year_adds_that_year_alone(client):
    load(digest(row(1), row(2, date="1990-01-01"), row(3, date="2199-12-31")), "a.json")
    response = client.get("/digests/")
    assert [year.number for year in response.context["years"]] == [2025, 1990]
    for path in ("/", "/papers/", "/papers/?q=date:..1990", "/digests/1990-01-01/"):
        assert client.get(path).status_code == 200


@pytest.mark.databases
def test_a_digest_dated_ahead_is_there_and_is_not_the_newest(client):
    load(digest(row(1), row(2, date="2025-02-07")), "a.json")
    report = load(digest(row(3, date="2199-12-31")), "b.json")
    assert [(problem.line, problem.reason) for problem in report.problems] == [
        (1, "the digest is dated 2199-12-31, which is after tomorrow")
    ]
    front = client.get("/").context
    assert (front["digest"].date, front["after"]) == (date(2025, 2, 7), None)
    response = client.get("/digests/")
    assert [month.first for year in response.context["years"] for month in year.months] == [
        date(2025, 2, 1)
    ]
    assert 'href="/digests/2199-12-31/"' in text(response)
    assert client.get("/digests/2199-12-31/").context["before"].date == date(2025, 2, 7)
    for address in ("/digests.atom", "/papers.atom", "/sitemap-lists.xml", "/sitemap-papers-0.xml"):
        response = client.get(address)
        assert "2199-" not in re.sub("<(id|link)[^>]*>[^<]*", "", text(response)), address
    for feed in ("/digests.atom", "/papers.atom"):
        assert "Paper 3" not in text(client.get(feed))
    listed = client.get("/papers/?order=newest&q=paper").context["papers"]
    for papers in (client.get("/papers/").context["papers"], listed):
        assert [paper.title for paper in papers] == ["Paper 2", "Paper 1", "Paper 3"]
    assert client.get("/papers/2502.00003/").status_code == 200
    found = client.get("/papers/?q=date:2199").context["papers"]
    assert [paper.title for paper in found] == ["Paper 3"]
    # Until nothing else has come out.
    for source in Source.objects.filter(digests__date__lt=date(2100, 1, 1)).distinct():
        undo(source)
    assert client.get("/").context["digest"].date == date(2199, 12, 31)
    assert 'href="/digests/2199-12-31/"' in text(client.get("/digests/"))


@pytest.mark.databases
@pytest.mark.parametrize(("days", "ahead"), [(0, False), (1, False), (2, True)])
def test_tomorrow_is_already_somewhere(client, monkeypatch, days, ahead):
    now = datetime(2026, 1, 1, 23, 59, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    day = now.date() + timedelta(days)
    load(digest(row(1), row(2, date=day.isoformat())), "a.json")
    assert Digest.objects.ahead().exists() is ahead
    assert (client.get("/").context["digest"].date != day) is ahead
    assert (client.get("/papers/").context["papers"][0].date != day) is ahead
    assert ("Paper 2" not in text(client.get("/papers.atom"))) is ahead


def test_the_archive_is_a_calendar_newest_month_first(client):
    load_days("2024-11-28", "2025-01-02", "2025-01-06", "2025-01-07")
    response = client.get("/digests/")
    weekdays = [str(day) for day in range(2, 32) if date(2024, 12, day).weekday() < 5]
    assert months(response) == [
        ("January 2025", ["2025-01-02", "2025-01-06", "2025-01-07"], ["1", "3"]),
        ("December 2024", [], weekdays),
        ("November 2024", ["2024-11-28"], ["29"]),
    ]
    assert re.findall(r'<a href="(#y\d+)">', text(response)) == ["#y2025", "#y2024"]
    assert re.findall(r'<h2 id="y(\d+)"', text(response)) == ["2025", "2024"]
    assert "<b>3</b> digests, <b>9</b> papers" in text(response)
    assert "3 digests, 9 papers</span>" in text(response)


def test_the_weeks_of_the_archive_begin_on_monday(client):
    load_days("2025-02-06")
    week = re.findall(r"<tr>(.*?)</tr>", text(client.get("/digests/")), re.DOTALL)[1]
    cells = re.findall(r"<td[^>]*>(?:<a [^>]*><b>)?(\d*)", week)
    assert cells == ["", "", "", "", "", "1", "2"]


def test_one_year_needs_no_navigation(client):
    load_days("2025-02-06")
    assert 'aria-label="Years"' not in text(client.get("/digests/"))


def test_a_fuller_day_has_a_darker_shade(client):
    load(digest(*(row(n) for n in range(1, 41))), "a.json")
    load(digest(row(41, date="2025-02-07")), "b.json")
    assert re.findall(r'<td class="shade-(\d)">', text(client.get("/digests/"))) == ["4", "1"]


# Papers


def test_papers_are_newest_first_25_a_page(client):
    load(digest(*(row(n) for n in range(1, 27))), "a.json")
    load(digest(row(27, date="2025-02-07")), "b.json")
    first, second = client.get("/papers/"), client.get("/papers/?page=2")
    assert titles(first) == [f"Paper {n}" for n in [27, *range(1, 25)]]
    assert titles(second) == ["Paper 25", "Paper 26"]
    assert links(first, "next") == ["?page=2"]
    assert links(first, "prev") == []
    assert links(second, "next") == []
    assert links(second, "prev") == ["?page=1"]
    assert "<title>Papers, page 2 · Paper Digest</title>" in text(second)


def test_the_pager_names_the_ends_and_the_neighbourhood(client):
    load(digest(*(row(n) for n in range(1, 25 * 10 + 2))), "a.json")
    pager = text(client.get("/papers/?page=6")).partition('aria-label="Pages"')[2]
    addresses = re.findall(r'href="\?page=(\d+)"', pager)
    assert addresses == ["1", "5", "1", "4", "5", "6", "7", "8", "11", "7", "11"]
    assert pager.count("…") == 2


def test_one_page_needs_no_pager(client):
    load(digest(*(row(n) for n in range(1, 26))), "a.json")
    assert 'aria-label="Pages"' not in text(client.get("/papers/"))


@pytest.mark.parametrize("page", ["0", "3", "-1", "1.5", "last", "", "9" * 5000, "<b>"])
@pytest.mark.parametrize(
    "address", ["/papers/", "/authors/ada-lovelace/", "/categories/text-generation/"]
)
def test_a_page_that_is_not_there_leads_to_those_that_are(client, address, page):
    load(digest(*(row(n) for n in range(1, 27))), "a.json")
    response = client.get(address, {"page": page})
    assert response.status_code == 404
    assert "of this list: it has 2." in text(response)
    assert f'<a href="{address}">The first page</a>' in text(response)
    assert f'<a href="{address}?page=2">The last page</a>' in text(response)
    assert "<b>" not in text(response)


def test_the_only_page_is_named_once(client):
    load(digest(row()), "a.json")
    response = client.get("/papers/?page=2")
    assert "There is no page 2 of this list: it has one page." in text(response)
    assert "The last page" not in text(response)


def test_a_paper_has_neighbours_in_its_first_digest(client):
    load(digest(row(1), row(2), row(3)), "a.json")
    load(digest(row(2, date="2025-02-07"), row(4, date="2025-02-07")), "b.json")
    response = client.get("/papers/2502.00002/")
    assert links(response, "prev") == ["/papers/2502.00001/"]
    assert links(response, "next") == ["/papers/2502.00003/"]
    alone = client.get("/papers/2502.00004/")
    assert (links(alone, "prev"), links(alone, "next")) == (["/papers/2502.00002/"], [])


@pytest.mark.parametrize(
    ("asked", "paper"),
    [
        ("2502.00001v2", "2502.00001"),
        ("hep-th/9901001v3", "hep-th/9901001"),
        ("HEP-TH/9901001", "hep-th/9901001"),
        ("math.GT/0309136", "math/0309136"),
    ],
)
def test_another_spelling_of_an_arxiv_id_leads_to_the_paper(client, asked, paper):
    response = client.get(f"/papers/{asked}/")
    assert (response.status_code, response.url) == (301, f"/papers/{paper}/")


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({"link": "https://arxiv.org/abs/hep-th/9901001"}, "/papers/hep-th/9901001/"),
        ({"link": "https://example.org/a"}, "/papers/example-org-a-94584207f8/"),
        ({"link": "", "title": "深層学習"}, "/papers/%E6%B7%B1%E5%B1%A4%E5%AD%A6%E7%BF%92-"),
    ],
)
def test_every_slug_has_an_address(client, fields, address):
    load(digest(row(1, **fields)), "a.json")
    paper = Paper.objects.get()
    assert paper.get_absolute_url().startswith(address)
    assert client.get(paper.get_absolute_url()).status_code == 200


def test_an_unknown_arxiv_id_leads_to_arxiv(client):
    response = client.get("/papers/2502.99999/")
    assert response.status_code == 404
    assert "No digest here has a paper “2502.99999”." in text(response)
    assert '<a href="https://arxiv.org/abs/2502.99999">' in text(response)


def test_other_unknown_papers_are_not_found(client):
    response = client.get("/papers/no-such-paper/")
    assert response.status_code == 404
    assert "arxiv.org" not in text(response)


# Authors and categories


def test_an_author_has_the_names_that_stand_for_them(client, curator):
    load(digest(row(1)), "a.json")
    assert "Also printed as" not in client.get("/authors/ada-lovelace/").content.decode()
    decisions.merge_authors("A. Lovelace", "Lovelace", curator)
    decisions.merge_authors("Lovelace", "Ada Lovelace", curator)
    page = client.get("/authors/ada-lovelace/").content.decode()
    (line,) = [line.strip() for line in page.splitlines() if "Also printed as" in line]
    assert line == "Also printed as <bdi>A. Lovelace</bdi>, <bdi>Lovelace</bdi>."


def test_authors_of_a_letter_are_sorted_as_people_sort(client, django_assert_num_queries):
    names = ["Zoe", "Álvaro", "alan", "Ágnes", "Azul", "李白"]
    load(digest(row(1, authors=", ".join(names[:5])), row(2, authors="李白")), "a.json")
    for letter, found in (("a", ["Ágnes", "alan", "Álvaro", "Azul"]), ("%23", ["李白"]), ("b", [])):
        with django_assert_num_queries(3 if found else 2):  # the revision, the count, the names
            page = client.get(f"/authors/?letter={letter}")
        assert re.findall(r"<bdi>(.*?)</bdi></a>\s*<span class=\"count\"", page.text) == found
    assert client.get("/authors/?letter=A").status_code == 200
    page = client.get("/authors/?letter=zz")
    assert page.status_code == 404
    assert "by the letters a to z" in text(page)


def test_authors_have_most_papers_first(client):
    load(digest(row(1, authors="Zoe Last, Ada First"), row(2, authors="Zoe Last")), "a.json")
    names = re.findall(
        r"<bdi>(.*?)</bdi></a>\s*<span class=\"count\">(\d+)", text(client.get("/authors/"))
    )
    assert names == [("Zoe Last", "2"), ("Ada First", "1")]


@pytest.mark.databases
def test_authors_are_120_a_page(client):
    names = [f"Name {n:03}" for n in range(121)]
    rows = [row(n, authors=", ".join(names[n * 20 : n * 20 + 20])) for n in range(7)]
    load(digest(*rows), "a.json")
    second = client.get("/authors/?page=2")
    assert re.findall(r"<bdi>(.*?)</bdi>", text(second)) == ["Name 120"]
    assert client.get("/authors/?page=3").status_code == 404


def test_an_author_has_their_papers(client):
    rows = [row(1, authors="Ada Lovelace"), row(2, authors="Alan Turing"), row(3)]
    load(digest(*rows), "a.json")
    assert titles(client.get("/authors/ada-lovelace/")) == ["Paper 1", "Paper 3"]


def test_a_category_has_its_papers_and_an_area_those_of_its_categories(client):
    load(
        digest(
            row(1, classification=["Text Generation"]),
            row(2, classification=["Summarization", "Text Generation"]),
            row(3, classification=["Natural Language Processing"]),
            row(4, classification=["Robotics"]),
        ),
        "a.json",
    )
    area = client.get("/categories/natural-language-processing/")
    assert titles(area) == ["Paper 1", "Paper 2", "Paper 3"]
    assert titles(client.get("/categories/text-generation/")) == ["Paper 1", "Paper 2"]
    assert '<a href="/categories/summarization/"><bdi>Summarization</bdi></a>' in text(area)


@pytest.mark.databases
def test_a_large_category_has_the_same_papers(client):
    """The catalogue looks in another way for the papers of a category that has many."""
    rows = [
        row(n, classification=["Summarization", "Text Generation"][: 1 + n % 2]) for n in (1, 2)
    ]
    load(digest(*rows, row(3, classification=["Robotics"])), "a.json")
    Category.objects.update(paper_count=5000)
    assert titles(client.get("/categories/natural-language-processing/")) == ["Paper 1", "Paper 2"]
    assert titles(client.get("/categories/text-generation/")) == ["Paper 1"]


def test_categories_stand_under_their_areas(client):
    load(
        digest(
            row(1, classification=["Robotics", "Odd"]),
            row(2, classification=["Summarization", "Text Generation"]),
            row(3, classification=["Text Generation"]),
        ),
        "a.json",
    )
    page = text(client.get("/categories/")).partition('<div class="areas">')[2]
    found = re.findall(
        r'(?:<bdi>|/">|without-area">)([A-Z][\w ]+)(?:</bdi>)?'
        r'(?:</a>\s*<span class="count">(\d+))?',
        page.partition("</main>")[0],
    )
    assert found == [
        ("Natural Language Processing", "2"),
        ("Text Generation", "2"),
        ("Summarization", "1"),
        ("Reinforcement Learning", "1"),
        ("Robotics", "1"),
        ("Without an area", ""),
        ("Odd", "1"),
    ]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/authors/nobody/", "No paper here has an author nobody."),
        ("/categories/nothing/", "No paper here has a category nothing."),
        ("/nowhere/", "There is no page at this address."),
        ("/papers/a/b/c/", "There is no page at this address."),
    ],
)
def test_what_is_not_there_is_said(client, address, message):
    response = client.get(address)
    assert response.status_code == 404
    assert message in text(response)


# Every page


@pytest.mark.parametrize("address", PAGES)
def test_an_empty_catalogue_says_how_to_load_a_digest(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert "<code>python manage.py load_digest PATH</code>" in text(response)


@pytest.mark.parametrize("address", [*PAGES, *ONE_ROW])
def test_pages_are_only_read(client, address):
    load(digest(row()), "a.json")
    for method in ("post", "put", "patch", "delete", "options"):
        assert getattr(client, method)(address).status_code == 405
    head = client.head(address)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("address", [*PAGES, *ONE_ROW])
def test_an_unchanged_page_is_not_sent_again(client, address):
    load(digest(row()), "a.json")
    etag = client.get(address)["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    load(digest(row(2)), "b.json")
    changed = client.get(address, headers={"If-None-Match": etag})
    assert changed.status_code == 200


def test_pages_are_the_same_for_all_visitors(client):
    """Only who is logged in, which a cookie says, sees another: caches may keep the visitors'."""
    load(digest(row()), "a.json")
    for address in [*PAGES, *ONE_ROW]:
        response = client.get(address)
        assert not response.has_header("Set-Cookie")
        assert "Cookie" in response["Vary"]


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/", 19),
        ("/digests/2025-02-06/", 16),
        ("/digests/", 3),
        ("/papers/", 12),
        ("/papers/?q=paper&category=text-generation&has=code&author=ada-lovelace", 16),
        ("/papers/?q=nothing+nowhere", 12),
        ("/authors/", 3),
        ("/authors/ada-lovelace/", 9),
        ("/categories/", 2),
        ("/categories/text-generation/", 10),
        ("/categories/natural-language-processing/", 10),
    ],
)
@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.slow
def test_queries(client, django_assert_num_queries, address, queries, rows):
    """One number, whether a page shows one paper, author, category, digest, or thirty of each.

    The first is for the revision of the catalogue: a page that was made before costs no other.
    """
    load_of_each(rows)
    queries += rows == 1 and "q=paper" in address  # what is close is looked for
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(("rows", "queries"), [(1, 17), (2, 23), (30, 23)])
def test_queries_of_a_paper(client, django_assert_num_queries, rows, queries):
    """The same for a paper, five of them to show related papers, where there are any."""
    load_of_each(rows)
    with django_assert_num_queries(queries):
        assert client.get("/papers/2502.00001/").status_code == 200


def load_of_each(rows):
    """So many papers, authors, categories, links and digests of each of them."""
    categories = ["Text Generation", *(f"Category {n}" for n in range(rows - 1))]
    authors = ", ".join(["Ada Lovelace", *(f"Name {n}" for n in range(rows - 1))])
    urls = [f"https://github.com/lab/{n}" for n in range(rows)]
    said = {"authors": authors, "classification": categories, "github_urls": urls}
    everything = [row(n, **said) for n in range(1, rows + 1)]
    days = [str(date(2025, 2, 6) + timedelta(n)) for n in range(1, rows)]
    again = [row(1, date=day, title=f"Otherwise on {day}") for day in days]
    newest = [{**each, "date": "2025-06-02"} for each in everything]
    load(digest(*everything, *again, *newest), "a.json")
    Results().facets()  # what has to be read once for each revision, is


def test_names_of_addresses():
    assert [reverse(name) for name in ("home", "digests", "papers", "authors", "categories")] == [
        "/",
        "/digests/",
        "/papers/",
        "/authors/",
        "/categories/",
    ]
    assert reverse("digest", args=[date(2025, 2, 6)]) == "/digests/2025-02-06/"
    assert reverse("paper", args=["hep-th/9901001"]) == "/papers/hep-th/9901001/"
    assert reverse("author", args=["ada-lovelace"]) == "/authors/ada-lovelace/"
    assert reverse("category", args=["robotics"]) == "/categories/robotics/"
