"""A note's Markdown -> safe HTML, and the words by which it is found.

CommonMark, tables, `~~strikethrough~~`, and mathematics between dollars. No HTML of the writer's
own, and no images: to show one would tell its host who reads the note when.

Time is bounded to about half a second by counting what the parser does, since a page of brackets
or quotes within quotes can keep it busy for minutes. A text that takes more than any person's note
is shown as it was typed.
"""

import re
from collections.abc import Iterator, MutableMapping, Sequence
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.renderer import RendererHTML
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from digest.search.text import document
from digest.text.links import clean_url
from digest.text.markup import clean
from digest.text.mathml import MATHML_ATTRIBUTES, MATHML_ELEMENTS, mathml

Env = MutableMapping[str, Any]


def render(text: str) -> str:
    """The text as HTML that is safe on any page, in blocks; "" for white space.

    Headings begin at <h3>, below those of the page. Links are http, https or mailto, or they are
    text; a formula that is not understood is its source in <code>. A text that is too deep or too
    costly to read as Markdown is in <pre>, as it was typed.
    """
    text = clean(text)
    env: Env = {}
    try:
        tokens = _tokens(text, env)
    except _TooMuch:
        return _as_typed(text)
    return _html(tokens, env)


def _html(tokens: Sequence[Token], env: Env) -> str:
    html: str = _parser.renderer.render(tokens, _parser.options, env)
    return _sanitiser.clean(html).strip()


def _as_typed(text: str) -> str:
    return _sanitiser.clean(f"<pre>{escape(text)}</pre>") if text.strip() else ""


def render_and_words(text: str) -> tuple[str, str]:
    """A text as HTML, and what the search folds of it: the text as it is read, then where its links
    lead. Formulas are words of their source.
    """
    text = clean(text)
    env: Env = {}
    try:
        tokens = _tokens(text, env)
    except _TooMuch:
        return _as_typed(text), document(text)
    return _html(tokens, env), document("".join(_plain(tokens)))


def _plain(tokens: Sequence[Token]) -> Iterator[str]:
    addresses: list[str] = []
    for block in tokens:
        for token in block.children or [block]:
            if token.type == "link_open":
                addresses.append(str(token.attrs["href"]))
            yield token.content or (" " if token.tag in ("br", "hr") else "")
        yield "\n"
    yield " ".join(dict.fromkeys(addresses))


# How much is read as Markdown

_MOST_STEPS = 50_000
"""Lines and signs looked at while looking ahead: five times those of any document of that
length."""
_MOST_BLOCKS = 30_000
"""Beginnings, contents and ends of blocks: three for a paragraph or the cell of a table."""
_DEEPEST = 40
"""Levels of blocks in blocks (a list's item is two), and of emphasis."""
_DEEPEST_IMAGES = 4
"""Levels of images in the texts of images."""
_MOST_OF_LINKS = 1_000_000
"""Characters of all links' addresses: one that is defined once may be used a thousand times."""


_MOST_PARTS = 30_000
"""Runs of text, and beginnings and ends of links, emphasis, code, formulas and lines."""


class _TooMuch(Exception):
    """The text costs more than a note may."""


def _tokens(text: str, env: Env) -> list[Token]:
    """What the parser makes of a text; raises _TooMuch."""
    tokens = _parser.parse(text, env)
    of_links = 0
    for block in tokens:
        level = 0
        for token in block.children or ():
            level += token.nesting
            of_links += sum(len(str(value)) for value in token.attrs.values())
            if level > _DEEPEST or of_links > _MOST_OF_LINKS:
                raise _TooMuch
    return tokens


def _step(env: Env) -> None:
    env["steps"] = env.get("steps", 0) + 1
    if env["steps"] > _MOST_STEPS:
        raise _TooMuch


def _count(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule that matches nothing, and sees every line that others are tried on."""
    _step(state.env)
    if state.level > _DEEPEST or len(state.tokens) > _MOST_BLOCKS:
        raise _TooMuch
    return False


def _count_inline(state: StateInline, silent: bool) -> bool:
    """An inline rule that matches nothing, and sees every part of a line."""
    state.env["parts"] = state.env.get("parts", 0) + 1
    if state.env["parts"] > _MOST_PARTS:
        raise _TooMuch
    return False


class _Inline(ParserInline):
    """Counts the steps of looking ahead, which is what takes long, and the images in images."""

    def skipToken(self, state: StateInline) -> None:
        _step(state.env)
        super().skipToken(state)

    def parse(self, src: str, md: MarkdownIt, env: Env, tokens: list[Token]) -> list[Token]:
        env["level"] = env.get("level", 0) + 1
        if env["level"] > _DEEPEST_IMAGES:
            raise _TooMuch
        super().parse(src, md, env, tokens)
        env["level"] -= 1
        return tokens


# Links and headings

_MAIL = re.compile(r"mailto:([\w.+-]+@[\w-]+(?:\.[\w-]+)+)", re.A | re.I)


def _address(url: str) -> str:
    """The URL if a note may lead there, else ""."""
    mail = _MAIL.fullmatch(url)
    return f"mailto:{mail[1]}" if mail else clean_url(url) or ""


# A bare address ends before what closes the sentence around it.
_BARE = re.compile(
    r"https?://(?:[^\s<>()]|\([^\s<>()]*\))*(?:[^\s<>().,;:!?'\"*_~\[\]]|\([^\s<>()]*\))", re.I
)


def _adapt(state: StateCore) -> None:
    """Put headings below the page's own, and links in place of images and bare addresses."""
    headings = [block for block in state.tokens if block.type in ("heading_open", "heading_close")]
    # Where a text begins with ##, no level between the page's and its own is left out.
    highest = min((int(heading.tag[1]) for heading in headings), default=1)
    for heading in headings:
        heading.tag = f"h{min(int(heading.tag[1]) - highest + 3, 6)}"
    for block in state.tokens:
        if block.children:
            block.children = list(_linked(block.children))


def _linked(tokens: list[Token]) -> Iterator[Token]:
    in_link = False
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            in_link = token.type == "link_open"
        if token.type == "image":
            address = str(token.attrs["src"])
            text = token.content or address
            yield from [_text(text)] if in_link else _link(address, text)
        elif token.type == "text" and not in_link:
            at = 0
            for match in _BARE.finditer(token.content):
                yield _text(token.content[at : match.start()])
                yield from _link(_address(match[0]), match[0])
                at = match.end()
            yield _text(token.content[at:])
        else:
            yield token


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _link(address: str, text: str) -> list[Token]:
    if not address:
        return [_text(text)]
    return [
        Token("link_open", "a", 1, attrs={"href": address}),
        _text(text),
        Token("link_close", "a", -1),
    ]


# Mathematics


def _formula(token: Token) -> str:
    display = token.markup == "$$"
    source = " ".join(token.content.split())
    formula = f"{token.markup}{source}{token.markup}"
    return mathml(source, display) or f"<code>{escape(formula)}</code>"


def _math_inline(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Env
) -> str:
    return _formula(tokens[at])


def _math_block(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Env
) -> str:
    return f"<p>{_formula(tokens[at])}</p>\n"


def _make() -> MarkdownIt:
    md = MarkdownIt("js-default")
    md.inline = _Inline()
    md.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,  # so that "$5 and $6" are sums of money
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    everywhere: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    md.block.ruler.before("table", "count", _count, everywhere)
    md.inline.ruler.before("text", "count", _count_inline)
    md.core.ruler.push("adapt", _adapt)
    md.add_render_rule("math_inline", _math_inline)
    md.add_render_rule("math_inline_double", _math_inline)
    md.add_render_rule("math_block", _math_block)
    # Each asks the one before it: what is no address is no link, and stays as it was typed.
    md.normalizeLink = _address  # type: ignore[method-assign]
    md.validateLink = bool  # type: ignore[method-assign, assignment]
    return md


_parser = _make()
_sanitiser = nh3.Cleaner(
    tags={
        *("a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol"),
        *("p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
        *MATHML_ELEMENTS,
    },
    attributes={
        "*": set(),  # else a title and a language
        "a": {"href"},
        "ol": {"start"},
        **{name: set(MATHML_ATTRIBUTES) for name in MATHML_ELEMENTS if name.startswith("m")},
    },
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow noopener noreferrer",
)
