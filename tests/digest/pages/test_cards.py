"""What pages for different readers share: cards and facets, made once, and nobody's own."""

import re

import pytest
from django.core.cache import caches
from django.db import connection
from django.template import Context, Template
from django.template.base import Node
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.library import Library
from accounts.models import User
from digest.caches.revision import Revision, key_of
from digest.catalogue.load import load
from digest.curation import decisions
from digest.formats import Format
from digest.models import Paper
from tests.catalogue import load_once
from tests.samples import digest, hugging_face, hugging_face_paper, in_format, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TOKEN = r'name="csrfmiddlewaretoken" value="\w*"'


@pytest.fixture
def reader(client):
    """A visitor whose pages are made anew each time."""
    client.cookies["any"] = "value"
    return client


@pytest.fixture
def count_queries():
    """Does some work; what it gave, and how many queries it took."""

    def count(work):
        with CaptureQueriesContext(connection) as asked:
            done = work()
        return done, len(asked)

    return count


def ask(client, address):
    return client.get(address).content.decode()


def cards(html):
    return re.findall(r'<article class="card">.*?</article>', html, re.DOTALL)


@pytest.mark.parametrize("address", ["/papers/", "/papers/?q=paper", "/authors/ada-lovelace/"])
def test_what_is_made_for_one_reader_costs_the_next_less(reader, count_queries, address):
    load(digest(row(1), row(2)), "a.json")
    first, queries = count_queries(lambda: ask(reader, address))
    again, fewer = count_queries(lambda: ask(reader, address))
    assert again == first
    assert fewer <= queries - 3


def test_a_paper_that_changed_has_another_card(reader):
    load(digest(row(1, github_urls=[])), "a.json")
    (before,) = cards(ask(reader, "/papers/"))
    assert "lab/new" not in before
    later = row(1, date="2025-02-07", github_urls=["https://github.com/lab/new"])
    load(digest(later), "b.json")
    (after,) = cards(ask(reader, "/papers/"))
    assert "lab/new" in after


def test_each_search_marks_its_own_words(reader):
    load(digest(row(1, title="Alpha beta")), "a.json")
    for word, title in (
        ("alpha", "<mark>Alpha</mark> beta"),
        ("beta", "Alpha <mark>beta</mark>"),
        ("1", "Alpha beta"),
    ):
        (card,) = cards(ask(reader, f"/papers/?q={word}"))
        assert f">{title}</a>" in card


def test_facets_are_of_the_address_and_of_the_catalogue_as_it_is(reader):
    def facets(address):
        return ask(reader, address).partition('<div class="facet-list">')[2].partition("</div>")[0]

    load(digest(row(1), row(2, classification=["Robotics"])), "a.json")
    every = facets("/papers/")
    assert "Text Generation" in every
    assert "Text Generation" not in facets("/papers/?category=robotics")
    assert facets("/papers/") == every
    load(digest(row(3, classification=["Text-to-Video"])), "b.json")
    assert "Text-to-Video" in facets("/papers/")


def test_a_part_for_a_word_of_the_address_is_not_the_one_for_none(reader):
    load(digest(row(1)), "a.json")
    assert "There is no style “None”." in ask(reader, "/papers/2502.00001/?style=None")
    assert "There is no style" not in ask(reader, "/papers/2502.00001/")
    assert key_of("a", "b\nc") != key_of("a\nb", "c")


def test_nothing_of_a_reader_comes_to_the_next(client, django_user_model):
    load(digest(row(1)), "a.json")
    visitor = ask(client, "/papers/")
    client.force_login(django_user_model.objects.create_user("ada", "ada@example.org", "secret"))
    own = ask(client, "/papers/")
    assert 'class="bookmark"' in own
    assert cards(own) == cards(visitor)
    assert "csrfmiddlewaretoken" not in "".join(cards(own))
    client.logout()
    client.cookies["any"] = "value"
    assert ask(client, "/papers/") == visitor


def test_a_part_that_is_made_once_knows_of_no_person(django_user_model, rf):
    template = Template(
        "{% load catalogue %}{% once 'test' %}{{ user }}{{ request }}{{ library }}{{ perms }}"
        "{{ messages }}{{ csrf_token }}{{ page }}{% endonce %}{{ user }}"
    )
    own = dict.fromkeys(("library", "perms", "messages", "csrf_token"), "own")
    for name in ("ada", "zora"):
        user = django_user_model(username=name)
        request = rf.get("/")
        context = {"revision": Revision(), "user": user, "request": request, "page": 7} | own
        assert template.render(Context(context)) == "None" * 6 + f"7{name}"


ADDRESSES = [
    *("/", "/digests/2025-02-06/", "/papers/", "/papers/?q=paper", "/papers/2502.00001/"),
    *("/authors/ada-lovelace/", "/categories/text-generation/"),
]


@pytest.fixture
def member(django_user_model):
    """A person who made something of the first paper, and is logged in."""
    load_once((digest(*(row(number) for number in range(1, 41))), "a.json"))
    user = django_user_model.objects.create_user("zora", "zora@example.org", "secret")
    first, second = Paper.objects.order_by("pk")[:2]
    library = Library(user)
    library.bookmarks.add([first.pk], "reading")
    library.notes.save(first, "Zora's own", 0)
    library.lists.open(library.lists.create("Zora's list").slug).add([first.pk])
    library.bookmarks.dismiss([second.pk])
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_a_member_asked_for_first_is_nobodys_own(reader, member, address):
    own = ask(member, address)
    assert "zora" in own
    after = ask(reader, address)
    assert "zora" not in after.lower()
    for name in ("pages", "cards"):
        caches[name].clear()
    assert ask(reader, address) == after
    assert re.sub(TOKEN, "", ask(member, address)) == re.sub(TOKEN, "", own)


@pytest.mark.parametrize("address", ["/papers/", "/papers/?q=paper", "/library/"])
def test_a_page_renders_the_same_for_ten_papers_as_for_forty(member, monkeypatch, address):
    """What is put in for each paper is text, by a few nodes of a loop."""
    user = User.objects.get(username="zora")
    Library(user).bookmarks.add(Paper.objects.values_list("pk", flat=True))
    rendered = []
    render = Node.render_annotated
    counted = []
    for size in (10, 50):
        user.papers_on_a_page = size
        user.save()
        ask(member, address)  # what is rendered once, is
        with monkeypatch.context() as patched:
            patched.setattr(
                Node, "render_annotated", lambda self, c: rendered.append(self) or render(self, c)
            )
            html = ask(member, address)
        counted.append((len(rendered), len(cards(html))))
        rendered.clear()
    (few, ten), (many, forty) = counted
    assert many - few <= 7 * (forty - ten)
    assert many <= 700


def flat(html):
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def section(html, name):
    """What stands under a heading of a paper's page."""
    found = re.search(rf'<section[^>]*aria-labelledby="{name}">(.*?)</section>', html, re.DOTALL)
    return flat(found[1]) if found else None


def test_a_page_says_who_wrote_what(reader):
    load(hugging_face(hugging_face_paper()), "a.json")
    html = ask(reader, "/papers/2502.00001/")
    assert section(html, "summary") == (
        "Summary A machine wrote this of 1. Written by a language model of Hugging Face"
    )
    assert section(html, "abstract") == (
        "Abstract The authors wrote this of 1. And more. Written by the authors"
    )
    load(digest(row(1, date="2025-02-07")), "b.json")
    assert section(ask(reader, "/papers/2502.00001/"), "summary").endswith(
        "Second point. From the digest of 7 February 2025"
    )
    load(digest(row(1, date="2025-02-08", summary=None, tldr="In short.")), "c.json")
    assert section(ask(reader, "/papers/2502.00001/"), "summary") == (
        "Summary In short. Written by a machine, in the digest of 8 February 2025"
    )
    decisions.correct(Paper.objects.get(), "summary", "Mine.", None)
    assert section(ask(reader, "/papers/2502.00001/"), "summary") == (
        "Summary Mine. Written by a curator"
    )


def test_a_page_without_a_summary_has_the_abstract_alone(reader):
    load(in_format(Format.ARXIV_RSS, 1), "a.xml")
    html = ask(reader, "/papers/2502.00001/")
    assert (section(html, "summary"), section(html, "abstract")) == (
        None,
        "Abstract A. Written by the authors",
    )
    (card,) = cards(ask(reader, "/papers/"))
    assert "Abstract A." in flat(card)
    load(digest(row(2, summary="")), "b.json")
    assert section(ask(reader, "/papers/2502.00002/"), "summary") == (
        "Summary No digest gave a summary of this paper."
    )


def test_what_services_give_is_shown(reader):
    load(hugging_face(hugging_face_paper(upvotes=1234, ai_keywords=['a "b"', "<c>"])), "a.json")
    later = row(1, date="2025-02-07", comment="17 pages & more", doi="10.1000/(1)<2>", version=3)
    load(digest(later), "b.json")
    html = ask(reader, "/papers/2502.00001/")
    assert section(html, "keywords") == "Keywords a &quot;b&quot; &lt;c&gt;"
    assert 'href="/papers/?q=%22a++b+%22"' in html
    assert 'href="https://huggingface.co/papers/2502.00001">1,234 upvotes at Hugging Face' in html
    assert "Comment of the authors: 17 pages &amp; more" in html
    assert 'href="https://doi.org/10.1000/%281%29"' in html
    assert "arXiv:2502.00001, version 3" in html
    (card,) = cards(ask(reader, "/papers/"))
    assert "1,234 upvotes" in flat(card)


@pytest.mark.databases
def test_papers_can_be_ordered_by_their_upvotes(reader):
    load(digest(row(3, date="2025-02-08")), "a.json")
    assert 'class="switch"' not in ask(reader, "/papers/")
    load(hugging_face(hugging_face_paper(1), hugging_face_paper(2)), "b.json")
    html = ask(reader, "/papers/")
    switch = re.search(r'<p class="switch" data-server>(.*?)</p>', html, re.DOTALL)[1]
    assert re.findall(r'href="([^"]*)"', switch) == ["?order=newest", "?order=upvotes"]
    assert re.findall(r'aria-current="true">(.*?)<', switch) == ["newest first"]
    html = ask(reader, "/papers/?order=upvotes")
    assert "3 papers , most upvotes first" in flat(html)
    assert re.findall(r'href="/papers/([^"/]*)/">Paper', html) == [
        *("2502.00002", "2502.00001", "2502.00003")
    ]
    response = reader.get("/papers.md?order=upvotes")
    text = response.getvalue().decode()
    response.close()
    assert re.findall(r"\[Paper (\d)\]", text) == ["2", "1", "3"]


def test_a_card_has_the_first_of_very_many_authors(reader):
    names = [{"name": f"A {chr(65 + n // 26)}{chr(65 + n % 26)}"} for n in range(300)]
    load(hugging_face(hugging_face_paper(authors=names)), "a.json")
    (card,) = cards(ask(reader, "/papers/"))
    line = re.search(r'<p class="authors">(.*?)</p>', card)[1]
    assert flat(line).endswith("A AS , A AT , 280 more")
    assert line.count("<a ") == 21
    html = ask(reader, "/papers/2502.00001/")
    assert re.search(r'<p class="authors">(.*?)</p>', html)[1].count("<a ") == 300
    assert "and others" not in html
    assert "there may be more authors" not in html
