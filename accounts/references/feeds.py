"""XML: feeds (Atom, RSS), OPML, arXiv's answers, XBEL, sitemaps and EndNote's XML.

Others are refused by name, with what to export in their place.
"""

import re

from digest.formats.xml_rows import Element, NotXml, XmlRow, XmlRows
from digest.text.identity import arxiv_id
from digest.text.links import clean_url

from .records import MARKUP, Format, ReferenceCollector, doi_url

_ROOTS = (
    r"feed|rss|opml|(?:rdf:)?RDF|OAI-PMH|(?:mods:)?mods(?:Collection)?|xbel|urlset|sitemapindex"
)
START = rf"<(?:\?xml\s|(?:{_ROOTS}|PubmedArticleSet|xml|b:Sources|TEI)[\s>])"
"""Pattern of how a document begins."""

_ROWS = {
    "feed": "entry",
    "rss": "item",
    "RDF": "item",
    "opml": "outline",
    "OAI-PMH": "record",
    "xbel": "bookmark",
    "urlset": "url",
    "xml": "record",
}
_INSTEAD = "export BibTeX, RIS or CSL-JSON instead"
_REFUSED = {
    "mods": f"MODS is not read: {_INSTEAD}",
    "modsCollection": f"MODS is not read: {_INSTEAD}",
    "PubmedArticleSet": 'PubMed\'s XML is not read: save it in the format "PubMed" (.nbib) instead',
    "Sources": f"Word's sources are not read: {_INSTEAD}",
    "TEI": f"TEI is not read: {_INSTEAD}",
}
_PROLOG = re.compile(r"(?:\s++|<[?!][^<>]*+>)*+")
_ROOT = re.compile(r"<([\w:.-]+)")
_DECLARATION = re.compile(r"\s*<\?xml[^<>]*\?>")
_ZOTERO = "http://www.zotero.org/namespaces/export#"


def read_xml(text: str, start: int, line: int, draft: ReferenceCollector) -> int:
    """Read the document that begins at a position, in a line. Returns where it ends."""
    prolog = _PROLOG.match(text, start)
    root = _ROOT.match(text, prolog.end()) if prolog else None
    if not prolog or not root or root[1].lower() == "html":
        return max(prolog.end() if prolog else 0, start + 1)
    close = text.find(f"</{root[1]}>", start)
    end = close + len(root[1]) + 3 if close >= 0 else len(text)
    name = root[1].rpartition(":")[2]
    draft.format = Format.XML
    head = text[start : start + 5_000]
    if name == "RDF" and _ZOTERO in head:
        draft.problem(line, f"Zotero's RDF is not read: {_INSTEAD}", head)
    elif name not in _ROWS:
        reason = _REFUSED.get(name, f"XML of a kind that is not read, <{name}>: {_INSTEAD}")
        draft.problem(line, reason, head)
    else:
        _rows(_DECLARATION.sub(_lines, text[start:end], count=1), line, draft)
    return end


def _lines(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _rows(text: str, first: int, draft: ReferenceCollector) -> None:
    count = 0

    def add(row: XmlRow) -> None:
        nonlocal count
        count += 1
        if row.root == "opml":
            _outline(row, row.element, first, draft)
        else:
            _add(row.line + first - 1, row.raw, row.element, draft)

    try:
        XmlRows(text, _ROWS, add).parse()
    except NotXml as stop:
        draft.problem(stop.line + first - 1, stop.reason, "")
    else:
        if not count:
            draft.problem(first, "XML without an entry", text)


def _outline(row: XmlRow, outline: Element, first: int, draft: ReferenceCollector) -> None:
    """An outline of OPML and those in it: folders have no address, feeds that of their site."""
    given = {name.lower(): value for name, value in outline.attributes.items()}
    address = next((given[n] for n in ("url", "htmlurl", "xmlurl", "href") if given.get(n)), "")
    title = given.get("title") or given.get("text") or ""
    if address or not outline.children:
        raw = f"{title} {address}"
        draft.add(
            row.line + first - 1, raw, title=title, ids=[address], note=given.get("_note", "")
        )
    for child in outline.children:
        if child.name == "outline":
            _outline(row, child, first, draft)


def _add(line: int, raw: str, row: Element, draft: ReferenceCollector) -> None:
    """An entry of a feed, a record, or a bookmark: its title, and all in it that names a paper."""
    titles: list[str] = []
    links: list[str] = []
    dois: list[str] = []
    others: list[str] = []
    if "/api/errors" in row.get("id"):
        draft.problem(line, f"the service answers: {row.get('summary')}", raw)
        return
    if href := row.attributes.get("href"):
        links.append(href)
    for element in _descendants(row):
        name, text = element.name.lower(), _text(element)
        href = element.attributes.get("href", "")
        if name == "title" and text:
            titles.append(text)
        elif name == "link" and (href or text):
            is_own = element.attributes.get("rel", "alternate") == "alternate"
            (links if is_own else others).append(href or text)
        elif name in ("doi", "electronic-resource-num"):
            dois += map(doi_url, text.split())
        elif name in ("id", "identifier", "guid", "loc", "url", "style", "accession-num"):
            named = text.removeprefix("oai:arXiv.org:")
            if arxiv_id(named) or clean_url(named) or doi_url(named):
                others.append(doi_url(named) or named)
    draft.add(
        line,
        raw,
        title=MARKUP.sub("", titles[0]) if titles else "",
        ids=[*links, *others, *dois],
        texts=[
            _text(one) for one in _descendants(row) if one.name in ("secondary-title", "source")
        ],
    )


def _descendants(element: Element) -> list[Element]:
    """The elements in an element, those of its authors and of another paper left out."""
    found = []
    for child in element.children:
        if child.name.lower() not in ("author", "authors", "contributors", "source", "about"):
            found += [child, *_descendants(child)]
    return found


def _text(element: Element) -> str:
    return element.text or " ".join(filter(None, map(_text, element.children)))
