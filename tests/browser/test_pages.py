"""The pages in a browser: nothing sticks out, nothing is out of reach, nothing comes from afar."""

import re

import pytest

from digest.models import Author, Paper
from tests.browser.look import NARROW
from tests.catalogue import load_once
from tests.samples import NASTY, WORD, digest, row


@pytest.fixture
def addresses(transactional_db, monkeypatch):
    """One page of each sort, of a catalogue of all that has ever broken a page."""
    monkeypatch.setattr("digest.pages.views.PAPERS_ON_A_PAGE", 10)
    load_once(
        (digest(*NASTY), "a.json"),
        (b"[]", "2025/02/05.json"),
        (digest({**NASTY[1], "link": NASTY[0]["link"], "date": "2025-02-04"}), "b.json"),
        (digest(row(99, classification=["Robotics"], date="2024-11-29")), "d.json"),
        (digest(*(row(n, date="2024-12-31") for n in range(100, 104))), "c.json"),
    )
    longest = max(Author.objects.all(), key=lambda author: len(author.name))
    return [
        *("/", "/digests/", "/digests/2025-02-05/", "/digests/2025-02-31/"),
        *("/papers/", "/papers/?page=2", "/papers/?page=99"),
        # All that a search can say: what it found, what is chosen, what it could not read, nothing
        "/papers/?q=say+OR+paper&category=text-generation&category=robotics&match=any&has=code",
        f"/papers/?q=has:foo+{WORD}&category=nope&date_from=x&date_to=y&order=z",
        f"/papers/?q=paper+{WORD}&not_category=audio&digest=2025-02-06",
        *(paper.get_absolute_url() for paper in Paper.objects.filter(date__year=2025)),
        *("/authors/", "/authors/lvwerra/", longest.get_absolute_url()),
        *("/categories/", "/categories/robotics/", "/categories/natural-language-processing/"),
        *("/trends/", "/trends/?months=all&days=x"),
    ]


def test_every_page_fits_and_is_accessible(addresses, visit, live_server, look):
    page = visit("/", color_scheme="light")
    layouts = set()
    for address in addresses:
        page.goto(live_server.url + address)
        # Papers, days, authors and categories look alike, and so do pages of one list.
        layout = re.sub(r"([0-9]|\?page=|(?<=authors/)|(?<=categories/)).*", "", address)
        look(page, address, seen=layout in layouts)
        layouts.add(layout)


def test_the_keyboard_reaches_the_content_first(addresses, visit):
    page = visit("/")
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.text_content() == "Skip to the content"
    assert link.bounding_box()["width"] > 100
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").text_content() == "Sign up to keep papers"


def test_the_rest_of_a_summary_opens_without_javascript(addresses, visit):
    page = visit("/papers/2502.00001/", java_script_enabled=False)
    page.get_by_role("link", name="4 February 2025").click()
    page.get_by_role("link", name="The day after: 5 February 2025").first.click()
    page.get_by_role("link", name="The day after: 6 February 2025").first.click()
    card = page.locator(".card").first
    assert not card.locator("li", has_text="<think>").is_visible()
    card.get_by_text("1 more point").click()
    assert card.locator("li", has_text="<think>").is_visible()


def test_a_formula_that_is_too_wide_scrolls_inside_its_own_line(addresses, visit):
    page = visit("/papers/2502.00005/", NARROW)
    line = page.locator("li:has(> math)").first
    wide, shown = line.evaluate("(e) => [e.scrollWidth, e.clientWidth]")
    assert wide > shown <= NARROW


def test_a_printed_digest_is_complete(addresses, visit):
    page = visit("/digests/2025-02-06/")
    page.emulate_media(media="print")
    assert page.locator("li", has_text="<think>").last.is_visible()
    assert not page.get_by_role("navigation").first.is_visible()
