import json
import re
from textwrap import indent

import pytest

from digest.catalogue.ledger import Ledger
from digest.catalogue.load import load
from digest.formats.records import ROW_LEFT_OUT
from digest.models import Source, Verdict
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

TABLE = """\
# Front matter

| A | table |
|---|-------|
| of | another kind |

## Papers for 2025-02-06

| Title | Authors | Summary |
|-------|---------|---------|
| [First](https://arxiv.org/abs/2502.00001) | A B | Some |
| [Only two](https://arxiv.org/abs/2502.00002) | A B |
| [Wrapped
  over two lines](https://arxiv.org/abs/2502.00003) | A B | Some \\| text |
| [With more](https://arxiv.org/abs/2502.00004) | A B | Some |
that belongs to none

## Papers for 2025-02-07

| Title | Authors | Summary |
|-------|---------|---------|
| [Last](https://arxiv.org/abs/2502.00005) | A B | Some |

After it.
"""


def ledger(content, name="a.json", verdict=""):
    pk = load(content, name).source
    return Ledger(Source.objects.get(pk=pk), verdict)


def raws(found):
    return [(one.line, one.verdict.value, one.raw) for one in found[:50]]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_of_a_table_stand_as_in_the_file(end):
    found = ledger(TABLE.replace("\n", end).encode(), "a.md")
    rows = TABLE.split("\n")
    assert len(found) == 5
    assert raws(found) == [
        (11, "new", rows[10]),
        (12, "rejected", rows[11]),
        (13, "new", "\n".join(rows[12:14])),
        (15, "new", "\n".join(rows[14:16])),
        (22, "new", rows[21]),
    ]
    first, rejected, wrapped, more, last = found[:50]
    assert rejected.entry is None
    assert rejected.reason == "the row has 2 columns where the table has 3"
    assert [one.entry.paper.slug for one in (first, wrapped, more, last)] == [
        *("2502.00001", "2502.00003", "2502.00004", "2502.00005")
    ]
    assert [str(one) for one in more.remarks] == ["16: text that belongs to no row (passed over)"]
    assert first.remarks == wrapped.remarks == last.remarks == rejected.remarks == ()


def test_objects_stand_as_in_the_file():
    rows = [row(1), row(2, title=["no text"]), row(3, github_urls=["[data", "http:/x"])]
    content = json.dumps(rows, indent=4)
    found = ledger(content.encode())
    starts = [n for n, line in enumerate(content.split("\n"), start=1) if line == "    {"]
    texts = [indent(json.dumps(one, indent=4), "    ").strip() for one in rows]
    assert [(one.line, one.raw) for one in found[:50]] == list(zip(starts, texts, strict=True))
    assert [one.reason for one in found[:50]] == ["", "title is not text", ""]
    assert [len(one.remarks) for one in found[:50]] == [0, 0, 2]


def test_rows_of_one_line_are_told_apart_by_what_they_say():
    """Most programs write JSON on one line; days may be mixed there."""
    rows = [
        row(1, date="2025-02-07"),
        row(2, date=None),
        row(3, title=None),
        row(4, date="2025-02-07"),
        row(5, date="yesterday"),
        row(6, title=""),
        row(2, date=None),
        row(7, date=None),
    ]
    found = ledger(json.dumps(rows).encode(), "2025-02-06.json")
    assert [json.loads(one.raw) for one in found[:50]] == [
        *(rows[0], rows[3], rows[1], rows[6], rows[7]),
        *(rows[2], rows[4], rows[5]),
    ]
    assert [one.reason for one in found[:50]][5:] == [
        *("the row has no title", "'yesterday' is not a date", "the row has no title")
    ]
    assert {one.line for one in found[:50]} == {1}


def test_a_remark_on_a_line_of_several_rows_is_at_none_of_them():
    found = ledger(digest(row(1, github_urls=["nowhere"]), row(2)))
    assert [one.remarks for one in found[:50]] == [(), ()]
    assert [str(one) for one in found.remarks] == [
        "1: no http or https link: nowhere (kept as text)"
    ]


def test_what_stands_where_no_reader_looks_is_none():
    found = ledger(json.dumps([row(1), row(2)], indent=1).encode())
    Source.objects.update(content=b"nothing")
    found = Ledger(Source.objects.get())
    assert [one.raw for one in found[:50]] == ["", ""]


def test_a_text_of_a_later_error_keeps_the_rows_before_it():
    found = ledger(b"[" + json.dumps(row(1)).encode() + b",\n" + b'{"title": }]')
    assert [(one.line, json.loads(one.raw)["title"]) for one in found[:50]] == [(1, "Paper 1")]


@pytest.mark.parametrize(
    ("verdict", "lines"), [("new", [11, 13, 15, 22]), ("rejected", [12]), ("kept", [])]
)
def test_rows_of_one_verdict(verdict, lines):
    found = ledger(TABLE.encode(), "a.md", verdict)
    assert len(found) == len(lines)
    assert [one.line for one in found[:50]] == lines


def test_a_page_asks_little_of_a_large_source(django_assert_num_queries):
    rows = [row(n, title="" if n % 7 == 0 else f"Paper {n}") for n in range(1, 200)]
    pk = load(json.dumps(rows, indent=1).encode(), "a.json").source
    source = Source.objects.defer("content").get(pk=pk)
    with django_assert_num_queries(3):
        page = Ledger(source)[150:200]
        assert [json.loads(one.raw)["title"] for one in page] == [
            one["title"] for one in rows[150:200]
        ]
        assert [one.entry.paper.title for one in page if one.entry] == [
            one["title"] for one in rows[150:200] if one["title"]
        ]


@pytest.mark.parametrize("folder", ["json", "six-column", "three-column"])
@pytest.mark.slow
def test_every_row_of_the_archive_has_its_place(archive_files, folder):
    for file in archive_files(folder):
        pk = load(file.read_bytes(), str(file)).source
        source = Source.objects.get(pk=pk)
        text = file.read_text()
        if file.suffix == ".json":
            rows = len(json.loads(text))
        else:
            bars = re.findall(r"^\|.*", text, re.MULTILINE)
            rows = len(bars) - 2 * sum(not bar.strip("|-: ") for bar in bars)
        rejected = [one for one in source.problems if one["action"] == ROW_LEFT_OUT]
        verdicts = [getattr(source, verdict) for verdict in Verdict.values]
        found = Ledger(source)
        assert (
            rows
            == source.rows
            == sum(verdicts)
            == source.entries.count() + len(rejected)
            == len(found)
        ), file
        for one in found[:rows]:
            if one.entry is None:
                assert one.raw
                continue
            title = one.entry.record["title"]
            if file.suffix == ".json":
                assert json.loads(one.raw)["title"].strip() == title
            else:
                assert title.split()[0] in one.raw, file
                assert one.raw.startswith("|")
                assert one.raw.rstrip().endswith("|")
