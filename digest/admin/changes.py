"""What a preview found that would change, as curators read it: field by field, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from digest.catalogue.fields import FIELDS
from digest.catalogue.preview import FieldChange

COMPARED = 1_500
"""Words of a text that are compared one by one; longer ones are shown as changed altogether."""
IN_FULL = 100
"""Papers of which a preview says what changes; of more it gives the titles."""
LONG = 600
"""Characters of a difference that is folded."""

_WORD = re.compile(r"\s+|\w+|\W")


@dataclass
class PaperChange:
    """A paper that would show something else, and what: the fields' labels and differences."""

    slug: str
    title: str
    fields: list[tuple[str, SafeString]] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        return sum(len(diff) for _, diff in self.fields) > LONG


@dataclass
class Changes:
    """Papers that would come, those that would go, and those that would show something else, the
    first `IN_FULL` of which say what."""

    new: list[FieldChange]
    removed: list[FieldChange]
    changed: list[PaperChange]

    @classmethod
    def of(cls, changes: Iterable[FieldChange]) -> Changes:
        """changes: of `catalogue.preview`, those of a paper together."""
        grouped = cls([], [], [])
        papers: dict[str, PaperChange] = {}
        counted: set[str] = set()
        for change in changes:
            if change.before is None or change.after is None:
                # Of a paper that comes or goes, each of its fields is a change.
                if change.slug not in counted:
                    (grouped.new if change.before is None else grouped.removed).append(change)
                counted.add(change.slug)
            else:
                paper = papers.setdefault(change.slug, PaperChange(change.slug, change.title))
                if len(papers) <= IN_FULL:
                    field = FIELDS.get(change.field)
                    label = capfirst(field.label if field else change.field)
                    paper.fields.append((label, difference(change.before, change.after)))
        grouped.changed = list(papers.values())
        return grouped


def difference(before: Any, after: Any) -> SafeString:
    """Two values of a field in one, what goes marked as deleted, and what comes as inserted."""
    if isinstance(before, list) and isinstance(after, list):
        removed = [item for item in before if item not in after]
        added = [item for item in after if item not in before]
        if not removed and not added:
            return _marked([("delete", "; ".join(before)), ("insert", "; ".join(after))], " ")
        return _marked([("delete", x) for x in removed] + [("insert", x) for x in added], " ")
    if isinstance(before, bool):
        words = ["no", "yes"]
        return _marked([("delete", words[before]), ("insert", words[after])], " ")
    if isinstance(before, int):  # 0 where none is stated
        numbers = [f"{number:,}" if number else "" for number in (before, after)]
        return _marked(zip(("delete", "insert"), numbers, strict=True), " ")
    return _words(before, after)


def _words(before: str, after: str) -> SafeString:
    was, now = _WORD.findall(before), _WORD.findall(after)
    if max(len(was), len(now)) > COMPARED:
        was, now = [before], [after]
    parts: list[tuple[str, str]] = []
    for what, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if what == "equal":
            parts.append((what, "".join(was[a:b])))
        else:
            parts += [("delete", "".join(was[a:b])), ("insert", "".join(now[c:d]))]
    return _marked(parts)


_TAGS = {"delete": "<del>{}</del>", "insert": "<ins>{}</ins>", "equal": "{}"}


def _marked(parts: Iterable[tuple[str, str]], between: str = "") -> SafeString:
    marked = ((format_html(_TAGS[what], text),) for what, text in parts if text)
    return format_html_join(between, "{}", marked)
