"""The list of papers: what it shows, how it is narrowed down, and what is done to several."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from digest.admin import base
from digest.admin.papers import papers as papers_admin
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Correction, LinkHealth, Paper
from tests.samples import digest, row

from .conftest import messages, text

pytestmark = pytest.mark.sqlite

LIST = "/admin/digest/paper/"


def titles(answer):
    assert answer.status_code == 200
    return [paper.title for paper in answer.context["cl"].result_list]


def cells(answer):
    """The words of each row, column by column."""
    rows = re.findall(r"<tr><td class=\"action-checkbox\">.*?</tr>", text(answer))
    return [
        [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", one)][1:]
        for one in rows
    ]


def test_the_columns(curating, papers, curator):
    load(digest(row(4, title="Cut", authors="A B, C D, E F, G H, I J")), "2025-02-06b.json")
    decisions.correct(papers[1], "categories", ["Robotics", "Odd"], curator)
    decisions.correct(papers[0], "hidden", True, curator)
    answer = curating.get(LIST)
    assert cells(answer) == [
        ["Learning to read", "6 Feb 2025", "", "", "0", "corrected, hidden"],
        ["Learning to write", "6 Feb 2025", "Grace Hopper", "Robotics, Odd", "1", "corrected"],
        ["Robots", "6 Feb 2025", "lvwerra", "Text Generation", "0", "handles"],
        ["Cut", "6 Feb 2025", "A B, C D and others", "Text Generation", "1", "list cut"],
    ]
    link = f'<a href="/admin/digest/paper/{papers[1].pk}/change/">Learning to write</a>'
    assert link in text(answer)


def test_as_many_queries_for_one_paper_as_for_many(curating, papers, django_assert_num_queries):
    for address in (LIST, f"{LIST}?q=learning"):
        curating.get(address)
        with django_assert_num_queries(17 if "q" in address else 15):
            curating.get(address)
    load(digest(*(row(n, title=f"Learning {n}") for n in range(10, 50))), "2025-02-07.json")
    for address in (LIST, f"{LIST}?q=learning"):
        with django_assert_num_queries(17 if "q" in address else 15):
            assert len(titles(curating.get(address))) >= 42


@pytest.mark.databases
def test_the_days_come_from_the_digests(curating, papers):
    load(digest(row(4, title="March", date="2025-03-01")), "b.json")
    load(digest(row(5, title="Before", date="2024-03-01")), "c.json")
    years = text(curating.get(LIST))
    for year in ("2024", "2025"):
        assert f'<a href="?date__year={year}">{year}</a>' in years
    months = curating.get(f"{LIST}?date__year=2025")
    assert titles(months) == ["March", "Learning to read", "Learning to write", "Robots"]
    assert 'date__month=3&amp;date__year=2025">March 2025</a>' in text(months)
    assert titles(curating.get(f"{LIST}?date__year=2025&date__month=3")) == ["March"]
    for bad in ("date__year=x", "date__month=99&date__year=2025", "date__year=99999", "p=x"):
        assert curating.get(f"{LIST}?{bad}", follow=True).status_code == 200


@pytest.mark.databases
@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ("", ["Learning to read", "Learning to write", "Robots", "Hidden"]),
        ("links=none", ["Robots"]),
        ("links=dead", ["Learning to write"]),
        ("categories=unknown", ["Learning to write"]),
        ("authors=cut", ["Learning to read"]),
        ("authors=handles", ["Robots"]),
        ("curation=corrected", ["Learning to read", "Hidden"]),
        ("curation=difference", ["Learning to read"]),
        ("curation=hidden", ["Hidden"]),
        ("curation=merged", []),
        ("changed=7", ["Learning to write"]),
        ("changed=30", ["Learning to write", "Robots"]),
        ("links=nonsense", ["Learning to read", "Learning to write", "Robots", "Hidden"]),
    ],
)
def test_the_filters(curating, papers, curator, chosen, found):
    load(digest(row(4, title="Hidden")), "2025-02-06b.json")
    decisions.correct(Paper.objects.get(title="Hidden"), "hidden", True, curator)
    decisions.correct(papers[0], "authors_cut", True, curator)
    decisions.correct(papers[0], "summary", "Mine", curator)
    later = row(1, title="Learning to read", summary="Theirs", date="2025-02-08")
    load(digest({**later, "authors": ""}), "b.json")
    health = {"checked_at": timezone.now()}
    LinkHealth.objects.create(url="https://github.com/lab/code-2", dead=True, **health)
    LinkHealth.objects.create(url="https://github.com/lab/code-1", dead=False, **health)
    Paper.objects.update(changed_at=timezone.now() - timedelta(days=60))
    for paper, days in ((papers[1], 6), (papers[2], 8)):
        changed_at = timezone.now() - timedelta(days=days)
        Paper.objects.filter(pk=paper.pk).update(changed_at=changed_at)
    assert titles(curating.get(f"{LIST}?{chosen}")) == found


def test_a_merged_paper_is_found(curating, papers, curator):
    decisions.merge_papers(papers[0], papers[1], curator)
    assert titles(curating.get(f"{LIST}?curation=merged")) == ["Learning to read"]
    assert cells(curating.get(f"{LIST}?curation=merged"))[0][-1] == "merged, hidden"


@pytest.mark.databases
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("learning", ["Learning to read", "Learning to write"]),
        ("learning -write", ["Learning to read"]),
        ("author:hopper", ["Learning to write"]),
        ("arxiv:2502.00003", ["Robots"]),
        ("2502.00003v2", ["Robots"]),
        ("2502.00004", ["A hidden one"]),
        ("hidden ONE", ["A hidden one"]),
        ("nothing", []),
    ],
)
def test_search_is_the_sites_own_and_finds_hidden_ones_too(curating, papers, curator, query, found):
    load(digest(row(4, title="A hidden one")), "2025-02-06b.json")
    decisions.correct(Paper.objects.get(slug="2502.00004"), "hidden", True, curator)
    answer = curating.get(LIST, {"q": query})
    assert titles(answer) == found


@pytest.mark.databases
def test_what_cannot_be_read_of_a_query_is_said(curating, papers):
    answer = curating.get(LIST, {"q": "learning date:x"})
    assert titles(answer) == ["Learning to read", "Learning to write"]
    (said,) = messages(answer)
    assert said.startswith("“date:x” was left out: date: takes 2025")


@pytest.mark.databases
def test_search_and_filters_go_together(curating, papers):
    answer = curating.get(f"{LIST}?q=learning&categories=unknown")
    assert titles(answer) == ["Learning to write"]


def test_counting_ends(curating, papers, monkeypatch):
    monkeypatch.setattr(base, "COUNTED", 1)
    assert curating.get(LIST).context["cl"].result_count == 2


# What is done to several


def act(client, action, papers, **data):
    sent = {"action": action, "_selected_action": [paper.pk for paper in papers], **data}
    return client.post(LIST, sent, follow=True)


@pytest.mark.databases
def test_papers_are_hidden_and_shown_again(curating, papers, curator):
    answer = act(curating, "hide", papers[:2])
    assert messages(answer) == ["Hidden: 2 papers."]
    assert [paper.title for paper in Paper.objects.visible()] == ["Robots"]
    made = list(Correction.objects.values_list("field", "value", "made_by"))
    assert made == [("hidden", True, curator.pk)] * 2
    assert LogEntry.objects.filter(change_message="Hidden.").count() == 2
    # One that is merged away is hidden, and no curator hid it.
    answer = act(curating, "show", papers)
    assert messages(answer) == ["Shown again: 2 papers."]
    assert Paper.objects.visible().count() == 3
    assert not Correction.objects.active().exists()
    assert messages(act(curating, "show", papers)) == ["There was nothing to do for these papers."]


@pytest.mark.databases
def test_a_category_is_set_of_several_after_one_was_asked_for(curating, papers, curator):
    asked = act(curating, "set_category", papers[:2])
    assert "Set it for 2 papers" in text(asked)
    assert not Correction.objects.exists()
    sent = {"apply": "1", "category": "robotics", "why": "they are"}
    answer = act(curating, "set_category", papers[:2], **sent)
    assert messages(answer) == ["Robotics added as a category: 2 papers."]
    assert list(Correction.objects.order_by("paper").values_list("value", "why")) == [
        (["Text Generation", "Robotics"], "they are"),
        (["Odd", "Robotics"], "they are"),
    ]
    answer = act(curating, "set_category", papers[:1], **sent, replace="on")
    assert messages(answer) == ["Robotics set as a category: 1 paper."]
    assert Correction.objects.active().get(paper=papers[0]).value == ["Robotics"]


@pytest.mark.parametrize(
    ("category", "said"),
    [
        ("", "This field is required."),
        ("\u200b", "A category has a name."),
        ("x" * 201, "At most 200 characters, and this has 201."),
    ],
)
def test_a_category_that_cannot_be_is_asked_for_again(curating, papers, category, said):
    answer = act(curating, "set_category", papers[:1], apply="1", category=category)
    assert said in text(answer)
    assert not Correction.objects.exists()


def test_an_action_is_about_so_many_papers_at_most(curating, papers, monkeypatch):
    monkeypatch.setattr(papers_admin, "MOST", 2)
    for action in ("hide", "show", "set_category"):
        (said,) = messages(act(curating, action, papers))
        assert said.startswith("An action takes at most 2 papers")
    assert not Correction.objects.exists()
    assert messages(act(curating, "hide", papers[:2])) == ["Hidden: 2 papers."]


def test_papers_are_suggested_by_the_sites_search(curating, papers):
    answer = curating.get(f"{LIST}suggest/?term=writ")
    assert answer.json()["results"] == [
        {"id": papers[1].pk, "text": "Learning to write (2502.00002, 6 Feb 2025)"}
    ]
    for odd in ("?term=date:x", "?term=%00", ""):
        assert curating.get(f"{LIST}suggest/{odd}").status_code == 200
