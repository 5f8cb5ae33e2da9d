"""Papers for you in a browser: from new papers to a reason that is struck out, without another
page; and the pages on a phone."""

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import Preference, Step, User
from accounts.recommender.vectors import Vectors
from digest.catalogue.load import load
from digest.models import Paper
from tests.accounts.recommender.test_training import robots, speech
from tests.browser.look import AXE, NARROW, sticking_out, violations
from tests.samples import digest

UNREAD = "/library/unread/?order=for-you"


@pytest.fixture
def person(transactional_db):
    rows = [speech(number, date="2025-02-05") for number in range(1, 25)]
    rows += [robots(number, date="2025-02-05") for number in range(25, 30)]
    rows += [speech(number, date="2025-02-06") for number in range(30, 34)]
    load(digest(*rows, robots(34, date="2025-02-06")), "a.json")
    user = User.objects.create_user("owner")
    user.finish(Step.STAR)
    library = Library(user)
    kept = Paper.objects.filter(date="2025-02-05", title__startswith="Grasping")
    library.bookmarks.add(kept.values_list("pk", flat=True))
    library.for_you.train(Vectors())
    return user


def test_a_reason_is_struck_out_where_papers_are_read(visit, log_in, live_server, person):
    page = visit("/robots.txt")
    log_in(page, person)
    page.goto(live_server.url + UNREAD)
    page.evaluate("window.here = true")
    first = page.locator(".cards > li").first
    expect(first.locator("h2")).to_have_text("Grasping robots 34")
    expect(first.locator(".why")).to_contain_text("robots")
    first.get_by_role("link", name="Lists and note").click()
    menu = first.locator(".file-menu")
    menu.get_by_role("button", name="Less of robots").click()
    expect(menu).to_contain_text("You will get less of “robots”.")
    expect(menu.get_by_role("button", name="Less of robots")).to_have_count(0)
    expect(menu.get_by_role("button", name="Less of grasping")).to_have_count(1)
    assert page.evaluate("window.here")
    assert str(Preference.objects.get()) == "less of the word robots"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone_and_everybody(visit, log_in, live_server, person, scheme):
    page = visit("/robots.txt", NARROW, color_scheme=scheme)
    log_in(page, person)
    for address in ("/library/for-you/", "/library/for-you/questions/", UNREAD):
        page.goto(live_server.url + address)
        assert sticking_out(page) == [0, []]
        page.evaluate(AXE)
        assert violations(page) == []
