from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.fields import stored
from digest.catalogue.projection import Statement, as_given, origins, project
from digest.formats import Format, Record


def said(day=1, format=Format.JSON, sha256="0", position=1, **fields):
    record = Record(**{"title": "A title", **fields})
    return Statement(date(2025, 2, day), format, sha256, position, record)


def test_one_entry_shows_what_it_says():
    shown = project(
        [
            said(
                title="Free$^2$Guide:\n  a <think> about $1 Million",
                link="https://arxiv.org/abs/2502.00001",
                authors="Ada Lovelace,  lvwerra , , Ada Lovelace",
                summary="- One.\n- Two & three.",
                classification=("text_to 3d", "Code Smells", "Text-to-3D"),
                github_repo="https://github.com/a/b",
                github_urls=("https://github.com/A/B/", "None", "[data]", "javascript:x"),
                huggingface_urls=("huggingface.co/a/model",),
            )
        ]
    )
    assert shown["title"] == "Free$^2$Guide: a <think> about $1 Million"
    assert "a &lt;think&gt; about $1 Million" in stored(shown)["title_html"]
    assert shown["authors"] == ["Ada Lovelace", "lvwerra"]
    assert shown["authors_cut"] is False
    assert shown["summary"] == "- One.\n- Two & three."
    assert stored(shown)["points"] == ["One.", "Two &amp; three."]
    assert stored(shown)["is_list"] is True
    assert shown["categories"] == ["Text-to-3D", "Code Smells"]
    assert shown["links"] == ["https://github.com/a/b", "https://huggingface.co/a/model"]
    assert shown["url"] == ""
    assert project([said(link="lab.example.org/a")])["url"] == "https://lab.example.org/a"


def test_five_authors_exactly_are_taken_as_cut():
    cut = [project([said(authors=", ".join("abcdef"[:n]))])["authors_cut"] for n in range(7)]
    assert cut == [False, False, False, False, False, True, False]


NAMES = ("A", "B", "C", "D", "E", "F", "G")


def test_a_list_of_all_authors_wins_over_others_whatever_its_day():
    every = said(1, Format.HUGGING_FACE, authors=NAMES, authors_complete=True)
    cut = said(3, authors="B, A, c, d, e")
    shown = project([cut, every])
    assert (shown["authors"], shown["authors_cut"]) == ([*NAMES], False)
    assert origins([cut, every])["authors"] is every
    newer = said(2, Format.ARXIV_ATOM, authors=(*NAMES, "H"), authors_complete=True)
    assert project([cut, every, newer])["authors"] == [*NAMES, "H"]
    assert project([cut, said(2)])["authors_cut"] is True


def test_five_authors_are_all_where_the_source_gives_all():
    shown = project([said(authors=NAMES[:5], authors_complete=True)])
    assert (shown["authors"], shown["authors_cut"]) == ([*NAMES[:5]], False)
    assert project([said(authors=NAMES[:5])])["authors_cut"] is True


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("Yixin Ye et.al.", ["Yixin Ye"]),
        ("Ann, Bob, et al.", ["Ann", "Bob"]),
        ("Ann and others", ["Ann"]),
        (("Ann", "Bob", "et al"), ["Ann", "Bob"]),
        ("et al.", []),
    ],
)
def test_what_says_that_there_are_more_is_no_author(authors, names):
    shown = project([said(authors=authors)])
    assert (shown["authors"], shown["authors_cut"]) == (names, bool(names))
    if names:
        longer = said(1, authors="A, B, C, D, E")
        assert project([said(2, authors=authors), longer])["authors"] == ["A", "B", "C", "D", "E"]


def test_names_of_a_list_may_have_commas():
    shown = project([said(authors=("Smith, Jr.", " ", "B"), authors_complete=True)])
    assert shown["authors"] == ["Smith, Jr.", "B"]


def test_abstract_and_summary_are_two():
    statements = [
        said(2, abstract=" Lines that\n  were broken.\n\nA paragraph. ", summary=None),
        said(1, abstract="Old.", summary="- What a digest says."),
    ]
    shown = project(statements)
    assert shown["abstract"] == "Lines that were broken.\n\nA paragraph."
    assert shown["summary"] == "- What a digest says."
    html = stored(project([said(abstract="One $x^2$. Two - not a list. - Nor here. - Nor here.")]))
    assert html["abstract_sentences"][1:] == ["Two - not a list.", "- Nor here.", "- Nor here."]
    assert "<math" in html["abstract_sentences"][0]


def test_the_largest_number_counts():
    shown = project([said(2, upvotes=3, version=1), said(1, upvotes=7), said(3, version=2)])
    assert (shown["upvotes"], shown["version"]) == (7, 2)
    assert project([said()])["upvotes"] == 0


@pytest.mark.parametrize(
    ("given", "doi"),
    [
        ("10.1145/3395363.3397376", "10.1145/3395363.3397376"),
        ("https://doi.org/10.1145/3395363.3397376.", "10.1145/3395363.3397376"),
        ("doi:10.1000/a", "10.1000/a"),
        ("10.48550/arXiv.2502.03387", ""),
        ("none yet", ""),
        (None, ""),
    ],
)
def test_a_doi_is_that_of_the_published_paper(given, doi):
    assert project([said(doi=given)])["doi"] == doi


def test_keywords_comment_and_project_page():
    shown = project(
        [
            said(
                keywords=("attention", " a\nb ", "attention", ""),
                comment=" 17\n pages ",
                github_repo="https://github.com/a/b",
                project_page="https://lab.example.org/page",
            )
        ]
    )
    assert shown["keywords"] == ["attention", "a b"]
    assert shown["comment"] == "17 pages"
    assert shown["links"] == ["https://github.com/a/b", "https://lab.example.org/page"]


def test_the_newest_digest_wins_field_by_field():
    shown = project(
        [
            said(1, title="Old", authors="A", summary="old", classification=("Robotics",)),
            said(3, title="New", authors="", summary=None, classification=None),
            said(2, title="Mid", authors=None, summary="mid", classification=()),
        ]
    )
    assert (shown["title"], shown["authors"], shown["summary"]) == ("New", ["A"], "mid")
    assert shown["categories"] == ["Robotics"]


def test_one_day_ranks_json_then_six_columns_then_three_then_the_hash():
    rows = [
        said(format=Format.THREE_COLUMN, title="three"),
        said(format=Format.SIX_COLUMN, sha256="b", title="six b"),
        said(format=Format.SIX_COLUMN, sha256="a", title="six a", position=2),
        said(format=Format.SIX_COLUMN, sha256="a", title="six a again", position=3),
        said(format=Format.JSON, sha256="f", title="json"),
    ]
    shown = [project(rows[:n])["title"] for n in range(1, 6)]
    assert shown == ["three", "six b", "six a", "six a", "json"]


def test_links_are_the_union_newest_first_without_repeats():
    shown = project(
        [
            said(1, github_urls=("https://github.com/a/b", "https://github.com/old/one")),
            said(2, github_urls=("http://www.github.com/A/B.git",), huggingface_urls=("null",)),
        ]
    )
    assert shown["links"] == ["http://www.github.com/A/B.git", "https://github.com/old/one"]


def test_of_summaries_alike_but_for_white_space_the_one_with_line_breaks_is_shown():
    flat = said(2, format=Format.SIX_COLUMN, summary="- One.  - Two.")
    broken = said(1, summary="- One.\n- Two.")
    assert project([flat, broken])["summary"] == "- One.\n- Two."
    other = said(1, summary="- One.\n- Two, or not.")
    assert project([flat, other])["summary"] == "- One.  - Two."


def test_text_is_composed_and_without_invisible_characters():
    shown = project(
        [said(title="E\u0301t\x07e\u202e\u200b", authors="Jose\u0301 A", summary="a\x00b")]
    )
    assert (shown["title"], shown["authors"], shown["summary"]) == ("Éte", ["José A"], "ab")


def test_a_name_beyond_belief_ends_in_an_ellipsis():
    assert project([said(authors="x" * 300)])["authors"] == ["x" * 199 + "…"]


def test_a_name_printed_twice_stands_once_and_the_list_is_still_of_five():
    shown = project([said(authors="A, B, C, D, D")])
    assert (shown["authors"], shown["authors_cut"]) == (["A", "B", "C", "D"], True)


def test_a_digest_gets_back_what_its_entries_gave():
    six = said(
        format=Format.SIX_COLUMN, title="T\n  t", authors="", summary="- a  - b", github_urls=()
    )
    json = said(title="T\n  t", summary="- a\n- b", github_repo=None, github_urls=("None",))
    assert as_given([six, json]) == Record(
        title="T\n  t", authors="", summary="- a\n- b", github_urls=("None",)
    )


def test_what_is_said_of_a_cell_goes_with_it():
    six = said(format=Format.SIX_COLUMN, authors="A, B, C, D, E", summary="S")
    answer = said(
        format=Format.HUGGING_FACE,
        authors=NAMES,
        authors_complete=True,
        summary="M",
        machine_summary=True,
        abstract="W",
        upvotes=3,
    )
    assert as_given([answer, six]) == Record(
        "A title", authors="A, B, C, D, E", summary="S", abstract="W", upvotes=3
    )
    assert as_given([answer]) == answer.record


text = st.text("ab \n$-,", max_size=8)
entries = st.lists(
    st.builds(
        said,
        day=st.integers(1, 3),
        format=st.sampled_from(Format),
        sha256=st.sampled_from("abc"),
        title=text.map("t".__add__),
        authors=st.none() | text | st.lists(text, max_size=6).map(tuple),
        authors_complete=st.sampled_from([None, True]),
        abstract=st.none() | text,
        keywords=st.none() | st.lists(text, max_size=2).map(tuple),
        upvotes=st.none() | st.integers(0, 9),
        summary=st.none() | text,
        classification=st.none() | st.lists(text, max_size=2).map(tuple),
        github_urls=st.none()
        | st.lists(st.sampled_from(["github.com/a/b", "https://github.com/c", "null"])).map(tuple),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one.precedence,
)


@given(entries, st.randoms())
def test_the_order_of_entries_makes_no_difference(some, random):
    shuffled = random.sample(some, len(some))
    assert project(some) == project(shuffled)
    assert as_given(some) == as_given(shuffled)
