"""A note in two tabs: nothing is overwritten silently, and no word is lost."""

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import expect

from accounts.models import Note, User
from digest.catalogue.load import load
from tests.catalogue import load_once
from tests.samples import digest, row

PASSWORD = "correct horse battery"
PAPER = "/papers/2502.00001/"
OUT = "Not saved: you are logged out. It will be saved when you are logged in again. Log in"


@pytest.fixture
def owner(transactional_db):
    return User.objects.create_user("owner", password=PASSWORD)


@pytest.fixture
def stranger(owner):
    return User.objects.create_user("stranger")


@pytest.fixture
def tab(visit, owner, log_in, live_server):
    """Opens the paper's page in a tab of the same person."""
    load_once((digest(row(1)), "2025-02-06.json"))

    def tab():
        page = visit("/papers/")
        page.clock.install()
        log_in(page, owner)
        page.goto(live_server.url + PAPER)
        page.locator(".note summary").click()
        return page

    return tab


def field(page):
    return page.get_by_label("Note", exact=True)


def status(page):
    return page.locator(".note-actions [role=status]").first


def write(page, text, said="Saved"):
    field(page).fill(text)
    page.clock.fast_forward(1000)  # the pause after which it saves itself
    expect(status(page)).to_have_text(said)


def answering(answer):
    """Plays the site: gives this answer to a request, or none."""
    return lambda route: route.fulfill(**answer) if answer else route.abort()


def warns(page):
    """Whether the page asks before it is left."""
    return page.evaluate(
        """() => !dispatchEvent(new Event("beforeunload", { cancelable: true }))"""
    )


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ("Save mine", "second"),
        ("Merge both", "first\n\nsecond"),
        ("Use the other", "first"),
    ],
)
def test_the_later_tab_is_shown_both_texts_and_chooses(tab, choice, kept):
    first, second = tab(), tab()
    write(first, "first")
    write(second, "second", "Not saved")
    expect(second.locator(".note-other pre")).to_have_text("first")
    assert Note.objects.get().text == "first"
    second.get_by_role("button", name=choice).click()
    expect(second.locator(".note-other")).to_be_hidden()
    expect(field(second)).to_have_value(kept)
    write(second, f"{kept}!")
    assert Note.objects.get().text == f"{kept}!"


def test_what_is_written_while_it_saves_is_not_yet_saved(tab):
    page = tab()
    page.evaluate(
        """() => {
            const status = document.querySelector(".note-actions [role=status]");
            window.said = [];
            new MutationObserver(() => said.push(status.textContent))
                .observe(status, { childList: true });
        }"""
    )

    def more(route):
        field(page).fill("first, second")
        route.continue_()

    page.route("**/notes/**", more, times=1)
    write(page, "first")
    assert Note.objects.get().text == "first, second"
    assert page.evaluate("said.filter((text) => text === 'Saved')") == ["Saved"]


def test_what_is_written_before_the_script_comes_is_saved_when_it_does(tab):
    page = tab()
    early = []

    def late(route):
        field(page).evaluate("(field) => { field.value = 'early' }")
        early.append(route)
        route.continue_()

    page.route("**/note*.js", late, times=1)
    page.reload()
    expect(status(page)).to_have_text("Saved")
    assert len(early) == 1
    assert Note.objects.get().text == "early"


def test_what_was_typed_comes_back_beside_what_is_saved_meanwhile_and_not_over_it(tab):
    page = tab()
    other = tab()
    field(page).evaluate("(field) => { field.value = 'never sent' }")
    write(other, "from elsewhere")
    page.goto(page.url.replace("2502.00001/", ""))
    page.go_back()
    expect(page.locator(".note-other pre")).to_have_text("from elsewhere")
    expect(field(page)).to_have_value("never sent")
    assert Note.objects.get().text == "from elsewhere"


def test_what_is_written_without_a_connection_is_saved_when_there_is_one(tab):
    page = tab()
    page.context.set_offline(True)
    write(page, "offline", "Not saved: there is no connection. Trying again")
    page.context.set_offline(False)
    expect(status(page)).to_have_text("Saved", timeout=10_000)
    assert Note.objects.get().text == "offline"


def test_what_is_written_after_the_session_ended_is_saved_when_one_is_logged_in_again(tab, meant):
    meant.append("status of 40[13]")
    cache.clear()  # limits of logging in are counted in a table that stays between tests
    page = tab()
    write(page, "first")
    Session.objects.all().delete()
    write(page, "first, second", OUT)
    expect(page.locator("#note-shown")).to_have_text("first")
    assert warns(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in").last.click()
    other = opened.value
    other.get_by_label("User name or e-mail address").fill("owner")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    expect(status(page)).to_have_text("Saved")
    expect(page.locator("#note-shown")).to_have_text("first, second")
    assert Note.objects.get().text == "first, second"
    assert not warns(page)
    # And not only once: the page has the token of the new log-in.
    write(page, "third")
    assert Note.objects.get().text == "third"


def test_what_is_not_saved_outlives_the_page_for_its_writer_alone(
    tab, log_in, owner, stranger, meant
):
    meant.append("status of 40[13]")
    page = tab()
    Session.objects.all().delete()
    write(page, "mine", OUT)
    log_in(page, stranger)
    page.reload()
    expect(field(page)).to_have_value("")
    page.locator(".note summary").click()
    write(page, "another's")
    log_in(page, owner)
    page.reload()
    expect(field(page)).to_be_visible()
    expect(status(page)).to_have_text("Saved")
    expect(page.locator("#note-shown")).to_have_text("mine")
    assert [*Note.objects.order_by("pk").values_list("user__username", "text")] == [
        ("stranger", "another's"),
        ("owner", "mine"),
    ]
    assert page.evaluate("Object.keys(localStorage).filter((key) => key !== 'user')") == []


def test_nothing_is_sent_in_the_name_of_another_who_logged_in(tab, log_in, owner, stranger, meant):
    meant.append("status of 40[13]")
    page = tab()
    Session.objects.all().delete()
    write(page, "mine", OUT)
    log_in(page, stranger)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(status(page)).to_contain_text("somebody else is logged in")
    assert Note.objects.count() == 0
    log_in(page, owner)
    page.clock.fast_forward(600_000)  # longer than it ever waits
    expect(status(page)).to_have_text("Saved")
    assert Note.objects.get().user.username == "owner"


def test_what_was_left_on_the_device_does_not_win_over_what_was_saved_since(tab, meant):
    meant.append("ERR_FAILED")
    page, other = tab(), tab()
    page.context.set_offline(True)
    write(page, "left here", "Not saved: there is no connection. Trying again")
    write(other, "from elsewhere")
    page.context.set_offline(False)
    page.route("**/notes/**", answering(None))  # it goes before it is tried again
    page.reload()
    expect(page.locator(".note-other pre")).to_have_text("from elsewhere")
    expect(field(page)).to_have_value("left here")
    assert Note.objects.get().text == "from elsewhere"
    page.unroute("**/notes/**")
    page.get_by_role("button", name="Merge both").click()
    expect(status(page)).to_have_text("Saved")
    assert Note.objects.get().text == "from elsewhere\n\nleft here"


def test_only_the_notes_own_answer_is_taken_for_saved(tab, meant):
    meant += ["ERR_FAILED", "status of (500|503|429)"]
    page = tab()
    failed = "Not saved: the site failed. Trying again"
    busy = "Not saved: the site is busy. Trying again"
    for number, (answer, said) in enumerate(
        [
            ({"status": 500, "body": "<h1>"}, failed),
            ({"status": 503, "json": {}}, busy),
            ({"status": 429, "body": ""}, busy),
            ({"status": 200, "json": {"form": {}}}, failed),
            ({"status": 200, "body": "{"}, failed),
            (None, "Not saved: the site does not answer. Trying again"),
        ]
    ):
        page.route("**/notes/**", answering(answer), times=1)
        write(page, f"kept {number}", said)
        assert warns(page)
        assert not Note.objects.filter(text=f"kept {number}")
        page.clock.fast_forward(5_000)
        expect(status(page)).to_have_text("Saved")
        assert Note.objects.get().text == f"kept {number}"


def test_an_answer_that_did_not_arrive_is_no_change_of_somebody_elses(tab, meant):
    meant.append("ERR_FAILED")
    page = tab()

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/notes/**", lose, times=1)
    write(page, "first", "Not saved: the site does not answer. Trying again")
    write(page, "first, second")
    assert Note.objects.get().text == "first, second"


def test_without_javascript_the_button_saves(visit, transactional_db):
    load(digest(row(1)), "2025-02-06.json")
    client = Client()
    client.force_login(User.objects.create_user("owner"))
    page = visit("/papers/", java_script_enabled=False)
    session = client.cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": session, "url": page.url.removesuffix("papers/")}]
    )
    page.goto(page.url + "2502.00001/")
    page.locator(".note summary").click()
    field(page).fill("By *hand*")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#note-shown em")).to_have_text("hand")
    page.locator(".bookmark").get_by_role("button", name="Bookmark").click()
    expect(page.get_by_role("button", name="Bookmarked")).to_be_visible()
