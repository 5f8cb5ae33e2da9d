import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.markdown import render, render_and_words
from accounts.models import NOTE_LENGTH
from tests.speed import in_proportion

BLOCKS = "blockquote br h3 h4 h5 h6 hr li ol p pre table tbody td th thead tr ul"
MATHEMATICS = """
    math mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt
    msub msubsup msup mtable mtd mtext mtr munder munderover menclose b i u
"""
ELEMENTS = {*BLOCKS.split(), *MATHEMATICS.split(), "a", "code", "em", "s", "strong"}
MATHEMATICAL = """
    accent accentunder display displaystyle form height linethickness lspace mathvariant maxsize
    minsize movablelimits notation rspace scriptlevel stretchy symmetric voffset width
"""
NAMESPACES = ("{http://www.w3.org/1998/Math/MathML}", "{http://www.w3.org/1999/xhtml}")
REL = "nofollow noopener noreferrer"


def words(text):
    return render_and_words(text)[1]


def elements(html):
    tree = html5lib.parseFragment(html)
    return [node for node in tree.iter() if node.tag != "DOCUMENT_FRAGMENT"]


def assert_safe(html):
    for node in elements(html):
        assert isinstance(node.tag, str), "a comment"
        tag = node.tag
        for namespace in NAMESPACES:
            tag = tag.removeprefix(namespace)
        assert tag in ELEMENTS
        attributes = dict(node.attrib)
        if tag == "a":
            assert attributes.pop("rel") == REL
            href = attributes.pop("href", "https:")
            assert href.startswith(("http://", "https://", "mailto:"))
        elif tag == "ol":
            assert attributes.pop("start", "2").isdigit()
        assert set(attributes) <= (set(MATHEMATICAL.split()) if tag.startswith("m") else set())


def link(address, text):
    return f'<a href="{address}" rel="{REL}">{text}</a>'


# What a note shows

SHOWN = {
    "Plain text": "<p>Plain text</p>",
    "": "",
    " \n\t": "",
    "*a* _b_ **c** ~~d~~ `e < f`": (
        "<p><em>a</em> <em>b</em> <strong>c</strong> <s>d</s> <code>e &lt; f</code></p>"
    ),
    r"\*a\* 2 * 3 snake_case_name": "<p>*a* 2 * 3 snake_case_name</p>",
    "a\nb  \nc": "<p>a\nb<br>\nc</p>",
    "a\n\nb": "<p>a</p>\n<p>b</p>",
    "---": "<hr>",
    "# One\n## Two\n#### Four\n##### Five\n###### Six\n\nOne\n===": (
        "<h3>One</h3>\n<h4>Two</h4>\n<h6>Four</h6>\n<h6>Five</h6>\n<h6>Six</h6>\n<h3>One</h3>"
    ),
    "## Two\n### Three": "<h3>Two</h3>\n<h4>Three</h4>",
    "> a\n> > b": ("<blockquote>\n<p>a</p>\n<blockquote>\n<p>b</p>\n</blockquote>\n</blockquote>"),
    "- a\n  - b\n- c": "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ul>",
    "3. a\n4. b": '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>',
    "```python\nif a < b:\n    pass\n```": ("<pre><code>if a &lt; b:\n    pass\n</code></pre>"),
    "    indented": "<pre><code>indented\n</code></pre>",
    "| a | b |\n|:--|--:|\n| 1 | `x` |\n| 2 |": (
        "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n"
        "<tr>\n<td>1</td>\n<td><code>x</code></td>\n</tr>\n"
        "<tr>\n<td>2</td>\n<td></td>\n</tr>\n</tbody>\n</table>"
    ),
    # Links
    '[a](https://x.org/b "title")': f"<p>{link('https://x.org/b', 'a')}</p>",
    "[a][1]\n\n[1]: https://x.org": f"<p>{link('https://x.org', 'a')}</p>",
    "[a](github.com/x/y)": f"<p>{link('https://github.com/x/y', 'a')}</p>",
    "[a](MailTo:ada@x.org)": f"<p>{link('mailto:ada@x.org', 'a')}</p>",
    "[a](mailto:ada@x.org) <ada@x.org>": (
        f"<p>{link('mailto:ada@x.org', 'a')} {link('mailto:ada@x.org', 'ada@x.org')}</p>"
    ),
    "<https://x.org/?a=1&b=2>": (
        f"<p>{link('https://x.org/?a=1&amp;b=2', 'https://x.org/?a=1&amp;b=2')}</p>"
    ),
    "See https://arxiv.org/abs/2502.02737v2.": (
        f"<p>See {link(*['https://arxiv.org/abs/2502.02737v2'] * 2)}.</p>"
    ),
    "(https://x.org/a_(b)), **http://y.org**": (
        f"<p>({link(*['https://x.org/a_(b)'] * 2)}),"
        f" <strong>{link(*['http://y.org'] * 2)}</strong></p>"
    ),
    "`https://x.org`": "<p><code>https://x.org</code></p>",
    # A picture's own link is enough.
    "![plot](https://x.org/i.png)": f"<p>{link('https://x.org/i.png', 'plot')}</p>",
    "![](https://x.org/i.png)": f"<p>{link(*['https://x.org/i.png'] * 2)}</p>",
    "[![build](https://x.org/i.png)](https://y.org)": f"<p>{link('https://y.org', 'build')}</p>",
    "![*a* ![b](https://x.org)](https://y.org)": (
        f"<p>{link('https://y.org', '*a* ![b](https://x.org)')}</p>"
    ),
    # Mathematics
    r"A $\pi_0$ and $O(n)$": (
        "<p>A <math><msub><mi>π</mi><mn>0</mn></msub></math> and"
        ' <math><mi>O</mi><mo stretchy="false">(</mo><mi>n</mi>'
        '<mo stretchy="false">)</mo></math></p>'
    ),
    "$$\nx^2\n$$": ('<p><math display="block"><msup><mi>x</mi><mn>2</mn></msup></math></p>'),
    "Inline $$x$$ too": '<p>Inline <math display="block"><mi>x</mi></math> too</p>',
    "$5 and $6, or $1/$2": "<p>$5 and $6, or $1/$2</p>",
    r"\$x$ and $ x $": "<p>$x$ and $ x $</p>",
    r"$\nope{<b>}$": r"<p><code>$\nope{&lt;b&gt;}$</code></p>",
    "$$\n\\nope\n$$": r"<p><code>$$\nope$$</code></p>",
    "$" + "{" * 60 + "x" + "}" * 60 + "$": (
        "<p><code>$" + "{" * 60 + "x" + "}" * 60 + "$</code></p>"
    ),
    "$" + "x" * 1001 + "$": f"<p><code>${'x' * 1001}$</code></p>",
    "`$x$`": "<p><code>$x$</code></p>",
}


@pytest.mark.parametrize(("text", "html"), SHOWN.items(), ids=repr)
def test_what_a_note_shows(text, html):
    assert render(text) == html
    assert_safe(html)


# What a note must not do

ATTACKS = {
    # Links that are none stay as they were typed.
    "[a](javascript:alert(1))": "<p>[a](javascript:alert(1))</p>",
    "[a](JaVaScRiPt:alert(1))": "<p>[a](JaVaScRiPt:alert(1))</p>",
    "[a](<java\tscript:alert(1)>)": "<p>[a](&lt;java\tscript:alert(1)&gt;)</p>",
    "[a](&#106;avascript:alert(1))": "<p>[a](javascript:alert(1))</p>",
    "[a](javascript&colon;alert(1))": "<p>[a](javascript:alert(1))</p>",
    "[a](%6Aavascript:alert(1))": "<p>[a](%6Aavascript:alert(1))</p>",
    "[a](\x01javascript:alert(1))": "<p>[a](javascript:alert(1))</p>",
    "[a](vbscript:x)": "<p>[a](vbscript:x)</p>",
    "[a](data:text/html,x)": "<p>[a](data:text/html,x)</p>",
    "[a](data:image/png;base64,x)": "<p>[a](data:image/png;base64,x)</p>",
    "[a](file:///etc/passwd)": "<p>[a](file:///etc/passwd)</p>",
    "<javascript:alert(1)>": "<p>&lt;javascript:alert(1)&gt;</p>",
    "[a][1]\n\n[1]: javascript:x": "<p>[a][1]</p>\n<p>[1]: javascript:x</p>",
    "![a](javascript:x)": "<p>![a](javascript:x)</p>",
    "[a](/accounts/logout/)": "<p>[a](/accounts/logout/)</p>",
    "[a](//x.org)": "<p>[a](//x.org)</p>",
    "[a](https://arxiv.org@x.org)": "<p>[a](https://arxiv.org@x.org)</p>",
    "[a](mailto:a@x.org?cc=b@y.org)": "<p>[a](mailto:a@x.org?cc=b@y.org)</p>",
    '[a](https://x.org/"onclick="x)': f"<p>{link('https://x.org/%22onclick=%22x', 'a')}</p>",
    "https://x.org/'\"><svg/onload=x>": (
        f"<p>{link('https://x.org/', 'https://x.org/')}'\"&gt;&lt;svg/onload=x&gt;</p>"
    ),
    # HTML is text.
    "<script>alert(1)</script>": "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
    "<img src=x onerror=alert(1)>": "<p>&lt;img src=x onerror=alert(1)&gt;</p>",
    '<a href="javascript:x">a</a>': '<p>&lt;a href="javascript:x"&gt;a&lt;/a&gt;</p>',
    "<!-- a -->": "<p>&lt;!-- a --&gt;</p>",
    "</div></main>": "<p>&lt;/div&gt;&lt;/main&gt;</p>",
    "&lt;b&gt; &#60;b> &amp;lt;": "<p>&lt;b&gt; &lt;b&gt; &amp;lt;</p>",
    "`</code><b>`": "<p><code>&lt;/code&gt;&lt;b&gt;</code></p>",
    "```\n</pre><b>\n```": "<pre><code>&lt;/pre&gt;&lt;b&gt;\n</code></pre>",
    '```" onclick="x\na\n```': "<pre><code>a\n</code></pre>",
    "![<b>](https://x.org/i)": f"<p>{link('https://x.org/i', '&lt;b&gt;')}</p>",
    # Mathematics
    r"$\text{<svg/onload=alert(1)>}$": (
        "<p><math><mtext>&lt;svg/onload=alert(1)&gt;</mtext></math></p>"
    ),
    r"$\text{</mtext><script>x</script>}$": (
        "<p><math><mtext>&lt;/mtext&gt;&lt;script&gt;x&lt;/script&gt;</mtext></math></p>"
    ),
    r"$\href{javascript:x}{a}$": r"<p><code>$\href{javascript:x}{a}$</code></p>",
    r"$\def\a{b}\a$": r"<p><code>$\def\a{b}\a$</code></p>",
    r"$\kern{900em}x$": r"<p><code>$\kern{900em}x$</code></p>",
    # Marks that turn the direction of what follows
    "a\u202eb\u2066c\u200fd\x00e\ud800f": "<p>abcdef</p>",
    # Broken nesting
    "*a **b* c** ~~d *e~~ f*": "<p><em>a <em><em>b</em> c</em></em> <s>d *e</s> f*</p>",
    "[a [b](https://x.org) c](https://y.org)": (
        f"<p>[a {link('https://x.org', 'b')} c]({link(*['https://y.org'] * 2)})</p>"
    ),
    "[a https://x.org](https://y.org)": f"<p>{link('https://y.org', 'a https://x.org')}</p>",
}


@pytest.mark.parametrize(("text", "html"), ATTACKS.items(), ids=repr)
def test_what_a_note_must_not_do(text, html):
    assert render(text) == html
    assert_safe(html)


SIGNS = st.sampled_from(
    [
        *"*_~`$[]()<>!#|-+=:\\\"'&;.1 \n\t\0",
        *("- ", "> ", "1. ", "```", "$$", "|--", "](https://x.org)", "![", "<a href=x>", "&lt;"),
        *(r"\frac", r"\text{", r"\begin{matrix}", "{", "}", "^", "&colon;", "javascript:", "a"),
        *("<svg>", "<math>", "</p>", "<!--", "\u202e", "\ud800", "é", "mailto:a@b.io", "https://"),
    ]
)


@given(st.text() | st.lists(SIGNS, max_size=60).map("".join))
def test_whatever_a_note_holds_is_safe(text):
    assert_safe(render(text))
    assert words(text) == words(text).lower()


# What takes long

COSTLY = {
    "brackets": "[",
    "pictures": "![",
    "labels": "[a][",
    "links": "[a](b",
    "titles": "[a](https://b.io '",
    "nested pictures": ("![" * 20 + "a" + "](https://b.io)" * 20 + "\n\n"),
    "quotes": ">",
    "lines within quotes": ">" * 90 + "\na" * 40_000,
    "lists": "- ",
    "deepening lists": "".join(" " * 2 * i + "- a\n" for i in range(300)),
    "emphasis": "*_",
    "opening emphasis": "*a **b ",
    "nested emphasis": "*a " * 16_000 + "a* " * 16_000,
    "ticks": "".join("`" * i + " " for i in range(440)),
    "dollars": "$",
    "escaped dollars": "$" + r"\$" * 40_000,
    "formulas": r"$\frac{a}{b}$ ",
    "deep formulas": "$" + "x^" * 49 + "x$ ",
    "wide tables": "|" + "a|" * 300 + "\n|" + "-|" * 300 + "\n" + "|\n" * 200 + "\n",
    "one definition": f"[a]: https://x.org/{'a' * 1900}\n\n" + "[a]" * 32_000,
    "lines": "a\n",
    "addresses": "https://a.io(",
    "parentheses": "https://" + "(" * 99_000,
    "entities": "&",
}


@pytest.mark.parametrize("part", COSTLY.values(), ids=COSTLY)
@pytest.mark.slow
def test_no_note_takes_long(part):
    text = (part * (NOTE_LENGTH // len(part) + 1))[:NOTE_LENGTH]
    lengths = []

    def work(text):
        html, _ = render_and_words(text)
        lengths.append(len(html))

    assert in_proportion(work, text[: NOTE_LENGTH // 4], text)
    assert max(lengths) < 20 * NOTE_LENGTH


def test_what_is_too_costly_or_deep_is_shown_as_it_was_typed():
    assert render("[" * 20_000) == f"<pre>{'[' * 20_000}</pre>"
    assert render(">" * 50 + " <b>") == f"<pre>{'&gt;' * 50} &lt;b&gt;</pre>"
    assert render("**a " * 50 + "b** " * 50) == f"<pre>{'**a ' * 50}{'b** ' * 50}</pre>"
    assert words("[" * 20_000 + "*Some* words") == "some words"


@pytest.mark.parametrize(
    "part",
    ["**a** ", "_a_ ", "`a` ", "~~a~~ ", "$x$ ", "[a](b) ", "<b> ", "&amp; ", "\\* ", "a  \n"],
)
@pytest.mark.slow
def test_a_note_of_more_parts_than_anybody_writes_is_shown_as_it_was_typed(part):
    few, many = part * 4_000, part * (NOTE_LENGTH // len(part))
    assert not render(few).startswith("<pre>")
    assert render(many).startswith("<pre>")


def test_long_notes_are_read():
    text = "- See [*a*](https://x.org) and $x$.\n\n> Quoted `code`.\n\n"
    html = render(text * (NOTE_LENGTH // len(text)))
    assert html.count("<em>a</em>") == NOTE_LENGTH // len(text)


# What finds a note


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# A **bold** claim", "a bold claim"),
        ("semi**bold**", "semibold"),
        ("**GPT-4**: ~~no~~ `code_word`", "gpt 4 no code word gpt4 codeword"),
        ("one\ntwo  \nthree\n\nfour", "one two three four"),
        ("[GPT-4](https://x.org/ab), yes", "gpt 4 yes https x org ab gpt4 xorg"),
        ("![a plot](https://x.org/i.png)", "a plot https x org i png xorg ipng"),
        ("[a](https://x.org) [b](https://x.org)", "a b https x org xorg"),
        (r"$\pi_0$ and $$\alpha$$", "pi 0 and alpha pi0"),
        ("- one\n- two\n\n| a | b |\n|---|---|\n| c | d |", "one two a b c d"),
        ("```python\nprint(x)\n```\n\n    more", "print x more printx"),
        ("&amp; &lt;b&gt; Étude", "b etude"),
        ("", ""),
    ],
)
def test_a_note_is_found_by_its_words_as_they_are_read(text, found):
    assert words(text) == found
