"""unAPI: the record of each paper on a page, for reference managers."""

import re
from xml.etree import ElementTree

import html5lib
import pytest

from accounts.library import Library
from accounts.models import User
from digest.curation import decisions
from digest.models import Paper
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

ID = "2502.00001"


@pytest.fixture
def papers():
    load_once((digest(row(1), row(2), row(3, title="電 é", link="")), "a.json"))


def ask(client, **asked):
    return client.get("/unapi/", asked)


def body(response):
    return b"".join(response.streaming_content).decode()


def formats(response):
    root = ElementTree.fromstring(response.content)
    assert (root.tag, response["Content-Type"]) == ("formats", "application/xml")
    return root.attrib, [(one.get("name"), one.get("type")) for one in root]


NAMES = [
    ("rdf_zotero", "application/rdf+xml"),
    ("bibtex", "application/x-bibtex"),
    ("ris", "application/x-research-info-systems"),
]


def test_the_formats_are_listed(client, papers):
    every = ask(client)
    assert (every.status_code, *formats(every)) == (200, {}, NAMES)
    assert every["Cache-Control"] == "public, max-age=86400"
    of_one = ask(client, id=f"{ID}v2")
    assert (of_one.status_code, *formats(of_one)) == (300, {"id": ID}, NAMES)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("rdf_zotero", "<dc:title>Paper 1</dc:title>"),
        ("bibtex", "title = {Paper 1}"),
        ("ris", "TI  - Paper 1\r\n"),
    ],
)
def test_a_record_comes_in_each_format(client, papers, name, title):
    response = ask(client, id=ID, format=name)
    assert (response.status_code, title in body(response)) == (200, True)
    assert response["Content-Type"].partition(";")[0] == dict(NAMES)[name]
    assert response["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("asked", "status", "text"),
    [
        ({"id": "2502.09999"}, 404, "<!DOCTYPE html>"),
        ({"id": "2502.09999", "format": "ris"}, 404, "<!DOCTYPE html>"),
        ({"id": "2502.09999", "format": "marc"}, 404, "<!DOCTYPE html>"),
        ({"id": ""}, 404, "<!DOCTYPE html>"),
        ({"id": "a\0b"}, 404, "<!DOCTYPE html>"),
        ({"id": ID, "format": "marc"}, 406, "format: choose one of rdf_zotero, bibtex, ris.\n"),
        ({"id": ID, "format": ""}, 406, "format: choose one of rdf_zotero, bibtex, ris.\n"),
        ({"format": "ris"}, 400, "id: name a paper.\n"),
    ],
)
def test_what_is_not_there_is_refused(client, papers, asked, status, text):
    response = ask(client, **asked)
    assert response.status_code == status
    assert response.content.decode().startswith(text)


def test_a_merged_paper_is_the_one_that_it_was_merged_into(client, papers):
    first, second, *_ = Paper.objects.order_by("slug")
    decisions.merge_papers(second, first, None)
    assert "TI  - Paper 1\r\n" in body(ask(client, id=second.slug, format="ris"))
    decisions.correct(Paper.objects.get(pk=first.pk), "hidden", True, None)
    assert ask(client, id=first.slug, format="ris").status_code == 404


def test_a_record_takes_few_queries(client, papers, django_assert_num_queries):
    with django_assert_num_queries(0):
        ask(client)
    with django_assert_num_queries(5):
        body(ask(client, id=ID, format="rdf_zotero"))


def test_each_paper_of_a_list_is_marked(client, papers):
    for address in ("/", "/papers/", "/authors/ada-lovelace/", "/categories/text-generation/"):
        page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
            client.get(address).content
        )
        (service,) = [one for one in page.iter("link") if one.get("rel") == "unapi-server"]
        assert service.get("href") == "/unapi/"
        ids = [one.get("title") for one in page.iter("abbr") if one.get("class") == "unapi-id"]
        assert len(ids) == 3
        for slug in ids:
            assert "<dc:title>" in body(ask(client, id=slug, format="rdf_zotero"))
    assert 'class="unapi-id"' not in client.get(f"/papers/{ID}/").content.decode()


def test_in_a_library_a_paper_that_was_hidden_is_not_marked(client, papers):
    user = User.objects.create_user("reader")
    client.force_login(user)
    first, second, _ = Paper.objects.order_by("slug")
    Library(user).bookmarks.add([first.pk, second.pk])
    decisions.correct(second, "hidden", True, None)
    page = client.get("/library/").content.decode()
    assert "No longer in the catalogue" in page
    assert re.findall('class="unapi-id" title="(.*?)"', page) == [first.slug]
