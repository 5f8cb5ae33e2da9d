"""`read` as a whole: encodings, line ends, size, and answers to every kind of bytes."""

import datetime
import time
import tracemalloc

import pytest

from digest.formats import (
    MAX_BYTES,
    Format,
    Problem,
    Reading,
    Record,
    read,
    write_json,
    write_markdown,
)

DATE = datetime.date(2025, 2, 6)
RECORD = Record("Wrapped\n  é", "u", "Ann", "- It works.", ("A",), None, (), ())
TABLE = "## Papers for 2025-02-06\n\n| Title | Authors | Summary |\n|---|---|---|\n"


def unread(reason, line=1):
    return Reading((), (Problem(line, reason, "file not read"),), None)


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
        (b"one\ntwo\0", unread("the file is binary: it holds a zero byte", 2)),
        ("one\ntwo\nthrée".encode("latin-1"), unread("not UTF-8: byte 0xE9", 3)),
        (b"\xed\xa0\x80", unread("not UTF-8: byte 0xED")),
        (b"x" * (MAX_BYTES + 1), unread("the file is larger than 32 MiB")),
        (
            b"Hello",
            unread("neither a list of papers in JSON nor a table of papers in Markdown"),
        ),
        (
            b"[A link](u) to begin with\n\n| A | B |\n|---|---|\n",
            unread("neither a list of papers in JSON nor a table of papers in Markdown"),
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
    assert sorted(Format, key=lambda format: format.rank) == [
        Format.JSON,
        Format.SIX_COLUMN,
        Format.THREE_COLUMN,
    ]
    assert [format.rank for format in Format] == [0, 1, 2]


def test_records_as_dicts():
    record = Record("T", "", "A", github_urls=("u", "v"), huggingface_urls=())
    values = {"title": "T", "link": "", "authors": "A", "github_urls": ["u", "v"]}
    assert record.as_dict() == values | {"huggingface_urls": []}
    assert Record.from_dict(record.as_dict()) == record


SIZE = 3_000_000
HEAD = write_markdown(DATE, [])
HOSTILE = {
    "one line": "x" * SIZE,
    "bars": "|" * SIZE,
    "brackets": "[" * SIZE,
    "blank lines": "\n" * SIZE + "x",
    "lines of bars": "|\n" * (SIZE // 2),
    "headings": "# \n" * (SIZE // 3),
    "dated headings": TABLE[:25] * (SIZE // 25),
    "a heading of spaces": "\n# papers for" + " " * SIZE,
    "a rule that fails at its end": "\n| a |\n|" + "-" * SIZE + "x",
    "a row of bars": HEAD + "|" * SIZE,
    "a row of backslashes": HEAD + "| [" + "\\" * SIZE,
    "a row of escaped bars": HEAD + "| [" + "\\|" * (SIZE // 2),
    "a row of doubly escaped bars": HEAD + "| [" + "\\\\\\|" * (SIZE // 4),
    "a row of spaces": HEAD + "| [a" + " " * SIZE + "b](u) | A | S | [] | N/A | N/A |",
    "a row of lines": HEAD + "|" + "a\n" * (SIZE // 2),
    "a row of closing lines": HEAD + "|" + "a|\n" * (SIZE // 3) + "\n",
    "a title of links": HEAD + "| [" + "](" * (SIZE // 2) + ") | A | S | [] | N/A | N/A |",
    "a title of titles": HEAD + "|" + "[](|" * (SIZE // 4) + "\n",
    "a classification of quotes": HEAD + "| [T](u) | A | S | [" + "'" * SIZE + "] | | |",
    "a classification of escapes": HEAD + "| [T](u) | A | S | ['" + "\\'" * (SIZE // 2) + "] | | |",
    "a classification of spaces": HEAD + "| [T](u) | A | S | ['A'" + " " * SIZE + "x] | | |",
    "links of brackets": HEAD + "| [T](u) | A | S | [] | " + "[" * SIZE + "](u) | |",
    "links of links": HEAD + "| [T](u) | A | S | [] | " + "[Link](" * (SIZE // 7) + ") | |",
    "more to read": TABLE + "|" + "read more on [arXiv](" * (SIZE // 21) + ") | A | S |",
    "spaces to read": TABLE + "| a" + " " * SIZE + "b | A | S |",
    "empty objects": "[" + "{}," * (SIZE // 3),
    "empty lists": '[{"x": [' + "[]," * (SIZE // 3) + "1]}]",
    "deep objects": "[" + '{"a":' * (SIZE // 5),
    "digits": '[{"title": ' + "9" * SIZE + "}]",
    "an endless string": '[{"title": "' + "a" * SIZE,
    "an endless list": "[" + "1," * (SIZE // 2),
    "spaces in a list": "[{}" + " " * SIZE,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_answered_at_once(text):
    """In linear time: had anything been quadratic, 3 MB would take hours."""
    data = text.encode()
    start = time.process_time()
    reading = read(data, DATE)
    assert time.process_time() - start < 5
    assert sum(len(day.rows) for day in reading.days) == 0
    assert reading.problems


@pytest.mark.parametrize("name", ["one line", "a row of bars", "empty lists", "empty objects"])
def test_hostile_files_take_bounded_memory(name):
    data = HOSTILE[name].encode()
    tracemalloc.start()
    try:
        read(data, DATE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * len(data)
