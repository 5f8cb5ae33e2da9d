"""Atom, read back with a feed reader's parser and with a parser of XML."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import feedparser
import html5lib
import pytest
from django.utils import timezone
from hypothesis import given

from digest.exports import About, Citation, Feed, atom, opml
from tests.digest.exports.papers import ROWS, TITLES, paper

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "https://digest.example.org"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
HTML = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)


def written(papers, about):
    """The feed's text, which is valid as far as a parser of feeds and RFC 4287 can tell."""
    text = "".join(atom.write(papers, about))
    feed = feedparser.parse(
        text.encode(), response_headers={"content-type": "application/atom+xml"}
    )
    assert (feed.bozo, feed.version, len(feed.entries)) == (False, "atom10", len(papers))
    root = ET.fromstring(text)
    for element in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1
        assert re.fullmatch(r"tag:[\w.]+,2025:[!-~]+", element.findtext(f"{ATOM}id"))
        assert MOMENT.fullmatch(element.findtext(f"{ATOM}updated"))
    return text, feed


def entries(papers, about):
    text, feed = written(papers, about)
    return zip(ET.fromstring(text).findall(f"{ATOM}entry"), feed.entries, papers, strict=True)


def assert_same(element, entry, paper):
    cited = Citation.of(paper)
    page = SITE + paper.get_absolute_url()
    links = [(link.destination, link.url) for link in cited.links]
    related = ([(cited.number or "The paper", cited.url)] if cited.url else []) + [
        (f"{to.kind}: {to.label}", url) for to, url in links
    ]
    assert unescape(element.findtext(f"{ATOM}title")) == cited.title
    assert entry.id == element.findtext(f"{ATOM}id")
    assert entry.link == page
    assert entry.published == f"{cited.date}T00:00:00Z"
    assert entry.updated == f"{paper.changed_at:%Y-%m-%dT%H:%M:%SZ}"
    assert [author.findtext(f"{ATOM}name") for author in element.findall(f"{ATOM}author")] == [
        name.text for name in cited.names
    ]
    assert [
        (link.get("rel"), link.get("title"), link.get("href"))
        for link in element.findall(f"{ATOM}link")
    ] == [("alternate", None, page), *(("related", *link) for link in related)]
    assert [tag.label for tag in entry.get("tags", [])] == list(cited.categories)
    content = element.findtext(f"{ATOM}content")
    HTML.parseFragment(content)
    summary = f"<ul>{''.join(f'<li>{point}</li>' for point in paper.points)}</ul>"
    if not paper.is_list:
        summary = f"<p>{' '.join(paper.points)}</p>"
    assert (summary in content) is bool(paper.points)


def test_a_feed(about):
    found = paper(
        authors="Ada Lovelace, lvwerra, A B, C D, E F",
        title="A <think> & $O(n)$",
        summary="- One & two.\n- Three.",
    )
    found.changed_at = datetime(2025, 3, 1, 12, 30, 15, 99, tzinfo=UTC)
    text, _ = written([found], about)
    assert (
        text
        == f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title>Papers</title>
<id>tag:digest.example.org,2025:/papers.atom?q=a&amp;b=c</id>
<updated>2025-03-01T12:30:15Z</updated>
<author><name>Paper Digest</name></author>
<link rel="self" type="application/atom+xml" href="{SITE}/papers.atom?q=a&amp;b=c"/>
<link rel="alternate" type="text/html" href="{SITE}/papers/?q=a&amp;b=c"/>
<entry>
<title type="html">A &amp;lt;think&amp;gt; &amp;amp; $O(n)$</title>
<id>tag:digest.example.org,2025:/papers/2502.00001</id>
<published>2025-02-06T00:00:00Z</published>
<updated>2025-03-01T12:30:15Z</updated>
<link rel="alternate" type="text/html" href="{SITE}/papers/2502.00001/"/>
<author><name>Ada Lovelace</name></author>
<author><name>lvwerra</name></author>
<author><name>A B</name></author>
<author><name>C D</name></author>
<author><name>E F</name></author>
<author><name>others</name></author>
<link rel="related" title="arXiv:2502.00001" href="https://arxiv.org/abs/2502.00001"/>
<link rel="related" title="code: lab/code-1" href="https://github.com/lab/code-1"/>
<category term="text-generation" label="Text Generation" scheme="{SITE}/categories/"/>
<content type="html">&lt;p&gt;Ada Lovelace, lvwerra, A B, C D, E F and others&lt;/p&gt;&lt;ul&gt;\
&lt;li&gt;One &amp;amp; two.&lt;/li&gt;&lt;li&gt;Three.&lt;/li&gt;&lt;/ul&gt;&lt;p&gt;\
&lt;a href=&quot;https://arxiv.org/abs/2502.00001&quot;&gt;arXiv:2502.00001&lt;/a&gt; · \
&lt;a href=&quot;https://github.com/lab/code-1&quot;&gt;code: lab/code-1&lt;/a&gt;&lt;/p&gt;\
</content>
</entry>
</feed>
"""
    )


def test_a_feed_is_as_new_as_its_newest_change(about):
    found = [paper(n) for n in range(1, 4)]
    for one, day in zip(found, (3, 9, 6), strict=True):
        one.pk, one.changed_at = day, datetime(2025, 3, day, tzinfo=UTC)
    assert written(found, about)[1].feed.updated == "2025-03-09T00:00:00Z"
    # A paper that came later, and one that is there no longer.
    came = replace(about, added={6: datetime(2025, 3, 12, tzinfo=UTC)})
    feed = written(found, came)[1]
    assert [feed.feed.updated, *(entry.updated for entry in feed.entries)] == [
        f"2025-03-{day:02}T00:00:00Z" for day in (12, 3, 9, 12)
    ]
    left = replace(about, updated=datetime(2025, 3, 20, tzinfo=UTC))
    assert written(found, left)[1].feed.updated == "2025-03-20T00:00:00Z"
    assert written([], left)[1].feed.updated == "2025-03-20T00:00:00Z"


def test_no_time_is_in_the_future(about):
    found = paper(date="2199-12-31")
    found.changed_at = datetime(2199, 1, 1, tzinfo=UTC)
    before = timezone.now().replace(microsecond=0)
    text, _ = written([found], replace(about, updated=found.changed_at))
    moments = re.findall("<(?:updated|published)>(.*?)<", text)
    assert len(moments) == 3
    for moment in moments:
        assert before <= datetime.fromisoformat(moment) <= timezone.now()


def test_ids_are_unique_and_know_no_title(about):
    links = ["https://arxiv.org/abs/hep-th/9901001", "https://x.org/é?b=1", "https://x.org/é?b=2"]
    for title in ("One", "Two"):
        _, feed = written([paper(link=link, title=title) for link in links], about)
        assert [entry.id for entry in feed.entries] == [
            "tag:digest.example.org,2025:/papers/hep-th/9901001",
            "tag:digest.example.org,2025:/papers/x-org-%C3%A9-189a9c720e",
            "tag:digest.example.org,2025:/papers/x-org-%C3%A9-c930ffb6c2",
        ]


@pytest.mark.django_db
@pytest.mark.slow
def test_the_archive_reads_back(archive, about):
    ids = set()
    for element, entry, found in entries(archive, about):
        assert_same(element, entry, found)
        ids.add(entry.id)
    assert len(ids) == len(archive)


@given(ROWS, TITLES)
def test_whatever_a_row_or_a_query_holds_reads_back(about, row, title):
    found = paper(**row)
    about = About(title, about.url, about.feed_url, about.base_url)
    ((element, entry, _),) = entries([found], about)
    assert_same(element, entry, found)


@given(TITLES)
def test_an_outline_of_feeds(title):
    feeds = [Feed(title, f"{SITE}/?a=1&b=2", f"{SITE}/a.atom"), Feed("B", SITE, f"{SITE}/b.atom")]
    root = ET.fromstring("".join(opml.write(title, feeds)))
    assert (root.tag, root.get("version"), [part.tag for part in root]) == (
        *("opml", "2.0", ["head", "body"]),
    )
    readable = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", title)
    assert root.findtext("head/title").split() == readable.split()
    first, second = root.findall("body/outline")
    assert first.get("text").split() == readable.split()
    assert second.attrib == {
        "type": "rss",
        "text": "B",
        "title": "B",
        "xmlUrl": f"{SITE}/b.atom",
        "htmlUrl": SITE,
    }
