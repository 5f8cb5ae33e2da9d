"""Pictures of 1200 by 630 pixels that other sites show beside a link to a page (Open Graph)."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1200, 630
_EDGE = 80
_PAPER, _INK, _SOFT, _ACCENT, _LINE = "#fdfcf9", "#1d1b17", "#5f584d", "#8c2f1b", "#e0d9cb"
_FONTS = Path(__file__).parent / "fonts"
_SERIF, _SANS = "DejaVuSerif-Bold.ttf", "DejaVuSans.ttf"
_READ = 400
"""Characters of a text that are looked at: no picture has room for more."""
_TAG = re.compile(r"<[^>]*>")


def picture(title: str, lines: Iterable[str], fallback: str) -> bytes:
    """A PNG with a title, as large as it fits, and lines below it, each cut where it ends.

    Characters that the fonts do not have are left out. fallback: the title in place of one that is
    mostly of these, such as one in Chinese.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 24, HEIGHT), fill=_ACCENT)
    site = _font(_SERIF, 36)
    draw.text((_EDGE, 56), "Paper Digest", font=site, fill=_ACCENT)
    sans = _font(_SANS, 32)
    texts = [_fitting(_drawable(line, _SANS), sans) for line in lines]
    texts = [text for text in texts if text]
    below = HEIGHT - 60 - 48 * len(texts)
    title = _drawable(title, _SERIF) or _drawable(fallback, _SERIF)
    for size in (72, 64, 56, 48, 40):
        font = _font(_SERIF, size)
        rows = _wrapped(title, font)
        if 136 + len(rows) * size * 1.25 <= below - 30:
            break
    else:
        rows = rows[: int((below - 30 - 136) // (size * 1.25))]
        rows[-1] = _fitting(rows[-1], font, more=True)
    for place, row in enumerate(rows):
        draw.text((_EDGE, 136 + place * size * 1.25), row, font=font, fill=_INK)
    draw.rectangle((_EDGE, below - 18, WIDTH - _EDGE, below - 17), fill=_LINE)
    for place, text in enumerate(texts):
        draw.text((_EDGE, below + 48 * place), text, font=sans, fill=_SOFT)
    file = BytesIO()
    image.quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    # One must not be used by two threads at once, and takes a millisecond to open.
    return ImageFont.truetype(_FONTS / name, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _has(name: str, sign: str) -> bool:
    """Whether a font has a character: it draws the same for all that it has not."""
    font = _font(name, 20)
    return bytes(font.getmask(sign)) != bytes(font.getmask("\uffff"))


def _drawable(text: str, name: str) -> str:
    """What a font has of a text, on one line; "" if it has too little of it."""
    # Some characters become many.
    text = " ".join(unicodedata.normalize("NFKC", text[:_READ])[:_READ].split())
    kept = "".join(
        sign for sign in text if sign == " " or (sign.isprintable() and _has(name, sign))
    )
    letters, left = sum(map(str.isalnum, text)), sum(map(str.isalnum, kept))
    return " ".join(kept.split()) if 5 * left >= 4 * letters else ""


def _fitting(text: str, font: ImageFont.FreeTypeFont, more: bool = False) -> str:
    """As much of a text as fits on a line. more: there is more after it."""
    room = WIDTH - 2 * _EDGE
    if not more and font.getlength(text) <= room:
        return text

    def cut(end: int) -> str:
        return f"{text[:end].rstrip()}…"

    ends = range(1, len(text) + 1)
    return cut(bisect_right(ends, False, key=lambda end: font.getlength(cut(end)) > room))


def _wrapped(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    rows = [""]
    for word in text.split():
        longer = f"{rows[-1]} {word}".strip()
        if font.getlength(longer) <= WIDTH - 2 * _EDGE:
            rows[-1] = longer
        else:
            rows.append(_fitting(word, font))
    return [row for row in rows if row] or [""]


def plain(html: str) -> str:
    """The text of a trusted title, formulas among it."""
    return unescape(_TAG.sub("", html))
