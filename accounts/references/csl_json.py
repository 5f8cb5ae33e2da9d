"""CSL-JSON: a list of items, one item, or `{"items": [...]}`."""

from __future__ import annotations

import re
from typing import Any

from digest.formats.json_list import Element, JsonText, NotReadable
from digest.text.identity import arxiv_id

from .records import ReferenceCollector, doi_url

MAX_NESTED = 1_000_000
"""Brackets and braces of a file."""

_ITEMS = re.compile(r'\{\s*"items"\s*:\s*(?=\[)')
_MARKUP = re.compile(r"</?(?:i|b|sub|sup|sc|span)(?: [^<>]*)?>", re.I)
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_csl_json(text: str, draft: ReferenceCollector) -> None:
    json = JsonText(text, str, "item")

    def problem(position: int, reason: str) -> None:
        draft.problem(json.line(position), reason, text[position : position + 500])

    start = json.skip(0)
    if json.nested() > MAX_NESTED:
        return problem(start, f"more than {MAX_NESTED:,} lists and objects")
    if wrapped := _ITEMS.match(text, start):
        start = wrapped.end()
    try:
        for item in [json.element(start)] if text[start] == "{" else json.elements(start + 1):
            if fault := _fault(item):
                problem(item.start, fault)
            else:
                excerpt = text[item.start : min(item.end, item.start + 500)]
                _add(json.line(item.start), excerpt, item.value, draft)
    except NotReadable as stop:
        problem(stop.position, stop.reason)
    return None


def _fault(item: Element) -> str:
    """What is wrong with an item, or ""."""
    if item.fault or not isinstance(item.value, dict):
        return item.fault or "not a JSON object"
    half = any(map(_SURROGATE.search, map(str, item.value.values())))
    return "half a character: a lone surrogate" if half else ""


def _add(line: int, excerpt: str, item: dict[str, Any], draft: ReferenceCollector) -> None:
    def texts(*names: str) -> list[str]:
        return [item[name] for name in names if isinstance(item.get(name), str)]

    draft.add(
        line,
        excerpt,
        title=_MARKUP.sub("", "".join(texts("title"))),
        ids=[*texts("URL"), *map(doi_url, texts("DOI")), *filter(arxiv_id, texts("id"))],
        texts=texts(
            "number", "container-title", "archive_location", "volume", "page", "note", "id"
        ),
        note="".join(texts("annote")),
    )
