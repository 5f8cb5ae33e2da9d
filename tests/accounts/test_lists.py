"""The pages of reading lists: who sees them, who changes them, and how they are taken away."""

import json
import re
from datetime import datetime, timedelta

import feedparser
import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from accounts.library import Library
from accounts.library.lists import items as list_items
from accounts.models import Invitation, ListItem, Membership, Note, ReadingList, Role, Visibility
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Paper
from tests.accounts.library.test_lists import order, places
from tests.samples import WORD, digest, row

pytestmark = pytest.mark.sqlite

IN_PLACE = {"HX-Request": "true"}


@pytest.fixture
def members(survey, editor, viewer):
    """An editor and a viewer of the list; the keys of their memberships."""
    keys = []
    for user, role in ((editor, Role.EDITOR), (viewer, Role.VIEWER)):
        survey.invite(user.username, role)
        lists = Library(user).lists
        lists.accept(lists.invitations().get().pk)
        keys.append(Membership.objects.get(user=user).pk)
    return keys


def as_(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(owner):
    return as_(owner)


def text(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def said(response):
    return [str(message) for message in response.context["messages"]]


def address(opened, rest=""):
    return f"/lists/{opened.reading_list.slug}/{rest}"


def shown(response):
    """The papers of a page, as it shows them."""
    return re.findall(r'<li id="item-\d+"\s+data-paper="([^"]+)"', text(response))


# Who may what, and how


@pytest.fixture
def writes(survey, members):
    """Every address that writes to the list: what is sent to it, and the least role it takes."""
    asked = survey.invite("somebody", Role.VIEWER)
    one = {"paper": "2502.00001"}
    return {
        "items/": [
            ("editor", {"do": "add", "paper": "2502.00005"}),
            ("editor", {"do": "remove", **one}),
            ("editor", {"do": "move", "to": "2", **one}),
            ("editor", {"do": "describe", "comment": "x", "section": "y", **one}),
            ("owner", {"do": "show-note", **one}),
            ("owner", {"do": "hide-note", **one}),
        ],
        "settings/": [("owner", {"name": "New", "visibility": "public"})],
        "link/": [("owner", {})],
        "invitations/": [("owner", {"invitee": "x", "role": "viewer"})],
        f"invitations/{asked.pk}/": [("owner", {})],
        f"members/{members[1]}/": [
            ("owner", {"do": "role", "role": "editor"}),
            ("owner", {"do": "remove"}),
            ("owner", {"do": "hand-over"}),
        ],
        "leave/": [("viewer", {})],
        "delete/": [("owner", {})],
    }


def everything():
    """All that is known of lists, to see that nothing changed."""
    models = (ReadingList, ListItem, Membership, Invitation)
    return [sorted(model.objects.values_list()) for model in models]


def test_who_may_not_is_told_that_there_is_no_such_list(survey, writes, other, viewer, editor):
    survey.show_to(Visibility.PUBLIC)  # which they all may read
    before = everything()
    roles = ["owner", "editor", "viewer", "other"]
    people = {"editor": editor, "viewer": viewer, "other": other}
    for path, sent in writes.items():
        for least, data in sent:
            for lower in roles[roles.index(least) + 1 :]:
                response = as_(people[lower]).post(address(survey, path), data)
                assert response.status_code == 404, (path, data, lower)
                why = "You are no member" if path == "leave/" else "There is no such"
                assert why in text(response), (path, data, lower)
    assert everything() == before


@pytest.mark.databases
def test_visitors_log_in_first_and_come_back(survey, writes, anonymous):
    before = everything()
    paths = [(address(survey, path), data) for path, sent in writes.items() for _, data in sent]
    others = ["/lists/", "/lists/undo/", "/lists/invitations/1/"]
    for path, data in [*paths, *((path, {"name": "x"}) for path in others)]:
        response = anonymous.post(path, data | {"next": "/digests/"})
        assert response.status_code == 302
        assert response["Location"] == "/account/login/?next=/digests/"
    assert everything() == before
    for path in ("/lists/", address(survey, "settings/")):
        assert anonymous.get(path)["Location"] == f"/account/login/?next={path}"


def test_writes_are_posts_with_a_token(survey, writes, client, owner):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    for path, sent in writes.items():
        if path != "settings/":
            assert client.get(address(survey, path)).status_code == 405
        assert client.put(address(survey, path)).status_code == 405
        assert strict.post(address(survey, path), sent[0][1]).status_code == 403
    for path in ("/lists/undo/", "/lists/invitations/1/"):
        assert client.get(path).status_code == 405
    for path in (address(survey), f"/lists/{survey.reading_list.slug}.bib", "/lists/shared/x/"):
        assert client.post(path).status_code == 405


def test_what_is_not_there_is_404(client, survey):
    for path in ("/lists/0000000000/", "/lists/x.bib", "/lists/shared/x/", "/lists/shared/x.atom"):
        assert client.get(path).status_code == 404
    for path in ("members/999/", "members/99999999999999999999/"):
        for do in ("remove", "hand-over", "role"):
            data = {"do": do, "role": "viewer"}
            assert client.post(address(survey, path), data).status_code == 404
    for path in ("/lists/invitations/999/", "/lists/invitations/99999999999999999999/"):
        for do in ("accept", "decline"):
            assert client.post(path, {"do": do}).status_code == 404
    assert client.get(f"/lists/{survey.reading_list.slug}.exe", follow=True).status_code == 404


def test_what_is_not_there_leads_to_what_is(client, anonymous, survey):
    response = client.get("/lists/0000000000/")
    assert response.context["links"] == [("Your reading lists", "/lists/")]
    response = anonymous.get(address(survey))
    assert response.context["links"] == [
        ("Log in", f"/account/login/?next=%2Flists%2F{survey.reading_list.slug}%2F")
    ]


# All lists


def test_a_list_is_made(client, library):
    response = client.post("/lists/", {"name": " To  cite ", "description": "*Why*"}, follow=True)
    made = library.lists.accessible().get()
    assert response.redirect_chain == [(f"/lists/{made.slug}/", 302)]
    assert (made.name, made.visibility) == ("To cite", Visibility.PRIVATE)
    assert "<p><em>Why</em></p>" in text(response)
    assert "No paper is in this list yet." in text(response)


def test_a_list_is_made_on_a_papers_page(client, library, papers):
    page = papers[0].get_absolute_url()
    data = {"name": "New", "paper": papers[0].slug, "next": page}
    response = client.post("/lists/", data, follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert said(response) == ["“Paper 1” is in the new list “New”."]
    assert places(library.lists.open(library.lists.accessible().get().slug)) == [1]
    response = client.post("/lists/", data)
    assert "There is a list “New” already." in text(response)
    assert f'name="paper" value="{papers[0].slug}"' in text(response)


@pytest.mark.parametrize(
    ("data", "field", "error"),
    [
        ({}, "name", "This field is required."),
        ({"name": " "}, "name", "This field is required."),
        ({"name": "survey"}, "name", "There is a list “survey” already."),
        ({"name": "\u202e\u200b"}, "name", "Give the list a name with visible characters."),
        ({"name": "a\0b"}, "name", "Null characters are not allowed."),
        ({"name": "x" * 201}, "name", "at most 200 characters (it has 201)"),
        ({"name": "x", "description": "x" * 4001}, "description", "at most 4000 characters"),
        ({"name": "x", "paper": "2502.99999"}, "paper", "There is no such paper here."),
    ],
)
def test_a_list_that_cannot_be_made_says_why_beside_the_field(client, survey, data, field, error):
    response = client.post("/lists/", data)
    assert [*response.context["form"].errors] == [field]
    assert error in response.context["form"].errors[field][0]
    assert ReadingList.objects.count() == 1


def test_controls_and_turned_directions_are_taken_out(client, survey, papers):
    data = {"name": "A\u202eb\x07c", "description": "d\u2066e", "visibility": "private"}
    client.post(address(survey, "settings/"), data)
    data = {"do": "describe", "paper": papers[0].slug, "comment": "f\u202eg", "section": "h\u202ei"}
    client.post(address(survey, "items/"), data)
    found = ReadingList.objects.get()
    item = survey.items().get(paper=papers[0])
    assert (found.name, found.description) == ("Abc", "de")
    assert (item.comment, item.section) == ("fg", "hi")


def test_nothing_is_rendered_while_others_wait_to_write(client, survey, papers, rendered):
    client.post("/lists/", {"name": "New", "description": "1"})
    settings = {"name": "Survey", "description": "2", "visibility": "public"}
    client.post(address(survey, "settings/"), settings)
    data = {"do": "describe", "paper": papers[0].slug, "comment": "3", "section": ""}
    client.post(address(survey, "items/"), data)
    assert rendered == [*"123"]
    assert ReadingList.objects.get(name="Survey").visibility == "public"


def test_lists_show_their_papers_and_who_sees_them(client, survey, other, library):
    theirs = Library(other).lists
    shared = theirs.open(theirs.create("A shared one").slug)
    shared.invite("owner", Role.VIEWER)
    response = client.get("/lists/")
    assert "other invites you to A shared one, where you may read." in flat(response)
    asked = library.lists.invitations().get()
    response = client.post(f"/lists/invitations/{asked.pk}/", {"do": "accept"}, follow=True)
    assert response.redirect_chain == [(address(shared), 302)]
    page = flat(client.get("/lists/"))
    assert "A shared one No papers, shared by other, changed on" in page
    assert "Survey 3 papers, seen by only me, changed on" in page


def flat(response):
    """The text of a page as it is read."""
    return " ".join(re.sub(r"<[^>]+>", "", text(response)).split())


def test_an_invitation_is_declined_once(client, other, library):
    theirs = Library(other).lists
    theirs.open(theirs.create("Theirs").slug).invite("owner", Role.VIEWER)
    path = f"/lists/invitations/{library.lists.invitations().get().pk}/"
    assert as_(other).post(path).status_code == 404
    assert client.post(path, {"do": "decline"})["Location"] == "/lists/"
    assert client.post(path, {"do": "accept"}).status_code == 404
    assert not library.lists.accessible()


# The page of a list


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
    people = {"owner": as_(owner), "editor": as_(editor), "viewer": as_(viewer), "": anonymous}
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
    assert said(response) == ["Your note on “Paper 1” is shown to all who may read the list."]
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


# As files and as a feed


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


# Papers of a list


def test_papers_are_added_by_slug_id_or_address(client, survey):
    data = {"do": "add", "paper": "arXiv:2502.00004v2, https://arxiv.org/abs/2502.00005 2502.00001"}
    response = client.post(address(survey, "items/"), data, follow=True)
    assert response.redirect_chain == [(address(survey), 302)]
    assert said(response) == ["3 papers are in the list."]
    assert places(survey) == [1, 2, 3, 4, 5]
    response = client.post(address(survey, "items/"), data, follow=True)
    assert said(response) == ["3 papers are in the list already."]
    assert places(survey) == [1, 2, 3, 4, 5]


def test_a_list_that_is_full_says_so(client, survey, papers, monkeypatch):
    monkeypatch.setattr(list_items, "MOST_ITEMS", 3)
    response = client.post(address(survey, "items/"), {"do": "add", "paper": papers[3].slug})
    assert "A list has at most 3 papers." in text(response)
    data = {"do": "list", "list": survey.reading_list.slug, "paper": papers[3].slug}
    response = client.post("/library/mark/", data, follow=True)
    assert said(response) == ["A list has at most 3 papers."]
    assert places(survey) == [1, 2, 3]


@pytest.mark.databases
def test_papers_are_removed_and_put_back_where_they_were(client, survey, papers):
    survey.describe_item(papers[1].pk, comment="Keep", section="")
    before = list(survey.items().values_list("paper", "section", "comment_html", "added_at"))
    response = client.post(
        address(survey, "items/"), {"do": "remove", "paper": papers[1].slug}, follow=True
    )
    assert said(response) == ["“Paper 2” is no longer in the list."]
    assert 'action="/lists/undo/"' in text(response)
    assert places(survey) == [1, 3]
    data = {"next": address(survey)}
    assert said(client.post("/lists/undo/", data, follow=True)) == ["Undone."]
    assert [*survey.items().values_list("paper", "section", "comment_html", "added_at")] == before
    response = client.post("/lists/undo/", data, follow=True)
    assert said(response) == ["There is nothing to undo."]
    assert [*survey.items().values_list("paper", "section", "comment_html", "added_at")] == before


def test_what_was_removed_is_not_put_back_by_who_may_no_more(survey, members, editor, papers):
    client = as_(editor)
    client.post(address(survey, "items/"), {"do": "remove", "paper": papers[0].slug})
    survey.set_role(members[0], Role.VIEWER)
    assert client.post("/lists/undo/").status_code == 404
    assert as_(editor).post("/lists/undo/", follow=True).status_code == 200
    assert places(survey) == [2, 3]


def test_removing_twice_is_removing_once(client, survey, papers):
    for _ in range(2):
        response = client.post(
            address(survey, "items/"), {"do": "remove", "paper": papers[0].slug}, follow=True
        )
        assert said(response) == ["“Paper 1” is no longer in the list."]
    client.post("/lists/undo/")
    assert places(survey) == [1, 2, 3]


def test_a_paper_is_moved_and_the_same_again_changes_nothing(client, survey, papers):
    data = {"do": "move", "paper": papers[0].slug, "to": "3"}
    for _ in range(2):
        response = client.post(address(survey, "items/"), data, follow=True)
        assert response.redirect_chain == [(f"{address(survey)}#item-{papers[0].pk}", 302)]
        assert said(response) == ["“Paper 1” is now 3 of 3."]
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
    assert said(response) == ["“Paper 4” is now 3 of 4."]
    step(fourth, "up")
    assert order(survey) == [(1, ""), (4, ""), (2, ""), (3, "Methods/new")]
    response = step(second, "down")
    assert order(survey) == [(1, ""), (4, ""), (2, "Methods/new"), (3, "Methods/new")]
    assert said(response) == ["“Paper 2” is now 3 of 4, in “Methods/new”."]
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


# A paper's page


def test_a_paper_says_in_which_lists_it_is(client, anonymous, survey, library, papers, other):
    library.lists.create("Another")
    Library(other).lists.create("Not yours")
    page = text(client.get(papers[0].get_absolute_url()))
    part = page.partition('id="lists"')[2].partition("</section>")[0]
    assert f'<a href="{address(survey)}" dir="auto">Survey</a>' in part
    buttons = re.findall(r'aria-pressed="(\w+)"\s+dir="auto">(.*?)</button>', part)
    assert buttons == [("true", "Survey"), ("false", "Another")]
    assert 'id="lists"' not in text(anonymous.get(papers[0].get_absolute_url()))


# Settings


def test_settings_are_saved(client, survey):
    data = {"name": "New", "description": "**Bold**", "visibility": "link"}
    response = client.post(address(survey, "settings/"), data, follow=True)
    found = ReadingList.objects.get()
    assert said(response) == ["The settings are saved."]
    assert (found.name, found.visibility) == ("New", "link")
    assert found.description_html == "<p><strong>Bold</strong></p>"
    assert f"http://localhost:8000/lists/shared/{found.secret}/" in text(response)


@pytest.mark.databases
@pytest.mark.parametrize(
    ("data", "field", "error"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "other"}, "name", "There is a list “other” already."),
        ({"description": "x" * 4001}, "description", "at most 4000 characters"),
        ({"visibility": "world"}, "visibility", "Select a valid choice."),
        ({"visibility": ""}, "visibility", "This field is required."),
    ],
)
def test_settings_that_cannot_be_say_why(client, survey, library, data, field, error):
    library.lists.create("Other")
    data = {"name": "Survey", "visibility": "public", **data}
    response = client.post(address(survey, "settings/"), data)
    assert error in response.context["form"].errors[field][0]
    assert '<h1 dir="auto">Survey</h1>' in text(response)
    assert ReadingList.objects.get(name="Survey").visibility == "private"


def test_a_link_is_revoked(client, anonymous, survey):
    survey.show_to(Visibility.LINK)
    old = survey.reading_list.secret
    response = client.post(address(survey, "link/"), follow=True)
    assert response.redirect_chain == [(address(survey, "settings/"), 302)]
    new = ReadingList.objects.get().secret
    assert old not in text(response)
    assert new in text(response)
    assert anonymous.get(f"/lists/shared/{old}/").status_code == 404
    assert anonymous.get(f"/lists/shared/{new}/").status_code == 200


def invite(client, survey, invitee, role="viewer", **options):
    data = {"invitee": invitee, "role": role}
    return client.post(address(survey, "invitations/"), data, follow=True, **options)


@pytest.mark.parametrize("invitee", ["other", "Nobody", "nobody@example.org", "other@example.org"])
def test_an_invitation_tells_nobody_who_is_there(client, survey, other, invitee):
    response = invite(client, survey, invitee)
    name = invitee.lower()
    assert said(response) == [
        f"If “{name}” has an account, the invitation is on their page of lists."
    ]
    assert Invitation.objects.get().invitee == name


@pytest.mark.parametrize(
    ("invitee", "to"),
    [
        ("OTHER", ["other@example.org"]),
        ("viewer", []),  # whose address is not confirmed
        ("nobody", []),
        ("Somebody@Example.org", ["somebody@example.org"]),
    ],
)
def test_who_is_invited_is_written_to(client, survey, other, viewer, invitee, to):
    EmailAddress.objects.create(user=other, email="a-second@example.org", verified=True)
    EmailAddress.objects.filter(user=viewer).update(verified=False)
    survey.describe("R&D <b>", "")
    invite(client, survey, invitee, "editor")
    assert [each.to for each in mail.outbox] == [[address] for address in to]
    for each in mail.outbox:
        assert each.subject == "owner invites you to a reading list"
        assert "“R&D <b>” on Paper Digest, where you may read and change the papers." in each.body
        assert "\nhttp://localhost:8000/lists/\n" in each.body


def test_mails_are_few(client, survey, monkeypatch):
    monkeypatch.setattr("accounts.invitations.MAILS_A_DAY", 2)
    for name in ("a", "a", "b", "c"):
        invite(client, survey, f"{name}@example.org")
        client.post(address(survey, f"invitations/{Invitation.objects.get().pk}/"))
    assert [each.to for each in mail.outbox] == [["a@example.org"], ["b@example.org"]]


def test_a_mail_that_is_not_sent_is_not_spoken_of(client, survey, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("accounts.invitations.send_mail", fail)
    response = invite(client, survey, "a@example.org")
    assert said(response) == [
        "If “a@example.org” has an account, the invitation is on their page of lists."
    ]
    assert "An invitation could not be sent" in caplog.text


@pytest.mark.parametrize(
    ("invitee", "role", "field", "error"),
    [
        ("", "viewer", "invitee", "This field is required."),
        ("a@b", "viewer", "invitee", "Enter a valid email address."),
        ("a@example.org\nBcc: b@example.org", "viewer", "invitee", "Enter a valid email address."),
        ("x" * 255, "viewer", "invitee", "at most 254 characters"),
        ("x", "owner", "role", "Select a valid choice."),
    ],
)
def test_an_invitation_that_cannot_be_says_why(client, survey, invitee, role, field, error):
    response = invite(client, survey, invitee, role)
    assert error in response.context["invite"].errors[field][0]
    assert not Invitation.objects.exists()
    assert mail.outbox == []


@pytest.mark.databases
def test_an_invitation_is_taken_back_once_or_twice(client, survey, other, library):
    asked = survey.invite("other", Role.VIEWER)
    theirs = library.lists.open(library.lists.create("Second").slug).invite("x", Role.VIEWER)
    for key in (asked.pk, asked.pk, theirs.pk):
        path = address(survey, f"invitations/{key}/")
        assert client.post(path)["Location"] == address(survey, "settings/")
    assert list(Invitation.objects.values_list("invitee", flat=True)) == ["x"]
    assert "You are invited" not in text(as_(other).get("/lists/"))


def test_members_are_given_roles_and_removed(client, survey, members, editor):
    path = address(survey, f"members/{members[0]}/")
    response = client.post(path, {"do": "role", "role": "viewer"}, follow=True)
    assert said(response) == ["The member’s role is saved."]
    assert Membership.objects.get(user=editor).role == "viewer"
    for data, error in (
        ({"do": "role"}, "Choose what the member may do."),
        ({"do": "role", "role": "king"}, "Select a valid choice. king is not one of"),
        ({"do": "dance"}, "Select a valid choice. dance is not one of"),
        ({}, "This field is required."),
    ):
        response = client.post(path, data, follow=True)
        assert response.redirect_chain == [(address(survey, "settings/"), 302)]
        assert error in said(response)[0]
    client.post(path, {"do": "remove"})
    assert not Membership.objects.filter(user=editor).exists()
    assert as_(editor).get(address(survey)).status_code == 404


def test_a_member_of_another_list_is_404(client, survey, library, other):
    second = library.lists.open(library.lists.create("Second").slug)
    second.invite("other", Role.VIEWER)
    theirs = Library(other).lists
    theirs.accept(theirs.invitations().get().pk)
    path = address(survey, f"members/{Membership.objects.get().pk}/")
    for data in ({"do": "remove"}, {"do": "hand-over"}, {"do": "role", "role": "editor"}):
        assert client.post(path, data).status_code == 404
    assert Membership.objects.get().role == "viewer"


def test_a_list_is_handed_over(client, survey, members, editor, owner):
    path = address(survey, f"members/{members[0]}/")
    response = client.post(path, {"do": "hand-over"}, follow=True)
    assert response.redirect_chain == [(address(survey), 302)]
    assert said(response) == ["The list is editor’s now."]
    assert ReadingList.objects.get().owner == editor
    assert Membership.objects.get(user=owner).role == "editor"
    assert client.post(path, {"do": "hand-over"}).status_code == 404


def test_a_list_is_not_handed_over_to_who_has_one_of_its_name(client, survey, members, editor):
    Library(editor).lists.create("Survey")
    response = client.post(
        address(survey, f"members/{members[0]}/"), {"do": "hand-over"}, follow=True
    )
    assert response.redirect_chain == [(address(survey, "settings/"), 302)]
    assert "“Survey” already" in said(response)[0]


@pytest.mark.databases
def test_a_member_leaves(survey, members, viewer):
    client = as_(viewer)
    response = client.post(address(survey, "leave/"), follow=True)
    assert response.redirect_chain == [("/lists/", 302)]
    assert said(response) == ["You left the list “Survey”."]
    assert client.post(address(survey, "leave/")).status_code == 404
    assert not Membership.objects.filter(user=viewer).exists()


@pytest.mark.databases
def test_a_list_is_deleted(client, survey, members, library, papers):
    library.notes.save(papers[0], "Stays", 0)
    response = client.post(address(survey, "delete/"), follow=True)
    assert said(response) == ["The list “Survey” is deleted."]
    assert not ReadingList.objects.exists()
    assert Note.objects.exists()
    assert client.post(address(survey, "delete/")).status_code == 404


# What other sites show of it


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
        for who in (Client(), as_(owner)):
            assert who.get(address).status_code == 404
        assert "og:image" not in text(as_(owner).get(page))
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
        assert as_(owner).get(page)[header] == str(owner.pk)
        assert header not in as_(viewer).get(page)
    secret = f"/lists/shared/{survey.reading_list.secret}/"
    for who in (Client(), as_(other)):
        response = who.get(secret)
        assert (response.status_code, response.get(header)) == (200, None)
    survey.show_to(Visibility.PUBLIC)
    assert as_(viewer).get(page)[header] == str(viewer.pk)
    assert Client().get(page)[header] == "visitor"


# On the page of a paper


def test_a_paper_shows_who_keeps_it_in_lists_that_one_may_see(
    survey, members, owner, viewer, other, papers
):
    """One's own, those that one is a member of, and public ones; other people's stay theirs."""
    page = papers[0].get_absolute_url()
    theirs = Library(other).lists
    theirs.open(theirs.create("Of nobody else").slug).add([papers[0].pk])
    link = r'<a href="/lists/[^"]*"\s*dir="auto">([^<]*)</a>(?: <span class="quiet">of <bdi>(\w+))?'

    def lists(user):
        html = text(as_(user).get(page)).partition('<section id="lists"')[2]
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
    html = text(as_(library.user).get(papers[0].get_absolute_url()))
    assert html.count("of <bdi>other") == 10
    assert '<li class="quiet">and others</li>' in html


# What it costs


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
    client = as_(request.getfixturevalue(who)) if who else Client()
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
