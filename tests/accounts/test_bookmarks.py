"""What people do with papers from any list: each write reads as a specification."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.library import Library, Marks
from accounts.models import Bookmark, Dismissal
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Paper
from tests.samples import digest, row

pytestmark = pytest.mark.sqlite


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


def text(response):
    return response.content.decode()


def said(response):
    return [str(message) for message in response.context["messages"]]


def statuses(user):
    rows = Bookmark.objects.filter(user=user).order_by("paper__position")
    return list(rows.values_list("paper__position", "status"))


def mark(client, do, *papers, **data):
    slugs = [getattr(paper, "slug", paper) for paper in papers]
    return client.post("/library/mark/", {"paper": slugs, "do": do, **data}, follow=True)


# The star


def test_the_star_keeps_a_paper_and_lets_it_go(client, owner, papers):
    there = papers[0].get_absolute_url()
    response = mark(client, "add", papers[0], next=f"{there}#elsewhere")
    assert response.redirect_chain == [(f"{there}#bookmark-{papers[0].pk}", 302)]
    assert said(response) == ["“Paper 1” is bookmarked."]
    assert statuses(owner) == [(1, "to-read")]
    assert said(mark(client, "remove", papers[0])) == ["“Paper 1” is no longer in your library."]
    assert statuses(owner) == []


@pytest.mark.databases
def test_the_star_of_a_page_from_before_a_merge_is_the_other_papers(client, owner, papers):
    decisions.merge_papers(papers[0], papers[1], None)
    # The other says what the digest's first row does.
    assert said(mark(client, "add", papers[0], papers[1])) == ["“Paper 1” is bookmarked."]
    assert list(Bookmark.objects.values_list("paper", flat=True)) == [papers[1].pk]
    assert said(mark(client, "add", papers[0], "\0")) == ["Null characters are not allowed."]


@pytest.mark.parametrize("status", ["to-read", "reading", "read"])
def test_a_status_bookmarks_as_well(client, owner, papers, status):
    for _ in range(2):
        mark(client, status, papers[0])
        assert statuses(owner) == [(1, status)]


def test_in_place_the_card_is_given_its_own_part_anew(client, owner, papers):
    htmx = {"HX-Request": "true"}
    data = {"paper": papers[0].slug, "do": "add", "next": "/papers/?q=x"}
    response = client.post("/library/mark/", data, headers=htmx)
    assert text(response).strip().startswith("<form")
    assert 'aria-pressed="true"' in text(response)
    assert 'value="/papers/?q=x"' in text(response)
    assert statuses(owner) == [(1, "to-read")]
    hidden = client.post("/library/mark/", data | {"do": "dismiss"}, headers=htmx)
    assert "Not interested:" in text(hidden)
    assert Library(owner).marks([papers[0].pk]) == {papers[0].pk: Marks(dismissed=True)}
    shown = client.post("/library/mark/", data | {"do": "show"}, headers=htmx)
    assert '<article class="card">' in text(shown)
    assert not Dismissal.objects.exists()


@pytest.mark.parametrize("address", ["/", "/digests/2025-02-06/", "/papers/", "/papers/?q=paper"])
def test_a_dismissed_paper_is_a_line_in_lists(client, papers, address):
    mark(client, "dismiss", papers[1])
    mark(client, "add", papers[2])
    page = text(client.get(address))
    assert len(re.findall('<article class="card">', page)) == 4
    assert len(re.findall('<form class="dismissed"', page)) == 1
    assert len(re.findall('class="star"[^>]*aria-pressed="true"', page)) == 1


def test_what_was_rendered_for_one_reader_has_nothing_of_theirs_for_another(client, other, papers):
    second = Client()
    second.force_login(other)
    tokens = []
    for reader, address in ((client, "/papers/"), (second, "/papers/?order=newest")):
        page = text(reader.get(address))
        assert set(re.findall(r'name="next"\s+value="([^"]*)"', page)) == {address}
        forms = re.findall(r'<form class="bookmark".*?</form>', page, re.DOTALL)
        assert len(forms) == len(papers)
        tokens.append(
            {re.search(r'csrfmiddlewaretoken" value="([^"]+)', form)[1] for form in forms}
        )
    assert [len(some) for some in tokens] == [1, 1]
    assert tokens[0] != tokens[1]


def test_visitors_are_led_to_log_in(anonymous, papers):
    data = {"paper": papers[0].slug, "do": "add", "next": "/papers/2502.00001/"}
    login = f"{reverse('account_login')}?next=/papers/2502.00001/"
    assert anonymous.post("/library/mark/", data).headers["Location"] == login
    assert not Bookmark.objects.exists()


def test_nothing_is_changed_by_get(client, papers):
    for address in (
        "/library/mark/",
        "/library/undo/",
        "/library/unread/all/",
        "/library/unread/days/",
        "/library/unread/undo/",
        "/library/unread/2025-02-06/",
    ):
        assert client.get(address).status_code == 405


def test_without_a_token_nothing_is_changed(owner, papers):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert mark(client, "add", papers[0]).status_code == 403
    assert not Bookmark.objects.exists()


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"do": "add"}, "Choose some papers first."),
        ({"do": "add", "paper": "9999.99999"}, "There is no paper 9999.99999 here."),
        ({"paper": "2502.00001"}, "Choose what to do with the papers."),
        ({"do": "eat", "paper": "2502.00001"}, "“eat” is not an action for papers."),
        ({"do": "list", "paper": "2502.00001"}, "Choose a list to add the papers to."),
        (
            {"do": "list", "paper": "2502.00001", "list": "0123456789"},
            "You cannot change this list. Choose a list to add the papers to.",
        ),
        ({"do": "add", "paper": "\x00"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_done_is_said(client, papers, data, complaint):
    assert said(client.post("/library/mark/", data, follow=True)) == [complaint]
    assert not Bookmark.objects.exists()
    response = client.post("/library/mark/", data, headers={"HX-Request": "true"})
    assert response.status_code == 400


@pytest.mark.parametrize(
    "there",
    [
        "https://example.org/",
        "//example.org",
        "javascript:alert(1)",
        "",
        "http:///x",
        "foo",
        "library",
        "\x00",
    ],
)
def test_nobody_is_led_to_another_site(client, papers, there):
    response = mark(client, "add", papers[0], next=there)
    assert response.redirect_chain == [(f"/library/#bookmark-{papers[0].pk}", 302)]


# Many at once, and back


def test_many_at_once_and_back(client, owner, papers):
    mark(client, "reading", papers[0])
    response = mark(client, "read", *papers[:3])
    assert said(response) == ["3 papers are marked as read."]
    assert 'action="/library/undo/"' in text(response)
    assert statuses(owner) == [(1, "read"), (2, "read"), (3, "read")]
    assert said(client.post("/library/undo/", follow=True)) == ["Undone."]
    assert statuses(owner) == [(1, "reading")]
    assert said(client.post("/library/undo/", follow=True)) == ["There is nothing to undo."]


def test_what_was_removed_comes_back_as_it_was(client, owner, papers):
    mark(client, "read", *papers)
    before = list(Bookmark.objects.order_by("paper").values("paper", "status", "added_at"))
    mark(client, "remove", *papers)
    client.post("/library/undo/")
    now = list(Bookmark.objects.order_by("paper").values("paper", "status", "added_at"))
    assert now == before


def test_papers_are_added_to_a_list(client, owner, papers):
    made = Library(owner).lists.create("Survey")
    response = mark(client, "list", *papers[:2], list=made.slug)
    assert said(response) == ["2 papers are in the list “Survey”."]
    opened = Library(owner).lists.open(made.slug)
    assert [paper.position for paper in opened.papers()] == [1, 2]


def test_nobody_adds_to_anothers_list(client, other, papers):
    theirs = Library(other).lists.create("Theirs")
    response = mark(client, "list", papers[0], list=theirs.slug)
    assert said(response)[0].startswith("You cannot change this list.")
    assert Library(other).lists.open(theirs.slug).items().count() == 0


# The library's page


def kept(response):
    return [paper.position for paper in response.context["papers"]]


def test_the_library_is_listed_searched_and_sorted(client, owner, papers):
    library = Library(owner)
    library.bookmarks.add([papers[0].pk], "read")
    library.bookmarks.add([papers[1].pk])
    library.notes.save(papers[2], "On entropy", 0)
    assert kept(client.get("/library/")) == [3, 2, 1]
    assert kept(client.get("/library/?sort=title")) == [1, 2, 3]
    assert kept(client.get("/library/?q=entropy")) == [3]
    response = client.get("/library/?q=is:unread&sort=date")
    assert kept(response) == [2]
    tabs = [(label, number, chosen) for label, _, number, chosen in response.context["tabs"]]
    assert tabs == [
        ("All", None, False),
        ("To read", 1, False),
        ("Reading", 0, False),
        ("Read", 1, False),
        ("With a note", 1, False),
    ]


@pytest.mark.parametrize("suffix", ["bib", "ris", "csl.json", "md"])
def test_the_library_is_cited_from_as_it_is_listed(client, owner, papers, suffix):
    library = Library(owner)
    library.bookmarks.add([paper.pk for paper in papers[:3]], "read")
    library.bookmarks.add([papers[3].pk])
    content = b"".join(client.get(f"/library.{suffix}?q=is:read&sort=title").streaming_content)
    numbers = re.findall(r"abs/(2502\.0000\d)", content.decode())
    assert list(dict.fromkeys(numbers)) == ["2502.00001", "2502.00002", "2502.00003"]


def test_lists_have_as_many_papers_a_page_as_the_reader_chose(client, owner, anonymous):
    load(digest(*(row(n) for n in range(1, 31))), "2025-02-06.json")
    owner.papers_on_a_page = 10
    owner.save()
    for address in ("/papers/", "/authors/ada-lovelace/", "/categories/text-generation/"):
        for who, cards in ((client, 10), (anonymous, 25)):
            assert len(re.findall('<article class="card">', text(who.get(address)))) == cards


def test_a_bad_address_of_the_library_says_so(client, papers):
    mark(client, "add", papers[0])
    page = client.get("/library/?sort=colour&q=is:lent paper")
    assert kept(page) == [1]
    assert "Order: Select a valid choice. colour is not one of the available choices." in text(page)
    assert "is: takes unread, to-read, reading, read, dismissed" in text(page)
    assert client.get("/library/?page=7").status_code == 404


def test_pages_not_cut_offs(client, owner, papers):
    owner.papers_on_a_page = 10
    owner.save()
    load(digest(*(row(n, date="2025-02-07") for n in range(10, 35))), "2025-02-07.json")
    Library(owner).bookmarks.add(Paper.objects.values_list("pk", flat=True))
    sizes = [len(kept(client.get(f"/library/?page={page}"))) for page in (1, 2, 3)]
    assert sizes == [10, 10, 10]


def test_the_library_is_its_owners_and_in_no_cache(client, anonymous, other, papers):
    mark(client, "add", papers[0])
    assert "no-store" in client.get("/library/")["Cache-Control"]
    assert anonymous.get("/library/")["Location"].startswith(reverse("account_login"))
    client.force_login(other)
    assert kept(client.get("/library/")) == []


@pytest.mark.parametrize(
    ("address", "queries"), [("/library/", 8), ("/library/?q=paper has:note", 13), ("/", 11)]
)
def test_as_many_queries_for_one_as_for_three(
    client, owner, papers, django_assert_num_queries, address, queries
):
    library = Library(owner)
    library.notes.save(papers[0], "Note", 0)
    for some in (papers[:1], papers[:3]):
        library.bookmarks.add(paper.pk for paper in some)
        library.lists.create(f"List {len(some)}")
        client.get(address)
        with django_assert_num_queries(queries):
            client.get(address)


@pytest.mark.parametrize("value", ["", "all"])
def test_a_density_that_is_none_changes_nothing(client, owner, value):
    client.post("/library/density/", {"density": "full"})
    answer = client.post("/library/density/", {"density": value, "next": "/papers/"})
    assert answer.url == "/papers/"
    assert "of each paper." in text(client.get("/papers/"))
    answer = client.post("/library/density/", {"density": value}, headers={"HX-Request": "true"})
    assert answer.status_code == 400
    owner.refresh_from_db()
    assert owner.density == "full"


# What is new


def new(client):
    """How many papers the masthead calls new."""
    return re.findall(r'class="new"\s+href="/library/unread/">(\d+)<', text(client.get("/")))


def test_what_is_new_is_said_until_it_is_read(client, papers):
    load(digest(row(8, date="2025-02-07"), row(1, date="2025-02-07")), "2025-02-07.json")
    assert new(client) == ["6"]
    page = client.get("/library/unread/")
    assert [paper.new_day.day.day for paper in page.context["papers"]] == [7, *[6] * 5]
    assert "Mark as read" in text(client.get("/digests/2025-02-07/"))
    response = client.post("/library/unread/2025-02-07/", {"next": "/digests/2025-02-07/"})
    assert response["Location"] == "/digests/2025-02-07/"
    assert "Mark as new" in text(client.get("/digests/2025-02-07/"))
    assert new(client) == ["5"]
    client.post("/library/unread/2025-02-07/", {"do": "unread"})
    assert new(client) == ["6"]
    client.post("/library/unread/all/")
    assert new(client) == []
    assert "You have read all digests" in text(client.get("/library/unread/"))


def test_there_is_no_digest_to_mark(client, papers):
    assert client.post("/library/unread/2025-02-07/").status_code == 404
    assert client.post("/library/unread/2025-02-31/").status_code == 404
