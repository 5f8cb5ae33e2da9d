"""Addresses of lists as they are saved: one form for each, and many looked up together."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from digest.catalogue.load import load
from digest.models import Author, Stream
from digest.search import parse
from digest.search.addresses import normalized, normalized_text, queries
from digest.search.filters import PaperFilter
from digest.search.nodes import NOTHING
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue():
    load(
        digest(row(1), row(2, classification=["Robotics"], authors="Grace Hopper, 山田太郎")),
        "2025-02-06.json",
    )


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ("q=+robot+&page=3&order=newest", "q=robot"),
        ("?category=robotics&q=robot", "category=robotics&q=robot"),
        ("category=robotics&category=text-generation",) * 2,
        ("author=grace-hopper&author=ada-lovelace", "author=ada-lovelace&author=grace-hopper"),
        ("has=model&has=code&has=code", "has=code&has=model"),
        ("date_from=2025-02-06&match=all&has=code&q=", "date_from=2025-02-06&has=code"),
        ("match=any&category=robotics", "category=robotics&match=any"),
        ("digest=2025-02-06&stream=daily", "digest=2025-02-06&stream=daily"),
        ("exact=1&q=robto", "exact=1&q=robto"),
        ("", ""),
        ("match=any&exact=1&page=2", ""),
        ("q=%00%0a", ""),
    ],
)
def test_each_list_has_one_form(given, saved):
    assert normalized_text(given) == saved
    assert normalized_text(saved) == saved


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ("autor=x", "autor"),
        ("category=nothing", "category"),
        ("date_from=soon", "date_from"),
    ],
)
def test_what_cannot_be_read_is_said(given, parameter):
    with pytest.raises(ValidationError) as error:
        normalized_text(given)
    assert error.value.message_dict.keys() == {parameter}


def test_a_corrected_search_is_saved_as_it_was_read():
    found = PaperFilter(QueryDict("q=lovelcae"), correct=True)
    assert found.query.typed == "lovelcae"
    assert normalized(found) == "q=lovelace"


ADDRESSES = (
    *("q=first+-second", "author=grace-hopper", "category=robotics&q=hopper", "has=code"),
    *("category=robotics&category=text-generation&match=any", "not_category=robotics"),
    *(
        "date_from=2025-02-01&date_to=2025-02-28",
        "stream=daily&digest=2025-02-06",
    ),
    *("q=category%3Arobotics+date%3A2025", "q=2502.00001"),
)


def test_many_ask_for_what_each_page_has():
    for address, query in queries(ADDRESSES).items():
        page = PaperFilter(QueryDict(address))
        assert page.errors_by_field == {}
        assert query.node == page.query.node, address


def test_many_take_as_many_queries_as_few():
    counts = []
    for some in (ADDRESSES[:3], [*ADDRESSES, *(f"author=grace-hopper&q={n}" for n in range(50))]):
        with CaptureQueriesContext(connection) as captured:
            queries([address for address in some if "q=2502" not in address])
        counts.append(len(captured))
    few, many = counts
    assert many <= few + 2  # streams, and categories that a query names


def test_what_is_gone_has_no_papers():
    assert Author.objects.filter(slug="grace-hopper").exists()
    gone = queries(["author=nobody", "category=nothing&q=robot", "stream=none"])
    assert {query.node.nodes for query in gone.values()} == {(NOTHING,)}
    assert not Stream.objects.filter(slug="none").exists()


def test_a_word_that_no_paper_has_yet_is_no_beginning():
    assert parse("transf").node != queries(["q=transf"])["q=transf"].node
