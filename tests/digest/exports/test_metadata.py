"""What a page says of its paper to programs."""

import json
import re
from urllib.parse import parse_qsl

import html5lib
import pytest
from hypothesis import given

from digest.exports import Citation
from digest.exports.metadata import coins, highwire, json_ld, open_graph, script_json
from tests.digest.exports.papers import ROWS, paper

PAGE = "https://digest.example.org/papers/2502.00001/"
BARE = {"link": "", "authors": "", "summary": "", "classification": [], "github_urls": []}


def cited(**fields):
    return Citation.of(paper(**fields))


def test_highwire_tags():
    assert highwire(cited(authors="Ada Lovelace, lvwerra", classification=["A", "B"])) == [
        ("citation_title", "Paper 1"),
        ("citation_author", "Lovelace, Ada"),
        ("citation_author", "lvwerra"),
        ("citation_publication_date", "2025"),
        ("citation_date", "2025/02"),
        ("citation_arxiv_id", "2502.00001"),
        ("citation_doi", "10.48550/arXiv.2502.00001"),
        ("citation_technical_report_number", "arXiv:2502.00001"),
        ("citation_publisher", "arXiv"),
        ("citation_pdf_url", "https://arxiv.org/pdf/2502.00001"),
        ("citation_public_url", "https://arxiv.org/abs/2502.00001"),
        ("citation_abstract_html_url", "https://arxiv.org/abs/2502.00001"),
        ("citation_abstract", "Digest summary:\n- First point of 1.\n- Second point."),
        ("citation_keywords", "A"),
        ("citation_keywords", "B"),
        ("z.itemType", "preprint"),
    ]
    assert highwire(cited(**BARE)) == [("citation_title", "Paper 1"), ("z.itemType", "document")]
    assert highwire(cited(**{**BARE, "link": "https://x.org/a"})) == [
        ("citation_title", "Paper 1"),
        ("citation_public_url", "https://x.org/a"),
        ("citation_abstract_html_url", "https://x.org/a"),
        ("z.itemType", "webpage"),
    ]


def test_coins():
    assert parse_qsl(coins(cited(authors="Ada Lovelace, A & B", title="50% of a=b"))) == [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:dc"),
        ("rft.type", "preprint"),
        ("rft.title", "50% of a=b"),
        ("rft.creator", "Lovelace, Ada"),
        ("rft.creator", "A & B,"),
        ("rft.date", "2025-02"),
        ("rft.publisher", "arXiv"),
        ("rft.subject", "Text Generation"),
        ("rft.identifier", "https://arxiv.org/abs/2502.00001"),
        ("rft_id", "info:doi/10.48550/arXiv.2502.00001"),
        ("rft_id", "info:arxiv/2502.00001"),
    ]
    assert parse_qsl(coins(cited(**BARE)))[2:] == [
        ("rft.type", "document"),
        ("rft.title", "Paper 1"),
    ]


def test_json_ld():
    assert json_ld(cited(authors="Ada Lovelace, lvwerra, Qwen Team"), PAGE) == {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": PAGE,
        "url": PAGE,
        "name": "Paper 1",
        "headline": "Paper 1",
        "author": [
            {
                "@type": "Person",
                "name": "Ada Lovelace",
                "givenName": "Ada",
                "familyName": "Lovelace",
            },
            {"@type": "Person", "alternateName": "lvwerra"},
            {"@type": "Organization", "name": "Qwen Team"},
        ],
        "datePublished": "2025-02",
        "description": "- First point of 1.\n- Second point.",
        "keywords": ["Text Generation"],
        "identifier": [
            {"@type": "PropertyValue", "propertyID": "arXiv", "value": "2502.00001"},
            {"@type": "PropertyValue", "propertyID": "DOI", "value": "10.48550/arXiv.2502.00001"},
        ],
        "sameAs": [
            "https://arxiv.org/abs/2502.00001",
            "https://doi.org/10.48550/arXiv.2502.00001",
        ],
        "publisher": {"@type": "Organization", "name": "arXiv"},
        "encoding": {
            "@type": "MediaObject",
            "encodingFormat": "application/pdf",
            "contentUrl": "https://arxiv.org/pdf/2502.00001",
        },
    }
    assert json_ld(cited(**BARE), PAGE) == {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": PAGE,
        "url": PAGE,
        "name": "Paper 1",
        "headline": "Paper 1",
    }


@pytest.mark.parametrize(
    ("authors", "written"),
    [
        ("Guy Van den Broeck, Ada Lovelace", ["Van den Broeck, Guy", "Lovelace, Ada"]),
        ("Guy B. Van den Broeck", ["Van den Broeck, Guy B.;"]),
        ("Qwen Team, lvwerra", ["Qwen Team,", "lvwerra"]),
    ],
)
def test_names_are_read_alike(authors, written):
    pairs = highwire(cited(authors=authors))
    assert [content for name, content in pairs if name == "citation_author"] == written


def test_a_list_that_was_cut_says_so():
    found = cited(authors="Ada Lovelace, lvwerra, C D, E F, G H")
    for name, pairs in [
        ("citation_author", highwire(found)),
        ("rft.creator", parse_qsl(coins(found))),
    ]:
        assert [content for key, content in pairs if key == name][-2:] == ["H, G", "others"]
    data = json_ld(found, PAGE)
    assert data["author"][-1] == {"@type": "Person", "name": "others"}
    assert data["creditText"] == "Ada Lovelace, lvwerra, C D, E F, G H et al."


@given(ROWS)
def test_json_stands_in_a_script_as_it_is(row):
    data = json_ld(Citation.of(paper(**row)), PAGE)
    written = script_json(data)
    assert not re.search("[<>&\u2028\u2029]", written)
    page = html5lib.parse(
        f'<!doctype html><script type="application/ld+json">{written}</script><p>after</p>',
        namespaceHTMLElements=False,
    )
    assert json.loads(page.find(".//script").text) == data
    assert page.find(".//p").text == "after"


def test_open_graph():
    found = cited(summary="- " + "Word " * 80, classification=["A", "B"])
    assert open_graph(found, PAGE, found.title) == [
        ("og:type", "article"),
        ("og:site_name", "Paper Digest"),
        ("og:title", "Paper 1"),
        ("og:description", "Word " * 58 + "Word…"),
        ("og:url", PAGE),
        ("article:tag", "A"),
        ("article:tag", "B"),
    ]
    assert (
        dict(open_graph(cited(summary="One.\n\nTwo."), PAGE, "T"))["og:description"] == "One. Two."
    )
    assert "og:description" not in dict(open_graph(cited(**BARE), PAGE, "T"))


@pytest.mark.django_db
def test_the_archive_says_only_what_is_known(archive):
    for found in map(Citation.of, archive):
        pairs = [*highwire(found), *open_graph(found, PAGE, found.title), *parse_qsl(coins(found))]
        assert all(content and "None" not in content[:5] for _, content in pairs)
        authors = [content for name, content in pairs if name == "citation_author"]
        assert len(authors) == len(found.names)
        assert [name.inverted for name in found.names] == [
            content for name, content in pairs if name == "rft.creator"
        ]
        assert json.loads(script_json(json_ld(found, PAGE))) == json_ld(found, PAGE)
