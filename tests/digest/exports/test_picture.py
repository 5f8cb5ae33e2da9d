"""The pictures of pages: whatever the text, and never a box in place of a character."""

from io import BytesIO

import pytest
from PIL import Image, ImageFont

from digest.exports.picture import HEIGHT, WIDTH, _drawable, _has, picture, plain
from digest.text.markup import title_html

SANS, SERIF = "DejaVuSans.ttf", "DejaVuSerif-Bold.ttf"


def drawn(title, lines=("Ada Lovelace", "6 February 2025"), fallback="arXiv:2502.00001"):
    data = picture(title, lines, fallback)
    image = Image.open(BytesIO(data))
    assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
    assert len(data) < 60_000
    return image.convert("RGB")


def ink(image, box):
    """Whether something is drawn in a part of a picture."""
    return len(image.crop(box).getcolors(1 << 20)) > 1


@pytest.mark.parametrize(
    "title",
    [
        *("", "A", "x" * 5000, "word " * 400, "W" * 60, "\x00\x1b[31m\n\t", "<b>&amp;", "🎉" * 50),
        *("大规模语言模型", "שלום עולם", "مرحبا", "\u202edlrow", "e\u0301" * 30, "\ud7ff\ufffe"),
    ],
)
def test_any_text_fits(title):
    image = drawn(title, [title, title])
    # The margins stay free.
    assert not ink(image, (WIDTH - 78, 0, WIDTH, HEIGHT))
    assert not ink(image, (25, 0, 78, HEIGHT))
    assert not ink(image, (25, HEIGHT - 40, WIDTH, HEIGHT))


@pytest.mark.parametrize("text", ["\ufb03" * 400, "x" * 400])
def test_a_long_word_is_not_measured_once_for_each_of_its_characters(text, monkeypatch):
    measured = []
    getlength = ImageFont.FreeTypeFont.getlength

    def counted(font, text):
        measured.append(len(text))
        return getlength(font, text)

    monkeypatch.setattr(ImageFont.FreeTypeFont, "getlength", counted)
    picture(text, [text] * 4, "")
    assert sum(measured) < 50_000


def test_the_same_text_is_the_same_picture():
    assert picture("A", ["B"], "C") == picture("A", ["B"], "C")
    assert picture("A", ["B"], "C") != picture("A", ["D"], "C")


def test_a_short_title_is_large_and_a_long_one_whole_as_far_as_there_is_room():
    short, long = drawn("Attention"), drawn("Attention is all you need, " * 6)
    row = (80, 136, WIDTH - 80, 230)
    assert ink(short, row)
    assert not ink(short, (80, 240, WIDTH - 80, 440))
    assert ink(long, (80, 390, WIDTH - 80, 430))


@pytest.mark.parametrize(
    "text",
    [
        *("Attention, is: all (you) need? “Yes” – no…", "Ångström Łódź Straße Nguyễn Văn", "Ελένη"),
        *("Владимир Ґудзь", "∇ ≤ ≈ → ∞ ∈ × ±"),
    ],
)
def test_latin_greek_cyrillic_and_signs_of_mathematics_are_there(text):
    assert [sign for sign in text if sign != " " and not _has(SERIF, sign)] == []
    assert [sign for sign in text if sign != " " and not _has(SANS, sign)] == []


def test_what_the_fonts_have_not_is_left_out_and_never_a_box():
    assert _drawable("Attention 🎉 is 中 all you need", SANS) == "Attention is all you need"
    assert _drawable("大规模语言模型 by LLM", SANS) == ""
    assert picture("大规模语言模型", [], "arXiv:1") == picture("arXiv:1", [], "")
    assert picture("A", ["李明"], "") == picture("A", [], "")


def test_formulas_are_text():
    assert plain(title_html(r"$\pi_0$ & <b> of $\mathcal{O}(n)$")) == "π0 & <b> of 𝒪\ufe00(n)"
    assert _drawable("𝒪\ufe00(n) in ℝ", SERIF) == "O(n) in R"
