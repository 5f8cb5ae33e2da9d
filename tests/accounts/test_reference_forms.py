"""Files that people really have: whatever is in one is read, or reported."""

import json
import re
import subprocess
from itertools import count, product
from shutil import which

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pylatexenc.latexencode import UnicodeToLatexEncoder

from accounts.references import Format, Mention, read
from digest.exports.latex import latex_title
from digest.formats import read as read_digest
from digest.search.text import document

pytestmark = pytest.mark.sqlite

ARXIV = "https://arxiv.org/abs/"
LIMO = "LIMO: Less is More for Reasoning"


def found(content):
    reading = read(content if isinstance(content, bytes) else content.encode())
    assert reading.problems == ()
    return [(one.arxiv_id, one.title) for one in reading.references]


# The cases that went wrong

CASES = {
    "list+bib.md": [
        ("2502.03387", "LIMO"),
        ("2502.02737", "SmolLM2"),
        (None, "My list"),
    ],
    "html+list.md": [("2502.03387", "LIMO"), ("2502.02737", "SmolLM2")],
    "two.jsonl": [("2502.03387", "LIMO"), ("2502.02737", "SmolLM2")],
    "sameurl.bib": [
        (None, LIMO),
        (None, "SmolLM2: When Smol Goes Big – Data-Centric Training of a Small Language Model"),
    ],
    "nocomma.bib": [("2502.03387", LIMO)],
    "bareer.ris": [("2502.03387", "X")],
    "gs.enw": [("2502.99999", LIMO)],
    "caret.bib": [("2510.07958", "A^2Search: x~y, 3×3, AND/OR")],
    "gbk.bib": [("2502.03387", "扩散模型")],
    "service.json": [
        ("2502.03387", f"[2502.03387] {LIMO}"),
        ("2502.02737", "SmolLM2"),
        ("2502.02671", "Teacher hacking"),
        ("2502.03275", ""),
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_a_case(name, shared):
    assert found((shared / "cases/references" / name).read_bytes()) == CASES[name]


def test_there_is_no_other_case(shared):
    assert {file.name for file in (shared / "cases/references").iterdir()} == {*CASES}


# Forms beside each other. Each has two ids, N and M, and a title that is its own.

FORMS = {
    "a line": "arXiv:N\nhttps://arxiv.org/pdf/Mv2",
    "a list": "- [Title N](https://arxiv.org/abs/N) and [Title M](https://arxiv.org/abs/M)",
    "nested items": "- Topic N\n  - [Title N](https://arxiv.org/abs/N)\n    - Title M, arXiv:M",
    "a citation": "1. Doe, J. Title N.\n   arXiv preprint arXiv:N, 2025.\n2. Title M. CoRR abs/M",
    "a table": "| Title | Id |\n| --- | --- |\n| Title N | N |\n| Title M | [x](arxiv.org/abs/M) |",
    "headings": "## [Title N](https://arxiv.org/abs/N)\n\nIts code is at arXiv:M.\n### Title M",
    "a sentence": "See arXiv:N, which continues (M).",
    "a comment": "# not N\nM  # but Title N",
    "BibTeX": (
        "@misc{a, title={Title N}, eprint={N}, archivePrefix={arXiv},\n abstract={as arXiv:M}}"
    ),
    "two of BibTeX": (
        "@misc{a,\n title = {Title N},\n journal = {arXiv preprint arXiv:N}\n}\n"
        "@article{b,\n title = {Title M}\n url = {https://arxiv.org/abs/M}\n}"
    ),
    "open BibTeX": "@misc{a,\n title = {Title N,\n eprint = {N},\n note = {M}\n}",
    "fenced BibTeX": "```bibtex\n@misc{a,\n title={Title N}, eprint={N}}\n```\nMore: M",
    "RIS": "TY  - JOUR\nTI  - Title N\nUR  - https://arxiv.org/abs/N\nN2  - As M.\nER  - ",
    "RIS without end": "TY - JOUR\nTI - Title N\nAN - arXiv:N\nAB - M",
    ".enw": "%0 Generic\n%T Title N\n%U https://arxiv.org/abs/N\n%X As M.\n",
    ".nbib": "PMID- 1\nTI  - Title N\nAID - arXiv:N [pii]\nAB  - As M,\n      or so.\n",
    "CSL": '[{"id": "x", "title": "Title N", "URL": "https://arxiv.org/abs/N", "note": "M"}]',
    "JSON": (
        '{"list": [{"title": "Title N", "href": "https://arxiv.org/abs/N"},\n'
        ' {"name": "Title M", "ids": {"arxiv": "M"}}]}'
    ),
    "JSON Lines": '{"id": "N", "title": "Title N"}\n{"paper": {"title": "Title M", "url": "M"}}',
    "broken JSON": '[{"title": "Title N", "url": "https://arxiv.org/abs/N"},\n {"id": "M" "x"}]',
    "HTML": '<p>See <a href="https://arxiv.org/abs/N">Title N</a>\n<!-- M --></p>',
    "bookmarks": (
        '<DL><p>\n<DT><A HREF="https://arxiv.org/abs/N">Title N</A>\n<DD>as M says\n</DL><p>'
    ),
    "a feed": (
        '<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><entry>\n'
        "<title>Title N</title><id>http://arxiv.org/abs/Nv1</id><summary>M</summary>\n"
        "</entry></feed>"
    ),
    "OPML": (
        '<opml version="2.0"><body><outline text="Topic N">\n<outline text="Title N"'
        ' url="https://arxiv.org/abs/N"/><outline text="Title M" url="http://arxiv.org/abs/M"/>\n'
        "</outline></body></opml>"
    ),
    "MODS": "<mods><title>Title N</title><identifier>N M</identifier></mods>",
}


def written(names):
    """A file of some forms, each with ids and titles of its own."""
    numbers = count(1)
    parts = []
    for name in names:
        part = re.sub(r"\bN(?=\b|v\d)", f"2502.{next(numbers):05}", FORMS[name])
        parts.append(re.sub(r"\bM(?=\b|v\d)", f"2502.{next(numbers):05}", part))
    return parts


def unaccounted(text):
    """The ids and the titles of a text that are neither read nor reported."""
    reading = read(text.encode())
    seen = " ".join(
        [
            *(f"{one.arxiv_id} {one.title}" for one in reading.references),
            *(f"{one.text} {one.name if hasattr(one, 'name') else ''}" for one in reading.problems),
            *(mention.name for mention in reading.mentions),
        ]
    )
    ids = re.findall(r"(?<!\d)(?<!\d[./])2502\.\d{5}(?!\d)", text)
    return sorted({one for one in ids if one not in seen})


@pytest.mark.parametrize("name", FORMS)
def test_every_form_alone(name):
    (text,) = written([name])
    reading = read(text.encode())
    assert unaccounted(text) == []
    assert not {m.name for m in reading.mentions} & {
        f"arXiv:{r.arxiv_id}" for r in reading.references
    }
    if name not in ("MODS", "a comment"):
        assert "2502.00001" in {one.arxiv_id for one in reading.references}


def test_every_form_beside_every_other():
    table = {
        names: missing
        for names in product(FORMS, repeat=2)
        for join in ("\n", "\n\n")
        if (missing := unaccounted(join.join(written(names))))
    }
    assert table == {}


def test_a_form_is_read_beside_others_as_it_is_alone():
    for names in product(FORMS, repeat=2):
        parts = written(names)
        alone = [
            {one.arxiv_id for one in read(part.encode()).references} - {None} for part in parts
        ]
        both = {one.arxiv_id for one in read("\n\n".join(parts).encode()).references}
        assert set.union(*alone) <= both, names


@example(["a list", "a list", "open BibTeX", "RIS without end", "a line"], 398, 2)
@given(st.lists(st.sampled_from([*FORMS]), max_size=6), st.integers(0, 400), st.integers(0, 40))
def test_whatever_is_mixed_or_cut_nothing_is_missing(names, at, length):
    text = "\n\n".join(written(names))
    assert unaccounted(text[:at] + text[at + length :]) == []


# References that are one, and that are not


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- 2502.00001 A paper\n    see https://lab.example/a\n", 2),
        ("# See https://lab.example/a\n2502.00001\n", 1),
    ],
)
def test_an_address_beside_a_reference_is_mentioned(text, line):
    reading = read(text.encode())
    assert reading.mentions == (Mention(line, "https://lab.example/a"),)
    assert (len(reading.references), reading.problems) == (1, ())


def test_references_are_one_only_if_they_say_so():
    chapters = "".join(
        f"@incollection{{c{n}, title={{Chapter {n}}}, url={{https://x.org/book}}}}"
        for n in range(20)
    )
    assert len(found(chapters)) == 20
    same = chapters + chapters
    reading = read(same.encode())
    assert (len(reading.references), reading.repeated) == (20, 20)


def test_a_reference_that_is_repeated_has_all_that_it_said():
    text = (
        '<a href="https://arxiv.org/abs/2502.03387" tags="a,b"></a><dd>One</dd>'
        '<a href="https://arxiv.org/pdf/2502.03387" tags="b,c">LIMO</a><dd>Two</dd>'
    )
    (one,) = read(text.encode()).references
    assert (one.title, one.note, one.tags) == ("LIMO", "One\n\nTwo", ("a", "b", "c"))


# Services

SERVICES = {
    "Pinboard": (
        [{"href": ARXIV + "2502.03387", "description": LIMO, "extended": "Again", "tags": "a b"}],
        (LIMO, "Again", ("a", "b")),
    ),
    "Karakeep": (
        {
            "bookmarks": [
                {
                    "createdAt": 1738800000,
                    "title": None,
                    "tags": ["a", "b"],
                    "content": {"type": "link", "url": ARXIV + "2502.03387"},
                    "note": "Again",
                }
            ]
        },
        ("", "Again", ("a", "b")),
    ),
    "Pocket": (
        {
            "status": 1,
            "list": {
                "17": {
                    "item_id": "17",
                    "given_url": ARXIV + "2502.03387",
                    "resolved_title": LIMO,
                    "tags": {"a": {"tag": "a"}, "b": {"tag": "b"}},
                }
            },
        },
        (LIMO, "", ("a", "b")),
    ),
    "Firefox": (
        {
            "title": "",
            "children": [
                {
                    "title": "Bookmarks Menu",
                    "children": [
                        {
                            "title": LIMO,
                            "uri": ARXIV + "2502.03387",
                            "iconUri": "https://arxiv.org/favicon.ico",
                            "tags": "a,b",
                        }
                    ],
                }
            ],
        },
        (LIMO, "", ("a", "b")),
    ),
    "Semantic Scholar": (
        {
            "offset": 0,
            "data": [
                {
                    "citedPaper": {
                        "paperId": "abc",
                        "externalIds": {"ArXiv": "2502.03387", "CorpusId": 12345678},
                        "title": LIMO,
                    }
                }
            ],
        },
        (LIMO, "", ()),
    ),
    "OpenAlex": (
        {
            "meta": {"count": 1},
            "results": [
                {
                    "id": "https://openalex.org/W1",
                    "doi": "https://doi.org/10.48550/arxiv.2502.03387",
                    "title": LIMO,
                    "authorships": [{"author": {"id": "https://openalex.org/A1"}}],
                    "concepts": [{"id": "https://openalex.org/C1", "display_name": "Logic"}],
                }
            ],
        },
        (LIMO, "", ()),
    ),
    "Zotero": (
        [
            {
                "key": "ABCD2345",
                "library": {
                    "type": "user",
                    "name": "x",
                    "links": {"alternate": {"href": "https://www.zotero.org/x"}},
                },
                "links": {"self": {"href": "https://api.zotero.org/users/1/items/ABCD2345"}},
                "data": {
                    "itemType": "preprint",
                    "title": LIMO,
                    "extra": "arXiv:2502.03387 [cs]",
                    "tags": [{"tag": "a"}, {"tag": "b"}],
                },
            }
        ],
        (LIMO, "", ("a", "b")),
    ),
    "our API": (
        {
            "count": 1,
            "next": "https://d.org/api/v1/papers/?cursor=x",
            "results": [
                {
                    "id": "2502.03387",
                    "arxiv_id": "2502.03387",
                    "title": LIMO,
                    "url": ARXIV + "2502.03387",
                    "page": "https://d.org/papers/2502.03387/",
                    "links": [{"url": "https://github.com/GAIR-NLP/LIMO", "kind": "code"}],
                }
            ],
        },
        (LIMO, "", ()),
    ),
    "by id": ({"2502.03387": {"title": LIMO, "votes": 3}}, (LIMO, "", ())),
    "numbers": ([{"paper": 2502.03387}], ("", "", ())),
    "texts": (["2502.03387"], ("", "", ())),
}


@pytest.mark.parametrize(("value", "reference"), SERVICES.values(), ids=SERVICES)
@pytest.mark.parametrize("indent", [None, 1])
def test_json_of_services(value, reference, indent):
    reading = read(json.dumps(value, indent=indent).encode())
    assert (reading.problems, reading.mentions) == ((), ())
    assert [(r.arxiv_id, r.title, r.note, r.tags) for r in reading.references] == [
        ("2502.03387", *reference)
    ]


def test_what_follows_json_is_read_or_reported():
    text = '[{"title": "A"}]\nmore words\n2502.03387\n{"title": "B"}'
    reading = read(text.encode())
    assert [(r.line, r.arxiv_id, r.title) for r in reading.references] == [
        (1, None, "A"),
        (3, "2502.03387", ""),
        (4, None, "B"),
    ]
    assert [(p.line, p.text) for p in reading.problems] == [(2, "more words")]


# Encodings


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("% Encoding: GBK\n", "gbk"),
        ("% !TeX encoding = GB18030\n", "gb18030"),
        ("% Encoding: SJIS\n", "shift_jis"),
        ("% Encoding: ISO-2022-JP\n", "iso-2022-jp"),
        ("% Encoding: GBK\n", "utf-8"),
        ("", "utf-16-le"),
        ("", "utf-16-be"),
        ("% Encoding: UTF-8\n", "utf-16-le"),
    ],
)
def test_encodings_that_a_file_declares(declared, encoding):
    text = declared + "@misc{a,\n  title = {深層学習},\n  eprint = {2502.03387}\n}\n"
    if encoding in ("gbk", "gb18030"):
        text = text.replace("層", "层").replace("習", "习").replace("學", "学")
    title = "深層学習" if "層" in text else "深层学习"
    assert found(text.encode(encoding)) == [("2502.03387", title)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"% Encoding: Klingon\n@misc{a, title={\xe9}}", "1: its encoding, Klingon, is not known"),
        (b"% Encoding: GBK\n@misc{a, title={\xff\xff}}", "1: not gbk, as which it is declared"),
        (b"% Encoding: hex\n@misc{a, title={\xff}}", "1: not hex, as which it is declared"),
        (b"a\n<meta charset=ascii>\n\xe9", "1: not ascii, as which it is declared"),
    ],
)
def test_encodings_that_are_refused(content, problem):
    (one,) = read(content).problems
    assert str(one).startswith(problem)
    assert "save it as UTF-8" in one.reason


# What is read as XML, and what is refused by name


@pytest.mark.parametrize(
    ("file", "reference"),
    [
        ("arxiv-atom.xml", "2202.12139"),
        ("arxiv-atom-old-id.xml", "astro-ph/0601001"),
        ("arxiv-rss.xml", "2301.12345"),
        ("arxiv-oai.xml", "0801.3931"),
    ],
)
def test_what_arxiv_answers(file, reference, shared):
    reading = read((shared / "samples" / file).read_bytes())
    assert (reading.format, reading.problems) == (Format.XML, ())
    assert reading.references[0].arxiv_id == reference
    assert reading.references[0].title


def test_an_error_that_arxiv_answers_is_said(shared):
    reading = read((shared / "samples" / "arxiv-atom-error.xml").read_bytes())
    assert reading.references == ()
    assert reading.problems[0].reason.startswith("the service answers: ")


RDF = '<rdf:RDF xmlns:z="http://www.zotero.org/namespaces/export#"><bib:Article>2502.03387</bib:A>'
REFUSED = {
    "Zotero's RDF is not read": f'<?xml version="1.0"?>\n{RDF}</rdf:RDF>',
    "MODS is not read": '<?xml version="1.0"?>\n<modsCollection><mods>2502.03387</mods>'
    "</modsCollection>",
    "PubMed's XML is not read": "<PubmedArticleSet><A>2502.03387</A></PubmedArticleSet>",
    "Web of Science's own format is not read": (
        "FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nTI X\nAR arXiv:2502.03387\nER\nEF"
    ),
    "RefWorks's own format is not read": (
        "RT Generic\nSR Electronic(1)\nT1 X\nUL https://arxiv.org/abs/2502.03387\n\nRT Book\nT1 Y\n"
    ),
    "XML of a kind that is not read, <foo>": '<?xml version="1.0"?><foo>2502.03387</foo>',
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_refused_by_name(reason):
    reading = read(REFUSED[reason].encode())
    assert reading.references == ()
    (problem,) = reading.problems
    assert problem.reason.startswith(reason)
    assert re.search("(?:export|save) .* instead", problem.reason)
    assert unaccounted(REFUSED[reason]) == []


def test_a_title_of_endnotes_xml_has_signs_that_are_no_markup():
    title = "Let&apos;s &lt;think&gt; if a &lt; b &gt; c of &lt;i&gt;LIMO&lt;/i&gt;"
    text = (
        "<xml><records><record><titles><title>"
        f"<style>{title}</style></title></titles></record></records></xml>"
    )
    assert found(text) == [(None, "Let's <think> if a < b > c of LIMO")]


# Bookmarks

PINBOARD = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Pinboard Bookmarks</TITLE>
<DL><p><DT><A HREF="https://arxiv.org/abs/2502.03387" TAGS="nlp,to read">LIMO</A>
<blockquote>Read it &lt;again&gt;,<br>soon</blockquote>
<DT><A HREF="https://arxiv.org/abs/2502.02737" TAGS="">SmolLM2</A>
</DL></p>
"""


def test_notes_and_tags_of_bookmarks():
    reading = read(PINBOARD.encode())
    assert (reading.format, reading.problems) == (Format.BOOKMARKS, ())
    assert [(r.title, r.note, r.tags) for r in reading.references] == [
        ("LIMO", "Read it <again>,\nsoon", ("nlp", "to read")),
        ("SmolLM2", "", ()),
    ]


# The titles of the archive, written by other programs


def read_titles(content, titles):
    """The titles that come back otherwise than they were, as they are matched."""
    back = [one.title for one in read(content.encode()).references]
    assert len(back) == len(titles)
    return [
        (title, one)
        for title, one in zip(titles, back, strict=True)
        if document(title) not in (document(one), document(one.replace("$", "")))
    ]


@pytest.fixture(scope="module")
def titles(shared):
    """Every title of the archive, once."""
    files = [file for file in (shared / "archive").rglob("*.*") if file.suffix in (".json", ".md")]
    found = (
        row.record.title
        for file in sorted(files)
        for day in read_digest(file.read_bytes(), None).days
        for row in day.rows
    )
    titles = list(dict.fromkeys(found))
    assert len(titles) > 2_000
    return titles


ENCODERS = {
    "ours": latex_title,
    "pylatexenc": UnicodeToLatexEncoder(unknown_char_policy="keep").unicode_to_latex,
    "unicode.xml": UnicodeToLatexEncoder(
        conversion_rules=["unicode-xml"], unknown_char_policy="keep"
    ).unicode_to_latex,
}


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.slow
def test_the_titles_of_the_archive_come_back_from_latex(encoder, titles):
    for some in (titles[start::5] for start in range(5)):
        entries = (
            f"@misc{{k{n},\n title = {{{ENCODERS[encoder](t)}}}}}" for n, t in enumerate(some)
        )
        assert read_titles("\n".join(entries), some) == []


@pytest.mark.parametrize("format", ["bibtex", "biblatex"])
@pytest.mark.skipif(not which("pandoc"), reason="needs pandoc")
@pytest.mark.thorough
@pytest.mark.slow
def test_the_titles_of_the_archive_come_back_from_pandoc(format, titles):
    items = [{"id": f"k{n:05}", "type": "article", "title": t} for n, t in enumerate(titles)]
    done = subprocess.run(
        ["pandoc", "--from", "csljson", "--to", format],
        input=json.dumps(items),
        capture_output=True,
        text=True,
        check=True,
    )
    assert read_titles(done.stdout, titles) == []
