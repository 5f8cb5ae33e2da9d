"""Six days that were not read are caught up in at most six acts, and the place is kept."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import User
from tests.browser.look import sticking_out
from tests.catalogue import load_once
from tests.samples import digest, row

UNREAD = "/library/unread/"
DAY = "/digests/2025-02-06/"
SUMMARY = "- It introduces a benchmark of forty tasks. " * 3


@pytest.fixture
def member(transactional_db):
    """A person who has not read six days of thirty papers each."""
    user = User.objects.create_user("owner")
    areas = ("Translation", "Depth Estimation")

    def file(day):
        rows = (
            row(
                day * 100 + n,
                date=f"2025-02-0{day}",
                summary=SUMMARY,
                classification=[areas[n % 2]],
                github_urls=[f"https://github.com/lab/{n}"] if n % 3 else [],
            )
            for n in range(30)
        )
        return digest(*rows), f"2025-02-0{day}.json"

    load_once(*map(file, range(1, 7)))
    return user


@pytest.fixture
def open_page(visit, log_in, live_server, member):
    def open_page(address, width=1280, **options):
        page = visit("/robots.txt", width, **options)
        log_in(page, member)
        page.goto(live_server.url + address)
        page.evaluate("window.here = true")
        return page

    return open_page


def days(page):
    """The days of the list that is shown."""
    return [
        int(name[-2:]) for name in page.locator(".new-day").evaluate_all("a => a.map(e => e.id)")
    ]


@pytest.mark.parametrize(("script", "width"), [(True, 1280), (False, 360)])
def test_six_days_in_the_list(open_page, member, script, width):
    page = open_page(UNREAD, width, java_script_enabled=script)
    seen, acts = set(), 0
    while days(page):
        seen.update(days(page))
        first = days(page)[0]
        page.locator(".new-day footer button").last.click()
        acts += 1
        expect(page.locator(f"#day-2025-02-0{first}")).to_have_count(0)
    assert (seen, acts) == ({1, 2, 3, 4, 5, 6}, 6)
    expect(page.get_by_text("You have read all digests.")).to_be_visible()
    expect(page.locator("#new-count")).to_be_empty()
    assert Library(member).digests.unread_days() == set()
    if script:
        assert page.evaluate("window.here")  # no page was loaded


def test_several_days_in_one_act(open_page, member):
    member.papers_on_a_page = 100
    member.save()
    page = open_page(UNREAD)
    assert days(page) == [6, 5, 4, 3]
    page.locator("#day-2025-02-04 footer button").click()
    expect(page.get_by_text("3 days are marked as read.")).to_be_visible()
    assert days(page) == [3, 2, 1]
    expect(page.locator("#new-count")).to_have_text("90 papers are new")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert days(page) == [6, 5, 4, 3]
    # What was scrolled past is read in one act, at the point where one is.
    head = page.locator("#day-2025-02-04 > header")
    page.locator("#day-2025-02-04 .cards > li").nth(15).scroll_into_view_if_needed()
    expect(head).to_be_in_viewport()
    assert round(head.bounding_box()["y"]) == 0
    head.get_by_role("button", name="Mark the days above as read").click()
    expect(page.get_by_text("2 days are marked as read.")).to_be_attached()
    assert days(page) == [4, 3, 2, 1]
    # A day in the middle goes, and the one below it comes to its place.
    page.locator("#day-2025-02-03 > header").get_by_role("button", name="Mark as read").click()
    expect(page.locator("#day-2025-02-03")).to_have_count(0)
    expect(page.locator("#day-2025-02-02 > header")).to_be_in_viewport()
    assert abs(page.locator("#day-2025-02-02").bounding_box()["y"]) < 60
    assert Library(member).digests.unread_days() == {date(2025, 2, day) for day in (1, 2, 4)}
    assert page.evaluate("window.here")


@pytest.mark.parametrize("script", [True, False])
def test_six_days_on_their_own_pages(open_page, member, script):
    page = open_page("/", java_script_enabled=script)
    acts = 0
    while UNREAD not in page.url:
        before = page.url
        page.get_by_role("button", name="Done: next unread day").click()
        acts += 1
        expect(page).not_to_have_url(before)
    assert acts == 6
    assert Library(member).digests.unread_days() == set()


def test_a_day_is_marked_in_place(open_page, live_server):
    page = open_page(f"{DAY}?has=code")
    for label, state, new in (("Mark as read", "Read", 150), ("Mark as new", "New", 180)):
        page.get_by_role("button", name=label).click()
        expect(page.locator("#state")).to_have_text(state)
        expect(page.locator("#new-count")).to_have_text(f"{new} papers are new")
    assert page.evaluate("window.here")
    assert page.url == f"{live_server.url}{DAY}?has=code"


def test_the_place_is_kept(open_page, live_server):
    page = open_page(UNREAD)
    page.get_by_role("link", name=re.compile("^Continue with 5 February")).click()
    expect(page.locator("#day-2025-02-05")).to_be_visible()
    assert page.url == f"{live_server.url}{UNREAD}?order=newest&day=2025-02-05#new-papers"
    card = page.locator("#day-2025-02-05 .cards > li").nth(20)
    card.scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    assert place > 1000
    card.get_by_role("link", name=re.compile("^Paper")).click()
    expect(page.locator("h1")).to_have_text("Paper 520")
    page.go_back()
    expect(card).to_be_in_viewport()
    assert abs(page.evaluate("scrollY") - place) < 5
    page.go_back()
    expect(page.locator("#day-2025-02-06")).to_be_visible()


def test_a_failure_is_shown_and_the_days_stay(open_page, meant):
    meant.append("htmx:(afterRequest|sendError)")
    page = open_page(UNREAD)
    page.context.set_offline(True)
    page.locator(".new-day footer button").last.click()
    expect(page.locator(".fault")).to_contain_text("There is no connection: nothing was changed")
    assert days(page) == [6]
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#day-2025-02-05")).to_be_visible()


def test_a_day_is_filtered_in_place(open_page, live_server):
    page = open_page(DAY)
    page.locator("#with-code").click()
    expect(page.locator(".cards > li")).to_have_count(20)
    assert page.url == f"{live_server.url}{DAY}?has=code"
    expect(page.locator("#with-code")).to_be_focused()
    page.locator("#area-computer-vision").click()
    expect(page.locator(".cards > li")).to_have_count(10)
    page.get_by_role("link", name="by area").click()
    expect(page.locator(".area > h2")).to_have_text(["Computer Vision 10 papers"])
    page.locator(".cards .star").first.click()
    expect(page.locator(".cards .star").first).to_have_attribute("aria-pressed", "true")
    page.locator("#narrow summary").click()
    page.get_by_label("Words in the papers of this day").fill("Paper 601")
    page.get_by_label("Words in the papers of this day").press("Enter")
    expect(page.locator(".cards > li")).to_have_count(1)
    assert page.evaluate("window.here")
    page.go_back()
    expect(page.locator(".cards > li")).to_have_count(10)
    page.reload()
    expect(page.locator(".cards > li")).to_have_count(10)


@pytest.mark.parametrize("address", [UNREAD, "/", f"{DAY}?order=area&has=code", "/digests/"])
def test_they_fit_and_are_accessible(open_page, look, address):
    page = open_page(address)
    for width in (320, 768, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert sticking_out(page) == [0, []], (address, width)
    look(page, address)
