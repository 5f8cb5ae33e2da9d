"""What the search field suggests, as the server answers it."""

import re
from html import unescape

import pytest

from accounts.library import Library
from digest.catalogue.load import load
from digest.search import authors_named
from tests.accounts.conftest import person
from tests.catalogue import load_once
from tests.digest.pages.test_every_page import text
from tests.samples import digest, row

pytestmark = pytest.mark.django_db
FIRST, SECOND = "/papers/2502.00001/", "/papers/2502.00002/"
TEXT = 'category:"Text Generation"'


@pytest.fixture(autouse=True)
def papers():
    load_once(
        (
            digest(
                row(1, title="Zebras <walk>", authors="Zelda Quist", classification=["Robotics"]),
                row(2, title="Zebras speak", authors="Danqi Chen, Ze Qu", date="2024-05-01"),
                row(3, title="Okapis", authors="Danqi Chen", summary="- A zebra.", link="a.org/x"),
            ),
            "a.json",
        )
    )


def asked(client, typed):
    """The suggestions of each group: their texts, and where they lead or what they type."""
    page = text(client.get("/suggest/", {"q": typed}))
    assert re.findall(r'id="', page) == ['id="'] * page.count("aria-labelledby")
    groups = {}
    for group in page.split('role="group"')[1:]:
        name = re.search(r'role="presentation">(.*?)</p>', group)[1]
        found = re.findall(r'data-(?:address|text)="(.*?)">\s*<span dir="auto">(.*?)</span>', group)
        groups[name] = {unescape(label): unescape(to) for to, label in found}
    return groups


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", {}),
        ("  ", {}),
        ('"', {}),
        ("_ %", {}),
        ("zebras", {"Papers": {"Zebras <walk>": FIRST, "Zebras speak": SECOND}}),
        ("zebras wa", {"Papers": {"Zebras <walk>": FIRST}}),
        ("chen dan", {"Authors": {"Danqi Chen": "/authors/danqi-chen/"}}),
        ("robot", {"Categories": {"Robotics": "/categories/robotics/"}}),
        ("arXiv:2502.00002 [cs.CL]", {"Papers": {"Zebras speak": SECOND}}),
        ("x tit", {"Search": {"title:": "x title:"}}),
        ("x -are", {"Search": {"area:": "x -area:"}}),
        ("has:co", {"Search": {"has:code": "has:code ", "has:collection": "has:collection "}}),
        ("category:rob", {"Search": {"category:Robotics": "category:Robotics "}}),
        ('x category:"text g', {"Search": {TEXT: f"x {TEXT} "}}),
        ("-author:dan", {"Search": {'author:"Danqi Chen"': '-author:"Danqi Chen" '}}),
        ("date:2", {"Search": {"date:2025": "date:2025 ", "date:2024": "date:2024 "}}),
        ("date:2024-", {"Search": {"date:2024-05": "date:2024-05 "}}),
        ("category:nothing", {}),
        ("title:zebras -title:speak", {"Papers": {"Zebras <walk>": FIRST}}),
        ("zebras" + " " * 194, {"Papers": {"Zebras <walk>": FIRST, "Zebras speak": SECOND}}),
        ("zebras" + " " * 195, {}),
    ],
)
def test_what_is_suggested(client, typed, expected):
    assert asked(client, typed) == expected


def test_texts_stay_text(client):
    load(digest(row(9, title="Quagga </div><script>", authors='A "B" <i>')), "b.json")
    page = text(client.get("/suggest/?q=quagga"))
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<i>" not in text(client.get("/suggest/?q=author:a"))


@pytest.mark.parametrize(
    "typed", ['"', "-", ":", "OR", "has:", '"a', "\0", "x" * 200, "date:9", "(*"]
)
def test_nothing_typed_is_an_error(client, typed):
    assert client.get("/suggest/", {"q": typed}).status_code == 200


def test_authors_of_most_papers_come_first():
    load(digest(row(7, authors="Daniel Chen")), "b.json")
    assert [author.name for author in authors_named("d chen", 5)] == ["Danqi Chen", "Daniel Chen"]
    assert [author.name for author in authors_named("d chen", 1)] == ["Danqi Chen"]


def test_lists_are_suggested_to_their_owner_alone(client):
    owner, other = person("owner"), person("other")
    Library(owner).lists.create("Zebra secrets")
    client.force_login(owner)
    response = client.get("/suggest/?q=secr")
    assert "Zebra secrets" in text(response)
    # Nobody who uses this browser later finds it there.
    assert {"private", "no-store"} <= {*response["Cache-Control"].split(", ")}
    client.force_login(other)
    assert "secrets" not in text(client.get("/suggest/?q=secr"))
    client.logout()
    client.cookies.clear()
    assert "secrets" not in text(client.get("/suggest/?q=secr"))


def test_suggestions_take_a_fixed_number_of_queries(client, django_assert_num_queries):
    rows = [row(n, title=f"Zebras {n}", authors=f"Zelda {n}") for n in range(10, 40)]
    for number, some in enumerate((rows[:1], rows)):
        load(digest(*some), f"{number}.json")
        with django_assert_num_queries(6):
            client.get("/suggest/?q=ze")
        with django_assert_num_queries(1):
            client.get("/suggest/?q=ze")
