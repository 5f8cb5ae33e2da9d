import json
import re
import subprocess
import sys
import threading
import unicodedata
import xml.etree.ElementTree as ET
from html import escape, unescape
from pathlib import Path

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.markup import is_list, summary_points, title_html
from digest.text.mathml import mathml
from tests.speed import in_proportion

_MATHEMATICS = """
    math mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt
    msub msubsup msup mtable mtd mtext mtr munder munderover menclose b code em i s u
"""
_ATTRIBUTES = """
    accent accentunder displaystyle form height linethickness lspace mathvariant maxsize minsize
    movablelimits notation rspace scriptlevel stretchy symmetric voffset width
"""
TITLE = {*_MATHEMATICS.split(), "sup", "sub", "code"}
SUMMARY = TITLE | {"em", "strong", "ul", "li"}


def parse(html):
    """The elements of a fragment, which must please both a strict HTML parser and an XML one."""
    ET.fromstring(f"<p>{html}</p>")
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return [node for node in parser.parseFragment(html).iter() if node.tag != "DOCUMENT_FRAGMENT"]


def assert_safe(html, allowed):
    for node in parse(html):
        assert isinstance(node.tag, str), "a comment"
        assert node.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}") in allowed
        assert set(node.attrib) <= set(_ATTRIBUTES.split())
        assert all(re.fullmatch(r"[\w.-]*", value) for value in node.attrib.values())


def read(html):
    """What a reader sees, without the signs that only a machine reads."""
    return re.sub("[\u2061-\u2063]", "", unescape(re.sub("<[^>]*>", "", html)))


# Titles

ODD_TITLES = {
    r"$\text{Transformer}^2$: Self-adaptive LLMs": (
        "<math><msup><mtext>Transformer</mtext><mn>2</mn></msup></math>: Self-adaptive LLMs"
    ),
    "The Jumping Reasoning Curve? Tracking the Evolution of Reasoning Performance in GPT-[n] and"
    " o-[n] Models on Multimodal Puzzles": (
        "The Jumping Reasoning Curve? Tracking the Evolution of Reasoning Performance in GPT-[n]"
        " and o-[n] Models on Multimodal Puzzles"
    ),
    "SWE-Lancer: Can Frontier LLMs Earn $1 Million from Real-World Freelance Software"
    " Engineering?": (
        "SWE-Lancer: Can Frontier LLMs Earn $1 Million from Real-World Freelance Software"
        " Engineering?"
    ),
    "S*: Test Time Scaling for Code Generation": "S*: Test Time Scaling for Code Generation",
    "S$^2$R: Teaching LLMs to Self-verify and Self-correct via Reinforcement Learning": (
        "S<sup>2</sup>R: Teaching LLMs to Self-verify and Self-correct via Reinforcement Learning"
    ),
    "VLM$^2$-Bench: A Closer Look at How Well VLMs Implicitly Link Explicit Matching Visual Cues": (
        "VLM<sup>2</sup>-Bench: A Closer Look at How Well VLMs Implicitly Link Explicit Matching"
        " Visual Cues"
    ),
    "One-step Diffusion Models with $f$-Divergence Distribution Matching": (
        "One-step Diffusion Models with <math><mi>f</mi></math>-Divergence Distribution Matching"
    ),
    "L$^2$M: Mutual Information Scaling Law for Long-Context Language Modeling": (
        "L<sup>2</sup>M: Mutual Information Scaling Law for Long-Context Language Modeling"
    ),
    "UniF^2ace: Fine-grained Face Understanding and Generation\n  with Unified Multimodal Models": (
        "UniF<sup>2</sup>ace: Fine-grained Face Understanding and Generation with Unified"
        " Multimodal Models"
    ),
    "^RFLAV: Rolling Flow matching for infinite Audio Video generation": (
        "^RFLAV: Rolling Flow matching for infinite Audio Video generation"
    ),
    "Open-Sora 2.0: Training a Commercial-Level Video Generation Model in\n  $200k": (
        "Open-Sora 2.0: Training a Commercial-Level Video Generation Model in $200k"
    ),
    "Do I look like a `cat.n.01` to you? A Taxonomy Image Generation\n  Benchmark": (
        "Do I look like a <code>cat.n.01</code> to you? A Taxonomy Image Generation Benchmark"
    ),
    "CFG-Zero*: Improved Classifier-Free Guidance for Flow Matching Models": (
        "CFG-Zero*: Improved Classifier-Free Guidance for Flow Matching Models"
    ),
    "X^{2}-Gaussian: 4D Radiative Gaussian Splatting for Continuous-time\n"
    "  Tomographic Reconstruction": (
        "X<sup>2</sup>-Gaussian: 4D Radiative Gaussian Splatting for Continuous-time"
        " Tomographic Reconstruction"
    ),
    "DeepSeek-R1 Thoughtology: Let's <think> about LLM Reasoning": (
        "DeepSeek-R1 Thoughtology: Let&#x27;s &lt;think&gt; about LLM Reasoning"
    ),
    "D^2iT: Dynamic Diffusion Transformer for Accurate Image Generation": (
        "D<sup>2</sup>iT: Dynamic Diffusion Transformer for Accurate Image Generation"
    ),
    "VideoVista-CulturalLingo: 360^circ Horizons-Bridging Cultures,\n"
    "  Languages, and Domains in Video Comprehension": (
        "VideoVista-CulturalLingo: 360° Horizons-Bridging Cultures, Languages, and Domains in"
        " Video Comprehension"
    ),
    "H^{3}DP: Triply-Hierarchical Diffusion Policy for Visuomotor\n  Learning": (
        "H<sup>3</sup>DP: Triply-Hierarchical Diffusion Policy for Visuomotor Learning"
    ),
    "Fixing 7,400 Bugs for 1$: Cheap Crash-Site Program Repair": (
        "Fixing 7,400 Bugs for 1$: Cheap Crash-Site Program Repair"
    ),
    "VLM-R^3: Region Recognition, Reasoning, and Refinement for Enhanced\n"
    "  Multimodal Chain-of-Thought": (
        "VLM-R<sup>3</sup>: Region Recognition, Reasoning, and Refinement for Enhanced Multimodal"
        " Chain-of-Thought"
    ),
    "un^2CLIP: Improving CLIP's Visual Detail Capturing Ability via\n  Inverting unCLIP": (
        "un<sup>2</sup>CLIP: Improving CLIP&#x27;s Visual Detail Capturing Ability via Inverting"
        " unCLIP"
    ),
    "R^2ec: Towards Large Recommender Models with Reasoning": (
        "R<sup>2</sup>ec: Towards Large Recommender Models with Reasoning"
    ),
    "M^3FinMeeting: A Multilingual, Multi-Sector, and Multi-Task Financial\n"
    "  Meeting Understanding Evaluation Dataset": (
        "M<sup>3</sup>FinMeeting: A Multilingual, Multi-Sector, and Multi-Task Financial"
        " Meeting Understanding Evaluation Dataset"
    ),
    "FaSTA^*: Fast-Slow Toolpath Agent with Subroutine Mining for Efficient\n"
    "  Multi-turn Image Editing": (
        "FaSTA<sup>*</sup>: Fast-Slow Toolpath Agent with Subroutine Mining for Efficient"
        " Multi-turn Image Editing"
    ),
    "Single-Layer Learnable Activation for Implicit Neural Representation (SL$^{2}$A-INR)": (
        "Single-Layer Learnable Activation for Implicit Neural Representation (SL<sup>2</sup>A-INR)"
    ),
    "V^3: Viewing Volumetric Videos on Mobiles via Streamable 2D Dynamic Gaussians": (
        "V<sup>3</sup>: Viewing Volumetric Videos on Mobiles via Streamable 2D Dynamic Gaussians"
    ),
}


@pytest.mark.parametrize("title", ODD_TITLES)
def test_odd_titles_of_the_archive(title):
    assert title_html(title) == ODD_TITLES[title]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (r"$\pi_0$: A VLA", "<math><msub><mi>π</mi><mn>0</mn></msub></math>: A VLA"),
        (r"\(x\), \[x\] and $$x$$", ", ".join(["<math><mi>x</mi></math>"] * 2) + " and "
         "<math><mi>x</mi></math>"),
        ("$k$-NN", "<math><mi>k</mi></math>-NN"),
        (r"$2\pi_{ab}$", "<math><mn>2</mn><msub><mi>π</mi><mrow><mi>a</mi><mi>b</mi></mrow>"
         "</msub></math>"),
        ("$a + b$", "<math><mi>a</mi><mo>+</mo><mi>b</mi></math>"),
        ("$95%$", "<math><mn>95</mn><mi>%</mi></math>"),
        (r"$95\%$", "<math><mn>95</mn><mi>%</mi></math>"),
        (r"$\text{a b}$", "<math><mtext>a\u00a0b</mtext></math>"),
        (
            r"$\vec{v}$",
            '<math><mover accent="true"><mi>v</mi><mo stretchy="false">→</mo></mover></math>',
        ),
        ("CO$_2$", "CO<math><msub><mrow></mrow><mn>2</mn></msub></math>"),
        ("x $^2$", "x <math><msup><mrow></mrow><mn>2</mn></msup></math>"),
        ("Free$^2$Guide", "Free<sup>2</sup>Guide"),
        ("O(n^k), L^β, 10^{-3}, 10^-3, (x)^2", "O(n<sup>k</sup>), L<sup>β</sup>,"
         " 10<sup>-3</sup>, 10<sup>-3</sup>, (x)<sup>2</sup>"),
        ("V_{i}^{2}", "V<sub>i</sub><sup>2</sup>"),
        (r"90^\circ, 90^{\circ}, 90$^\circ$", "90°, 90°, 90°"),
        (r"\$1000 \& 5\% of a\_b", "$1000 &amp; 5% of a_b"),
        ("``a`b``, `` ` `` and ` `", "<code>a`b</code>, <code>`</code> and <code> </code>"),
        ("`$x$ <b> *a* \\$`", "<code>$x$ &lt;b&gt; *a* \\$</code>"),
        ("a\n  b\tc\u00a0d", "a b c d"),
        ("a\x00\u202eb\u2066\ufeff\ud800\ufffe\u061cc", "abc"),
        ("", ""),
        (" \n ", ""),
    ],
)  # fmt: skip
def test_what_titles_say(text, html):
    assert title_html(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $10",
        "earn $5 to $10x",
        "US$5-A$ or $HOME/$USER",
        "from $1 million to A_b in US$",
        "from $5 (GPT_4) or 6$",
        "$a, $b and $a$5",
        "between 1$-2$",
        "$ x $ and $$ and $$$ and $",
        "<100B parameters & <think>",
        "*no* **emphasis** _here_",
        "GPT_4_mini and __init__",
        "^_^ a^ ^2 x^{} x^{a b} A^foo",
        "``Quoted'' and ``quoted''",
        "` ``` `` a",
        "see https://example.org/$x$_{2}^2?q=\\(a\\)",
        r"\textit{a} \foo \\(x\) \\[x\] \(",
        r"$\foo$ $x^$ \(a & b\) $#$",
        r"\href{javascript:alert(1)}{x} $\href{javascript:alert(1)}{x}$",
        r"$\def\x{y}\x$ $\newcommand{\x}{y}\x$ $\global\let\x=y$",
        r"$\hspace{100cm}x$ $\rule{1em}{9em}$ $\genfrac{}{}{9em}{}{a}{b}$",
        r"$\eqref{a}$ $\ref{a}$",
        r"$} \pi$",
        "$" + "x+" * 500 + "x$",
        "$" + "{" * 51 + "x" + "}" * 51 + "$",
        "$" + r"\sqrt" * 51 + " x$",
        "$" + r"a\displaystyle " * 51 + "x$",
    ],
)
def test_what_stays_as_it_is(text):
    assert title_html(text) == escape(text)


def test_formulas_as_deep_as_allowed_fit_a_small_stack():
    formulas = ["{" * 50 + "x" + "}" * 50, r"\sqrt" * 50 + " x", r"\left(" * 25 + r"\right)" * 25]
    formulas = [f"${formula}$" for formula in formulas]
    html = []
    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: html.extend(map(title_html, formulas)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert [h[:6] for h in html] == ["<math>"] * 3


def test_many_commands_side_by_side_are_not_deep():
    assert title_html("$" + r"{\alpha}" * 60 + "$").count("\u03b1") == 60


@pytest.mark.parametrize(
    ("formula", "html"),
    [
        (r"\color{red}x", "<math><mrow><mi>x</mi></mrow></math>"),
        (r"\textsc{Foo}", "<math><mtext>Foo</mtext></math>"),
        # The converter leaves these two signs bare
        (
            r"\operatorname*{<}",
            '<math><mrow><mspace/><mi mathvariant="normal">&lt;</mi></mrow></math>',
        ),
        (r"\sin x", "<math><mrow><mrow><mspace/><mi>sin</mi></mrow>"
         '<mo lspace="0.1667em">\u2061</mo><mi>x</mi></mrow></math>'),
        # and writes this attribute twice
        (
            r"\mathbin\middle|",
            '<math><mo stretchy="false" lspace="0" rspace="0">|</mo></math>',
        ),
        (r"\text{<svg/onload=a()>}", "<math><mtext>&lt;svg/onload=a()&gt;</mtext></math>"),
    ],
)  # fmt: skip
def test_mathml_holds_nothing_that_a_page_forbids(formula, html):
    assert title_html(f"${formula}$") == html
    assert_safe(html, TITLE)


# The converter tries a delimiter that stays open in two ways, and so each doubles its work

OPENING = [
    *["(", "[", r"\{", "⌈", "⌊", "⌜", "⌞", "⎰", "❲", *"⟅⟦⟨⟪⟬⟮⦃⦅⦇⦉⦋⦍⦏⦑⦓⦕⦗⧘⧚⧼", r"\bigl|"],
    *[r"\bigl(", r"\Bigl [", r"\biggl\{", r"\Biggl\langle ", r"\bigl/", r"\bigl)"],
    *(
        f"\\{name} "
        for name in (
            *["langle", "lang", "lAngle", "lfloor", "lceil", "lvert", "lVert", "lbrace", "lBrace"],
            *["lbrack", "lgroup", "lmoustache", "lparen", "llparenthesis", "llangle"],
            *["llbracket", "llcorner", "ulcorner"],
        )
    ),
]
CLOSING = [")", "]", r"\}", r"\rangle ", r"\rfloor ", r"\rvert ", r"\bigr)", r"\Biggr\rbrace "]


@pytest.mark.parametrize(
    "unit",
    [
        "?",
        "?x",
        "(?",
        "?[",
        "{?}",
        "{?x}",
        "?^2",
        r"\mathbf ?",
        r"\not?",
        r"\hat?",
        # What closes nothing, for it is an argument, or a delimiter of its own
        "?x^)",
        "?x_{a}^)",
        r"?\sqrt)",
        r"?\frac a)",
        r"?\frac{a})",
        r"?\frac\frac{a}{a})",
        r"?\sqrt[3])",
        r"?\operatorname*)",
        r"?\text )",
        r"?\big)",
        r"?\middle)",
        r"\pmod_?x",
        r"\bra\sqrt?",
        r"\ket{a_}?",
        r"\set{\displaystyle}?",
        r"\pmod{\langle\lfloor}?",
        r"\left(?\right)",
        r"\left(?x\right]",
        "?{)}x{a)}",
        r"?\text{)}",
        r"?\begin{matrix})\end{matrix}",
        r"\begin{matrix}?&)\\?\\)\end{matrix}",
    ],
)
def test_what_stays_open_more_than_eight_times_is_refused(unit):
    for opening in OPENING:
        part = unit.replace("?", opening)
        assert mathml("x" + part * 18) is None
        assert mathml("{x" + part * 9 + "}" + part * 9) is None


@pytest.mark.parametrize("closing", CLOSING)
@pytest.mark.slow
def test_what_is_closed_may_stand_as_often_as_it_likes(closing):
    for opening in OPENING:
        for inner in (
            "x",
            "f(x)^{2}",
            r"\frac{(x)}{[b]}",
            "x', ",
            r"\ket{\psi_i} x",
            r"\alpha x_n^2",
        ):
            html = mathml(f"{opening}{inner}{closing}" * 9 + opening * 2)
            assert html.count("<mi>x</mi>") == 9
            assert mathml(opening * 11 + inner + closing * 11).count("<mi>x</mi>") == 1


def test_a_switch_in_a_row_leaves_what_is_before_it_open():
    for switch in (r"\displaystyle", r"\color{red}", r"\over", r"\bf", r"\choose"):
        assert mathml("(" * 18 + f"x{switch} y" + ")" * 18) is None
        assert mathml("(" * 8 + f"x{switch} y" + ")" * 8)


@pytest.mark.slow
def test_no_sign_that_is_repeated_keeps_the_converter_busy_or_breaks_it():
    """In a process of its own, for what is not refused may never end, or end in a crash."""
    signs = [chr(n) for n in range(0x3100) if unicodedata.category(chr(n))[0] in "PS"]
    run = "import json, sys; from digest.text.mathml import mathml\n"
    run += "for sign in json.load(sys.stdin):\n    mathml(sign * 40); mathml(sign * 999)"
    subprocess.run(
        [sys.executable, "-c", run], input=json.dumps(signs), text=True, check=True, timeout=120
    )


def row_counts(element):
    """How many delimiters stay open in each row of a formula, by what the converter made of it."""
    opened = 0
    for child in element:
        while child.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover"):
            child = child[0]
        if child.tag == "mo" and child.text in ("(", "[", "{", "⟨", "⌊"):
            opened += 1
        elif child.tag == "mo" and child.text in (")", "]", "}", "⟩", "⌋") and opened:
            opened -= 1
    yield opened
    for child in element:
        yield from row_counts(child)


SOUP = st.lists(
    st.sampled_from(
        [
            *["(", "[", r"\{", r"\langle ", r"\lfloor ", "(", ")", "]", r"\}", r"\rangle ", ")"],
            *[r"\bra", r"\ket{", r"\braket", r"\pod"],
            *["{", "}", "{", "}", "^", "_", "x", "1", "'", "+", "|", "&", r"\\", r"\alpha ", " "],
            *[r"\sqrt", r"\frac", r"\mathbf", r"\not", r"\hat", r"\text", r"\operatorname*"],
            *[r"\overset", r"\sqrt[", r"\displaystyle ", r"\over ", r"\color{red}", r"\bra"],
            *[r"\sum", r"\limits", r"\pmod", r"\set{", r"\genfrac", r"\mathopen", r"\sin", r"\,"],
            *[r"\begin{matrix}", r"\end{matrix}", "{x}", "{(}", "x^)"],
        ]
    ),
    max_size=22,
)


@given(SOUP)
def test_few_delimiters_stay_open_in_any_formula_that_is_converted(parts):
    html = mathml("".join(parts)) or mathml("(" * 9 + "".join(parts))
    if html is not None:
        assert sum(row_counts(ET.fromstring(html))) <= 8


# Summaries


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("", []),
        (" \n ", []),
        ("- ", []),
        ("- a\n- b", ["a", "b"]),
        (" - a \n - b", ["a", "b"]),
        ("* a\n*  b\n• c\n*- d\n-E", ["a", "b", "c", "d", "E"]),
        ("- a\nb\n\n  c\n- d", ["a b c", "d"]),
        ("- a\n    - b\n      c\n\t- d\n- e", ["a<ul><li>b c</li><li>d</li></ul>", "e"]),
        ("Lead:\n- a\n- b", ["Lead:", "a", "b"]),
        ("- A b. - c d.  - E f! - G", ["A b.", "c d.", "E f!", "G"]),
        ('- Say "A." - B (c.) - D', ["Say &quot;A.&quot;", "B (c.)", "D"]),
        ("- Aa.- Bb. -Cc", ["Aa.", "Bb.", "Cc"]),
        ("* Aa. * Bb. • Cc.", ["Aa.", "Bb.", "Cc."]),
        ("- A b, - and c", ["A b,", "and c"]),
        ("Lead. - Aa. - Bb.", ["Lead.", "Aa.", "Bb."]),
        ("- LLMs - by Doe et al. - are 5 - 3", ["LLMs - by Doe et al. - are 5 - 3"]),
        ("- Uses `a. - b` and $x. - y_1$", ["Uses <code>a. - b</code> and "
         + title_html("$x. - y_1$")]),
        ("- <b>&", ["&lt;b&gt;&amp;"]),
    ],
)  # fmt: skip
def test_points_of_lists(text, points):
    assert summary_points(text) == points
    assert is_list(text) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("A b.  C\nd.", ["A b.", "C d."]),
        ("A 0.15. B? C! 3 d.", ["A 0.15.", "B?", "C!", "3 d."]),
        ("See e.g. Foo, i.e. Bar, Doe et al. A vs. B.",
         ["See e.g. Foo, i.e. Bar, Doe et al. A vs. B."]),
        ("By J. R. Doe and Dr. Mo. Then Fig. 3.", ["By J. R. Doe and Dr. Mo.", "Then Fig. 3."]),
        ("Ask: 1. What? 2. Could it?", ["Ask: 1. What?", "2. Could it?"]),
        ("A b. ii) c d. iii) e.", ["A b.", "ii) c d.", "iii) e."]),
        ("A b. mmMamba c. o3 d. gsplat e.", ["A b.", "mmMamba c.", "o3 d. gsplat e."]),
        ('He said "Yes." (Or no.) "So." End', ["He said &quot;Yes.&quot;", "(Or no.)",
         "&quot;So.&quot;", "End"]),
        ("Has $a. B$ and `c. D`. `E` f.", ["Has " + title_html("$a. B$")
         + " and <code>c. D</code>.", "<code>E</code> f."]),
        ("*A. B.* Cc. **Dd.** E", ["<em>A. B.</em> Cc.", "<strong>Dd.</strong>", "E"]),
        ("A - b. - C", ["A - b.", "- C"]),
        ("A.B", ["A.B"]),
    ],
)  # fmt: skip
def test_sentences_of_prose(text, points):
    assert summary_points(text) == points
    assert not is_list(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**A (b)**, *c*, _d_ and *f*-divergence", "<strong>A (b)</strong>, <em>c</em>,"
         " <em>d</em> and <em>f</em>-divergence"),
        ("(*a*) \"_b_\"", "(<em>a</em>) &quot;<em>b</em>&quot;"),
        ("*a **b** c*", "<em>a <strong>b</strong> c</em>"),
        ("*a $x$ `*`*", "<em>a <math><mi>x</mi></math> <code>*</code></em>"),
        ("*a *b* c*", "*a <em>b</em> c*"),
        ("*a **b* c**", "<em>a **b</em> c**"),
        ("GPT_4_mini a * b * c JUMP* A* search __init__ ***x*** a*b*c *a*b *un _un",) * 2,
        ("CoSTA*'s, CoSTA* and 2*3*4", "CoSTA*&#x27;s, CoSTA* and 2*3*4"),
        (r"Mask\_IoU \*a\*", "Mask_IoU *a*"),
        (r"\(\beta\) for $200k, 5 for $9 USD", "<math><mi>β</mi></math> for $200k, 5 for $9 USD"),
        ("at https://a.io/b_c_d_e_.", "at https://a.io/b_c_d_e_."),
    ],
)  # fmt: skip
def test_what_summaries_say(text, html):
    assert summary_points(text) == [html]
    assert summary_points("- " + text) == [html]


# Whatever the text

FRAGMENTS = st.sampled_from(
    [
        *"$$$\\{}^_*`<>&\"'-.,:;!?()[]#%~|/= \n\tabxN2é°β",
        *["\\(", "\\)", "\\[", "\\]", "$$", "``", "**", "\n- ", "\n    - ", ". - ", ". A", "^{2}"],
        *["_{i}", "^circ", "\\frac", "\\sqrt", "\\text{", "\\operatorname*{", "\\left(", "\\not"],
        *[
            "\\right)",
            "\\begin{matrix}",
            "\\end{matrix}",
            "\\color{red}",
            "\\hspace{9em}",
            "https://",
        ],
        *["\\eqref{a}", "<script>", "</math>", "<!--", "-->", "]]>", "&lt;", "&#x3c;", "onload="],
        *["\\tag{1}", "\\label{a}", "\\begin{align}", "\\end{align}", "\\textsc{", "\\href{", "&&"],
        *"\u202e\x00\x85\u2028\ud800\ufdd0\ufeff\u0338\U0001d538",
    ]
)
TEXTS = st.lists(FRAGMENTS | st.characters(), max_size=30).map("".join)


@given(TEXTS)
def test_any_title_is_safe(text):
    assert_safe(title_html(text), TITLE)


@given(TEXTS.map(lambda text: f"${text}$") | TEXTS.map(lambda text: f"\\({text}\\)"))
def test_any_formula_is_safe(text):
    assert_safe(title_html(text), TITLE)


@given(TEXTS)
def test_any_summary_is_safe(text):
    points = summary_points(text)
    for point in points:
        assert point
        assert_safe(point, SUMMARY)
    assert not points or isinstance(is_list(text), bool)


@given(TEXTS)
def test_prose_is_the_whole_again(text):
    text = re.sub(r"[*_]", "", text)
    if not is_list(text):
        assert " ".join(summary_points(text)) == title_html(text)


@given(st.text(st.characters(exclude_characters="$\\`*_^", exclude_categories=["C"])))
def test_plain_text_is_only_escaped(text):
    assert title_html(text) == escape(" ".join(text.split()))


@pytest.mark.parametrize(
    "unit",
    ["$", "$x", "$x$ ", "${", "$\\", "\\", "\\(", "\\[", "\\(a", "\\\\(a", "[", "`", "`a", "``a",
     "` `` ",
     "*", "*a ", "*a* ", "*_", "_a *b* ", "_", "^", "x^", "x^{", ". - ", ".- A", "- \n", "A. ",
     '."', ". ", "\n", "\n   - a\n - b", "https://", "\u202e", "<"],
)  # fmt: skip
@pytest.mark.slow
def test_time_grows_with_length_and_no_faster(unit):
    quarter, full = (unit * (size // len(unit)) for size in (10_000, 40_000))
    for function in (title_html, summary_points, is_list):
        assert in_proportion(function, quarter, full)


# The archive


def json_papers(shared):
    for path in sorted((shared / "archive/json").rglob("*.json")):
        for paper in json.loads(path.read_text()):
            yield path, paper


def six_column_summaries(shared):
    for path in sorted((shared / "archive/six-column").rglob("*.md")):
        for row in re.split(r"\n(?=\| \[)", path.read_text())[1:]:
            cells = row.rstrip("| \n").split(" | ")
            url = re.search(r"\]\((\S+)\)$", cells[0])[1]
            yield path, url, " | ".join(cells[2:-3])


def three_column_rows(shared):
    pattern = re.compile(
        r"^\| (?!Title)(.*?)\s*[(-] ?[Rr]ead more on [^|]*\|[^|]*\|(.*?)\|$", re.M | re.S
    )
    for path in sorted((shared / "archive/three-column").rglob("*.md")):
        yield from pattern.findall(path.read_text())


def day(path: Path) -> str:
    return "-".join([*path.parts[-3:-1], path.stem])


def letters(text):
    return re.sub(r"[\W_]", "", text)


def test_the_odd_titles_above_are_all_that_the_archive_has(shared):
    titles = {paper["title"] for _, paper in json_papers(shared)}
    titles |= {title for title, _ in three_column_rows(shared)}
    assert {t for t in titles if re.search(r"[][<>`$\\*_|~^]", t)} == set(ODD_TITLES)


def test_points_on_one_line_are_those_of_many_lines(shared):
    papers = {(day(path), p["link"]): p["summary"] for path, p in json_papers(shared)}
    rows = same = with_lines = as_lines = 0
    for path, url, cell in six_column_summaries(shared):
        summary = papers[day(path), url]
        points = summary_points(cell)
        rows += 1
        same += points == summary_points(summary) and is_list(cell) == is_list(summary)
        if "\n" in summary:
            with_lines += 1
            lines = re.split(r"\n(?=\s*[-*•])", summary)
            read_lines = [letters(line.replace("\\beta", "β")) for line in lines]
            read_lines = [line for line in read_lines if line]
            as_lines += [letters(read(point)) for point in points] == read_lines
    # The one that differs is prose over several lines
    assert (rows, same, with_lines, as_lines) == (1552, 1552, 1435, 1434)


def test_archived_prose_is_the_whole_again(shared):
    summaries = [summary for _, summary in three_column_rows(shared)]
    assert len(summaries) > 600
    for summary in summaries:
        points = summary_points(summary)
        assert len(points) > 1 or len(summary) < 700
        if not re.search(r"[$\\*_^`]", summary):
            assert unescape(" ".join(points)) == " ".join(summary.split())


def test_everything_archived_is_safe(shared):
    texts = [(paper["title"], paper["summary"]) for _, paper in json_papers(shared)]
    for title, summary in [*texts, *three_column_rows(shared)]:
        htmls = [title_html(title), *summary_points(summary)]
        for html in htmls:
            if "<" in html:
                assert_safe(html, SUMMARY)
