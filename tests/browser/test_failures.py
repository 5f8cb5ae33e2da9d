"""A day on which everything fails: whatever a person does, it is said beside what they used that it
is not done, and how to go on; nothing is lost, nothing is done twice, and nothing looks done."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import Bookmark, Dismissal, ListItem, ReadDigest, ReadingList, Report, User
from digest.models import Paper
from tests.browser.look import AXE, NARROW, sticking_out
from tests.catalogue import load_once
from tests.samples import digest, row

DIGEST, PAPER, LIST = "/digests/2025-02-06/", "/papers/2502.00001/", "list"
READABLE = 240  # pixels
COMMENT = "It *works*, says the appendix"


@pytest.fixture
def stranger(transactional_db):
    return User.objects.create_user("stranger")


@pytest.fixture
def meant(meant):
    return [
        *meant,
        "status of (400|401|403|429|500|503)",
        "ERR_FAILED",
        "htmx:(afterRequest|sendError)",
    ]


@pytest.fixture
def owner(transactional_db):
    """Somebody with a bookmark, and a list of two of the three papers."""
    load_once((digest(*(row(number) for number in range(1, 4))), "2025-02-06.json"))
    owner = User.objects.create_user("owner")
    papers = [paper.pk for paper in Paper.objects.order_by("position")]
    library = Library(owner)
    library.bookmarks.add(papers[:1])
    library.lists.open(library.lists.create("Survey").slug).add(papers[:2])
    return owner


@pytest.fixture
def open_page(visit, log_in, live_server, owner):
    def open_page(address, width=1280):
        page = visit("/robots.txt", width)
        log_in(page, owner)
        if address == LIST:
            address = ReadingList.objects.get().get_absolute_url()
        page.goto(live_server.url + address)
        return page

    return open_page


def answering(code):
    return lambda route: route.fulfill(status=code, body="")


def item(page, number):
    return page.locator("#items li", has=page.get_by_role("link", name=f"Paper {number}"))


def star(page):
    page.locator(".cards > li").nth(1).get_by_role("button", name="Bookmark", exact=True).click()


def status(page):
    page.get_by_role("button", name="Read", exact=True).click()


def dismiss(page):
    page.locator(".cards > li").nth(2).get_by_role("button", name="Not interested").click()


def move(page):
    page.get_by_role("button", name="Up “Paper 2”").click()


def drag(page):
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 2400})  # no scrolling
    item(page, 2).locator(".grip").hover()
    page.mouse.down()
    box = item(page, 1).bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] * 0.2, steps=5)
    page.mouse.up()


def remove(page):
    page.get_by_role("button", name="Remove “Paper 2”").click()


def comment(page):
    item(page, 2).locator("details.edit").evaluate("(details) => { details.open = true }")
    item(page, 2).get_by_label("Comment").fill(COMMENT)
    item(page, 2).get_by_role("button", name="Save").click()


def add(page):
    page.get_by_text("Add papers").click()
    page.get_by_label("arXiv ids or addresses").fill("2502.00003")
    page.get_by_role("button", name="Add", exact=True).click()


def new_list(page):
    page.get_by_placeholder("Name of a new list").fill("Another")
    page.get_by_role("button", name="Create", exact=True).click()


def report(page):
    page.locator(".report").evaluate("(details) => { details.open = true }")
    page.get_by_label("What is wrong").select_option(index=1)
    page.get_by_label("How it should be").fill(COMMENT)
    page.get_by_role("button", name="Tell the curators").click()


def read(page):
    page.get_by_role("button", name="Mark as read").click()


def bulk(page):
    page.get_by_label("Choose Paper 1").check()
    page.get_by_role("button", name="Reading", exact=True).click()


def order():
    return [*ListItem.objects.order_by("position").values_list("paper__position", flat=True)]


ACTIONS = [
    (star, DIGEST, lambda: Bookmark.objects.count() == 2),
    (status, PAPER, lambda: Bookmark.objects.get().status == "read"),
    (dismiss, DIGEST, lambda: Dismissal.objects.count() == 1),
    (move, LIST, lambda: order() == [2, 1]),
    (drag, LIST, lambda: order() == [2, 1]),
    (remove, LIST, lambda: order() == [1]),
    (comment, LIST, lambda: ListItem.objects.filter(comment=COMMENT).exists()),
    (add, LIST, lambda: order() == [1, 2, 3]),
    (new_list, PAPER, lambda: ReadingList.objects.count() == 2),
    (report, PAPER, lambda: Report.objects.filter(comment=COMMENT).exists()),
    (read, DIGEST, lambda: ReadDigest.objects.count() == 1),
    (bulk, "/library/", lambda: Bookmark.objects.get().status == "reading"),
]
BY_EACH_WAY = {star, drag, comment, bulk}
"""By a form, by a script, by a form with what was typed, and by one for many papers: these fail for
each reason. The others are sent in the same ways, and are cut off."""


@pytest.mark.parametrize(("act", "address", "done"), ACTIONS)
def test_what_fails_is_said_and_is_done_once_it_can_be(
    open_page, log_in, owner, act, address, done, pytestconfig
):
    page = open_page(address)
    fault = page.locator(".fault")
    again = fault.get_by_role("button", name="Try again")

    page.context.set_offline(True)
    act(page)
    expect(fault).to_contain_text("There is no connection: nothing was changed.")
    assert fault.bounding_box()["width"] > READABLE
    page.context.set_offline(False)
    expect(page.get_by_role("button", name="Bookmarked")).to_have_count(1)
    assert not done()
    if act in BY_EACH_WAY or pytestconfig.getoption("thorough"):
        fail_again(page, log_in, owner, again, done)
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and answer.status < 400
    ):
        again.click()
    expect(fault).to_have_count(0)
    assert done()


def fail_again(page, log_in, owner, again, done):
    """The site fails, and is busy; the person is logged out, and in again."""
    fault = page.locator(".fault")
    for code, said in ((500, "The site failed"), (503, "The site is busy")):
        page.route("**", answering(code), times=1)
        again.click()
        expect(fault).to_contain_text(said)

    Session.objects.all().delete()
    again.click()
    expect(fault).to_contain_text("You are logged out: nothing was changed.")
    expect(fault.get_by_role("link", name="Log in")).to_be_visible()
    expect(page.get_by_role("button", name="Bookmarked")).to_have_count(1)
    assert not done()

    log_in(page, owner)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(fault).to_contain_text("You are logged in again: nothing was changed.")
    assert not done()


def test_a_page_that_is_older_than_the_log_in_goes_on_by_itself(open_page, log_in, owner):
    page = open_page(DIGEST)
    log_in(page, owner)
    star(page)
    expect(page.get_by_role("button", name="Bookmarked")).to_have_count(2)
    log_in(page, owner)
    read(page)
    expect(page.get_by_role("button", name="Mark as new")).to_be_visible()
    assert page.locator(".fault").count() == 0


def test_nothing_is_done_for_another_who_is_logged_in_now(open_page, log_in, stranger):
    page = open_page(DIGEST)
    log_in(page, stranger)
    star(page)
    read(page)
    said = "Somebody else is logged in now: nothing was changed. Reload"
    expect(page.locator(".fault")).to_have_text([said, said])
    expect(page.get_by_role("button", name="Bookmarked")).to_have_count(1)
    assert (Bookmark.objects.count(), ReadDigest.objects.count()) == (1, 0)
    page.get_by_role("button", name="Reload").first.click()
    expect(page.get_by_role("link", name="stranger")).to_be_visible()


def test_what_may_have_been_done_is_not_said_to_be_undone(open_page):
    page = open_page(DIGEST)

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/mark/", lose, times=1)
    star(page)
    fault = page.locator(".fault")
    expect(fault).to_contain_text("The site does not answer: this may not be done.")
    page.locator(".star", has_text="Bookmark").nth(1).focus()
    fault.get_by_role("button", name="Try again").press("Enter")
    expect(page.get_by_role("button", name="Bookmarked")).to_have_count(2)
    expect(page.locator(":focus")).to_have_text("★ Bookmarked")
    # What the site says of a form is said as it says it.
    card = page.locator(".cards > li").nth(2)
    card.locator("[name=paper]").evaluate("(field) => { field.value = '2502.99999' }")
    card.get_by_role("button", name="Bookmark", exact=True).click()
    expect(fault).to_contain_text("There is no paper 2502.99999 here: nothing was changed.")


def test_the_log_in_leads_back_and_leaves_what_was_typed_where_it_is(open_page):
    page = open_page(PAPER)
    Session.objects.all().delete()
    status(page)
    log_in = page.locator(".fault").get_by_role("link", name="Log in")
    expect(log_in).to_have_attribute("href", "/account/login/?next=%2Fpapers%2F2502.00001%2F")
    assert log_in.get_attribute("target") == ""
    report(page)
    expect(page.locator(".fault")).to_have_count(2)
    assert log_in.last.get_attribute("target") == "_blank"
    expect(page.get_by_label("How it should be")).to_have_value(COMMENT)


def test_a_search_that_fails_shows_no_other_papers(open_page):
    page = open_page("/papers/")
    field = page.get_by_label("Search the papers", exact=True)
    page.context.set_offline(True)
    field.fill("Paper 2")
    said = page.locator("#faults")
    expect(said).to_contain_text("There is no connection: nothing was loaded.")
    page.get_by_role("link", name="code", exact=True).click()
    expect(page.locator(".facets .fault")).to_contain_text("There is no connection")
    assert page.url.endswith("/papers/")
    page.context.set_offline(False)
    said.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("status")).to_have_text("1 paper")
    expect(page.locator(".fault")).to_have_count(0)
    # Where the page gone back to does not come, its address does not stand over another's papers.
    page.context.set_offline(True)
    page.go_back(wait_until="commit")
    expect(page.locator("#results")).to_have_count(0)
    page.context.set_offline(False)


def test_what_is_said_fits_and_can_be_read(open_page):
    Session.objects.all().delete()
    for address, acts in (
        (DIGEST, [star, dismiss, read]),
        (LIST, [move, remove, comment, add, drag]),
        ("/library/", [bulk]),
        (PAPER, [status, new_list, report]),
    ):
        page = open_page(address, NARROW)
        page.route("**", answering(429))
        for number, act in enumerate(acts, start=1):
            act(page)
            expect(page.locator(".fault")).to_have_count(number)
        assert sticking_out(page) == [0, []], address
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("axe.run('.fault').then((all) => all.violations)")
        assert [each["id"] for each in found] == []
