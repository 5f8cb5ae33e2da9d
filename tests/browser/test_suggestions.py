"""Suggestions while a search is typed, in a browser: by keyboard, by mouse, to a screen reader."""

import re

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from tests.accounts.conftest import person
from tests.browser.look import violations
from tests.catalogue import load_once
from tests.samples import digest, row


@pytest.fixture
def papers(transactional_db):
    load_once(
        (
            digest(
                row(1, title="Zebras walk", authors="Zelda Quist", classification=["Robotics"]),
                row(2, title="Zebras speak"),
                row(
                    3, title="Okapis sing in a title that is long enough to need a second line " * 2
                ),
            ),
            "a.json",
        )
    )


def field(page):
    """Before it has the focus, it is no combobox: the script is not loaded."""
    return page.get_by_label("Search the papers", exact=True)


def options(page):
    return page.locator("#suggestions [role=option]")


def texts(page):
    """The suggestions, once there are any."""
    expect(page.locator("#suggestions")).to_be_visible()
    return [re.sub(r"\s+", " ", text).strip() for text in options(page).all_text_contents()]


def chosen(page):
    """The text of the option that the field says is active, and that is marked so; None if none."""
    name = field(page).get_attribute("aria-activedescendant")
    marked = page.locator("[role=option][aria-selected=true]")
    if name is None:
        expect(marked).to_have_count(0)
        return None
    assert marked.get_attribute("id") == name
    return re.sub(r"\s+", " ", marked.text_content()).strip()


def test_suggestions_are_chosen_by_keyboard(papers, visit, look):
    page = visit("/categories/")
    field(page).focus()
    expect(page.get_by_role("combobox", name="Search the papers", expanded=False)).to_be_visible()
    field(page).press_sequentially("ze")
    assert texts(page) == ["Zebras walk", "Zebras speak", "Zelda Quist 1 paper"]
    expect(field(page)).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#suggested")).to_have_text("3 suggestions")
    look(page, "suggestions")
    page.emulate_media(color_scheme="dark")
    assert violations(page, runOnly=["color-contrast"]) == []
    page.emulate_media(color_scheme="light")
    moves = []
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
        moves.append(chosen(page))
    assert moves == [
        "Zebras walk",
        "Zebras speak",
        "Zebras walk",
        None,
        "Zelda Quist 1 paper",
        None,
    ]
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(field(page)).to_have_attribute("aria-expanded", "false")
    expect(field(page)).to_have_value("ze")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#suggestions")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/papers/2502.00002/$"))


def test_fields_and_their_values_are_completed(papers, visit):
    page = visit("/")
    field(page).press_sequentially("walk cat")
    expect(options(page).first).to_contain_text("category:")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value("walk category:")
    expect(options(page).first).to_contain_text("category:")
    field(page).press_sequentially("rob")
    expect(options(page)).to_have_count(1)
    options(page).first.click()
    expect(field(page)).to_have_value("walk category:Robotics ")
    expect(field(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_have_text(["Zebras walk"])


def test_tab_leaves_the_field_and_its_suggestions(papers, visit):
    page = visit("/")
    field(page).press_sequentially("ze")
    texts(page)
    page.keyboard.press("Tab")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(page.locator("#search button")).to_be_focused()


def test_an_answer_that_comes_late_is_dropped(papers, visit):
    page = visit("/")
    waiting = []
    page.route(re.compile(r"/suggest/\?q=ze$"), lambda route: waiting.append(route))
    field(page).press_sequentially("ze")
    while not waiting:
        page.wait_for_timeout(10)
    field(page).press("Control+a")
    field(page).press_sequentially("oka")
    expect(options(page)).to_have_count(1)
    waiting[0].fulfill(body='<div role="option">Old</div>', content_type="text/html")
    page.wait_for_load_state("networkidle")
    assert "Old" not in texts(page)


def test_recent_searches_stay_on_the_device_until_cleared(papers, visit, log_in):
    page = visit("/")
    for words in ("zebras", "okapis", "zebras"):
        field(page).fill(words)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(rf"/papers/\?q={words}$"))
        page.goto(page.url.partition("/papers")[0])
    field(page).click()
    assert texts(page) == ["zebras", "okapis", "Clear recent searches"]
    options(page).nth(1).click()
    expect(page).to_have_url(re.compile(r"/papers/\?q=okapis$"))
    # Another person on this device sees none of them.
    log_in(page, person("reader"))
    page.goto(page.url.partition("/papers")[0])
    field(page).click()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#suggestions")).to_be_hidden()
    page.context.clear_cookies()
    page.reload()
    field(page).click()
    page.get_by_role("option", name="Clear recent searches").click()
    expect(page.locator("#suggestions")).to_be_hidden()
    page.reload()
    field(page).click()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#suggestions")).to_be_hidden()


def test_own_lists_are_suggested(papers, visit, log_in, look):
    reader = person("reader")
    Library(reader).lists.create("Zebra papers")
    page = visit("/")
    log_in(page, reader)
    page.goto(page.url)
    field(page).press_sequentially("zeb")
    assert texts(page) == ["Zebras walk", "Zebras speak", "Zebra papers"]
    look(page, "suggestions with lists", seen=True)
    page.keyboard.press("ArrowUp")
    assert chosen(page) == "Zebra papers"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Zebra papers")).to_be_visible()


def test_the_field_works_without_a_script(papers, visit):
    page = visit("/", java_script_enabled=False)
    box = page.get_by_role("searchbox", name="Search the papers")
    box.fill("okapis")
    box.press("Enter")
    expect(page.locator(".card h2")).to_have_count(1)
    expect(page.locator("#suggestions")).to_be_hidden()
