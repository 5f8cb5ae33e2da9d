"""Where a text that formats must not change holds mathematics."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from digest.text.markup import atoms


class Formula(NamedTuple):
    """A formula in a text: as it was given, and its LaTeX without dollars."""

    given: str
    source: str

    @property
    def is_markup(self) -> bool:
        """Whether a page has elements for it; a degree is a sign."""
        return self.source != _DEGREE


_DELIMITED = re.compile(r"\$\$(.*)\$\$|\$(.*)\$|\\\((.*)\\\)|\\\[(.*)\\\]", re.S)
_ESCAPED = re.compile(r"\\[$%&#_*`]")
_DEGREE = r"^{\circ}"


def may_hold_formulas(text: str) -> bool:
    """Whether to look closer, which takes longer."""
    return "$" in text or "\\" in text or "^" in text or "_{" in text


def pieces(text: str) -> Iterator[str | Formula]:
    """A line cut into plain text and formulas, both as a page shows them: `\\$5` is a sum."""
    if not may_hold_formulas(text):
        yield text
        return
    at = 0
    for start, end, html in atoms(text, emphasis=False):
        given = text[start:end]
        if html.startswith("<math"):
            formula = Formula(given, _DELIMITED.sub(r"\1\2\3\4", given))
        elif html.startswith(("<sup>", "<sub>", "°")):
            formula = Formula(given, _script(given.strip("$")))
        elif _ESCAPED.fullmatch(given):
            yield text[at:start]
            at = start + 1
            continue
        else:
            continue
        yield text[at:start]
        yield formula
        at = end
    yield text[at:]


def _script(given: str) -> str:
    inner = given[1:].strip("{}")
    if inner.removeprefix("\\") == "circ":
        return _DEGREE
    inner = re.sub("[%#&]", r"\\\g<0>", inner)
    return f"{given[0]}{{{inner}}}"
