"""BibTeX, read back with a parser of BibTeX and one of LaTeX."""

import re
import unicodedata

import bibtexparser
import pytest
from bibtexparser.middlewares import NameParts, SeparateCoAuthors, SplitNameParts
from hypothesis import given
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from digest.exports import Citation, bibtex
from digest.exports.formulas import Formula, pieces
from digest.exports.latex import _carried, latex, latex_title
from tests.digest.exports.papers import NAMES, ROWS, SUMMARIES, TITLES, paper

NAMES_OF_SIGNS = {
    "\\": "backslash",
    "{": "braceleft",
    "}": "braceright",
    "<": "less",
    ">": "greater",
    "|": "bar",
    "~": "asciitilde",
    "^": "asciicircum",
    "`": "asciigrave",
    "°": "degree",
    "•": "bullet",
}
SIGNS = get_default_latex_context_db()  # which knows most of LaTeX's own names, but not all
SIGNS.add_context_category(
    "text",
    prepend=True,
    macros=[MacroTextSpec("text" + name, sign) for sign, name in NAMES_OF_SIGNS.items()],
)
LATEX = LatexNodes2Text(SIGNS, math_mode="verbatim", strict_latex_spaces=True)
WITHOUT_DOLLARS = LatexNodes2Text(SIGNS, math_mode="text", strict_latex_spaces=True)


SIGN = r"\\[a-zA-Z]+(?:\{\})?|\^\d|[-<>|]"
"""A formula that is no more than a sign: text and mathematics write it alike."""


def read_latex(text):
    """What a LaTeX text prints, with formulas as LaTeX."""
    if not re.search(r"[\\{}$~%]|--|``|''", text):
        return text  # as any reader would; the parser takes its time
    text = re.sub(rf"\{{\$({SIGN})\s*\$\}}", lambda sign: read_sign(sign[1]), text)
    return unicodedata.normalize("NFC", LATEX.latex_to_text(text))


def read_sign(source):
    if source[0] == "^":
        return "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(source[1])]
    if source in "-<>|":
        return source.replace("-", "−")
    if source == r"\sqrt{}":  # which the reader writes with parentheses
        return "√"
    return WITHOUT_DOLLARS.latex_to_text(f"${source}$")


def printed(text):
    """What a text should print, with formulas as LaTeX."""
    return "\n".join("".join(map(_printed, pieces(line))) for line in text.split("\n"))


def _printed(piece):
    if not isinstance(piece, Formula):
        return joined(piece)
    source = _carried(piece.source)
    sign = re.fullmatch(rf"({SIGN})\s*", source)
    return read_sign(sign[1]) if sign else f"${source}$"


def joined(text):
    """Dashes and quotes as TeX joins them."""
    # The reader leaves a single quote that opens as TeX has it.
    signs = {"---": "—", "--": "–", "’": "'", "''": "”", "‘": "`", "µ": "μ"}
    for given_, shown in signs.items():
        text = text.replace(given_, shown)
    return text


def read(papers, about):
    text = "".join(bibtex.write(papers, about))
    names = [SeparateCoAuthors(), SplitNameParts()]
    library = bibtexparser.parse_string(text, append_middleware=names)
    assert library.failed_blocks == []
    assert library.blocks == library.entries
    return library.entries


def assert_same(entry, paper):
    cited = Citation.of(paper)
    fields = {field.key: field.value for field in entry.fields}
    authors = fields.pop("author", [])
    label = {fields.pop(name, None) for name in ("key", "label")}
    assert len(label) == 1
    assert (label == {None}) is bool(cited.authors)
    assert (entry.entry_type, entry.key) == ("misc", cited.key)
    on_arxiv = {
        "year": str(cited.year),
        "eprint": cited.arxiv_id,
        "archivePrefix": "arXiv",
        "date": f"{cited.year}-{cited.month or 0:02}",
        "doi": cited.doi,
    }
    texts = {
        "title": printed(cited.title),
        "keywords": ", ".join(map(printed, cited.categories)),
        "abstract": printed(cited.abstract),
    }
    expected = {
        **{name: text for name, text in texts.items() if text},
        **(on_arxiv if cited.arxiv_id else {}),
        **({"url": cited.url} if cited.url else {}),
    }
    read = {name: read_latex(value) if name in texts else value for name, value in fields.items()}
    assert read == expected
    names = [name.text for name in cited.names]
    assert [whole_name(name) for name in authors] == [printed(name) for name in names]
    for name, found in zip(cited.authors, authors, strict=False):
        if not name.family:
            assert (found.first, found.von, found.jr) == ([], [], [])
            assert len(found.last) == 1
            assert found.last[0].startswith("{")


def whole_name(name: NameParts):
    return read_latex(" ".join([*name.first, *name.von, *name.last, *name.jr]))


def test_an_entry_is_as_arxiv_writes_it(about):
    found = paper(
        link="https://arxiv.org/abs/2502.02737v2",
        title="SmolLM2: When Smol Goes Big -- 50% of $1 Million, S$^2$R & <think>",
        authors="Gabriel Martín Blázquez, lvwerra, Ludwig van Beethoven, Qwen Team, Ørjan Łoś",
        summary="- It is 90% {good}.\n- It is $O(n \\log n)$.",
    )
    assert "".join(bibtex.write([found], about)) == (
        "@misc{arXiv:2502.02737,\n"
        "  title = {{SmolLM2}: When Smol Goes Big -- 50\\% of \\$1 Million, {S}{$^{2}$}{R} \\&"
        " {$<$}think{$>$}},\n"
        "  author = {Bl{\\'a}zquez, Gabriel Mart{\\'i}n and {lvwerra} and van Beethoven, Ludwig"
        " and {Qwen Team} and {\\L}o{\\'s}, {\\O}rjan and others},\n"
        "  year = {2025},\n"
        "  date = {2025-02},\n"
        "  eprint = {2502.02737},\n"
        "  archivePrefix = {arXiv},\n"
        "  url = {https://arxiv.org/abs/2502.02737},\n"
        "  doi = {10.48550/arXiv.2502.02737},\n"
        "  keywords = {Text Generation},\n"
        "  abstract = {Digest summary:\n"
        "- It is 90\\% {\\textbraceleft}good{\\textbraceright}.\n"
        "- It is {$O(n \\log n)$}.}\n"
        "}\n\n"
    )


def test_a_paper_elsewhere_has_no_year_and_one_without_address_its_title_alone(about):
    elsewhere = paper(
        link="https://x.org/a_b", authors="", summary="", classification=[], title="On Graphs"
    )
    nowhere = paper(link="", authors="", summary="", classification=[], title="On Graphs")
    assert "".join(bibtex.write([elsewhere, nowhere], about)) == (
        "@misc{x-org-a_b-16496307df,\n  title = {On Graphs},\n  key = {On Graphs},\n"
        "  label = {On Graphs},\n  url = {https://x.org/a_b}\n}\n\n"
        "@misc{on-graphs-9afb7d87cc,\n  title = {On Graphs},\n  key = {On Graphs},\n"
        "  label = {On Graphs}\n}\n\n"
    )


@pytest.mark.parametrize(
    ("title", "written"),
    [
        (
            r"$\text{Transformer}^2$: Self-adaptive LLMs",
            r"{$\text{Transformer}^2$}: Self-adaptive {LLMs}",
        ),
        ("LLMs Earn $1 Million or $2", r"{LLMs} Earn \$1 Million or \$2"),
        (r"Earn \$1 at 5\%", r"Earn \$1 at 5\%"),
        ("UniF^2ace and X^{2}-Gaussian", "{UniF}{$^{2}$}ace and {X}{$^{2}$}-Gaussian"),
        ("A$^2$Search: E$^3$", "{A}{$^{2}$}{Search}: {E}{$^{3}$}"),
        ("A²Search of Λόγος and λ", "{A²Search} of Λόγος and {$\\lambda$}"),
        ("√2 × 3 → ∞", r"{$\sqrt{}$}2 × 3 → {$\infty$}"),
        ("360^circ Views", r"360{$^{\circ}$} Views"),
        (r"Sets $\{a, b\}$ of $x % y$", r"Sets {$\lbrace a, b\rbrace $} of {$x \% y$}"),
        (r"\(O(n)\) is not $$O(1)$$", "{$O(n)$} is not {$O(1)$}"),
        ("The $α$ of β-VAE", r"The {$\alpha $} of {$\beta$}-{VAE}"),
        (
            r"$\input{x}$ \def",
            r"\${\textbackslash}input{\textbraceleft}x{\textbraceright}\$ {\textbackslash}def",
        ),
        (
            "S*: a `cat` {x}",
            r"{S*}: a {\textasciigrave}cat{\textasciigrave} {\textbraceleft}x{\textbraceright}",
        ),
        (
            "}{ is #1 ~ a_b | c",
            r"{\textbraceright}{\textbraceleft} is \#1 {\textasciitilde} a\_b {$|$} c",
        ),
        (
            "Is A Survey of 3D iPhones, A* and GPT-4o?",
            "Is A Survey of {3D} {iPhones}, {A*} and {GPT}-4o?",
        ),
        ("Ça, œuvre, Nguyễn, 深層", r"{\c{C}}a, œuvre, Nguyễn, 深層"),
        ("École ÉCOLE", r"{\'E}cole {{\'E}COLE}"),
        ("“Smart” – it’s… 5°", r"{``}Smart{''} -- it's… 5°"),
    ],
)
def test_a_title_in_latex(title, written):
    assert latex_title(title) == written


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Łukasz Flis", r"Flis, {\L}ukasz"),
        ("Guy Van den Broeck", "Van den Broeck, Guy"),
        ("Γ. Παπαδόπουλος", "Παπαδόπουλος, Γ."),
        ("Simon and Schuster", "{Simon and Schuster}"),
    ],
)
def test_a_name_has_its_parts(about, name, written):
    (entry,) = bibtex.write([paper(authors=name)], about)
    assert f"  author = {{{written}}},\n" in entry


def test_a_root_reads_back(about):
    found = paper(title="√2", summary="It is o(√log n), for x < 3 | y.")
    (entry,) = read([found], about)
    assert_same(entry, found)


def test_no_text_begins_another_entry_or_name(about):
    text = "A } \n@misc{x, title = {y}}\n@comment{"
    found = paper(title=text, authors="Simon and Schuster, others, B AND C", summary=text)
    (entry,) = read([found], about)
    assert_same(entry, found)


@pytest.mark.django_db
@pytest.mark.slow
def test_the_archive_reads_back(archive, about):
    entries = read(archive, about)
    assert len(entries) == len(archive) > 200
    for entry, found in zip(entries, archive, strict=True):
        assert_same(entry, found)


@given(ROWS)
def test_whatever_a_row_holds_reads_back(about, row):
    found = paper(**row)
    (entry,) = read([found], about)
    assert_same(entry, found)


@given(TITLES | SUMMARIES | NAMES)
def test_latex_is_balanced_and_brings_no_command(text):
    for written in (latex(text), latex_title(text)):
        depth = 0
        for sign in written:
            depth += (sign == "{") - (sign == "}")
            assert depth >= 0
        assert depth == 0
        assert r"\input" not in written
        assert r"\def" not in written
