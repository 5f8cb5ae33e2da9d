"""A note in two tabs: nothing is overwritten silently, and no word is lost."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts.models import Note, User
from digest.ingest import load
from tests.samples import digest, row


@pytest.fixture
def tab(visit, transactional_db):
    """Opens the paper's page in a tab of the same person."""
    load(digest(row(1)), "2025-02-06.json")
    client = Client()
    client.force_login(User.objects.create_user("owner"))
    session = client.cookies["sessionid"].value

    def tab():
        page = visit("/papers/")
        page.clock.install()
        page.context.add_cookies(
            [{"name": "sessionid", "value": session, "url": page.url.removesuffix("papers/")}]
        )
        page.goto(page.url + "2502.00001/")
        page.locator(".note summary").click()
        return page

    return tab


def write(page, text, said="Saved"):
    page.get_by_label("Note", exact=True).fill(text)
    page.clock.fast_forward(1000)  # the pause after which it saves itself
    expect(page.locator(".note-actions [role=status]").first).to_have_text(said)


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ("Save mine over it", "second"),
        ("Put both together", "first\n\nsecond"),
        ("Take that one", "first"),
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
    expect(second.get_by_label("Note", exact=True)).to_have_value(kept)
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
        page.get_by_label("Note", exact=True).fill("first, second")
        route.continue_()

    page.route("**/notes/**", more, times=1)
    write(page, "first")
    assert Note.objects.get().text == "first, second"
    assert page.evaluate("said.filter((text) => text === 'Saved')") == ["Saved"]


def test_what_is_written_before_the_script_comes_is_saved_when_it_does(tab):
    page = tab()
    early = []

    def late(route):
        page.get_by_label("Note", exact=True).evaluate("(field) => { field.value = 'early' }")
        early.append(route)
        route.continue_()

    page.route("**/note*.js", late, times=1)
    page.reload()
    expect(page.locator(".note-actions [role=status]").first).to_have_text("Saved")
    assert len(early) == 1
    assert Note.objects.get().text == "early"


def test_what_was_typed_comes_not_back_over_what_is_saved_meanwhile(tab):
    page = tab()
    other = tab()
    page.get_by_label("Note", exact=True).evaluate("(field) => { field.value = 'never sent' }")
    write(other, "from elsewhere")
    page.goto(page.url.replace("2502.00001/", ""))
    page.go_back()
    expect(page.get_by_label("Note", exact=True)).to_have_value("from elsewhere")


def test_what_is_written_without_a_connection_is_saved_when_there_is_one(tab):
    page = tab()
    page.context.set_offline(True)
    write(page, "offline", "Not saved: there is no connection. It is tried again")
    page.context.set_offline(False)
    expect(page.locator(".note-actions [role=status]").first).to_have_text("Saved", timeout=10_000)
    assert Note.objects.get().text == "offline"


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
    page.get_by_label("Note", exact=True).fill("By *hand*")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#note-shown em")).to_have_text("hand")
    page.locator(".keep").get_by_role("button", name="Bookmark").click()
    expect(page.get_by_role("button", name="Bookmarked")).to_be_visible()
