"""Keeping and filing papers where they are read: nothing of it loads another page."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import Bookmark, Dismissal, ListItem, Note, ReadingList, User
from tests.browser.look import AXE, NARROW, sticking_out, violations
from tests.catalogue import load_once
from tests.samples import digest, row

DAY, PAPER = "/digests/2025-02-06/", "/papers/2502.00001/"


@pytest.fixture
def library(transactional_db):
    load_once((digest(*(row(number) for number in range(1, 5))), "2025-02-06.json"))
    library = Library(User.objects.create_user("owner"))
    library.lists.create("Survey")
    return library


@pytest.fixture
def open_page(visit, log_in, live_server, library):
    def open_page(address, width=1280, **options):
        page = visit("/robots.txt", width, **options)
        log_in(page, library.user)
        page.goto(live_server.url + address)
        page.evaluate("window.here = true")
        return page

    return open_page


def card(page, number):
    return page.locator(".cards > li").nth(number - 1)


def open_menu(page, number):
    link = card(page, number).get_by_role("link", name="Lists and note")
    link.click()
    expect(link).to_have_attribute("aria-expanded", "true")  # its script has come as well
    return card(page, number).locator(".file-menu")


def focused(page):
    return page.evaluate("document.activeElement.innerText.trim()")


def listed():
    return [*ListItem.objects.values_list("paper__position", flat=True)]


@pytest.mark.parametrize("density", ["titles", "brief", "full"])
def test_a_paper_of_no_interest_is_a_line_and_the_next_one_is_at_hand(open_page, library, density):
    User.objects.update(density=density)
    page = open_page(DAY)
    card(page, 2).get_by_role("button", name="Not interested").click()
    expect(card(page, 2).locator(".card")).to_have_count(0)
    expect(page.get_by_text("Paper 2", exact=True)).to_have_count(1)
    assert card(page, 2).bounding_box()["height"] < 60
    assert focused(page) == "Paper 3"
    assert Dismissal.objects.get().paper.position == 2

    card(page, 2).get_by_role("button", name="Show again").click()
    expect(card(page, 2).locator(".card")).to_have_count(1)
    expect(card(page, 2).get_by_role("link", name="Paper 2", exact=True)).to_have_count(1)
    assert not Dismissal.objects.exists()
    assert page.evaluate("window.here")


def test_a_paper_is_kept_listed_and_noted_in_its_menu_and_each_is_undone(open_page, library):
    page = open_page(DAY)
    menu = open_menu(page, 2)
    said = menu.get_by_role("status").first
    expect(menu).to_be_focused()

    menu.get_by_role("button", name="Reading", exact=True).click()
    expect(said).to_contain_text("“Paper 2” is marked as reading.")
    expect(menu.get_by_role("button", name="Reading", pressed=True)).to_be_focused()
    expect(card(page, 2).get_by_role("button", name="Bookmarked")).to_be_visible()
    assert Bookmark.objects.get().status == "reading"
    menu.get_by_role("button", name="Undo").first.click()
    expect(said).to_contain_text("Undone.")
    expect(card(page, 2).get_by_role("button", name="Bookmark", exact=True)).to_be_visible()
    assert not Bookmark.objects.exists()

    menu.get_by_role("button", name="Survey").click()
    expect(said).to_contain_text("“Paper 2” is in the list “Survey”.")
    expect(menu.get_by_role("button", name="Survey", pressed=True)).to_be_focused()
    assert listed() == [2]
    menu.get_by_role("button", name="Undo").first.click()
    expect(menu.get_by_role("button", name="Survey", pressed=False)).to_be_visible()
    assert listed() == []
    menu.get_by_role("button", name="Survey").click()
    menu.get_by_role("button", name="Survey", pressed=True).click()
    expect(said).to_contain_text("“Paper 2” is no longer in the list “Survey”.")
    menu.get_by_role("button", name="Undo").first.click()
    expect(menu.get_by_role("button", name="Survey", pressed=True)).to_be_visible()
    assert listed() == [2]

    menu.get_by_label("Name of a new list").fill("Methods")
    menu.get_by_role("button", name="Create").click()
    expect(said).to_contain_text("“Paper 2” is in the new list “Methods”.")
    menu.get_by_role("button", name="Undo").first.click()
    expect(said).to_contain_text("Undone.")
    assert ReadingList.objects.get().name == "Survey"

    menu.get_by_label("Note", exact=True).fill("Their $x^2$.")
    expect(menu.locator(".note-form [role=status]")).to_have_text("Saved")
    expect(card(page, 2).get_by_role("link", name="Your note")).to_have_count(1)
    assert Note.objects.get().text == "Their $x^2$."
    menu.locator(".note-form").get_by_role("button", name="Undo").click()
    expect(card(page, 2).get_by_role("link", name="Your note")).to_have_count(0)
    assert not Note.objects.exists()

    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(card(page, 2).get_by_role("link", name="Lists and note")).to_be_focused()
    assert page.evaluate("window.here")


def test_one_menu_is_open_at_a_time_and_costs_one_request(open_page):
    page = open_page(DAY)
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/library/")[2]))
    open_menu(page, 1).wait_for()
    assert [address for address in asked if "static" not in address] == ["menu/2502.00001/"]
    menu = open_menu(page, 3)
    expect(card(page, 3).locator(".file-menu")).to_have_count(1)
    expect(card(page, 1).get_by_role("link", name="Lists and note")).not_to_have_attribute(
        "aria-expanded", "true"
    )
    link = card(page, 3).get_by_role("link", name="Lists and note")
    expect(link).to_have_attribute("aria-expanded", "true")
    link.click()
    expect(menu).to_have_count(0)
    open_menu(page, 3).get_by_role("button", name="Close").click()
    expect(menu).to_have_count(0)


def test_a_note_that_is_not_saved_keeps_its_menu_open(open_page, meant):
    page = open_page(DAY)
    menu = open_menu(page, 1)
    page.context.set_offline(True)
    menu.get_by_label("Note", exact=True).fill("Not yet")
    page.keyboard.press("Escape")
    expect(menu.locator(".note-form [role=status]")).to_contain_text(
        "Not saved: there is no connection."
    )
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(menu).to_have_count(0)
    assert Note.objects.get().text == "Not yet"


def test_a_note_whose_menu_was_closed_is_saved_when_one_is_logged_in_again(
    open_page, meant, log_in, library
):
    meant.append("status of 40[13]")
    page = open_page(DAY)
    menu = open_menu(page, 1)
    Session.objects.all().delete()
    menu.get_by_label("Note", exact=True).fill("Not yet")
    out = menu.locator(".note-form [role=status]")
    expect(out).to_contain_text("Not saved: you are logged out.")
    page.keyboard.press("Escape")  # asks once more
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    log_in(page, library.user)
    with page.expect_response(lambda answer: "/notes/" in answer.url and answer.ok):
        page.evaluate("dispatchEvent(new Event('focus'))")
    assert Note.objects.get().text == "Not yet"


def test_a_note_is_left_to_the_menu_that_was_opened_last(open_page):
    page = open_page(DAY)
    menu = open_menu(page, 1)
    page.context.set_offline(True)
    menu.get_by_label("Note", exact=True).fill("Not yet")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    page.context.set_offline(False)
    menu = open_menu(page, 1)
    note = menu.get_by_label("Note", exact=True)
    expect(note).to_have_value("Not yet")
    note.fill("Not yet, and more")
    expect(menu.locator("[data-unsaved]")).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(menu.locator(".note-other")).to_be_hidden()
    assert Note.objects.get().text == "Not yet, and more"


def test_what_fails_in_a_menu_is_said_in_it(open_page, meant):
    meant += ["status of 400", "htmx:(afterRequest|sendError)"]
    page = open_page(DAY)
    page.context.set_offline(True)
    card(page, 1).get_by_role("link", name="Lists and note").click()
    fault = card(page, 1).locator(".fault")
    expect(fault).to_contain_text("There is no connection: nothing was loaded.")
    page.context.set_offline(False)
    fault.get_by_role("button", name="Try again").click()
    menu = page.locator(".file-menu")
    expect(fault).to_have_count(0)
    page.context.set_offline(True)
    menu.get_by_role("button", name="Survey").click()
    expect(menu.locator(".fault")).to_contain_text("There is no connection: nothing was changed.")
    expect(menu.get_by_role("button", name="Survey", pressed=False)).to_be_visible()
    page.context.set_offline(False)
    menu.get_by_label("Name of a new list").fill("Survey")
    menu.get_by_role("button", name="Create").click()
    expect(menu.locator(".fault").last).to_contain_text("There is a list “Survey” already")
    assert ReadingList.objects.count() == 1


def test_a_papers_page_has_the_same_in_place(open_page):
    page = open_page(PAPER)
    lists = page.locator("#lists")
    lists.get_by_role("button", name="Survey").click()
    expect(lists.locator("li", has_text="Survey").last).to_be_visible()
    assert listed() == [1]
    lists.get_by_role("button", name="Undo").click()
    expect(lists.get_by_text("Not in any list yet.")).to_be_visible()
    assert listed() == []
    assert page.evaluate("window.here")


def test_without_a_script_the_menu_is_the_papers_page(open_page, visit, log_in, live_server):
    page = visit("/robots.txt", java_script_enabled=False)
    log_in(page, User.objects.get())
    page.goto(live_server.url + DAY)
    card(page, 1).get_by_role("link", name="Lists and note").click()
    assert page.url == live_server.url + PAPER + "#note"
    page.get_by_role("button", name="Survey").click()
    expect(page.get_by_text("“Paper 1” is in the list “Survey”.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Not in any list yet.")).to_be_visible()
    assert page.url == live_server.url + PAPER


@pytest.mark.parametrize("density", ["titles", "brief", "full"])
def test_a_menu_fits_and_is_accessible(open_page, library, density):
    User.objects.update(density=density)
    for number in range(9):
        library.lists.create(f"List {number} with quite a long name that wraps")
    page = open_page(DAY, NARROW)
    menu = open_menu(page, 1)
    menu.get_by_text("More lists").click()
    menu.get_by_role("button", name="Survey").click()
    expect(menu.get_by_role("button", name="Survey", pressed=True)).to_be_visible()
    menu.get_by_text("More lists").click()
    assert sticking_out(page) == [0, []]
    page.evaluate(AXE)
    assert violations(page) == []
