"""The JSON dialect, element by element and problem by problem."""

import datetime
import json

import pytest

from digest.formats import DayRows, FileRow, Format, Record, raw_rows, read, write_json

DATE = datetime.date(2025, 2, 6)
GOOD = '{"title": "Good", "link": "u", "date": "2025-02-06"}'
GOOD_RECORD = Record("Good", "u")


def rows_and_problems(text, date=None):
    """The file's rows, all of which must be of the one DATE, and its problems as they are shown."""
    reading = read(text.encode(), date)
    assert [day.date for day in reading.days] in ([DATE], [])
    assert reading.format is (Format.JSON if reading.days else None)
    rows = [(row.line, row.record) for day in reading.days for row in day.rows]
    return rows, [str(problem) for problem in reading.problems]


def test_a_file():
    record = Record(
        title="Wrapped\n  é",
        link="https://arxiv.org/abs/2502.00001",
        authors="Ann, bob",
        summary="- One.\n- Two.",
        classification=("Computer Vision",),
        github_repo="https://github.com/a/b",
        github_urls=("https://github.com/a/b",),
        huggingface_urls=(),
    )
    text = write_json(DATE, [record, Record("Bare")])
    assert (
        text
        == r"""[
    {
        "title": "Wrapped\n  \u00e9",
        "authors": "Ann, bob",
        "link": "https://arxiv.org/abs/2502.00001",
        "github_repo": "https://github.com/a/b",
        "summary": "- One.\n- Two.",
        "classification": [
            "Computer Vision"
        ],
        "github_urls": [
            "https://github.com/a/b"
        ],
        "huggingface_urls": [],
        "date": "2025-02-06"
    },
    {
        "title": "Bare",
        "link": "",
        "github_repo": null,
        "date": "2025-02-06"
    }
]"""
    )
    reading = read(text.encode())
    rows = FileRow(2, Format.JSON, record), FileRow(17, Format.JSON, Record("Bare"))
    assert reading.days == (DayRows(DATE, rows),)
    assert reading.problems == ()
    assert reading.format is Format.JSON


def test_a_day_without_papers():
    assert write_json(DATE, []) == "[]"
    assert read(b"[]", DATE).days == (DayRows(DATE, ()),)
    assert rows_and_problems("[]", DATE) == ([], [])
    assert rows_and_problems("\n[ ]\n") == (
        [],
        ["2: an empty list, and no date for it (no day read)"],
    )


def test_a_day_without_papers_in_an_object():
    text = '{"date": "2025-02-06", "papers": []}'
    assert read(text.encode()).days == (DayRows(DATE, ()),)
    assert rows_and_problems('{"papers": []}', DATE) == ([], [])
    assert rows_and_problems('{"papers": []}') == (
        [],
        ["1: an empty list, and no date for it (no day read)"],
    )


def test_nulls_say_nothing():
    row = dict.fromkeys(("link", "authors", "summary", "classification", "github_repo", "date"))
    text = json.dumps([row | {"title": " Good ", "github_urls": None, "stars": None, "x": []}])
    assert rows_and_problems(text, DATE) == ([(1, Record("Good"))], [])


def test_unknown_keys_are_named_once():
    rows = [
        {"title": "A", "link": "u", "stars": {"a": [1, 2.5]}, "Likes": 3},
        {"title": "B", "authors": "C D", "stars": 7, "mood": "x" * 50},
        {"title": "C", "link": "v", "stars": 0.5},
    ]
    found, problems = rows_and_problems(json.dumps(rows, indent=0), DATE)
    assert [record.title for _, record in found] == ["A", "B", "C"]
    assert problems == [
        "2: names that are not known: 'stars', 'Likes' (passed over)",
        "13: names that are not known: 'mood' (passed over)",
    ]


def test_only_so_many_unknown_keys_are_named(monkeypatch):
    monkeypatch.setattr("digest.formats.records.MAX_UNKNOWN", 2)
    rows = [{"title": "A", "link": "u", f"key {n}": n + 1} for n in range(4)]
    assert rows_and_problems(json.dumps(rows), DATE)[1] == [
        "1: names that are not known: 'key 0' (passed over)",
        "1: names that are not known: 'key 1' (passed over)",
    ]


KNOWN = "known are title, link, authors, summary, abstract, keywords, code, date"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            {"headline": "T", "who": "A"},
            f"the row has no title, but 'headline', 'who'; {KNOWN}",
        ),
        (
            {"title": "T", "summary": "S", "stars": 3},
            f"the row has neither link nor authors, but 'stars'; {KNOWN}",
        ),
        ({f"k{n}": n + 1 for n in range(10)}, f"the row has no title, but {'%s'}; {KNOWN}"),
    ],
)
def test_a_row_that_was_not_understood_is_no_paper(row, problem):
    names = ", ".join(f"'k{n}'" for n in range(8)) + " and 2 more"
    problem = problem.replace("%s", names)
    assert rows_and_problems(json.dumps([row]), DATE) == ([], [f"1: {problem} (row left out)"])


def test_the_date_of_a_row_wins():
    text = f'[{GOOD}, {{"title": "Undated"}}]'
    other = datetime.date(2025, 2, 5)
    assert read(text.encode(), other).days == (
        DayRows(DATE, (FileRow(1, Format.JSON, GOOD_RECORD),)),
        DayRows(other, (FileRow(1, Format.JSON, Record("Undated")),)),
    )
    assert rows_and_problems(text) == (
        [(1, GOOD_RECORD)],
        ["1: the row has no date (row left out)"],
    )


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("3", "not a JSON object"),
        ("[]", "not a JSON object"),
        ("{}", "the row has no title"),
        ('{"title": " \\n "}', "the row has no title"),
        ('{"title": null}', "the row has no title"),
        ('{"title": 3}', "title is not text"),
        ('{"title": "T", "authors": 3}', "authors is neither text nor a list of names"),
        ('{"title": "T", "authors": ["A", 3]}', "authors is not a list of names"),
        ('{"title": "T", "authors": [{"first": 3}]}', "authors is not a list of names"),
        ('{"title": "T", "link": {}}', "link is not text"),
        ('{"title": "T", "github_repo": true}', "github_repo is not text"),
        ('{"title": "T", "classification": 3}', "classification is not a list of texts"),
        ('{"title": "T", "github_urls": [null]}', "github_urls is not a list of texts"),
        ('{"title": "T", "huggingface_urls": {}}', "huggingface_urls is not a list of texts"),
        ('{"title": "T", "date": "2025-02-30"}', "'2025-02-30' is not a date"),
        ('{"title": "T", "date": "\\ud800"}', r"'\ud800' is not a date"),
        ('{"title": "T", "date": 20250206}', "date is not text"),
        ('{"title": "T", "upvotes": -1}', "upvotes is no number from 0 to 2,147,483,647"),
        ('{"title": "T", "upvotes": 2.5}', "upvotes is not a number"),
        ('{"title": "T", "upvotes": true}', "upvotes is not a number"),
        ('{"title": "T", "version": "x"}', "version is not a number"),
        ('{"title": "T", "authors_complete": 1}', "authors_complete is neither true nor false"),
        ('{"title": "T", "x": NaN}', "NaN is not JSON"),
        ('{"title": "T", "x": [-Infinity]}', "-Infinity is not JSON"),
        ('{"title": "T", "title": "U"}', "the row has the same key twice"),
        ('{"title": "T", "x": {"a": 1, "a": 1}}', "the row has the same key twice"),
        ('{"title": "T\\u0000"}', "title has the character U+0000"),
        ('{"title": "T", "summary": "\\ud83d"}', "summary has the character U+D83D"),
        ('{"title": "T", "github_urls": ["\\uffff"]}', "github_urls has the character U+FFFF"),
        ('{"title": "T", "x": ' + "9" * 5000 + ', "date": 0}', "date is not text"),
        (json.dumps({"title": "x" * 1001}), "title has more than 1,000 characters"),
        (
            json.dumps({"title": "T", "github_urls": ["u"] * 201}),
            "github_urls has more than 200 items",
        ),
        (
            json.dumps({"title": "T", "github_repo": "x" * 2001}),
            "github_repo has more than 2,000 characters",
        ),
    ],
)
def test_a_bad_row_leaves_the_others(row, problem):
    text = f"[\n{GOOD},\n{row},\n{GOOD}\n]\n"
    assert rows_and_problems(text, DATE) == (
        [(2, GOOD_RECORD), (4, GOOD_RECORD)],
        [f"3: {problem} (row left out)"],
    )


def test_what_is_odd_but_can_be_read():
    row = '{"title": "Line\nbreak\t\x7f\\ud83d\\ude00", "link": "u", "x": ' + "9" * 5000 + "}"
    assert rows_and_problems(f"[{row}]", DATE) == (
        [(1, Record("Line\nbreak\t\x7f😀", "u"))],
        ["1: names that are not known: 'x' (passed over)"],
    )


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ("", "3: not JSON: neither a comma nor the list's end"),
        (f" {GOOD}]", "3: not JSON: neither a comma nor the list's end"),
        (",", "3: not JSON: Expecting value"),
        (",\n]", "4: not JSON: Expecting value"),
        (',\n{"title": "T"', "4: not JSON: Expecting ',' delimiter"),
        (',\n{"title": "T', "4: not JSON: Unterminated string starting at"),
        (",\n{'title': 'T'}]", "4: not JSON: Expecting property name enclosed in double quotes"),
        (",\n" + "[" * 100_000, "4: nested too deeply"),
        (',\n{"x": ' + "[" * 100_000 + "]" * 100_000 + "}]", "4: nested too deeply"),
    ],
)
def test_an_error_late_in_the_file_leaves_the_rows_before_it(rest, problem):
    assert rows_and_problems(f"[\n{GOOD},\n{GOOD}{rest}") == (
        [(2, GOOD_RECORD), (3, GOOD_RECORD)],
        [f"{problem} (rest of the file not read)"],
    )


@pytest.mark.parametrize("space", ["\xa0", "\x0b", "\u2028", "\u3000 \n"])
def test_any_white_space_may_stand_around_the_list_and_its_rows(space):
    text = f"{space}[{space}{GOOD}{space},{space}{GOOD}{space}]{space}"
    reading = read(text.encode())
    assert [row.record for day in reading.days for row in day.rows] == [GOOD_RECORD] * 2
    assert reading.problems == ()
    assert [row for _, row, _ in raw_rows(text.encode())] == [GOOD] * 2


def test_text_after_the_list():
    assert rows_and_problems(f"[{GOOD}]\n\n[{GOOD}]") == (
        [(1, GOOD_RECORD)],
        ["3: text after the end of the list (passed over)"],
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}", "1: the row has no title (row left out)"),
        (
            "{",
            "1: not JSON: Expecting property name enclosed in double quotes"
            " (rest of the file not read)",
        ),
        ("[", "1: not JSON: Expecting value (rest of the file not read)"),
        ("[" * 100_000, "1: nested too deeply (rest of the file not read)"),
        ('["a"', "1: not a JSON object (row left out)"),
        (
            "[1]",
            "1: no papers in JSON or XML, and in Markdown neither a table nor headings of papers"
            " (file not read)",
        ),
    ],
)
def test_nothing_to_read(text, problem):
    rows, problems = rows_and_problems(text, DATE)
    assert rows == []
    assert problems[0] == problem


def test_only_so_many_rows(monkeypatch):
    monkeypatch.setattr("digest.formats.json_dialect.MAX_ROWS", 2)
    rows, problems = rows_and_problems(f"[{GOOD},\n{GOOD},\n{GOOD}]")
    assert rows == [(1, GOOD_RECORD), (2, GOOD_RECORD)]
    assert problems == ["3: more than 2 rows (rest of the file not read)"]
    assert len(rows_and_problems(f"[{GOOD},\n{GOOD}]")[1]) == 0


def test_only_so_many_brackets(monkeypatch):
    monkeypatch.setattr("digest.formats.json_dialect.MAX_NESTED", 2)
    assert rows_and_problems(f"[{GOOD}]") == ([(1, GOOD_RECORD)], [])
    assert rows_and_problems(f"[{GOOD}, {{}}]") == (
        [],
        ["1: more than 2 lists and objects (file not read)"],
    )
