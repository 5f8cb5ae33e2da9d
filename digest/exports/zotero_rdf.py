"""RDF as Zotero writes it: of the formats that Zotero reads, the one that has all its fields."""

from collections.abc import Iterable, Iterator

from digest.models import Paper

from .atom import xml
from .citation import About, Citation, Name
from .metadata import item_type


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """A resource for each paper, with its PDF as an attachment.

    A list of authors that digests cut ends in `others`, as in BibTeX. The abstract may be the
    digest's summary, which says so; the description, which Zotero has as `Extra`, says what is not
    known of the authors.
    """
    yield (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:z="http://www.zotero.org/namespaces/export#"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:bib="http://purl.org/net/biblio#" xmlns:foaf="http://xmlns.com/foaf/0.1/"'
        ' xmlns:link="http://purl.org/rss/1.0/modules/link/"'
        ' xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">\n'
    )
    for paper in papers:
        yield from _resources(Citation.of(paper))
    yield "</rdf:RDF>\n"


def _resources(paper: Citation) -> Iterator[str]:
    uri, pdf = xml(f"#{paper.key}"), xml(f"#{paper.key}.pdf")
    fields = [
        ("z:itemType", item_type(paper)),
        ("dc:title", paper.title),
        ("dc:date", f"{paper.year}-{paper.month:02}" if paper.arxiv_id else ""),
        ("dc:identifier", f"DOI {paper.doi}" if paper.doi else ""),
        ("prism:number", paper.number),
        ("z:type", "Preprint" if paper.arxiv_id else ""),
        ("dcterms:abstract", paper.abstract),
        ("dc:description", " ".join(paper.caveats)),
        *(("dc:subject", subject) for subject in paper.subjects),
    ]
    yield f'<rdf:Description rdf:about="{uri}">\n'
    for name, value in fields:
        if value:
            yield f"<{name}>{xml(value)}</{name}>\n"
    if paper.names:
        authors = "".join(f"<rdf:li>{_person(name)}</rdf:li>\n" for name in paper.names)
        yield f"<bib:authors><rdf:Seq>\n{authors}</rdf:Seq></bib:authors>\n"
    if paper.arxiv_id:
        organization = "<foaf:Organization><foaf:name>arXiv</foaf:name></foaf:Organization>"
        yield f"<dc:publisher>{organization}</dc:publisher>\n"
    if paper.url:
        yield _address(paper.url)
    if paper.pdf_url:
        yield (
            f'<link:link rdf:resource="{pdf}"/>\n</rdf:Description>\n'
            f'<z:Attachment rdf:about="{pdf}">\n<z:itemType>attachment</z:itemType>\n'
            f"<dc:title>Full Text PDF</dc:title>\n{_address(paper.pdf_url)}"
            "<link:type>application/pdf</link:type>\n</z:Attachment>\n"
        )
    else:
        yield "</rdf:Description>\n"


def _address(url: str) -> str:
    value = f"<rdf:value>{xml(url)}</rdf:value>"
    return f"<dc:identifier><dcterms:URI>{value}</dcterms:URI></dc:identifier>\n"


def _person(name: Name) -> str:
    """A name that is better not split is a surname alone."""
    given = f"<foaf:givenName>{xml(name.given)}</foaf:givenName>" if name.family else ""
    surname = f"<foaf:surname>{xml(name.family or name.text)}</foaf:surname>"
    return f"<foaf:Person>{surname}{given}</foaf:Person>"
