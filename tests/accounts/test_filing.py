"""What is done with one paper where it is read: the parts that answer, and the ways back."""

import pytest
from django.test import Client

from accounts.library import Library, Marks
from accounts.models import ReadingList
from digest.curation import decisions
from digest.models import Paper

pytestmark = pytest.mark.sqlite

IN_PLACE = {"HX-Request": "true", "HX-Current-URL": "http://testserver/papers/?q=x"}
MENU = "/library/menu/2502.00001/"


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


def send(client, address, **data):
    data = {"paper": "2502.00001", "part": "menu", "next": "/papers/?q=x"} | data
    return client.post(address, data, headers=IN_PLACE)


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def listed(survey):
    return [*survey.items().values_list("paper__position", flat=True)]


def test_the_menu_of_a_paper(client, survey, library, papers):
    library.notes.save(papers[0], "Mine", 0)
    menu = text(client.get(MENU, headers=IN_PLACE))
    assert menu.count('value="/papers/?q=x"') == 3
    assert ">Survey</button>" in menu
    assert ">\nMine</textarea>" in menu
    card = text(client.get(MENU, {"part": "card"}, headers=IN_PLACE))
    assert card.strip().startswith("<form")
    assert "Your note" in card


def test_whoever_opens_the_menu_as_a_page_is_led_to_the_papers(client, papers):
    assert client.get(MENU).headers["Location"] == "/papers/2502.00001/"
    Library(client.get(MENU).wsgi_request.user).bookmarks.add([papers[0].pk])
    Paper.objects.filter(pk=papers[0].pk).update(hidden=True)
    assert client.get(MENU).headers["Location"] == "/library/notes/2502.00001/"
    assert client.get("/library/menu/9999.99999/").status_code == 404


def test_as_many_queries_for_many_lists_as_for_one(
    client, library, papers, django_assert_max_num_queries
):
    for number in range(30):
        library.lists.create(f"List {number}")
    client.get(MENU, headers=IN_PLACE)
    with django_assert_max_num_queries(10):
        assert text(client.get(MENU, headers=IN_PLACE)).count('id="list-') == 30


def test_a_status_is_given_and_undone_with_the_card(client, library, papers):
    part = text(send(client, "/library/mark/", do="reading"))
    assert "“Paper 1” is marked as reading." in part
    assert 'hx-swap-oob="true"' in part
    assert 'hx-post="/library/undo/"' in part
    assert library.marks([papers[0].pk])[papers[0].pk] == Marks(status="reading")
    part = text(send(client, "/library/undo/"))
    assert "Undone." in part
    assert library.marks([papers[0].pk]) == {}
    assert "There is nothing to undo." in text(send(client, "/library/undo/"))


def test_a_list_takes_a_paper_and_gives_it_back(client, survey, papers):
    slug = survey.reading_list.slug
    paper = "2502.00004"
    before = [*survey.items().values()]
    part = text(send(client, "/library/mark/", paper=paper, do="list", list=slug))
    assert "“Paper 4” is in the list “Survey”." in part
    assert listed(survey) == [1, 2, 3, 4]
    text(send(client, "/lists/undo-addition/", paper=paper))
    assert [*survey.items().values()] == before
    part = text(send(client, "/library/mark/", do="unlist", list=slug))
    assert "“Paper 1” is no longer in the list “Survey”." in part
    assert listed(survey) == [2, 3]
    text(send(client, "/lists/undo/"))
    assert listed(survey) == [1, 2, 3]
    # What was there already is not what undoing takes away.
    send(client, "/library/mark/", do="list", list=slug)
    assert "There is nothing to undo." in text(send(client, "/lists/undo-addition/"))
    assert listed(survey) == [1, 2, 3]
    send(client, "/library/mark/", paper=["2502.00001", paper], do="list", list=slug)
    assert listed(survey) == [1, 2, 3, 4]
    text(send(client, "/lists/undo-addition/"))
    assert listed(survey) == [1, 2, 3]


@pytest.mark.parametrize("others", [0, 1])
def test_a_new_list_is_undone_unless_something_else_came_into_it(client, library, papers, others):
    part = text(send(client, "/lists/", name="Methods"))
    assert "“Paper 1” is in the new list “Methods”." in part
    opened = library.lists.open(ReadingList.objects.get().slug)
    opened.add([paper.pk for paper in papers[1 : 1 + others]])
    text(send(client, "/lists/undo-addition/"))
    assert ReadingList.objects.count() == others


def test_a_papers_page_is_given_its_own_part(client, survey, papers):
    data = {"part": "lists", "do": "unlist", "list": survey.reading_list.slug}
    part = text(send(client, "/library/mark/", **data))
    assert part.strip().startswith("<section")
    assert "Not in any list yet." in part


def test_what_is_wrong_is_said_and_changes_nothing(client, other, survey, monkeypatch, papers):
    theirs = Library(other).lists.create("Theirs").slug
    for address, data in (
        ("/library/mark/", {"do": "list", "list": theirs}),
        ("/library/mark/", {"do": "unlist", "list": theirs}),
        ("/library/mark/", {"do": "unlist"}),
        ("/lists/", {"name": "Survey"}),
        ("/lists/", {"name": ""}),
    ):
        response = send(client, address, **data)
        assert (response.status_code, "messages" in response.content.decode()) == (400, True)
    monkeypatch.setattr("accounts.library.lists.items.MOST_ITEMS", 3)
    data = {"paper": "2502.00004", "do": "list", "list": survey.reading_list.slug}
    response = send(client, "/library/mark/", **data)
    assert response.status_code == 400
    assert "A list has at most 3 papers." in response.content.decode()
    assert listed(survey) == [1, 2, 3]


def test_a_row_of_a_list_is_replaced_whole_when_its_paper_is_dismissed(client, papers):
    for do in ("dismiss", "show"):
        response = client.post(
            "/library/mark/", {"paper": papers[0].slug, "do": do}, headers=IN_PLACE
        )
        assert response["HX-Retarget"] == "closest li"
        assert response["HX-Reswap"] == "innerHTML settle:0ms"


def test_papers_of_a_merge_are_the_one_they_are_now(client, library, papers):
    decisions.merge_papers(papers[0], papers[1], None)
    text(client.get(MENU, headers=IN_PLACE))
    text(send(client, "/library/mark/", do="read"))
    assert library.marks([papers[1].pk]) == {papers[1].pk: Marks(status="read")}


# Single keys


def test_single_keys_are_switched_off_and_on(client, owner):
    page = text(client.get("/keys/"))
    assert "Single keys are <b>on</b>." in page
    assert "data-keys=" not in page.partition("<head>")[0]
    assert client.post("/library/keys/", {"keys": "off"}).url == "/keys/"
    page = text(client.get("/keys/"))
    assert "Single keys are <b>off</b>." in page
    assert 'data-keys="off"' in page.partition("<head>")[0]
    part = text(client.post("/library/keys/", {"keys": "on"}, headers=IN_PLACE))
    assert part.count("Single keys are <b>on</b>.") == 1
    owner.refresh_from_db()
    assert owner.single_keys


@pytest.mark.parametrize("choice", ["", "maybe", "\0"])
def test_a_wrong_choice_of_keys_is_said_and_changes_nothing(client, owner, choice):
    response = client.post("/library/keys/", {"keys": choice}, headers=IN_PLACE)
    assert (response.status_code, "messages" in response.content.decode()) == (400, True)
    owner.refresh_from_db()
    assert owner.single_keys


def test_visitors_see_the_keys_and_choose_on_their_device(anonymous):
    page = text(anonymous.get("/keys/"))
    assert "<kbd>j</kbd>" in page
    assert "csrfmiddlewaretoken" not in page
