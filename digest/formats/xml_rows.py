"""The rows of an XML document, found by a parser that lets it define nothing.

A document type can define entities that stand for gigabytes, or for files of this machine. None is
read: what begins with one is a problem. What is left cannot mean more than it says, so that time
and memory stay in proportion to the file. Expat reads nothing but what it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

from .records import MAX_ROWS

MAX_ELEMENTS = 10 * MAX_ROWS
"""Elements of a document."""
_DEEPEST = 30
_START = re.compile(r"\s*<(?:\?xml\b|(?:\w+:)?(?:feed|rss|RDF|OAI-PMH)[\s>])")


def is_xml(text: str) -> bool:
    """Whether this was meant as XML, or as a feed."""
    return bool(_START.match(text))


@dataclass(slots=True)
class Element:
    """name: without its namespace. text: what stands in it, without what stands in its children."""

    name: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts).strip()

    def all(self, name: str) -> list[Element]:
        """The children of a name."""
        return [child for child in self.children if child.name == name]

    def get(self, name: str) -> str:
        """The text of the first child of a name; "" if there is none."""
        return next((child.text for child in self.children if child.name == name), "")


class XmlRow(NamedTuple):
    """An element that is a row, the line at which it starts, from 1, and its text.

    around: the texts of the elements that stood beside or around the rows up to there, by name.
    """

    line: int
    raw: str
    element: Element
    root: str
    around: dict[str, str]


class NotXml(Exception):
    """What prevents the rest of a document from being read: at which line, and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


class XmlRows:
    """Goes through a document. rows: names of the elements that are rows, by that of the root.

    found: called with each row, in order.
    """

    def __init__(self, text: str, rows: dict[str, str], found: Callable[[XmlRow], None]) -> None:
        self.data = text.encode("utf-8", "surrogatepass")
        self.rows, self.found = rows, found
        self.root = ""
        self.around: dict[str, str] = {}
        self.number = self.count = 0
        self._open: list[Element] = []
        self._row: tuple[int, int, int] | None = None  # its depth, line and first byte
        self._parser = parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def parse(self) -> None:
        """Find the rows. Raises NotXml."""
        start = len(self.data) - len(self.data.lstrip())
        self._first_line = self.data.count(b"\n", 0, start)
        self.data = self.data[start:]
        try:
            self._parser.Parse(self.data, True)
        except expat.ExpatError as error:
            reason = f"not XML: {expat.ErrorString(error.code)}"
            raise NotXml(error.lineno + self._first_line, reason) from None

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber + self._first_line

    def _doctype(self, *_: object) -> None:
        raise NotXml(self.line, "a document type, which might define anything, is not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise NotXml(self.line, f"more than {MAX_ELEMENTS:,} elements")
        if len(self._open) == _DEEPEST:
            raise NotXml(self.line, "nested too deeply")
        local = name.rpartition(" ")[2]
        if not self._open:
            self.root = local
        if self._row is None and local == self.rows.get(self.root):
            self.number += 1
            if self.number > MAX_ROWS:
                raise NotXml(self.line, f"more than {MAX_ROWS:,} rows")
            self._row = len(self._open), self.line, self._parser.CurrentByteIndex
        element = Element(local, attributes)
        if self._row and len(self._open) > self._row[0]:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _text(self, text: str) -> None:
        self._open[-1].parts.append(text)

    def _end(self, name: str) -> None:
        element = self._open.pop()
        if self._row is None:
            self.around[element.name] = element.text[:1_000]
            return
        depth, line, start = self._row
        if len(self._open) == depth:
            self._row = None
            end = self._parser.CurrentByteIndex
            if self.data.startswith(b"</", end):
                end = self.data.index(b">", end) + 1
            raw = self.data[start:end].decode("utf-8", "surrogatepass")
            self.found(XmlRow(line, raw, element, self.root, self.around))


def names_of(elements: Iterator[Element] | list[Element]) -> list[str]:
    """The names of elements, each once."""
    return list(dict.fromkeys(element.name for element in elements))
