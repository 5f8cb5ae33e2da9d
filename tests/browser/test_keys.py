"""The keys of lists and pages."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import Bookmark, Dismissal, User
from tests.browser.look import AXE, NARROW, sticking_out, violations
from tests.catalogue import load_once
from tests.samples import digest, row

DAY, PAPER = "/digests/2025-02-06/", "/papers/2502.00001/"


@pytest.fixture
def library(transactional_db):
    load_once(
        (digest(row(31, date="2025-02-05")), "2025-02-05.json"),
        (digest(*(row(number) for number in range(1, 21))), "2025-02-06.json"),
        (digest(row(32, date="2025-02-07")), "2025-02-07.json"),
    )
    library = Library(User.objects.create_user("owner"))
    library.lists.create("Survey")
    return library


@pytest.fixture
def open_page(visit, log_in, live_server, library):
    def open_page(address, width=1280, **options):
        page = visit("/robots.txt", width, **options)
        log_in(page, library.user)
        page.goto(live_server.url + address)
        return page

    return open_page


def press(page, keys):
    for key in keys:
        page.keyboard.press(key)


def current(page):
    return page.locator(".cards > li[aria-current=true]")


def at(page, number):
    """Waits until the card of this paper is the current one."""
    expect(current(page).locator("h2")).to_have_text(f"Paper {number}")
    expect(page.get_by_role("link", name=f"Paper {number}", exact=True)).to_be_focused()


def test_j_and_k_mark_a_card_wholly_in_sight_and_below_what_sticks(open_page):
    page = open_page(DAY)
    page.evaluate(
        """() => {
            const { style } = document.querySelector(".masthead");
            Object.assign(style, { position: "sticky", top: 0, background: "white", zIndex: 3 });
        }"""
    )
    for number in range(1, 21):
        press(page, "j")
        at(page, number)
        top, bottom, above, below = page.evaluate(
            """() => {
                const [card, masthead] = [".cards > [aria-current]", ".masthead"].map(
                    (part) => document.querySelector(part).getBoundingClientRect());
                return [card.top, card.bottom, masthead.bottom, innerHeight];
            }"""
        )
        assert above <= top < bottom <= below, number
    press(page, "jk")
    at(page, 19)
    page.evaluate("scrollTo(0, 0)")
    press(page, "j")  # from what is on the screen
    at(page, 1)


def test_what_keys_do_with_a_card(open_page):
    page = open_page(DAY)
    press(page, "jj")
    at(page, 2)
    press(page, "b")
    expect(current(page).get_by_role("button", name="Bookmarked")).to_be_visible()
    assert Bookmark.objects.get().paper.position == 2
    press(page, "e")
    expect(current(page).locator(".card > details")).to_have_attribute("open", "")
    press(page, "e")
    expect(current(page).locator(".card > details")).not_to_have_attribute("open", "")
    press(page, "ji")
    at(page, 4)
    assert Dismissal.objects.get().paper.position == 3
    press(page, "ki")  # shown again
    at(page, 3)
    assert not Dismissal.objects.exists()
    press(page, "o")
    expect(page.get_by_role("heading", level=1)).to_have_text("Paper 3")


@pytest.mark.parametrize("address", [DAY, PAPER])
def test_i_says_that_a_bookmarked_paper_is_not_dismissed(open_page, address):
    page = open_page(address)
    press(page, "jb" if address == DAY else "b")
    expect(page.get_by_role("button", name="Bookmarked")).to_be_visible()
    press(page, "i")
    why = page.get_by_role("alert")
    expect(why).to_contain_text("It is bookmarked: press b to remove the bookmark")
    assert not Dismissal.objects.exists()
    press(page, "b")
    expect(page.get_by_role("button", name="Bookmarked")).to_have_count(0)
    expect(why).to_have_count(0)
    press(page, "i")
    expect(page.get_by_text("Not interested:")).to_be_visible()
    assert Dismissal.objects.get().paper.position == 1


def test_s_l_and_n_lead_into_the_menu_and_type_nothing(open_page):
    page = open_page(DAY)
    press(page, "js")
    menu = page.locator(".file-menu")
    expect(menu.get_by_role("button", name="To read")).to_be_focused()
    press(page, "l")
    expect(menu.get_by_role("button", name="Survey")).to_be_focused()
    press(page, "n")
    field = menu.get_by_label("Note", exact=True)
    expect(field).to_be_focused()
    press(page, "jb?/g")  # typed, and nothing else
    expect(field).to_have_value("jb?/g")
    assert page.locator("dialog").count() == 0
    expect(menu.locator(".note-form [role=status]")).to_have_text("Saved")
    press(page, ["Escape"])
    expect(menu).to_have_count(0)
    assert not Bookmark.objects.exists()
    press(page, "jn")
    expect(field).to_be_focused()
    expect(field).to_have_value("")


def test_keys_of_a_papers_page(open_page):
    page = open_page(PAPER)
    press(page, "b")
    expect(page.get_by_role("button", name="Bookmarked")).to_be_visible()
    press(page, "s")
    expect(page.get_by_role("button", name="To read")).to_be_focused()
    press(page, "l")
    expect(page.locator("#lists").get_by_role("button", name="Survey")).to_be_focused()
    press(page, "n")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    press(page, "]")
    expect(page.get_by_role("heading", level=1)).to_have_text("Paper 2")


def test_days_and_places(open_page, live_server):
    page = open_page(DAY)
    for key, address in (
        ("[", "/digests/2025-02-05/"),
        ("]", DAY),
        ("]", "/digests/2025-02-07/"),
        ("gd", "/"),
        ("gn", "/library/unread/"),
        ("gl", "/library/"),
        ("gp", "/papers/"),
    ):
        press(page, key)
        page.wait_for_url(live_server.url + address)
        page.wait_for_load_state()
    press(page, "/")
    expect(page.get_by_label("Search the papers", exact=True)).to_be_focused()


def test_u_marks_the_day_as_read(open_page):
    page = open_page(DAY)
    press(page, "u")
    expect(page.get_by_role("button", name="Mark as new")).to_be_visible()


def test_u_marks_the_day_of_the_current_paper_as_read(open_page, library):
    for day in (5, 7):
        library.digests.mark_unread(date(2025, 2, day))
    page = open_page("/library/unread/?order=oldest")
    days = page.locator(".new-day header time")
    expect(days).to_have_text([re.compile("5 February 2025"), re.compile("7 February 2025")])
    press(page, "j")
    at(page, 31)
    press(page, "j")
    at(page, 32)
    press(page, "u")
    expect(days).to_have_text([re.compile("5 February 2025")])


def test_modifiers_and_fields_are_left_alone(open_page):
    page = open_page(DAY)
    press(page, "j")
    at(page, 1)
    for keys in ("Control+b", "Alt+b", "Meta+b", "Shift+B", "Control+j"):
        press(page, [keys])
    at(page, 1)
    page.get_by_label("Search the papers", exact=True).fill("")
    page.get_by_label("Search the papers", exact=True).press_sequentially("jb?e")
    expect(page.get_by_label("Search the papers", exact=True)).to_have_value("jb?e")
    assert not Bookmark.objects.exists()


@pytest.mark.parametrize("who", ["member", "visitor"])
def test_the_sheet_names_the_keys_and_switches_them_off(
    open_page, visit, live_server, library, who
):
    page = open_page(DAY) if who == "member" else visit(DAY)
    press(page, "?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet.get_by_role("row", name="b bookmark it, or not any more")).to_be_visible()
    press(page, "jj")
    assert current(page).count() == 0
    if who == "member":  # to both it is the same
        page.evaluate(AXE)
        assert violations(page) == []
    sheet.get_by_role("button", name="Switch them off").click()
    expect(sheet).to_contain_text("Single keys are off.")
    press(page, ["Escape"])
    expect(sheet).to_be_hidden()
    for _ in range(2):
        press(page, "jg?/")
        assert current(page).count() == page.locator("dialog[open]").count() == 0
        page.reload()
    library.user.refresh_from_db()
    assert library.user.single_keys == (who == "visitor")
    # The link is there without them, and so is the way back.
    page.get_by_role("link", name="Keys: ?").first.click()
    sheet.get_by_role("button", name="Switch them on").click()
    expect(sheet).to_contain_text("Single keys are on.")
    sheet.get_by_role("button", name="Close").click()
    press(page, "j")
    at(page, 1)
    assert page.url == live_server.url + DAY


def test_the_sheet_is_a_page_without_a_script(visit, live_server, library):
    page = visit(DAY, NARROW, java_script_enabled=False)
    page.get_by_role("link", name="Keys: ?").last.click()
    assert page.url == live_server.url + "/keys/"
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")


def test_the_sheet_fits_where_it_is_a_page(open_page, look):
    page = open_page("/keys/")
    look(page, "keys")
    page.get_by_role("button", name="Switch them off").click()
    expect(page.locator(".single-keys")).to_contain_text("Single keys are off.")
    assert not User.objects.get().single_keys
    page.set_viewport_size({"width": 320, "height": 700})
    assert sticking_out(page) == [0, []]
