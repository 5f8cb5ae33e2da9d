"""The Markdown dialects, row by row and problem by problem."""

import datetime

import pytest

from digest.formats import (
    DayRows,
    FileRow,
    Format,
    Record,
    read,
    reduce_to_markdown,
    write_markdown,
)

DATE = datetime.date(2025, 2, 6)
SIX = """\
## Papers for 2025-02-06

| Title | Authors | Summary | Classification | GitHub URLs | HuggingFace URLs |
|-------|---------|---------|----------------|-------------|-----------------|
"""
THREE = """\
## Papers for 2025-02-06

| Title | Authors | Summary |
|-------|---------|---------|
"""
GOOD = "| [Good](https://arxiv.org/abs/2502.00001) | Ann | - It works. | ['A'] | N/A | N/A |\n"
GOOD_RECORD = Record(
    "Good", "https://arxiv.org/abs/2502.00001", "Ann", "- It works.", ("A",), None, (), ()
)


def rows_and_problems(text, date=None):
    """The file's rows, all of which must be of the one DATE, and its problems as they are shown."""
    reading = read(text.encode(), date)
    assert [day.date for day in reading.days] in ([DATE], [])
    rows = [(row.line, row.record) for day in reading.days for row in day.rows]
    return rows, [str(problem) for problem in reading.problems]


def one_record(text):
    [(_, record)], problems = rows_and_problems(text)
    assert problems == []
    return record


def test_a_six_column_file():
    record = Record(
        title="Good | bad\n  and $\\|x\\|$",
        link="https://arxiv.org/abs/2502.00001",
        authors="Ann, bob",
        summary="- One. - Two.",
        classification=("Computer Vision", 'It\'s "new"'),
        github_urls=(),
        huggingface_urls=("https://hf.co/a_(b)", "null"),
    )
    text = write_markdown(DATE, [record])
    assert text == (
        "\n\n" + SIX + r"| [Good \| bad" + "\n"
        r"  and $\\\|x\\\|$](https://arxiv.org/abs/2502.00001) | Ann, bob | - One. - Two. "
        r"""| ['Computer Vision', 'It\'s "new"'] | N/A """
        "| [Link](https://hf.co/a_(b)), [Link](null) |\n"
    )
    reading = read(text.encode())
    assert reading.days == (DayRows(DATE, (FileRow(7, Format.SIX_COLUMN, record),)),)
    assert reading.problems == ()
    assert reading.format is Format.SIX_COLUMN


def test_a_day_without_papers():
    text = write_markdown(DATE, [])
    assert text == "\n\n" + SIX
    reading = read(text.encode())
    assert (reading.days, reading.problems) == ((DayRows(DATE, ()),), ())
    assert reading.format is Format.SIX_COLUMN


@pytest.mark.parametrize(
    ("cell", "title", "link"),
    [
        ("[Plain](u)", "Plain", "u"),
        ("[[1] Foot [note](x)](u)", "[1] Foot [note](x)", "u"),
        ("[f(x) = [0, 1]](u)", "f(x) = [0, 1]", "u"),
        ("[A (B)](https://x.org/a_(b))", "A (B)", "https://x.org/a_(b)"),
        ("[A | B](u)", "A | B", "u"),
        ("[A | B | C](u)", "A | B | C", "u"),
        (r"[A \| B](u)", "A | B", "u"),
        (r"[A \\\| B](u)", r"A \| B", "u"),
        (r"[A \\| B](u)", r"A \\| B", "u"),
        (r"[A \b \\c](u)", r"A \b \\c", "u"),
        ("[<think> `code` $\\pi_0$](u)", "<think> `code` $\\pi_0$", "u"),
        ("[Wrapped\n  title](u)", "Wrapped\n  title", "u"),
        ("[Wrapped |\n  title](u)", "Wrapped |\n  title", "u"),
        ("[No link]()", "No link", ""),
        ("No brackets", "No brackets", ""),
        ("[Re] No brackets (v2)", "[Re] No brackets (v2)", ""),
        ("  [ Padded ](u)  ", "Padded", "u"),
    ],
)
def test_title_cells(cell, title, link):
    record = one_record(f"{SIX}| {cell} | Ann | Sum | [] | N/A | N/A |\n")
    assert record == Record(title, link, "Ann", "Sum", (), None, (), ())


@pytest.mark.parametrize(
    ("cell", "links"),
    [
        ("N/A", ()),
        ("", ()),
        ("[Link](u)", ("u",)),
        ("[Link](u), [Link](v)", ("u", "v")),
        ("[Link](u, v), [Link](a(b))", ("u, v", "a(b)")),
        ("[Link]([data]), [Link](N/A), [Link]()", ("[data]", "N/A", "")),
        ("[Code](u), [Link](v)", ("u", "v")),
        ("[Link](u), [Page](v)", ("u", "v")),
        ("https://x.org, github.com/a/b", ("https://x.org", "github.com/a/b")),
    ],
)
def test_link_cells(cell, links):
    record = one_record(f"{SIX}| [T](u) | Ann | Sum | [] | {cell} | {cell} |\n")
    assert (record.github_urls, record.huggingface_urls) == (links, links)


@pytest.mark.parametrize(
    ("cell", "categories"),
    [
        ("[]", ()),
        ("N/A", ()),
        ("", ()),
        ("['A', 'B']", ("A", "B")),
        ("[ 'A' ,'B' , ]", ("A", "B")),
        ("""['It\\'s', "It's", 'a, b', ']']""", ("It's", "It's", "a, b", "]")),
        (r"['\\ \n \x85 \u2028 \U0001f600 \d']", ("\\ \n \x85 \u2028 😀 \\d",)),
        (r"['A \| B']", ("A | B",)),
    ],
)
def test_classification_cells(cell, categories):
    record = one_record(f"{SIX}| [T](u) | Ann | Sum | {cell} | N/A | N/A |\n")
    assert record.classification == categories


@pytest.mark.parametrize(
    "cell", ["Text Generation", "['A'", "['A' 'B']", "['A]", "[A]", "[1]", "[['A']]", "{'A'}"]
)
def test_a_classification_that_is_no_list(cell):
    rows, problems = rows_and_problems(f"{SIX}| [T](u) | A | S | {cell} | N/A | N/A |\n{GOOD}")
    assert rows == [(6, GOOD_RECORD)]
    assert problems == [f"5: the classification is not a list: {cell!r} (row left out)"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("| [T](u) | A | S | [] |", "the row has 4 columns where the table has 6"),
        ("||", "the row has 1 column where the table has 6"),
        ("|", "the row has 0 columns where the table has 6"),
        ("| [T](u) | A | S | [] | N/A | N/A", "the row is not closed by |"),
        ("| [T](u) | A | S | [] | N/A | N/A\n", "the row is not closed by |"),
        ("| [T](u) | A | S | [] | N/A | N/A\n# A heading", "the row is not closed by |"),
        ("| [T\n\n  of two](u) | A | S | [] | N/A | N/A |", "the row is not closed by |"),
        ("| [T](u) | A | S | [] | N/A | N/A \\|", "the row is not closed by |"),
        ("| [ ](u) | A | S | [] | N/A | N/A |", "the row has no title"),
        ("|  |  |  |  |  |  |", "the row has no title"),
        ("| [T\x1b](u) | A | S | [] | N/A | N/A |", "title has the character U+001B"),
        (r"| [T](u) | A | S | ['\x00'] | N/A | N/A |", "classification has the character U+0000"),
        (r"| [T](u) | A | S | ['\ud800'] | N/A | N/A |", "classification has the character U+D800"),
        (
            r"| [T](u) | A | S | ['\Uffffffff'] | N/A | N/A |",
            r"an escape that is no character: '\\Uffffffff'",
        ),
    ],
)
def test_a_bad_row_leaves_the_others(row, problem):
    rows, problems = rows_and_problems(f"{SIX}{GOOD}{row}\n{GOOD}")
    assert rows == [(5, GOOD_RECORD), (7 + row.count("\n"), GOOD_RECORD)]
    assert problems == [f"6: {problem} (row left out)"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("| [{1001}](u) | A | S | [] | N/A | N/A |", "title has more than 1,000 characters"),
        ("| [T]({2001}) | A | S | [] | N/A | N/A |", "link has more than 2,000 characters"),
        ("| [T](u) | {100001} | S | [] | N/A | N/A |", "authors has more than 100,000 characters"),
        ("| [T](u) | A | {20001} | [] | N/A | N/A |", "summary has more than 20,000 characters"),
        (
            "| [T](u) | A | S | ['{2001}'] | N/A | N/A |",
            "classification has more than 2,000 characters",
        ),
        (
            "| [T](u) | A | S | [] | [Link]({2001}) | N/A |",
            "github_urls has more than 2,000 characters",
        ),
    ],
)
def test_limits_of_a_text(row, problem):
    before, _, rest = row.partition("{")
    number, _, after = rest.partition("}")
    allowed = before + "x" * (int(number) - 1) + after
    rows, problems = rows_and_problems(f"{SIX}{allowed}\n")
    assert (len(rows), problems) == (1, [])
    over = before + "x" * int(number) + after
    assert rows_and_problems(f"{SIX}{over}\n") == ([], [f"5: {problem} (row left out)"])


@pytest.mark.parametrize(
    ("column", "item", "problem"),
    [
        (3, "'A'", "classification has more than 200 items"),
        (4, "[Link](u)", "github_urls has more than 200 items"),
        (5, "u", "huggingface_urls has more than 200 items"),
    ],
)
def test_limits_of_a_list(column, item, problem):
    def row(count):
        cells = ["[T](u)", "A", "S", "[]", "N/A", "N/A"]
        items = ", ".join([item] * count)
        cells[column] = f"[{items}]" if column == 3 else items
        return f"{SIX}| {' | '.join(cells)} |\n"

    one_record(row(200))
    assert rows_and_problems(row(201)) == ([], [f"5: {problem} (row left out)"])


def test_a_row_broken_before_a_bar():
    rows, problems = rows_and_problems(f"{SIX}| [A\n| B](u) | A | S | [] | N/A | N/A |\n{GOOD}")
    assert rows == [(7, GOOD_RECORD)]
    assert problems == [
        "5: the row is not closed by | (row left out)",
        "6: the title is not [title](link): 'B](u)' (row left out)",
    ]


def test_a_row_goes_on_until_it_has_all_its_columns():
    text = f"{SIX}| [T](u) | A |\n S | [] |\n N/A |\n [Link](v) | \t\n"
    assert one_record(text) == Record("T", "u", "A", "\n S", (), None, (), ("v",))


def test_a_row_that_is_too_long(monkeypatch):
    monkeypatch.setattr("digest.formats.markdown.MAX_ROW", len(GOOD) - 1)
    rows, problems = rows_and_problems(f"{SIX}{GOOD}| long{GOOD}{GOOD}")
    assert rows == [(5, GOOD_RECORD), (7, GOOD_RECORD)]
    length = f"{len(GOOD) - 1:,} characters"
    assert problems == [f"6: the row is longer than {length} (row left out)"]


def test_text_after_a_row():
    rows, problems = rows_and_problems(f"{SIX}{GOOD}and more\n{GOOD}\nText after a blank line.\n")
    assert rows == [(5, GOOD_RECORD), (7, GOOD_RECORD)]
    assert problems == ["6: text that belongs to no row (passed over)"]


def test_a_missing_final_newline():
    assert rows_and_problems((SIX + GOOD)[:-1]) == ([(5, GOOD_RECORD)], [])


def test_blank_lines_and_sections_between_rows():
    text = f"{SIX}{GOOD}\n{GOOD}\n### Late\n\n{SIX}{GOOD}"
    assert rows_and_problems(text) == ([(n, GOOD_RECORD) for n in (5, 7, 15)], [])


def test_many_sections():
    other = SIX.replace("02-06", "02-05")
    reading = read(f"Front matter\n\n{SIX}{GOOD}\n{other}\n{THREE}| B | b | bb |\n".encode())
    assert reading.days == (
        DayRows(
            DATE,
            (
                FileRow(7, Format.SIX_COLUMN, GOOD_RECORD),
                FileRow(18, Format.THREE_COLUMN, Record("B", "", "b", "bb")),
            ),
        ),
        DayRows(datetime.date(2025, 2, 5), ()),
    )
    assert reading.problems == ()
    assert reading.format is Format.SIX_COLUMN


@pytest.mark.parametrize(
    "heading",
    [
        "# Papers for 2025-02-06",
        "###### papers FOR  2025-02-06 ##",
        "##\tPapers for\t2025-02-06 (Thu)",
    ],
)
def test_headings(heading):
    assert rows_and_problems(SIX.replace("## Papers for 2025-02-06", heading) + GOOD) == (
        [(5, GOOD_RECORD)],
        [],
    )


@pytest.mark.parametrize(
    "date",
    ["2025-02-30", "2025-13-01", "0000-01-01", "2025-2-6", "20250206", "2025-W06-4", "٢٠٢٥-02-06"],
)
def test_an_impossible_date(date):
    text = f"{SIX.replace('2025-02-06', date)}{GOOD}{SIX}{GOOD}"
    if date.isascii():
        problem = f"1: {date!r} is not a date (section left out)"
    else:  # a heading like any other
        problem = "3: the table has no date (table left out)"
    assert rows_and_problems(text) == ([(10, GOOD_RECORD)], [problem])


def test_a_section_without_a_table_before_an_impossible_date():
    assert rows_and_problems("## Papers for 2025-02-05\n## Papers for 2025-02-30\n") == (
        [],
        [
            "1: no table of papers follows for 2025-02-05 (day left out)",
            "2: '2025-02-30' is not a date (section left out)",
        ],
    )


def test_a_section_without_a_table():
    text = f"## Papers for 2025-02-05\n\nNone today.\n\n{SIX}{GOOD}\n## Papers for 2025-02-04"
    assert rows_and_problems(text) == (
        [(9, GOOD_RECORD)],
        [
            "1: no table of papers follows for 2025-02-05 (day left out)",
            "11: no table of papers follows for 2025-02-04 (day left out)",
        ],
    )


def test_a_table_without_a_heading():
    table = SIX.partition("\n\n")[2] + GOOD
    assert rows_and_problems(table, DATE) == ([(3, GOOD_RECORD)], [])
    assert rows_and_problems(table) == ([], ["1: the table has no date (table left out)"])


def test_a_heading_wins_over_the_date_of_the_path():
    assert rows_and_problems(SIX + GOOD, datetime.date(1999, 1, 1)) == ([(5, GOOD_RECORD)], [])


KNOWN = (
    "known are columns such as Title, Authors, Link or PDF, Date, Abstract, Summary, Code,"
    " Keywords, Comment (table left out)"
)


def test_an_unknown_table():
    unknown = "| Name | Stars |\n|---|---|\n| x | 1 |\n| y | 2 |\n"
    problem = f"unknown table: '| Name | Stars |'; {KNOWN}"
    text = f"{unknown}\n{SIX}{GOOD}\n{unknown}\n{THREE}| B | b | bb |\n"
    rows, problems = rows_and_problems(text)
    assert rows == [(10, GOOD_RECORD), (21, Record("B", "", "b", "bb"))]
    assert problems == [f"12: {problem}"]
    assert rows_and_problems(f"## Papers for 2025-02-06\n{unknown}") == ([], [f"2: {problem}"])
    assert rows_and_problems(f"{unknown}\n{unknown}") == ([], [f"1: {problem}"])


def test_a_table_whose_header_is_lost():
    lost = f"## Papers for 2025-02-06\n{GOOD}{GOOD}"
    problem = f"unknown table: '| [Good](https://arxiv.org/abs/2502.000…'; {KNOWN}"
    assert rows_and_problems(lost) == ([], [f"2: {problem}"])
    assert rows_and_problems(SIX + GOOD + lost) == ([(5, GOOD_RECORD)], [f"7: {problem}"])


def test_headers_are_known_whatever_their_case_and_rules():
    text = "## Papers for 2025-02-06\n|TITLE|authors|  Summary|\n{}| B | b | bb |\n"
    for rule in ("", "|:--|---:|:-:|\n", "| - | - | - |\n"):
        assert one_record(text.format(rule)) == Record("B", "", "b", "bb")
        (first, (_, second)), problems = rows_and_problems(
            SIX + GOOD + text.format(rule).partition("\n")[2]
        )
        assert (first, second, problems) == ((5, GOOD_RECORD), Record("B", "", "b", "bb"), [])


READ_MORE = "[arXiv](https://arxiv.org/abs/1) or [HuggingFace](https://huggingface.co/papers/1)"


@pytest.mark.parametrize(
    ("cell", "title", "link"),
    [
        (f" T (Read more on {READ_MORE})", "T", "https://arxiv.org/abs/1"),
        (f" T - read more on {READ_MORE} ", "T", "https://arxiv.org/abs/1"),
        (f" T\n  U (Read more on {READ_MORE})", "T\n  U", "https://arxiv.org/abs/1"),
        (f" T | U (Read more on {READ_MORE})", "T | U", "https://arxiv.org/abs/1"),
        (f" [Re] T (v2) - (Read more on {READ_MORE})", "[Re] T (v2) -", "https://arxiv.org/abs/1"),
        (" T (Read more on [HuggingFace](h))", "T", "h"),
        (" T (Read more on [arXiv]() or [HuggingFace](h))", "T", "h"),
        (" T (Read more on [arXiv](a))", "T", "a"),
        (" Read more on [Mars] ", "Read more on [Mars]", ""),
        (" [T](u) ", "T", "u"),
        (" T ", "T", ""),
    ],
)
def test_three_column_titles(cell, title, link):
    assert one_record(f"{THREE}|{cell}| Ann | Sum |\n") == Record(title, link, "Ann", "Sum")


def test_three_column_summaries_may_hold_bars():
    row = f"| T (Read more on {READ_MORE})| Ann | p(x|y) and |z| hold.  |\n"
    assert one_record(THREE + row) == Record(
        "T", "https://arxiv.org/abs/1", "Ann", "p(x|y) and |z| hold. "
    )


def test_the_early_form_with_a_link_column():
    text = THREE.replace("Summary |", "Summary | Link |")
    row = "| T | Ann | p(x|y) | [Read more](https://arxiv.org/abs/1) |\n"
    record = Record("T", "https://arxiv.org/abs/1", "Ann", "p(x|y)")
    reading = read((text + row).encode())
    assert reading.days == (DayRows(DATE, (FileRow(5, Format.THREE_COLUMN, record),)),)
    assert reading.problems == ()


def test_what_markdown_cannot_say():
    given = Record(
        title=" A\r\nB\n\n# C\n#D ",
        link="a](b",
        summary="- One.\r\n- Two.\n\n\t- Three.",
        github_repo="https://github.com/a/b",
        github_urls=("c), [Link](d",),
    )
    left = Record(
        title="A\nB  # C #D",
        link="a]%28b",
        authors="",
        summary="- One. - Two.  \t- Three.",
        classification=(),
        github_urls=("c), [Link]%28d",),
        huggingface_urls=(),
    )
    assert reduce_to_markdown(given) == left
    assert one_record(write_markdown(DATE, [given])) == left


def test_only_so_many_rows(monkeypatch):
    monkeypatch.setattr("digest.formats.markdown.MAX_ROWS", 5)  # heading, header, rule and two rows
    assert rows_and_problems(SIX + GOOD * 3) == (
        [(5, GOOD_RECORD), (6, GOOD_RECORD)],
        ["7: more than 5 rows (rest of the file not read)"],
    )
    bare = "## Papers for 2025-02-05\n"
    assert rows_and_problems(SIX + bare * 3)[1] == [
        "5: no table of papers follows for 2025-02-05 (day left out)",
        "6: no table of papers follows for 2025-02-05 (day left out)",
        "7: more than 5 rows (rest of the file not read)",
    ]
