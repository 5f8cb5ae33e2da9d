"""RIS, as Zotero, Mendeley, EndNote and publishers write it.

Read line by line: rispy gives no lines, drops a record that has no end, and cuts an address at its
first semicolon.
"""

import re
from collections import defaultdict

from digest.text.identity import arxiv_id

from .records import ReferenceCollector, doi_url

_TAG = re.compile(r"\s*([A-Z][A-Z0-9])  -(?: (.*)|$)")
_ADDRESS = re.compile(r";\s*(?=https?:)")
_MARKUP = re.compile(r"</?(?:i|b|em|sub|sup|sc|span)(?: [^<>]*)?>", re.I)


def read_ris(text: str, draft: ReferenceCollector) -> None:
    start = 0
    lines: list[str] = []
    outside = False
    for number, line in enumerate(text.split("\n"), start=1):
        match = _TAG.match(line)
        tag = match[1] if match else ""
        if tag == "TY":
            # The record before this one has no end, but all that it says stands there.
            _add(start, lines, draft)
            start, lines, outside = number, [line], False
        elif tag == "ER":
            _add(start, lines, draft)
            lines = []
        elif lines:
            lines.append(line)
        elif match and not outside:
            draft.problem(number, "outside of a record: no TY line begins one", line)
            outside = True
    _add(start, lines, draft)


def _add(start: int, lines: list[str], draft: ReferenceCollector) -> None:
    if not lines:
        return
    fields: defaultdict[str, list[list[str]]] = defaultdict(list)
    for line in lines:
        if match := _TAG.match(line):
            value = [match[2] or ""]
            fields[match[1]].append(value)
        else:
            value.append(line)

    def values(*tags: str) -> list[str]:
        return [" ".join(value).strip() for tag in tags for value in fields.get(tag, ())]

    addresses = [url for value in values("UR", "L2", "LK", "L1") for url in _ADDRESS.split(value)]
    draft.add(
        start,
        "\n".join(lines),
        title=_MARKUP.sub("", next(filter(None, values("TI", "T1", "CT", "BT")), "")),
        ids=[*addresses, *map(doi_url, values("DO")), *filter(arxiv_id, values("AN", "ID"))],
        texts=values("M1", "JO", "JF", "JA", "J2", "T2", "AN", "ID", "VL", "SP", "N1"),
        note="\n".join(values("RN")),
    )
