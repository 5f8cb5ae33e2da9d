"""BibTeX, as Zotero, Mendeley, JabRef, Google Scholar, arXiv, DBLP and ADS write it."""

import logging
import re

from bibtexparser.entrypoint import parse_string
from bibtexparser.exceptions import BlockAbortedException
from bibtexparser.model import Entry, ParsingFailedBlock

from .latex import plain
from .records import ReferenceCollector, doi_url

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
MIN_ABBREVIATED = 10_000
"""Characters that the abbreviations of a file may add to it; in a longer file, as many as it has.
Two characters may name one of megabytes."""


class _TooLong(Exception):
    """A value's abbreviations add more than the file may have of them."""


class _Abbreviations:
    """The strings of a file, and how many characters they may still add to it."""

    def __init__(self, strings: dict[str, str], left: int) -> None:
        self.strings = strings
        self.left = left

    def value(self, text: str) -> str:
        """What a field says, its parts joined and its abbreviations told; raises _TooLong."""
        if text.startswith("{") or (text.startswith('"') and '"' not in text[1:-1]):
            return _unwrapped(text)
        return "".join(map(self._part, _PART.split(text)))

    def _part(self, part: str) -> str:
        if not (replacement := self.strings.get(part.strip().lower())):
            return _unwrapped(part)
        if len(replacement) > self.left:
            raise _TooLong
        self.left -= len(replacement)
        return replacement


def read_bibtex(text: str, draft: ReferenceCollector) -> None:
    if text.count("@") > MAX_ENTRIES or text.count("=") > MAX_FIELDS:
        reason = f"more than {MAX_ENTRIES:,} entries or {MAX_FIELDS:,} fields: the file is not read"
        return draft.problem(1, reason, text)
    if sum(map(text.count, '{}",\n')) > MAX_MARKS:
        reason = f"more than {MAX_MARKS:,} braces, quotes, commas and lines: the file is not read"
        return draft.problem(1, reason, text)
    library = parse_string(text, parse_stack=[])
    strings = {key.lower(): _unwrapped(s.value) for key, s in library.strings_dict.items()}
    abbreviations = _Abbreviations(strings, max(MIN_ABBREVIATED, len(text)))
    for block in library.blocks:
        # Two entries with one key are two; of two fields with one name the first counts.
        inner = block.ignore_error_block if isinstance(block, ParsingFailedBlock) else block
        if isinstance(inner, Entry):
            try:
                _add(inner, abbreviations, draft)
            except _TooLong:
                draft.problem(_line(inner), "its abbreviations are too long", inner.raw or "")
        elif isinstance(block, ParsingFailedBlock) and isinstance(
            block.error, BlockAbortedException
        ):
            reason = block.error.abort_reason.strip().rstrip(".")
            draft.problem(_line(block), f"not BibTeX: {reason}", block.raw or "")
    return None


def _add(entry: Entry, abbreviations: _Abbreviations, draft: ReferenceCollector) -> None:
    fields: dict[str, str] = {}
    for field in entry.fields:
        fields.setdefault(field.key.lower(), abbreviations.value(str(field.value)))

    def values(*names: str) -> list[str]:
        return [
            _ESCAPED.sub(r"\1", fields[name]).strip("{} \n") for name in names if name in fields
        ]

    archive = "".join(values("archiveprefix", "eprinttype")[:1]).lower()
    eprints = (
        values("eprint", "arxivid", "arxiv") if archive in ("", "arxiv") else values("arxivid")
    )
    # Old ids may stand without their archive: "0309136" in "math.GT".
    old = [
        f"{area.partition('.')[0]}/{eprint}"
        for area in values("primaryclass", "eprintclass")
        for eprint in eprints
    ]
    texts = values("journal", "journaltitle", "number", "volume", "pages", "eid", "note", "series")
    urls = values("url", "link", "ee")
    named = values("url", "howpublished", "note")
    linked = [url for text in named for url in _URL.findall(text)]
    draft.add(
        _line(entry),
        entry.raw or "",
        title=plain(fields.get("title", "")),
        ids=[*eprints, *old, *urls, *map(doi_url, values("doi")), *linked],
        texts=[*texts, *values("howpublished"), entry.key],
        note=plain("\n".join(fields[name] for name in ("annote", "annotation") if name in fields)),
    )


def _line(block: Entry | ParsingFailedBlock) -> int:
    return (block.start_line or 0) + 1


def _unwrapped(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] + text[-1] in ("{}", '""') else text
