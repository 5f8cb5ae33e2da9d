"""A list in JSON, read element by element."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

# How what was meant as JSON begins. Markdown may begin with a bracket too: of a link or an image.
_START = re.compile(r"\s*(?:\[\s*(?:[\[\]{\"]|\Z)|\{\s*(?:[\"}]|\Z))")
_SPACE = re.compile(r"\s*")


def is_json(text: str) -> bool:
    """Whether this was meant as JSON."""
    return bool(_START.match(text))


class NotReadable(Exception):
    """What prevents the rest of a text from being read: where, and the reason."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position, self.reason = position, reason


class Element(NamedTuple):
    """An element of a list: from where to where it stands, what it is, and what is wrong with it,
    or ""."""

    start: int
    end: int
    value: Any
    fault: str


class JsonText:
    """A text in JSON, of which each element has its line, and an error late in it leaves the
    elements before it.

    number: what a number becomes; Python refuses to make one of 5,000 digits. noun: what messages
    call an element. end: the position after the list, once its elements were read.
    """

    def __init__(self, text: str, number: Callable[[str], Any], noun: str) -> None:
        self.text, self.noun, self.end = text, noun, 0
        self._line, self._counted = 1, 0  # up to where the lines are counted
        self._faults: list[str] = []  # of the element being decoded: a hook cannot say where it is
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=lambda name: self._faults.append(f"{name} is not JSON"),
            parse_int=number,
            parse_float=number,
            strict=False,  # a raw line break in a text is no reason to lose the rest of the file
        )

    def skip(self, position: int) -> int:
        """The next position that is no white space."""
        match = _SPACE.match(self.text, position)
        return match.end() if match else position

    def line(self, position: int) -> int:
        """The line of a position, from 1; it is asked for from the start of the text to its end."""
        self._line += self.text.count("\n", self._counted, position)
        self._counted = max(self._counted, position)
        return self._line

    def nested(self) -> int:
        """How many lists and objects there are at the most. Two characters can stand for eighty
        bytes of memory, so that they are counted before anything is made of them."""
        return self.text.count("[") + self.text.count("{")

    def element(self, start: int) -> Element:
        """What stands at a position. Raises NotReadable."""
        self._faults.clear()
        try:
            value, end = self._decoder.raw_decode(self.text, start)
        except json.JSONDecodeError as error:
            raise NotReadable(error.pos, f"not JSON: {error.msg}") from None
        except RecursionError:
            raise NotReadable(start, "nested too deeply") from None
        return Element(start, end, value, self._faults[0] if self._faults else "")

    def elements(self, position: int) -> Iterator[Element]:
        """The elements of the list whose bracket is before a position. Raises NotReadable."""
        position = self.skip(position)
        mark = "," if self.text[position : position + 1] != "]" else "]"
        while mark == ",":
            yield (element := self.element(position))
            position = self.skip(element.end)
            mark = self.text[position : position + 1]
            if mark == ",":
                position = self.skip(position + 1)
        if mark != "]":
            raise NotReadable(position, "not JSON: neither a comma nor the list's end")
        self.end = position + 1

    def members(self, position: int) -> Iterator[tuple[str, int]]:
        """The keys of the object whose brace is before a position, and where their values start.
        An object that can be decoded. `end` has to be where the value ends, if it was read, before
        the next one is asked for."""
        position = self.skip(position)
        while self.text.startswith('"', position):
            key = self.element(position)
            start = self.skip(self.skip(key.end) + 1)
            self.end = start
            yield key.value, start
            end = self.end if self.end > start else self.element(start).end
            position = self.skip(end)
            if self.text.startswith(",", position):
                position = self.skip(position + 1)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            self._faults.append(f"the {self.noun} has the same key twice")
        return values
