"""What a paper's page says of it to reference managers, search engines and other sites."""

import json
from typing import Any
from urllib.parse import quote_plus, urlencode

from .atom import SITE
from .citation import OTHERS, Citation, Name

Pairs = list[tuple[str, str]]


def highwire(paper: Citation) -> Pairs:
    """Names and contents of <meta> tags, for Google Scholar and Zotero.

    Of the day on which the paper appeared only year and month are known; Scholar takes a whole
    date or a year. Zotero takes the number of a report for the id in the archive of a preprint, and
    the public address, or else that of this page, for its own.
    """
    pairs = [
        ("citation_title", paper.title),
        *(("citation_author", name) for name in _authors(paper)),
        ("citation_publication_date", str(paper.year or "")),
        ("citation_date", f"{paper.year}/{paper.month:02}" if paper.arxiv_id else ""),
        ("citation_arxiv_id", paper.arxiv_id or ""),
        ("citation_doi", paper.doi),
        ("citation_technical_report_number", paper.number),
        ("citation_publisher", "arXiv" if paper.arxiv_id else ""),
        ("citation_pdf_url", paper.pdf_url),
        ("citation_public_url", paper.url),
        ("citation_abstract_html_url", paper.url),
        ("citation_abstract", paper.abstract),
        *(("citation_keywords", subject) for subject in paper.subjects),
        ("z.itemType", item_type(paper)),
    ]
    return [(name, content) for name, content in pairs if content]


def item_type(paper: Citation) -> str:
    """The name of Zotero's type, which takes a page of Highwire's tags without one for an article
    in a journal."""
    return "preprint" if paper.arxiv_id else "webpage" if paper.url else "document"


def _authors(paper: Citation) -> list[str]:
    names = [name.inverted for name in paper.names]
    if len(names) == 1 and len(paper.names[0].family.split()) > 1:
        # Zotero takes the parts of "Van den Broeck, Guy B." for two authors, where it is alone and
        # no semicolon, which stands between authors, ends it.
        return [f"{names[0]};"]
    return names


_COINS = urlencode({"ctx_ver": "Z39.88-2004", "rft_val_fmt": "info:ofi/fmt:kev:mtx:dc"})


def coins(paper: Citation) -> str:
    """The title of a <span class="Z3988">, with which a connector picks a paper from a list.

    In Dublin Core, as Zotero writes its own preprints: of the formats made for OpenURL none knows
    them, and it takes the nearest for an article in a journal. Without the summary, so that a list
    stays light.
    """
    pairs = [
        ("rft.type", item_type(paper)),
        ("rft.title", paper.title),
        *(("rft.creator", name.inverted) for name in paper.names),
        ("rft.date", f"{paper.year}-{paper.month:02}" if paper.arxiv_id else ""),
        ("rft.publisher", "arXiv" if paper.arxiv_id else ""),
        *(("rft.subject", category) for category in paper.categories),
        ("rft.identifier", paper.url),
        ("rft_id", f"info:doi/{paper.doi}" if paper.doi else ""),
        ("rft_id", f"info:arxiv/{paper.arxiv_id}" if paper.arxiv_id else ""),
    ]
    # A list has hundreds of them, so only the values are encoded: no key has to be.
    return _COINS + "".join([f"&{key}={quote_plus(value)}" for key, value in pairs if value])


def json_ld(paper: Citation, page: str) -> dict[str, Any]:
    """The paper as a schema.org ScholarlyArticle. page: the full address of the paper's page."""
    properties: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": page,
        "url": page,
        "name": paper.title,
        "headline": paper.title,
        "author": [_author(name) for name in paper.names],
        "creditText": _credit(paper) if paper.cut else "",
        "datePublished": f"{paper.year}-{paper.month:02}" if paper.arxiv_id else "",
        "description": paper.summary,
        "abstract": paper.own_abstract,
        "keywords": list(paper.subjects),
        "identifier": [
            {"@type": "PropertyValue", "propertyID": scheme, "value": value}
            for scheme, value in (("arXiv", paper.arxiv_id), ("DOI", paper.doi))
            if value
        ],
        "sameAs": [url for url in (paper.url, paper.doi and f"https://doi.org/{paper.doi}") if url],
        "publisher": {"@type": "Organization", "name": "arXiv"} if paper.arxiv_id else None,
        "encoding": {
            "@type": "MediaObject",
            "encodingFormat": "application/pdf",
            "contentUrl": paper.pdf_url,
        }
        if paper.pdf_url
        else None,
    }
    return {name: value for name, value in properties.items() if value}


def _author(name: Name) -> dict[str, str]:
    if name is OTHERS:
        return {"@type": "Person", "name": name.text}
    if name.is_handle:
        return {"@type": "Person", "alternateName": name.text}
    parts = {"givenName": name.given, "familyName": name.family} if name.family else {}
    return {"@type": "Organization" if name.is_team else "Person", "name": name.text, **parts}


def _credit(paper: Citation) -> str:
    """How the authors of a list that was cut are to be named."""
    return ", ".join(name.text for name in paper.authors) + (" et al." if paper.authors else "")


_UNSAFE_IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def script_json(data: Any) -> str:
    """The data as JSON that is safe to stand in a <script>, as it is."""
    return json.dumps(data, ensure_ascii=False).translate(_UNSAFE_IN_SCRIPT)


DESCRIPTION = 300
"""Characters of a description, at most."""


def open_graph(paper: Citation, page: str, title: str) -> Pairs:
    """Properties and contents of <meta> tags, for a preview of the page where it is shared. title:
    with its formulas as text."""
    text = " ".join((paper.summary or paper.own_abstract).removeprefix("- ").split())
    if len(text) > DESCRIPTION:
        text = text[: DESCRIPTION - 1].rpartition(" ")[0] + "…"
    pairs = [
        ("og:type", "article"),
        ("og:site_name", SITE),
        ("og:title", title),
        ("og:description", text),
        ("og:url", page),
        *(("article:tag", category) for category in paper.categories),
    ]
    return [(name, content) for name, content in pairs if content]
