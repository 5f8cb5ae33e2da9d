"""A day's page as a list: its papers by area, category, kind of link and words, in three orders."""

import re
from html import unescape

import pytest

from digest.catalogue.load import load
from digest.models import Stream
from tests.catalogue import load_once
from tests.digest.pages.test_views import text, titles
from tests.samples import digest, hugging_face, hugging_face_paper, row

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

DAY = "/digests/2025-02-06/"


@pytest.fixture
def day():
    """Four papers of a day: 1 and 3 of language, 2 of vision, 4 of no area; 1 and 2 have code."""
    no_code = {"github_urls": []}
    rows = [
        row(1, title="Parsing trees", classification=["Translation", "Text Generation"]),
        row(2, title="Seeing trees", classification=["Depth Estimation"]),
        row(3, title="Parsing seas", **no_code),
        row(4, title="Counting seas", classification=["Gardening"], **no_code),
    ]
    load_once(
        (digest(*rows), "2025-02-06.json"),
        (digest(row(5, date="2025-02-05", title="Parsing the day before")), "2025-02-05.json"),
    )


def numbers(response):
    return [int(paper.slug[-1]) for paper in response.context["papers"]]


def controls(response):
    """The counts that are links: the addresses and numbers by their labels, "*" before those of
    filters in force."""
    found = re.findall(
        r'<a (?:class="kind"\s+)?id="\w+-[-\w]+"\s+href="([^"]+)"( aria-current="true")?>'
        r"(?:<bdi>)?([^<]+)(?:</bdi>)?</a>\s*(?:<span class=\"count\">)?(\d+)",
        text(response),
    )
    return {"*" * bool(chosen) + label: (unescape(to), int(n)) for to, chosen, label, n in found}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("?has=code", [1, 2]),
        ("?area=natural-language-processing", [1, 3]),
        ("?category=translation", [1]),
        ("?not_category=translation", [2, 3, 4]),
        ("?q=parsing", [1, 3]),
        ("?q=seas&has=code", []),
        ("?area=natural-language-processing&has=code&q=trees", [1]),
        ("?category=translation&category=depth-estimation&match=any", [1, 2]),
        ("?author=ada-lovelace&order=given", [1, 2, 3, 4]),
        ("?order=area", [1, 3, 2, 4]),
        ("?order=area&q=trees", [2, 1]),
    ],
)
@pytest.mark.parametrize("address", ["/", DAY])
def test_the_address_is_the_query(client, day, address, parameters, expected):
    response = client.get(address + parameters)
    assert response.status_code == 200
    assert numbers(response) == expected
    assert len(titles(response)) == len(expected)


def test_the_counts_are_the_controls(client, day):
    assert controls(client.get(DAY)) == {
        "Code": ("?has=code", 2),
        "Natural Language Processing": ("?area=natural-language-processing", 2),
        "Computer Vision": ("?area=computer-vision", 1),
        "Text Generation": ("?category=text-generation", 2),
        "Translation": ("?category=translation", 1),
        "Depth Estimation": ("?category=depth-estimation", 1),
        "Gardening": ("?category=gardening-0fe4b0b9", 1),
    }
    chosen = client.get(DAY + "?has=code&area=computer-vision")
    assert controls(chosen) == {
        "*Code": ("?area=computer-vision", 1),
        "*Computer Vision": ("?has=code", 1),
        "Depth Estimation": ("?has=code&area=computer-vision&category=depth-estimation", 1),
    }
    assert re.search(r"<b>1</b> of <a[^>]+>4</a> papers", text(chosen))
    assert controls(client.get(DAY + "?has=code"))["*Code"] == (DAY, 2)


def test_sections_by_area_say_how_many_they_have(client, day):
    sections = re.findall(
        r"<bdi>([^<]+)</bdi> <span class=\"count\">(\d+) papers?</span>",
        text(client.get(DAY + "?order=area")),
    )
    assert sections == [
        ("Natural Language Processing", "2"),
        ("Computer Vision", "1"),
        ("Without area", "1"),
    ]


def test_those_without_area_come_last_however_many_they_are(client):
    load(digest(*(row(n, classification=["Gardening"]) for n in (1, 2)), row(3)), "a.json")
    assert numbers(client.get(DAY + "?order=area")) == [3, 1, 2]


def test_the_papers_with_most_upvotes_come_first(client):
    papers = [hugging_face_paper(n, upvotes=votes) for n, votes in ((1, 3), (2, 30), (3, 3))]
    load(hugging_face(*papers), "2025-02-06.json")
    assert "?order=upvotes" in text(client.get(DAY))
    assert numbers(client.get(DAY + "?order=upvotes")) == [2, 1, 3]


def test_the_words_form_keeps_the_other_filters(client, day):
    page = text(client.get(DAY + "?has=code&q=trees&order=area"))
    form = re.search(r'<form class="words"[^>]*action="([^"]+)".*?</form>', page, re.DOTALL)
    hidden = re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', form[0])
    assert (form[1], hidden) == (DAY, [("has", "code"), ("order", "area")])
    assert 'value="trees"' in form[0]
    # The field of the masthead searches all papers, and has nothing of these words.
    assert 'name="q"\n               value=""' in page


@pytest.mark.parametrize(
    ("parameters", "label"),
    [("order=best", "Order"), ("has=x", "With"), ("area=x", "Areas"), ("stream=x", "Streams")],
)
def test_a_wrong_parameter_is_named_and_narrows_nothing(client, day, parameters, label):
    response = client.get(f"{DAY}?q=parsing&{parameters}")
    assert numbers(response) == [1, 3]
    mistakes = re.search(r'<ul class="problems">(.*?)</ul>', text(response), re.DOTALL)[1]
    assert mistakes.strip().startswith(f"<li>{label}: Select a valid choice.")
    assert '<a href="?q=parsing">Remove filter</a>' in mistakes


@pytest.mark.parametrize("unknown", ["page=2", "digest=2025-02-05", "date_from=2025-01-01", "x=1"])
def test_other_parameters_lead_to_the_address_without_them(client, day, unknown):
    assert client.get(f"{DAY}?has=code&{unknown}").url == f"{DAY}?has=code"


def test_where_nothing_matches_the_day_is_a_link_away(client, day):
    page = text(client.get(DAY + "?q=nowhere"))
    assert f'No paper of this day matches. <a href="{DAY}">Show all 4</a>' in page


def test_what_is_shown_can_be_exported(client, day):
    page = text(client.get(DAY + "?area=natural-language-processing&order=area"))
    address = unescape(re.search(r'href="(/papers\.bib[^"]*)"', page)[1])
    assert address == "/papers.bib?area=natural-language-processing&digest=2025-02-06"
    exported = b"".join(client.get(address).streaming_content).decode()
    assert re.findall(r"eprint = \{2502\.0000(\d)", exported) == ["1", "3"]
    assert f"{DAY[:-1]}.bib" in text(client.get(DAY))


def test_a_script_is_given_the_papers_alone(client, day):
    response = client.get(DAY + "?has=code", headers={"HX-Request": "true"})
    assert numbers(response) == [1, 2]
    assert text(response).startswith('<section id="results"')
    assert response["Vary"] == "HX-Request, Accept-Encoding, Cookie"
    assert "<html" in text(client.get(DAY + "?has=code"))


def test_a_stream_within_a_day(client, day):
    other = Stream.objects.create(name="Others", slug="others")
    seen = row(2, title="Seeing trees", classification=["Depth Estimation"])
    load(digest(seen, row(6)), "o.json", stream=other.pk)
    response = client.get(DAY + "?stream=others")
    assert numbers(response) == [2]
    assert controls(response)["*Others"] == (DAY, 1)
    assert "/papers.bib" not in text(response)  # which would be those of the other digest
    theirs = client.get(f"/streams/others{DAY}?category=text-generation")
    assert numbers(theirs) == [6]
    exported = unescape(re.search(r'href="(/papers\.bib[^"]*)"', text(theirs))[1])
    assert exported == "/papers.bib?category=text-generation&digest=2025-02-06&stream=others"


def test_a_visitors_page_is_made_once_for_each_query(client, day, django_assert_num_queries):
    client.get(DAY + "?has=code&order=area")
    with django_assert_num_queries(1):
        assert len(titles(client.get(DAY + "?has=code&order=area"))) == 2


@pytest.mark.parametrize("order", ["given", "area"])
@pytest.mark.parametrize("count", [2, 20])
def test_the_number_of_queries_is_fixed(client, django_assert_num_queries, order, count):
    areas = ("Translation", "Depth Estimation")
    load(digest(*(row(n, classification=[areas[n % 2]]) for n in range(count))), "a.json")
    client.get("/papers/?has=code")
    with django_assert_num_queries(14 if order == "given" else 15):
        client.get(f"{DAY}?has=code&area=computer-vision&order={order}")
