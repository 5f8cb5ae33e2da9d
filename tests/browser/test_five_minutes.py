"""Thirty new papers scanned, five kept, one of them filed and noted: by mouse, by keys alone, by
touch, and without JavaScript. What a browser complains of or asks of another host fails a test."""

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import Bookmark, ListItem, Note, User
from tests.browser.look import sticking_out
from tests.catalogue import load_once
from tests.samples import digest, row

DAY = "/digests/2025-02-06/"
PAPERS, KEPT, FILED = 30, (2, 7, 12, 18, 25), 12
NOTE = "Compare with *ours*: $x^2$"
POINT = "This paper introduces a benchmark of forty tasks whose evidence is scattered over pages."


@pytest.fixture
def meant():
    return ["Service Worker registration blocked by Playwright"]


@pytest.fixture
def reader(transactional_db):
    summary = f"- {POINT}\n- {POINT}\n- Third."
    load_once(
        (
            digest(*(row(number, summary=summary) for number in range(1, PAPERS + 1))),
            "2025-02-06.json",
        )
    )
    reader = User.objects.create_user("reader")
    Library(reader).lists.create("Survey")
    return reader


@pytest.fixture
def open_day(visit, log_in, live_server, reader):
    def open_day(width=1280, **options):
        page = visit("/robots.txt", width, **options)
        log_in(page, reader)
        page.goto(live_server.url + DAY)
        return page

    return open_day


def card(page, number):
    return page.locator(".cards > li").nth(number - 1)


def wholly_on_screen(page):
    return page.evaluate(
        """() => [...document.querySelectorAll(".cards > li")].flatMap((card, place) => {
            const { top, bottom } = card.getBoundingClientRect();
            return top >= 0 && bottom <= innerHeight ? [place + 1] : [];
        })"""
    )


def scan(page):
    """Scrolls down until each paper was wholly on the screen."""
    seen = {*wholly_on_screen(page)}
    while len(seen) < PAPERS:
        before = page.evaluate("scrollY")
        page.mouse.wheel(0, 300)
        page.wait_for_function("before => scrollY > before", arg=before)
        seen.update(wholly_on_screen(page))


def assert_done():
    kept = Bookmark.objects.order_by("paper__position").values_list("paper__position", flat=True)
    assert [*kept] == [*KEPT]
    assert ListItem.objects.get().paper.position == FILED
    assert (Note.objects.get().paper.position, Note.objects.get().text) == (FILED, NOTE)


def loads(page):
    """The addresses of the pages that are loaded from now on."""
    found = []
    page.on("framenavigated", lambda frame: found.append(frame.url))
    return found


def by_pointer(page, press):
    """press: clicks or taps something."""
    loaded = loads(page)
    scan(page)
    for number in KEPT:
        press(card(page, number).get_by_role("button", name="Bookmark", exact=True))
        expect(card(page, number).get_by_role("button", name="Bookmarked")).to_be_visible()
    press(card(page, FILED).get_by_role("link", name="Lists and note"))
    menu = page.locator(".file-menu")
    press(menu.get_by_role("button", name="Survey"))
    expect(menu.get_by_role("button", name="Survey", pressed=True)).to_be_visible()
    press(menu.get_by_label("Note", exact=True))
    page.keyboard.type(NOTE)
    press(menu.get_by_role("button", name="Close"))
    expect(menu).to_have_count(0)
    expect(card(page, FILED).get_by_role("link", name="Your note")).to_have_count(1)
    assert sticking_out(page) == [0, []]
    assert loaded == []
    assert_done()


def test_by_mouse(open_day):
    by_pointer(open_day(), lambda control: control.click())


def test_by_touch_on_a_telephone(open_day):
    page = open_day(360, has_touch=True, is_mobile=True)
    by_pointer(page, lambda control: control.tap())


def test_by_keys_alone(open_day):
    page = open_day()
    loaded = loads(page)
    for number in range(1, PAPERS + 1):
        page.keyboard.press("j")
        expect(card(page, number)).to_have_attribute("aria-current", "true")
        assert number in wholly_on_screen(page)
        if number in KEPT:
            page.keyboard.press("b")
            expect(card(page, number).get_by_role("button", name="Bookmarked")).to_be_visible()
        if number == FILED:
            page.keyboard.press("l")
            survey = page.locator(".file-menu").get_by_role("button", name="Survey")
            expect(survey).to_be_focused()
            page.keyboard.press("Enter")
            expect(
                page.locator(".file-menu [aria-pressed=true]", has_text="Survey")
            ).to_be_focused()
            page.keyboard.press("n")
            expect(page.locator(".file-menu textarea")).to_be_focused()
            page.keyboard.type(NOTE)
            page.keyboard.press("Escape")
            expect(page.locator(".file-menu")).to_have_count(0)
    assert loaded == []
    assert_done()


def test_without_javascript(open_day, live_server):
    page = open_day(java_script_enabled=False)
    there = live_server.url + DAY
    for number in range(1, PAPERS + 1):
        if number not in wholly_on_screen(page):
            page.mouse.wheel(0, 300)
        expect(card(page, number)).to_be_in_viewport(ratio=1)
        if number not in KEPT:
            continue
        card(page, number).get_by_role("button", name="Bookmark", exact=True).click()
        expect(card(page, number).get_by_role("button", name="Bookmarked")).to_be_visible()
        assert page.url.partition("#")[0] == there
        expect(card(page, number)).to_be_in_viewport(ratio=1)
    card(page, FILED).get_by_role("link", name="Lists and note").click()
    page.get_by_role("button", name="Survey").click()
    expect(page.get_by_role("button", name="Survey", pressed=True)).to_be_visible()
    page.get_by_text("Write a note").click()
    page.get_by_label("Note", exact=True).fill(NOTE)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Your note is saved.")).to_be_visible()
    assert_done()
