"""Lists that change while a program turns their pages: nothing that stays is left out or told
twice."""

import pytest

from digest import curation
from digest.ingest import load
from digest.models import Paper
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

SIZE = 3


def hide(*slugs):
    papers = [(paper, True) for paper in Paper.objects.filter(slug__in=slugs)]
    curation.correct_each(papers, "hidden", None)


def merge(one, into):
    found = Paper.objects.in_bulk([one, into], field_name="slug")
    curation.merge_papers(found[one], found[into], None)


@pytest.fixture
def many():
    """Four days of eight papers each."""
    load(digest(*(row(n, date=f"2025-02-1{n // 8}") for n in range(32))), "many.json")


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
    lambda some: hide("2502.00002", "2502.00016", "2502.00017"),
    lambda some: hide(*some),
]


@pytest.mark.parametrize("first", [0, 3])
@pytest.mark.parametrize("query", ["", "?q=point&ordering=best"])
def test_papers(client, many, query, first):
    before = {*Paper.objects.visible().values_list("slug", flat=True)}
    # What is merged matches otherwise, so that it stands elsewhere among the best.
    changes = [one for n, one in enumerate(CHANGES) if n != 3 or not query]
    found = pages(
        client,
        f"/api/v1/papers/{query}",
        lambda n, some: changes[(first + n // SIZE) % len(changes)](some),
    )
    stayed = before & {*Paper.objects.visible().values_list("slug", flat=True)}
    assert len(found) == len({*found})
    assert stayed <= {*found}
    assert len(stayed) >= 10
