"""The formats together: what they share, and that they agree."""

import csv
import io
import json
import re

import bibtexparser
import feedparser
import pytest
import rispy
from django.urls import is_valid_path

from digest.api.papers import PapersViewSet
from digest.exports import API_FILES, CITATIONS, FILES, WRITERS, Citation
from digest.exports.table import cell
from tests.digest.exports.papers import paper


def test_every_format_has_a_name_and_a_type():
    assert {suffix: (w.label, w.content_type) for suffix, w in WRITERS.items()} == {
        "bib": ("BibTeX", "application/x-bibtex; charset=utf-8"),
        "ris": ("RIS", "application/x-research-info-systems; charset=utf-8"),
        "csl.json": ("CSL-JSON", "application/vnd.citationstyles.csl+json"),
        "md": ("Markdown", "text/markdown; charset=utf-8"),
        "csv": ("CSV", "text/csv; charset=utf-8"),
        "atom": ("Atom", "application/atom+xml; charset=utf-8"),
        "rdf": ("Zotero RDF", "application/rdf+xml; charset=utf-8"),
    }
    assert all(writer.suffix == suffix for suffix, writer in WRITERS.items())


def test_where_each_format_is_offered():
    offered = {
        "the page of a paper": [writer.suffix for writer in CITATIONS],
        "pages": [writer.suffix for writer in FILES],
        "api": [writer.suffix for writer in API_FILES],
    }
    cited = ["bib", "ris", "csl.json", "md"]
    assert offered == {"the page of a paper": cited, "pages": cited, "api": [*cited, "csv"]}
    for suffix in [*cited, "csv", "atom", "rdf"]:
        address = f"/papers.{suffix}"
        assert bool(is_valid_path(address)) == (suffix not in ("csv", "rdf")), suffix
    assert {*offered["api"], "json"} == {one.format for one in PapersViewSet.renderer_classes}


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("2502.02737", "2502.02737.bib"),
        ("hep-th/9901001", "hep-th-9901001.bib"),
        ("2025-02-06", "2025-02-06.bib"),
        ('Search: "a" OR\r\n../b; é', "Search-a-OR-b-é.bib"),
        ("深層学習", "深層学習.bib"),
        ("हिन्दी में", "हिन्दी-में.bib"),
        ("..", "papers.bib"),
        ("𠀀" * 80, "𠀀" * 50 + ".bib"),
    ],
)
def test_a_file_has_a_plain_name(stem, name):
    assert WRITERS["bib"].file_name(stem) == name


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "\xa0=1+1"),
        (" \t@SUM(1)", "\xa0 \t@SUM(1)"),
        ("＝1", "\xa0＝1"),
        ("2410.14470", "\xa02410.14470"),
        ("12e4567890", "\xa012e4567890"),
        ("arXiv:2410.14470", "arXiv:2410.14470"),
        ("1984", "1984"),
        ("A - b", "A - b"),
    ],
)
def test_a_spreadsheet_keeps_a_cell_and_programs_strip_it(text, written):
    assert cell(text) == written
    assert cell(text).strip() == text.strip()


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.slow
def test_a_stream_is_the_file_in_pieces_worth_sending(suffix, about):
    papers = [paper(n) for n in range(1, 400)]
    pieces = list(WRITERS[suffix].stream(papers, about))
    assert b"".join(pieces).decode() == "".join(WRITERS[suffix].write(papers, about))
    assert 2 <= len(pieces) < 10
    assert all(pieces)


@pytest.mark.parametrize("suffix", ["bib", "ris", "csl.json", "md"])
def test_a_stream_reads_papers_as_it_goes(suffix, about):
    def endless():
        number = 0
        while number < 100_000:
            number += 1
            yield paper(number)
        raise AssertionError("read to the end")

    next(iter(WRITERS[suffix].stream(endless(), about)))


@pytest.mark.django_db
def test_all_formats_have_the_same_papers_in_the_same_order(archive, about):
    text = {
        suffix: b"".join(writer.stream(archive[:300], about)).decode()
        for suffix, writer in WRITERS.items()
    }
    addresses = [Citation.of(paper).url for paper in archive[:300]]
    assert all(addresses)
    assert {
        "bib": [entry["url"] for entry in bibtexparser.parse_string(text["bib"]).entries],
        "ris": [record["urls"][0] for record in rispy.loads(text["ris"])],
        "csl.json": [item["URL"] for item in json.loads(text["csl.json"])],
        "md": re.findall(r"^- \[.*\]\((.*?)\)\\$", text["md"], re.MULTILINE),
        "csv": [
            line["url"] for line in csv.DictReader(io.StringIO(text["csv"].removeprefix("\ufeff")))
        ],
        "atom": [entry.links[1].href for entry in feedparser.parse(text["atom"]).entries],
        "rdf": re.findall("<rdf:value>(.*/abs/.*)</rdf:value>", text["rdf"]),
    } == dict.fromkeys(WRITERS, addresses)


@pytest.mark.django_db
def test_no_file_holds_control_characters(archive, about):
    for suffix, writer in WRITERS.items():
        text = b"".join(writer.stream(archive, about)).decode()
        allowed = "\r\n" if suffix in ("csv", "ris") else "\n"
        assert not set(re.findall("[\x00-\x1f\x7f-\x9f]", text)) - set(allowed)
