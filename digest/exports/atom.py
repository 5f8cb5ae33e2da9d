"""Atom 1.0 feeds."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from html import escape
from urllib.parse import quote, urlsplit

from django.utils import timezone

from digest.models import Paper

from .citation import About, Citation

SITE = "Paper Digest"


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """A feed of the papers, in their order; it reads them all first, so give it a page of them.

    Ids are tag URIs of the site's host, and change with nothing else. A paper is updated when what
    is shown of it changed, or when it came to the page, if that was later, and published on the day
    of its first digest, if that has come. The feed is updated with the newest of these, or when a
    paper left the page. No time is in the future. A paper's content is what a card shows. Older
    papers are in documents that `next` leads to (RFC 5005); all have the id of the first one.
    """
    papers = list(papers)
    now = timezone.now()
    updated = [min(_updated(paper, about), now) for paper in papers]
    newest = max([*updated, *([about.updated] if about.updated else [])], default=now)
    parts = urlsplit(about.first or about.feed_url)
    yield (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f"<title>{xml(about.title)}</title>\n"
        f"<id>{_id(about, parts.path + (f'?{parts.query}' if parts.query else ''))}</id>\n"
        f"<updated>{_time(min(newest, now))}</updated>\n"
        f"<author><name>{SITE}</name></author>\n"
        f'<link rel="self" type="application/atom+xml" href="{xml(about.feed_url)}"/>\n'
        f'<link rel="alternate" type="text/html" href="{xml(about.url)}"/>\n'
    )
    for rel, address in (("first", about.first), ("next", about.next)):
        if address:
            yield f'<link rel="{rel}" type="application/atom+xml" href="{xml(address)}"/>\n'
    for paper, moment in zip(papers, updated, strict=True):
        yield _entry(paper, about, moment)
    yield "</feed>\n"


def _updated(paper: Paper, about: About) -> datetime:
    return max(paper.changed_at, about.added.get(paper.pk, paper.changed_at))


def _entry(paper: Paper, about: About, updated: datetime) -> str:
    cited = Citation.of(paper)
    page = about.base_url + paper.get_absolute_url()
    published = min(_moment(paper.date), updated)
    # As HTML, for many readers take a title for that whatever its type says.
    lines = [
        f'<title type="html">{xml(escape(cited.title))}</title>',
        f"<id>{_id(about, '/papers/' + quote(paper.slug))}</id>",
        f"<published>{_time(published)}</published>",
        f"<updated>{_time(updated)}</updated>",
        f'<link rel="alternate" type="text/html" href="{xml(page)}"/>',
        *(f"<author><name>{xml(name.text)}</name></author>" for name in cited.names),
        *(f'<link rel="related" title="{xml(to)}" href="{xml(url)}"/>' for to, url in _to(cited)),
        *(
            f'<category term="{xml(category.slug)}" label="{xml(category.name)}"'
            f' scheme="{xml(about.base_url)}/categories/"/>'
            for category in (placed.category for placed in paper.classifications.all())
            if not paper.categories_suggested
        ),
        f'<content type="html">{xml(_html(paper, cited))}</content>',
    ]
    return "<entry>\n" + "\n".join(lines) + "\n</entry>\n"


def _html(paper: Paper, cited: Citation) -> str:
    """The card of a paper: its authors, its whole summary, its links."""
    names = ", ".join(name.text for name in cited.authors) + (" and others" if cited.cut else "")
    points = "".join(f"<li>{point}</li>" for point in paper.points)
    summary = f"<ul>{points}</ul>" if paper.is_list else f"<p>{' '.join(paper.points)}</p>"
    abstract = " ".join(paper.abstract_sentences)
    links = " · ".join(f'<a href="{escape(url)}">{escape(to)}</a>' for to, url in _to(cited))
    return (
        (f"<p>{escape(names)}</p>" if names else "")
        + (summary if paper.points else "")
        + (f"<p>Abstract: {abstract}</p>" if abstract and not paper.points else "")
        + (f"<p>{links}</p>" if links else "")
    )


def _to(cited: Citation) -> list[tuple[str, str]]:
    """Where a paper leads, each with what to call it: the paper itself, then its links."""
    own = [(cited.number or "The paper", cited.url)] if cited.url else []
    destinations = [(link.destination, link.url) for link in cited.links]
    return own + [(f"{to.kind}: {to.label}", url) for to, url in destinations]


def _id(about: About, path: str) -> str:
    return xml(f"tag:{urlsplit(about.base_url).hostname},2025:{path}")


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml(text: str) -> str:
    """The text for an element or attribute, without what XML 1.0 cannot hold."""
    return escape(_NO_XML.sub("", text))
