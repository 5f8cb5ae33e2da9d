"""Lists that change while a program turns their pages: nothing that stays is left out, and nothing
is told twice but what changed."""

import pytest

from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Author, Catalogue, Category, Link, Paper
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

SIZE = 3


def hide(*slugs):
    papers = Paper.objects.filter(slug__in=slugs)
    decisions.correct_all(lambda: [(paper, "hidden", True) for paper in papers], None)


def merge(one, into):
    found = Paper.objects.in_bulk([one, into], field_name="slug")
    decisions.merge_papers(found[one], found[into], None)


def merge_ahead(one):
    """Merge a paper into the last of its day, which takes its place."""
    if found := Paper.objects.visible().filter(slug=one).first():
        last = Paper.objects.visible().filter(date=found.date).latest("position").slug
        if last != one:
            merge(one, last)


@pytest.fixture
def many():
    """Four days of eight papers each."""
    load_once((digest(*(row(n, date=f"2025-02-1{n // 8}") for n in range(32))), "many.json"))


def pages(client, address, between):
    """The ids on all pages. between: what is done after each page, given what it had."""
    found = []
    address = f"{address}{'&' if '?' in address else '?'}page_size={SIZE}"
    while address:
        said = client.get(address).json()
        some = [one.get("id") or one.get("date") or one.get("url") for one in said["results"]]
        found += some
        between(len(found), some)
        address = said["next"]
    return found


CHANGES = [
    lambda some: hide(some[-1]),  # by which the place is known
    lambda some: hide(some[0]),
    lambda some: load(digest(row(90, date="2025-02-20"), row(91, date="2025-02-11")), "more.json"),
    lambda some: len(some) > 1 and merge(some[0], some[-1]),
    lambda some: merge_ahead(some[0]),
    lambda some: hide("2502.00002", "2502.00016", "2502.00017"),
    lambda some: hide(*some),
]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        # Each run makes all of the changes; another first one makes them at other pages.
        # Three of them ask PostgreSQL all there is to ask.
        pytest.param(
            *(query, first),
            marks=[pytest.mark.sqlite] * (first > 2) if (n + first) % 2 else pytest.mark.thorough,
        )
        for n, query in enumerate(["", "?q=point&ordering=best"])
        for first in range(len(CHANGES))
    ],
)
@pytest.mark.slow
def test_papers(client, many, query, first):
    before = {*Paper.objects.visible().values_list("slug", flat=True)}
    began = Catalogue.current().changed_at
    found = pages(
        client,
        f"/api/v1/papers/{query}",
        lambda n, some: some and CHANGES[(first + n // SIZE) % len(CHANGES)](some),
    )
    stayed = before & {*Paper.objects.visible().values_list("slug", flat=True)}
    if not query:
        changed = Paper.objects.filter(changed_at__gt=began).values_list("slug", flat=True)
        assert {one for one in found if found.count(one) > 1} <= {*changed}
    assert stayed <= {*found}
    assert len(stayed) >= 5


def test_a_paper_that_takes_the_place_of_another_is_told(client, many):
    def between(n, some):
        if n == SIZE:
            merge_ahead(some[0])

    found = pages(client, "/api/v1/papers/", between)
    whole = found[: 32 - 1]
    # Once more: what moved within its day, after the oldest paper of all.
    assert [one[-5:] for one in whole[-2:]] == ["00006", "00007"], whole
    assert "2502.00031" in found[32 - 1 :]
    assert {*Paper.objects.visible().values_list("slug", flat=True)} <= {*found}


def test_nothing_comes_again_where_nothing_changed(client, many):
    found = pages(client, "/api/v1/papers/", lambda *_: None)
    assert len(found) == len({*found}) == 32


@pytest.mark.parametrize("kind", ["authors", "categories"])
def test_an_order_that_the_catalogue_changed_begins_again(client, many, kind):
    load(digest(row(90, authors="Grace Hopper", categories="Robotics")), "one.json")
    address = f"/api/v1/{kind}/?ordering=-paper_count&page_size=1"
    # Whoever has more papers now comes first, and would be on none of the pages that are left.
    following = client.get(address).json()["next"]
    assert client.get(following).status_code == 200
    load(digest(*(row(n, authors="Grace Hopper") for n in range(91, 95))), "two.json")
    said = client.get(following)
    assert (said.status_code, said["Content-Type"]) == (410, "application/problem+json")
    assert said.json()["detail"].startswith("The catalogue changed")
    assert client.get(address).status_code == 200


ROWS = {
    "authors/?ordering=name": (Author, "slug"),
    "categories/?ordering=name": (Category, "slug"),
    "links/": (Link, "url"),
}


@pytest.mark.parametrize("address", ROWS)
def test_other_lists(client, many, address):
    load(digest(*(row(n, authors=f"Author {n}", categories=f"C {n}") for n in range(60, 72))), "b")
    model, name = ROWS[address]
    before = {*model.objects.values_list(name, flat=True)}
    seen = []

    def between(n, some):
        seen.append(n)
        if len(seen) == 1:
            hide("2502.00060")
        elif len(seen) == 2:
            load(digest(row(80, authors="Aa"), row(61, date="2025-02-01")), "c")

    found = pages(client, f"/api/v1/{address}", between)
    assert before & {*model.objects.values_list(name, flat=True)} <= {*found}
    assert len(found) == len({*found})


@pytest.mark.parametrize("ordering", ["date", "-date"])
def test_digests(client, many, ordering):
    def between(n, some):
        load(digest(row(200 + n, date="2025-02-09"), row(100 + n, date="2025-02-21")), f"{n}")

    found = pages(client, f"/api/v1/digests/?ordering={ordering}", between)
    assert {f"2025-02-1{n}" for n in range(4)} <= {*found}
    assert len(found) == len({*found})
