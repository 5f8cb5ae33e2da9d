"""Many values, a few at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_Value = TypeVar("_Value")

SIZE = 500
"""Below what one statement may name in any database, and few enough rows to hold in memory."""


def batches(values: Iterable[_Value], size: int = SIZE) -> Iterator[list[_Value]]:
    """The values in their order, so many at a time; the last may be fewer."""
    values = iter(values)
    while some := list(islice(values, size)):
        yield some
