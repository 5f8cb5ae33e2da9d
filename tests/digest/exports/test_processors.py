"""What other programs make of the exports: they read all of them, without a warning.

bibtexparser, rispy and citeproc-py are in the tests of the formats. What is here needs programs
that a machine may not have: pandoc, biber, bibutils and LaTeX, and the package pybtex.
"""

import json
import re
import subprocess
import unicodedata
from shutil import which

import pytest
import rispy

from accounts.references.latex import plain
from accounts.references.records import MARKUP
from digest.exports import WRITERS, Citation
from digest.exports.formulas import Formula, pieces
from tests.digest.exports.papers import paper

pytestmark = [pytest.mark.thorough, pytest.mark.slow]

PANDOC = [("bibtex", "bib"), ("biblatex", "bib"), ("csljson", "csl.json")]


def run(text, *command, folder=None):
    """What a program writes of a text, and what it says meanwhile. folder: where it runs."""
    if not which(command[0]):
        pytest.skip(f"needs {command[0]}")
    options = {"capture_output": True, "text": True, "check": True, "cwd": folder}
    done = subprocess.run(command, input=text, **options)
    return done.stdout.removeprefix("\ufeff"), done.stderr


def by_bibutils(text, suffix, to):
    """A file of BibTeX or RIS in a format of bibutils."""
    mods, said = run(text, f"{suffix}2xml", "-i", "utf8", "-o", "utf8")
    made, more = run(mods, f"xml2{to}", "-i", "utf8", "-o", "utf8")
    assert re.fullmatch(r"\w+: Processed (\d+) references\.\s+\w+: Processed \1 .*\s+", said + more)
    return made


def letters(text):
    """A text as it is compared: programs have their own marks, and capitals of titles."""
    read = unicodedata.normalize("NFKC", plain(MARKUP.sub("", text)).casefold())
    return "".join(filter(str.isalnum, read))


def printed_names(cited):
    return [name.text for name in cited.names]


def assert_same(found, papers, names=printed_names):
    """found: of each paper the title, the authors and the addresses. Formulas and Greek letters of
    titles are left out, for each program has its own way to write them."""
    for (title, authors, urls), cited in zip(found, map(Citation.of, papers), strict=True):
        parts = [
            ".*" if isinstance(part, Formula) else re.sub("[α-ω]", ".*", letters(part))
            for part in pieces(cited.title)
        ]
        assert re.fullmatch("".join(parts), letters(title)), (title, cited.title)
        assert list(map(letters, authors)) == [letters(name) for name in names(cited)]
        assert cited.url in urls


@pytest.fixture(scope="module")
def archive(archive_files, papers_of):
    """The papers of all real digests, whatever their form."""
    forms = ("json", "six-column", "three-column")
    return papers_of([file for form in forms for file in archive_files(form)])


@pytest.fixture(scope="module")
def files(archive, about):
    return {suffix: "".join(WRITERS[suffix].write(archive, about)) for suffix in WRITERS}


@pytest.mark.parametrize(("form", "suffix"), PANDOC)
def test_pandoc(form, suffix, files, archive):
    written, said = run(files[suffix], "pandoc", "--from", form, "--to", "csljson")
    assert said == ""
    items = {item["id"]: item for item in json.loads(written)}
    in_order = [items[Citation.of(one).key] for one in archive]
    parts = ("given", "non-dropping-particle", "dropping-particle", "family", "literal")

    def name(author):
        return " ".join(map(author.get, filter(author.get, parts)))

    found = [(one["title"], map(name, one.get("author", [])), one["URL"]) for one in in_order]
    assert_same(found, archive)
    assert [one["DOI"] for one in in_order] == [Citation.of(one).doi for one in archive]


@pytest.mark.parametrize("suffix", ["bib", "ris"])
def test_bibutils(suffix, files, archive):
    records = rispy.loads(by_bibutils(files[suffix], suffix, "ris"))

    def name(author):
        return " ".join(reversed(author.split(", ")))

    def names(cited):  # it writes names of a single word after the others
        words = printed_names(cited)
        return sorted(words[:-1], key=lambda name: " " not in name) + words[-1:]

    found = [(one["title"], map(name, one.get("authors", [])), one["urls"]) for one in records]
    assert_same(found, archive, names)


def test_pybtex(files, archive):
    database = pytest.importorskip("pybtex.database", reason="needs pybtex")

    def name(person):
        parts = ("first", "middle", "prelast", "last", "lineage")
        return " ".join(plain(word) for part in parts for word in person.get_part(part))

    entries = database.parse_string(files["bib"], "bibtex").entries.values()
    found = [
        (one.fields["title"], map(name, one.persons.get("author", [])), one.fields["url"])
        for one in entries
    ]
    assert_same(found, archive)


def test_biber(files, archive, tmp_path):
    file, made = tmp_path / "papers.bib", tmp_path / "made.bib"
    file.write_text(files["bib"])
    options = ["--tool", "--validate-datamodel", "--output-file", str(made)]
    said, _ = run("", "biber", *options, str(file))
    assert re.findall("^(?:WARN|ERROR).*", said, re.M) == []
    keys = re.findall("^@MISC{(.*),$", made.read_text(), re.M)
    assert keys == [Citation.of(one).key for one in archive]


# A list that was cut


@pytest.fixture
def two(about):
    """Files of two papers, of which one has more authors than are known."""
    papers = [paper(1, authors="A B, C D, E F, G H, I J"), paper(2, authors="K L, M N, O P, Q R")]
    return {suffix: "".join(WRITERS[suffix].write(papers, about)) for suffix in WRITERS}


@pytest.mark.parametrize(("form", "suffix"), PANDOC)
def test_pandoc_prints_et_al(form, suffix, two):
    printed, said = run(two[suffix], "pandoc", "--from", form, "--to", "plain", "--citeproc")
    assert (printed.count("et al."), said) == (1, "")


def test_ris_is_printed_with_et_al(two):
    bibtex = by_bibutils(two["ris"], "ris", "bib")
    printed, said = run(bibtex, "pandoc", "--from", "bibtex", "--to", "plain", "--citeproc")
    assert (printed.count("et al."), said) == (1, "")


def test_pybtex_prints_that_there_are_others(two):
    pybtex = pytest.importorskip("pybtex", reason="needs pybtex")
    printed = pybtex.format_from_string(two["bib"], style="unsrt", output_backend="text")
    assert ("I J, and others." in printed, printed.count("others")) == (True, 1)


BIBTEX = r"""\documentclass{article}
\usepackage{url,%s}
\begin{document}
\nocite{*}
\bibliographystyle{%s}
\bibliography{papers}
\end{document}
"""
BIBLATEX = r"""\documentclass{article}
\usepackage[backend=biber,style=%s,maxbibnames=9]{biblatex}
\addbibresource{papers.bib}
\begin{document}
\nocite{*}
\printbibliography
\end{document}
"""
STYLES = {
    **{style: ("bibtex", BIBTEX % ("url", style)) for style in ("plain", "alpha", "acm", "ieeetr")},
    "plainnat": ("bibtex", BIBTEX % ("natbib", "plainnat")),
    **{style: ("biber", BIBLATEX % style) for style in ("numeric", "alphabetic", "authoryear")},
}


@pytest.mark.parametrize("style", STYLES)
def test_latex_prints_et_al(style, two, tmp_path):
    """What is on the page, and that no program had a warning in the end."""
    program, document = STYLES[style]
    file = "biblatex.sty" if program == "biber" else f"{style}.bst"
    if not run("", "sh", "-c", f"kpsewhich {file} || true")[0]:
        pytest.skip(f"needs {file}")
    (tmp_path / "papers.bib").write_text(two["bib"])
    (tmp_path / "main.tex").write_text(document)
    latex = ("latex", "-interaction=nonstopmode", "-halt-on-error", "main")
    run("", *latex, folder=tmp_path)
    said, _ = run("", program, "main", folder=tmp_path)
    assert re.findall(".*(?:WARN|ERROR|Warning|error).*", said) == []
    for _ in range(2):
        said, _ = run("", *latex, folder=tmp_path)
    assert "Warning" not in said
    lines, _ = run("", "dvitype", "-output-level=2", "main.dvi", folder=tmp_path)
    printed = "".join(re.findall(r"^\[(.*)\]$", lines, re.M))
    assert (printed.count("et al."), printed.count("others")) == (1, 0)
