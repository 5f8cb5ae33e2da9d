"""BibTeX, as Zotero, Mendeley, JabRef, Google Scholar, arXiv, DBLP and ADS write it."""

import logging
import re

from bibtexparser.entrypoint import parse_string
from bibtexparser.exceptions import BlockAbortedException
from bibtexparser.model import Entry, ParsingFailedBlock

from .latex import plain
from .records import Draft, doi_url

# It logs each broken entry of what is somebody's own file.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)

# The space before it is the part's: to look for it first takes quadratic time.
_PART = re.compile(r'#\s*+(?=["{\w])')
_ESCAPED = re.compile(r"\\([_%&#~$])")
_URL = re.compile(r"https?://[^\s{}<>\"]+")


MAX_ENTRIES = 20_000
"""Signs that begin an entry: a broken one takes the parser as long as ten good ones."""
MAX_FIELDS = 300_000
"""Signs of equality."""
MAX_MARKS = 3_000_000
"""Braces, quotes, commas and ends of lines: the parser takes about a second for a million."""
MAX_ABBREVIATED = 10_000_000
"""Characters that the abbreviations of a file stand for wherever they are used."""


def read_bibtex(text: str, draft: Draft) -> None:
    if text.count("@") > MAX_ENTRIES or text.count("=") > MAX_FIELDS:
        reason = f"more than {MAX_ENTRIES:,} entries or {MAX_FIELDS:,} fields: the file is not read"
        return draft.problem(1, reason, text)
    if sum(map(text.count, '{}",\n')) > MAX_MARKS:
        reason = f"more than {MAX_MARKS:,} braces, quotes, commas and lines: the file is not read"
        return draft.problem(1, reason, text)
    library = parse_string(text, parse_stack=[])
    strings = {key.lower(): _unwrapped(s.value) for key, s in library.strings_dict.items()}
    used = 0
    for block in library.blocks:
        # Two entries with one key are two; of two fields with one name the first counts.
        inner = block.ignore_error_block if isinstance(block, ParsingFailedBlock) else block
        if isinstance(inner, Entry):
            used += sum(_abbreviated(str(field.value), strings) for field in inner.fields)
            if used > MAX_ABBREVIATED:
                reason = f"abbreviations for more than {MAX_ABBREVIATED:,} characters:"
                return draft.problem(
                    _line(inner), f"{reason} the rest is not read", block.raw or ""
                )
            _add(inner, strings, draft)
        elif isinstance(block, ParsingFailedBlock) and isinstance(
            block.error, BlockAbortedException
        ):
            reason = block.error.abort_reason.strip().rstrip(".")
            draft.problem(_line(block), f"not BibTeX: {reason}", block.raw or "")
    return None


def _add(entry: Entry, strings: dict[str, str], draft: Draft) -> None:
    fields: dict[str, str] = {}
    for field in entry.fields:
        fields.setdefault(field.key.lower(), _value(str(field.value), strings))

    def given(*names: str) -> list[str]:
        return [
            _ESCAPED.sub(r"\1", fields[name]).strip("{} \n") for name in names if name in fields
        ]

    archive = "".join(given("archiveprefix", "eprinttype")[:1]).lower()
    eprints = given("eprint", "arxivid", "arxiv") if archive in ("", "arxiv") else given("arxivid")
    # Old ids may stand without their archive: "0309136" in "math.GT".
    old = [
        f"{area.partition('.')[0]}/{eprint}"
        for area in given("primaryclass", "eprintclass")
        for eprint in eprints
    ]
    texts = given("journal", "journaltitle", "number", "volume", "pages", "eid", "note", "series")
    urls = given("url", "link", "ee")
    named = given("url", "howpublished", "note")
    linked = [url for text in named for url in _URL.findall(text)]
    draft.add(
        _line(entry),
        entry.raw or "",
        title=plain(fields.get("title", "")),
        ids=[*eprints, *old, *urls, *map(doi_url, given("doi")), *linked],
        texts=[*texts, *given("howpublished"), entry.key],
        note=plain("\n".join(fields[name] for name in ("annote", "annotation") if name in fields)),
    )


def _line(block: Entry | ParsingFailedBlock) -> int:
    return (block.start_line or 0) + 1


def _abbreviated(given: str, strings: dict[str, str]) -> int:
    """How many characters the abbreviations in a field stand for."""
    if not strings or given.startswith("{"):
        return 0
    return sum(len(strings.get(part.strip().lower(), "")) for part in _PART.split(given))


def _value(given: str, strings: dict[str, str]) -> str:
    """What a field says, its parts joined and its abbreviations told."""
    if given.startswith("{") or (given.startswith('"') and '"' not in given[1:-1]):
        return _unwrapped(given)
    return "".join(
        strings.get(part.strip().lower()) or _unwrapped(part) for part in _PART.split(given)
    )


def _unwrapped(given: str) -> str:
    given = given.strip()
    return given[1:-1] if len(given) > 1 and given[0] + given[-1] in ("{}", '""') else given
