import pytest
from django.http import QueryDict

from digest.catalogue.load import load
from digest.pages.facets import FilterPanel
from digest.search import Results, parse
from digest.search.filters import PaperFilter
from digest.search.nodes import AllOf, AnyOf, Tag
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def papers():
    load_once(
        (
            digest(
                row(1, classification=["Robotics"], authors="Ada Lovelace"),
                row(
                    2, classification=["Text-to-Video"], authors="Ada Lovelace, A B", github_urls=[]
                ),
                row(
                    3,
                    classification=["Text-to-Video", "Robotics"],
                    date="2025-02-07",
                    authors="C D",
                ),
                row(4, classification=["Text-to-Speech"], date="2024-05-01", authors="C D"),
            ),
            "a.json",
        )
    )


def read(address):
    return PaperFilter(QueryDict(address))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("", ["03", "01", "02", "04"]),
        ("q=paper+title:2", ["02"]),
        ("category=robotics", ["03", "01"]),
        ("category=robotics&category=text-to-video", ["03"]),
        ("category=robotics&category=text-to-video&match=any", ["03", "01", "02"]),
        ("category=robotics&match=all", ["03", "01"]),
        ("area=audio", ["04"]),
        ("area=audio&area=reinforcement-learning&match=any", ["03", "01", "04"]),
        ("not_category=robotics", ["02", "04"]),
        ("not_category=robotics&not_category=text-to-video", ["04"]),
        ("author=ada-lovelace", ["01", "02"]),
        ("author=ada-lovelace&author=a-b", ["02"]),
        ("has=code", ["03", "01", "04"]),
        ("date_from=2025-02-07", ["03"]),
        ("date_to=2024-12-31", ["04"]),
        ("date_from=2025-02-01&date_to=2025-02-06", ["01", "02"]),
        ("date_from=2025-02-08&date_to=2025-02-06", []),
        ("digest=2025-02-07", ["03"]),
        ("q=lovelace&has=code&order=newest", ["01"]),
        ("unknown=1", ["03", "01", "02", "04"]),
    ],
)
def test_an_address_is_the_whole_query(address, found):
    papers = [paper.slug[-2:] for paper in read(address).qs]
    assert papers == found


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("q=lovelase", "lovelace"),
        ("q=lovelase&date_from=2025-02-07", "lovelase"),
        ("q=lovelase+title:paper", "lovelace title:paper"),
        ("q=title:lovelase", "title:lovelase"),
    ],
)
def test_a_correction_that_finds_nothing_is_none(address, text):
    filter = PaperFilter(QueryDict(address), correct=True)
    assert filter.query.text == text
    assert bool(filter.query.typed) == ("lovelace" in text)
    assert bool(filter.qs.count) == ("lovelace" in text)


def test_what_is_given_to_it_is_narrowed_further_and_stays_as_it_was():
    given = Results(parse("title:paper"), "newest")
    found = PaperFilter(QueryDict("category=robotics&order=best&q=lovelace"), given).qs
    assert [paper.slug[-2:] for paper in found] == ["01"]
    assert (found.order, given.order, given.count) == ("best", "newest", 4)


def test_both_ends_of_a_range_make_one_part_of_the_query():
    year = read("date_from=2025-01-01&date_to=2025-12-31").qs.query.node
    assert year == AllOf((AnyOf((Tag("d2025"),)),))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("category=nope", "category"),
        ("area=robotics", "area"),
        ("author=nobody", "author"),
        ("has=everything", "has"),
        ("date_from=yesterday", "date_from"),
        ("date_to=2025-02-31", "date_to"),
        ("digest=x", "digest"),
        ("match=some", "match"),
        ("order=random", "order"),
    ],
)
def test_a_bad_value_is_named_and_narrows_nothing(address, name):
    found = read(f"{address}&q=paper")
    assert list(found.errors_by_field) == [name]
    assert found.qs.count == 4


def test_chips_say_what_is_chosen_and_lead_to_the_list_without_it():
    panel = FilterPanel(
        read(
            "q=paper&category=robotics&category=text-to-video&match=any&has=code"
            "&not_category=text-to-speech&date_from=2024-01-01&page=3"
        )
    )
    chips = [(chip.label, chip.address) for chip in panel.chips()]
    rest = "&match=any&has=code&not_category=text-to-speech&date_from=2024-01-01"
    assert chips[:3] == [
        ("“paper”", f"?category=robotics&category=text-to-video{rest}"),
        ("Robotics", f"?q=paper&category=text-to-video{rest}"),
        ("Text-to-Video", f"?q=paper&category=robotics{rest}"),
    ]
    assert [label for label, _ in chips[3:]] == [
        "excluding Text-to-Speech",
        "has code",
        "From 1 January 2024",
    ]


def test_facets_count_what_is_left_under_the_query():
    facets = {
        facet.name: [(option.label, option.papers) for option in facet.options]
        for facet in FilterPanel(read("q=paper&has=code")).facets
    }
    assert sorted(facets.pop("Area")) == [
        ("Audio", 1),
        ("Computer Vision", 1),
        ("Reinforcement Learning", 2),
    ]
    assert sorted(facets.pop("Category")) == [
        ("Robotics", 2),
        ("Text-to-Speech", 1),
        ("Text-to-Video", 1),
    ]
    assert sorted(facets.pop("Author")) == [("Ada Lovelace", 1), ("C D", 2)]
    assert facets == {"With": [("code", 3)], "Year": [("2025", 2), ("2024", 1)]}


def test_an_option_keeps_what_is_chosen_and_begins_on_the_first_page():
    (facet,) = [f for f in FilterPanel(read("q=paper&page=2")).facets if f.name == "With"]
    assert facet.options[0].address == "?q=paper&has=code"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("has=model&q=a%26b%00%2500", "?has=model&has=code&q=a%26b+%2500"),
        ("q=%E5%A4%A7&has=model", "?q=%E5%A4%A7&has=model&has=code"),
        ("q=paper", "?q=paper&has=code"),
        ("", "?has=code"),
    ],
)
def test_an_option_joins_what_its_parameter_says_already(chosen, expected):
    assert FilterPanel(read(chosen))._with("has", "code") == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "q=paper",
        "q=paper&category=robotics",
        "category=robotics&category=text-to-video",
        "category=text-to-speech&match=any",
        "category=text-to-speech&area=audio&match=any&q=-title:3",
        "category=text-to-speech&category=robotics&match=any&has=code",
        "area=audio&match=any",
        "not_category=robotics",
        "has=code",
        "author=ada-lovelace",
        "date_from=2025-02-07",
        "date_from=2025-01-01&date_to=2025-12-31",
        "digest=2025-02-06",
    ],
)
def test_a_facets_count_is_what_its_click_gives(address):
    panel = FilterPanel(read(address))
    assert panel.facets
    for facet in panel.facets:
        for option in facet.options:
            if not option.chosen:
                clicked = PaperFilter(QueryDict(option.address.partition("?")[2]))
                assert (facet.name, option.label, option.papers) == (
                    facet.name,
                    option.label,
                    clicked.qs.count,
                )


def test_facets_take_a_fixed_number_of_queries(django_assert_num_queries):
    load(digest(*(row(n, classification=["Audio"]) for n in range(10, 40))), "b.json")
    assert Results().facets().total == 34  # which brings the bitmaps up to date
    for address in ("category=robotics", "category=audio", "q=paper"):
        panel = FilterPanel(read(address))
        assert panel.filter.qs.count
        with django_assert_num_queries(5):
            assert panel.facets
