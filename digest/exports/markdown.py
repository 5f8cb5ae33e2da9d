"""Citations for one's notes, in CommonMark."""

import re
from collections.abc import Iterable, Iterator
from html import unescape

from digest.models import Paper

from .citation import OTHERS, About, Citation, Name
from .formulas import Formula, pieces


def write(papers: Iterable[Paper], about: About) -> Iterator[str]:
    """A heading that links to the page, if that has an address, and a list of its papers.

    Each has its title, linked; its authors, handles as code; where and when; its links; and its
    summary's points. Texts come out of any CommonMark renderer as they are printed.
    """
    title = _text(" ".join(about.title.split()))
    yield f"# [{title}]({_destination(about.url)})\n\n" if about.url else f"# {title}\n\n"
    for paper in papers:
        yield _item(paper)


def _item(paper: Paper) -> str:
    cited = Citation.of(paper)
    title = _text(cited.title)
    names = list(map(_name, cited.names))
    place = [cited.number, str(cited.year or ""), f"digest of {cited.date}"]
    links = [(link.destination, link.url) for link in cited.links]
    lines = [
        f"[{title}]({_destination(cited.url)})" if cited.url else _at_start(title),
        _at_start(", ".join(names[:-1]) + (" and " if names[1:] else "") + names[-1])
        if names
        else "",
        ", ".join(filter(None, place)),
        _at_start(", ".join(map(_text, cited.categories))),
        ", ".join(f"[{to.kind}: {_text(to.label)}]({_destination(url)})" for to, url in links),
    ]
    return "- " + "\\\n  ".join(filter(None, lines)) + "\n" + "".join(_points(paper))


def _name(name: Name) -> str:
    return _code(name.text) if name.is_handle and name is not OTHERS else _text(name.text)


# Text

_PUNCTUATION = re.compile(r"[\\`*_\[\]<>&~$|]")
_BLOCK = re.compile(r"(?=[#+\-=])|(?<=\d)(?=[.)])")
_STARTS_BLOCK = re.compile(r"[#+\-=]|\d{1,9}[.)]")
# A formula that means nothing to CommonMark, so that dialects which know formulas can show it
_PLAIN_FORMULA = re.compile(r"\$(?!\s)(?:[^*_\[\]<>`&\\$~|]|\\[A-Za-z]+|(?<=\w)_(?=\w))+(?<!\s)\$")


def _text(text: str) -> str:
    """The text, for a renderer to show as our pages do."""
    return "".join(
        _formula(piece.given) if isinstance(piece, Formula) else _literal(piece)
        for piece in pieces(text)
    )


def _literal(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\g<0>", text)


def _formula(given: str) -> str:
    return given if _PLAIN_FORMULA.fullmatch(given) else _literal(given)


def _at_start(text: str) -> str:
    """Escaped text that stands at the start of a line, where a heading or list could begin."""
    return _BLOCK.sub(r"\\", text, count=1) if _STARTS_BLOCK.match(text) else text


def _code(text: str) -> str:
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _destination(url: str) -> str:
    url = re.sub(r"&(?=#?\w+;)", "&amp;", url)
    return f"<{url}>" if "(" in url or ")" in url else url


# Points, from the HTML that markup made of the summary

_PART = re.compile(
    r"<(?P<formula>math|su[bp])>(?P<inner>.*?)</(?P=formula)>|<code>(?P<code>.*?)</code>"
    r"|(?P<text>[^<]+)|<[^>]*>"
)
_TAG = re.compile(r"<[^>]*>")


def _points(paper: Paper) -> Iterator[str]:
    points = paper.points if paper.is_list else [" ".join(paper.points)]
    if not paper.points and paper.abstract_sentences:
        points = [f"Abstract: {' '.join(paper.abstract_sentences)}"]
    formulas = _formulas(paper.summary or paper.abstract, points)
    for point in filter(None, points):
        yield from _lines(point, "  ", formulas)


def _formulas(text: str, points: list[str]) -> Iterator[str]:
    """What a text gave for each formula in its points, if it is sure which is which."""
    count = sum(part["formula"] is not None for html in points for part in _PART.finditer(html))
    if not count:
        return iter(())
    cut = pieces(" ".join(text.split()))
    given = [p.given for p in cut if isinstance(p, Formula) and p.is_markup]
    return iter(given if len(given) == count else ())


def _lines(html: str, indent: str, formulas: Iterator[str]) -> Iterator[str]:
    own, _, inner = html.partition("<ul>")
    text = "".join(_part(part, formulas) for part in _PART.finditer(own))
    yield f"{indent}- {_at_start(text)}\n"
    for point in re.findall(r"<li>(.*?)</li>", inner):
        yield from _lines(point, indent + "  ", formulas)


def _part(part: re.Match[str], formulas: Iterator[str]) -> str:
    if part["text"]:
        return _literal(unescape(part["text"]))
    if part["code"]:
        return _code(unescape(part["code"]))
    if part["formula"]:
        mark = {"sup": "^", "sub": "_"}.get(part["formula"], "")
        given = next(formulas, None) or mark + unescape(_TAG.sub("", part["inner"]))
        return _formula(given)
    return ""  # emphasis
