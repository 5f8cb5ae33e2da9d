"""Whether what is done takes time in proportion: two sizes are compared, never a clock."""

from collections.abc import Callable
from time import process_time
from typing import Any

SHORT = 0.05
"""Seconds below which nothing is measured: other things decide how long it takes."""


def in_proportion(work: Callable[[Any], object], quarter: Any, full: Any) -> bool:
    """Whether four times as much takes about four times as long, and not sixteen times.

    quarter, full: what is given to `work`. The smaller one is not tried where the larger one takes
    a moment alone; otherwise the quicker of two runs of each counts.
    """

    def seconds(given: Any) -> float:
        start = process_time()
        work(given)
        return max(process_time() - start, SHORT)

    large = seconds(full)
    if large < 10 * SHORT:
        return True
    small = min(seconds(quarter), seconds(quarter))
    return min(large, seconds(full)) < 10 * small
