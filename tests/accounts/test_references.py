import json
import re
import time
import unicodedata
from itertools import chain

import pytest
import rispy
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.references import MAX_BYTES, MAX_REFERENCES, Format, read
from accounts.references.latex import plain
from digest.exports import WRITERS, About
from digest.exports.formulas import Formula, pieces
from digest.exports.latex import latex
from tests.digest.exports.papers import ROWS, paper

pytestmark = pytest.mark.sqlite

SMOL = "SmolLM2: When Smol Goes Big -- Data-Centric Training of a Small Language Model"
ARXIV = "https://arxiv.org/abs/"


def found(text):
    """What a file's references are, by arXiv id, address and title."""
    reading = read(text.encode() if isinstance(text, str) else text)
    assert reading.problems == ()
    return [(r.arxiv_id, r.url, r.title) for r in reading.references]


def problems(content):
    reading = read(content.encode() if isinstance(content, str) else content)
    return [str(problem) for problem in reading.problems]


# BibTeX

ZOTERO = r"""
@misc{allal_smollm2_2025,
	title = {{SmolLM2}: {When} {Smol} {Goes} {Big} -- {Data}-{Centric} {Training} of a {Small}
		{Language} {Model}},
	shorttitle = {{SmolLM2}},
	url = {http://arxiv.org/abs/2502.02737},
	doi = {10.48550/arXiv.2502.02737},
	abstract = {While large language models have facilitated breakthroughs, 100\% of them},
	urldate = {2025-02-10},
	publisher = {arXiv},
	author = {Allal, Loubna Ben and Lozhkov, Anton and Blázquez, Gabriel Martín},
	month = feb,
	year = {2025},
	note = {arXiv:2502.02737 [cs]},
	annote = {Read the \emph{ablation} again.},
	keywords = {Computer Science - Computation and Language},
	file = {Full Text PDF:files/2/2025.pdf:application/pdf},
}
"""
BIBTEX = {
    "Zotero": (ZOTERO, ("2502.02737", "http://arxiv.org/abs/2502.02737", SMOL.replace("--", "–"))),
    "Google Scholar": (
        "@article{allal2025smollm2,\n"
        "  title={SmolLM2: When Smol Goes Big--Data-Centric Training},\n"
        "  author={Allal, Loubna Ben and others},\n"
        "  journal={arXiv preprint arXiv:2502.02737},\n  year={2025}\n}\n",
        ("2502.02737", None, "SmolLM2: When Smol Goes Big–Data-Centric Training"),
    ),
    "arXiv": (
        "@misc{allal2025smollm2smolgoesbig,\n"
        "      title={LIMO: Less is More for Reasoning}, \n"
        "      author={Yixin Ye and Zhen Huang},\n      year={2025},\n"
        "      eprint={2502.03387},\n      archivePrefix={arXiv},\n      primaryClass={cs.CL},\n"
        "      url={https://arxiv.org/abs/2502.03387}, \n}",
        ("2502.03387", ARXIV + "2502.03387", "LIMO: Less is More for Reasoning"),
    ),
    "Mendeley": (
        "@article{Ye2025,\n   author = {Yixin Ye and Zhen Huang},\n   month = {2},\n"
        "   title = {LIMO: Less is More for Reasoning},\n   url = {http://arxiv.org/abs/2502.03387},"
        "\n   arxivId = {2502.03387},\n   year = {2025}\n}",
        ("2502.03387", "http://arxiv.org/abs/2502.03387", "LIMO: Less is More for Reasoning"),
    ),
    "JabRef": (
        "% Encoding: UTF-8\n\n@Misc{Ye2025,\n"
        "  author        = {Ye, Yixin},\n  title         = {{LIMO}: Less is More},\n"
        "  eprint        = {2502.03387v2},\n  eprintclass   = {cs.CL},\n"
        "  eprinttype    = {arXiv},\n  groups        = {Reading},\n}\n\n"
        "@Comment{jabref-meta: databaseType:bibtex;}\n",
        ("2502.03387", None, "LIMO: Less is More"),
    ),
    "EndNote": (
        "@article{RN1,\n   author = {Ye, Yixin},\n   title = {LIMO: Less is More},\n"
        "   journal = {arXiv e-prints arXiv:2502.03387},\n   DOI = {10.48550/arXiv.2502.03387},\n"
        "   year = {2025},\n   type = {Journal Article}\n}\n",
        ("2502.03387", "https://doi.org/10.48550/arXiv.2502.03387", "LIMO: Less is More"),
    ),
    "DBLP": (
        "@article{DBLP:journals/corr/abs-2502-03387,\n"
        "  author       = {Yixin Ye and\n                  Zhen Huang},\n"
        "  title        = {{LIMO:} Less is More\n                  for Reasoning},\n"
        "  journal      = {CoRR},\n  volume       = {abs/2502.03387},\n"
        "  year         = {2025},\n}\n",
        ("2502.03387", None, "LIMO: Less is More for Reasoning"),
    ),
    "ADS": (
        "@ARTICLE{2025arXiv250203387Y,\n       author = {{Ye}, Yixin},\n"
        '        title = "{LIMO: Less is More}",\n      journal = {arXiv e-prints},\n'
        "         year = 2025,\n          eid = {arXiv:2502.03387},\n"
        "        pages = {arXiv:2502.03387},\n}\n",
        ("2502.03387", None, "LIMO: Less is More"),
    ),
    "Better BibTeX": (
        "@misc{yeLIMOLessMore2025,\n  title = {{{LIMO}}: {{Less}} Is {{More}} for"
        ' \\textless think\\textgreater{} in {{G\\"odel}}},\n'
        "  shorttitle = {{{LIMO}}},\n  author = {Ye, Yixin and {others}},\n  year = 2025,\n"
        "  month = feb,\n  number = {arXiv:2502.03387},\n  eprint = {2502.03387},\n"
        "  primaryclass = {cs},\n  publisher = {arXiv},\n  doi = {10.48550/arXiv.2502.03387},\n"
        "  archiveprefix = {arXiv},\n  keywords = {Computer Science - Robotics},\n"
        "  file = {C\\:\\\\x\\\\Ye - 2025 - LIMO.pdf;/data/a.html}\n}\n",
        (
            "2502.03387",
            "https://doi.org/10.48550/arXiv.2502.03387",
            "LIMO: Less Is More for <think> in Gödel",
        ),
    ),
    "Better BibLaTeX": (
        "@online{yeLIMOLessMore2025,\n  title = {{{LIMO}}},\n  date = {2025-02-05},\n"
        "  eprint = {2502.03387},\n  eprinttype = {arxiv},\n  eprintclass = {cs},\n"
        "  journaltitle = {Proc. of arXiv:2502.02737},\n  pubstate = {prepublished},\n"
        "  langid = {english},\n  urldate = {2026-11-29}\n}\n",
        ("2502.03387", None, "LIMO"),
    ),
    "an old id without its archive": (
        "@article{a, title={Old}, eprint={9901001}, archivePrefix={arXiv}, primaryClass={hep-th}}",
        ("hep-th/9901001", None, "Old"),
    ),
    "parts and abbreviations": (
        '@string{ARX = "arXiv preprint"}\n@article(a, title = "On " # {Graphs}, '
        'journal = arx # " arXiv:2502.03387")',
        ("2502.03387", None, "On Graphs"),
    ),
    "an address in a command": (
        "@misc{a, title={On Graphs}, howpublished={\\url{https://x.org/a_b}}}",
        (None, "https://x.org/a_b", "On Graphs"),
    ),
    "an escaped address": (
        "@misc{a, url = {https://x.org/a\\_b\\%20c}}",
        (None, "https://x.org/a_b%20c", ""),
    ),
    "a paper elsewhere": (
        "@inproceedings{a, title={On Graphs}, doi={10.1145/3292500.3330701}}",
        (None, "https://doi.org/10.1145/3292500.3330701", "On Graphs"),
    ),
    "an eprint of another archive": (
        "@misc{a, title={On Graphs}, eprint={2502.03387}, eprinttype={pubmed}}",
        (None, None, "On Graphs"),
    ),
    "a note on another paper": (
        "@misc{a, title={On Graphs}, note={Answers arXiv:2502.03387}}",
        (None, None, "On Graphs"),
    ),
    "a field twice": ("@misc{a, title={On Graphs}, title={Off}}", (None, None, "On Graphs")),
}


@pytest.mark.parametrize(("text", "reference"), BIBTEX.values(), ids=BIBTEX)
def test_bibtex(text, reference):
    assert read(text.encode()).format is Format.BIBTEX
    assert found(text) == [reference]


def test_a_reference_says_where_it_stands_and_what_the_person_wrote():
    (reference,) = read(ZOTERO.encode()).references
    assert reference.line == 2
    assert reference.note == "Read the ablation again."
    assert reference.text.startswith("@misc{allal_smollm2_2025, title = {{SmolLM2}: {When} {Smol}")
    assert len(reference.text) == 100


def test_abbreviations_do_not_fill_the_memory():
    text = "@string{a = {" + "x" * 100_000 + "}}\n@string{b = {Graphs}}\n"
    text += "@misc{k, title = a" + " # a" * 10_000 + "}\n"
    text += "@misc{l, title = b # { and } # b}"
    reading = read(text.encode())
    assert [(r.title, r.line) for r in reading.references] == [("Graphs and Graphs", 4)]
    assert [str(problem) for problem in reading.problems] == ["3: its abbreviations are too long"]


def test_a_small_file_may_use_its_abbreviations_often():
    text = "@string{a = {" + "Journal " * 20 + "}}" + "@misc{k, note = a, title = {On Graphs}}" * 50
    assert found(text) == [(None, None, "On Graphs")]


def test_broken_entries_leave_the_others():
    text = (
        "@misc{a, title={One}}\n"
        "@misc{b, title={Two\n"
        "@misc{c, title={Three}}\n"
        "@misc{d title={Four}}\n"
        "@misc{e}\n"
        "@misc{a, title={Five}}\n"
        "@misc{f, title={Six}"
    )
    reading = read(text.encode())
    assert [r.title for r in reading.references] == ["One", "Two", "Three", "Four", "Five", "Six"]
    assert [(p.line, p.reason, p.text) for p in reading.problems] == [
        (2, "a value has no end", "@misc{b, title={Two"),
        (5, "neither an arXiv id nor an address nor a title", "@misc{e}"),
        (7, "the entry has no end", "@misc{f, title={Six}"),
    ]


ID = "eprint = {2502.03387}"
FORGIVEN = {
    "no key": f"@misc{{,\n title = {{On Graphs}},\n {ID}\n}}",
    "neither key nor comma": f"@misc{{\n title = {{On Graphs}},\n {ID}\n}}",
    "a key of words": f"@misc{{Ye 2025, title = {{On Graphs}}, {ID}}}",
    "no comma after the key": f"@misc{{a\n title = {{On Graphs}},\n {ID}\n}}",
    "no comma after a field": f"@misc{{a,\n title = {{On Graphs}}\n {ID}\n}}",
    "a doubled comma": f"@misc{{a,, title = {{On Graphs}},,\n {ID}, ,}}",
    "a comment": f"@misc{{a, % a {{brace\n title = {{On Graphs}},\n % note = {{x}}\n {ID}\n}}",
    "a field without a value": f"@misc{{a, title = {{On Graphs}},\n note =\n {ID}\n}}",
    "a name alone": f"@misc{{a, journal, title = {{On Graphs}}, note = , {ID}}}",
    "an @ at a line's start": (
        f"@misc{{a, abstract = {{Use\n@property{{x}} or\n@misc}}, title = {{On Graphs}}, {ID}}}"
    ),
    "a space before the type": f"@ misc{{a, title = {{On Graphs}}, {ID}}}",
    "a space after the type": f"@misc  {{a, title = {{On Graphs}}, {ID}}}",
    "further in than a text": f"- Mine:\n    @misc{{a, title = {{On Graphs}}, {ID}}}",
    "in a sentence": f"Cite it as @misc{{a, title = {{On Graphs}}, {ID}}}.",
    "a brace too many": f"@misc{{a, title = {{On Graphs}}, {ID}}}}}",
}


@pytest.mark.parametrize("text", FORGIVEN.values(), ids=FORGIVEN)
def test_bibtex_that_others_forgive(text):
    (reference,) = read(text.encode()).references
    assert (reference.arxiv_id, reference.title) == ("2502.03387", "On Graphs")


@pytest.mark.parametrize(
    "text",
    [
        f"@misc{{a,\n title = {{On Graphs,\n {ID}\n}}\n@misc{{b, title={{B}}}}",
        '@misc{a,\n title = "On Graphs,\n eprint = "2502.03387",\n}\n@misc{b, title={B}}',
        f"@misc{{a, title = {{On Graphs}}, {ID}\n@misc{{b, title={{B}}}}",
        f"@misc{{a, title = {{On Graphs}}\n, {ID}\n\n@misc{{b, title={{B}}}}\n}}",
        "@misc{a, title = {On Graphs} eprint 2502.03387, x y}\n@misc{b, title={B}}",
        "@misc{a, title = {On Graphs\n}, url = http://arxiv.org/abs/2502.03387}@misc{b, title={B}}",
    ],
)
def test_no_field_and_no_entry_is_lost_in_another(text):
    reading = read(text.encode())
    assert [(r.arxiv_id, r.title) for r in reading.references] == [
        ("2502.03387", "On Graphs"),
        (None, "B"),
    ]
    assert len(reading.problems) <= 2


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"Gabriel Mart{\'i}n Bl{\'a}zquez", "Gabriel Martín Blázquez"),
        (
            r"{\O}rjan {\L}o{\'s}, na\"{\i}ve G\"odel, \v{C}apek, \c c",
            "Ørjan Łoś, naïve Gödel, Čapek, ç",
        ),
        (r"50\% of \$1 \& \#2 a\_b", "50% of $1 & #2 a_b"),
        (r"{\textless}think{\textgreater} \textbackslash{}x", r"<think> \x"),
        (r"A\textendash B -- C --- D~E", "A–B – C — D E"),
        (r"{``}x{''} ``y''", "“x” “y”"),
        (r"The \emph{A} \textbf{B {C}} {\em D}", "The A B C D"),
        (r"{\LaTeX} and \LaTeX{} x", "LaTeX and LaTeX x"),
        (r"{$\pi_0$}: $O(n^{2})$", r"$\pi_0$: $O(n^2)$"),
        (r"{$\beta$}-VAE {$-$}1 {$\sqrt{}$}2 $\alpha{}$ {$<$}", "β-VAE −1 √2 α <"),
        (r"{S}{$^{2}$}{R}", "S$^2$R"),
        (r"A\^{}2: x\~{}y, \'{}a", "A^2: x~y, 'a"),
        (r"3{\texttimes}3, AND\slash OR \textnumero{} {\textonequarter}", "3×3, AND/OR № ¼"),
        (r"$\beth$ \ensuremath{\alpha}-\ensuremath{x_{1}}", "ℶ α-$x_1$"),
        (
            r"\href{https://x.org/{a}}{On} \texorpdfstring{$\alpha$}{alpha}\vphantom{X}s",
            "On alphas",
        ),
        (r"\copyright{} \S 3, \pounds{}5, {$\spadesuit$}", "© §3, £5, ♠"),
        (r"A\textsuperscript{2}, B\textsubscript{0}, \'{\i}\v{\j}", "A$^2$, B$_0$, íǰ"),
        ("$1 Million", "$1 Million"),
        ("50% and more", "50% and more"),
        ("a } b { c \\", "a  b  c \\"),
    ],
)
def test_latex_is_undone(source, text):
    assert plain(source) == text


# RIS

RIS = {
    "Zotero": (
        "TY  - UNPB\r\nTI  - SmolLM2: When <i>Smol</i> Goes Big\r\nAU  - Allal, Loubna Ben\r\n"
        "DA  - 2025/02/04/\r\nPY  - 2025\r\nDO  - 10.48550/arXiv.2502.02737\r\nDP  - arXiv.org\r\n"
        "M1  - arXiv:2502.02737\r\nPB  - arXiv\r\nUR  - http://arxiv.org/abs/2502.02737\r\n"
        "Y2  - 2025/02/10/\r\nN1  - arXiv:2502.02737 [cs]\r\nKW  - Language\r\nER  - \r\n\r\n",
        ("2502.02737", "http://arxiv.org/abs/2502.02737", "SmolLM2: When Smol Goes Big"),
    ),
    "Mendeley": (
        "TY  - JOUR\nAU  - Ye, Yixin\nPY  - 2025\nDA  - 2025/2//\nTI  - LIMO: Less is More\n"
        "UR  - http://arxiv.org/abs/2502.03387; https://x.org/a\nER  - \n",
        ("2502.03387", "http://arxiv.org/abs/2502.03387", "LIMO: Less is More"),
    ),
    "EndNote": (
        "TY  - JOUR\nAU  - Ye, Yixin\nTI  - LIMO: Less is More\n  for Reasoning\n"
        "T2  - arXiv preprint arXiv:2502.03387\nID  - 17\nRN  - Try it.\nER  - \n",
        ("2502.03387", None, "LIMO: Less is More for Reasoning"),
    ),
    "Google Scholar": (
        "TY  - JOUR\nA1  - Ye, Yixin\nT1  - LIMO: Less is More\n"
        "JO  - arXiv preprint arXiv:2502.03387\nY1  - 2025\nER  -\n",
        ("2502.03387", None, "LIMO: Less is More"),
    ),
    "an accession number": (
        "TY  - RPRT\nT1  - LIMO\nAN  - arXiv:2502.03387v1\nER  - ",
        ("2502.03387", None, "LIMO"),
    ),
    "a semicolon in an address": (
        "TY  - ELEC\nTI  - A\nUR  - https://x.org/a;b?c=d;e\nER  - ",
        (None, "https://x.org/a;b?c=d;e", "A"),
    ),
    "no end": ("TY  - JOUR\nTI  - LIMO", (None, None, "LIMO")),
}


@pytest.mark.parametrize(("text", "reference"), RIS.values(), ids=RIS)
def test_ris(text, reference):
    assert read(text.encode()).format is Format.RIS
    assert found(text) == [reference]


RECORDS = {
    "one space": ("TY - JOUR\nTI - X\nUR - https://arxiv.org/abs/2502.03387\nER -\n", "RIS"),
    "a bare end": ("TY  - GEN\nTI  - X\nAN  - arXiv:2502.03387\nER\n", "RIS"),
    "a short title alone": ("TY  - GEN\nST  - X\nAN  - arXiv:2502.03387\nER  - \n", "RIS"),
    "no first line": ("TI  - X\nAN  - arXiv:2502.03387\nER  - \n", "RIS"),
    ".enw": ("%0 Generic\n%T X\n%A Ye, Yixin\n%U https://arxiv.org/abs/2502.03387\n", "EndNote"),
    ".enw, DOI": ("%0 Generic\n%T X\n%R 10.48550/arXiv.2502.03387\n", "EndNote"),
    ".enw, journal": ("%T X\n%J arXiv preprint arXiv:2502.03387\n", "EndNote"),
    ".nbib": ("PMID- 1\nOWN - NLM\nTI  - X\nAID - arXiv:2502.03387 [pii]\n", "PubMed"),
    ".nbib, source": ("\nPMID- 1\nTI  - X\nSO  - ArXiv. 2025 Feb. arXiv:2502.03387v1.\n", "PubMed"),
}


@pytest.mark.parametrize(("text", "format"), RECORDS.values(), ids=RECORDS)
def test_records_that_are_slightly_off(text, format):
    reading = read(text.encode())
    assert (reading.format, reading.problems) == (format, ())
    assert [(r.arxiv_id, r.title) for r in reading.references] == [("2502.03387", "X")]
    assert [(r.arxiv_id, r.title) for r in read((text + "\n").encode() * 2).references] == [
        ("2502.03387", "X")
    ]


TITLE = "SmolLM2: When Smol Goes Big – Data-Centric Training of a Small Language Model"


@pytest.mark.parametrize(
    "lines",
    [
        [TITLE[:70], TITLE[70:]],  # citation.js cuts within words
        [TITLE[:70], TITLE[70:], "AB  - As they say,", "it is less."],
        [TITLE[:62], TITLE[63:]],
        [TITLE[:62], f"  {TITLE[63:]}"],
    ],
)
def test_a_value_of_several_lines(lines):
    text = "\n".join(["TY  - GEN", "TI  - " + lines[0], *lines[1:], "AN  - 2502.02737", "ER  - "])
    assert found(text) == [("2502.02737", None, TITLE)]


def test_a_line_may_end_where_others_cut_it():
    title = f"{'Half of it ' * 6}LIMO"
    text = f"TY  - GEN\nTI  - {title}\nTwice\nAB  - {'And more ' * 10}\nER  - "
    assert (len(title), found(text)) == (70, [(None, None, f"{title} Twice")])


def test_what_a_person_noted_is_read():
    assert read(RIS["EndNote"][0].encode()).references[0].note == "Try it."


def test_broken_records_leave_the_others():
    text = (
        "Provider: somebody\n"
        "TI  - Found\nAU  - X\nER  - \n"
        "TY  - JOUR\nTI  - One\n"
        "TY  - JOUR\nAU  - Nobody\nER  - \n"
        "TY  - JOUR\nTI  - Two\nER  - \n"
    )
    reading = read(text.encode())
    assert [(r.title, r.line) for r in reading.references] == [
        ("Found", 2),
        ("One", 5),
        ("Two", 10),
    ]
    assert [(p.line, p.reason, p.text) for p in reading.problems] == [
        (1, "neither an arXiv id nor an address", "Provider: somebody"),
        (7, "neither an arXiv id nor an address nor a title", "TY - JOUR AU - Nobody"),
    ]


# CSL-JSON

ITEM = {
    "id": "http://zotero.org/users/1/items/ABC",
    "type": "article",
    "title": 'LIMO: <span class="nocase">Less is More</span>',
    "DOI": "10.48550/arXiv.2502.03387",
    "URL": "http://arxiv.org/abs/2502.03387",
    "number": "arXiv:2502.03387",
    "note": "arXiv:2502.03387 [cs]",
    "issued": {"date-parts": [["2025", 2, 5]]},
}
READ_ITEM = ("2502.03387", "http://arxiv.org/abs/2502.03387", "LIMO: Less is More")


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        ([ITEM], READ_ITEM),
        (ITEM, READ_ITEM),
        ({"items": [ITEM]}, READ_ITEM),
        ([{"title": "A", "number": "arXiv:2502.03387"}], ("2502.03387", None, "A")),
        ([{"id": "2502.03387"}], ("2502.03387", None, "")),
        (
            [{"title": "A", "container-title": "arXiv preprint arXiv:2502.03387"}],
            ("2502.03387", None, "A"),
        ),
        ([{"title": "A", "id": ITEM["id"], "volume": 12}], (None, None, "A")),
    ],
)
def test_csl_json(value, reference):
    text = json.dumps(value)
    assert read(text.encode()).format is Format.CSL_JSON
    assert found(text) == [reference]


def test_half_a_character_in_an_address_is_a_problem_too():
    text = '{"data": [{"url": "https://x.org/\\ud800"}, {"url": "https://x.org/a"}]}'
    reading = read(text.encode())
    assert [one.url for one in reading.references] == ["https://x.org/a"]
    assert len(reading.problems) == 1


def test_broken_items_leave_the_others():
    text = (
        '[{"title": "One"},\n {"title": NaN},\n {"title": "A", "title": "B"},\n'
        ' {"title": "\\ud800"},\n 7,\n {},\n {"title": "Two"},\n {"title": ]'
    )
    reading = read(text.encode())
    assert [(r.title, r.line) for r in reading.references] == [("One", 1), ("Two", 7)]
    assert [str(problem) for problem in reading.problems] == [
        "2: NaN is not JSON",
        "3: the item has the same key twice",
        "4: half a character: a lone surrogate",
        "5: not a JSON object",
        "6: neither an arXiv id nor an address nor a title",
        "8: not JSON: Expecting value",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"title": "A"} {}]', "1: not JSON: neither a comma nor the list's end"),
        ('[{"title": "A"}', "1: not JSON: neither a comma nor the list's end"),
        ('[{"title": "A"},', "1: not JSON: Expecting value"),
        ("[" * 100_000, "1: nested too deeply"),
        ("[[" * 600_000, "1: more than 1,000,000 lists and objects"),
    ],
)
def test_json_that_is_none(text, problem):
    assert problems(text) == [problem]


@pytest.mark.parametrize("space", ["\xa0", "\x0b", "\u2028"])
def test_any_white_space_may_stand_around_the_items(space):
    item = '{"title": "A"}'
    wrapped = f'{{"items":{space}[{item}]}}'
    for text in (f"{space}[{item}{space}]", space + item, space + wrapped):
        assert found(text) == [(None, None, "A")]


# Bookmarks

FIREFOX = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<!-- This is an automatically generated file. -->
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks Menu</H1>

<DL><p>
    <DT><H3 ADD_DATE="1738800000">Papers &amp; more</H3>
    <DL><p>
        <DT><A HREF="https://arxiv.org/abs/2502.03387">[2502.03387] LIMO: Less &amp; more</A>
        <DD>Read &lt;again&gt;
        <DT><A HREF="place:type=6&amp;sort=14">Recent Tags</A>
        <DT><A href='https://x.org/a?b=1&amp;c=2'><b>On</b> Graphs</A>
        <DT><A HREF="javascript:alert(1)">Bookmarklet</A>
    </DL><p>
</DL>
"""
CHROME = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p>
    <DT><H3 PERSONAL_TOOLBAR_FOLDER="true">Bookmarks bar</H3>
    <DL><p>
        <DT><A ICON="data:," HREF="https://huggingface.co/papers/2502.02737">SmolLM2</A>
        <DT><A HREF="https://arxiv.org/pdf/2502.02737v1">2502.02737v1</A>
    </DL><p>
</DL><p>
"""


def test_firefox():
    reading = read(FIREFOX.encode())
    assert (reading.format, reading.problems) == (Format.BOOKMARKS, ())
    assert [(r.arxiv_id, r.url, r.title, r.note, r.line) for r in reading.references] == [
        (
            "2502.03387",
            ARXIV + "2502.03387",
            "[2502.03387] LIMO: Less & more",
            "Read <again>",
            10,
        ),
        (None, "https://x.org/a?b=1&c=2", "On Graphs", "", 13),
    ]


def test_chrome():
    address = "https://huggingface.co/papers/2502.02737"
    assert found(CHROME) == [("2502.02737", address, "SmolLM2")]


@pytest.mark.parametrize("text", ["<a ", "<p><a href=//x.org>a", "<a href='http://x", "<!-- <a"])
def test_html_that_is_broken_is_read_as_far_as_it_goes(text):
    assert read(text.encode()).references == ()


# Lists


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("2502.02737", [("2502.02737", None, "")]),
        (
            "2502.02737v2, arXiv:2502.03387\nhep-th/9901001",
            [("2502.02737", None, ""), ("2502.03387", None, ""), ("hep-th/9901001", None, "")],
        ),
        (
            "# To read\nhttps://arxiv.org/abs/2502.02737  # soon\n\n   # later\n<https://x.org/a#b>",
            [("2502.02737", ARXIV + "2502.02737", ""), (None, "https://x.org/a#b", "")],
        ),
        (
            f"- [{SMOL}]({ARXIV}2502.02737) and [code](<https://github.com/x/y(z)>)\n",
            [
                ("2502.02737", ARXIV + "2502.02737", SMOL),
                (None, "https://github.com/x/y(z)", "code"),
            ],
        ),
        (
            "* LIMO: Less is More - arxiv.org/abs/2502.03387.",
            [("2502.03387", ARXIV + "2502.03387", "LIMO: Less is More")],
        ),
        ("doi:10.48550/arXiv.2502.03387", [("2502.03387", None, "")]),
        (
            "[2502.03387](https://arxiv.org/abs/2502.03387)",
            [("2502.03387", ARXIV + "2502.03387", "")],
        ),
        (
            r"[S\*: a \[b\]](https://x.org/a_\(b\))" + "\n[o](https://x.org/(b))",
            [(None, "https://x.org/(b)", "o")],
        ),
        (
            "1. A title [[Paper](https://x.org/a)] [[Code]](https://x.org/b) ![x](https://x.org/c)",
            [(None, "https://x.org/a", "Paper"), (None, "https://x.org/b", "Code")],
        ),
        (
            "2. **A title**. 2024. [[arXiv:2502.02737v3](http://arxiv.org/abs/2502.02737v3)]",
            [("2502.02737", "http://arxiv.org/abs/2502.02737v3", "A title. 2024")],
        ),
        ("    2502.02737\n    2502.03387", [("2502.02737", None, ""), ("2502.03387", None, "")]),
    ],
)
def test_lists(text, references):
    reading = read(text.encode())
    assert reading.format is Format.LIST
    assert [(r.arxiv_id, r.url, r.title) for r in reading.references] == references


def test_lines_that_name_no_paper_are_problems():
    text = "2502.02737\nsome words\n\njavascript:alert(1)\nftp://x.org/a\n2513.00001\n2502.03387"
    reading = read(text.encode())
    assert [r.line for r in reading.references] == [1, 7]
    assert [(p.line, p.reason, p.text) for p in reading.problems] == [
        (line, "neither an arXiv id nor an address", given)
        for line, given in [
            (2, "some words"),
            (4, "javascript:alert(1)"),
            (5, "ftp://x.org/a"),
            (6, "2513.00001"),
        ]
    ]


# What all formats share


def test_repeated_references_are_kept_once():
    assert found("2502.02737\nhttps://x.org/a\narXiv:2502.02737v2\nhttp://www.x.org/a/") == [
        ("2502.02737", None, ""),
        (None, "https://x.org/a", ""),
    ]
    assert found("@misc{a, title={On Graphs}}\n@misc{b, title={on graphs}}") == [
        (None, None, "On Graphs")
    ]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"], ids=["plain", "marked", "wide", "old"]
)
def test_encodings(encoding):
    text = "@misc{a, title={Über “Graphen”}}"
    assert found(text.encode(encoding)) == [(None, None, "Über “Graphen”")]
    record = "TY  - JOUR\r\nTI  - Über Graphen\r\nER  - \r\n"
    assert found(record.encode(encoding)) == [(None, None, "Über Graphen")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "1: the file is empty"),
        (b"\xef\xbb\xbf \n", "1: the file is empty"),
        (b"2502.02737\n\xff", "2: not UTF-8: byte 0xFF"),
        (b"\xff\xfea", "1: not UTF-16, as which it is marked"),
        (b"# later\n", "1: nothing in the file names a paper"),
        (b"@comment{2502.02737}", "1: nothing in the file names a paper"),
        (b"%PDF\n\0", "2: the file is binary: it has a zero byte"),
        (b"a" * (MAX_BYTES + 1), "1: the file is larger than 10 MB"),
    ],
)
def test_files_that_are_not_read(content, problem):
    assert problems(content) == [problem]


def test_what_is_beyond_the_limit_is_not_read():
    text = "".join(f"hep-th/{number:07}\n" for number in range(9901000, 9901000 + 900)) * 25
    reading = read(text.encode())
    assert len(reading.references) == 900
    assert [str(problem) for problem in reading.problems] == [
        f"{MAX_REFERENCES + 1}: more than 20,000 references: the rest is not read"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "@misc{a, title={%s}}" % ("{" * 100_000 + "}" * 100_000),
        "@a{" * 500_000,
        "@misc{a, title={%s}}" % (r"\emph{" * 50_000 + "}" * 50_000),
        "TY  - JOUR\nTI  - a\n" + "more\n" * 500_000,
        "<p>" + "<a " * 500_000,
        "<" + "a" * 1_000_000,
        "[" * 1_000_000,
        "[a](" * 250_000,
        "x.y/" * 250_000,
    ],
    ids=["braces", "entries", "commands", "lines", "tags", "tag", "brackets", "links", "address"],
)
@pytest.mark.slow
def test_no_file_keeps_the_server_busy(text):
    read(text.encode())


def test_a_record_of_ris_is_read_as_rispy_reads_it():
    for text, _ in RIS.values():
        (record,) = rispy.loads(text.replace("\r\n", "\n") + "\nER  - ")
        (reference,) = read(text.encode()).references
        title = record.get("title") or record["primary_title"]
        assert reference.title == re.sub("</?i>", "", title)


def test_nothing_of_a_persons_file_is_logged(caplog, capsys):
    read(b"@misc{a, title={\n@misc{b, title={x}}")
    assert caplog.records == []
    assert capsys.readouterr() == ("", "")


PIECES = st.sampled_from(
    [
        *(
            "@misc{a, ",
            "@string{",
            "title = {",
            "}",
            "}}",
            '"',
            "#",
            ",",
            "=",
            "\\",
            "$",
            "eprint=",
        ),
        *("TY  - JOUR\n", "TI  - ", "UR  - ", "ER  - \n", "\n", "\r", "[", "{", '"title": "', ":"),
        *('"items"', "]", "NaN", "\\ud800", "<a href='", "<DD>", ">", "&amp;", "https://x.org/a"),
        *(
            "2502.02737",
            "arXiv:",
            "# ",
            "  ",
            "](",
            ")",
            "é",
            "\x00",
            "\u202e",
            "http://[::1",
            "//",
        ),
    ]
)


@given(st.binary() | st.text().map(str.encode) | st.lists(PIECES).map("".join).map(str.encode))
def test_whatever_a_file_holds_is_a_reading(content):
    reading = read(content)
    lines = content.count(b"\n") + content.count(b"\r") + 1
    for item in chain(reading.references, reading.problems):
        assert 1 <= item.line <= lines
    for reference in reading.references:
        assert reference.arxiv_id or reference.url or reference.title
        assert reference.title == " ".join(reference.title.split())


# Our own exports

ABOUT = About("Papers", "https://d.org/papers/", "https://d.org/papers.atom", "https://d.org")
BROUGHT_BACK = ["bib", "ris", "csl.json", "md"]


def exported(suffix, *papers):
    return read("".join(WRITERS[suffix].write(papers, ABOUT)).encode())


@pytest.mark.parametrize("suffix", BROUGHT_BACK)
def test_our_exports_come_back(suffix):
    papers = [
        paper(1, title=SMOL, summary="- It cites arXiv:2501.00001.\n- See https://x.org."),
        paper(2, title="S$^2$R: $1 Million & β-VAE", authors="lvwerra, Ørjan Łoś"),
        paper(3, link="https://x.org/a;b?c=d", title="Elsewhere, on *Graphs*"),
    ]
    reading = exported(suffix, *papers)
    assert reading.problems == ()
    assert [(r.arxiv_id, r.url) for r in reading.references] == [
        ("2502.00001", ARXIV + "2502.00001"),
        ("2502.00002", ARXIV + "2502.00002"),
        (None, "https://x.org/a;b?c=d" if suffix != "ris" else "https://x.org/a%3Bb?c=d"),
    ]
    dash = "–" if suffix == "bib" else "--"
    assert [r.title for r in reading.references] == [
        SMOL.replace("--", dash),
        "S$^2$R: $1 Million & β-VAE",
        "Elsewhere, on *Graphs*",
    ]


@pytest.mark.parametrize("suffix", BROUGHT_BACK)
@given(row=ROWS)
@example(row={"title": "T <! ", "summary": "> "})
def test_whatever_a_paper_holds_comes_back(suffix, row):
    said = paper(**row | {"link": ARXIV + "2502.00001"})
    reading = exported(suffix, said)
    assert [r.arxiv_id for r in reading.references] == ["2502.00001"]


@pytest.mark.parametrize("suffix", BROUGHT_BACK)
@pytest.mark.django_db
@pytest.mark.slow
def test_the_archive_comes_back(suffix, shared):
    from digest.catalogue.load import find_files, load_files
    from digest.exports import to_cite
    from digest.models import Paper

    load_files(find_files(shared / "archive/json/2025/02").files)
    papers = list(to_cite(Paper.objects.newest()))
    reading = exported(suffix, *papers)
    assert reading.problems == ()
    assert [r.arxiv_id for r in reading.references] == [p.arxiv_id for p in papers]


# What TeX joins, or no text can tell apart
JOINED = {"’": "'", "‘": "`", "''": "”", "µ": "μ", "\xa0": " "}
JOINED |= {"—": "---", "–": "--"} | {"---": "—", "--": "–"}
JOINED |= {sign: f"$^{digit}$" for digit, sign in zip("0456789", "⁰⁴⁵⁶⁷⁸⁹", strict=True)}


@given(
    st.text(st.sampled_from([*"aéÅłß{}\\$&#%_~^<>|`'-—\"“ ;,.@x1"]) | st.characters(codec="utf-8"))
)
def test_latex_that_we_wrote_is_undone(text):
    if any(isinstance(piece, Formula) for piece in pieces(text)):
        return
    shown = unicodedata.normalize("NFC", "".join(map(str, pieces(text))))
    for sign, joined in JOINED.items():
        shown = shown.replace(sign, joined)
    assert unicodedata.normalize("NFC", plain(latex(text))) == shown


# Time


SIZE = 250_000


@pytest.mark.parametrize(
    ("start", "unit", "end"),
    [
        ("[a](", "x", ""),
        ("[a](", " ", ""),
        ("[a](x", " ", "("),
        ("[a](<x>", " ", "("),
        ("[a](<", "x", ""),
        ("[a](", "(x)", ""),
        ("", "[", ""),
        ("", "[\\", ""),
        ("", "[a](", ""),
        ("@article{k, title = a", " ", "b}"),
        ("@article{k, title = a", " #", "b}"),
        ("@article{k, title = {\\'", " ", "}}"),
        ("@article{k, title = {\\'{", " ", "-}}}"),
        ("@article{k, title = {", "\\(a", "}}"),
    ],
)
@pytest.mark.slow
def test_time_is_in_proportion_to_the_file(start, unit, end):
    text = start + unit * (SIZE // len(unit)) + end
    began = time.process_time()
    read(text.encode())
    assert time.process_time() - began < 3  # many times that, where it is quadratic


def test_a_link_in_markdown_is_told_from_what_begins_as_one():
    text = (
        r"[x \[ [A \[b\] c](https://a.org/x(y)z 'title') [d](<https://b.org/x> 'y') [e](f g( "
        r"\[g](https://c.org/) [h](  https://d.org/ ) [i]() [k](https://e.org/(x"
    )
    assert found(text) == [
        (None, "https://a.org/x(y)z", "A [b] c"),
        (None, "https://b.org/x", "d"),
        (None, "https://c.org/", "g"),
        (None, "https://d.org/", "h"),
    ]
