"""Markdown, read back as a CommonMark renderer shows it."""

import re
from html import unescape

import html5lib
import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from digest.exports import Citation, markdown
from digest.exports.formulas import Formula, pieces
from tests.digest.exports.papers import ROWS, paper

COMMONMARK = MarkdownIt("commonmark")


def rendered(papers, about):
    """The heading and the list's items, as elements."""
    html = COMMONMARK.render("".join(markdown.write(papers, about)))
    root = html5lib.parseFragment(html, namespaceHTMLElements=False)
    heading, *rest = root
    assert heading.tag == "h1"
    assert [child.tag for child in rest] == (["ul"] if papers else [])
    return heading, list(rest[0]) if papers else []


def text(element):
    return "".join(element.itertext())


def lines(item):
    """The lines before the points: each its text and the addresses that it links to."""
    found = [["", []]]
    add_text(item.text, found)
    for child in item:
        if child.tag == "ul":
            break
        if child.tag == "br":
            found.append(["", []])
        else:
            assert child.tag in ("a", "code")
            found[-1][0] += text(child)
            found[-1][1] += filter(None, [child.get("href")])
        add_text(child.tail, found)
    return [(line.strip(), links) for line, links in found]


def add_text(more, found):
    found[-1][0] += (more or "").strip("\n")


def points(item):
    """The points, each its own text and those below it."""
    return [
        (" ".join(own_text(point).split()), points(point))
        for child in item
        if child.tag == "ul"
        for point in child
    ]


def own_text(point):
    parts = [point.text or ""]
    for child in point:
        if child.tag != "ul":
            assert child.tag == "code"
            parts.append(text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def shown(html):
    """A point's text as its page shows it, but for formulas, and those below it."""
    own, _, inner = html.partition("<ul>")
    below = re.findall("<li>(.*?)</li>", inner)
    return (plain(own), [(plain(point), []) for point in below])


def plain(html):
    return " ".join(unescape(re.sub(r"<math>.*?</math>|<[^>]*>", "", html)).split())


def unescaped(text):
    """The text as its page shows it, where `\\$` is a dollar."""
    return "".join(piece.given if isinstance(piece, Formula) else piece for piece in pieces(text))


def assert_same(item, paper):
    cited = Citation.of(paper)
    names = [name.text if name.is_handle else unescaped(name.text) for name in cited.authors] + [
        "others"
    ] * cited.cut
    labels = [(link.destination.kind, link.destination.label) for link in cited.links]
    place = filter(None, [cited.number, str(cited.year or ""), f"digest of {cited.date}"])
    expected = [
        (unescaped(cited.title), [cited.url] if cited.url else []),
        (", ".join(names[:-1]) + (" and " if names[1:] else "") + "".join(names[-1:]), []),
        (", ".join(place), []),
        (", ".join(map(unescaped, cited.categories)), []),
        (
            ", ".join(f"{kind}: {label}" for kind, label in labels),
            [link.url for link in cited.links],
        ),
    ]
    assert lines(item) == [(line.strip(), links) for line, links in expected if line]
    html = paper.points if paper.is_list else [" ".join(paper.points)]
    if "<math>" not in "".join(html) and not re.search("<su[bp]>", "".join(html)):
        assert points(item) == [shown(point) for point in html if point]


def test_a_list_for_ones_notes(about):
    found = paper(
        title=r"S*: `Test` [Time] of $1, $\pi_0$ and $\text{Transformer}^2$ <think>",
        authors="Ada Lovelace, lvwerra, Alan Turing, Grace Hopper, A_B C",
        summary="- It *is* `<x>` at $O(n)$.\n  - # Deep.\n- 1. Not a number.",
        classification=["Text Generation", "Robotics"],
        github_urls=["https://github.com/lab/co_de"],
    )
    assert "".join(markdown.write([found, paper(2, authors="", summary="One. Two.")], about)) == (
        "# [Papers](https://digest.example.org/papers/?q=a&b=c)\n\n"
        r"- [S\*: \`Test\` \[Time\] of \$1, $\pi_0$ and $\text{Transformer}^2$ \<think\>]"
        "(https://arxiv.org/abs/2502.00001)\\\n"
        "  Ada Lovelace, `lvwerra`, Alan Turing, Grace Hopper, A\\_B C and others\\\n"
        "  arXiv:2502.00001, 2025, digest of 2025-02-06\\\n"
        "  Text Generation, Robotics\\\n"
        "  [code: lab/co\\_de](https://github.com/lab/co_de)\n"
        "  - It is `<x>` at $O(n)$.\n"
        "    - \\# Deep.\n"
        "  - 1\\. Not a number.\n"
        "- [Paper 2](https://arxiv.org/abs/2502.00002)\\\n"
        "  arXiv:2502.00002, 2025, digest of 2025-02-06\\\n"
        "  Text Generation\\\n"
        "  [code: lab/code-2](https://github.com/lab/code-2)\n"
        "  - One. Two.\n"
    )


@pytest.mark.parametrize(
    "summary",
    [
        r"- A $x_i$ and S$^2$R of X^{2}.\n- Costs $5, or $6 at 360^circ: $\{a\}$ and a_{b}.",
        r"Prose of $\frac{1}{2}$ and $\unknown{x}$. More of $L_{a} <b$ & $5.",
    ],
)
def test_the_formulas_of_a_summary_are_as_it_gave_them(about, summary):
    summary = summary.replace(r"\n", "\n")
    _, (item,) = rendered([paper(summary=summary)], about)
    given_ = summary.replace("360^circ", "360°").split("\n")
    assert [text for text, _ in points(item)] == [line.removeprefix("- ") for line in given_]


def test_a_formula_that_commonmark_would_change_is_escaped():
    for formula in (r"$\{a\}$", "$a*b*c$", r"${}_a + b_{c}$", r"$a\\b$", "$x<y>z$", "$[a](b)$"):
        html = COMMONMARK.renderInline(markdown._text(f"A {formula} *b* _c_"))
        assert unescape(html) == f"A {formula} *b* _c_"


def test_an_address_is_a_link_whatever_it_holds(about):
    for url in ("https://x.org/a_(b", "https://x.org/a)b", "https://x.org/*a*?b=c&lt;=d"):
        _, (item,) = rendered([paper(link=url, title="[A](b)")], about)
        assert lines(item)[0] == ("[A](b)", [url])


def test_a_title_is_a_heading_whatever_it_is(about):
    for title in ("# Search: *a* [b](c) <d> `e`\n\n- f", "“x” | y", "\\"):
        about_it = type(about)(title, about.url, about.feed_url, about.base_url)
        heading, _ = rendered([], about_it)
        assert text(heading) == " ".join(title.split())
        assert heading[0].get("href") == about.url


@pytest.mark.django_db
def test_the_archive_reads_back(archive, about):
    _, items = rendered(archive, about)
    assert len(items) == len(archive) > 200
    for item, found in zip(items, archive, strict=True):
        assert_same(item, found)


@given(ROWS)
def test_whatever_a_row_holds_reads_back(about, row):
    found = paper(**row)
    _, (item,) = rendered([found], about)
    assert_same(item, found)
