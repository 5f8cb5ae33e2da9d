"""Records of lines with tags: RIS, as Zotero, Mendeley, EndNote and publishers write it, EndNote's
own (`.enw`) and PubMed's (`.nbib`).

Read line by line: rispy gives no lines, drops a record that has no end, and cuts an address at its
first semicolon.
"""

import re
from collections import defaultdict

from digest.text.identity import arxiv_id

from .bibtex import START as BIBTEX
from .records import MARKUP, NAMED_ID, Format, ReferenceCollector, doi_url

START = r"(?:[A-Z][A-Z0-9] {2}-(?: |$)|TY[ \t]{0,3}-(?:[ \t]|$)|PMID ?- |%[0TA] (?=\S))"
"""Pattern of how a record begins, at the start of a line."""

_RIS = re.compile(r"\s*([A-Z][A-Z0-9])[ \t]{0,3}-(?:[ \t]+(.*)|$)|\s*(ER)\s*$")
_ENDNOTE = re.compile(r"\s*%([0-9A-Z!@#$^&*()+?<>~=\[\]])(?: (.*)|$)")
_PUBMED = re.compile(r"([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)")
_FORMATS = {"%": (Format.ENDNOTE, _ENDNOTE, "0"), "P": (Format.PUBMED, _PUBMED, "PMID")}
_LINK_IN_LIST = r"(?:[-*+]|\d{1,4}[.)]) \[[^\[\]]*\]\("
_OTHER_FORM = {
    format: re.compile(rf"[ \t]*(?:{BIBTEX}|{_LINK_IN_LIST}|{others})")
    for format, others in {
        Format.RIS: "PMID ?- |%[0T] ",
        Format.ENDNOTE: r"TY[ \t]{1,3}- |PMID ?- ",
        Format.PUBMED: r"TY[ \t]{1,3}- |%[0T] ",
    }.items()
}
_ADDRESS = re.compile(r";\s*(?=https?:)")
_CUT = 70
"""Characters after which citation.js cuts a value, within words too."""
_KIND_OF_ID = re.compile(r"\s*\[\w+\]$")


def read_records(text: str, start: int, line: int, draft: ReferenceCollector) -> int:
    """Read the record that begins at a position, in a line. Returns where it ends."""
    format, tagged, first = (Format.RIS, _RIS, "TY")
    sign = text[start : start + 4].lstrip()
    if sign[:1] == "%" or sign == "PMID":
        format, tagged, first = _FORMATS[sign[0]]
    draft.format = format
    lines: list[str] = []
    known = 0  # lines up to the last with a tag, and what follows it
    end_of_known = at = start
    is_blank = False
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        row = text[at:stop]
        match = tagged.match(row)
        tag = (match[1] or "ER") if match else ""
        if tag == first and lines:
            break
        if tag == "ER" and format is Format.RIS:
            known, end_of_known = len(lines), min(stop + 1, len(text))
            break
        if not match and is_blank and format is not Format.RIS:
            break
        if lines and _OTHER_FORM[format].match(row):
            break
        lines.append(row)
        at = stop + 1
        is_blank = not row.strip()
        if match or (not is_blank and known == len(lines) - 1):
            known, end_of_known = len(lines), min(at, len(text))
    _add(line, lines[:known], tagged, draft)
    return max(end_of_known, start + 1)


def _add(start: int, lines: list[str], tagged: re.Pattern[str], draft: ReferenceCollector) -> None:
    fields: defaultdict[str, list[list[str]]] = defaultdict(list)
    value: list[str] = []
    for line in lines:
        if match := tagged.match(line):
            value = [match[2] or ""]
            fields[match[1] or "ER"].append(value)
        else:
            value.append(line)
    longest = max(
        (len(line) for named in fields.values() for one in named for line in one), default=0
    )
    cut = _CUT if tagged is _RIS and longest == _CUT else 0

    def text(value: list[str]) -> str:
        return "".join(line if len(line) == cut else f"{line} " for line in value).strip()

    def values(*tags: str) -> list[str]:
        return [text(value) for tag in tags for value in fields.get(tag, ())]

    if tagged is _RIS:
        titles = values("TI", "T1", "CT", "BT", "ST")
        urls = values("UR", "L2", "LK", "L1")
        dois, numbers, notes = values("DO", "DI"), values("AN", "ID"), values("RN")
        texts = values("M1", "JO", "JF", "JA", "J2", "T2", "AN", "ID", "VL", "SP", "N1", "M3", "PB")
    elif tagged is _ENDNOTE:
        titles = values("T", "B", "!")
        urls = values("U", ">")
        dois, numbers, notes = values("R"), values("M", "L", "F"), values("<")
        texts = values("J", "B", "N", "V", "P", "Z", "M", "I", "0", "9", "@")
    else:
        named = [_KIND_OF_ID.sub("", one) for one in values("LID", "AID")]
        cited = [found[1] for one in values("SO") for found in NAMED_ID.finditer(one)]
        titles, urls, notes = values("TI", "BTI"), list[str](), list[str]()
        dois, numbers, texts = named, [*named, *cited], named
    draft.add(
        start,
        "\n".join(lines),
        title=MARKUP.sub("", next(filter(None, titles), "")),
        ids=[
            *(url for value in urls for url in _ADDRESS.split(value)),
            *map(doi_url, dois),
            *filter(arxiv_id, numbers),
        ],
        texts=texts,
        note="\n".join(notes),
    )
