"""What the pages look like inside: a card, a paper, and HTML that holds whatever is loaded."""

import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit

import html5lib
import pytest
from django.template.loader import render_to_string
from django.urls import resolve

from digest.catalogue.load import load
from digest.models import Paper
from tests.catalogue import load_once
from tests.samples import NASTY, digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

ROOT = Path(__file__).resolve().parents[3]
CATEGORIES = ["Text Generation", "Robotics"]


def text(response):
    return response.content.decode()


def flat(html):
    """The text of HTML as it is read: without tags, white space folded."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def cards(response):
    return re.findall(r'<article class="card">.*?</article>', text(response), re.DOTALL)


def part(response, start, end="</section>"):
    return text(response).partition(start)[2].partition(end)[0]


@pytest.fixture
def nasty():
    """A catalogue of all that has ever broken a page; one day is empty, one says otherwise."""
    load_once(
        (digest(*NASTY), "a.json"),
        (b"[]", "2025/02/05.json"),
        (digest({**NASTY[1], "link": NASTY[0]["link"], "date": "2025-02-04"}), "b.json"),
    )


# The card


def test_a_card(client):
    urls = ["https://github.com/GAIR-NLP/LIMO", "https://github.com/GAIR-NLP/O1"]
    load(digest(row(1, classification=CATEGORIES, github_urls=urls)), "a.json")
    (card,) = cards(client.get("/"))
    assert flat(card) == (
        "Paper 1 Code GAIR-NLP/LIMO +1 and 1 more Ada Lovelace , Alan Turing "
        "First point of 1. 1 more point Second point. "
        "Text Generation Robotics 6 Feb 2025 arXiv 2502.00001"
    )
    assert re.findall(r'<a (?:class="\w+" )?href="([^"]+)"', card) == [
        "/papers/2502.00001/",
        "https://github.com/GAIR-NLP/LIMO",
        "/papers/2502.00001/#links",
        "/authors/ada-lovelace/",
        "/authors/alan-turing/",
        "/categories/text-generation/",
        "/categories/robotics/",
        "https://arxiv.org/abs/2502.00001",
    ]
    assert '<time datetime="2025-02-06">6 Feb 2025</time>' in card


def test_only_the_first_point_is_open(client):
    load(digest(row(1, summary="- One.\n- Two.\n- Three.")), "a.json")
    (card,) = cards(client.get("/"))
    shown, _, folded = card.partition("<details>")
    assert '<div class="point" dir="auto">One.</div>' in shown
    assert re.findall(r"<li>(\w+\.)</li>", folded) == ["Two.", "Three."]
    assert "2 more points" in folded


def test_prose_opens_with_its_first_sentence(client):
    load(digest(row(1, summary="One is said. Two is said. Three is said.")), "a.json")
    (card,) = cards(client.get("/"))
    assert '<div class="point" dir="auto">One is said.</div>' in card
    assert flat(card.partition("<details>")[2].partition("</details>")[0]) == (
        "The rest of the summary Two is said. Three is said."
    )


def test_one_point_needs_no_folding(client):
    load(digest(row(1, summary="- One.")), "a.json")
    (card,) = cards(client.get("/"))
    assert card.count("<details") == 1  # of lists of titles, in which the point is not shown


def test_a_card_without_anything_but_a_title(client):
    empty = {"authors": "", "summary": "", "classification": [], "github_urls": []}
    load(digest(row(1, **empty)), "a.json")
    (card,) = cards(client.get("/"))
    assert flat(card) == "Paper 1 6 Feb 2025 arXiv 2502.00001"


def test_marks_follow_the_kinds_and_leave_other_links_out(client):
    load(digest(NASTY[0]), "a.json")
    (card,) = cards(client.get("/"))
    marks = re.findall(
        r'<b>(.*?)</b> <span class="label">(.*?)</span></a>(?:\s*<a class="more".*?>\+(\d+)<)?',
        card,
        re.DOTALL,
    )
    assert marks == [
        ("Code", "lab/one", ""),
        ("Model", "lab/model", "1"),
        ("Dataset", "lab/data", ""),
        ("Space", "lab/space", ""),
        ("Collection", "lab/all", ""),
        ("Project page", "lab.github.io/one", ""),
    ]


def test_a_card_with_other_links_alone_has_no_marks(client):
    load(digest(row(1, github_urls=["https://example.org/lab"])), "a.json")
    assert '<ul class="marks">' not in text(client.get("/"))


@pytest.mark.parametrize(
    ("authors", "read"),
    [
        ("A A, B B, C C, D D", "A A , B B , C C , D D"),
        ("A A, B B, C C, D D, E E", "A A , B B , C C , D D , E E and others"),
        ("A A, B B, C C, D D, E E, F F", "A A , B B , C C , D D , E E , F F"),
    ],
)
def test_a_list_cut_at_five_says_so(client, authors, read):
    load(digest(row(1, authors=authors)), "a.json")
    for address in ("/", "/papers/2502.00001/"):
        assert flat(part(client.get(address), '<p class="authors">', "</p>")) == read


def test_a_handle_is_marked(client):
    load(digest(row(1, authors="lvwerra, Ada Lovelace")), "a.json")
    marked = (
        '<a href="/authors/lvwerra/" class="handle" title="One word, so most likely a handle">'
        "<bdi>lvwerra</bdi></a>"
    )
    plain = '<a href="/authors/ada-lovelace/"><bdi>Ada Lovelace</bdi></a>'
    for address in ("/", "/papers/2502.00001/", "/authors/"):
        assert marked in text(client.get(address))
        assert plain in text(client.get(address))
    assert '<h1 class="handle">' in text(client.get("/authors/lvwerra/"))
    assert "may also be listed under a full name" in text(client.get("/authors/lvwerra/"))
    assert "people with the same name share" in text(client.get("/authors/ada-lovelace/"))


# The paper


def test_a_paper(client):
    load(digest(row(1, classification=CATEGORIES)), "a.json")
    response = client.get("/papers/2502.00001/")
    assert "<title>Paper 1 · Paper Digest</title>" in text(response)
    page = part(response, '<main id="content">', "</main>")
    assert flat(
        re.sub(r'<details id="cite" class="cite">.*?</details>', "", page, flags=re.DOTALL)
    ) == (
        "Paper 1 Ada Lovelace , Alan Turing arXiv abstract PDF HTML arXiv:2502.00001 "
        "Log in to bookmark it and to take notes "
        "Summary First point of 1. Second point. "
        "From the digest of 6 February 2025 "
        "Links Code lab/code-1 GitHub "
        "Categories Text Generation Robotics In the digests 6 February 2025 number 1 of 1 "
        "Something wrong? Log in to tell the curators."
    )
    assert re.findall(r'<a href="(https:[^"]+)"', text(response)) == [
        "https://arxiv.org/abs/2502.00001",
        "https://arxiv.org/pdf/2502.00001",
        "https://arxiv.org/html/2502.00001",
        "https://github.com/lab/code-1",
    ]


def test_a_summary_is_a_list_or_a_paragraph(client):
    load(digest(row(1), row(2, summary="One is said. Two is said.")), "a.json")
    points = part(client.get("/papers/2502.00001/"), "Summary</h2>")
    assert re.findall(r"<li>(.*?)</li>", points) == ["First point of 1.", "Second point."]
    prose = part(client.get("/papers/2502.00002/"), "Summary</h2>", '<p class="quiet">')
    assert flat(prose) == "One is said. Two is said."
    assert '<p dir="auto">' in prose


def test_links_stand_by_kind_under_readable_names(client):
    load(digest(NASTY[0]), "a.json")
    links = part(client.get("/papers/2502.00001/"), '<dl class="links">', "</dl>")
    assert flat(links) == (
        "Code lab/one GitHub Model lab/model Hugging Face lab/other-model Hugging Face "
        "Dataset lab/data Hugging Face Space lab/space Hugging Face "
        "Collection lab/all Hugging Face Project page lab.github.io/one Other lab Hugging Face"
    )


def test_a_paper_that_is_not_on_arxiv_leads_to_its_own_address(client):
    load(digest(row(1, link="https://example.org/paper?x=1&y=2"), row(2, link="")), "a.json")
    with_address, without = Paper.objects.newest()
    read = part(client.get(with_address.get_absolute_url()), '<ul class="read">', "</ul>")
    assert read.split() == [
        "<li><a",
        'href="https://example.org/paper?x=1&amp;y=2">example.org/paper</a></li>',
    ]
    assert '<ul class="read">' not in text(client.get(without.get_absolute_url()))


def test_a_paper_shows_what_another_digest_said_otherwise(client):
    old = row(
        1,
        title="Old <title>",
        summary="Old & prose.",
        authors="Old Author",
        classification=["Robotics"],
        date="2025-02-04",
    )
    load(digest(old), "old.json")
    load(digest(row(1)), "new.json")
    response = client.get("/papers/2502.00001/")
    assert flat(part(response, "In the digests</h2>")) == (
        "6 February 2025 number 1 of 1 "
        "4 February 2025 number 1 of 1 Different in this digest Title Old <title> "
        "Authors Old Author Categories Robotics Summary Old & prose."
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"summary": "- First  point of 1. - Second point."},
        {"summary": "", "authors": "", "classification": []},
        {"summary": None, "authors": None, "classification": None},
    ],
)
def test_silence_and_white_space_are_no_difference(client, said):
    load(digest(row(1, date="2025-02-04", **said)), "old.json")
    load(digest(row(1)), "new.json")
    page = text(client.get("/papers/2502.00001/"))
    assert "Different in this digest" not in page
    assert flat(part(client.get("/papers/2502.00001/"), "In the digests</h2>")) == (
        "6 February 2025 number 1 of 1 4 February 2025 number 1 of 1"
    )


# What pages say to programs, and what people take away


def tags(response, name):
    """The attributes of the elements of the page's head."""
    return [element.attrib for element in strict(response.content).find("head").iter(name)]


def test_a_paper_introduces_itself_to_programs(client):
    load(digest(row(1, title="A </script> & <b>")), "a.json")
    response = client.get("/papers/2502.00001/")
    metas = [
        (tag.get("name") or tag.get("property"), tag["content"])
        for tag in tags(response, "meta")[3:]
    ]
    assert [content for name, content in metas if name == "citation_author"] == [
        "Lovelace, Ada",
        "Turing, Alan",
    ]
    assert {
        ("description", "First point of 1. - Second point."),
        ("citation_title", "A </script> & <b>"),
        ("citation_publication_date", "2025"),
        ("citation_pdf_url", "https://arxiv.org/pdf/2502.00001"),
        ("z.itemType", "preprint"),
        ("og:title", "A </script> & <b>"),
        ("og:url", "http://localhost:8000/papers/2502.00001/"),
    } < set(metas)
    # Zotero takes the first <time> for the day of a paper that has none: this is a digest's.
    assert b"<time" not in response.content
    (data,) = [
        json.loads(script.text)
        for script in strict(response.content).iter("script")
        if script.get("type") == "application/ld+json"
    ]
    assert (data["@type"], data["name"]) == ("ScholarlyArticle", "A </script> & <b>")


def test_a_card_can_be_picked_by_a_reference_manager(client):
    load(digest(row(1)), "a.json")
    for address in ("/", "/papers/", "/authors/ada-lovelace/", "/categories/text-generation/"):
        (span,) = [e for e in strict(client.get(address).content).iter("span") if e.get("title")]
        assert span.get("class") == "Z3988"
        said = parse_qs(span.get("title"))
        assert said["rft.title"] == ["Paper 1"]
        assert said["rft.creator"] == ["Lovelace, Ada", "Turing, Alan"]


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("/", "/"),
        ("/papers/?q=x&order=newest", "/papers/"),
        ("/papers/?page=2", "/papers/?page=2"),
        ("/papers/?page=1", "/papers/"),
        ("/authors/", "/authors/"),
        ("/authors/" + quote("דוד-כהן") + "/", "/authors/" + quote("דוד-כהן") + "/"),
        ("/digests/2025-02-06/", "/digests/2025-02-06/"),
        ("/nowhere/", None),
    ],
)
def test_every_page_has_one_address(client, address, canonical):
    rows = [row(n, authors="דוד כהן") for n in range(1, 27)]
    load(digest(*rows), "a.json")
    found = [tag["href"] for tag in tags(client.get(address), "link") if tag["rel"] == "canonical"]
    assert found == ([f"http://localhost:8000{canonical}"] if canonical else [])


@pytest.mark.parametrize(
    ("address", "feeds"),
    [
        ("/", []),
        ("/papers/", ["/papers.atom"]),
        ("/papers/?q=a+b&page=1&has=", ["/papers.atom?q=a+b"]),
        ("/categories/text-generation/", ["/papers.atom?category=text-generation"]),
        ("/authors/ada-lovelace/", ["/papers.atom?author=ada-lovelace"]),
        ("/papers/2502.00001/", []),
    ],
)
def test_feeds_and_the_search_are_found_by_programs(client, address, feeds):
    load(digest(row(1)), "a.json")
    links = tags(client.get(address), "link")
    found = [tag["href"] for tag in links if tag.get("type") == "application/atom+xml"]
    assert found == ["/digests.atom", *feeds]
    assert [tag["href"] for tag in links if tag["rel"] == "search"] == ["/opensearch.xml"]
    for feed in found:
        assert client.get(feed).status_code == 200


def test_a_paper_can_be_cited(client):
    load(digest(row(1, title="Less & <more>", authors="A A, B B, C C, D D, lvwerra")), "a.json")
    response = client.get("/papers/2502.00001/")
    panel = part(response, '<details id="cite" class="cite">', "</details>")
    texts = [unescape(found) for found in re.findall(r"<pre[^>]*>(.*?)</pre>", panel, re.DOTALL)]
    files = re.findall(r'<a href="([^"]+)">Download', panel)
    assert files == [f"/papers/2502.00001.{suffix}" for suffix in ("bib", "ris", "csl.json", "md")]
    assert texts == [client.get(file).getvalue().decode().strip() for file in files]
    assert re.findall(r'<p class="aside">(.*?)</p>', panel) == [
        "The author list ends after 5 names, where digests cut it: there may be more authors.",
        "Taken for handles, not full names: lvwerra.",
    ]
    assert len(re.findall(r"hidden\s+data-copies=", panel)) == 5


def test_a_paper_is_cited_in_the_style_that_is_asked_for(client):
    load(digest(row(1, title="Less & <more>")), "a.json")

    def shown(address):
        panel = part(client.get(address), '<details id="cite"', "</details>")
        chosen = re.findall(r'aria-current="true">(\w+)<', panel)
        return "open" in panel.partition(">")[0], chosen, part_of(panel, "cite-style-text")

    def part_of(html, name):
        return html.partition(f'id="{name}"')[2].partition(">")[2].partition("</p>")[0]

    doi = "https://doi.org/10.48550/arXiv.2502.00001"
    assert shown("/papers/2502.00001/") == (
        False,
        ["APA"],
        "Lovelace, A., &amp; Turing, A. (2025). <i>Less &amp; &lt;more></i>"
        f" (Preprint arXiv:2502.00001). arXiv. {doi}".replace("more>", "more&gt;"),
    )
    assert shown("/papers/2502.00001/?style=nature") == (
        True,
        ["Nature"],
        f"Lovelace, A. &amp; Turing, A. Less &amp; &lt;more&gt;. Preprint at {doi} (2025).",
    )
    wrong = client.get("/papers/2502.00001/?style=<b>")
    assert "There is no style “&lt;b&gt;”." in text(wrong)
    assert shown("/papers/2502.00001/?style=<b>")[1] == ["APA"]
    assert client.get("/papers/2502.00001/?x=1&style=mla")["Location"].endswith("/?style=mla")


def test_a_paper_that_changed_is_cited_anew(client):
    client.cookies["any"] = "value"
    load(digest(row(1)), "a.json")
    assert "<i>Paper 1</i>" in text(client.get("/papers/2502.00001/"))
    load(digest(row(1, title="Another", date="2025-02-07")), "b.json")
    assert "<i>Another</i>" in text(client.get("/papers/2502.00001/"))


def test_a_digest_and_a_list_can_be_taken_away(client):
    load(digest(row(1)), "a.json")
    found = {}
    for address in ("/", "/categories/text-generation/", "/authors/ada-lovelace/"):
        menu = part(client.get(address), '<details class="files">', "</details>")
        found[address] = [unescape(href) for href in re.findall(r'href="([^"]+)"', menu)]
    suffixes = ("bib", "ris", "csl.json", "md", "atom")
    assert found == {
        "/": [f"/digests/2025-02-06.{suffix}" for suffix in suffixes[:4]],
        "/categories/text-generation/": [f"/papers.{s}?category=text-generation" for s in suffixes],
        "/authors/ada-lovelace/": [f"/papers.{s}?author=ada-lovelace" for s in suffixes],
    }
    for address in (each for some in found.values() for each in some):
        response = client.get(address)
        assert (response.status_code, response.getvalue() != b"") == (200, True)


def test_related_papers_say_why(client):
    words = {"title": "Zebra <crossing> by Okapi", "classification": []}
    load(digest(row(1, **words), row(2, **words), row(3, authors="Grace Hopper")), "a.json")
    near = part(client.get("/papers/2502.00001/"), 'id="related"').partition(">")[2]
    assert flat(near) == (
        "Related papers Zebra <crossing> by Okapi Ada Lovelace and others, 6 Feb 2025: "
        "also by Ada Lovelace and Alan Turing, also about Zebra, crossing and Okapi"
    )
    assert 'id="related"' not in text(client.get("/papers/2502.00003/"))


# HTML


def strict(html):
    """The tree of a page that a strict parser has nothing against."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def walk(client, start="/"):
    """Every page that can be reached, with its tree."""
    waiting, seen = [start], set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address)
        assert response.status_code == 200, address
        tree = strict(response.content)
        yield address, tree
        for link in tree.iter("a"):
            target = urljoin(address, link.get("href")).partition("#")[0]
            path, _, query = target.partition("?")
            if path.startswith("/"):
                assert resolve(unquote(path))
            # Files are no pages, lists that are narrowed by more than one thing have no end, and a
            # paper is the same in each style; accounts and the API have tests of their own.
            is_page = re.match(r"/(?!account/|api/v1/)(.*/)?$", path)
            if is_page and "&" not in query and not query.startswith("style="):
                waiting.append(target)


@pytest.mark.slow
def test_every_page_is_sound(client, nasty):
    found = []
    for address, tree in walk(client):
        found.append(address)
        title = tree.findtext("head/title")
        assert title.endswith(" · Paper Digest"), address
        assert len(title) < 150, address
        assert len(list(tree.iter("h1"))) == 1, address
        search, *others = [form.get("action") for form in tree.iter("form")]
        # A day's own form searches within the day.
        assert (search, {*others} <= {urlsplit(address).path}) == ("/papers/", True), address
        assert [main.get("id") for main in tree.iter("main")] == ["content"], address
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), address
        for link in tree.iter("a"):
            target = link.get("href")
            assert re.match(r"https?://|/|\?|#", target), (address, target)
            assert not target.startswith("#") or target[1:] in ids, (address, target)
        for element in tree.iter():
            assert element.tag not in ("style", "img", "iframe"), address
            if element.tag == "script" and not element.get("src"):
                assert element.get("type") == "application/ld+json", address
            assert not any(name.startswith("on") or name == "style" for name in element.attrib)
    papers = [address for address in found if re.match(r"/papers/[^?]", address)]
    assert len(papers) == len(NASTY)
    assert {"/digests/2025-02-05/", "/digests/2025-02-04/", "/categories/"} < set(found)


@pytest.mark.parametrize(
    "address", ["/", "/digests/", "/papers/", "/papers/?q=x", "/nowhere/", "/papers/?page=9"]
)
def test_an_empty_catalogue_and_what_is_not_there_are_sound(client, address):
    assert len(list(strict(client.get(address).content).iter("h1"))) == 1


def test_text_stays_text(client, nasty):
    page = text(client.get("/digests/2025-02-06/"))
    title = "Say &lt;think&gt; &amp; &quot;quote&quot; it&#x27;s <code>code</code>&lt;/title&gt;"
    assert title in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Ada &quot;A&quot; &lt;b&gt;Lovelace&lt;/b&gt;" in page
    assert "&lt;i&gt;Odd &amp; rare&lt;/i&gt;" in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<code>&lt;think&gt;</code> &amp; <em>more</em>." in page
    assert "javascript:" not in page
    assert "<msup><mtext>Transformer</mtext><mn>2</mn></msup>" in page


def test_the_page_of_an_error_stands_alone():
    html = render_to_string("500.html")
    assert strict(html).findtext("head/title") == "Something went wrong · Paper Digest"
    assert (ROOT / "static/site.css").exists()
    source = (ROOT / "templates/500.html").read_text()
    assert re.findall(r"{%.*?%}|{{.*?}}", source) == ["{{ request_id }}"]


def test_an_error_is_answered_with_that_page(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("digest.pages.digests.Digest", None)
    response = client.get("/")
    assert response.status_code == 500
    assert "The site has an error, and what you asked for may not be done." in text(response)


def test_only_what_markup_made_is_trusted():
    sources = {path: path.read_text() for path in (ROOT / "templates").rglob("*.html")}
    trusted = {
        match
        for source in sources.values()
        for match in re.findall(r"{{ ([^}|]+?)(?:\|[^}]*)?\|trusted", source)
    }
    assert trusted == {
        *("paper.title_html", "paper.points.0", "paper.abstract_sentences.0"),
        *(
            "previous.title_html",
            "next.title_html",
            "near.paper.title_html",
            "each.columns.title_html",
        ),
        *("report.paper.title_html", "one.title_html"),
    }
    points = {
        match for source in sources.values() for match in re.findall(r"{% points (\S+)", source)
    }
    assert points == {
        *("paper.points", "paper.abstract_sentences", "rest"),
        *("each.columns.points", "each.columns.abstract_sentences"),
    }
    rendered = {
        match
        for source in sources.values()
        for match in re.findall(r"{{ ([^}|]+?)(?:\|[^}]*)?\|rendered", source)
    }
    assert rendered == {
        *("note.html", "placed.note", "item.comment_html", "list.description_html"),
    }
    for path, source in sources.items():
        assert not re.search(r"\|safe\b|\|safeseq|autoescape", source), path


def test_the_style_sheet_asks_for_the_font_of_formulas_alone():
    css = (ROOT / "static/site.css").read_text()
    assert re.findall(r"url\([^)]*\)|@import|@font-face", css) == [
        "@font-face",
        'url("math.woff2")',
    ]
