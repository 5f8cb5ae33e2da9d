"""The page of a paper in a browser: where what one does with it stands."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from digest.catalogue.load import load
from tests.catalogue import load_once
from tests.samples import digest, row

PAPER = "/papers/2502.00001/"


@pytest.fixture
def page(transactional_db, visit, log_in, live_server):
    """A paper with a long summary, as somebody who is logged in sees it."""
    points = "\n".join(
        f"- Point {n} is a sentence of some words, as points are." for n in range(30)
    )
    load_once((digest(row(1, summary=points), row(2)), "a.json"))
    page = visit("/")
    log_in(page, User.objects.create_user("owner", "owner@example.org"))
    page.goto(live_server.url + PAPER)
    return page


def top(page, selector):
    return page.locator(selector).bounding_box()["y"]


def test_note_and_lists_stand_beside_the_summary(page, look):
    summary = page.locator("section:has(> #summary)").bounding_box()
    mine = page.locator(".mine").bounding_box()
    assert mine["y"] == summary["y"]
    assert mine["x"] >= summary["x"] + summary["width"]
    links = page.locator("#links").bounding_box()
    assert links["x"] == mine["x"]
    assert mine["y"] + mine["height"] <= links["y"] <= mine["y"] + mine["height"] + 80
    assert top(page, "#digests") > summary["y"] + summary["height"]
    look(page, "a paper of a person")


def test_on_a_phone_they_come_before_it_and_are_short(page):
    page.set_viewport_size({"width": 360, "height": 780})
    mine = page.locator(".mine").bounding_box()
    assert top(page, ".paper .head") < mine["y"] < top(page, "#summary")
    assert mine["height"] < 220
    assert top(page, "#summary") < top(page, "#links")


def test_a_style_is_chosen_without_javascript(transactional_db, visit):
    load(digest(row(1)), "a.json")
    page = visit(PAPER, java_script_enabled=False)
    page.get_by_text("Cite").click()
    assert page.locator("#cite-style-text").text_content().startswith("Lovelace, A., & Turing")
    page.get_by_role("link", name="IEEE").click()
    shown = page.locator("#cite-style-text")
    assert shown.is_visible()
    assert shown.text_content().startswith("A. Lovelace and A. Turing, “Paper 1,”")
    assert page.locator("#cite-style").text_content() == "IEEE"


def test_the_style_that_was_chosen_last_is_shown(page, live_server):
    def cite():
        page.get_by_text("Cite", exact=True).click()

    shown = page.locator("#cite-style-text")
    loads = []
    page.on("load", lambda: loads.append(page.url))
    cite()
    page.get_by_role("link", name="Nature").click()
    expect(shown).to_contain_text("Lovelace, A. & Turing, A. Paper 1.")
    expect(page.get_by_role("link", name="Nature")).to_be_focused()
    expect(page.get_by_role("button", name="Copy Nature")).to_be_visible()
    assert loads == []
    page.goto(live_server.url + "/papers/2502.00002/")
    cite()
    expect(shown).to_contain_text("Lovelace, A. & Turing, A. Paper 2.")
    # An address that names a style has the last word.
    page.goto(live_server.url + "/papers/2502.00002/?style=mla")
    expect(shown).to_contain_text("Lovelace, Ada, and Alan Turing.")


def test_what_is_copied_is_the_text(page, live_server):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("Cite").click()
    page.get_by_role("button", name="Copy APA").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("Lovelace, A., & Turing, A.")


def test_a_printed_paper_has_no_controls(page):
    page.emulate_media(media="print")
    shown = page.locator("form, textarea, button, .report, .cite").all()
    assert [one for one in shown if one.is_visible()] == []
    assert not page.get_by_text("Your note").is_visible()
    assert page.locator("#lists-heading").is_visible()
    assert page.locator("#summary").is_visible()


def test_on_a_phone_no_word_of_the_citations_is_broken(transactional_db, visit):
    load(digest(row(1)), "a.json")
    page = visit(PAPER, 320)
    page.get_by_text("Cite").click()
    heights = page.locator(".cite :is(h2, button)").evaluate_all(
        "(all) => all.map((e) => e.getBoundingClientRect().height)"
    )
    assert len(heights) > 8
    assert max(heights) < 40
