"""Texts as papers show them: in NFC, and without control and other invisible characters."""

import re
import unicodedata

from .identity import fold

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)


def line(text: str) -> str:
    """The text on one line."""
    return fold(_INVISIBLE.sub("", text))


def block(text: str) -> str:
    """The text with its line breaks and indents."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).strip()
