"""Without a connection: what was seen is read again, and what is done is sent later."""

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import Bookmark, Note
from tests.accounts.conftest import person
from tests.catalogue import load_once
from tests.samples import digest, row

DAY, PAPER = "/digests/2025-02-06/", "/papers/2502.00001/"
SENT = "What you did without a connection is saved: 1 change."
KEPT = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        if (!name.startsWith("pages ")) continue;
        for (const { url } of await (await caches.open(name)).keys()) {
            found.push(new URL(url).pathname);
        }
    }
    return found.sort();
}"""


@pytest.fixture
def reader(transactional_db):
    """A person with a paper in the library and in a list of theirs."""
    load_once((digest(*(row(n) for n in range(1, 4))), "2025-02-06.json"))
    user = person("reader")
    library = Library(user)
    papers = [*library.accessible.order_by("slug")]
    library.bookmarks.add([papers[2].pk])
    library.lists.open(library.lists.create("Survey").slug).add([papers[2].pk])
    return user


@pytest.fixture
def open_page(visit, log_in, live_server, reader):
    """Opens a page with a service worker that has begun; as the reader, or as a visitor."""

    def open_page(address, user=reader):
        page = visit("/robots.txt", service_workers="allow")
        if user:
            log_in(page, user)
        page.goto(live_server.url + "/")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function("navigator.serviceWorker.controller !== null")
        page.goto(live_server.url + address)
        return page

    return open_page


def until(page, condition):
    """Waits until an expression in the page, a promise, is true."""
    page.evaluate(
        f"""async () => {{
            for (let tries = 0; tries < 400; tries += 1) {{
                if (await ({condition})) return;
                await new Promise((done) => setTimeout(done, 50));
            }}
            throw new Error("not in twenty seconds");
        }}"""
    )


def wait_for(page, *addresses):
    for address in addresses:
        until(page, f"caches.match({address!r}, {{ ignoreVary: true }})")


def cut(page):
    page.context.set_offline(True)


def test_a_day_that_was_seen_is_read_again(open_page, live_server):
    page = open_page(DAY, user=None)
    wait_for(page, DAY)
    page.goto(live_server.url + "/papers/")
    cut(page)
    page.goto(live_server.url + DAY)
    expect(page.get_by_role("link", name="Paper 3")).to_be_visible()
    expect(page.get_by_text("There is no connection. This page is as it was on")).to_be_visible()
    assert (
        page.evaluate("document.querySelector('.masthead').offsetHeight") < 100
    )  # with its styles
    page.goto(live_server.url + "/digests/2025-02-07/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    page.get_by_role("link", name="6 February 2025").first.click()
    assert page.url == live_server.url + DAY


def test_the_library_and_lists_are_there_though_they_were_not_looked_at(
    open_page, live_server, reader
):
    page = open_page(DAY)
    address = Library(reader).lists.owned().get().get_absolute_url()
    wait_for(page, "/library/", "/lists/", address)
    cut(page)
    for each in ("/library/", address):
        page.goto(live_server.url + each)
        expect(page.get_by_role("link", name="Paper 3")).to_be_visible()


def test_a_star_is_sent_when_there_is_a_connection_again(open_page, live_server, reader, meant):
    meant += ["htmx:sendError", "htmx:afterRequest"]
    page = open_page(DAY)
    wait_for(page, DAY)
    cut(page)
    star = page.locator(".cards > li .star").first
    expect(page.get_by_text("There is no connection.")).to_be_visible()
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("1 change waits on this device")).to_be_visible()
    page.goto(live_server.url + DAY)
    expect(star).to_have_attribute("aria-pressed", "true")
    assert Bookmark.objects.count() == 1
    page.context.set_offline(False)
    expect(
        page.get_by_text("What you did without a connection is saved: 1 change.")
    ).to_be_visible()
    assert Bookmark.objects.filter(user=reader, paper__slug="2502.00001").exists()
    assert (
        page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('waiting'))") == []
    )


def test_a_note_is_sent_from_another_page(open_page, live_server, reader):
    page = open_page(PAPER)
    wait_for(page, PAPER, "/library/")
    cut(page)
    expect(page.get_by_text("There is no connection.").first).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true })")
    page.locator("[data-autosave] textarea").fill("Written on a train")
    expect(page.get_by_text("1 change waits on this device")).to_be_visible()
    assert not Note.objects.exists()
    # What a page sends as it goes passes Chromium's cut of the network, at times. The note is then
    # saved, though no answer said so; the next page sends it again.
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(live_server.url + "/library/")
    page.context.set_offline(False)
    expect(
        page.get_by_text("What you did without a connection is saved: 1 change.")
    ).to_be_visible()
    assert Note.objects.get(user=reader).text == "Written on a train"


def test_a_log_out_removes_what_is_personal(open_page, live_server, reader):
    page = open_page("/library/")
    wait_for(page, "/library/", "/lists/")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(live_server.url + "/")
    wait_for(page, "/")
    until(page, f"({KEPT})().then((found) => String(found) === '/')")
    cut(page)
    page.goto(live_server.url + "/library/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()


def test_what_others_share_privately_and_accounts_are_not_kept(open_page, live_server, reader):
    theirs = Library(person("other")).lists
    opened = theirs.open(theirs.create("Theirs").slug)
    opened.invite("reader", "viewer")
    mine = Library(reader).lists
    mine.accept(mine.invitations().get().pk)
    page = open_page("/account/")
    for address in (opened.reading_list.get_absolute_url(), "/papers/", "/api/v1/papers/", DAY):
        page.goto(live_server.url + address)
    wait_for(page, DAY, "/library/", mine.owned().get().get_absolute_url())
    own = mine.owned().get().get_absolute_url()
    kept = set(page.evaluate(KEPT)) - {"/refreshed"}
    assert kept <= {"/", DAY, "/library/", "/lists/", own}


def test_a_new_version_of_the_site_replaces_what_was_kept(open_page, live_server):
    page = open_page(DAY, user=None)
    wait_for(page, DAY)
    page.evaluate("caches.open('pages of an earlier version').then(() => true)")
    page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.getRegistration();
            await registration.unregister();
        }"""
    )
    page.goto(live_server.url + "/papers/")
    until(page, "caches.keys().then((names) => !names.includes('pages of an earlier version'))")
