import pytest

from digest.admin import changes
from digest.admin.changes import Changes, difference
from digest.catalogue.preview import FieldChange


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("A good title", "A better title", "A <del>good</del><ins>better</ins> title"),
        ("Same", "Same", "Same"),
        ("", "Come", "<ins>Come</ins>"),
        ("Went", "", "<del>Went</del>"),
        ("<b> & c", "<i> & c", "&lt;<del>b</del><ins>i</ins>&gt; &amp; c"),
        ("- One.\n- Two.", "- One.\n- 2.", "- One.\n- <del>Two</del><ins>2</ins>."),
        (["a", "b", "c"], ["a", "c", "<d>"], "<del>b</del> <ins>&lt;d&gt;</ins>"),
        (["a", "b"], ["b", "a"], "<del>a; b</del> <ins>b; a</ins>"),
        ([], ["a"], "<ins>a</ins>"),
        (False, True, "<del>no</del> <ins>yes</ins>"),
        (97, 1234, "<del>97</del> <ins>1,234</ins>"),
        (0, 2, "<ins>2</ins>"),
    ],
)
def test_differences_are_marked(before, after, shown):
    assert difference(before, after) == shown


def test_long_texts_are_not_compared_word_by_word(monkeypatch):
    monkeypatch.setattr(changes, "COMPARED", 5)
    assert difference("one two three", "one two 3") == "one two <del>three</del><ins>3</ins>"
    assert difference("one two three 4", "one two 3") == (
        "<del>one two three 4</del><ins>one two 3</ins>"
    )


def test_papers_are_grouped_by_what_becomes_of_them(monkeypatch):
    monkeypatch.setattr(changes, "IN_FULL", 1)
    come = [
        FieldChange("a", "New", "title", None, "New"),
        FieldChange("a", "New", "summary", None, "x"),
    ]
    go = [
        FieldChange("b", "Old", "title", "Old", None),
        FieldChange("b", "Old", "links", ["y"], None),
    ]
    other = [
        FieldChange("c", "C", "summary", "x", "y"),
        FieldChange("c", "C", "authors_cut", False, True),
        FieldChange("d", "D", "summary", "x", "y"),
    ]
    found = Changes.of([*come, *go, *other])
    assert (found.new, found.removed) == (come[:1], go[:1])
    assert [(paper.slug, paper.title, len(paper.fields)) for paper in found.changed] == [
        ("c", "C", 2),
        ("d", "D", 0),
    ]
    assert [label for label, _ in found.changed[0].fields] == [
        "Summary",
        "Whether the author list was cut",
    ]
    assert not found.changed[0].is_long


def test_long_differences_are_told_to_be():
    found = Changes.of([FieldChange("c", "C", "summary", "x", "y " * 400)])
    assert found.changed[0].is_long
