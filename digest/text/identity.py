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
_ARCHIVES = (
    *("acc-phys", "adap-org", "alg-geom", "ao-sci", "astro-ph", "atom-ph", "bayes-an", "chao-dyn"),
    *("chem-ph", "cmp-lg", "comp-gas", "cond-mat", "cs", "dg-ga", "funct-an", "gr-qc", "hep-ex"),
    *("hep-lat", "hep-ph", "hep-th", "math-ph", "math", "mtrl-th", "nlin", "nucl-ex", "nucl-th"),
    *("patt-sol", "physics", "plasm-ph", "q-alg", "q-bio", "quant-ph", "solv-int", "supr-con"),
)
"""All archives that ids of the old style name; arXiv has given none since 2007."""
_OLD_STYLE = rf"(?:{'|'.join(_ARCHIVES)})(?:\.[a-z]+(?:-[a-z]+)*)?/\d\d(?:0[1-9]|1[0-2])\d{{3}}"
ARXIV_ID = rf"(?a:{_NEW_STYLE}|{_OLD_STYLE})"
"""Pattern of an arXiv id without its version, old style included; of ASCII alone, with `re.I` too,
which else takes the Kelvin sign for a k."""

_NUMBER = rf"({ARXIV_ID})(?:v\d+)?(?:\.pdf)?"
_ARXIV_PREFIX = r"(?:oai:)?arxiv(?:\.org)?(?:\s*[:.-]\s*|\s+)"
_PREFIX = rf"(?:(?:(?:arxiv\s+)?(?:e-?print|preprint)\s+)?{_ARXIV_PREFIX}|(?:corr[,\s]\s*)?abs/)"
_SUBJECT = r"\s*\[[a-z-]+(?:\.[a-z-]+)?\]"
_YEAR = r"(?:\s+\d{1,2}\s+[a-z]{3}\s+\d{4}|,?\s+\(?\d{4}\)?)"
CITED_ARXIV_ID = (
    rf"(?:\[{_NUMBER}\]|(?<![\w./:-])(?:{_PREFIX})?{_NUMBER}(?![\w/]|\.\d)(?:{_SUBJECT})?)"
)
"""Pattern of an id as a text cites it, with what stands around it: `[2502.02737]`,
`arXiv:2502.02737v1 [cs.CL]`, `CoRR abs/2502.02737`. It is for `re.I`; one of its groups has the id.
"""
_CITED = re.compile(rf"{CITED_ARXIV_ID}{_YEAR}?", re.I)
_DOI = re.compile(rf"(?:doi:\s*|/)?10\.48550/arxiv\.({ARXIV_ID})(?:v\d+)?", re.I)
_AROUND = ".,;:()[]{}<>\"'"
"""What a sentence puts around an address or an id that is no part of it."""

# Where the sites that show papers of arXiv have the id: a pattern of the address after the host.
_LANGUAGE = r"(?:/[a-z]{2}(?:-[a-z]{2})?)?"
_OF_ARXIV = (
    rf"{_LANGUAGE}/+(?:abs|pdf|ps|e-print|src|html|format|overview|paper)/+(?:arxiv:)?{_NUMBER}"
)
_PLACES = {
    "arxiv.org": _OF_ARXIV,
    "xxx.lanl.gov": _OF_ARXIV,
    "ar5iv.org": _OF_ARXIV,
    "alphaxiv.org": _OF_ARXIV,
    "huggingface.co": rf"/papers/{_NUMBER}",
    "hf.co": rf"/papers/{_NUMBER}",
    "doi.org": _DOI.pattern,
    "dx.doi.org": _DOI.pattern,
    "semanticscholar.org": rf"(?:/graph/v1)?/(?:arxiv/|(?:paper/)?arxiv:){_NUMBER}",
    "papers.cool": rf"/arxiv/{_NUMBER}",
    "catalyzex.com": rf"/paper/arxiv:{_NUMBER}",
    "arxiv.paperswithcode.com": rf"/paper/{_NUMBER}",
    "deepwiki.com": rf"/arxiv/{_NUMBER}",
    "arxiv-sanity-lite.com": rf"/*\?(?:.*&)?pid={_NUMBER}(?:&.*)?",
}
_PATHS = {host: re.compile(rf"{place}/*(?:[?#].*)?", re.I) for host, place in _PLACES.items()}
_BIBCODE = re.compile(r"(?a:/abs/\d{4}arxiv(\d{4})\.?(\d{4,5})[a-z](?:/.*)?)", re.I)
_NESTED = {
    "scholar.google.com": re.compile(r"/scholar_url\?(?:.*&)?url=(https?:[^&]+).*"),
    "web.archive.org": re.compile(r"/web/\w+/(https?:.+)"),
}
"""Sites whose addresses have another address in them."""
_SUFFIX = re.compile(r"(?:^|-)[0-9a-f]{8}$")


def arxiv_id(text: str) -> str | None:
    """The arXiv id, without version, that a typed id or address names; None if it names none.

    Reads `2502.02737v2`, `hep-th/9901001`, an id as it is cited (`arXiv:2502.02737 [cs.CL]`,
    `CoRR, abs/2502.02737`, `10.48550/arXiv.2502.02737`), and the addresses of a paper at arXiv and
    its mirrors, and at the sites that show its papers. The subject class of an old id
    (`math.GT/0309136`) is dropped, as arXiv itself drops it.
    """
    text = text.strip()
    match = _CITED.fullmatch(text) or _DOI.fullmatch(text)
    if not match:
        text = text.strip(_AROUND)
        match = _CITED.fullmatch(text) or _DOI.fullmatch(text)
    number = next(filter(None, match.groups())) if match else _in_address(text)
    return re.sub(r"\.[a-z-]+/", "/", number.lower()) if number else None


def _in_address(text: str) -> str | None:
    """The id, as it is written, that an address has."""
    # Between an address and its id, a line may have been broken.
    url = clean_url(re.sub(r"(?<=/)\s+(?=\S+$)", "", text))
    if url is None:
        return None
    parts = urlsplit(url)
    host = parts.hostname or ""
    place = unquote(url.partition(parts.netloc)[2])
    if host.endswith("adsabs.harvard.edu"):
        match = _BIBCODE.fullmatch(place)
        return f"{match[1]}.{match[2]}" if match else None
    if (nested := _NESTED.get(host)) and (match := nested.fullmatch(place)):
        return arxiv_id(match[1])
    while host not in _PATHS and "." in host:
        host = host.partition(".")[2]
    if host not in _PATHS:
        return None
    match = _PATHS[host].fullmatch(place)
    return next(filter(None, match.groups())) if match else None


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


OTHER = "#"
"""In place of a letter, for names that begin with none of the Latin alphabet's."""

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"})


def sort_key(name: str) -> str:
    """What a name is sorted by: its letters without accents and capitals, so that Álvaro is among
    the A's. Of at most 200 characters."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return plain.translate(_LETTERS).lstrip("\"'’‘“.-_( ")[:200]


def letter(name: str) -> str:
    """The letter among whose names a name is, a to z, or OTHER."""
    first = sort_key(name)[:1]
    return first if "a" <= first <= "z" else OTHER


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
    if name not in taxonomy.AREA_OF:
        return _hashed(name, name, 8)
    return slugify(taxonomy.short_name(name).replace(".", "-"))


def _hashed(readable: str, identity: str, digits: int = 10) -> str:
    slug = slugify(readable, allow_unicode=True)[:60].strip("-_")
    suffix = sha256(identity.encode()).hexdigest()[:digits]
    return f"{slug}-{suffix}" if slug else suffix
