"""When two names mean the same thing: arXiv ids, and the slugs of papers, authors, categories.

Every slug is a pure function of what it names, so that it never depends on which file was loaded
first, and two installations with the same digests have the same addresses.
"""

import re
import unicodedata
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from django.utils.text import slugify

from . import taxonomy
from .links import clean_url

_NEW_STYLE = r"\d\d(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD_STYLE = r"[a-z]+(?:-[a-z]+)?(?:\.[a-z]{2})?/\d\d(?:0[1-9]|1[0-2])\d{3}"
ARXIV_ID = rf"(?a:{_NEW_STYLE}|{_OLD_STYLE})"
"""Pattern of an arXiv id without its version, old style included; of ASCII alone, with `re.I` too,
which else takes the Kelvin sign for a k."""

_ARXIV_HOSTS = {"arxiv.org", "alphaxiv.org", "ar5iv.org", "ar5iv.labs.arxiv.org"}
_VERSIONED = re.compile(rf"({ARXIV_ID})(?:v\d+)?", re.I)
_ARXIV_PATH = re.compile(
    rf"/(?:abs|pdf|html|format|overview)/({ARXIV_ID})(?:v\d+)?(?:\.pdf)?", re.I
)
_HF_PATH = re.compile(rf"/papers/({ARXIV_ID})(?:v\d+)?", re.I)
_SUFFIX = re.compile(r"(?:^|-)[0-9a-f]{8}$")
_DOI = re.compile(rf"/?10\.48550/arxiv\.({ARXIV_ID})(?:v\d+)?", re.I)


def arxiv_id(text: str) -> str | None:
    """The arXiv id, without version, that a typed id or address names; None if it names none.

    Reads `2502.02737v2`, `arXiv:2502.02737`, `hep-th/9901001`, `10.48550/arXiv.2502.02737`, and the
    abs, pdf, html, DOI, alphaXiv, ar5iv and Hugging Face addresses of a paper. The subject class of
    an old id (`math.GT/0309136`) is dropped, as arXiv itself drops it.
    """
    text = text.strip()
    number = re.sub(r"^arxiv:\s*", "", text, flags=re.I)
    match = _VERSIONED.fullmatch(number) or _DOI.fullmatch(
        re.sub(r"^doi:\s*", "", text, flags=re.I)
    )
    if not match:
        url = clean_url(text)
        if url is None:
            return None
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("export.")
        path = unquote(parts.path).rstrip("/")
        if host in _ARXIV_HOSTS:
            match = _ARXIV_PATH.fullmatch(path)
        elif host in ("huggingface.co", "hf.co"):
            match = _HF_PATH.fullmatch(path)
        elif host in ("doi.org", "dx.doi.org"):
            match = _DOI.fullmatch(path)
    if not match:
        return None
    return re.sub(r"\.[a-z]{2}/", "/", match[1].lower())


def fold(text: str) -> str:
    """The text on one line, in NFC: white space folded and trimmed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def paper_slug(title: str, link: str) -> tuple[str, str | None]:
    """A paper's slug and its arXiv id, if it has one.

    A paper is its arXiv id (which is then the slug), else its address, else its folded title; the
    slugs of the latter two are readable and end in ten hexadecimal digits of what they stand for.
    """
    if number := arxiv_id(link):
        return number, number
    if url := clean_url(link):
        parts = urlsplit(url)
        place = parts.netloc.removeprefix("www.") + parts.path.rstrip("/")
        query = f"?{parts.query}" if parts.query else ""
        return _hashed(re.sub(r"[./:]", " ", unquote(place)), place + query), None
    folded = fold(title).casefold()
    return _hashed(folded, folded), None


def author_slug(name: str) -> str:
    """An author's slug, readable in any script.

    A name that its slug spells in full (`Xiang Yue`, `lvwerra`) has the plain slug; any other that
    would share it (`DiJia Su`, `J. Smith`) carries eight hexadecimal digits, so that no two names
    ever meet.
    """
    slug = slugify(name, allow_unicode=True)[:80]
    words = slug.split("-")
    plain = slug if len(words) == 1 else " ".join(word.capitalize() for word in words)
    return slug if slug and name == plain and not _SUFFIX.search(slug) else _hashed(name, name, 8)


def category_slug(name: str) -> str:
    """A category's slug: plain for the taxonomy's own, with eight hexadecimal digits for others."""
    return slugify(name) if name in taxonomy.AREA_OF else _hashed(name, name, 8)


def _hashed(readable: str, identity: str, digits: int = 10) -> str:
    slug = slugify(readable, allow_unicode=True)[:60].strip("-_")
    suffix = sha256(identity.encode()).hexdigest()[:digits]
    return f"{slug}-{suffix}" if slug else suffix
