"""A reading list as files and as a feed, and what other sites show of it."""

import json
import re
from datetime import datetime, timedelta

import feedparser
import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from accounts.models import ReadingList, Visibility
from digest.curation import decisions
from digest.models import Paper
from tests.accounts.library.test_lists import order
from tests.accounts.lists.pages import address, logged_in, shown, text

pytestmark = pytest.mark.sqlite


def slugs_in(suffix, content):
    if suffix == "csl.json":
        return [each["URL"].rpartition("/")[2] for each in json.loads(content)]
    pattern = {"bib": r"eprint\s*= \{([\d.]+)\}", "ris": r"UR  - \S+/abs/(\S+)"}.get(
        suffix, r"\(https://arxiv.org/abs/([\d.]+)\)"
    )
    return re.findall(pattern, content)


@pytest.mark.parametrize("suffix", ["bib", "ris", "csl.json", "md"])
@pytest.mark.parametrize("shared", [False, True])
def test_files_have_the_papers_of_the_page_in_its_order(anonymous, survey, papers, suffix, shared):
    survey.show_to(Visibility.LINK if shared else Visibility.PUBLIC)
    survey.move(papers[2].pk, 1)
    found = survey.reading_list
    start = f"/lists/shared/{found.secret}" if shared else f"/lists/{found.slug}"
    response = anonymous.get(f"{start}.{suffix}")
    assert response["Content-Disposition"] == f'attachment; filename="Survey.{suffix}"'
    content = text(response)
    page = shown(anonymous.get(f"{start}/"))
    assert page == ["2502.00003", "2502.00001", "2502.00002"]
    assert slugs_in(suffix, content) == page
    if suffix == "md":
        assert content.startswith(f"# [Survey](http://localhost:8000{start}/)\n")


@pytest.mark.databases
def test_a_feed_has_what_was_added_last_first(anonymous, survey, papers):
    survey.show_to(Visibility.PUBLIC)
    for days, paper in ((3, papers[1]), (1, papers[0]), (2, papers[2])):
        when = timezone.now() - timedelta(days=days)
        survey.items().filter(paper=paper).update(added_at=when)
    long_ago = timezone.now() - timedelta(days=30)
    Paper.objects.update(changed_at=long_ago)
    ReadingList.objects.update(changed_at=long_ago)
    path = f"/lists/{survey.reading_list.slug}.atom"
    response = anonymous.get(path)
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    assert feed.feed.title == "Survey"
    assert feed.feed.link == f"http://localhost:8000{address(survey)}"
    assert [entry.title for entry in feed.entries] == ["Paper 1", "Paper 3", "Paper 2"]
    assert [entry.published for entry in feed.entries] == ["2025-02-06T00:00:00Z"] * 3
    ages = [timezone.now() - datetime.fromisoformat(entry.updated) for entry in feed.entries]
    assert [age.days for age in ages] == [1, 2, 3]
    known = {"HTTP_IF_MODIFIED_SINCE": response["Last-Modified"]}
    assert anonymous.get(path, **known).status_code == 304
    # What it shows of a paper changes, and a paper is hidden.
    decisions.correct(papers[1], "title", "Renamed", None)
    changed = feedparser.parse(anonymous.get(path, **known).content)
    assert changed.feed.updated == changed.entries[2].updated > feed.feed.updated
    Paper.objects.update(changed_at=long_ago)
    decisions.correct(papers[1], "hidden", True, None)
    assert len(feedparser.parse(anonymous.get(path, **known).content).entries) == 2


def test_the_feed_of_an_empty_list_is_valid(client, library):
    made = library.lists.create("Empty & new")
    feed = feedparser.parse(client.get(f"/lists/{made.slug}.atom").content)
    assert (feed.bozo, feed.feed.title, feed.entries) == (False, "Empty & new", [])


def test_a_public_list_has_a_picture_and_no_other_list(survey, owner, papers, monkeypatch):
    drawn = []

    def picture(*texts):
        drawn.append(texts)
        return b"PNG"

    monkeypatch.setattr("digest.pages.previews.picture", picture)
    caches["previews"].clear()
    page = survey.reading_list.get_absolute_url()
    address = f"{page.rstrip('/')}.png"
    for visibility in (Visibility.PRIVATE, Visibility.MEMBERS, Visibility.LINK):
        survey.show_to(visibility)
        for who in (Client(), logged_in(owner)):
            assert who.get(address).status_code == 404
        assert "og:image" not in text(logged_in(owner).get(page))
    shared = f"/lists/shared/{survey.reading_list.secret}/"
    assert "og:image" not in text(Client().get(shared))
    survey.show_to(Visibility.PUBLIC)
    response = Client().get(address)
    assert (response.content, response["Cache-Control"]) == (b"PNG", "no-cache")
    size = f"{len(order(survey))} papers"
    assert drawn == [("Survey", ["A reading list by owner", size], "A reading list")]
    assert f'content="http://localhost:8000{address}"' in text(Client().get(page))
    decisions.correct(papers[0], "hidden", True, None)
    Client().get(address)
    assert drawn[-1][1][1] == "2 papers"


def test_browsers_copy_a_list_for_its_owner_and_a_public_one_for_all(
    survey, members, owner, viewer, other
):
    page, header = survey.reading_list.get_absolute_url(), "Offline-Copy"
    for visibility in (Visibility.PRIVATE, Visibility.MEMBERS, Visibility.LINK):
        survey.show_to(visibility)
        assert logged_in(owner).get(page)[header] == str(owner.pk)
        assert header not in logged_in(viewer).get(page)
    secret = f"/lists/shared/{survey.reading_list.secret}/"
    for who in (Client(), logged_in(other)):
        response = who.get(secret)
        assert (response.status_code, response.get(header)) == (200, None)
    survey.show_to(Visibility.PUBLIC)
    assert logged_in(viewer).get(page)[header] == str(viewer.pk)
    assert Client().get(page)[header] == "visitor"
