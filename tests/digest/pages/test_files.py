import json
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.http import QueryDict
from django.utils import timezone
from django.utils.http import parse_http_date
from hypothesis import given
from hypothesis import strategies as st

from digest.api import papers as api
from digest.catalogue.load import load
from digest.curation import decisions
from digest.exports import WRITERS, Writer
from digest.models import Catalogue, Paper, Source
from digest.pages import files
from digest.search.filters import PaperFilter
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

SITE = "http://localhost:8000"
ATOM = "{http://www.w3.org/2005/Atom}"
MAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def papers(monkeypatch):
    monkeypatch.setattr("digest.caches.exports.A_MINUTE", 10_000)
    load_once(
        (
            digest(
                row(1, title="Diffusion models", classification=["Robotics"]),
                row(2, title="On diffusion", github_urls=[], authors="Grace Hopper"),
                row(3, title="Sound & fury", classification=["Audio"], date="2025-02-07"),
                row(4, title="Old", date="2024-03-01", link="https://lab.example.org/old"),
            ),
            "a.json",
        )
    )


def body(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def test_a_link_finds_the_same_papers_everywhere(client):
    load(digest(row(1, title="Okapis"), row(2, title="Zebras")), "a.json")
    for suffix in ("/", ".bib", ".ris", ".csl.json", ".md", ".atom"):
        found = body(client.get(f"/papers{suffix}?q=link:lab/code-2"))
        assert ("Okapis" in found, "Zebras" in found) == (False, True), suffix
    api = client.get("/api/v1/papers/?q=link:lab/code-2").json()
    assert [paper["title"] for paper in api["results"]] == ["Zebras"]


# Files


def test_a_format_of_bytes_is_one_line(client, papers, monkeypatch, rf, tmp_path, settings):
    """What is no text, such as a spreadsheet, is served by every address as it was written."""

    def write(papers, about):
        yield b"\xff\x00"
        yield from (paper.slug.encode() for paper in papers)

    settings.EXPORTS = tmp_path
    writer = Writer("xlsx", "Excel", "application/x-table", write, cites=False)
    monkeypatch.setitem(WRITERS, "xlsx", writer)
    renderers = [*api.FILE_RENDERERS, api._file_renderer(writer)]
    monkeypatch.setattr(api.PapersViewSet, "renderer_classes", renderers)
    program = {"path": "/api/v1/papers/?q=fury", "headers": {"Accept": "application/x-table"}}
    answers = [
        files.paper_file(rf.get("/"), "2502.00003", "xlsx"),
        files.digest_file(rf.get("/"), day=date(2025, 2, 7), suffix="xlsx"),
        files.papers_file(rf.get("/papers.xlsx?q=fury"), "xlsx"),
    ]
    found = [(answer["Content-Type"], answer.getvalue()) for answer in answers]
    for _ in range(2):  # the second one comes from the disk
        answer = client.get(**program)
        found.append((answer["Content-Type"], answer.getvalue()))
    assert found == [("application/x-table", b"\xff\x002502.00003")] * 5


@pytest.mark.parametrize(
    ("suffix", "content_type", "start"),
    [
        ("bib", "application/x-bibtex; charset=utf-8", "@misc{arXiv:2502.00001,"),
        ("ris", "application/x-research-info-systems; charset=utf-8", "TY  - "),
        ("csl.json", "application/vnd.citationstyles.csl+json", "["),
        ("md", "text/markdown; charset=utf-8", "# "),
    ],
)
def test_a_paper_a_digest_and_a_query_come_as_files(client, papers, suffix, content_type, start):
    for path, name in (
        (f"/papers/2502.00001.{suffix}", f"2502.00001.{suffix}"),
        (f"/digests/2025-02-06.{suffix}", f"papers-2025-02-06.{suffix}"),
        (f"/papers.{suffix}?q=title:models", f"papers.{suffix}"),
    ):
        response = client.get(path)
        assert response.status_code == 200
        assert response["Content-Type"] == content_type
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        text = body(response)
        assert text.startswith(start)
        assert "Diffusion" in text


@pytest.mark.parametrize(
    "path",
    [
        *("/papers/2502.09999.bib", "/papers/2502.00001.exe", "/papers/2502.00001.atom"),
        *("/digests/2025-02-09.bib", "/digests/2025-02-31.bib", "/papers.exe"),
    ],
)
def test_what_is_not_there_is_404(client, papers, path):
    assert client.get(path, follow=True).status_code == 404


def test_a_version_is_the_same_paper(client, papers):
    assert body(client.get("/papers/2502.00001v3.bib")).startswith("@misc{arXiv:2502.00001,")


@pytest.mark.parametrize("suffix", ["bib", "ris", "csl.json", "md", "atom"])
def test_a_bad_value_is_400_and_named(client, papers, suffix):
    response = client.get(f"/papers.{suffix}?category=nope&date_from=x")
    assert response.status_code == 400
    assert response["Content-Type"] == "text/plain"
    assert body(response) == (
        "category: Select a valid choice. nope is not one of the available choices.\n"
        "date_from: Enter a valid date.\n"
    )


def test_other_methods_are_refused(client, papers):
    for path in ("/papers.bib", "/papers/2502.00001.bib", "/digests/2025-02-06.ris", "/abs/1"):
        assert client.post(path).status_code == 405
        assert client.head(path).status_code in (200, 404)


def test_a_file_takes_a_fixed_number_of_queries(client, papers, django_assert_num_queries):
    load(digest(*(row(n, title="Zebra") for n in range(20, 50))), "b.json")
    for query in ("title:models", "zebra"):
        with django_assert_num_queries(8):
            body(client.get(f"/papers.bib?q={query}"))


# One query, every output

words = st.sampled_from(["diffusion", "sound", "old", "on", "zebra", "title:diffusion", "-models"])
addresses = st.fixed_dictionaries(
    {},
    optional={
        "q": st.lists(words, max_size=3).map(" ".join),
        "category": st.sampled_from(["robotics", "audio", "text-generation"]),
        "not_category": st.sampled_from(["robotics", "audio"]),
        "has": st.just("code"),
        "author": st.just("grace-hopper"),
        "date_from": st.sampled_from(["2024-01-01", "2025-02-07"]),
        "order": st.sampled_from(["best", "newest"]),
    },
)


@given(address=addresses)
@pytest.mark.slow
def test_all_outputs_of_a_query_have_the_same_papers(client, papers, address):
    query = urlencode(address)
    links = {
        "https://arxiv.org/abs/2502.00001": "2502.00001",
        "https://arxiv.org/abs/2502.00002": "2502.00002",
        "https://arxiv.org/abs/2502.00003": "2502.00003",
        "https://lab.example.org/old": "lab-example-org-old-",
    }
    expected = [paper.slug for paper in PaperFilter(QueryDict(query)).qs]

    def slugs(found):
        by_link = [links[link] for link in found]
        return [next(slug for slug in expected if slug.startswith(start)) for start in by_link]

    page = body(client.get(f"/papers/?{query}")).partition('<section class="close"')[0]
    shown = re.findall(r'<h[23][^>]*>\s*<a href="/papers/([^"]+)/"', page)
    bib = re.findall(r"^  url = \{(.*)\},?$", body(client.get(f"/papers.bib?{query}")), re.M)
    ris = re.findall(r"^UR  - (.*?)\r?$", body(client.get(f"/papers.ris?{query}")), re.M)
    csl = [item["URL"] for item in json.loads(body(client.get(f"/papers.csl.json?{query}")))]
    md = re.findall(r"^- \[.*?\]\((.*?)\)", body(client.get(f"/papers.md?{query}")), re.M)
    feed = ElementTree.fromstring(body(client.get(f"/papers.atom?{query}")))
    entries = [
        entry.find(f"{ATOM}link[@rel='alternate']").get("href").split("/papers/")[1].strip("/")
        for entry in feed.findall(f"{ATOM}entry")
    ]
    assert shown == expected
    assert slugs(bib) == slugs(ris) == slugs(csl) == slugs(md) == expected
    assert sorted(entries) == sorted(expected)


# Feeds


def test_a_feed_says_when_it_changed_and_is_not_sent_twice(client, papers):
    response = client.get("/papers.atom?q=diffusion")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    body(response)
    again = {"HTTP_IF_NONE_MATCH": response["ETag"]}
    assert client.get("/papers.atom?q=diffusion", **again).status_code == 304
    load(digest(row(9, title="More diffusion", date="2025-02-09")), "b.json")
    assert client.get("/papers.atom?q=diffusion", **again).status_code == 200


@pytest.fixture
def clock(monkeypatch):
    """Sets when it is, for what changes and what is asked: `clock(seconds)`."""
    began = datetime(2026, 1, 1, tzinfo=UTC)

    def at(seconds):
        now = began + timedelta(seconds=seconds)
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        monkeypatch.setattr("digest.pages.middleware.time", now.timestamp)

    return at


def change():
    """A paper's title changes; the new one."""
    number = Source.objects.count()
    day = f"2025-03-{number:02}"
    load(digest(row(1, title=f"Diffusion {number:02}", date=day)), f"{day}.json")
    Catalogue.objects.update(changed_at=timezone.now())  # by the clock of the test
    return f"Diffusion {number:02}"


@pytest.mark.databases
@pytest.mark.parametrize("path", ["/papers.atom?q=diffusion", "/digests.atom", "/api/v1/papers/"])
def test_who_sends_if_modified_since_alone_misses_nothing(client, clock, papers, path):
    since = {}
    # Twice within a second; later; and with the clock set back by an hour, and by a day.
    for moment in (10, 10.3, 10.6, 11, 11, 100, 100.9, -3500, -3500, -80_000, 200):
        clock(moment)
        new = change()
        response = client.get(path, headers=since)
        assert (response.status_code, new in body(response)) == (200, True), moment
        said = parse_http_date(response["Last-Modified"])
        assert said < timezone.now().timestamp()
        since = {"If-Modified-Since": response["Last-Modified"]}
    # The second is over: once more it is sent, and then no longer.
    for seconds, status in ((2, 200), (3, 304), (300, 304)):
        clock(200 + seconds)
        response = client.get(path, headers=since)
        assert response.status_code == status
        since = {"If-Modified-Since": response["Last-Modified"]}
    clock(600)
    decisions.correct(Paper.objects.get(slug="2502.00001"), "hidden", True, None)
    Catalogue.objects.update(changed_at=timezone.now())
    gone = client.get(path, headers=since)
    assert (gone.status_code, "2502.00001" in body(gone)) == (200, False)


def test_a_feed_knows_its_page_and_itself(client, papers):
    feed = ElementTree.fromstring(body(client.get("/papers.atom?category=audio")))
    assert feed.find(f"{ATOM}title").text == "Paper Digest: Audio"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": "http://localhost:8000/papers.atom?category=audio",
        "alternate": "http://localhost:8000/papers/?category=audio",
    }


def test_the_newest_digests_have_a_feed(client, papers):
    feed = ElementTree.fromstring(body(client.get("/digests.atom")))
    titles = [entry.find(f"{ATOM}title").text for entry in feed.findall(f"{ATOM}entry")]
    assert titles == ["Sound &amp; fury", "Diffusion models", "On diffusion", "Old"]


def fed(client, address):
    """The ids of the papers of a feed's documents, and those of the documents, to its end."""
    papers, feeds = [], []
    while address:
        feed = ElementTree.fromstring(body(client.get(address)))
        entries = [entry.find(f"{ATOM}id").text for entry in feed.findall(f"{ATOM}entry")]
        papers.append(entries)
        feeds.append(feed.find(f"{ATOM}id").text)
        links = {one.get("rel"): one.get("href") for one in feed.findall(f"{ATOM}link")}
        address = links.get("next", "").removeprefix("http://localhost:8000")
        first = links.get("first")
    return papers, feeds, first


@pytest.mark.databases
@pytest.mark.parametrize("address", ["/papers.atom?has=code", "/digests.atom"])
def test_a_feed_leads_back_to_its_oldest_paper(client, db, address):
    rows = [row(n, date=f"2025-02-{1 + n // 50:02}") for n in range(1, 206)]
    load(digest(*rows), "many.json")
    papers, feeds, first = fed(client, address)
    assert [len(each) for each in papers] == [100, 100, 5]
    assert len({one for each in papers for one in each}) == 205
    assert len(set(feeds)) == 1
    assert first == f"http://localhost:8000{address}"
    assert client.get("/digests.atom?page=9").status_code == 404
    assert client.get("/papers.atom?before=x").status_code == 400
    assert client.get("/papers.bib?before=1").status_code == 400


def test_an_empty_catalogue_has_feeds_too(client):
    for path in ("/digests.atom", "/papers.atom", "/papers.csl.json", "/papers.bib"):
        response = client.get(path)
        assert response.status_code == 200
        response.getvalue()


def test_the_standing_feeds_are_listed(client, papers):
    root = ElementTree.fromstring(body(client.get("/feeds.opml")))
    feeds = {outline.get("text"): outline.get("xmlUrl") for outline in root.iter("outline")}
    assert feeds["Newest digests"] == "http://localhost:8000/digests.atom"
    assert feeds["Robotics"] == "http://localhost:8000/papers.atom?category=robotics"


# Other addresses


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/abs/2502.00001", "/papers/2502.00001/"),
        ("/abs/2502.00001v2", "/papers/2502.00001/"),
        ("/abs/2502.09999v2", "https://arxiv.org/abs/2502.09999v2"),
        ("/abs/hep-th/9901001", "https://arxiv.org/abs/hep-th/9901001"),
        ("/pdf/2502.00001v2", "https://arxiv.org/pdf/2502.00001v2"),
        ("/pdf/2502.00001.pdf", "https://arxiv.org/pdf/2502.00001"),
        ("/papers/?q=arXiv:2502.00001v2", "/papers/2502.00001/"),
        ("/papers/?q=https://arxiv.org/pdf/2502.00001", "/papers/2502.00001/"),
    ],
)
def test_addresses_that_people_know_lead_to_the_right_place(client, papers, path, to):
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (302, to)


@pytest.mark.parametrize("path", ["/abs/nonsense", "/pdf/..%2F..", "/abs/evil.example.org"])
def test_other_addresses_lead_nowhere(client, papers, path):
    assert client.get(path).status_code == 404


def test_the_site_map_has_every_page(client, papers):
    index = ElementTree.fromstring(body(client.get("/sitemap.xml")))
    parts = [place.text for place in index.iter(f"{MAPS}loc")]
    assert parts == [
        "http://localhost:8000/sitemap-lists.xml",
        "http://localhost:8000/sitemap-papers-0.xml",
    ]
    pages = []
    for part in parts:
        found = ElementTree.fromstring(body(client.get(part.removeprefix("http://localhost:8000"))))
        pages += [
            place.text.removeprefix("http://localhost:8000") for place in found.iter(f"{MAPS}loc")
        ]
    assert len(pages) == len(set(pages))
    assert {"/", "/digests/2025-02-06/", "/papers/2502.00001/", "/categories/audio/"} <= set(pages)
    assert all(client.get(page).status_code == 200 for page in pages)
    for part in (1, 10**15):
        assert client.get(f"/sitemap-papers-{part}.xml").status_code == 404


def test_crawlers_and_browsers_are_told_where_to_look(client, papers):
    assert body(client.get("/robots.txt")) == (
        "User-agent: *\n"
        "Disallow: /account/\n"
        "Disallow: /papers/?\n"
        "Disallow: /papers.\n"
        "Disallow: /lists/shared/\n"
        "Disallow: /suggest/\n"
        "Disallow: /?\n"
        "Disallow: /digests/*?\n"
        "Disallow: /streams/*?\n"
        "Sitemap: http://localhost:8000/sitemap.xml\n"
    )
    description = ElementTree.fromstring(body(client.get("/opensearch.xml")))
    templates = [url.get("template") for url in description if url.tag.endswith("}Url")]
    assert templates == [
        "http://localhost:8000/papers/?q={searchTerms}",
        "http://localhost:8000/papers.atom?q={searchTerms}",
    ]
