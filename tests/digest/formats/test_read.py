"""`read` as a whole: encodings, line ends, size, and answers to every kind of bytes."""

import datetime
import tracemalloc
from functools import cache

import pytest

from digest.formats import (
    MAX_BYTES,
    Format,
    Reading,
    Record,
    RowProblem,
    read,
    write_json,
    write_markdown,
)
from tests.speed import in_proportion

DATE = datetime.date(2025, 2, 6)
RECORD = Record("Wrapped\n  é", "u", "Ann", "- It works.", ("A",), None, (), ())
TABLE = "## Papers for 2025-02-06\n\n| Title | Authors | Summary |\n|---|---|---|\n"


def unread(reason, line=1):
    return Reading((), (RowProblem(line, reason, "file not read"),), None)


@pytest.mark.parametrize("write", [write_markdown, write_json])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_utf8_with_any_line_ends(write, bom, newline):
    plain = write(DATE, [RECORD]).encode()
    reading = read(bom + plain.replace(b"\n", newline))
    assert reading == read(plain)
    assert [row.record for row in reading.days[0].rows] == [RECORD]
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", unread("the file is empty")),
        (b"\xef\xbb\xbf \r\n\t", unread("the file is empty")),
        ("é".encode("utf-16"), unread("the file is UTF-16, not UTF-8")),
        ("ab".encode("utf-16-be"), unread("the file is binary: it holds a zero byte")),
        *(
            (
                packed,
                unread(
                    "the file is packed, as ZIP archives and office documents are:"
                    " give what is in it"
                ),
            )
            for packed in (b"PK\3\4\0", b"PK\5\6\0", b"\x1f\x8b\x08")
        ),
        *(
            (page, unread("a web page (HTML): papers are read from JSON, XML and Markdown"))
            for page in (b"\n<!DOCTYPE html><title>x</title>", b"<html lang='en'>")
        ),
        (b"one\ntwo\0", unread("the file is binary: it holds a zero byte", 2)),
        ("one\ntwo\nthrée".encode("latin-1"), unread("not UTF-8: byte 0xE9", 3)),
        (b"\xed\xa0\x80", unread("not UTF-8: byte 0xED")),
        (b"x" * (MAX_BYTES + 1), unread("the file is larger than 32 MiB")),
        (
            b"Hello",
            unread(
                "no papers in JSON or XML, and in Markdown neither a table nor headings of papers"
            ),
        ),
    ],
)
def test_files_that_cannot_be_read(data, expected):
    assert read(data) == expected


def test_markdown_may_begin_like_json():
    for front in ("[A link](u)\n", "[![A badge](a.svg)](u)\n", "{% raw %}\n", "[1] A footnote.\n"):
        reading = read((front + TABLE + "| T | A | S |\n").encode())
        assert [row.record.title for row in reading.days[0].rows] == ["T"]
        assert reading.problems == ()


def test_formats_rank_best_first():
    """The group's own digests before what services answer."""
    assert [(format.value, format.rank) for format in Format] == [
        ("json", 0),
        ("six-column", 1),
        ("three-column", 2),
        ("table", 3),
        ("headed-list", 4),
        ("hugging-face", 5),
        ("arxiv-atom", 6),
        ("arxiv-rss", 7),
        ("arxiv-oai", 8),
        ("suggestions", 9),
    ]


def test_records_as_dicts():
    record = Record("T", "", "A", github_urls=("u", "v"), huggingface_urls=())
    values = {"title": "T", "link": "", "authors": "A", "github_urls": ["u", "v"]}
    assert record.as_dict() == values | {"huggingface_urls": []}
    assert Record.from_dict(record.as_dict()) == record


HEAD = write_markdown(DATE, [])
NAMED = "## 2025-02-06\n\n| Title | PDF |\n|---|---|\n"


@cache
def hostile(size):
    """Files of about so many bytes that were made to keep a reader busy, by name."""
    return {
        "one line": "x" * size,
        "bars": "|" * size,
        "brackets": "[" * size,
        "blank lines": "\n" * size + "x",
        "lines of bars": "|\n" * (size // 2),
        "headings": "# \n" * (size // 3),
        "dated headings": TABLE[:25] * (size // 25),
        "a heading of spaces": "\n# papers for" + " " * size,
        "a rule that fails at its end": "\n| a |\n|" + "-" * size + "x",
        "a row of bars": HEAD + "|" * size,
        "a row of backslashes": HEAD + "| [" + "\\" * size,
        "a row of escaped bars": HEAD + "| [" + "\\|" * (size // 2),
        "a row of doubly escaped bars": HEAD + "| [" + "\\\\\\|" * (size // 4),
        "a row of spaces": HEAD + "| [a" + " " * size + "b](u) | A | S | [] | N/A | N/A |",
        "a row of lines": HEAD + "|" + "a\n" * (size // 2),
        "a row of closing lines": HEAD + "|" + "a|\n" * (size // 3) + "\n",
        "a title of links": HEAD + "| [" + "](" * (size // 2) + ") | A | S | [] | N/A | N/A |",
        "a title of titles": HEAD + "|" + "[](|" * (size // 4) + "\n",
        "a classification of quotes": HEAD + "| [T](u) | A | S | [" + "'" * size + "] | | |",
        "a classification of escapes": (
            HEAD + "| [T](u) | A | S | ['" + "\\'" * (size // 2) + "] | | |"
        ),
        "a classification of spaces": HEAD + "| [T](u) | A | S | ['A'" + " " * size + "x] | | |",
        "links of brackets": HEAD + "| [T](u) | A | S | [] | " + "[" * size + "](u) | |",
        "links of links": HEAD + "| [T](u) | A | S | [] | " + "[Link](" * (size // 7) + ") | |",
        "more to read": TABLE + "|" + "read more on [arXiv](" * (size // 21) + ") | A | S |",
        "spaces to read": TABLE + "| a" + " " * size + "b | A | S |",
        "a named cell of links": f"{NAMED}| T | {'](' * (size // 2)} |",
        "a named cell of open links": f"{NAMED}| T | {'](a(b)' * (size // 6)} |",
        "a named cell of brackets": f"{NAMED}| {'[' * size} | u |",
        "a named cell of breaks": f"{NAMED}| T | {'<br>' * (size // 4)}{'x' * 2_001} |",
        "headings of papers": f"## [{'x' * 1_001}](https://x.org)\n" * (size // 1_022),
        "a heading of brackets": "## [" + "[" * size + "](https://x.org)",
        "labels": f"## [{'x' * 1_001}](https://x.org)\n" + "- Code: u\n" * (size // 10),
        "no labels": f"## [{'x' * 1_001}](https://x.org)\n" + "- a a a\n" * (size // 8),
        "lines of braces": '{"a"\n' * (size // 5),
        "lines of strings": '{"\n' * (size // 3),
        "lines of lists": '{"a":[\n' * (size // 7),
        "an object of lists": '{"a": [' + '{"b": [{"title": 1}]},' * (size // 22),
        "xml of open tags": "<feed>" + "<a>" * (size // 3),
        "xml of empty tags": "<feed>" + "<a/>" * (size // 4),
        "xml of empty entries": "<feed>" + "<entry/>" * (size // 8),
        "xml of attributes": "<feed" + "".join(f" a{n}=''" for n in range(size // 10)) + ">",
        "xml of entities": "<?xml version='1.0'?><!DOCTYPE feed [<!ENTITY a 'a'>"
        + "".join(f"<!ENTITY a{n} '&a{n - 1};&a{n - 1};'>" for n in range(1, size // 30))
        + "]><feed><entry>&a9;</entry></feed>",
        "xml of comments": "<!---->" * (size // 7),
        "xml of text": "<feed><entry><title>" + "&amp;" * (size // 5),
        "empty objects": "[" + "{}," * (size // 3),
        "empty lists": '[{"x": [' + "[]," * (size // 3) + "1]}]",
        "deep objects": "[" + '{"a":' * (size // 5),
        "digits": '[{"title": ' + "9" * size + "}]",
        "an endless string": '[{"title": "' + "a" * size,
        "an endless list": "[" + "1," * (size // 2),
        "spaces in a list": "[{}" + " " * size,
    }


@pytest.mark.parametrize("name", hostile(100))
@pytest.mark.slow
def test_hostile_files_are_answered_at_once(name):
    """In linear time: had anything been quadratic, the 32 MiB that are allowed would take days."""
    quarter, full = hostile(100_000)[name].encode(), hostile(400_000)[name].encode()
    assert in_proportion(lambda data: read(data, DATE), quarter, full)
    reading = read(full, DATE)
    assert sum(len(day.rows) for day in reading.days) == 0
    assert reading.problems


@pytest.mark.parametrize("name", ["one line", "a row of bars", "empty lists", "empty objects"])
@pytest.mark.slow
def test_hostile_files_take_bounded_memory(name):
    data = hostile(400_000)[name].encode()
    tracemalloc.start()
    try:
        read(data, DATE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * len(data)
