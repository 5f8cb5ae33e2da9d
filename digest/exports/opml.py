"""OPML 2.0, with which a feed reader subscribes to many feeds at once."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .atom import xml


class Feed(NamedTuple):
    """A feed: its title, and the full addresses of its page and of itself."""

    title: str
    url: str
    feed_url: str


def write(title: str, feeds: Iterable[Feed]) -> Iterator[str]:
    """A list of feeds."""
    yield (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<opml version="2.0">\n<head><title>{xml(title)}</title></head>\n<body>\n'
    )
    for feed in feeds:
        # Readers know `rss` as the type of every feed, Atom's too.
        yield (
            f'<outline type="rss" text="{xml(feed.title)}" title="{xml(feed.title)}"'
            f' xmlUrl="{xml(feed.feed_url)}" htmlUrl="{xml(feed.url)}"/>\n'
        )
    yield "</body>\n</opml>\n"
