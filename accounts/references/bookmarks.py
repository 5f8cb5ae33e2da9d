"""HTML: a browser's bookmarks, a page, or tags in Markdown. Every link in it.

Not read with html.parser, which takes minutes for 100 kB of `<a `.
"""

import re
from html import unescape

from digest.text.identity import arxiv_id

from .records import Format, ReferenceCollector

# Nothing here looks past the next "<", so that time stays in proportion to the file.
_NAMES = (
    "a|abbr|article|aside|b|big|blockquote|body|br|caption|center|code|col|colgroup|dd|details|div"
    "|dl|dt|em|figcaption|figure|font|footer|h[1-6]|head|header|hr|html|i|img|kbd|li|link|main|mark"
    "|meta|nav|ol|p|pre|s|script|section|small|span|strike|strong|style|sub|summary|sup|table|tbody"
    "|td|tfoot|th|thead|title|tr|tt|u|ul"
)
_TAG = re.compile(rf"<(?:(/?)({_NAMES})(?=[\s/>])([^<>]*+)|[!?](?=[a-z[-])[^<>]*+)>", re.I)
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_TAGS = re.compile(r"""\stags\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.I)
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|dl|meta|title|ul|ol|table)[\s>]", re.I)
_UNREAD = {"script", "style", "title", "h1", "h2", "h3", "h4", "h5", "h6"}
"""Elements of a page that name no paper."""
_ENDS_LINK = {"dd", "dt", "li", "p", "div", "td", "tr", "ul", "ol", "dl", "table", "blockquote"}
_NOTES = ("dd", "blockquote")


def is_page(text: str) -> bool:
    """Whether this is a whole page, and no Markdown with some tags in it."""
    return bool(_PAGE.match(_without_comments(text)))


def read_links(text: str, draft: ReferenceCollector) -> str:
    """Read every link that leads to the web; the others (`place:`, `file:`) are no papers. Returns
    the text around them, each line at its place.

    The description under a bookmark, in <DD> or <blockquote>, is the person's note.
    """
    text = _without_comments(text)
    first = _TAG.search(text)
    if not first:
        return text
    page = is_page(text)
    rest: list[str] = []
    line, counted, at = 1, 0, 0
    link: tuple[int, str, str, list[str]] | None = None  # its line, tag, address, tags
    title: list[str] = []
    note: list[str] = []
    into = rest  # where the text goes
    unread = ""

    def finish() -> None:
        if link:
            place, tag, address, tags = link
            label = "".join(title)
            note_text = unescape("".join(note))
            draft.format = Format.BOOKMARKS
            draft.add(
                place, tag + label, title=unescape(label), ids=[address], note=note_text, tags=tags
            )

    def pass_over(start: int, end: int) -> None:
        """Leave out of the rest the text that was read; its line ends stay."""
        rest.append("\n" * text.count("\n", start, end))

    for match in _TAG.finditer(text):
        between = text[at : match.start()]
        if unread or into is not rest:
            pass_over(at, match.start())
        if not unread:
            into.append(between)
        at = match.end()
        pass_over(match.start(), at)
        closing, name = match[1], (match[2] or "").lower()
        if unread:
            unread = "" if closing and name == unread else unread
        elif name in _UNREAD and not closing and (page or name in ("script", "style")):
            unread, into = name, rest
        elif name == "a":
            into = rest
            if not closing and (href := _HREF.search(match[3])):
                finish()
                line += text.count("\n", counted, match.start())
                counted = match.start()
                address = unescape(next(filter(None, href.groups()), "")).strip()
                is_web = address.lower().startswith(("http://", "https://")) or arxiv_id(address)
                given = _TAGS.search(match[3])
                tags = unescape(given[1] or given[2] or "").split(",") if given else []
                link = (line, match[0], address, tags) if is_web else None
                title, note = [], []
                into = title
        elif name in _NOTES and not closing and link and not note:
            into = note
        elif name in _ENDS_LINK:
            into = rest
        elif name == "br" and into is note:
            note.append("\n")
    if not unread:
        if into is not rest:
            pass_over(at, len(text))
        into.append(text[at:])
    finish()
    return "".join(rest)


def _without_comments(text: str) -> str:
    """The text without what stands between <!-- and -->, each line at its place."""
    parts: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts += text[at:start], "\n" * text.count("\n", start, end)
        at = end + 3
    return "".join([*parts, text[at:]]) if parts else text
