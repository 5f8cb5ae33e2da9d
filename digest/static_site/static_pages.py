"""A page of the site as a file: without what needs the server, and with links to other files."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings
from lxml import etree, html

from .addresses import INDEX, SEARCH, Links
from .search_index import PAPER

NEEDS_SERVER = "data-server"
"""Templates mark with this attribute what makes sense on a live site alone."""
POLICY = (
    "default-src 'none'; script-src 'self'{}; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'"
)
_ADDRESSES = {"a": "href", "link": "href", "script": "src", "form": "action"}
_OF_SCRIPTS = ("hx-", "data-suggestions", "data-offline", "data-faults", "aria-keyshortcuts")
"""Attributes that nothing in a mirror reads, or the beginnings of their names."""
_PARSER = html.HTMLParser(encoding="utf-8")


class StaticPages:
    """Makes files of pages.

    links: where links lead. url: the full address of the mirror, or "". colophon: HTML at the foot
    of each page. static: the names of the static files that the pages use.
    """

    def __init__(self, links: Links, url: str, colophon: str) -> None:
        self._links, self._url = links, url
        self._colophon = html.fragment_fromstring(colophon)
        self.static: set[str] = set()

    def made_static(
        self, page: bytes, address: str, file: str, facts: Iterable[dict[str, str]] = ()
    ) -> bytes:
        """The content of a file.

        page: as the site answers at an address. file: its path in the mirror. facts: the attributes
        of further <meta> elements.
        """
        root = html.document_fromstring(page, parser=_PARSER)
        for element in root.xpath(f"//*[@{NEEDS_SERVER}]"):
            element.drop_tree()
        for footer in root.iter("footer"):
            footer.append(deepcopy(self._colophon))
        head = root.find("head")
        policy = POLICY.format(" 'wasm-unsafe-eval'" if file == SEARCH else "")
        head.insert(1, html.Element("meta", {"http-equiv": "Content-Security-Policy"}))
        head[1].set("content", policy)
        for attributes in facts:
            head.append(html.Element("meta", attributes))
        for paper in root.find_class(PAPER):
            paper.set("data-pagefind-body", "")
        self._set_own_address(head, file)
        # A host shows 404.html at any address, where a relative one would lead anywhere.
        above = f"{self._url}/" if file == "404.html" else "../" * file.count("/")
        for element in [*root.iter(*_ADDRESSES)]:
            self._link(element, _ADDRESSES[element.tag], address, above)
        for menu in root.xpath("//details[@class='files'][not(.//a[@href])]"):
            menu.drop_tree()
        for element in root.iter(etree.Element):
            for name in list(element.attrib):
                if name.startswith(_OF_SCRIPTS):
                    del element.attrib[name]
        text: bytes = html.tostring(root, encoding="utf-8", doctype="<!DOCTYPE html>")
        return text

    def _set_own_address(self, head: Any, file: str) -> None:
        """Have the head of a page name its address in the mirror, and no picture that the mirror
        has not."""
        own = f"{self._url}/{quote(file.removesuffix(INDEX))}"
        for element in head.xpath("link[@rel='canonical'] | meta[@property='og:url']"):
            if self._url:
                element.set("href" if element.tag == "link" else "content", own)
            else:
                element.drop_tree()
        for picture in head.xpath("meta[@property='og:image']"):
            path = picture.get("content").removeprefix(self._url)
            if not (self._url and self._links.target(path)):
                shown = "starts-with(@property, 'og:image') or @name = 'twitter:card'"
                for element in head.xpath(f"meta[{shown}]"):
                    element.drop_tree()

    def _link(self, element: Any, attribute: str, address: str, above: str) -> None:
        """Have an element lead to a file of the mirror; one that cannot becomes text, or is left
        out if it has none."""
        given = element.get(attribute)
        if given is None or given.startswith("#"):
            return
        parts = urlsplit(urljoin(address, given))
        if parts.scheme or parts.netloc:
            return
        if parts.path.startswith(settings.STATIC_URL):
            name = parts.path.removeprefix(settings.STATIC_URL)
            self.static.add(name)
            element.set(attribute, f"{above}{settings.STATIC_URL[1:]}{name}")
            return
        target = self._links.target(parts.path + (f"?{parts.query}" if parts.query else ""))
        if target is not None:
            file, _, query = target.partition("?")
            query = f"?{query}" if query else ""
            fragment = f"#{parts.fragment}" if parts.fragment else ""
            element.set(attribute, f"{above}{quote(file)}{query}{fragment}")
        elif element.tag != "a" or element.getparent().get("class") == "feed":
            (element.getparent() if element.tag == "a" else element).drop_tree()
        else:
            is_drawn = next(element.iterancestors("svg"), None) is not None
            element.tag = "g" if is_drawn else "span"
            for name in ("href", "rel"):
                element.attrib.pop(name, None)
