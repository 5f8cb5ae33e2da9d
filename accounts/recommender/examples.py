"""What is learned from: papers that a person kept and refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

MOST_KEPT, MOST_REFUSED, MOST_SEEN = 400, 400, 400
"""Papers that are learned from, at most: the last ones."""


class Example(NamedTuple):
    """A paper that a person kept or refused. importance: how much it counts, 1 for a bookmark."""

    paper: int
    importance: float
    added_at: datetime


class Examples(NamedTuple):
    """kept, refused: those that the person said so of, the first one first. wanted: papers that
    follow from what they said, such as those of an author; seen: papers of digests that they read
    and kept nothing of. Both have no time."""

    kept: Sequence[Example]
    refused: Sequence[Example]
    wanted: Sequence[int] = ()
    seen: Sequence[int] = ()
