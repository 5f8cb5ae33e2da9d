"""Tables of papers by the names of their columns, and papers under headings of their own."""

import datetime

import pytest

from digest.formats import Format, Record, raw_rows, read

DATE = datetime.date(2025, 2, 6)
LIMO, HACKING = "https://arxiv.org/abs/2502.03387", "https://arxiv.org/abs/2502.02671"
LIMO_TITLE = "LIMO: Less is More for Reasoning"
HACKING_TITLE = "On Teacher Hacking in Language Model Distillation"


def days(text, date=None, format=Format.TABLE):
    """Each day's records, without problems."""
    reading = read(text if isinstance(text, bytes) else text.encode(), date)
    assert [str(problem) for problem in reading.problems] == []
    assert {row.format for day in reading.days for row in day.rows} <= {format}
    return {day.date: [row.record for row in day.rows] for day in reading.days}


def table(columns, *rows):
    lines = [columns, "|".join(["---"] * (columns.count("|") + 1)), *rows]
    return "".join(f"|{line}|\n" for line in lines)


def one(columns, row, heading="## 2025-02-06\n\n"):
    [[record]] = days(heading + table(columns, row)).values()
    return record


def problems(text, date=None):
    return [str(problem) for problem in read(text.encode(), date).problems]


# Files that people have


def test_a_daily_list_of_arxiv(shared):
    given = (shared / "cases/digests/arxiv-daily.md").read_bytes()
    assert days(given) == {
        DATE: [
            Record(
                LIMO_TITLE,
                LIMO.replace("https", "http"),
                "Yixin Ye et.al.",
                classification=("Language",),
                github_repo="https://github.com/GAIR-NLP/LIMO",
            )
        ],
        datetime.date(2025, 2, 5): [
            Record(
                HACKING_TITLE,
                HACKING.replace("https", "http"),
                "Daniil Tiapkin et.al.",
                classification=("Language",),
            )
        ],
    }
    assert days(given, datetime.date(2025, 2, 9)) == days(given)


def test_a_heading_that_is_a_date(shared):
    given = (shared / "cases/digests/datehead.md").read_bytes()
    assert days(given, format=Format.THREE_COLUMN) == {DATE: [Record("X", LIMO, "A B", "s")]}


def test_papers_under_headings(shared):
    given = (shared / "cases/digests/headed.md").read_bytes()
    assert days(given, format=Format.HEADED_LIST) == {
        DATE: [
            Record(LIMO_TITLE, LIMO, "Yixin Ye, Zhen Huang", "Few examples suffice."),
            Record(
                HACKING_TITLE,
                HACKING,
                "Daniil Tiapkin",
                "A student may learn its teacher's faults.",
            ),
        ]
    }


# Tables


def test_every_column():
    record = one(
        "No | **Publish Date** | Title | Authors | PDF | Code | Abstract | TL;DR | Comment"
        " | Keyword | Categories | Project Page | Hugging Face | Upvotes | DOI",
        f"1 | **2025-02-06** | **A *good* title** | [Ann](u), **Bob** | [2502.03387]({LIMO})"
        " | **[link](https://github.com/a/b)** <br> [more](https://github.com/c/d)"
        " | One.<br>Two. | Short. | 17 pages | attention, learning | ['Robotics', 'a, b']"
        " | https://lab.example.org | N/A | 12 | 10.1000/1",
        "",
    )
    assert record == Record(
        "A *good* title",
        LIMO,
        "Ann, Bob",
        "Short.",
        ("Robotics", "a, b"),
        "https://github.com/a/b",
        ("https://github.com/c/d",),
        None,
        "https://lab.example.org",
        "One.\nTwo.",
        machine_summary=True,
        keywords=("attention", "learning"),
        upvotes=12,
        comment="17 pages",
        doi="10.1000/1",
    )


@pytest.mark.parametrize(
    ("columns", "row", "record"),
    [
        ("Link | Title", f"{LIMO} | T", Record("T", LIMO)),
        ("Title | Date", f"[T]({LIMO}) | 2025-02-06", Record("T", LIMO)),
        ("paper | URL", f"`T` | <{LIMO}>", Record("T", f"<{LIMO}>")),
        ("Authors | TITLE", "null | T", Record("T")),
        ("Title | Summary | Code", "T | p(x|y) | null", Record("T", summary="p(x|y)")),
        ("Title | Code", r"a \| b | -", Record("a | b")),
        ("Title | Summary", "T | [WIP]", Record("T", summary="[WIP]")),
        (
            "Title | Abstract | PDF",
            f"T | a | b | {LIMO}",
            Record("T", LIMO, abstract="a | b"),
        ),
    ],
)
def test_columns_in_any_order_and_number(columns, row, record):
    assert one(columns, row) == record


@pytest.mark.parametrize(
    ("front", "day", "categories"),
    [
        ("# Daily papers\n## 2025-02-06\n", 6, None),
        ("## 2025-02-06\n### Language\n", 6, ("Language",)),
        ("## **Language**\n### 2025-02-06\n", 6, ("Language",)),
        ("## Language\n## 2025-02-06\n", 6, None),
        ("# 📅 Papers (2025/02/06)\n## Language\n## Vision\n", 6, ("Vision",)),
        ("## From 2025-02-01 to 2025-02-06\n", 9, ("From 2025-02-01 to 2025-02-06",)),
        ("## 2025-02-31\n", 9, ("2025-02-31",)),
        ("", 9, None),
    ],
)
def test_headings_above_a_table(front, day, categories):
    text = f"{front}\n{table('Title | PDF', f'T | {LIMO}')}"
    record = Record("T", LIMO, classification=categories)
    assert days(text, datetime.date(2025, 2, 9)) == {datetime.date(2025, 2, day): [record]}


def test_a_table_without_rows_is_a_day_only_if_its_rows_would_have_had_no_date():
    empty = "## 2025-02-06\n\n"
    assert days(empty + table("Title | PDF")) == {DATE: []}
    assert days(f"{empty}{table('Title | PDF | Date')}{table('Title | PDF', 'T | u')}").keys() == {
        DATE
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            table("Title | PDF", "T | u"),
            "1: the table has no date (table left out)",
        ),
        (
            table("Title | Publish Date", "T | soon"),
            "3: 'soon' is not a date (row left out)",
        ),
        (
            table("Title | Publish Date | PDF", "T | | u"),
            "3: the row has no date (row left out)",
        ),
        (
            "## 2025-02-06\n" + table("Title | PDF | Stars", "T | u | 5", "U | v | 6"),
            "4: names that are not known: 'Stars' (passed over)",
        ),
        (
            "## 2025-02-06\n" + table("Title | Summary | Stars", "T | s | 5"),
            "4: the row has neither link nor authors, but 'Stars'; known are title, link, authors,"
            " summary, abstract, keywords, code, date (row left out)",
        ),
        (
            "## 2025-02-06\n" + table("Title | PDF | Upvotes", "T | u | many"),
            "4: Upvotes is not a number (row left out)",
        ),
        (
            "## 2025-02-06\n" + table("Title | PDF | Code", "T | u"),
            "4: the row has 2 columns where the table has 3 (row left out)",
        ),
        (
            "## 2025-02-06\n" + table("Title | Stars", "T | 5"),
            "2: unknown table: '|Title | Stars|'; known are columns such as Title, Authors, Link or"
            " PDF, Date, Abstract, Summary, Code, Keywords, Comment (table left out)",
        ),
        (
            "## Daily Papers (2025-02-06)\n\nNone.\n",
            "1: no table of papers follows for 2025-02-06 (day left out)",
        ),
    ],
)
def test_what_was_not_understood_is_reported(text, expected):
    assert problems(text) == [expected]


# Papers under headings


def test_every_label():
    text = f"""\
# Papers of 2025-02-06

## 1. [**A title** (of one)]({LIMO}) ##
- **Authors**: [Ann](u), Bob
- **Code:** [here](https://github.com/a/b)
* Categories: cs.CL cs.AI
Keywords: attention, learning
_Comments_: 17 pages
Abstract: It begins
and goes on.
Venue: nowhere

The summary
of two lines.

- A point.

### Not a paper

Text that is passed over.
"""
    record = Record(
        "**A title** (of one)",
        LIMO,
        "Ann, Bob",
        "The summary\nof two lines.\n\n- A point.",
        ("cs.CL", "cs.AI"),
        "https://github.com/a/b",
        abstract="It begins\nand goes on.\nVenue: nowhere",
        keywords=("attention", "learning"),
        comment="17 pages",
    )
    assert days(text, format=Format.HEADED_LIST) == {DATE: [record]}


def test_a_summary_that_is_labelled_stands_before_the_rest():
    text = f"## [T]({LIMO})\nSummary: First.\n\nThen.\n"
    [[record]] = days(text, DATE, Format.HEADED_LIST).values()
    assert record == Record("T", LIMO, summary="First.\n\nThen.")


def test_a_paper_may_have_its_own_date():
    text = f"## [T]({LIMO})\nDate: 2025-02-05\n\n## [U]({HACKING})\nAuthors: A\n"
    assert [*days(text, DATE, Format.HEADED_LIST)] == [datetime.date(2025, 2, 5), DATE]
    assert problems(text) == ["4: the row has no date (row left out)"]


def test_a_heading_that_links_elsewhere_is_no_paper():
    for heading in ("## [Set-up](#set-up)", "## [Set-up](docs/)", f"## [1.0]({LIMO}) and more"):
        assert read(f"{heading}\nText.\n".encode(), DATE).days == ()
    assert read(f"## [1.0]({LIMO})\nText.\n".encode()).days == ()


def test_papers_under_headings_beside_tables():
    text = f"## 2025-02-06\n\n### [T]({LIMO})\n\nText.\n\n{table('Title | PDF', 'U | u')}"
    reading = read(text.encode())
    assert [(row.line, row.format, row.record.title) for row in reading.days[0].rows] == [
        (3, Format.HEADED_LIST, "T"),
        (9, Format.TABLE, "U"),
    ]
    assert [(line, row) for line, row, _ in raw_rows(text.encode())] == [
        (3, f"### [T]({LIMO})\n\nText."),
        *((7 + n, line) for n, line in enumerate(table("Title | PDF", "U | u").splitlines())),
    ]


def test_a_paper_that_is_too_long(monkeypatch):
    monkeypatch.setattr("digest.formats.markdown.MAX_ROW", 10)
    text = f"## [T]({LIMO})\nA text that is too long.\n## [U]({HACKING})\nShort.\n"
    reading = read(text.encode(), DATE)
    assert [row.record.title for row in reading.days[0].rows] == ["U"]
    assert [str(problem) for problem in reading.problems] == [
        "1: the row is longer than 10 characters (row left out)"
    ]
