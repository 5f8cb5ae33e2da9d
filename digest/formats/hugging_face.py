"""Hugging Face's daily papers, as `/api/daily_papers` answers: a list of objects with a `paper`.

It gives all authors, the abstract, and often a summary that a language model wrote of it.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from .common_names import Row, RowReading, arxiv_link
from .records import MAX_ITEM

_KEYS = {
    "id": "link",
    "title": "title",
    "authors": "authors",
    "summary": "abstract",
    "ai_summary": "tldr",
    "ai_keywords": "keywords",
    "githubRepo": "github repo",
    "projectPage": "project page",
    "upvotes": "upvotes",
    "submittedOnDailyAt": "date",
}
"""What the keys of a paper are called elsewhere."""
IGNORED_KEYS = {
    *("paper", "publishedAt", "mediaUrls", "thumbnail", "discussionId", "numComments"),
    *("isAuthorParticipating", "submittedBy", "submittedOnDailyBy", "organization", "githubStars"),
}
"""Keys that are known, of which a digest has nothing."""


def is_hugging_face(value: dict[str, Any]) -> bool:
    """Whether an object is a row of such an answer."""
    return isinstance(value.get("paper"), dict)


def read_hugging_face(value: dict[str, Any], *dates: datetime.date | None) -> RowReading:
    """What a row states. Its day is the one on which it was submitted, else the first of the dates,
    never that on which the paper was published. Raises BadRow."""
    given = {**value, **{key: one for key, one in value["paper"].items() if one is not None}}
    number = given.get("id")
    if isinstance(number, str) and len(number) <= MAX_ITEM:
        given["id"] = arxiv_link(number) or f"https://huggingface.co/papers/{number}"
    row = Row(
        (_KEYS.get(key, key), one)
        for key, one in given.items()
        if key in _KEYS or key not in IGNORED_KEYS
    )
    reading = row.read(*dates)
    complete = True if reading.record.authors else None
    return reading._replace(record=replace(reading.record, authors_complete=complete))
