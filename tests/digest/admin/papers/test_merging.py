"""Papers that are one, authors that are one, splitting them again, and the surveys of all that."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from accounts.library import Library
from digest.admin.papers import authors as authors_admin
from digest.admin.site import Site
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Alias, Author, Category, Correction, Merge, Paper
from tests.admin import enter, holder
from tests.samples import digest, row

from .conftest import messages, page, text

pytestmark = pytest.mark.sqlite


def address(row, action):
    return f"/admin/digest/{row._meta.model_name}/{row.pk}/{action}/"


# Papers


@pytest.mark.databases
def test_a_paper_is_merged_after_a_look_at_what_would_change(curating, papers, curator):
    first, second, _ = papers
    Library(curator).bookmarks.add([first.pk])
    asked = text(curating.get(address(first, "merge")))
    assert "The other paper gets its 1 entry," in asked
    data = {"into": second.pk, "why": "the same"}
    looked = curating.post(address(first, "merge"), data)
    shown = text(looked)
    assert "Merge into “Learning to write” (2502.00002)?" in shown
    assert '<span class="diff"><ins>https://github.com/lab/code-1</ins></span>' in shown
    assert "Papers to be hidden" in shown
    assert not Merge.objects.exists()
    assert not LogEntry.objects.exists()
    done = curating.post(address(first, "merge"), data | {"confirm": "1"}, follow=True)
    assert done.redirect_chain == [(page(second), 302)]
    said = "Merged “Learning to read” (2502.00001) into “Learning to write” (2502.00002). the same"
    assert messages(done) == [said]
    merge = Merge.objects.get()
    assert (merge.paper, merge.into, merge.made_by, merge.why) == (
        *(first, second),
        *(curator, "the same"),
    )
    assert LogEntry.objects.get().change_message == said
    assert [mark.paper for mark in Library(curator).bookmarks.all()] == [second]
    # Each page has the way back.
    split = f'<a href="{address(merge, "split")}">Split…</a>'
    assert text(curating.get(page(second))).count(split) == 1
    merged = text(curating.get(page(first)))
    assert merged.count(split) == 1
    assert "Merged into" in merged
    assert "Merge into…" not in merged


@pytest.mark.databases
def test_a_paper_is_split_after_a_look_at_what_would_change(curating, papers, curator):
    merge = decisions.merge_papers(papers[1], papers[0], curator)
    looked = text(curating.get(address(merge, "split")))
    assert "Split “Learning to write” from “Learning to read” again?" in looked
    assert "New papers: 1" in looked
    assert Merge.objects.active().exists()
    done = curating.post(address(merge, "split"), follow=True)
    assert done.redirect_chain == [(page(papers[1]), 302)]
    assert not Merge.objects.active().exists()
    assert Paper.objects.visible().count() == 3
    assert LogEntry.objects.get().change_message == (
        "Split “Learning to write” (2502.00002) from “Learning to read” (2502.00001)."
    )
    for paper, other, verb in [
        (papers[1], "“Learning to read” (2502.00001)", "Merged into"),
        (papers[0], "“Learning to write” (2502.00002)", "Merged with"),
    ]:
        whats = [change.what for change in curating.get(page(paper)).context["changes"]]
        assert whats == [f"Split from {other}", f"{verb} {other}"]
    for ask in (curating.get, curating.post):
        again = ask(address(merge, "split"), follow=True)
        assert messages(again) == ["This merge is no longer in force."]


@pytest.mark.parametrize(
    ("into", "said"),
    [
        ("", "This field is required."),
        ("x", "Choose another paper that is not hidden."),
        ("9" * 30, "Choose another paper that is not hidden."),
        ("self", "Choose another paper that is not hidden."),
        ("hidden", "Choose another paper that is not hidden."),
    ],
)
def test_what_a_paper_cannot_be_merged_into(curating, papers, curator, into, said):
    decisions.correct(papers[2], "hidden", True, curator)
    into = {"self": papers[0].pk, "hidden": papers[2].pk}.get(into, into)
    for confirm in ({}, {"confirm": "1"}):
        answer = curating.post(address(papers[0], "merge"), {"into": into, **confirm})
        assert text(answer).count(said) == 1
    assert not Merge.objects.exists()


def test_what_was_merged_meanwhile_is_said(curating, papers, curator):
    decisions.merge_papers(papers[0], papers[1], curator)
    said = "One of them was merged into another paper already."
    data = {"into": papers[2].pk}
    assert said in text(curating.post(address(papers[0], "merge"), data))
    answer = curating.post(address(papers[0], "merge"), data | {"confirm": "1"})
    assert messages(answer) == [said]
    assert Merge.objects.count() == 1


def test_what_cannot_be_logged_is_not_done(curating, papers, monkeypatch):
    def fails(*arguments):
        raise RuntimeError("no log")

    monkeypatch.setattr(Site, "log", fails)
    with pytest.raises(RuntimeError, match="no log"):
        curating.post(address(papers[0], "merge"), {"into": papers[1].pk, "confirm": "1"})
    assert not Merge.objects.exists()
    assert Paper.objects.visible().count() == 3


@pytest.mark.databases
def test_the_other_paper_may_be_named_by_a_link(curating, papers):
    answer = curating.get(address(papers[0], "merge") + f"?into={papers[1].pk}")
    assert "Learning to write (2502.00002, 6 Feb 2025)" in text(answer)
    assert curating.get(address(papers[0], "merge") + "?into=x").status_code == 200


# Authors


@pytest.mark.databases
def test_an_author_is_merged_after_a_look_at_what_would_change(curating, papers, curator):
    author, into = (Author.objects.get(name=name) for name in ("Grace Hopper", "Alan Turing"))
    shown = text(curating.get(page(author)))
    assert f'<a href="{page(papers[1])}">Learning to write</a> (6 Feb 2025)' in shown
    looked = text(curating.post(page(author), {"into": " Alan  Turing", "why": "the same"}))
    assert "which has 1 already." in looked
    assert "<del>Grace Hopper</del> <ins>Alan Turing</ins>" in looked
    assert not Alias.objects.exists()
    data = {"into": "Alan Turing", "why": "the same", "confirm": "1"}
    done = curating.post(page(author), data, follow=True)
    assert done.redirect_chain == [(page(into), 302)]
    assert messages(done) == ["Grace Hopper is shown as Alan Turing. the same"]
    assert LogEntry.objects.get().change_message == "Grace Hopper is shown as Alan Turing. the same"
    alias = Alias.objects.get()
    assert (alias.name, alias.of, alias.made_by) == ("Grace Hopper", "Alan Turing", curator)
    into.refresh_from_db()
    assert into.paper_count == 2
    assert f'(<a href="{address(alias, "split")}">split</a>)' in text(curating.get(page(into)))


def test_an_author_is_renamed(curating, papers):
    author = Author.objects.get(name="lvwerra")
    looked = text(curating.post(page(author), {"into": "A Full Name"}))
    assert "which is a new name." in looked
    done = curating.post(page(author), {"into": "A Full Name", "confirm": "1"})
    assert done.url == page(Author.objects.get(name="A Full Name"))


@pytest.mark.parametrize(
    ("into", "said"),
    [
        ("", "This field is required."),
        ("\u200b", "Enter both names."),
        ("Grace Hopper", "These are the same author already."),
        ("x" * 201, "At most 200 characters, and this has 201."),
    ],
)
def test_what_an_author_cannot_be_shown_as(curating, papers, into, said):
    author = Author.objects.get(name="Grace Hopper")
    assert text(curating.post(page(author), {"into": into})).count(said) == 1
    curating.post(page(author), {"into": into, "confirm": "1"})
    assert not Alias.objects.exists()


def test_of_authors_with_many_papers_a_preview_gives_the_number(curating, papers, monkeypatch):
    monkeypatch.setattr(authors_admin, "_LARGE", 0)
    author = Author.objects.get(name="Grace Hopper")
    looked = text(curating.post(page(author), {"into": "Hopper"}))
    assert "There are too many papers to preview the changes of each." in looked
    assert "<del>" not in looked


def test_a_name_is_split_after_a_look_at_what_would_change(curating, papers, curator):
    alias = decisions.merge_authors("Grace Hopper", "Alan Turing", curator)
    looked = text(curating.get(address(alias, "split")))
    assert "Show Grace Hopper as printed, and no longer as Alan Turing?" in looked
    assert "<del>Alan Turing</del> <ins>Grace Hopper</ins>" in looked
    assert Alias.objects.active().exists()
    done = curating.post(address(alias, "split"), follow=True)
    assert done.redirect_chain == [(page(Author.objects.get(name="Grace Hopper")), 302)]
    assert messages(done) == ["Grace Hopper is shown as it is printed."]
    assert LogEntry.objects.get().change_message == "Grace Hopper is shown as it is printed."
    assert not Alias.objects.active().exists()
    for ask in (curating.get, curating.post):
        again = ask(address(alias, "split"), follow=True)
        assert messages(again) == ["This name is no longer an alias."]


@pytest.mark.databases
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("grace", ["Grace Hopper"]),
        ("GRACE HOP", ["Grace Hopper"]),
        ("hopp", ["Grace Hopper"]),
        ("hopper grace", ["Grace Hopper"]),
        ("lvw", ["lvwerra"]),
        ("a", ["Ada Lovelace", "Alan Turing"]),
        ("山", ["山田太郎"]),
        ("%", []),
        ("$", []),
        ("nobody", []),
    ],
)
def test_authors_are_found_by_beginning_or_word(curating, papers, query, found):
    load(digest(row(9, authors="山田太郎")), "b.json")
    listed = curating.get("/admin/digest/author/", {"q": query}).context["cl"].result_list
    assert sorted(author.name for author in listed) == found
    suggested = curating.get(
        "/admin/autocomplete/",
        {"app_label": "digest", "model_name": "authorship", "field_name": "author", "term": query},
    )
    assert sorted(one["text"] for one in suggested.json()["results"]) == found


@pytest.mark.databases
def test_the_lists_of_authors_and_categories(curating, papers, curator):
    decisions.merge_authors("Grace Hopper", "Alan Turing", curator)
    for query, found in [
        ("", ["Alan Turing", "Ada Lovelace", "lvwerra"]),
        ("?name=handle", ["lvwerra"]),
        ("?name=spellings", ["Alan Turing"]),
    ]:
        listed = curating.get(f"/admin/digest/author/{query}").context["cl"].result_list
        assert [author.name for author in listed] == found
    for query, found in [
        ("", ["Natural Language Processing", "Text Generation", "Odd"]),
        ("?kind=area", ["Natural Language Processing"]),
        ("?kind=unknown", ["Odd"]),
    ]:
        listed = curating.get(f"/admin/digest/category/{query}").context["cl"].result_list
        assert [category.name for category in listed] == found
    odd = Category.objects.get(name="Odd")
    assert curating.get(page(odd)).status_code == 200
    assert curating.post(page(odd), {"name": "Even"}).status_code == 403


@pytest.mark.databases
@pytest.mark.parametrize("rows", [1, 60])
def test_the_page_of_an_author_takes_a_fixed_number_of_queries(
    curating, papers, django_assert_num_queries, rows
):
    load(digest(*(row(n, authors="Many Papers") for n in range(100, 100 + rows))), "b.json")
    author = Author.objects.get(name="Many Papers")
    curating.get(page(author))
    with django_assert_num_queries(10):
        answer = curating.get(page(author))
    assert len(answer.context["papers"]) == min(rows, 50)
    last = curating.get(f"{page(author)}?page=2")
    assert len(last.context["papers"]) == (10 if rows > 50 else 1)
    assert curating.get(f"{page(author)}?page=x").status_code == 200


# What was decided


@pytest.mark.databases
def test_all_decisions_can_be_surveyed(curating, papers, curator, django_assert_num_queries):
    other = holder("other", "Curators")
    first = decisions.correct(papers[2], "title", "Mine", curator, "why")
    decisions.correct(papers[2], "title", "Theirs", other)
    merge = decisions.merge_papers(papers[0], papers[1], curator)
    alias = decisions.merge_authors("Grace Hopper", "Alan Turing", curator)
    for row_, queries in ((first, 11), (merge, 11), (alias, 11)):
        model = f"/admin/digest/{row_._meta.model_name}/"
        for query, counted in [("", None), (f"?made_by__id__exact={curator.pk}", 1)]:
            listed = curating.get(model + query).context["cl"].result_list
            assert len(listed) == (counted or type(row_).objects.count())
        assert curating.get(f"{model}?standing=no").context["cl"].result_count == (row_ == first)
        with django_assert_num_queries(queries):
            curating.get(model)
        shown = curating.get(page(row_))
        assert shown.status_code == 200
        assert 'name="_save"' not in text(shown)
        for there in (page(row_), f"{model}add/", page(row_).replace("change", "delete")):
            assert curating.post(there, {"why": "changed", "post": "yes"}).status_code == 403
    assert Correction.objects.count() == 2
    assert "<del>Robots</del><ins>Mine</ins>" in text(curating.get(page(first)))


def test_who_may_not_end_decisions(papers, curator):
    looker = holder("looker")
    for name in ("view_merge", "view_alias", "view_author"):
        looker.user_permissions.add(Permission.objects.get(codename=name))
    client = enter(looker)
    merge = decisions.merge_papers(papers[0], papers[1], curator)
    alias = decisions.merge_authors("Grace Hopper", "Alan Turing", curator)
    for there in (address(merge, "split"), address(alias, "split")):
        assert client.get(there).status_code == client.post(there).status_code == 403
    author = Author.objects.get(name="Alan Turing")
    assert "Preview" not in text(client.get(page(author)))
    assert client.post(page(author), {"into": "x", "confirm": "1"}).status_code == 403
    assert client.get("/admin/digest/paper/suggest/").status_code == 403
