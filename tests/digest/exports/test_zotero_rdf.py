"""RDF for Zotero, line by line, and as XML."""

from xml.etree import ElementTree

from hypothesis import given

from digest.exports import Citation, zotero_rdf
from tests.digest.exports.papers import ROWS, paper

ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
NAMES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "z": "http://www.zotero.org/namespaces/export#",
}


def items(papers, about):
    text = "".join(zotero_rdf.write(papers, about))
    return ElementTree.fromstring(text).findall(ITEM)


def test_a_preprint_has_what_zotero_shows_of_one(about):
    found = paper(
        title="A < B",
        authors="Ludwig van Beethoven, lvwerra, Qwen Team, Ada Lovelace, Alan Turing",
        summary="- One.\n- Two & three.",
        classification=["Robotics"],
    )
    _, _, resources = "".join(zotero_rdf.write([found], about)).split("\n", 2)
    assert resources == (
        '<rdf:Description rdf:about="#arXiv:2502.00001">\n'
        "<z:itemType>preprint</z:itemType>\n"
        "<dc:title>A &lt; B</dc:title>\n"
        "<dc:date>2025-02</dc:date>\n"
        "<dc:identifier>DOI 10.48550/arXiv.2502.00001</dc:identifier>\n"
        "<prism:number>arXiv:2502.00001</prism:number>\n"
        "<z:type>Preprint</z:type>\n"
        "<dcterms:abstract>Digest summary:\n- One.\n- Two &amp; three.</dcterms:abstract>\n"
        "<dc:description>The author list ends after 5 names, where digests cut it: there may be"
        " more authors. Taken for handles, not full names: lvwerra.</dc:description>\n"
        "<dc:subject>Robotics</dc:subject>\n"
        "<bib:authors><rdf:Seq>\n"
        "<rdf:li><foaf:Person><foaf:surname>van Beethoven</foaf:surname>"
        "<foaf:givenName>Ludwig</foaf:givenName></foaf:Person></rdf:li>\n"
        "<rdf:li><foaf:Person><foaf:surname>lvwerra</foaf:surname></foaf:Person></rdf:li>\n"
        "<rdf:li><foaf:Person><foaf:surname>Qwen Team</foaf:surname></foaf:Person></rdf:li>\n"
        "<rdf:li><foaf:Person><foaf:surname>Lovelace</foaf:surname>"
        "<foaf:givenName>Ada</foaf:givenName></foaf:Person></rdf:li>\n"
        "<rdf:li><foaf:Person><foaf:surname>Turing</foaf:surname>"
        "<foaf:givenName>Alan</foaf:givenName></foaf:Person></rdf:li>\n"
        "<rdf:li><foaf:Person><foaf:surname>others</foaf:surname></foaf:Person></rdf:li>\n"
        "</rdf:Seq></bib:authors>\n"
        "<dc:publisher><foaf:Organization><foaf:name>arXiv</foaf:name></foaf:Organization>"
        "</dc:publisher>\n"
        "<dc:identifier><dcterms:URI><rdf:value>https://arxiv.org/abs/2502.00001</rdf:value>"
        "</dcterms:URI></dc:identifier>\n"
        '<link:link rdf:resource="#arXiv:2502.00001.pdf"/>\n'
        "</rdf:Description>\n"
        '<z:Attachment rdf:about="#arXiv:2502.00001.pdf">\n'
        "<z:itemType>attachment</z:itemType>\n"
        "<dc:title>Full Text PDF</dc:title>\n"
        "<dc:identifier><dcterms:URI><rdf:value>https://arxiv.org/pdf/2502.00001</rdf:value>"
        "</dcterms:URI></dc:identifier>\n"
        "<link:type>application/pdf</link:type>\n"
        "</z:Attachment>\n"
        "</rdf:RDF>\n"
    )


def test_a_paper_elsewhere_has_what_is_known(about):
    bare = {"authors": "", "summary": "", "classification": []}
    papers = [paper(1, link="https://x.org/a?b&c", **bare), paper(2, link="", **bare)]
    page, document = items(papers, about)
    assert ["".join(part.itertext()).strip() for part in page] == [
        "webpage",
        "Paper 1",
        "https://x.org/a?b&c",
    ]
    assert [part.text for part in document] == ["document", "Paper 2"]
    assert page.get(ABOUT) != document.get(ABOUT)


@given(fields=ROWS)
def test_any_text_is_well_formed(about, fields):
    found = paper(**fields)
    cited = Citation.of(found)
    (item,) = items([found], about)
    assert item.findtext("dc:title", namespaces=NAMES) == cited.title
    assert len(item.findall(".//foaf:Person", NAMES)) == len(cited.names)
