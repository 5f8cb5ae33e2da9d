import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.models import Paper
from digest.search import mark
from digest.search.query import parse
from digest.text.markup import summary_points, title_html


def marked(query, title="", summary=""):
    paper = Paper(title_html=title_html(title), points=summary_points(summary))
    mark([paper], parse(query, lambda *_: None, beginning=True))
    return paper.title_html, paper.points


@pytest.mark.parametrize(
    ("query", "title", "expected"),
    [
        ("limo", "LIMO: Less is More", "<mark>LIMO</mark>: Less is More"),
        ("les", "LIMO: Less is More", "LIMO: <mark>Less</mark> is More"),
        ("les is", "LIMO: Less is More", "LIMO: Less <mark>is</mark> More"),
        ("benchmarking of", "Benchmarks", "<mark>Benchmarks</mark>"),
        ("happiness of", "A happy Benchmark", "A <mark>happy</mark> Benchmark"),
        ('"benchmark" of', "Benchmarks", "Benchmarks"),
        ("-limo is", "LIMO: Less is More", "LIMO: Less <mark>is</mark> More"),
        ("author:limo", "LIMO: Less is More", "LIMO: Less is More"),
        ("eclair", "Un Éclair", "Un <mark>Éclair</mark>"),
        ("gpt4", "On GPT-4o, too", "On <mark>GPT-4o,</mark> too"),
        ("diff", "Diff-Net", "<mark>Diff</mark>-Net"),
        ("amp lt", "a & b < c", "a &amp; b &lt; c"),
        ("think", "Let's <think> about", "Let&#x27;s &lt;<mark>think</mark>&gt; about"),
        ("模型", "大模型", "大<mark>模型</mark>"),
        ("has:code", "code", "code"),
        ("sup mark", "D^2iT and S*", "D<sup>2</sup>iT and S*"),
    ],
)
def test_a_title_is_marked_where_it_matches(query, title, expected):
    assert marked(query, title)[0] == expected


def test_a_formula_is_left_whole():
    before = title_html("The $\\pi_0$ model")
    assert marked("pi model", "The $\\pi_0$ model")[0] == before.replace(
        "model", "<mark>model</mark>"
    )


def test_the_point_that_matches_best_comes_first():
    _, points = marked("alpha beta", summary="- None.\n- Only alpha.\n- Alpha and beta.\n- Beta.")
    assert points == [
        "<mark>Alpha</mark> and <mark>beta</mark>.",
        "None.",
        "Only <mark>alpha</mark>.",
        "<mark>Beta</mark>.",
    ]


def test_without_a_match_in_the_summary_its_order_stays():
    assert marked("title:x zebra", summary="- One.\n- Two.")[1] == ["One.", "Two."]


@given(st.text("ab&<>;$\\\"' -é大^_*`", max_size=40), st.text("ab&<é大-", min_size=1, max_size=8))
def test_marking_adds_marks_and_nothing_else(title, query):
    html, points = marked(query, title, title)
    bare = [text.replace("<mark>", "").replace("</mark>", "") for text in (html, *points)]
    assert bare[0] == title_html(title)
    assert sorted(bare[1:]) == sorted(summary_points(title))


@given(
    st.text("abAB12 -+#.,;()_&<>é\\{}$大İſK", max_size=30),
    st.text("ab12-+#é\\大k", min_size=1, max_size=6),
    st.sampled_from(["", ' "', "title:"]),
)
def test_what_is_passed_over_would_not_be_marked(text, query, before):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digest.search.marks._Marker.may_match", lambda *_: True)
        every_word_looked_at = marked(before + query, text, text)
    assert marked(before + query, text, text) == every_word_looked_at
