"""What a paper's page shows of reading lists."""

import re

import pytest
from django.test import Client

from accounts.library import Library
from accounts.models import Visibility
from tests.accounts.lists.pages import address, logged_in, text

pytestmark = pytest.mark.sqlite


def test_a_paper_says_in_which_lists_it_is(client, anonymous, survey, library, papers, other):
    library.lists.create("Another")
    Library(other).lists.create("Not yours")
    page = text(client.get(papers[0].get_absolute_url()))
    part = page.partition('id="lists"')[2].partition("</section>")[0]
    assert f'<a href="{address(survey)}" dir="auto">Survey</a>' in part
    buttons = re.findall(r'aria-pressed="(\w+)"\s+dir="auto">(.*?)</button>', part)
    assert buttons == [("true", "Survey"), ("false", "Another")]
    assert 'id="lists"' not in text(anonymous.get(papers[0].get_absolute_url()))


def test_a_paper_shows_who_keeps_it_in_lists_that_one_may_see(
    survey, members, owner, viewer, other, papers
):
    """One's own, those that one is a member of, and public ones; other people's stay theirs."""
    page = papers[0].get_absolute_url()
    theirs = Library(other).lists
    theirs.open(theirs.create("Of nobody else").slug).add([papers[0].pk])
    link = r'<a href="/lists/[^"]*"\s*dir="auto">([^<]*)</a>(?: <span class="quiet">of <bdi>(\w+))?'

    def lists(user):
        html = text(logged_in(user).get(page)).partition('<section id="lists"')[2]
        return re.findall(link, html.partition("</section>")[0])

    assert lists(owner) == [("Survey", "")]
    assert lists(viewer) == [("Survey", "owner")]
    assert lists(other) == [("Of nobody else", "")]
    survey.show_to(Visibility.PUBLIC)
    assert lists(other) == [("Of nobody else", ""), ("Survey", "owner")]
    assert lists(owner) == [("Survey", "")]
    # A visitor's page is the same for all of them, and has nothing of people.
    assert "Survey" not in text(Client().get(page))


def test_a_paper_names_ten_public_lists_of_others(other, library, papers):
    theirs = Library(other).lists
    for number in range(11):
        opened = theirs.open(theirs.create(f"List {number}").slug)
        opened.add([papers[0].pk])
        opened.show_to(Visibility.PUBLIC)
    html = text(logged_in(library.user).get(papers[0].get_absolute_url()))
    assert html.count("of <bdi>other") == 10
    assert '<li class="quiet">and others</li>' in html
