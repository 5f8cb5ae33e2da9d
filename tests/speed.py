"""Whether what is done takes time in proportion: two sizes are compared, never a clock."""

from collections.abc import Callable
from time import process_time
from typing import Any

SHORT = 0.05
"""Seconds below which nothing is measured: other things decide how long it takes."""


def in_proportion(work: Callable[[Any], object], quarter: Any, full: Any) -> bool:
    """Whether four times as much takes about four times as long, and not sixteen times.

    quarter, full: what is given to `work`. The quicker of two runs counts, where the first of the
    larger one does not do.
    """

    def seconds(given: Any) -> float:
        start = process_time()
        work(given)
        return max(process_time() - start, SHORT)

    small = min(seconds(quarter), seconds(quarter))
    return any(seconds(full) < 10 * small for _ in range(2))
