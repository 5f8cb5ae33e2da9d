"""A mirror: what is in it, that all of it hangs together, and what is never in it."""

import gzip
import json
import re
from datetime import UTC, datetime
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree

import html5lib
import pytest
from django.conf import settings

from accounts.library import Library
from accounts.models import User, Visibility
from accounts.tokens import create
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import Author, LinkHealth, Paper, Stream
from digest.pages import views
from digest.static_site import addresses, export_site
from digest.static_site.addresses import file_of
from tests.samples import NASTY, digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

URL = "https://papers.example.org/mirror"
ADDRESSES = {"href", "src", "action"}


@pytest.fixture
def catalogue(monkeypatch):
    """All that has ever broken a page, two streams, lists of several pages, and a merged paper."""
    for module in (views, addresses):
        monkeypatch.setattr(module, "PAPERS_ON_A_PAGE", 2)
        monkeypatch.setattr(module, "AUTHORS_ON_A_PAGE", 4)
    load(digest(*NASTY), "a.json")
    load(b"[]", "2025/02/05.json")
    load(digest({**NASTY[1], "link": NASTY[0]["link"], "date": "2025-02-04"}), "b.json")
    load(digest(row(11, date="2025-03-01"), row(12), row(13, authors="Alan Pym, Ann P")), "c.json")
    group = Stream.objects.create(name="Our <own>", slug="own")
    load(digest(row(41), row(1), row(42)), "d.json", stream=group.pk)
    merged, kept = Paper.objects.get(slug="2502.00041"), Paper.objects.get(slug="2502.00042")
    decisions.merge_papers(merged, kept, User.objects.create_user("curator"), "the same")


@pytest.fixture
def mirror(catalogue, once):
    """A folder with the mirror of that catalogue."""
    return once("mirror", lambda folder: export_site(folder, URL))


def tree(file):
    return html5lib.parse(file.read_bytes(), namespaceHTMLElements=False)


def flat(element, left_out=lambda _: False):
    """The text of an element, without the elements that are left out."""
    if not isinstance(element.tag, str) or left_out(element):
        return ""
    parts = [element.text or ""]
    for child in element:
        parts += [flat(child, left_out), child.tail or ""]
    return "".join(parts)


def test_every_link_leads_to_a_file(catalogue, tmp_path):
    folder = tmp_path / "mirror"
    report = export_site(folder, URL)
    pages = sorted(folder.rglob("*.html"))
    assert report.pages == len(pages)
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert report.files == len(files)
    linked, missing = set(), []
    for page in pages:
        name = page.relative_to(folder).as_posix()
        base = f"{URL}/somewhere/else" if name == "404.html" else f"{URL}/{name}"
        for element in tree(page).iter():
            for attribute in ADDRESSES & {*map(str, element.attrib)}:
                parts = urlsplit(urljoin(base, element.get(attribute)))
                if element.get(attribute).startswith("#"):
                    continue
                if not parts.geturl().startswith(f"{URL}/"):
                    assert parts.netloc != urlsplit(URL).netloc, element.attrib
                    continue
                path = unquote(parts.path).removeprefix("/mirror/")
                target = folder / path / ("index.html" if not path or path.endswith("/") else "")
                linked.add(target)
                if not target.is_file():
                    missing.append((name, element.attrib))
            assert "data-server" not in element.attrib
            assert not any(str(one).startswith("hx-") for one in element.attrib)
    assert missing == []
    pages = {file for file in files if file.suffix not in (".csv", ".png")}
    unlinked = {file.relative_to(folder).as_posix() for file in pages - linked}
    known = re.compile(r"pagefind/.+|sitemap.*\.xml|404\.html|mirror\.json")
    assert [name for name in unlinked if not known.fullmatch(name)] == []


def test_a_page_says_what_the_site_says(mirror, client):
    """Whatever stands in it: formulas, charts, markup that is text."""
    author = Author.objects.get(name="Ada Lovelace").get_absolute_url()
    slugs = [paper.get_absolute_url() for paper in Paper.objects.visible()[:12]]
    days = ["/", "/digests/", "/digests/2025-02-06/", "/streams/own/digests/2025-02-06/"]
    lists = ["/categories/", "/authors/", "/trends/", author, f"{author}?page=2"]
    for address in [*days, *lists, *slugs, "/authors/?letter=a&page=2"]:
        live = html5lib.parse(client.get(address).content, namespaceHTMLElements=False)
        copy = tree(mirror / file_of(address))
        said = flat(live.find(".//main"), lambda element: "data-server" in element.attrib)
        if "/authors/ada" in address:  # has no menu of files
            said = re.sub(r"Export\s+BibTeX.*?follow as a feed", "", said, flags=re.DOTALL)
        said = said.replace(settings.SITE_URL, URL)
        assert flat(copy.find(".//main")).split() == said.split(), address


def texts(folder):
    """What every file says, that of the search's index unpacked."""
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            packed = content[:2] == b"\x1f\x8b"
            yield file, (gzip.decompress(content) if packed else content).decode(errors="replace")


def test_nothing_personal_or_hidden_is_in_it(catalogue, tmp_path):
    curator = User.objects.create_user("xq-curator", "xq-mail@example.org", "xq-password")
    library = Library(curator)
    paper = Paper.objects.get(slug="2502.00011")
    hidden = Paper.objects.get(slug="2502.00012")
    load(digest(row(12, title="xq-hidden title", summary="xq-hidden text")), "xq-file.json")
    load(digest(row(13, authors="Xq-hidden Author", date="2025-03-02")), "e.json")
    library.bookmarks.add([paper.pk, hidden.pk])
    library.notes.save(paper, "xq-note", 0)
    library.reports.add(paper, "title", "xq-report")
    for visibility in Visibility.values:
        made = library.lists.create(f"xq-list {visibility}", "xq-description")
        opened = library.lists.open(made.slug)
        opened.add([paper.pk])
        opened.describe_item(paper.pk, comment="xq-comment", section="xq-section")
        opened.show_note(paper.pk, True)
        opened.show_to(visibility)
    create(curator, "xq-token", ["library:read"])
    decisions.correct(paper, "title", "A corrected title", curator, "xq-reason")
    for one in (hidden, Paper.objects.get(slug="2502.00013")):
        decisions.correct(one, "hidden", True, curator, "xq-reason")
    LinkHealth.objects.create(
        url="https://github.com/lab/code-11",
        checked_at=datetime(2025, 3, 1, tzinfo=UTC),
        dead=True,
        reason="xq-health",
    )
    export_site(tmp_path / "mirror", URL)
    said = dict(texts(tmp_path / "mirror"))
    found = {text for text in said.values() for text in re.findall(r"(?i)xq-[\w.]*", text)}
    assert found == set()
    assert not any("2502.00012" in text or "2502.00012" in str(file) for file, text in said.items())
    assert any("A corrected title" in text for text in said.values())
    assert not any("csrf" in text.lower() for file, text in said.items() if file.suffix != ".js")


def test_without_an_address_nothing_names_one(catalogue, client, tmp_path):
    client.get("/papers/2502.00011/")  # parts of it, with the site's address, are in the cache
    export_site(tmp_path / "mirror")
    folder = tmp_path / "mirror"
    assert not [file for file, text in texts(folder) if urlsplit(settings.SITE_URL).netloc in text]
    page = tree(folder / "papers/2502.00011/index.html")
    names = [element.get("property", "") for element in page.iter("meta")]
    assert "og:title" in names
    assert not {"og:url", "og:image"} & {*names}
    assert [one for one in page.iter("link") if one.get("rel") in ("canonical", "alternate")] == []
    assert (folder / "papers/2502.00011.md").read_text().startswith("# Paper 11\n\n- [Paper 11](")
    assert not list(folder.rglob("*.atom"))
    assert not list(folder.rglob("sitemap*"))
    # and what is shown afterwards names the site's own
    assert f"{settings.SITE_URL}/papers/2502.00011/" in client.get("/papers/2502.00011/").text


def test_with_an_address_all_that_is_for_others_names_it(mirror):
    for name, address in [
        ("papers/2502.00011/index.html", "papers/2502.00011/"),
        ("authors/page-2.html", "authors/page-2.html"),
        ("index.html", ""),
    ]:
        (link,) = [one for one in tree(mirror / name).iter("link") if one.get("rel") == "canonical"]
        assert link.get("href") == f"{URL}/{address}"
    assert (
        f'"@id": "{URL}/papers/2502.00011/"'
        in (mirror / "papers/2502.00011/index.html").read_text()
    )
    category = "categories/text-generation/papers.atom"
    for name in ("digests.atom", "streams/own/digests.atom", "papers.atom", category):
        feed = ElementTree.parse(mirror / name).getroot()
        links = {one.get("rel"): one.get("href") for one in feed.findall("{*}link")}
        assert links.keys() == {"self", "alternate"}
        assert links["self"] == f"{URL}/{name}"
        entries = [one.get("href") for one in feed.iterfind("{*}entry/{*}link[@rel='alternate']")]
        assert entries
        assert all(re.fullmatch(rf"{URL}/papers/[^?]+/", one) for one in entries)
    (part,) = [one.text for one in ElementTree.parse(mirror / "sitemap.xml").iterfind(".//{*}loc")]
    named = ElementTree.parse(mirror / part.removeprefix(f"{URL}/")).iterfind(".//{*}loc")
    files = [unquote(one.text.removeprefix(f"{URL}/")) for one in named]
    pages = [file.relative_to(mirror).as_posix() for file in mirror.rglob("*.html")]
    assert sorted(files) == sorted(
        page.removesuffix("index.html") for page in pages if page != "404.html"
    )


def test_the_index_has_papers_alone_and_their_own_texts(mirror):
    fragments = {}
    for _, text in texts(mirror / "pagefind/fragment"):
        fragment = json.loads(text.removeprefix("pagefind_dcd"))
        fragments[fragment["url"]] = fragment
    papers = Paper.objects.visible()
    assert {*fragments} == {f"/papers/{paper.slug}/index.html" for paper in papers}
    paper = papers.get(slug="2502.00001")
    first = fragments["/papers/2502.00001/index.html"]
    assert first["meta"]["title"] == NASTY[0]["title"].replace("`", "")
    assert first["meta"]["date"] == "2025-02-04"
    assert {name: {*values} for name, values in first["filters"].items()} == {
        "has": {"code", "model", "dataset", "space", "collection", "project", "other"},
        "stream": {Stream.objects.get(pk=1).slug, "own"},
        "date": {"2025-02-04"},
        "area": {"natural-language-processing"},
        "category": {place.category.slug for place in paper.classifications.all()},
    }
    for word in ("BibTeX", "Related papers", "number 1 of", "Log in"):
        assert word not in first["content"]


@pytest.mark.databases
def test_the_catalogue_of_one_moment_is_written(transactional_db, tmp_path):
    """Others load meanwhile, and neither waits for the other."""
    from threading import Thread

    from django.db import connection

    load(digest(row(1), row(2)), "a.json")

    def change():
        load(digest(row(2, title="Changed"), row(3)), "b.json")
        connection.close()

    def meanwhile(what, done, total):
        if what == "Writing pages" and done == 1:
            thread = Thread(target=change)
            thread.start()
            thread.join()

    report = export_site(tmp_path / "mirror", "", meanwhile)
    assert Paper.objects.count() == 3
    assert report.papers == 2
    assert not any("Changed" in text or "2502.00003" in text for _, text in texts(tmp_path))


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/", "index.html"),
        ("/papers/2502.00001/", "papers/2502.00001/index.html"),
        ("/papers/hep-th/9901001/", "papers/hep-th/9901001/index.html"),
        ("/papers/%E6%B7%B1-1/", "papers/深-1/index.html"),
        ("/papers/2502.00001.csl.json", "papers/2502.00001.csl.json"),
        ("/authors/?page=1", "authors/index.html"),
        ("/authors/?page=3", "authors/page-3.html"),
        ("/authors/?letter=a", "authors/letter-a.html"),
        ("/authors/?letter=%23&page=2", "authors/letter-other-page-2.html"),
        ("/papers.bib?category=robotics", "categories/robotics/papers.bib"),
        ("/papers.bib?author=ada", None),
        ("/papers.bib?category=a&category=b", None),
        ("/trends/?days=7", None),
        (f"/authors/{'x' * 256}/", None),
    ],
)
def test_the_file_of_an_address(address, file):
    assert file_of(address) == file
