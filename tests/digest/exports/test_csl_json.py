"""CSL-JSON, held against what the CSL 1.0.2 data schema allows."""

import json

import pytest
from hypothesis import given

from digest.exports import Citation, csl_json
from tests.digest.exports.papers import ROWS, paper

TYPES = {"article", "webpage", "document"}  # of the schema's, those in use
TEXTS = {"id", "type", "title", "genre", "publisher", "number", "DOI", "URL", "keyword"} | {
    *("abstract", "note")
}


def assert_valid(item):
    """The schema's rules for the variables in use; it knows no others."""
    assert set(item) <= TEXTS | {"author", "issued"}
    assert {"id", "type", "title"} <= set(item)
    assert item["type"] in TYPES
    assert all(isinstance(item[name], str) and item[name] for name in TEXTS & set(item))
    for name in item.get("author", []):
        assert set(name) in ({"family", "given"}, {"literal"})
        assert all(name.values())
    if "issued" in item:
        assert set(item["issued"]) == {"date-parts"}
        ((year, month),) = item["issued"]["date-parts"]
        assert 1991 <= year < 2100
        assert 1 <= month <= 12


def assert_same(item, paper):
    assert_valid(item)
    cited = Citation.of(paper)
    authors = item.pop("author", [])
    on_arxiv = {
        "issued": {"date-parts": [[cited.year, cited.month]]},
        "genre": "Preprint",
        "publisher": "arXiv",
        "number": cited.number,
        "DOI": cited.doi,
    }
    expected = {
        "id": cited.key,
        "type": "article" if cited.arxiv_id else "webpage" if cited.url else "document",
        "title": cited.title,
        "URL": cited.url,
        "keyword": ", ".join(cited.categories),
        "abstract": cited.abstract,
        "note": " ".join(cited.caveats),
        **(on_arxiv if cited.arxiv_id else {}),
    }
    assert item == {name: value for name, value in expected.items() if value}
    assert [
        " ".join(filter(None, map(name.get, ("given", "family", "literal")))) for name in authors
    ] == [name.text for name in cited.names]
    assert [name.get("literal") for name in authors] == [
        None if name.family else name.text for name in cited.names
    ]


def test_an_item_is_what_zotero_makes_of_a_preprint(about):
    found = paper(authors="Ludwig van Beethoven, lvwerra", title="A <think> & “b”")
    assert "".join(csl_json.write([found], about)) == (
        '[\n{"id": "arXiv:2502.00001", "type": "article", "title": "A <think> & “b”", "author":'
        ' [{"family": "van Beethoven", "given": "Ludwig"}, {"literal": "lvwerra"}], "issued":'
        ' {"date-parts": [[2025, 2]]}, "genre": "Preprint", "publisher": "arXiv", "number":'
        ' "arXiv:2502.00001", "DOI": "10.48550/arXiv.2502.00001", "URL":'
        ' "https://arxiv.org/abs/2502.00001", "keyword": "Text Generation", "abstract":'
        ' "Digest summary:\\n- First point of 1.\\n- Second point.", "note": "Taken for handles,'
        ' not full names: lvwerra."}\n]\n'
    )


def test_a_list_that_was_cut_ends_in_others(about):
    found = paper(authors="A B, C D, E F, G H, I J")
    (item,) = json.loads("".join(csl_json.write([found], about)))
    assert item["author"][-2:] == [{"family": "J", "given": "I"}, {"literal": "others"}]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_any_number_of_papers_is_an_array(about, number):
    found = [paper(n) for n in range(1, number + 1)]
    items = json.loads("".join(csl_json.write(found, about)))
    assert [item["title"] for item in items] == [f"Paper {n}" for n in range(1, number + 1)]


@pytest.mark.django_db
def test_the_archive_reads_back(archive, about):
    items = json.loads("".join(csl_json.write(archive, about)))
    assert len(items) == len(archive) > 200
    for item, found in zip(items, archive, strict=True):
        assert_same(item, found)


@given(ROWS)
def test_whatever_a_row_holds_reads_back(about, row):
    found = paper(**row)
    (item,) = json.loads("".join(csl_json.write([found], about)))
    assert_same(item, found)
