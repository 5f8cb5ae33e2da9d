"""RIS, read back with rispy and line by line."""

import re

import pytest
import rispy
from hypothesis import given

from digest.exports import Citation, ris
from tests.digest.exports.papers import ROWS, paper

LINE = re.compile(r"[A-Z][A-Z0-9]  - [^\x00-\x1f\x7f-\x9f\u2028\u2029]*")


def written(papers, about):
    text = "".join(ris.write(papers, about))
    lines = text.split("\r\n")
    assert all(LINE.fullmatch(line) or line == "" for line in lines)
    return text


def whole(name):
    """The name as it was printed."""
    family, _, given_ = name.partition(", ")
    return f"{given_} {family}".strip().removesuffix(",")


def assert_same(record, paper):
    cited = Citation.of(paper)
    authors = record.pop("authors", [])
    on_arxiv = {
        "year": str(cited.year),
        "date": f"{cited.year}/{cited.month or 0:02}//",
        "doi": cited.doi,
        "issn": cited.number,
        "note": cited.number,
        "type_of_work": "Preprint",
        "publisher": "arXiv",
    }
    expected = {
        "type_of_reference": "RPRT" if cited.arxiv_id else "ELEC" if cited.url else "GEN",
        "title": cited.title,
        "abstract": " ".join(cited.abstract.split()),
        "keywords": list(cited.categories),
        "notes": cited.caveats,
        "urls": [cited.url.replace(";", "%3B")] if cited.url else [],
        **(on_arxiv if cited.arxiv_id else {}),
    }
    assert record == {name: value for name, value in expected.items() if value}
    assert list(map(whole, authors)) == [name.text for name in cited.names]


def test_a_record_is_what_managers_read(about):
    found = paper(
        link="https://arxiv.org/abs/hep-th/9901001",
        authors="Ludwig van Beethoven, lvwerra, Qwen Team, Ada Lovelace, Alan Turing",
        summary="- One.\n- Two.\nER  - \nTY  - JOUR",
        classification=["Robotics", "Text Generation"],
    )
    assert "".join(ris.write([found], about)) == (
        "TY  - RPRT\r\n"
        "TI  - Paper 1\r\n"
        "AU  - van Beethoven, Ludwig\r\n"
        "AU  - lvwerra\r\n"
        "AU  - Qwen Team,\r\n"
        "AU  - Lovelace, Ada\r\n"
        "AU  - Turing, Alan\r\n"
        "AU  - others\r\n"
        "PY  - 1999\r\n"
        "DA  - 1999/01//\r\n"
        "AB  - Digest summary: - One. - Two. ER - TY - JOUR\r\n"
        "DO  - 10.48550/arXiv.hep-th/9901001\r\n"
        "SN  - arXiv:hep-th/9901001\r\n"
        "M1  - arXiv:hep-th/9901001\r\n"
        "M3  - Preprint\r\n"
        "PB  - arXiv\r\n"
        "KW  - Robotics\r\n"
        "KW  - Text Generation\r\n"
        "UR  - https://arxiv.org/abs/hep-th/9901001\r\n"
        "N1  - The author list ends after 5 names, where digests cut it: there may be more"
        " authors.\r\n"
        "N1  - Taken for handles, not full names: lvwerra.\r\n"
        "ER  - \r\n"
        "\r\n"
    )


def test_a_paper_elsewhere_is_a_page_and_one_without_address_of_no_kind(about):
    empty = {"authors": "", "summary": "", "classification": [], "title": "On Graphs"}
    found = [paper(link="https://x.org/a;b", **empty), paper(link="", **empty)]
    assert "".join(ris.write(found, about)) == (
        "TY  - ELEC\r\nTI  - On Graphs\r\nUR  - https://x.org/a%3Bb\r\nER  - \r\n\r\n"
        "TY  - GEN\r\nTI  - On Graphs\r\nER  - \r\n\r\n"
    )


@pytest.mark.django_db
def test_the_archive_reads_back(archive, about):
    records = rispy.loads(written(archive, about))
    assert len(records) == len(archive) > 200
    for record, found in zip(records, archive, strict=True):
        assert_same(record, found)


@given(ROWS)
def test_whatever_a_row_holds_reads_back(about, row):
    found = paper(**row)
    (record,) = rispy.loads(written([found], about))
    assert_same(record, found)
