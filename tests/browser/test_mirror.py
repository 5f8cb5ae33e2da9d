"""A mirror in a browser: read and searched from a folder of a server that has nothing but files."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from digest.catalogue.load import load
from digest.static_site import export_site
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(tmp_path):
    """Gives the address of a mirror, in a folder of a server of files, and its own folder."""
    rows = [
        row(n, title=f"Zebras of herd {n}", summary=f"- A <b>bold</b> point {n}.\n- More.")
        for n in range(1, 28)
    ]
    whale = {"title": "Whales <sing>", "classification": ["Robotics"], "date": "2025-02-07"}
    load(digest(*rows, row(40, **whale, authors="Grace Hopper", github_urls=[])), "a.json")
    folder = tmp_path / "some" / "mirror"
    folder.parent.mkdir()
    export_site(folder)
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/some/mirror", folder
        server.shutdown()
        thread.join()


def test_a_mirror_is_read_and_searched(browser, mirror, look):
    address, folder = mirror
    complaints = []
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda answer: answer.status < 400 or complaints.append(answer.url))
    cards = page.locator("#papers > li")
    found = page.locator("#found")

    page.goto(f"{address}/")
    expect(page).to_have_title("Newest digest, 7 February 2025 · Paper Digest")
    look(page, "a mirror's first page", seen=True)
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("link", name="Whales <sing>").click()
    expect(page.locator("h1")).to_have_text("Whales <sing>")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_text("Cite").click()
    page.get_by_role("button", name="Copy BibTeX").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download .ris").click()
    assert download.value.suggested_filename == "2502.00040.ris"

    # From the field of any page, by keyboard
    page.locator("#q").fill("whale")
    page.keyboard.press("Enter")
    expect(found).to_have_text("1 paper, best match first")
    expect(cards).to_have_count(1)
    expect(cards.locator("h2")).to_have_text("Whales <sing>")
    expect(cards.locator(".authors")).to_have_text("Grace Hopper")
    expect(cards.locator("time")).to_have_text("7 Feb 2025")
    assert page.url == f"{address}/papers/index.html?q=whale"

    # While one types; the text of a paper stays text
    page.locator("#q").fill("bold")
    expect(found).to_have_text("27 papers, best match first")
    expect(cards.first.locator("mark").first).to_have_text("<b>bold</b>")
    look(page, "a mirror's search")
    page.get_by_role("button", name="Show more").click()
    expect(cards).to_have_count(27)
    expect(cards.nth(25).locator("h2 a")).to_be_focused()

    # Filters, and back
    page.locator("#q").fill("")
    expect(found).to_have_text("28 papers, newest first")
    expect(cards.first.locator("h2")).to_have_text("Whales <sing>")
    page.get_by_label("Category").select_option(label="Robotics")
    expect(found).to_have_text("1 paper, newest first")
    assert page.url.endswith("/papers/index.html?category=robotics")
    page.get_by_role("link", name="Remove filter Robotics").click()
    expect(found).to_have_text("28 papers, newest first")
    page.go_back()
    expect(found).to_have_text("1 paper, newest first")
    expect(page.get_by_label("Category")).to_have_value("robotics")
    for query, count in [
        ("has=code&date_to=2025-02-06", "27 papers"),
        ("date_from=2025-02-07", "1 paper"),
        ("date_from=2025-02-07&has=code", "No paper matches"),
        ("not_category=robotics", "27 papers"),
        ("area=natural-language-processing&order=newest&q=herd", "27 papers"),
    ]:
        page.goto(f"{address}/papers/?{query}")
        expect(page.locator("#status")).to_have_text(count)
    page.goto(f"{address}/papers/?author=ada-lovelace")
    expect(page.locator("#problems")).to_have_text(
        "author: this copy has no such filter. It was left out."
    )
    assert complaints == []

    # Without JavaScript, and without a server
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(f"{address}/papers/")
    expect(plain.get_by_text("The search needs JavaScript")).to_be_visible()
    assert not plain.locator("#results").is_visible()
    plain.goto((folder / "index.html").as_uri())
    plain.get_by_role("link", name="Archive").click()
    plain.get_by_role("link", name="6 February 2025").click()
    plain.get_by_role("link", name="Zebras of herd 3", exact=True).click()
    expect(plain.locator("h1")).to_have_text("Zebras of herd 3")
    page.context.close()
    plain.context.close()
