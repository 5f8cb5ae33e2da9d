"""Going back in the browser: a page shows a person's marks as they are now."""

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import Note, User
from digest.models import Paper
from tests.catalogue import load_once
from tests.samples import digest, row

DIGEST, PAPER = "/digests/2025-02-06/", "/papers/2502.00001/"
FROM_MEMORY = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"


@pytest.fixture
def owner(transactional_db):
    load_once((digest(*(row(number) for number in range(1, 4))), "2025-02-06.json"))
    return User.objects.create_user("owner")


@pytest.fixture
def open_page(visit, log_in, live_server, owner):
    def open_page(address):
        page = visit("/papers/")
        log_in(page, owner)
        page.goto(live_server.url + address)
        return page

    return open_page


def test_marks_are_todays(open_page):
    page = open_page(DIGEST)
    card = page.locator(".cards > li").first
    card.get_by_role("button", name="Bookmark", exact=True).click()
    expect(card.get_by_role("button", name="Bookmarked")).to_be_visible()
    card.get_by_role("link", name="Paper 1").click()
    page.get_by_role("button", name="Reading", exact=True).click()
    expect(page.get_by_role("button", name="Reading", pressed=True)).to_be_visible()
    page.get_by_label("Name of a new list").fill("Survey")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator("#lists > ul > li")).to_have_text("Survey")
    page.get_by_role("link", name="Paper 2", exact=True).click()
    page.go_back()
    expect(page.locator("#lists > ul > li")).to_have_text("Survey")
    while not page.url.endswith(DIGEST):
        page.go_back()
    expect(card.locator(".status")).to_have_text("reading")
    # What is put in place can be used.
    card.get_by_role("button", name="Bookmarked").click()
    expect(card.get_by_role("button", name="Bookmark", exact=True)).to_be_visible()
    assert page.locator(".fault").count() == 0


def test_the_note_is_todays(open_page):
    page = open_page(PAPER)
    page.locator(".note summary").click()
    page.get_by_label("Note", exact=True).fill("first")
    expect(page.locator(".note [role=status]")).to_have_text("Saved")
    page.get_by_role("link", name="Paper 2", exact=True).click()
    page.go_back()
    expect(page.locator("#note-shown")).to_have_text("first")
    page.locator(".note summary").click()
    expect(page.get_by_label("Note", exact=True)).to_have_value("first")
    page.get_by_label("Note", exact=True).fill("second")
    expect(page.locator(".note [role=status]")).to_have_text("Saved")
    assert Note.objects.get().text == "second"


def test_a_page_from_the_browsers_memory_is_made_anew(open_page, owner, log_in, meant):
    page = open_page(DIGEST)
    papers = [paper.pk for paper in Paper.objects.order_by("position")]
    bookmarks = Library(owner).bookmarks
    bookmarks.add(papers[:1])
    page.locator(".star").first.focus()
    page.evaluate(FROM_MEMORY)
    expect(page.get_by_role("button", name="Bookmarked")).to_have_count(1)
    expect(page.locator(":focus")).to_have_text("★ Bookmarked")
    bookmarks.dismiss(papers[1:2])
    page.evaluate(FROM_MEMORY)
    expect(page.get_by_text("Not interested:")).to_have_count(1)

    # Where it does not come, what is shown is said to be old.
    meant.append("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.evaluate(FROM_MEMORY)
    said = "There is no connection: what is marked here may be older. Try again"
    expect(page.locator(".head .fault")).to_have_text(said)
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".fault")).to_have_count(0)

    # Nobody sees the marks of whoever was here before.
    log_in(page, User.objects.create_user("stranger"))
    page.evaluate(FROM_MEMORY)
    expect(page.get_by_role("link", name="stranger")).to_be_visible()
    expect(page.get_by_role("button", name="Bookmarked")).to_have_count(0)
