"""Whether the catalogue holds nothing but the sample that a new site begins with."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from django.db import OperationalError

from digest.models import Source, Tombstone

SAMPLE = Path(__file__).resolve().parents[2] / "fixtures"
known: dict[str, bool] = {}
"""That this process has met another source, once it has: nothing is asked any more then."""


@cache
def _hashes() -> set[str]:
    return {sha256(file.read_bytes()).hexdigest() for file in SAMPLE.glob("*.md")}


def is_new() -> bool:
    """Whether no source was ever loaded: none is there, and none was undone."""
    return not Source.objects.exists() and not Tombstone.objects.exists()


def is_sample_alone() -> bool:
    """Whether something is loaded, and all of it is the sample. It takes one query, and none in a
    process that has seen another source."""
    if "more" in known:
        return False
    try:
        sources = Source.objects.order_by().values_list("sha256", flat=True).distinct()
        found = {*sources[: len(_hashes()) + 1]}
    except OperationalError:  # a page that needs no database is shown without one
        return False
    if found - _hashes():
        known["more"] = True
    return bool(found) and not found - _hashes()
