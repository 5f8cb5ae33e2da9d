"""What arXiv answers, every field pinned by hand, and XML that means harm."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.formats import Format, Record, raw_rows, read

DATE = datetime.date(2025, 2, 6)


def one(text, date=None):
    """The day, the format and the record of the only row, which has no problem."""
    reading = read(text.encode() if isinstance(text, str) else text, date)
    assert [str(problem) for problem in reading.problems] == []
    (day,) = reading.days
    (found,) = day.rows
    assert found.format is reading.format
    return day.date, found.format, found.record


def problems(text, date=None):
    return [str(problem) for problem in read(text.encode(), date).problems]


ATOM = """\
<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <title>arXiv Query</title>
  {}
</feed>
"""
ENTRY = """\
<entry>
    <id>http://arxiv.org/abs/2502.00001v3</id>
    <title>A title
  of two &lt;lines&gt;</title>
    <updated>2025-02-09T15:05:19Z</updated>
    <link href="https://arxiv.org/abs/2502.00001v3" rel="alternate" type="text/html"/>
    <link href="https://arxiv.org/pdf/2502.00001v3" rel="related" title="pdf"/>
    <summary>  What the authors wrote.
</summary>
    <category term="cs.AI" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
    <published>2025-02-05T15:05:19Z</published>
    <arxiv:comment>17 pages</arxiv:comment>
    <arxiv:primary_category term="cs.CL"/>
    <arxiv:journal_ref>A journal</arxiv:journal_ref>
    <author><name>Ada Lovelace</name><arxiv:affiliation>London</arxiv:affiliation></author>
    <author><name>Smith, Jr.</name></author>
    <arxiv:doi>10.1000/1</arxiv:doi>
  </entry>"""
RECORD = Record(
    title="A title\n  of two <lines>",
    link="http://arxiv.org/abs/2502.00001v3",
    authors=("Ada Lovelace", "Smith, Jr."),
    classification=("cs.CL", "cs.AI"),
    abstract="What the authors wrote.",
    authors_complete=True,
    comment="17 pages",
    doi="10.1000/1",
    version=3,
)


def test_an_entry_of_atom():
    published = datetime.date(2025, 2, 5)
    assert one(ATOM.format(ENTRY)) == (published, Format.ARXIV_ATOM, RECORD)
    assert one(ATOM.format(ENTRY), DATE)[0] == DATE


def test_rows_have_their_lines_and_their_texts():
    text = "\n" + ATOM.format(f"{ENTRY}{ENTRY.replace('00001', '00002')}<entry/>")
    reading = read(text.encode())
    assert [row.line for row in reading.days[0].rows] == [5, 23]
    found = list(raw_rows(text.encode()))
    assert [(line, row) for line, row, _ in found] == [
        (5, ENTRY),
        (23, ENTRY.replace("00001", "00002")),
        (41, "<entry/>"),
    ]
    contents = [content for _, _, content in found]
    assert contents == [
        *((reading.days[0].date, row.record) for row in reading.days[0].rows),
        "the row has no title",
    ]


RSS = """\
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>cs.CL updates on arXiv.org</title>
<pubDate>Thu, 06 Feb 2025 00:00:00 -0500</pubDate>
<item>
<title>A title</title>
<link>https://arxiv.org/abs/2502.00001</link>
<description>arXiv:2502.00001v2 Announce Type: replace-cross
Abstract: What the authors wrote: this.</description>
<guid isPermaLink="false">oai:arXiv.org:2502.00001v2</guid>
<category>cs.CL</category><category>cs.AI</category>
{}<arxiv:announce_type>replace-cross</arxiv:announce_type>
<dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
<dc:creator>Ada Lovelace, Alan Turing</dc:creator>
</item></channel></rss>
"""


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("", 6),
        ("<pubDate>Wed, 05 Feb 2025 23:00:00 -0500</pubDate>", 5),
        ("<pubDate>Fri, 07 Feb 2025 00:00:00 -0000</pubDate>", 7),
    ],
)
def test_an_item_of_rss(date, day):
    record = Record(
        title="A title",
        link="https://arxiv.org/abs/2502.00001",
        authors="Ada Lovelace, Alan Turing",
        classification=("cs.CL", "cs.AI"),
        abstract="What the authors wrote: this.",
        authors_complete=True,
        version=2,
    )
    expected = (datetime.date(2025, 2, day), Format.ARXIV_RSS, record)
    assert one(RSS.format(date), datetime.date(2025, 2, 9)) == expected


def test_a_day_without_papers():
    text = RSS.partition("<item>")[0] + "</channel></rss>"
    reading = read(text.encode())
    assert [(day.date, day.rows) for day in reading.days] == [(DATE, ())]
    assert reading.problems == ()
    assert problems(ATOM.format("")) == [
        "1: a list without papers, and no date for it (no day read)"
    ]


OAI = """\
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">
<ListRecords><record><header><identifier>oai:arXiv.org:2502.00001</identifier>\
<datestamp>2025-02-06</datestamp><setSpec>cs:cs:CL</setSpec></header>
<metadata>{}</metadata></record><resumptionToken>x</resumptionToken></ListRecords></OAI-PMH>
"""
ARXIV = """<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2502.00001</id><created>2025-02-01</created>
<authors><author><keyname>Lovelace</keyname><forenames>Ada</forenames></author><author>
<keyname>King</keyname><forenames>M. L.</forenames><suffix>Jr</suffix></author></authors>
<title>A title</title><categories>cs.CL cs.AI</categories><comments>17 pages</comments>
<doi>10.1000/1 10.1000/2</doi><journal-ref>J</journal-ref><abstract> What they wrote.
</abstract></arXiv>"""
DUBLIN_CORE = """<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" \
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A title</dc:title>
<dc:creator>Lovelace, Ada</dc:creator><dc:creator>King, M. L., Jr</dc:creator>
<dc:subject>Computer Science - Computation and Language</dc:subject><dc:subject>68T50</dc:subject>
<dc:description>What they wrote.</dc:description><dc:description>Comment: 17 pages</dc:description>
<dc:date>2025-02-01</dc:date><dc:type>text</dc:type>
<dc:identifier>http://arxiv.org/abs/2502.00001</dc:identifier>
<dc:identifier>doi:10.1000/1</dc:identifier></oai_dc:dc>"""


@pytest.mark.parametrize(
    ("metadata", "record"),
    [
        (
            ARXIV,
            Record(
                title="A title",
                link="https://arxiv.org/abs/2502.00001",
                authors=("Ada Lovelace", "M. L. King Jr"),
                classification=("cs.CL", "cs.AI"),
                abstract="What they wrote.",
                authors_complete=True,
                comment="17 pages",
                doi="10.1000/1",
            ),
        ),
        (
            DUBLIN_CORE,
            Record(
                title="A title",
                link="http://arxiv.org/abs/2502.00001",
                authors=("Ada Lovelace", "M. L. King Jr"),
                classification=("cs.CL",),
                abstract="What they wrote.",
                authors_complete=True,
                comment="17 pages",
                doi="doi:10.1000/1",
            ),
        ),
    ],
)
def test_a_record_of_oai(metadata, record):
    assert one(OAI.format(metadata), datetime.date(2025, 2, 9)) == (DATE, Format.ARXIV_OAI, record)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ATOM.format("<entry><title>T</title></entry>"), "4: the row has no date (row left out)"),
        (
            ATOM.format(ENTRY.replace("<author>", "<mood>x</mood><author>", 1)),
            "4: names that are not known: 'mood' (passed over)",
        ),
        (RSS.format("<pubDate>soon</pubDate>"), "4: 'soon' is not a date (row left out)"),
        (
            OAI.format("<lom/>"),
            "2: unknown metadata: 'lom'; known are arXiv, dc (row left out)",
        ),
        (
            OAI.format("").replace("<header>", '<header status="deleted">'),
            "2: the record of oai:arXiv.org:2502.00001 is deleted (row left out)",
        ),
        (
            '<OAI-PMH><error code="noRecordsMatch">Nothing that day</error></OAI-PMH>',
            "1: the service answers: Nothing that day (file not read)",
        ),
        (
            "<?xml version='1.0'?><html><p>Sorry</p></html>",
            "1: unknown XML: 'html'; known are feed, rss, OAI-PMH (file not read)",
        ),
        ("<?xml version='1.0'?>", "1: not XML: no element found (rest of the file not read)"),
    ],
)
def test_what_was_not_understood_is_reported(text, expected):
    assert problems(text) == [expected]


def test_an_error_late_in_the_file_leaves_the_rows_before_it():
    text = ATOM.format(f"{ENTRY}\n<entry><title>T</entry>")
    reading = read(text.encode())
    assert [row.record for row in reading.days[0].rows] == [RECORD]
    assert [str(problem) for problem in reading.problems] == [
        "23: not XML: mismatched tag (rest of the file not read)"
    ]


BOMB = (
    "<?xml version='1.0'?><!DOCTYPE feed [<!ENTITY a0 'ha'>"
    + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
    + f"]>{ATOM.format(ENTRY.replace('17 pages', '&a11;')).partition('?>')[2]}"
)
FILE = BOMB.replace("'ha'", "SYSTEM 'file:///etc/passwd'").replace("&a11;", "&a0;")


@pytest.mark.parametrize(
    "text", [BOMB, FILE, "<?xml version='1.0'?><!DOCTYPE feed SYSTEM 'http://127.0.0.1/x'><feed/>"]
)
def test_a_document_defines_nothing(text):
    assert read(text.encode()).days == ()
    assert problems(text) == [
        "1: a document type, which might define anything, is not read (rest of the file not read)"
    ]


def test_an_entity_that_nothing_defines_is_an_error():
    assert problems(ATOM.format(ENTRY.replace("17 pages", "&a;"))) == [
        "16: not XML: undefined entity (rest of the file not read)"
    ]


@pytest.mark.parametrize(
    ("limit", "text", "expected"),
    [
        ("MAX_ELEMENTS", "<feed><a/><a/></feed>", "1: more than 2 elements"),
        ("MAX_ROWS", "<feed><entry/>\n<entry/>\n<entry/></feed>", "3: more than 2 rows"),
        ("_DEEPEST", "<feed><a>\n<a/></a></feed>", "2: nested too deeply"),
    ],
)
def test_limits(monkeypatch, limit, text, expected):
    monkeypatch.setattr(f"digest.formats.xml_rows.{limit}", 2)
    assert problems(text)[-1] == f"{expected} (rest of the file not read)"


PIECES = [
    *("<feed>", "</feed>", "<rss>", "<channel>", "<OAI-PMH>", "<entry>", "</entry>", "<item>"),
    *("</item>", "<record>", "</record>", "<title>", "</title>", "<id>", "</id>", "<author>"),
    *("</author>", "<name>", "</name>", "<header/>", "<metadata>", "</metadata>", "<dc>", "</dc>"),
    *(
        "<published>2025-02-05T15:05:19Z</published>",
        "<pubDate>x</pubDate>",
        "&amp;",
        "&a;",
        "<!--",
    ),
    *("T", "http://arxiv.org/abs/2502.00001v1", "<?xml version='1.0'?>", "<![CDATA[", "]]>", "\n"),
    *("<!DOCTYPE feed>", ENTRY, ATOM.format(ENTRY), RSS.format(""), OAI.format(ARXIV)),
]


@given(
    st.sampled_from(["<feed>", "<rss>", "<OAI-PMH>", "<?xml version='1.0'?>"]),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=12).map("".join),
    st.none() | st.just(DATE),
)
def test_no_xml_is_too_odd_to_answer(start, rest, date):
    data = (start + rest).encode("utf-8", "surrogatepass")
    reading = read(data, date)
    assert reading.days or reading.problems
    assert len(list(raw_rows(data, date))) >= sum(len(day.rows) for day in reading.days)


@pytest.mark.parametrize(
    ("file", "format", "expected"),
    [
        (
            "arxiv-atom-old-id.xml",
            Format.ARXIV_ATOM,
            [
                (
                    "2006-01-02",
                    "http://arxiv.org/abs/astro-ph/0601001v1",
                    ("Andrew Gould", "Susan Dorsher", "B. Scott Gaudi", "Andrzej Udalski"),
                    ("astro-ph",),
                    None,
                    1,
                )
            ],
        ),
        (
            "arxiv-oai.xml",
            Format.ARXIV_OAI,
            [
                (
                    "2013-03-26",
                    "https://arxiv.org/abs/0801.3931",
                    ("A. B. Doe",),
                    ("astro-ph",),
                    None,
                    None,
                )
            ],
        ),
        (
            "arxiv-rss.xml",
            Format.ARXIV_RSS,
            [
                (
                    "2023-01-30",
                    "https://arxiv.org/abs/2301.12345",
                    "Alice Smith, Bob Jones",
                    ("cs.AI", "cs.LG"),
                    None,
                    1,
                )
            ],
        ),
    ],
)
def test_recorded_answers(shared, file, format, expected):
    reading = read((shared / "samples" / file).read_bytes())
    assert (reading.problems, reading.format) == ((), format)
    found = [(day.date, row.record) for day in reading.days for row in day.rows]
    assert [
        (str(day), r.link, r.authors, r.classification, r.doi, r.version) for day, r in found
    ] == expected
    assert all(record.abstract and record.authors_complete for _, record in found)


def test_a_recorded_answer_to_a_search(shared):
    reading = read((shared / "samples" / "arxiv-atom.xml").read_bytes())
    assert reading.problems == ()
    found = [(str(day.date), row.record) for day in reading.days for row in day.rows]
    assert len(found) == 10
    day, record = found[2]
    assert day == "2020-05-28"
    assert record == Record(
        title="Active Fuzzing for Testing and Securing Cyber-Physical Systems",
        link="http://arxiv.org/abs/2005.14124v2",
        authors=("Yuqi Chen", "Bohan Xuan", "Christopher M. Poskitt", "Jun Sun", "Fan Zhang"),
        classification=("cs.SE", "cs.CR", "cs.LG"),
        abstract=record.abstract,
        authors_complete=True,
        comment=(
            "Accepted by the ACM SIGSOFT International Symposium on Software Testing and Analysis"
            " (ISSTA 2020)"
        ),
        doi="10.1145/3395363.3397376",
        version=2,
    )
    assert record.abstract.startswith("Cyber-physical systems (CPSs) in critical infrastructure")
    assert record.abstract.endswith("early warning systems.")


def test_a_recorded_error(shared):
    reading = read((shared / "samples" / "arxiv-atom-error.xml").read_bytes(), DATE)
    assert reading.days == ()
    assert [str(problem) for problem in reading.problems] == [
        "9: the service answers: incorrect id format for abc (row left out)"
    ]
