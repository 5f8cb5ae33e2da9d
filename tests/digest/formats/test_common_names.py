"""Rows of JSON that call their fields by other names than the archive, and stand elsewhere."""

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.formats import Format, Record, read
from digest.formats.common_names import FIELD_OF, NAMES

DATE = datetime.date(2025, 2, 6)
LIMO, HACKING = "https://arxiv.org/abs/2502.03387", "https://arxiv.org/abs/2502.02671"
LIMO_TITLE = "LIMO: Less is More for Reasoning"
HACKING_TITLE = "On Teacher Hacking in Language Model Distillation"


def days(data, date=None):
    """Each day's records, of JSON, without problems."""
    reading = read(data if isinstance(data, bytes) else json.dumps(data).encode(), date)
    assert [str(problem) for problem in reading.problems] == []
    assert {row.format for day in reading.days for row in day.rows} <= {Format.JSON}
    return {day.date: [row.record for row in day.rows] for day in reading.days}


def one(**row):
    [[record]] = days([{"title": "T", **row}], DATE).values()
    return record


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("url.json", {DATE: [Record(LIMO_TITLE, LIMO, abstract="Text.")]}),
        ("datetime.json", {DATE: [Record("X", LIMO)]}),
        ("authorslist.json", {DATE: [Record("X", LIMO, ("A B", "C D"))]}),
        (
            "daily-arxiv.jsonl",
            {
                datetime.date(2025, 2, 7): [
                    Record(
                        LIMO_TITLE,
                        LIMO,
                        ("Yixin Ye", "Zhen Huang"),
                        "Few examples suffice.",
                        ("cs.CL", "cs.AI"),
                        abstract="An abstract.",
                        machine_summary=True,
                        comment="17 pages",
                    ),
                    Record(
                        HACKING_TITLE,
                        HACKING,
                        ("Daniil Tiapkin",),
                        classification=("cs.LG",),
                        abstract="Another abstract.",
                    ),
                ]
            },
        ),
        (
            "reader.json",
            {
                DATE: [
                    Record(
                        LIMO_TITLE,
                        LIMO,
                        ("Yixin Ye",),
                        classification=("Deep dive", "cs.CL"),
                        abstract="An abstract.",
                    ),
                    Record(
                        HACKING_TITLE,
                        HACKING,
                        ("Daniil Tiapkin",),
                        classification=("Quick skim",),
                    ),
                ]
            },
        ),
    ],
)
def test_files_that_people_have(shared, file, expected):
    date = None if DATE in expected else next(iter(expected))
    assert days((shared / "cases" / "digests" / file).read_bytes(), date) == expected


@pytest.mark.parametrize("name", NAMES["link"])
@pytest.mark.parametrize("form", [str, str.upper, lambda name: name.replace(" ", "_")])
def test_names_of_a_link(name, form):
    assert one(**{form(name): LIMO}).link == LIMO


@pytest.mark.parametrize(
    ("row", "link"),
    [
        ({"id": "2502.03387"}, LIMO),
        ({"arxivId": "arXiv:2502.03387v2"}, LIMO + "v2"),
        ({"id": "math.GT/0309136"}, "https://arxiv.org/abs/math.GT/0309136"),
        ({"id": "paper-17"}, ""),
        ({"id": 17}, ""),
        ({"id": "17", "pdf": "u"}, "u"),
        ({"pdf": "p", "url": "u", "abs": "a"}, "u"),
        ({"link": "", "url": None, "pdf": "p"}, "p"),
        ({"link": "null", "pdf": "p"}, "p"),
        ({"link": "null"}, "null"),
        ({"arxiv": "2502.03387"}, LIMO),
    ],
)
def test_links(row, link):
    assert one(**row).link == link


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("A B, C D", "A B, C D"),
        (["A B", "C D"], ("A B", "C D")),
        ([{"name": "A B"}, {"fullName": "C D"}, {"author": "E"}, "F"], ("A B", "C D", "E", "F")),
        ([{"first": "Ada", "last": "Lovelace"}], ("Ada Lovelace",)),
        ([{"family": "Plato"}], ("Plato",)),
        ([{"name": "A", "hidden": True}, {"name": "B"}], ("B",)),
        ([], ()),
    ],
)
def test_authors(authors, expected):
    assert one(authors=authors).authors == expected


@pytest.mark.parametrize(
    ("row", "summary", "abstract", "machine"),
    [
        ({"summary": "S"}, "S", None, None),
        ({"abstract": "A"}, None, "A", None),
        ({"summary": "S", "abstract": "A"}, "S", "A", None),
        ({"tldr": "T"}, "T", None, True),
        ({"summary": "A", "tldr": "T"}, "T", "A", True),
        ({"summary": "S", "abstract": "A", "TL;DR": "T"}, "S\n\nT", "A", None),
        ({"summary": "A", "AI": {"tldr": "T", "method": "M"}}, "- T\n- Method: M", "A", True),
        ({"summary": "A", "ai_summary": None, "categories": "cs.CL cs.AI"}, None, "A", None),
        ({"summary": "S", "categories": ["Robotics"]}, "S", None, None),
        ({"summary": "S", "classification": ["cs.CL"]}, "S", None, None),
        ({"summary": ["One.", "Two."]}, "- One.\n- Two.", None, None),
    ],
)
def test_abstract_and_summary_are_two(row, summary, abstract, machine):
    record = one(**row)
    assert (record.summary, record.abstract) == (summary, abstract)
    assert record.machine_summary == machine


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cs.CL cs.AI", ("cs.CL", "cs.AI")),
        ("Text Generation", ("Text Generation",)),
        ("Robotics, Text Generation", ("Robotics", "Text Generation")),
        ("Robotics; a, b", ("Robotics", "a", "b")),
        (["Robotics", "cs.CL"], ("Robotics", "cs.CL")),
        ([{"term": "cs.CL"}], ("cs.CL",)),
        ("", ()),
    ],
)
def test_categories_and_keywords(value, expected):
    record = one(categories=value, tags=value)
    assert record.classification == record.keywords == expected


def test_links_beside_the_paper():
    record = one(
        code=["github.com/a/b", "github.com/c/d"],
        repository="github.com/e/f",
        github_urls="github.com/g/h",
        huggingface=["hf.co/a/b"],
        homepage="https://lab.example.org",
    )
    assert record.github_repo == "github.com/a/b"
    assert record.github_urls == ("github.com/c/d", "github.com/e/f", "github.com/g/h")
    assert record.huggingface_urls == ("hf.co/a/b",)
    assert record.project_page == "https://lab.example.org"


def test_numbers_and_short_texts():
    record = one(upvotes="12", version="v3", comment="17 pages", DOI="10.1000/1")
    assert (record.upvotes, record.version) == (12, 3)
    assert (record.comment, record.doi) == ("17 pages", "10.1000/1")


@pytest.mark.parametrize(
    ("row", "path", "day"),
    [
        ({"date": "2025-02-06T23:30:00+09:00", "published": "2025-02-01"}, None, 6),
        ({"date": "2025/02/06"}, 9, 6),
        ({"date": "2025.02.06 12:00"}, 9, 6),
        ({"date": "", "published": "2025-02-05T10:00:00Z"}, 9, 9),
        ({"published": "2025-02-05T10:00:00Z"}, None, 5),
        ({"publishedAt": "2025-02-05"}, None, 5),
        ({"update_date": "2025-02-05"}, None, 5),
    ],
)
def test_the_day_of_a_row(row, path, day):
    """What is published on a day is in the digest of another."""
    row = {"title": "T", "link": LIMO, **row}
    (found,) = days([row], path and datetime.date(2025, 2, path))
    assert found == datetime.date(2025, 2, day)


GOOD, BETTER = {"title": "A", "link": LIMO}, {"title": "B", "link": HACKING}
BOTH = [Record("A", LIMO), Record("B", HACKING)]


@pytest.mark.parametrize(
    "value",
    [
        {"papers": [GOOD, BETTER]},
        {"results": [GOOD, BETTER], "total": 2, "next": None},
        {"title": "Of the day", "data": {"items": [GOOD, BETTER]}, "count": 2},
        {"meta": {}, "entries": [GOOD, BETTER]},
    ],
)
def test_an_object_with_one_list(value):
    assert days(value, DATE) == {DATE: BOTH}
    assert days({**value, "date": "2025-02-07"}, DATE) == {datetime.date(2025, 2, 7): BOTH}


def test_what_stands_beside_the_lists_is_named():
    value = {"count": 2, "editor": "Ann", "papers": [GOOD], "notes": ["x"], "meta": {"a": 1}}
    reading = read(json.dumps(value).encode(), DATE)
    assert [row.record for row in reading.days[0].rows] == BOTH[:1]
    assert [str(problem) for problem in reading.problems] == [
        "1: names that are not known: 'editor', 'notes', 'meta' (passed over)"
    ]


def test_lists_of_several_names_are_one():
    record = one(keywords=["a", "b"], tags="b, c", categories=["X"], task="Y")
    assert (record.keywords, record.classification) == (("a", "b", "c"), ("X", "Y"))


def test_an_object_that_is_a_paper_may_have_lists():
    row = GOOD | {"authors": [{"name": "A", "title": "Prof"}], "related": [BETTER]}
    reading = read(json.dumps(row).encode(), DATE)
    assert [row.record for row in reading.days[0].rows] == [Record("A", LIMO, ("A",))]
    assert [str(problem) for problem in reading.problems] == [
        "1: names that are not known: 'related' (passed over)"
    ]
    broken = read(json.dumps(row).encode()[:-1] + b', "x"\n' + json.dumps(BETTER).encode(), DATE)
    assert [row.record for row in broken.days[0].rows] == BOTH[1:]


def test_objects_with_lists_on_lines_have_their_own_days():
    lines = [{"date": "2025-02-05", "papers": [GOOD]}, BETTER | {"date": None}]
    assert days("\n".join(map(json.dumps, lines)).encode(), DATE) == {
        datetime.date(2025, 2, 5): BOTH[:1],
        DATE: BOTH[1:],
    }


def test_a_key_that_stands_twice_loses_no_list():
    text = f'{{"a": [{json.dumps(GOOD)}], "a": [{json.dumps(BETTER)}]}}'
    assert days(text.encode(), DATE) == {DATE: BOTH}


def test_lists_within_very_many_objects():
    inner: dict = {"papers": [GOOD]}
    for _ in range(300):
        inner = {"papers": [BETTER], "inner": inner}
    reading = read(json.dumps(inner).encode(), DATE)
    assert {row.record.title for row in reading.days[0].rows} == {"B"}


def test_an_object_with_several_lists():
    records = [
        Record("A", LIMO, classification=("Deep dive", "cs.CL")),
        Record("B", HACKING, classification=("Quick skim",)),
    ]
    value = {"deep_dive": [GOOD | {"categories": ["cs.CL"]}], "quick_skim": [BETTER]}
    assert days(value, DATE) == {DATE: records}


def test_rows_of_an_object_have_their_lines():
    text = json.dumps({"n": {"x": [GOOD]}, "y": [BETTER, GOOD]}, indent=1)
    rows = read(text.encode(), DATE).days[0].rows
    starts = [n for n, line in enumerate(text.split("\n"), start=1) if line.strip() == "{"]
    assert [row.line for row in rows] == starts[-3:]


def test_an_object_that_ends_early_leaves_the_rows_before():
    text = json.dumps({"date": "2025-02-06", "papers": [GOOD, BETTER, GOOD]}, indent=0)
    reading = read(text[: text.rindex("{") + 10].encode(), DATE)
    assert [row.record for row in reading.days[0].rows] == BOTH
    assert [str(problem) for problem in reading.problems] == [
        "13: not JSON: Expecting value (rest of the file not read)"
    ]


def test_a_line_that_is_not_json_leaves_the_others():
    lines = [json.dumps(GOOD), '{"title": "X", "link": ', json.dumps(BETTER), "", json.dumps(GOOD)]
    reading = read("\n".join(lines).encode(), DATE)
    assert [(row.line, row.record) for row in reading.days[0].rows] == [
        *((1, BOTH[0]), (3, BOTH[1]), (5, BOTH[0]))
    ]
    assert [str(problem) for problem in reading.problems] == [
        "2: not JSON: Expecting ',' delimiter (row left out)"
    ]


def test_only_so_many_lines_that_are_not_json(monkeypatch):
    monkeypatch.setattr("digest.formats.json_dialect.MAX_BROKEN_LINES", 1)
    text = f'{{"a" \n{{"b" \n{json.dumps(GOOD)}'
    reading = read(text.encode(), DATE)
    assert reading.days == ()
    assert [str(problem) for problem in reading.problems] == [
        "1: not JSON: Expecting ':' delimiter (row left out)",
        "3: not JSON: Expecting ':' delimiter (rest of the file not read)",
    ]


def test_text_after_the_objects():
    reading = read(f"{json.dumps(GOOD)}\nand more".encode(), DATE)
    assert [str(problem) for problem in reading.problems] == [
        "2: text after the end of the objects (passed over)"
    ]


def test_every_name_is_of_one_field():
    assert len(FIELD_OF) == sum(len({*names}) for names in NAMES.values())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*FIELD_OF, "name", "papers", "data"]) | st.text(max_size=3),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.lists(JSON, max_size=3), st.none() | st.just(DATE))
def test_no_json_is_too_odd_to_answer(values, date):
    for data in (json.dumps(values), "\n".join(map(json.dumps, values))):
        reading = read(data.encode(), date)
        assert reading.days or reading.problems
