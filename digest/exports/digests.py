"""A digest as it was given, in the formats that it is loaded from."""

from collections import defaultdict
from typing import Literal

from digest.catalogue.projection import Statement, as_given, statements_of
from digest.formats import Record, write_json, write_markdown
from digest.models import Digest

WRITERS = {"markdown": ("md", write_markdown), "json": ("json", write_json)}
"""For each format its files' suffix and its writer."""


def export_digest(digest: Digest, format: Literal["markdown", "json"]) -> str:
    """The digest as six-column Markdown or JSON: its papers in order, as it gave them."""
    statements: dict[int, list[Statement]] = defaultdict(list)
    given = digest.entries.filter(source__is_supplement=False)
    for _, paper, statement in statements_of(given):
        statements[paper].append(statement)
    order = digest.placements.order_by("position").values_list("paper", flat=True)
    _, write = WRITERS[format]
    return write(digest.date, [_complete(as_given(statements[paper])) for paper in order])


def _complete(record: Record) -> Record:
    """The record with nothing absent, only empty, so that every key is written."""
    empty = {"authors": "", "summary": "", "classification": [], "github_urls": []}
    return Record.from_dict({**empty, "huggingface_urls": [], **record.as_dict()})
