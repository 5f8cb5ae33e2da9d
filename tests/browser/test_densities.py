"""How much lists show of each paper: what fits on a screen, and that it is remembered."""

from itertools import product

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import User
from digest.catalogue import sample
from digest.catalogue.load import load
from digest.models import Source, Stream
from tests.browser.look import AXE, NARROW, sticking_out, violations
from tests.catalogue import load_once
from tests.samples import digest, row

DAY = "/digests/2025-02-06/"
LISTS = (
    *(DAY, "/", "/papers/", "/papers/?q=networks", "/authors/ada-lovelace/"),
    *("/categories/text-generation/", "/library/"),
)
DENSITIES = ("Titles", "Brief", "Full")
TITLE = "Network {}: On the Generalization of Sparse Mixtures of Experts to Long Contexts"
POINT = "This paper introduces a benchmark of forty tasks whose evidence is scattered over pages."
NAMES = "Ada Lovelace, Alan Turing, Grace Hopper, Edsger Dijkstra, Barbara Liskov"
LEAST = {
    ("titles", 1280): 14,
    ("brief", 1280): 5,
    ("titles", 360): 6,
    ("brief", 360): 2,
}
"""Papers that are wholly on a screen of 1280 x 800, or of 360 x 780 pixels."""


@pytest.fixture
def member(transactional_db):
    """A person who has bookmarked each second paper of a day."""
    said = {"summary": f"- {POINT} {POINT}\n- {POINT}\n- Third.", "authors": NAMES}
    rows = [row(number, title=TITLE.format(number), **said) for number in range(1, 31)]
    rows[1]["authors"] = "linxule"  # a single name is pressed as well
    load_once((digest(*rows), "2025-02-06.json"))
    user = User.objects.create_user("owner")
    library = Library(user)
    library.bookmarks.add([*library.accessible.values_list("pk", flat=True)][::2])
    return user


@pytest.fixture
def open_page(visit, log_in, live_server, member):
    def open_page(address, width=1280):
        page = visit("/robots.txt", width)
        log_in(page, member)
        page.goto(live_server.url + address)
        return page

    return open_page


def measured(page):
    """Where the first paper begins, and how many are wholly on the screen."""
    return page.evaluate(
        """() => {
            const boxes = [...document.querySelectorAll(".cards > li")].map(
                (e) => e.getBoundingClientRect());
            return [boxes[0].top, boxes.filter((box) => box.bottom <= innerHeight).length];
        }"""
    )


def density(page):
    return page.locator("html").get_attribute("data-density")


@pytest.mark.parametrize("logged_in", [False, True])
def test_so_many_papers_are_on_a_screen(open_page, visit, live_server, member, logged_in, pairs):
    page = open_page("/robots.txt") if logged_in else visit("/robots.txt")
    # A visitor has no library; somebody else begins with another window.
    lists, windows = (LISTS, [*LEAST][::-1]) if logged_in else (LISTS[:-1], [*LEAST])
    for address, (name, width) in pairs(lists, windows):
        page.set_viewport_size({"width": width, "height": 800 if width > 360 else 780})
        if not page.url.endswith(address):
            page.goto(live_server.url + address)
        page.get_by_role("button", name=name.capitalize(), exact=True).click()
        top, papers = measured(page)
        there = page.locator(".cards > li").count()
        assert top <= 260, (address, name, width, top)
        assert papers >= min(LEAST[name, width], there), (address, name, width, papers)


def test_a_second_stream_pushes_no_paper_down(open_page, visit, live_server, member):
    Stream.objects.create(id=2, name="Robotics at the lab", slug="robotics")
    rows = [row(number, title=TITLE.format(number), date="2025-02-05") for number in range(1, 9)]
    load(digest(*rows), "2025-02-05.json", stream=2)
    for page in (visit("/"), open_page("/")):
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            for address in ("/", DAY):
                page.goto(live_server.url + address)
                expect(page.get_by_role("link", name="Robotics at the lab")).to_be_visible()
                assert measured(page)[0] <= 260, (address, width)


def test_the_line_of_a_site_with_the_sample_alone_pushes_no_paper_down(
    visit, live_server, member, monkeypatch
):
    monkeypatch.setattr(sample, "known", {})
    monkeypatch.setattr(sample, "_hashes", lambda: {Source.objects.get().sha256})
    page = visit("/", 360)
    expect(page.get_by_text("This site shows a sample of one day.")).to_be_visible()
    for address in LISTS[:3]:
        page.goto(live_server.url + address)
        assert measured(page)[0] <= 260, address


def test_every_density_fits_every_window(open_page, live_server, pairs):
    """In the narrowest one on each list; in the wider ones, in which less sticks out, in turn."""
    page = open_page("/robots.txt", NARROW)
    for address, (name, width) in pairs(LISTS, [*product(DENSITIES, (768, 1280, 2560))]):
        if not page.url.endswith(address):
            page.goto(live_server.url + address)
            for each in DENSITIES:
                page.get_by_role("button", name=each, exact=True).click()
                assert sticking_out(page) == [0, []], (address, each, NARROW)
        page.get_by_role("button", name=name, exact=True).click()
        page.set_viewport_size({"width": width, "height": 800})
        assert sticking_out(page) == [0, []], (address, name, width)
        page.set_viewport_size({"width": NARROW, "height": 800})


def test_what_is_pressed_is_large_enough_in_every_density(open_page):
    page = open_page(DAY, 360)
    page.evaluate(AXE)
    for name, width in product(DENSITIES, (360, 1280)):
        page.set_viewport_size({"width": width, "height": 800})
        page.get_by_role("button", name=name, exact=True).click()
        found = violations(page, runOnly=["target-size"])
        assert found == [], (name, width, found)


def test_what_a_person_chose_is_saved_without_a_reload(open_page, live_server, member):
    page = open_page(DAY)
    assert density(page) == "brief"
    page.evaluate("window.here = true")
    with page.expect_response("**/library/density/") as answer:
        page.get_by_role("button", name="Titles").click()
    assert (answer.value.status, density(page)) == (204, "titles")
    expect(page.get_by_role("button", name="Titles")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Brief")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("window.here")
    member.refresh_from_db()
    assert member.density == "titles"
    page.goto(live_server.url + "/papers/")
    assert density(page) == "titles"


def test_it_is_saved_without_a_script(visit, log_in, live_server, member):
    page = visit("/robots.txt", java_script_enabled=False)
    log_in(page, member)
    page.goto(live_server.url + DAY)
    page.get_by_role("button", name="Full").click()
    assert page.url == live_server.url + DAY
    assert density(page) == "full"
    assert page.get_by_role("button", name="Full").get_attribute("aria-pressed") == "true"


def test_a_visitors_choice_is_remembered_and_there_before_anything_is_painted(
    visit, live_server, member
):
    page = visit(DAY)
    page.get_by_role("button", name="Titles").click()
    assert page.context.cookies() == []
    page.goto(live_server.url + "/papers/")
    assert density(page) == "titles"
    expect(page.get_by_role("button", name="Titles")).to_have_attribute("aria-pressed", "true")
    shifted = page.evaluate(
        """() => new Promise((done) => {
            let total = 0;
            new PerformanceObserver((list) => {
                for (const one of list.getEntries()) total += one.value;
            }).observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(total), 100);
        })"""
    )
    assert shifted == 0


def test_a_visitor_without_a_script_sees_brief_lists_and_no_choice(visit, member):
    page = visit(DAY, java_script_enabled=False)
    assert density(page) == "brief"
    expect(page.get_by_role("button", name="Titles")).to_be_hidden()


def test_the_place_in_a_list_is_kept(open_page):
    page = open_page(DAY)
    page.evaluate("document.querySelectorAll('.cards > li')[10].scrollIntoView()")
    at = "document.querySelectorAll('.cards > li')[10].getBoundingClientRect().top"
    before = page.evaluate(at)
    for name in ("full", "titles"):
        page.evaluate(f"document.querySelector('.density [value={name}]').click()")
        assert page.evaluate(at) == pytest.approx(before, abs=1)


def test_a_telephone_has_a_masthead_of_one_line(visit, live_server, member):
    page = visit(DAY, 360)
    assert page.locator(".masthead").bounding_box()["height"] < 56
    expect(page.get_by_role("link", name="Archive")).to_be_hidden()
    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("link", name="Archive").click()
    assert page.url == live_server.url + "/digests/"
