"""The papers of a reading list: added, removed, moved and described."""

import re

import pytest

from accounts.library.lists import items as list_items
from accounts.models import Role
from tests.accounts.library.test_lists import order, places
from tests.accounts.lists.pages import (
    IN_PLACE,
    address,
    everything,
    logged_in,
    messages_of,
    shown,
    text,
)
from tests.samples import WORD

pytestmark = pytest.mark.sqlite


def test_papers_are_added_by_slug_id_or_address(client, survey):
    data = {"do": "add", "paper": "arXiv:2502.00004v2, https://arxiv.org/abs/2502.00005 2502.00001"}
    response = client.post(address(survey, "items/"), data, follow=True)
    assert response.redirect_chain == [(address(survey), 302)]
    assert messages_of(response) == ["3 papers are in the list."]
    assert places(survey) == [1, 2, 3, 4, 5]
    response = client.post(address(survey, "items/"), data, follow=True)
    assert messages_of(response) == ["3 papers are in the list already."]
    assert places(survey) == [1, 2, 3, 4, 5]


def test_a_list_that_is_full_says_so(client, survey, papers, monkeypatch):
    monkeypatch.setattr(list_items, "MOST_ITEMS", 3)
    response = client.post(address(survey, "items/"), {"do": "add", "paper": papers[3].slug})
    assert "A list has at most 3 papers." in text(response)
    data = {"do": "list", "list": survey.reading_list.slug, "paper": papers[3].slug}
    response = client.post("/library/mark/", data, follow=True)
    assert messages_of(response) == ["A list has at most 3 papers."]
    assert places(survey) == [1, 2, 3]


@pytest.mark.databases
def test_papers_are_removed_and_put_back_where_they_were(client, survey, papers):
    survey.describe_item(papers[1].pk, comment="Keep", section="")
    before = list(survey.items().values_list("paper", "section", "comment_html", "added_at"))
    response = client.post(
        address(survey, "items/"), {"do": "remove", "paper": papers[1].slug}, follow=True
    )
    assert messages_of(response) == ["“Paper 2” is no longer in the list."]
    assert 'action="/lists/undo/"' in text(response)
    assert places(survey) == [1, 3]
    data = {"next": address(survey)}
    assert messages_of(client.post("/lists/undo/", data, follow=True)) == ["Undone."]
    assert [*survey.items().values_list("paper", "section", "comment_html", "added_at")] == before
    response = client.post("/lists/undo/", data, follow=True)
    assert messages_of(response) == ["There is nothing to undo."]
    assert [*survey.items().values_list("paper", "section", "comment_html", "added_at")] == before


def test_what_was_removed_is_not_put_back_by_who_may_no_more(survey, members, editor, papers):
    client = logged_in(editor)
    client.post(address(survey, "items/"), {"do": "remove", "paper": papers[0].slug})
    survey.set_role(members[0], Role.VIEWER)
    assert client.post("/lists/undo/").status_code == 404
    assert logged_in(editor).post("/lists/undo/", follow=True).status_code == 200
    assert places(survey) == [2, 3]


def test_removing_twice_is_removing_once(client, survey, papers):
    for _ in range(2):
        response = client.post(
            address(survey, "items/"), {"do": "remove", "paper": papers[0].slug}, follow=True
        )
        assert messages_of(response) == ["“Paper 1” is no longer in the list."]
    client.post("/lists/undo/")
    assert places(survey) == [1, 2, 3]


def test_a_paper_is_moved_and_the_same_again_changes_nothing(client, survey, papers):
    data = {"do": "move", "paper": papers[0].slug, "to": "3"}
    for _ in range(2):
        response = client.post(address(survey, "items/"), data, follow=True)
        assert response.redirect_chain == [(f"{address(survey)}#item-{papers[0].pk}", 302)]
        assert messages_of(response) == ["“Paper 1” is now 3 of 3."]
        assert places(survey) == [2, 3, 1]


def test_up_and_down_stop_at_the_headings_of_sections(client, survey, papers):
    survey.add([papers[3].pk])
    for paper in papers[2:4]:
        survey.describe_item(paper.pk, comment="", section="Methods/new")

    def step(paper, way):
        page = client.get(address(survey))
        placed = {
            each.item.paper: each for found in page.context["sections"] for each in found.placed
        }
        data = {"do": "move", "paper": paper.slug, "to": getattr(placed[paper], way)}
        return client.post(address(survey, "items/"), data, follow=True)

    first, second, third, fourth = papers[:4]
    step(fourth, "up")
    assert order(survey) == [(1, ""), (2, ""), (4, "Methods/new"), (3, "Methods/new")]
    response = step(fourth, "up")
    assert order(survey) == [(1, ""), (2, ""), (4, ""), (3, "Methods/new")]
    assert messages_of(response) == ["“Paper 4” is now 3 of 4."]
    step(fourth, "up")
    assert order(survey) == [(1, ""), (4, ""), (2, ""), (3, "Methods/new")]
    response = step(second, "down")
    assert order(survey) == [(1, ""), (4, ""), (2, "Methods/new"), (3, "Methods/new")]
    assert messages_of(response) == ["“Paper 2” is now 3 of 4, in “Methods/new”."]
    for paper, way in ((first, "up"), (third, "down")):
        step(paper, way)
        assert order(survey) == [(1, ""), (4, ""), (2, "Methods/new"), (3, "Methods/new")]


def test_a_change_in_place_is_given_the_papers_and_what_is_said(client, survey, papers):
    data = {"do": "move", "paper": papers[0].slug, "to": "2"}
    response = client.post(address(survey, "items/"), data, headers=IN_PLACE)
    assert shown(response) == ["2502.00002", "2502.00001", "2502.00003"]
    assert "<html" not in text(response)
    assert '<div id="done" hx-swap-oob="innerHTML">' in text(response)
    assert "“Paper 1” is now 2 of 3." in text(response)
    data = {"do": "remove", "paper": papers[0].slug}
    response = client.post(address(survey, "items/"), data, headers=IN_PLACE)
    assert 'action="/lists/undo/"' in text(response)
    undo = text(response).partition('action="/lists/undo/"')[2]
    assert re.findall(r'name="next"\s+value="([^"]+)"', undo) == [address(survey)]


def test_the_last_paper_of_a_last_page_leaves_the_page_before(client, survey, papers, monkeypatch):
    for module in ("list_page", "list_items"):
        monkeypatch.setattr(f"accounts.views.{module}.size_of_page", lambda request: 2)
    data = {"do": "remove", "paper": papers[2].slug}
    response = client.post(address(survey, "items/?page=2"), data, headers=IN_PLACE)
    assert shown(response) == ["2502.00001", "2502.00002"]
    data = {"do": "remove", "paper": papers[1].slug}
    response = client.post(address(survey, "items/?page=2"), data)
    assert response["Location"] == address(survey)


@pytest.mark.parametrize("headers", [{}, IN_PLACE], ids=["page", "part"])
@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"do": "move"}, "Give the place as a number, from 1."),
        ({"do": "move", "to": "first"}, "Give the place as a number, from 1."),
        ({"do": "move", "to": "9" * 10}, "Give the place as a number, from 1."),
        ({"do": "describe", "comment": "x" * 4001}, "at most 4000 characters (it has 4001)"),
        ({"do": "describe", "section": WORD}, "at most 200 characters (it has 275)"),
    ],
)
def test_what_cannot_be_done_with_a_paper_is_said_beside_it(
    client, survey, papers, data, error, headers
):
    before = everything()
    data = {"paper": papers[1].slug, **data}
    response = client.post(address(survey, "items/"), data, headers=headers)
    page = text(response)
    assert response.status_code == 200
    assert page.count('class="error"') == 1
    start, end = (page.index(f'id="item-{paper.pk}"') for paper in papers[1:3])
    assert error in page[start:end]
    assert '<details class="edit" open>' in page[start:end]
    written = [data[name] for name in ("comment", "section") if name in data]
    assert [value for value in written if value not in page[start:end]] == []
    assert everything() == before


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"do": "add"}, "Name the papers."),
        ({"do": "add", "paper": " , "}, "Name the papers."),
        ({"do": "add", "paper": "2502.99999"}, "There is no paper 2502.99999 here."),
        ({"do": "add", "paper": "<b>"}, "There is no paper &lt;b&gt; here."),
        ({"do": "dance", "paper": "2502.00001"}, "“dance” is not an action for a list."),
        ({"paper": "2502.00001"}, "This field is required."),
        (
            {"do": "move", "to": "1", "paper": ["2502.00001", "2502.00002"]},
            "Do this for one paper at a time.",
        ),
    ],
)
def test_what_cannot_be_done_at_all_is_said_above(client, survey, data, error):
    before = everything()
    response = client.post(address(survey, "items/"), data)
    assert error in text(response).partition('id="add-papers-error"')[2].partition("</p>")[0]
    assert everything() == before


def test_a_paper_that_is_not_in_the_list_is_404(client, survey, papers):
    for data in ({"do": "move", "to": "1"}, {"do": "describe"}, {"do": "show-note"}):
        response = client.post(address(survey, "items/"), {**data, "paper": papers[4].slug})
        assert response.status_code == 404
