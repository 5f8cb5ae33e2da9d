"""CSL-JSON: a list of items, one item, or `{"items": [...]}`."""

from __future__ import annotations

import json
import re
from typing import Any

from digest.text.identity import arxiv_id

from .records import Draft, doi_url

MAX_NESTED = 1_000_000
"""Brackets and braces of a file: two characters can stand for eighty bytes of memory."""

_SPACE = re.compile(r"\s*")
_ITEMS = re.compile(r'\{\s*"items"\s*:\s*(?=\[)')
_MARKUP = re.compile(r"</?(?:i|b|sub|sup|sc|span)(?: [^<>]*)?>", re.I)
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_csl_json(text: str, draft: Draft) -> None:
    _Reader(text, draft).read()


class _Reader:
    """Goes from item to item, for each to have its line, and for an error late in the file to leave
    the items before it."""

    def __init__(self, text: str, draft: Draft) -> None:
        self.text = text
        self.draft = draft
        self.line = 1
        self.counted = 0  # up to where the lines are counted
        self.faults: list[str] = []  # of the item being decoded
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            # Python refuses to make a number of 5,000 digits.
            parse_int=str,
            parse_float=str,
            strict=False,  # a raw line break in a text is no reason to lose the rest of the file
        )

    def read(self) -> None:
        start = self._skip(0)
        if self.text.count("[") + self.text.count("{") > MAX_NESTED:
            return self._problem(start, f"more than {MAX_NESTED:,} lists and objects")
        if wrapped := _ITEMS.match(self.text, start):
            start = wrapped.end()
        if self.text[start] == "{":
            self._item(start)
            return None
        position = self._skip(start + 1)
        while self.text[position : position + 1] != "]":
            end = self._item(position)
            if end is None:
                return None
            position = self._skip(end)
            if self.text[position : position + 1] == ",":
                position = self._skip(position + 1)
            elif self.text[position : position + 1] != "]":
                return self._problem(position, "not JSON: neither a comma nor the list's end")
        return None

    def _item(self, start: int) -> int | None:
        """Read an item; where it ends, or None if nothing after it can be read."""
        self.faults.clear()
        try:
            item, end = self.decoder.raw_decode(self.text, start)
        except json.JSONDecodeError as error:
            self._problem(error.pos, f"not JSON: {error.msg}")
            return None
        except RecursionError:
            self._problem(start, "not JSON: nested too deeply")
            return None
        if not isinstance(item, dict):
            self.faults.append("not a JSON object")
        elif any(map(_SURROGATE.search, map(str, item.values()))):
            self.faults.append("half a character: a lone surrogate")
        if self.faults:
            self._problem(start, self.faults[0])
        else:
            _add(self._line(start), self.text[start : min(end, start + 500)], item, self.draft)
        return end

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            self.faults.append("the item has the same key twice")
        return values

    def _constant(self, name: str) -> None:
        self.faults.append(f"{name} is not JSON")

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        return match.end() if match else position

    def _line(self, position: int) -> int:
        self.line += self.text.count("\n", self.counted, position)
        self.counted = max(self.counted, position)
        return self.line

    def _problem(self, position: int, reason: str) -> None:
        self.draft.problem(self._line(position), reason, self.text[position : position + 500])


def _add(line: int, given: str, item: dict[str, Any], draft: Draft) -> None:
    def texts(*names: str) -> list[str]:
        return [item[name] for name in names if isinstance(item.get(name), str)]

    draft.add(
        line,
        given,
        title=_MARKUP.sub("", "".join(texts("title"))),
        ids=[*texts("URL"), *map(doi_url, texts("DOI")), *filter(arxiv_id, texts("id"))],
        texts=texts(
            "number", "container-title", "archive_location", "volume", "page", "note", "id"
        ),
        note="".join(texts("annote")),
    )
