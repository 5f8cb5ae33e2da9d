"""Whatever a record says, writing and reading keep it, or lose only what is documented."""

import datetime
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.formats import (
    Format,
    Record,
    read,
    reduce_to_markdown,
    write_json,
    write_markdown,
)

# Text that looks like the syntax around it, and characters that some functions take for line ends.
NASTY = [
    *r"|[](){}\`'\"$#<>-:,*_!".replace("\\", ""),
    *("\\", "\\\\", "\\|", "\\\\|", "\\\\\\|", " | ", "||", "](", ")](", "), [Link](", "[Link](u)"),
    *(
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\n \n",
        "\n|",
        "\n\\|",
        "\n# ",
        "\n#",
        "\n## Papers for 2020-01-01\n",
    ),
    *("\n|---|---|---|\n", "\n| Title | Authors | Summary |\n", " |\n", "|\n", "\t", " ", "  "),
    *(
        "\x85",
        "\u2028",
        "\u2029",
        "\ufeff",
        "\u200b",
        "\xa0",
        "\x7f",
        "e\u0301",
        "é",
        "😀",
        "\U0010ffff",
    ),
    *("N/A", "null", "['A']", "'", '"', "\\n", "\\x00", "\\u0041", "\\N{BULLET}", "&#124;", "%28"),
    *(
        "(Read more on [arXiv](u) or [HuggingFace](v))",
        "$\\|x\\|_2$",
        "<think>",
        "https://x.org/a_(b),c",
    ),
    *("Title", "a", "- One.\n- Two."),
]
CHARACTERS = st.characters(
    exclude_categories=["Cs"],
    exclude_characters=[*map(chr, {*range(32)} - {9, 10, 13}), "\ufffe", "\uffff"],
)
TEXTS = st.lists(st.sampled_from(NASTY) | st.text(CHARACTERS, max_size=5), max_size=12).map("".join)
# No line breaks, and no "](" in a link: Markdown keeps this exactly.
PLAIN_TEXTS = TEXTS.map(lambda text: re.sub(r"[\r\n(]", "", text))
DATES = st.dates(datetime.date(1990, 1, 1), datetime.date(2199, 12, 31))


def records_of(texts):
    lists = st.none() | st.lists(texts, max_size=4).map(tuple)
    return st.builds(
        Record,
        title=texts.map(str.strip).filter(bool),
        link=texts,
        authors=st.none() | texts | lists,
        summary=st.none() | texts,
        classification=lists,
        github_repo=st.none() | texts,
        github_urls=lists,
        huggingface_urls=lists,
        project_page=st.none() | texts,
        abstract=st.none() | texts,
        authors_complete=st.sampled_from([None, True]),
        machine_summary=st.sampled_from([None, True]),
        keywords=lists,
        upvotes=st.none() | st.integers(0, 2**31 - 1),
        comment=st.none() | texts,
        doi=st.none() | texts,
        version=st.none() | st.integers(0, 2**31 - 1),
    )


RECORDS = records_of(TEXTS)
JSON_ALONE = (
    *("project_page", "abstract", "authors_complete", "machine_summary", "keywords", "upvotes"),
    *("comment", "doi", "version"),
)
"""Fields that Markdown has no column for."""
DATE = datetime.date(2025, 2, 6)


def only_day(text):
    """The date, records and formats of a text, which must have one day and no problem."""
    reading = read(text.encode())
    assert reading.problems == ()
    (day,) = reading.days
    return day.date, [row.record for row in day.rows], {row.format for row in day.rows}


@given(DATES, st.lists(RECORDS, min_size=1, max_size=4))
@pytest.mark.slow
def test_json_keeps_everything(date, records):
    text = write_json(date, records)
    assert text.isascii()
    assert only_day(text) == (date, records, {Format.JSON})


@given(DATES, st.lists(RECORDS, min_size=1, max_size=4))
@pytest.mark.slow
def test_markdown_keeps_all_but_what_is_documented(date, records):
    text = write_markdown(date, records)
    left = [reduce_to_markdown(record) for record in records]
    assert only_day(text) == (date, left, {Format.SIX_COLUMN})
    assert write_markdown(date, left) == text


@pytest.mark.parametrize("field", ["link", "github_urls", "huggingface_urls"])
def test_a_link_is_as_long_as_markdown_has_it(field):
    def row(link):
        return Record("T", **{field: link if field == "link" else (link,)})

    longest, longer = row("](" * 500), row("](" * 500 + "x")
    assert only_day(write_json(DATE, [longest]))[1] == [longest]
    assert only_day(write_markdown(DATE, [longest]))[1] == [reduce_to_markdown(longest)]
    for write in (write_json, write_markdown):
        (problem,) = read(write(DATE, [longer]).encode()).problems
        assert problem.reason == f"{field} has more than 2,000 characters"


def test_the_longest_texts_of_a_row_come_back():
    links = ("u" * 2_000,) * 200
    tags = ("\U000e0001" * 2_000,) * 200  # each character takes ten in a Python list
    record = Record("t" * 1_000, "", "a" * 100_000, "|" * 20_000, tags, None, links, links)
    assert only_day(write_markdown(DATE, [record]))[1] == [reduce_to_markdown(record)]


@given(RECORDS)
def test_markdown_loses_no_more_than_it_says(record):
    left = reduce_to_markdown(record)
    assert reduce_to_markdown(left) == left
    assert left.classification == (record.classification or ())
    assert left.title.split() == record.title.split()
    assert left.authors.split() == record.authors_text.split()
    assert (left.summary or "").split() == (record.summary or "").split()
    links = (left.link, *left.github_urls, *left.huggingface_urls)
    given_links = (record.link, *(record.github_urls or ()), *(record.huggingface_urls or ()))
    assert [link.replace("%28", "(").split() for link in links] == [
        link.replace("%28", "(").split() for link in given_links
    ]


@given(records_of(PLAIN_TEXTS))
def test_markdown_keeps_plain_text_exactly(record):
    assert reduce_to_markdown(record) == replace(
        record,
        authors=record.authors_text,
        summary=record.summary or "",
        classification=record.classification or (),
        github_repo=None,
        github_urls=record.github_urls or (),
        huggingface_urls=record.huggingface_urls or (),
        **dict.fromkeys(JSON_ALONE),
    )


@given(RECORDS)
def test_a_record_comes_back_from_its_dict(record):
    values = record.as_dict()
    assert None not in values.values()
    assert Record.from_dict(values) == record


PIECES = [
    *("## Papers for 2025-02-06\n", "## Papers for 2025-99-99\n", "|---|---|---|\n", "|", "\n"),
    "| Title | Authors | Summary |\n",
    "| Title | Authors | Summary | Classification | GitHub URLs | HuggingFace URLs |\n",
    "| [T](u) | A | S | ['A'] | [Link](u) | N/A |\n",
    "| T (Read more on [arXiv](u) or [HuggingFace](v))| A | S |\n",
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        '"title"',
        ":",
        '"T"',
        "NaN",
        "null",
        "1e999",
        "9" * 5000,
        '"\\ud800"',
    ),
    *('{"title": "T", "date": "2025-02-06"}', '{"title": "T", "classification": ["A"]}'),
]
FILES = st.binary() | st.lists(
    st.sampled_from(PIECES + NASTY) | st.text(max_size=3), max_size=30
).map("".join).map(lambda text: text.encode("utf-8", "surrogatepass"))


@given(FILES, st.none() | DATES)
def test_no_file_is_too_odd_to_answer(data, date):
    """And whatever was read of it can be written, and read again without problems."""
    reading = read(data, date)
    assert reading.days or reading.problems
    assert (reading.format is None) == (not reading.days)
    lines = data.count(b"\n") + data.count(b"\r") + 1
    places = [problem.line for problem in reading.problems]
    assert places == sorted(places)
    assert all(1 <= line <= lines for line in places)
    for day in reading.days:
        assert all(1 <= row.line <= lines for row in day.rows)
        records = [row.record for row in day.rows]
        if records:
            assert only_day(write_json(day.date, records))[:2] == (day.date, records)
            left = [reduce_to_markdown(record) for record in records]
            assert only_day(write_markdown(day.date, records))[:2] == (day.date, left)
        elif reading.problems == ():
            assert read(write_markdown(day.date, []).encode()).days == (day,)


@pytest.mark.parametrize("count", range(5))
def test_backslashes_before_a_bar(count):
    record = Record("T", "u", "", "\\" * count + "|", (), None, (), ())
    assert "\\" * (2 * count + 1) + "|" in write_markdown(datetime.date(2025, 2, 6), [record])
    assert only_day(write_markdown(datetime.date(2025, 2, 6), [record]))[1] == [record]
