"""The page of a reading list, and what it costs."""

import re

import pytest
from django.test import Client

from accounts.models import Visibility
from digest.catalogue.load import load
from digest.models import Paper
from tests.accounts.lists.pages import IN_PLACE, address, logged_in, messages_of, shown, text
from tests.samples import digest, row

pytestmark = pytest.mark.sqlite


def test_a_list_shows_its_papers_in_order_under_their_sections(client, survey, papers):
    survey.describe_item(papers[2].pk, comment="See *this*", section="<i>Methods</i>")
    survey.add([papers[4].pk])
    response = client.get(address(survey))
    assert shown(response) == [f"2502.0000{n}" for n in (1, 2, 3, 5)]
    headings = re.findall(r'<h2 class="section-name"[^>]*>(.*?)</h2>', text(response))
    assert headings == ["&lt;i&gt;Methods&lt;/i&gt;", "Without a section"]
    assert re.findall(r' start="(\d+)"', text(response)) == ["1", "3", "4"]
    assert "<p>See <em>this</em></p>" in text(response)


def test_a_paper_that_the_reader_dismissed_is_shown(client, survey, library, papers):
    library.bookmarks.dismiss([papers[0].pk])
    page = text(client.get(address(survey)))
    assert page.count('<article class="card">') == 3
    assert "Not interested: show it in lists again" in page


def test_what_only_members_and_only_editors_see(survey, members, owner, editor, viewer, anonymous):
    survey.show_to(Visibility.PUBLIC)
    seen = {}
    people = {
        "owner": logged_in(owner),
        "editor": logged_in(editor),
        "viewer": logged_in(viewer),
        "": anonymous,
    }
    for name, person in people.items():
        page = text(person.get(address(survey)))
        signs = {"Members:": "members", 'name="to"': "order", "/settings/": "settings"}
        seen[name] = [word for sign, word in signs.items() if sign in page]
    assert seen == {
        "owner": ["members", "order", "settings"],
        "editor": ["members", "order"],
        "viewer": ["members"],
        "": [],
    }


def test_a_public_list_may_be_found(anonymous, survey):
    survey.show_to(Visibility.PUBLIC)
    response = anonymous.get(address(survey))
    assert f'<link rel="canonical" href="http://localhost:8000{address(survey)}">' in text(response)
    assert f'href="/lists/{survey.reading_list.slug}.atom"' in text(response)
    assert "noindex" not in text(response)
    assert "Cache-Control" not in response


def test_a_secret_link_keeps_its_secret(anonymous, survey):
    survey.show_to(Visibility.LINK)
    secret = survey.reading_list.secret
    for suffix in ("/", ".bib", ".ris", ".csl.json", ".md", ".atom"):
        response = anonymous.get(f"/lists/shared/{secret}{suffix}")
        assert response.status_code == 200
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Robots-Tag"] == "noindex"
        assert "no-store" in response["Cache-Control"]
        assert "private" in response["Cache-Control"]
    page = text(anonymous.get(f"/lists/shared/{secret}/"))
    assert '<meta name="robots" content="noindex">' in page
    assert 'rel="canonical"' not in page
    assert survey.reading_list.slug not in page
    assert f'href="/lists/shared/{secret}.atom"' in page
    survey.revoke_link()
    assert anonymous.get(f"/lists/shared/{secret}/").status_code == 404
    assert anonymous.get(f"/lists/shared/{secret}.bib").status_code == 404


def test_what_members_see_is_kept_in_no_cache(client, survey):
    for suffix in ("/", "/settings/", ".bib", ".atom"):
        response = client.get(f"/lists/{survey.reading_list.slug}{suffix}")
        assert "no-store" in response["Cache-Control"]


def test_notes_are_shown_one_by_one(client, anonymous, survey, library, papers):
    survey.show_to(Visibility.PUBLIC)
    for paper, note in zip(papers, ("First", "Second"), strict=False):
        library.notes.save(paper, f"{note} *secret*", 0)
    assert "<em>secret</em>" not in text(anonymous.get(address(survey)))
    data = {"do": "show-note", "paper": papers[0].slug}
    response = client.post(address(survey, "items/"), data, follow=True)
    assert messages_of(response) == [
        "Your note on “Paper 1” is shown to all who may read the list."
    ]
    page = text(anonymous.get(address(survey)))
    assert re.findall(r"(\w+) <em>secret</em>", page) == ["First"]
    for suffix in ("bib", "ris", "csl.json", "md", "atom"):
        assert "secret" not in text(anonymous.get(f"/lists/{survey.reading_list.slug}.{suffix}"))
    client.post(address(survey, "items/"), data | {"do": "hide-note"})
    assert "<em>secret</em>" not in text(anonymous.get(address(survey)))


@pytest.mark.databases
def test_pages_of_a_list(client, anonymous, owner, survey, monkeypatch):
    survey.show_to(Visibility.PUBLIC)
    monkeypatch.setattr("accounts.views.list_page.ITEMS_ON_A_PAGE", 2)
    response = anonymous.get(address(survey, "?page=2"))
    assert shown(response) == ["2502.00003"]
    assert re.findall(r' start="(\d+)"', text(response)) == ["3"]
    assert anonymous.get(address(survey, "?page=3")).status_code == 404
    assert anonymous.get(address(survey, "?page=x")).status_code == 404
    owner.papers_on_a_page = 10
    owner.save()
    load(digest(*(row(number) for number in range(6, 30))), "b.json")
    survey.add(Paper.objects.values_list("pk", flat=True))
    assert len(shown(client.get(address(survey)))) == 10


@pytest.mark.databases
def test_on_the_edge_of_a_page_a_paper_moves_over_it(client, anonymous, survey, papers, owner):
    load(digest(*(row(number) for number in range(6, 30))), "b.json")
    survey.add(Paper.objects.order_by("position").values_list("pk", flat=True))
    owner.papers_on_a_page = 10
    owner.save()
    eleventh = survey.items()[10].paper
    page = client.get(address(survey, "?page=2"))
    up = page.context["sections"][0].placed[0].up
    assert up == "10/"
    data = {"do": "move", "paper": eleventh.slug, "to": up}
    response = client.post(address(survey, "items/?page=2"), data, HTTP_HX_REQUEST="true")
    assert survey.items()[9].paper == eleventh
    assert eleventh.slug not in shown(response)


@pytest.mark.parametrize(
    ("who", "path", "queries"),
    [
        ("owner", "/lists/{slug}/", 15),
        ("editor", "/lists/{slug}/", 16),
        ("viewer", "/lists/{slug}/", 15),
        ("", "/lists/{slug}/", 8),
        ("owner", "/lists/{slug}/settings/", 6),
        ("owner", "/lists/", 7),
        ("", "/lists/{slug}.bib", 5),
        ("", "/lists/{slug}.atom", 7),
    ],
)
def test_a_page_takes_as_many_queries_for_one_paper_as_for_three(
    survey, members, papers, library, request, django_assert_num_queries, who, path, queries
):
    survey.show_to(Visibility.PUBLIC)
    for paper in papers[:3]:
        library.notes.save(paper, "x", 0)
        survey.show_note(paper.pk, True)
    client = logged_in(request.getfixturevalue(who)) if who else Client()
    path = path.format(slug=survey.reading_list.slug)
    for removed in ([], papers[1:3]):
        survey.remove(paper.pk for paper in removed)
        with django_assert_num_queries(queries):
            text(client.get(path))
        library.lists.create(f"Another {len(removed)}")


@pytest.mark.databases
def test_a_thousand_papers(client, survey, papers, django_assert_num_queries):
    """The last page of a long list, and a move over the whole of it, take no more."""
    long(survey, papers[0])
    with django_assert_num_queries(14):
        response = client.get(address(survey, "?page=40"))
    assert len(shown(response)) == 25
    data = {"do": "move", "paper": papers[0].slug, "to": "1000"}
    with django_assert_num_queries(20):
        response = client.post(address(survey, "items/?page=40"), data, headers=IN_PLACE)
    assert shown(response)[-1] == papers[0].slug


def long(survey, paper):
    """Make it a list of a thousand."""
    Paper.objects.bulk_create(
        Paper(
            slug=f"paper-{number}",
            title=f"Paper {number}",
            title_html=f"Paper {number}",
            date=paper.date,
            position=number,
        )
        for number in range(10, 1_007)
    )
    survey.add(Paper.objects.filter(position__gt=9).values_list("pk", flat=True))
