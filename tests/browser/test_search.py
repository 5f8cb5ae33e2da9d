"""The search in a browser: in place with JavaScript, by addresses without, by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.catalogue import load_once
from tests.samples import digest, row


@pytest.fixture
def papers(transactional_db):
    days = [f"2025-02-{day:02}" for day in range(1, 11)]
    rows = [row(n, title=f"Zebra {n}", date=days[n % 10]) for n in range(1, 41)]
    load_once((digest(*rows, row(50, title="Okapi", classification=["Robotics"])), "a.json"))


def field(page):
    return page.locator("#q")


def found(page, papers):
    """Wait until so many papers are found, and the browser has said so."""
    expect(page.locator("#results .tally b")).to_have_text(papers)


def at(page, path):
    """Wait until the page's address is this; changes in place come a moment after what is shown."""
    expect(page).to_have_url(re.compile(f"^http://[^/]+{re.escape(path)}$"))


def stay(page):
    """A mark that goes when the page is left."""
    page.evaluate("window.stayed = true")


def stayed(page):
    return page.evaluate("window.stayed === true")


def test_typing_replaces_the_papers_in_place(papers, visit):
    page = visit("/papers/")
    stay(page)
    page.keyboard.press("/")
    field(page).press_sequentially("okap", delay=20)
    found(page, "1 paper")
    expect(page.get_by_role("status")).to_have_text("1 paper")
    expect(page).to_have_title("“okap” in the papers · Paper Digest")
    assert page.locator(".card mark").all_text_contents() == ["Okapi"]
    expect(field(page)).to_be_focused()
    at(page, "/papers/?q=okap")
    field(page).press_sequentially("x")
    slip = page.get_by_text("Showing results for okapi; search for okapx as typed.")
    expect(slip).to_be_visible()
    at(page, "/papers/?q=okapx")
    page.go_back()  # what is typed in one go is one step
    found(page, "41 papers")
    expect(field(page)).to_have_value("")
    at(page, "/papers/")
    page.go_forward()
    expect(slip).to_be_visible()
    expect(field(page)).to_have_value("okapx")
    at(page, "/papers/?q=okapx")
    page.get_by_role("link", name="okapx as typed").click()
    expect(page.get_by_text("No paper matches")).to_be_visible()
    assert stayed(page)


def test_links_replace_the_papers_in_place(papers, visit):
    page = visit("/papers/?q=zebra")
    stay(page)
    page.get_by_role("link", name="newest first").click()
    expect(page.locator(".tally").first).to_contain_text("newest first")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".tally").first).to_contain_text("page 2 of 2")
    at(page, "/papers/?q=zebra&order=newest&page=2")
    page.get_by_role("link", name="2025").first.click()
    expect(page.get_by_role("link", name="Remove filter From 1 January 2025")).to_be_visible()
    expect(page.locator("#results")).to_be_focused()
    page.get_by_role("link", name="Remove filter “zebra”").click()
    found(page, "41 papers")
    expect(field(page)).to_have_value("")
    field(page).fill("okapi")
    found(page, "1 paper")
    at(page, "/papers/?q=okapi&order=newest&date_from=2025-01-01&date_to=2025-12-31")
    assert stayed(page)
    page.get_by_role("link", name="Okapi", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Okapi")
    page.go_back()
    found(page, "1 paper")
    expect(page.get_by_role("heading", level=1)).to_have_text("Papers")


def test_enter_follows_the_address(papers, visit):
    page = visit("/")
    page.keyboard.press("/")
    page.keyboard.type("okapi")
    page.keyboard.press("Enter")
    found(page, "1 paper")
    page.get_by_label("From").fill("2025-02-01")
    page.get_by_role("button", name="Show these days").click()
    expect(page.get_by_role("link", name="Remove filter From 1 February 2025")).to_be_visible()
    at(page, "/papers/?q=okapi&date_from=2025-02-01")
    field(page).fill("arXiv:2502.00050")
    field(page).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Okapi")


def test_enter_after_typing_is_no_further_step_back(papers, visit):
    page = visit("/papers/")
    before = page.evaluate("history.length")
    field(page).press_sequentially("okapi zebra", delay=20)
    at(page, "/papers/?q=okapi%20zebra")
    stay(page)
    page.keyboard.press("Enter")
    at(page, "/papers/?q=okapi+zebra")
    assert not stayed(page)
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    at(page, "/papers/")


def test_what_is_unfolded_stays_so(papers, visit):
    page = visit("/papers/", 320)
    page.get_by_text("Filter", exact=True).click()
    page.get_by_role("link", name="Robotics", exact=True).first.click()
    found(page, "1 paper")
    expect(page.get_by_role("heading", name="Category")).to_be_visible()


def test_an_error_has_its_page(papers, visit):
    page = visit("/papers/?q=zebra")
    page.route(
        "**/papers/?q=zebra&page=2",
        lambda route: route.continue_(url=route.request.url.replace("page=2", "page=99")),
    )
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")


def test_all_of_it_works_without_javascript(papers, visit):
    page = visit("/papers/", java_script_enabled=False)
    field(page).fill("zebra")
    page.get_by_role("button", name="Search", exact=True).click()
    found(page, "40 papers")
    page.get_by_role("link", name="Exclude Text Generation").click()
    expect(page.get_by_text("No paper matches")).to_be_visible()
    page.get_by_role("link", name="without excluding Text Generation").click()
    found(page, "40 papers")
    page.get_by_role("link", name="code", exact=True).click()
    field(page).fill("okapi")
    page.get_by_role("button", name="Search", exact=True).click()
    found(page, "1 paper")
    expect(page.get_by_role("link", name="Remove filter has code")).to_be_visible()


def test_facets_stand_beside_the_papers_where_there_is_room(papers, visit):
    page = visit("/papers/")
    facets, papers = page.locator(".facet-list"), page.locator(".cards")
    expect(page.get_by_role("heading", name="Category")).to_be_visible()
    assert facets.bounding_box()["x"] + facets.bounding_box()["width"] < papers.bounding_box()["x"]


def test_a_citation_is_copied(papers, visit):
    page = visit("/papers/2502.00050/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_text("Cite", exact=True).click()
    page.get_by_role("button", name="Copy BibTeX").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@misc{arXiv:2502.00050,\n  title = {Okapi},")
    assert copied.endswith("\n}")


def test_a_citation_that_may_not_be_copied_is_selected(papers, visit):
    page = visit("/papers/2502.00050/")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject() }")
    page.get_by_text("Cite", exact=True).click()
    page.get_by_role("button", name="Copy RIS").click()
    expect(page.get_by_role("status")).to_contain_text("press Ctrl+C")
    assert page.evaluate("getSelection().toString()").startswith("TY  - RPRT")


def test_without_javascript_there_is_nothing_to_press(papers, visit):
    page = visit("/papers/2502.00050/", java_script_enabled=False)
    page.get_by_text("Cite", exact=True).click()
    expect(page.get_by_text("@misc{arXiv:2502.00050,")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
