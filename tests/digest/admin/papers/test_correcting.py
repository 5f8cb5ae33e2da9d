"""A paper's own page: where each field comes from, correcting it, and taking that back."""

import json
import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.forms import BaseFormSet

from accounts.library import Library
from digest.catalogue.fields import correctable
from digest.catalogue.load import load, undo
from digest.curation import decisions
from digest.models import Category, Correction, LinkHealth, Paper, Source
from tests.admin import enter, holder
from tests.samples import digest, hugging_face, hugging_face_paper, row

from .conftest import messages, page, text

pytestmark = pytest.mark.sqlite

LISTS = ("authors", "categories", "links")
TEXTS = ("title", "summary", "abstract", "keywords", "comment", "doi")


def sent(answer):
    """What a browser sends of a page on which nothing was changed."""
    form = answer.context["form"]
    data = {
        **{name: form[name].value() for name in TEXTS},
        "why": form["why"].value() or "",
        "seen": form["seen"].value(),
    }
    for name in ("authors_cut", "hidden"):
        if form[name].value():
            data[name] = "on"
    for field in answer.context["fields"]:
        if field.rows:
            rows: BaseFormSet = field.rows
            for bound in rows.management_form:
                data[bound.html_name] = bound.value()
            for number, one in enumerate(rows.forms):
                data[f"{field.of.name}-{number}-value"] = one["value"].value() or ""
                data[f"{field.of.name}-{number}-ORDER"] = one["ORDER"].value() or ""
    return data


def save(client, paper, follow=True, **changes):
    data = sent(client.get(page(paper))) | {key.replace("__", "-"): v for key, v in changes.items()}
    return client.post(page(paper), data, follow=follow)


def names(paper):
    return [place.author.name for place in paper.authorships.all()]


def urls(paper):
    return [link.url for link in paper.links.all()]


def test_what_was_not_changed_is_no_correction(curating, papers):
    for paper in papers:
        assert messages(save(curating, paper)) == ["Nothing was changed."]
    assert not Correction.objects.exists()
    assert not LogEntry.objects.exists()


def test_text_that_browsers_change_is_no_correction(curating, papers):
    load(digest(row(1, summary="One.\r\nTwo.\rThree.", date="2025-02-07")), "b.json")
    data = sent(curating.get(page(papers[0])))
    data["summary"] = data["summary"].replace("\n", "\r\n")
    answer = curating.post(page(papers[0]), data, follow=True)
    assert messages(answer) == ["Nothing was changed."]


def test_a_very_long_list_is_shown_and_stays_as_it_is(curating, db):
    people = [{"name": f"A {n}"} for n in range(350)]
    load(hugging_face(hugging_face_paper(authors=people)), "a.json")
    paper = Paper.objects.get()
    shown = text(curating.get(page(paper)))
    assert "A 348, A 349</p>" in shown
    assert "These are 350, too many to be corrected here." in shown
    assert messages(save(curating, paper)) == ["Nothing was changed."]
    assert messages(save(curating, paper, title="Mine")) == ["Corrected: title."]
    paper.refresh_from_db()
    assert (paper.title, paper.authorships.count(), paper.authors_cut) == ("Mine", 350, False)


def test_keywords_stand_on_a_line_each(curating, db):
    given = ["attention", "a, b"]
    load(hugging_face(hugging_face_paper(ai_keywords=given)), "a.json")
    paper = Paper.objects.get()
    assert messages(save(curating, paper)) == ["Nothing was changed."]
    answer = save(curating, paper, keywords="a, b\r\n new one \n\nnew one", doi="doi:10.1000/1.")
    assert messages(answer) == ["Corrected: keywords, DOI."]
    paper.refresh_from_db()
    assert (paper.keywords, paper.doi) == (["a, b", "new one"], "10.1000/1")
    assert messages(save(curating, paper, doi="nothing")) == []
    assert "Not the DOI of a published paper: nothing" in text(save(curating, paper, doi="nothing"))


@pytest.mark.databases
def test_each_field_that_was_changed_is_one_correction(curating, papers, curator):
    paper = papers[0]
    answer = save(
        curating,
        paper,
        title="  Learning\nto read ",
        summary="- Better.\r\n- Still.",
        authors_cut="on",
        why="as on arXiv",
        authors__1__value="Alan M. Turing",
        authors__2__value="A New Name",
        categories__0__value="robotics",
        links__0__DELETE="on",
        links__1__value="github.com/lab/other",
    )
    assert answer.redirect_chain == [("/admin/digest/paper/", 302)]
    assert messages(answer) == [
        "Corrected: summary, authors, whether the author list was cut, categories, links."
    ]
    made = Correction.objects.active().values_list("field", "value", "why", "made_by")
    assert sorted(made) == [
        ("authors", ["Ada Lovelace", "Alan M. Turing", "A New Name"], "as on arXiv", curator.pk),
        ("authors_cut", True, "as on arXiv", curator.pk),
        ("categories", ["Robotics"], "as on arXiv", curator.pk),
        (
            "links",
            {
                "add": ["https://github.com/lab/other"],
                "remove": ["https://github.com/lab/code-1"],
            },
            "as on arXiv",
            curator.pk,
        ),
        ("summary", "- Better.\n- Still.", "as on arXiv", curator.pk),
    ]
    paper.refresh_from_db()
    assert (paper.title, paper.authors_cut) == ("Learning to read", True)
    assert names(paper) == ["Ada Lovelace", "Alan M. Turing", "A New Name"]
    assert urls(paper) == ["https://github.com/lab/other"]
    assert LogEntry.objects.get().change_message == f"{messages(answer)[0]} as on arXiv"
    # What the sources say by themselves is no correction any longer.
    save(curating, paper, categories__0__value="text-generation")
    assert not Correction.objects.active().filter(field="categories").exists()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"authors__0__ORDER": "2"}, "BACDEF"),
        ({"authors__0__ORDER": "3"}, "BCADEF"),
        ({"authors__5__ORDER": "1"}, "FABCDE"),
        ({"authors__0__ORDER": ""}, "BCDEFA"),
        ({"authors__2__DELETE": "on"}, "ABDEF"),
        ({"authors__2__value": " "}, "ABDEF"),
        ({"authors__6__value": "G"}, "ABCDEFG"),
        ({"authors__6__value": "G", "authors__6__ORDER": "1"}, "GABCDEF"),
        ({"authors__1__value": "A"}, "ACDEF"),
    ],
)
def test_rows_are_moved_deleted_and_added(curating, papers, changes, wanted):
    load(digest(row(1, authors="A, B, C, D, E, F", date="2025-02-07")), "b.json")
    save(curating, papers[0], **changes)
    assert names(papers[0]) == list(wanted)


def test_a_list_that_was_cut_stays_so_until_the_curator_says_else(curating, papers):
    load(digest(row(1, authors="A, B, C, D, E", date="2025-02-07")), "b.json")
    save(curating, papers[0], authors__0__value="Z")
    papers[0].refresh_from_db()
    assert (names(papers[0])[0], papers[0].authors_cut) == ("Z", True)
    data = sent(curating.get(page(papers[0])))
    del data["authors_cut"]
    curating.post(page(papers[0]), data)
    papers[0].refresh_from_db()
    assert not papers[0].authors_cut


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"title": " "}, "title", "This field is required."),
        ({"title": "\u200b"}, "title", "A paper has a title."),
        ({"title": "x" * 1001}, "title", "At most 1,000 characters, and this has 1,001."),
        ({"summary": "x" * 20_001}, "summary", "At most 20,000 characters"),
        ({"authors__0__value": "x" * 201}, "authors", "At most 200 characters"),
        ({"links__0__value": "javascript:alert(1)"}, "links", "No http or https link: javascript"),
        ({"links__1__value": "nothing"}, "links", "No http or https link: nothing"),
        ({"authors__0__ORDER": "x"}, "authors", "Enter a whole number."),
        ({"authors__TOTAL_FORMS": "x"}, "authors", "ManagementForm data is missing"),
        ({"seen": "{}"}, "seen", "The form was incomplete: open the page again."),
        ({"seen": "{"}, "seen", "The form was incomplete: open the page again."),
        ({"seen": '{"title": "x"}'}, "seen", "The form was incomplete: open the page again."),
        ({"why": "x" * 501}, "why", "at most 500 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_saved(
    curating, papers, changes, field, said
):
    answer = save(curating, papers[0], **{"summary": "Mine, not lost.", **changes})
    shown = unescape(text(answer))
    assert shown.count(said) == 1
    assert "Nothing was saved. Correct the errors below." in shown
    if field != "summary":
        assert "Mine, not lost." in shown
    if field in LISTS:
        rows = next(one.rows for one in answer.context["fields"] if one.of.name == field)
        assert not rows.is_valid()
    else:
        assert field in answer.context["form"].errors
    assert not Correction.objects.exists()


def test_a_list_has_so_many_at_most(curating, papers):
    data = sent(curating.get(page(papers[0])))
    data["authors-TOTAL_FORMS"] = 202
    data |= {f"authors-{n}-value": f"Name {n}" for n in range(202)}
    answer = curating.post(page(papers[0]), data)
    assert "At most 200, and these are 202." in text(answer)
    assert not Correction.objects.exists()


def test_what_others_corrected_meanwhile_is_not_overwritten(curating, papers, curator):
    other = holder("other", "Curators")
    data = sent(curating.get(page(papers[0]))) | {"title": "Mine", "why": "because"}
    decisions.correct(papers[0], "title", "Theirs", other)
    decisions.correct(papers[0], "summary", "Their summary.", other)
    answer = curating.post(page(papers[0]), data)
    assert answer.status_code == 409
    shown = text(answer)
    assert "Somebody else corrected this in the meantime. Nothing was saved." in shown
    assert "<del>Theirs</del><ins>Mine</ins>" in shown
    assert Paper.objects.get(pk=papers[0].pk).title == "Theirs"
    # Saved again, mine is meant, and the other field is theirs.
    data = sent(answer)
    assert (data["title"], data["summary"], data["why"]) == ("Mine", "Their summary.", "because")
    curating.post(page(papers[0]), data)
    saved = Paper.objects.get(pk=papers[0].pk)
    assert (saved.title, saved.summary) == ("Mine", "Their summary.")


def test_what_others_corrected_of_other_fields_stays(curating, papers, curator):
    data = sent(curating.get(page(papers[0]))) | {"title": "Mine"}
    decisions.correct(papers[0], "summary", "Theirs.", holder("other", "Curators"))
    assert curating.post(page(papers[0]), data).status_code == 302
    saved = Paper.objects.get(pk=papers[0].pk)
    assert (saved.title, saved.summary) == ("Mine", "Theirs.")


def test_save_and_stay(curating, papers):
    answer = save(curating, papers[0], title="Mine", _continue="1")
    assert answer.redirect_chain == [(page(papers[0]), 302)]


# Where it comes from


def test_each_field_says_where_it_comes_from(curating, papers, curator):
    load(digest(row(1, title="Later", date="2025-02-07", authors="")), "b.json")
    decisions.correct(papers[0], "title", "Sooner", curator, "as on arXiv")
    LinkHealth.objects.create(
        url="https://github.com/lab/code-1", dead=True, checked_at="2025-03-01T12:00Z"
    )
    shown = text(curating.get(page(papers[0])))
    source, first = Source.objects.get(name="b.json"), Source.objects.get(name="2025-02-06.json")
    link = f'<a href="/admin/digest/source/{source.pk}/change/">b.json</a>'
    assert "Corrected by curator on" in shown
    assert ": as on arXiv." in shown
    assert f"{link} (7 February 2025) says:" in shown
    assert "<del>Sooner</del><ins>Later</ins>" in shown
    assert f"From {link}, 7 February 2025." in shown  # the summary
    other = f'<a href="/admin/digest/source/{first.pk}/change/">2025-02-06.json</a>'
    assert f"From {other}, 6 February 2025." in shown  # the authors
    assert shown.count("Withdraw the correction") == 1
    assert "Does not answer, last asked on 1 March 2025." in shown
    assert "<td>7 Feb 2025</td>" in shown  # the entries
    assert "<td>changed what the paper shows</td>" in shown


def test_the_page_takes_a_fixed_number_of_queries(
    curating, papers, curator, django_assert_num_queries
):
    for title in ("One", "Two", "Three"):
        decisions.correct(papers[0], "title", title, curator)
    curating.get(page(papers[0]))
    with django_assert_num_queries(19):
        curating.get(page(papers[0]))
    said = row(1, authors=", ".join(f"Name {n}" for n in range(30)), date="2025-02-08")
    load(digest(said), "b.json")
    load(digest(said | {"date": "2025-02-09"}), "c.json")
    for summary in ("One", "Two", "Three"):
        decisions.correct(papers[0], "summary", summary, curator)
    with django_assert_num_queries(19):
        curating.get(page(papers[0]))


# Taking it back


def test_a_correction_is_withdrawn_and_what_else_was_changed_stays(curating, papers, curator):
    made = decisions.correct(papers[0], "title", "Mine", curator)
    data = sent(curating.get(page(papers[0])))
    answer = curating.post(page(papers[0]), data | {"_withdraw": made.pk}, follow=True)
    assert answer.redirect_chain == [(page(papers[0]), 302)]
    assert messages(answer) == ["Withdrew the correction: title."]
    assert Paper.objects.get(pk=papers[0].pk).title == "Learning to read"
    assert LogEntry.objects.get().change_message == "Withdrew the correction: title."
    # Once more, from a page that is old.
    answer = curating.post(page(papers[0]), data | {"_withdraw": made.pk}, follow=True)
    assert messages(answer) == ["This correction is no longer in force."]
    made = decisions.correct(papers[0], "title", "Mine", curator)
    data = sent(curating.get(page(papers[0]))) | {"summary": "Not saved yet."}
    answer = curating.post(page(papers[0]), data | {"_withdraw": made.pk})
    form = answer.context["form"]
    assert (form["title"].value(), form["summary"].value()) == (
        "Learning to read",
        "Not saved yet.",
    )
    assert not Correction.objects.active().exists()


def test_the_history_goes_back_and_forth(curating, papers, curator):
    first = decisions.correct(papers[0], "title", "First of mine", curator, "one")
    second = decisions.correct(papers[0], "title", "Second of mine", curator, "two")
    changes = curating.get(page(papers[0])).context["changes"]
    assert [(change.what, change.reason, change.diff, change.correction) for change in changes] == [
        (
            "Corrected: title",
            "two",
            "<del>First</del><ins>Second</ins> of mine",
            second,
        ),
        (
            "Corrected: title",
            "one",
            "<del>Learning</del><ins>First</ins> <del>to</del><ins>of</ins>"
            " <del>read</del><ins>mine</ins>",
            first,
        ),
    ]
    data = sent(curating.get(page(papers[0])))
    answer = curating.post(page(papers[0]), data | {"_revert": first.pk}, follow=True)
    assert messages(answer) == ["Reverted to an earlier correction: title."]
    third = Correction.objects.active().get()
    assert (third.value, third.made_by) == ("First of mine", curator)
    decisions.withdraw(third, curator)
    changes = curating.get(page(papers[0])).context["changes"]
    assert [change.what for change in changes] == [
        "Withdrew the correction: title",
        *["Corrected: title"] * 3,
    ]


@pytest.mark.parametrize("key", ["x", "99999", "9" * 30, ""])
def test_no_such_correction(curating, papers, key):
    for button in ("_withdraw", "_revert"):
        answer = save(curating, papers[0], **{button: key})
        assert messages(answer) == ["There is no such correction."]


@pytest.mark.databases
def test_a_correction_of_another_paper_is_not_withdrawn_here(curating, papers, curator):
    made = decisions.correct(papers[1], "title", "Mine", curator)
    assert messages(save(curating, papers[0], _withdraw=made.pk)) == [
        "There is no such correction."
    ]
    made.refresh_from_db()
    assert made.is_active


def test_the_history_of_links_is_of_whole_lists(curating, papers, curator):
    decisions.correct(papers[0], "links", ["https://a.org", "https://b.org"], curator)
    (change,) = curating.get(page(papers[0])).context["changes"]
    assert change.diff == (
        "<del>https://github.com/lab/code-1</del> <ins>https://a.org</ins> <ins>https://b.org</ins>"
    )


# Papers that are not shown


def test_a_hidden_paper_is_corrected_as_any_other(curating, papers, curator):
    decisions.correct(papers[0], "hidden", True, curator)
    save(curating, papers[0], authors__0__value="Mine")
    data = sent(curating.get(page(papers[0])))
    del data["hidden"]
    curating.post(page(papers[0]), data)
    papers[0].refresh_from_db()
    assert (papers[0].hidden, names(papers[0])) == (False, ["Mine", "Alan Turing"])


def test_a_paper_that_nothing_speaks_of_cannot_be_corrected(curating, papers, curator):
    made = decisions.correct(papers[0], "title", "Mine", curator)
    undo(Source.objects.get())
    answer = curating.get(page(papers[0]))
    assert "No source has this paper any longer." in text(answer)
    assert 'id="paper_form"' not in text(answer)
    data = {
        **{f"{field}-{name}": 0 for field in LISTS for name in ("TOTAL_FORMS", "INITIAL_FORMS")},
        "title": "Mine again",
        "seen": json.dumps(dict.fromkeys(correctable())),
    }
    answer = curating.post(page(papers[0]), data)
    assert "No source has this paper any longer." in text(answer)
    assert list(Correction.objects.active()) == [made]


def test_a_new_category_and_author_are_there_while_a_paper_has_them(curating, papers):
    save(curating, papers[0], categories__0__value="Brand new")
    assert Category.objects.get(name="Brand new").paper_count == 1


# Who may


def test_who_may_only_look_corrects_nothing(papers, curator, db):
    looker = holder("looker")
    looker.user_permissions.add(Permission.objects.get(codename="view_paper"))
    made = decisions.correct(papers[0], "title", "Mine", curator)
    client = enter(looker)
    answer = client.get(page(papers[0]))
    for words in ("Save", "Withdraw", "Merge into"):
        assert words not in text(answer)
    for address in (page(papers[0]), f"/admin/digest/paper/{papers[0].pk}/merge/"):
        assert client.post(address, {"_withdraw": made.pk}).status_code == 403
    assert "hide" not in text(client.get("/admin/digest/paper/"))


@pytest.mark.parametrize("key", ["0", "x", "9" * 30])
def test_no_such_paper(curating, papers, key):
    answer = curating.get(f"/admin/digest/paper/{key}/change/", follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    merge = curating.get(f"/admin/digest/paper/{key}/merge/")
    assert merge.status_code == (404 if key.isdecimal() else 302)


def test_papers_are_neither_added_nor_deleted(curating, papers):
    for address in ("/admin/digest/paper/add/", page(papers[0]).replace("change", "delete")):
        assert curating.get(address).status_code == 403
        assert curating.post(address, {"post": "yes"}).status_code == 403
    assert Paper.objects.count() == 3


@pytest.mark.databases
def test_reports_that_wait_are_a_link_away(curating, papers, curator):
    assert "by readers" not in text(curating.get(page(papers[0])))
    for paper in papers[:2]:
        Library(curator).reports.add(paper, "title", f"Of {paper}.")
    shown = text(curating.get(page(papers[0])))
    (link,) = re.findall(r'<a href="([^"]*)">1 open report by readers</a>', shown)
    listed = text(curating.get(unescape(link), follow=True))
    assert "Of Learning to read." in listed
    assert "Of Learning to write." not in listed
