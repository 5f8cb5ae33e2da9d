"""What is right everywhere: colours of one's own, narrow windows, paper, and forced colours."""

import io
import re

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import User
from accounts.transfer import export
from tests.browser.look import AXE, sticking_out, violations
from tests.catalogue import load_once
from tests.samples import digest, row

DAY = "/digests/2025-02-06/"
POINT = "This paper introduces a benchmark of forty tasks whose evidence is scattered over pages."


@pytest.fixture
def day(transactional_db):
    """A day of 31 papers as long as real ones are."""
    long = {
        "summary": "\n".join(f"- {POINT} {POINT[:50]}" for _ in range(5)),
        "authors": "Ada Lovelace, Alan Turing, Grace Hopper, Edsger Dijkstra, Barbara Liskov",
    }
    title = "Network {}: On the Generalization of Sparse Mixtures of Experts to Long Contexts"
    load_once(
        (digest(*(row(n, title=title.format(n), **long) for n in range(1, 32))), "2025-02-06.json")
    )


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_a_visitor_chooses_colours_which_the_device_remembers(visit, live_server, day):
    page = visit(DAY)
    light = background(page)
    page.get_by_role("button", name="Dark", exact=True).click()
    dark = background(page)
    assert dark != light
    page.goto(live_server.url + "/papers/")
    assert background(page) == dark
    expect(page.get_by_role("button", name="Dark", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.get_by_role("button", name="As the system").click()
    assert background(page) == light
    assert page.context.cookies() == []


def test_without_a_script_there_is_no_choice_of_colours(visit, day):
    page = visit(DAY, java_script_enabled=False)
    expect(page.get_by_role("button", name="Dark", exact=True)).to_be_hidden()


@pytest.mark.parametrize("address", ["/api/", "/papers/?q=network", "/api/v1/reference/"])
def test_nothing_is_wider_than_a_narrow_window(visit, day, address):
    page = visit(address, 320)
    page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true })")
    assert sticking_out(page) == [0, []]


def test_the_reference_is_dark_in_the_dark_and_leads_back(visit, day):
    page = visit("/api/v1/reference/", color_scheme="dark")
    page.locator(".swagger-ui .opblock").first.wait_for()
    assert page.locator("html.dark-mode").count() == 1
    assert max(map(int, re.findall(r"\d+", background(page))[:3])) < 60
    page.locator(".opblock-summary-control", has_text="/lookup/").click()
    page.get_by_role("button", name="Try it out").click()
    page.evaluate(AXE)
    assert violations(page) == []
    page.emulate_media(color_scheme="light")
    expect(page.locator("html.dark-mode")).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html.dark-mode")).to_have_count(1)
    page.get_by_role("link", name="Back to the recipes").click()
    expect(page.get_by_role("heading", name="API", exact=True)).to_be_visible()


def test_without_saved_pages_the_offline_page_announces_none(visit, day):
    page = visit("/offline/")
    expect(page.get_by_text("This page is not on this device.")).to_be_visible()
    expect(page.get_by_text("the last first")).to_be_hidden()


def test_without_a_script_the_reference_names_the_addresses(visit, day):
    page = visit("/api/v1/reference/", java_script_enabled=False)
    assert page.get_by_text("GET /api/v1/papers/lookup/").count() == 0
    expect(page.get_by_text("POST /api/v1/papers/lookup/", exact=True)).to_be_visible()


@pytest.mark.parametrize("density", ["brief", "full"])
def test_a_day_is_printed_on_six_pages_without_controls(visit, day, density):
    page = visit(DAY)
    page.get_by_role("button", name=density.capitalize(), exact=True).click()
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert len(pages) <= 6
    page.emulate_media(media="print")
    assert page.locator("main :is(button, form, input):visible").count() == 0
    assert page.locator(".cards .point:visible").count() == 31
    assert page.get_by_text(POINT).locator("visible=true").count() == 5 * 31


def test_a_list_is_printed_with_the_numbers_beside_the_titles(visit, log_in, live_server, day):
    reader = User.objects.create_user("reader")
    library = Library(reader)
    opened = library.lists.open(library.lists.create("Survey").slug)
    opened.add([*library.accessible.values_list("pk", flat=True)][:2])
    page = visit("/robots.txt")
    log_in(page, reader)
    page.goto(live_server.url + opened.reading_list.get_absolute_url())
    page.emulate_media(media="print")
    row = page.locator(".cards > li").first
    number, title = (row.locator(each).bounding_box() for each in (".place", "h2"))
    assert number["y"] < title["y"] + title["height"]
    assert title["y"] < number["y"] + number["height"]


def test_forced_colours_show_what_is_chosen(visit, day):
    page = visit(DAY, forced_colors="active")
    chosen = "(e) => getComputedStyle(e).backgroundColor"
    on = page.get_by_role("button", name="Brief", exact=True).evaluate(chosen)
    off = page.get_by_role("button", name="Full", exact=True).evaluate(chosen)
    assert on != off
    here = page.get_by_role("link", name="Archive", exact=True)
    page.goto(page.url.replace(DAY, "/digests/"))
    assert here.evaluate(chosen) != page.get_by_role("link", name="Papers", exact=True).evaluate(
        chosen
    )


def test_a_telephone_has_the_result_of_an_import_in_whole_lines(visit, log_in, live_server, day):
    reader = User.objects.create_user("reader")
    library = Library(reader)
    library.lists.create("Survey")
    file = io.BytesIO()
    export(library, reader, file)
    page = visit("/robots.txt", 360)
    log_in(page, reader)
    page.goto(live_server.url + "/library/import/")
    zipped = {"name": "a.zip", "mimeType": "application/zip", "buffer": file.getvalue()}
    page.get_by_label("A file").set_input_files(zipped)
    page.get_by_role("button", name="Preview the import").click()
    said = page.get_by_text("Imported lists are private")
    assert said.bounding_box()["width"] > 300
    page.goto(live_server.url + "/library/for-you/questions/")
    assert page.get_by_role("navigation", name="Library").bounding_box()["width"] > 200
