"""Reading lists in a browser: put into order by keyboard and by drag, without a page load."""

import pytest
from django.conf import settings
from django.test import Client

from accounts.library import Library
from accounts.models import User
from digest.catalogue.load import load
from digest.models import Paper
from tests.browser.look import WIDE
from tests.catalogue import load_once
from tests.samples import FORMULA, NASTY, WORD, digest, row


@pytest.fixture
def survey(transactional_db):
    """A list of five papers, the last two of them under a heading, as its owner has it open."""
    load_once((digest(*(row(number) for number in range(1, 6))), "a.json"))
    lists = Library(User.objects.create_user("owner", "owner@example.org")).lists
    made = lists.open(lists.create("Survey").slug)
    papers = list(Paper.objects.order_by("position"))
    made.add([paper.pk for paper in papers])
    for paper in papers[3:]:
        made.describe_item(paper.pk, comment="", section="Methods")
    return made


@pytest.fixture
def visit_as(visit, live_server):
    """Opens a page as somebody who is logged in."""

    def visit_as(user, address, width=WIDE, **options):
        client = Client()
        client.force_login(user)
        page = visit("/robots.txt", width, **options)
        name, value = (
            settings.SESSION_COOKIE_NAME,
            client.cookies[settings.SESSION_COOKIE_NAME].value,
        )
        page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        page.goto(live_server.url + address)
        return page

    return visit_as


def owner(opened):
    return opened.reading_list.owner


def address(opened):
    return opened.reading_list.get_absolute_url()


def order(opened):
    found = opened.items().select_related("paper")
    return [(item.paper.position, item.section) for item in found]


def shown(page):
    return page.locator("#items h2 a").all_text_contents()


def test_the_keyboard_moves_a_paper_and_keeps_its_place(survey, visit_as):
    page = visit_as(owner(survey), address(survey))
    page.locator("#done").evaluate("(e) => { e.same = true }")
    page.get_by_role("button", name="Down “Paper 1”").focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("“Paper 1” is now 2 of 5.").wait_for()
    assert page.locator(":focus").text_content().split() == ["Down", "“Paper", "1”"]
    assert page.locator("#done").evaluate("(e) => e.same")
    page.keyboard.press("Enter")
    page.get_by_text("“Paper 1” is now 3 of 5.").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("“Paper 1” is now 3 of 5, in “Methods”.").wait_for()
    assert page.locator(":focus").text_content().split() == ["Down", "“Paper", "1”"]
    assert order(survey) == [
        *[(2, ""), (3, "")],
        *[(1, "Methods"), (4, "Methods"), (5, "Methods")],
    ]
    assert shown(page) == ["Paper 2", "Paper 3", "Paper 1", "Paper 4", "Paper 5"]
    assert page.url.endswith(address(survey))


def drag(page, number, to, fraction):
    """Drag a paper by its handle to a part of the height of another."""
    page.locator("#items li", has=page.get_by_role("link", name=f"Paper {number}")).locator(
        ".grip"
    ).hover()
    page.mouse.down()
    box = page.locator("#items li", has=page.get_by_role("link", name=f"Paper {to}")).bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] * fraction, steps=5)


def test_a_paper_is_dragged_to_its_place(survey, visit_as):
    page = visit_as(owner(survey), address(survey))
    page.set_viewport_size({"width": WIDE, "height": 2400})
    drag(page, 1, 3, 0.8)
    assert page.locator("[data-drop]").get_attribute("data-drop") == "after"
    page.mouse.up()
    page.get_by_text("“Paper 1” is now 3 of 5.").wait_for()
    assert shown(page) == ["Paper 2", "Paper 3", "Paper 1", "Paper 4", "Paper 5"]
    drag(page, 2, 4, 0.2)
    page.mouse.up()
    page.get_by_text("“Paper 2” is now 3 of 5, in “Methods”.").wait_for()
    drag(page, 5, 3, 0.2)
    page.mouse.up()
    page.get_by_text("“Paper 5” is now 1 of 5.").wait_for()
    assert order(survey) == [
        *[(5, ""), (3, ""), (1, "")],
        *[(2, "Methods"), (4, "Methods")],
    ]


def test_a_drag_that_is_given_up_moves_nothing(survey, visit_as):
    page = visit_as(owner(survey), address(survey))
    page.set_viewport_size({"width": WIDE, "height": 2400})
    before = order(survey)
    asked = []
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    drag(page, 1, 3, 0.8)
    page.keyboard.press("Escape")
    assert page.locator("[data-drop], [data-dragged]").count() == 0
    page.mouse.up()
    drag(page, 1, 1, 0.8)
    page.mouse.up()
    page.evaluate("new Promise(requestAnimationFrame)")
    assert asked == []
    assert order(survey) == before


def test_a_paper_is_removed_and_put_back(survey, visit_as):
    page = visit_as(owner(survey), address(survey))
    page.get_by_role("button", name="Remove “Paper 2”").click()
    page.get_by_text("“Paper 2” is no longer in the list.").wait_for()
    assert page.locator(":focus").get_attribute("id") == "items"
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone.").wait_for()
    assert shown(page) == [f"Paper {n}" for n in range(1, 6)]


def test_a_comment_is_saved_in_place_and_what_is_wrong_is_said(survey, visit_as):
    page = visit_as(owner(survey), address(survey))
    item = page.locator("#items li").first
    item.get_by_text("Comment, section and place").click()
    item.get_by_label("Comment").fill("It *works*")
    item.get_by_role("button", name="Save").click()
    item.locator("em", has_text="works").wait_for()
    item.get_by_text("Comment, section and place").click()
    item.get_by_label("Place").evaluate("(e) => { e.type = 'text'; e.value = 'first' }")
    item.get_by_role("button", name="Move there").click()
    item.get_by_text("Give the place as a number, from 1.").wait_for()
    assert item.get_by_label("Place").get_attribute("aria-invalid") == "true"


def test_a_list_is_put_into_order_without_javascript(survey, visit_as):
    page = visit_as(owner(survey), address(survey), java_script_enabled=False)
    page.get_by_role("button", name="Up “Paper 2”").click()
    assert page.locator(".messages").text_content().strip() == "“Paper 2” is now 1 of 5."
    page.locator("#items li").first.get_by_text("Comment, section and place").click()
    page.locator("#items li").first.get_by_label("Place").fill("3")
    page.locator("#items li").first.get_by_role("button", name="Move there").click()
    assert shown(page) == ["Paper 1", "Paper 3", "Paper 2", "Paper 4", "Paper 5"]
    assert page.locator(".grip:visible").count() == 0


def test_what_was_taken_away_meanwhile_is_said(survey, visit_as):
    page = visit_as(owner(survey), address(survey))
    survey.delete()
    page.get_by_role("button", name="Up “Paper 2”").click()
    page.get_by_text("This no longer exists: nothing was changed.").wait_for()
    page.get_by_role("button", name="Reload").click()
    page.get_by_role("heading", name="Not found").wait_for()


def test_every_page_fits_and_is_accessible(survey, visit_as, live_server, look):
    load(digest(*(dict(each, date="2025-02-07") for each in NASTY)), "b.json")
    user = owner(survey)
    papers = list(Paper.objects.all())
    survey.add([paper.pk for paper in papers])
    # One paper has all there can be: on every one, axe would find the same in thrice the time.
    paper = max(papers, key=lambda paper: len(paper.title))
    Library(user).notes.save(paper, f"Note {WORD} ${FORMULA}$", 0)
    survey.show_note(paper.pk, True)
    survey.describe_item(paper.pk, comment=f"> {WORD} $${FORMULA}$$", section=WORD[:200])
    survey.describe(WORD[:200], f"{WORD} ${FORMULA}$")
    member = User.objects.create_user("m" * 150, "member@example.org", display_name=WORD[:100])
    survey.invite(member.username, "editor")
    lists = Library(member).lists
    invitation = lists.invitations().get()
    survey.invite(f"{WORD[:60]}@example.org", "viewer")
    survey.show_to("link")
    own, link = address(survey), f"/lists/shared/{survey.reading_list.secret}/"

    def check(user, *addresses):
        page = visit_as(user, addresses[0])
        for path in addresses:
            page.goto(live_server.url + path)
            look(page, path)

    check(member, "/lists/", link)
    lists.accept(invitation.pk)
    check(user, "/lists/", own, f"{own}settings/")
    check(member, own, paper.get_absolute_url())
