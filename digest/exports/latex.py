"""Plain text -> LaTeX that prints the same, and that BibTeX can carry.

Only what a digest's page shows as mathematics becomes mathematics, so that a sum of money stays
one, and no title can bring a command of its own into somebody's document.
"""

import re
import unicodedata
from functools import lru_cache

from .formulas import Formula, may_hold_formulas, pieces


def latex(text: str) -> str:
    """The text in LaTeX: signs and accents as commands, other scripts as they are, in UTF-8.

    Braces are balanced, as BibTeX counts them, and none is escaped.
    """
    if not may_hold_formulas(text):
        return _escaped(text)
    return "\n".join(_written(line) for line in text.split("\n"))


def latex_title(text: str) -> str:
    """A title in LaTeX, in which what bibliography styles must not put in lower case is in braces.

    That is mathematics, words that are more than capitalised: `{LLMs}`, `{3D}`, `{S*}`, and those
    with a capital that mathematics is part of: `{A}{$^2$}{Search}`.
    """
    parts: list[str | Formula] = [piece for piece in pieces(text) if piece]
    is_formula = [False, *(isinstance(piece, Formula) for piece in parts), False]
    return "".join(
        _formula(piece)
        if isinstance(piece, Formula)
        else _protected(piece, after=is_formula[place], before=is_formula[place + 2])
        for place, piece in enumerate(parts)
    )


def latex_name(text: str) -> str:
    """A name in LaTeX, in which Greek letters are letters, and no signs of mathematics."""
    if may_hold_formulas(text):
        return latex(text)
    return "".join(
        part if place % 2 else _escaped(part) for place, part in enumerate(_GREEK.split(text))
    )


def _written(text: str) -> str:
    return "".join(
        _formula(piece) if isinstance(piece, Formula) else _escaped(piece) for piece in pieces(text)
    )


def _formula(formula: Formula) -> str:
    return f"{{${_carried(formula.source)}$}}"


_SIGN_IN_FORMULA = re.compile(r"\\.|[^\x20-\x7e]|%", re.S)


def _carried(source: str) -> str:
    """A formula that prints the same, without escaped braces or a bare %."""
    return _SIGN_IN_FORMULA.sub(lambda sign: _IN_FORMULAS.get(sign[0], sign[0]), source)


# Signs


def _table(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


# Combining characters, by number: grave, acute, circumflex, tilde, macron, breve, dot above,
# diaeresis, ring, double acute, caron, dot below, cedilla, ogonek, macron below
ACCENTS = {
    chr(int(code, 16)): accent
    for code, accent in _table("""
        300 `  301 '  302 ^  303 ~  304 =  306 u  307 .  308 "  30A r  30B H  30C v  323 d  327 c
        328 k  331 b
    """).items()
}
COMMANDS = _table(r"""
    \ textbackslash  { textbraceleft  } textbraceright  < textless  > textgreater  | textbar
    ~ textasciitilde  ^ textasciicircum  ` textasciigrave  ° textdegree  • textbullet  … ldots
    ß ss  æ ae  Æ AE  œ oe  Œ OE  ø o  Ø O  ł l  Ł L  å aa  Å AA  ı i
""")
_PLAIN = {**_table("– --  — ---  ‘ {`}  ’ '  “ {``}  ” {''}"), "\xa0": "~"}
SYMBOLS = _table("""
    α alpha  β beta  γ gamma  δ delta  ε varepsilon  ζ zeta  η eta  θ theta  ι iota  κ kappa
    λ lambda  μ mu  µ mu  ν nu  ξ xi  π pi  ρ rho  σ sigma  ς varsigma  τ tau  υ upsilon  φ varphi
    χ chi  ψ psi  ω omega  Γ Gamma  Δ Delta  Θ Theta  Λ Lambda  Ξ Xi  Π Pi  Σ Sigma  Υ Upsilon
    Φ Phi  Ψ Psi  Ω Omega  × times  ± pm  · cdot  → rightarrow  ← leftarrow  ↔ leftrightarrow
    √ sqrt{}  ≤ leq  ≥ geq  ≈ approx  ≠ neq  ∞ infty  ∈ in  ⊕ oplus  ∇ nabla
""")
# No form of a Greek letter is read rightly by all: Zotero takes \theta, \iota, \omega and \Omega
# for \th, \i, \o and \O, and bibutils \varepsilon for \v, whatever stands around them; the
# letters themselves are read by all, but pdfLaTeX stops at them.
_IN_FORMULAS = {sign: f"\\{name} " for sign, name in SYMBOLS.items()}
# BibTeX counts a brace whatever stands before it.
_IN_FORMULAS |= {r"\{": r"\lbrace ", r"\}": r"\rbrace ", "%": r"\%", "−": "-"}
_AS_THEY_ARE = set("°•…œŒ×±·→←¹²³")
"""Signs that pdfLaTeX prints, and that are their own in every program: many read \\ldots as \\l and
dots, \\times as its name, or nothing at all."""
_IN_TEXT = {
    **{sign: f"\\{sign}" for sign in "$&#%_"},
    **{sign: f"{{\\{name}}}" for sign, name in COMMANDS.items() if sign not in _AS_THEY_ARE},
    **{sign: f"{{$\\{name}$}}" for sign, name in SYMBOLS.items() if sign not in _AS_THEY_ARE},
    **{sign: f"{{$^{digit}$}}" for digit, sign in zip("0456789", "⁰⁴⁵⁶⁷⁸⁹", strict=True)},
    **{sign: f"{{${sign}$}}" for sign in "<>|"},
    **_PLAIN,
    "−": "{$-$}",
    "@": "{@}",  # some readers of BibTeX see the start of an entry in any @
}
_GREEK = re.compile("([\u0370-\u03ff\u1f00-\u1fff]+)")
# Three Greek letters are a word, and no formula.
_TO_ESCAPE = re.compile("[\u0370-\u03ff\u1f00-\u1fff]{3,}|" r"[\\{}$&#%_~^<>|`@\x7f-\U0010ffff]")


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(_escape, text)


def _escape(sign: re.Match[str]) -> str:
    return sign[0] if len(sign[0]) > 1 else _in_text(sign[0])


@lru_cache(4096)
def _in_text(sign: str) -> str:
    if sign in _IN_TEXT:
        return _IN_TEXT[sign]
    parts = unicodedata.normalize("NFD", sign)
    if len(parts) != 2 or not parts[0].isascii() or parts[1] not in ACCENTS:
        return sign
    letter, accent = parts[0], ACCENTS[parts[1]]
    return f"{{\\{accent}{{{letter}}}}}" if accent.isalpha() else f"{{\\{accent}{letter}}}"


# Capitals

_WORD = re.compile(r"[^\s\-/:;,()\[\]\"]+", re.ASCII)


def _protected(text: str, after: bool, before: bool) -> str:
    """Plain text of a title. after, before: whether a formula touches it."""

    def protected(match: re.Match[str]) -> str:
        touches = (after and match.start() == 0) or (before and match.end() == len(text))
        return _word(match[0], touches)

    return _WORD.sub(protected, text)


def _word(word: str, touches: bool) -> str:
    if touches and any(map(str.isupper, word)):
        return f"{{{_escaped(word)}}}"
    if word[1:].islower() and word.isalpha() and word.isascii():
        return word
    return f"{{{_escaped(word)}}}" if _is_more_than_capitalised(word) else _escaped(word)


def _is_more_than_capitalised(word: str) -> bool:
    signs = [sign for sign in word if sign.isalnum()]
    capitals = sum(map(str.isupper, signs))
    return capitals > 1 or (
        capitals == 1
        and (
            not signs[0].isupper()
            or any(map(str.isdigit, signs))
            or (len(signs) == 1 and word.rstrip(".?!'’") != "A")
        )
    )
