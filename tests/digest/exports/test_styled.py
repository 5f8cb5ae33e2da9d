"""Papers in the styles in which people cite."""

import re
from datetime import date
from threading import Thread

import pytest

from digest.exports.citation import Citation, _name
from digest.exports.styled import STYLES, styled

DOI = "https://doi.org/10.48550/arXiv.2502.02737"


def cited(title="One story", authors=("Ada Lovelace", "Alan Turing"), **values):
    fields = {
        "key": "x",
        "title": title,
        "authors": tuple(_name(author, " " not in author) for author in authors),
        "cut": False,
        "arxiv_id": "2502.02737",
        "url": "https://arxiv.org/abs/2502.02737",
        "summary": "A summary.",
        "own_abstract": "",
        "categories": ("Robotics",),
        "keywords": (),
        "links": (),
        "date": date(2025, 2, 6),
    }
    return Citation(**(fields | values))


@pytest.mark.parametrize(
    ("style", "line"),
    [
        (
            "apa",
            "Lovelace, A., &amp; Turing, A. (2025). <i>One story</i> (Preprint arXiv:2502.02737)."
            f" arXiv. {DOI}",
        ),
        (
            "ieee",
            "A. Lovelace and A. Turing, “One story,” Feb. 2025, <i>arXiv</i>: arXiv:2502.02737."
            " doi: 10.48550/arXiv.2502.02737.",
        ),
        ("acm", f"Ada Lovelace and Alan Turing. 2025. One story. {DOI}"),
        (
            "chicago",
            "Lovelace, Ada, and Alan Turing. 2025. “One Story.” Preprint arXiv:2502.02737. arXiv,"
            f" February. {DOI}.",
        ),
        (
            "mla",
            "Lovelace, Ada, and Alan Turing. “One Story.” Preprint arXiv:2502.02737, arXiv, Feb."
            f" 2025, {DOI}.",
        ),
        ("nature", f"Lovelace, A. &amp; Turing, A. One story. Preprint at {DOI} (2025)."),
    ],
)
def test_a_preprint(style, line):
    assert styled(cited(), style) == line


def test_every_style_is_tried():
    assert list(STYLES) == ["apa", "ieee", "acm", "chicago", "mla", "nature"]


FIVE = ("A One", "B Two", "C Three", "D Four", "E Five")


@pytest.mark.parametrize(
    ("style", "names"),
    [
        ("apa", "One, A., Two, B., Three, C., Four, D., Five, E., et al. (2025)"),
        ("ieee", "A. One, B. Two, C. Three, D. Four, E. Five, et al., “"),
        ("acm", "A One, B Two, C Three, D Four, E Five, et al. 2025"),
        ("chicago", "One, A, B Two, C Three, D Four, E Five, et al. 2025"),
        ("mla", "One, A, et al. “"),
        ("nature", "One, A. <i>et al.</i> One story"),
    ],
)
def test_a_list_that_was_cut_says_so(style, names):
    assert styled(cited(authors=FIVE, cut=True), style).startswith(names)


@pytest.mark.parametrize("style", STYLES)
def test_only_italics_are_html(style):
    title = 'Less & <b>more</b> <span class="nocase">x</span>, on arXiv?'
    line = styled(cited(title, ["<i>x</i> & y", "Ada Lovelace"], url='https://x.org/"<'), style)
    assert {*re.findall(r"<[^>]*>", line)} <= {"<i>", "</i>"}
    assert line.count("<i>") == line.count("</i>")
    plain = line.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    assert "less & <b>more</b>" in plain.lower()
    assert "arXiv?" in line
    assert "?." not in line
    assert not re.search("[\ue000-\uf8ff]", line)


@pytest.mark.parametrize("style", STYLES)
def test_formulas_and_signs_for_private_use_change_nothing(style):
    title = r"Pi: $\pi_0$ and $a \le b$ or Wait..."
    assert r"$\pi_0$" in styled(cited(title), style)
    assert r"$a \le b$" in styled(cited(title), style)
    assert styled(cited(f"\ue000\ue010\ue005{title}\uf8ff"), style) == styled(cited(title), style)


@pytest.mark.parametrize("style", STYLES)
def test_what_has_no_authors_has_its_title_once(style):
    for values in ({}, {"arxiv_id": None, "url": ""}, {"arxiv_id": None, "url": "https://x.org/"}):
        line = styled(cited("Quokkas", (), **values), style)
        assert line.count("Quokkas") == 1


@pytest.mark.parametrize("style", STYLES)
def test_very_many_authors_and_a_long_title(style):
    names = [f"A{n} Name{n}" for n in range(1000)]
    assert styled(cited("word " * 2000, names), style).count("\n") == 0


def test_threads_do_not_disturb_each_other():
    expected = {style: styled(cited(), style) for style in STYLES}
    found = []

    def work():
        found.extend((style, styled(cited(), style)) for style in STYLES)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 * len(STYLES)
    assert all(expected[style] == line for style, line in found)
