"""Nobody computes while others wait: what is done within a transaction does not grow with what is
read, compared or rendered before it. To count statements and calls tells without a clock."""

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.library import Library
from accounts.models import User
from digest.catalogue.load import load
from digest.curation import link_health
from digest.curation.http_check import Answer, LinkOutcome
from digest.models import Paper, SearchText
from tests import holds
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

TITLE = "Scaling Models by Looking Twice at Everything"


@pytest.fixture
def catalogue():
    """catalogue(n) has n papers more, of a day of its own, two of which look like one."""
    days = iter(range(1, 9))

    def add(papers):
        day = next(days)
        rows = [
            row(day * 1000 + n, title=f"Unlike {day * 1000 + n}", date=f"2025-02-{day:02}")
            for n in range(papers - 2)
        ]
        rows += [
            row(day * 1000 + 998, title=f"{'ABCDEFGH'[day]} {TITLE * day}", authors=""),
            row(
                link=f"https://lab.org/{day}", title=f"{'ABCDEFGH'[day]} {TITLE * day}", authors=""
            ),
        ]
        load(digest(*rows), f"{day}.json")

    return add


def newest():
    return Paper.objects.order_by("-pk").first()


def find_duplicates(owner, size):
    call_command("find_duplicates")


def compare_the_index(owner, size):
    call_command("check_search_index", dry_run=True)


def mend_the_index(owner, size):
    SearchText.objects.filter(paper=newest()).update(title="something else")
    call_command("check_search_index")


def look_for_what_is_odd(owner, size):
    call_command("doctor")


def look_for_links(owner, size):
    link_health.due()


def mark_a_link(owner, size):
    link_health.write({newest().url: Answer(LinkOutcome.GONE, 404, "Not Found")})


def star(owner, size):
    client = Client()
    client.force_login(owner)
    client.post("/library/mark/", {"paper": newest().slug, "do": "add"})


def write_a_note(owner, size):
    Library(owner).notes.save(newest(), "**a** $x_1^2$\n\n" * size, 0)


def put_into_a_list(owner, size):
    lists = Library(owner).lists
    lists.open(lists.create(f"List of {newest().pk}").slug).add([newest().pk])


ALL = [
    *(find_duplicates, compare_the_index, mend_the_index, look_for_what_is_odd, look_for_links),
    *(mark_a_link, star, write_a_note, put_into_a_list),
]


@pytest.mark.parametrize("work", ALL, ids=lambda work: work.__name__)
@pytest.mark.slow
def test_what_is_held_does_not_grow(catalogue, work):
    owner = User.objects.create_user("owner")
    found = []
    for size in (5, 5, 40):
        catalogue(size)
        with holds.watch(count_calls=True) as held:
            work(owner, size)
        found.append([(hold.statements, hold.calls) for hold in held])
    _, few, many = found  # the first finds nothing ready
    assert few == many
