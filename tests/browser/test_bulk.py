"""Many papers of a list at once."""

import pytest
from playwright.sync_api import expect

from accounts.library import Library
from accounts.models import Bookmark, ListItem, Role, User
from digest.models import Paper
from tests.browser.look import NARROW, sticking_out
from tests.catalogue import load_once
from tests.samples import digest, row


@pytest.fixture
def library(transactional_db):
    load_once((digest(*(row(number) for number in range(1, 7))), "2025-02-06.json"))
    library = Library(User.objects.create_user("owner"))
    papers = [*Paper.objects.order_by("position").values_list("pk", flat=True)]
    library.bookmarks.add(papers[:4], "read")
    library.notes.save(Paper.objects.get(pk=papers[4]), "Only a note", 0)
    library.lists.open(library.lists.create("Survey").slug).add(papers)
    library.lists.create("Methods")
    return library


@pytest.fixture
def open_page(visit, log_in, live_server, library):
    def open_page(address, user=None, **options):
        page = visit("/robots.txt", **options)
        log_in(page, user or library.user)
        page.goto(live_server.url + address)
        return page

    return open_page


def survey(library):
    return library.lists.owned().get(name="Survey")


def listed(name):
    items = ListItem.objects.filter(reading_list__name=name).order_by("position")
    return [*items.values_list("paper__position", flat=True)]


def bar(page):
    return page.get_by_role("form", name="With the chosen papers")


def chosen(page):
    return [
        number
        for number, box in enumerate(page.locator("input[form=bulk]").all(), start=1)
        if box.is_checked()
    ]


def test_papers_are_chosen_one_by_one_in_a_row_and_all(open_page, library):
    page = open_page(survey(library).get_absolute_url())
    expect(bar(page)).to_be_hidden()
    page.get_by_label("Choose Paper 3").check()
    expect(bar(page)).to_contain_text("1 chosen:")
    bar(page).get_by_role("button", name="To here").click()
    assert chosen(page) == [1, 2, 3]
    page.get_by_label("Choose Paper 6").check()
    bar(page).get_by_role("button", name="To here").click()
    expect(bar(page)).to_contain_text("6 chosen:")
    bar(page).get_by_role("button", name="None").click()
    assert chosen(page) == []
    page.get_by_label("Choose Paper 2").click()
    page.get_by_label("Choose Paper 5").click(modifiers=["Shift"])
    assert chosen(page) == [2, 3, 4, 5]
    bar(page).get_by_role("button", name="All").click()
    assert chosen(page) == [1, 2, 3, 4, 5, 6]
    page.set_viewport_size({"width": NARROW, "height": 800})
    assert sticking_out(page) == [0, []]


def test_x_chooses_the_current_paper(open_page, library):
    page = open_page(survey(library).get_absolute_url())
    for key in "jxjjx":
        page.keyboard.press(key)
    expect(bar(page)).to_contain_text("2 chosen:")
    assert chosen(page) == [1, 3]
    page.keyboard.press("x")
    expect(bar(page)).to_contain_text("1 chosen:")


@pytest.mark.parametrize("scripts", [True, False])
def test_many_are_marked_listed_removed_and_brought_back(open_page, library, scripts):
    address = survey(library).get_absolute_url()
    page = open_page(address, java_script_enabled=scripts)

    def do(name):
        page.get_by_label("Choose Paper 5").check()
        page.get_by_label("Choose Paper 6").check()
        bar(page).get_by_role("button", name=name, exact=True).click()

    do("Reading")
    expect(page.get_by_text("2 papers are marked as reading.")).to_be_visible()
    assert Bookmark.objects.filter(status="reading").count() == 2
    assert page.url.endswith(address)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert Bookmark.objects.filter(status="reading").count() == 0
    do("Add to list")
    expect(page.get_by_text("2 papers are in the list “Methods”.")).to_be_visible()
    assert listed("Methods") == [5, 6]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert listed("Methods") == []
    do("Remove from this list")
    expect(page.get_by_text("2 papers are no longer in the list.")).to_be_visible()
    assert listed("Survey") == [1, 2, 3, 4]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert listed("Survey") == [1, 2, 3, 4, 5, 6]


def test_whoever_may_only_read_a_list_removes_nothing_from_it(open_page, library):
    found = survey(library)
    viewer = User.objects.create_user("viewer")
    library.lists.open(found.slug).invite("viewer", Role.VIEWER)
    Library(viewer).lists.accept(Library(viewer).lists.invitations().get().pk)
    page = open_page(found.get_absolute_url(), viewer)
    page.get_by_label("Choose Paper 1").check()
    expect(bar(page).get_by_role("button", name="Remove")).to_have_count(0)
    bar(page).get_by_role("button", name="To read").click()
    expect(page.get_by_text("“Paper 1” is marked as to read.")).to_be_visible()
    assert Bookmark.objects.get(user=viewer).paper.position == 1


def test_a_paper_of_the_library_can_be_chosen_after_it_was_dismissed_and_shown(open_page):
    page = open_page("/library/?q=has:note")
    page.get_by_role("button", name="Not interested").click()
    page.get_by_role("button", name="Show again").click()
    expect(page.locator(".cards .card")).to_have_count(1)
    page.get_by_label("Choose Paper 5").check()
    expect(bar(page)).to_contain_text("1 chosen:")
