"""BibTeX, as Zotero, Mendeley, JabRef, Google Scholar, arXiv, DBLP and ADS write it, and people.

Read by our own parser, which forgives what people's programs forgive: an entry without a key, a
comma that is missing or there twice, a comment, a field without a value, a brace that is never
closed. A value ends where the next field begins, so that no field is lost in another.
"""

import re
from array import array
from collections.abc import Iterator

from digest.text.identity import arxiv_id

from .latex import plain
from .records import NAMED_ID, ReferenceCollector, doi_url

START = r"@[ \t]*[A-Za-z]\w*[ \t\n]*(?:\{|\((?=[^\n(){}]{0,200}[,=\n]))"
"""Pattern of how an entry begins."""

MIN_ABBREVIATED = 10_000
"""Characters that the abbreviations of a file may add to it; in a longer file, as many as it has.
Two characters may name one of megabytes."""
_MAX_QUOTED = 100_000

_TYPE = re.compile(r"@[ \t]*([A-Za-z]\w*)[ \t\n]*[{(]")
_ENTRY_AT_LINE = re.compile(rf"(?<=\n)[ \t>]*+{START}")
_KEY = re.compile(r"(?:\s++|%[^\n]*+\n)*+([^\n,={}\"%]*+)(=?)")
_BETWEEN = re.compile(r"(?:[\s,]++|%[^\n]*+(?:\n|\Z))*+")
_NAME = re.compile(r"([A-Za-z][\w:.+/-]*+)(\s*+=\s*+)?")
_NEW_AT_LINE = re.compile(
    r"\n[ \t]*+(?:[A-Za-z][\w-]*+[ \t]*+=[ \t]*+(?=[{\"\w])|@\w++\{[^\s,{}]*+,\s*+\w++\s*+=)"
)
"""The next field or entry, at the start of a line."""
_WORD = re.compile(r"[^\s,{}\"#=@]++")
_JOIN = re.compile(r"\s*+#\s*+")
_QUOTE_OR_BRACE = re.compile(r'["{}]')
_BRACE = re.compile(r"[{}]")
_LAST_WORD = re.compile(r"[\w:.+/-]+\s*\Z")
_EQUALS = re.compile(r"\s*+=")
_NO_VALUE = re.compile(r"\s*+(?:[,})]|\Z)")
_JUNK = re.compile(r"[^\n,}]*+[\n,]?")
_ESCAPED = re.compile(r"\\([_%&#~$])")
_URL = re.compile(r"https?://[^\s{}<>\"\\]+")


class _TooLong(Exception):
    """A value's abbreviations add more than the file may have of them."""


class BibtexReader:
    """Reads the entries of a text, each from where it begins; their abbreviations hold for all."""

    def __init__(self, text: str, draft: ReferenceCollector) -> None:
        self.text, self.draft = text, draft
        self._strings: dict[str, str] = {}
        self._left = max(MIN_ABBREVIATED, len(text))
        self._closing = _closing_braces(text)
        self._starts = array("i", (found.start() for found in _ENTRY_AT_LINE.finditer(text)))
        self._next = 0  # of these

    def read(self, start: int, line: int) -> int:
        """Read what begins at a position, whose line is given. Returns where it ends."""
        match = _TYPE.match(self.text, start)
        assert match
        kind, opening = match[1].lower(), match.end() - 1
        if kind in ("comment", "preamble"):
            end = self._closing[opening]
            if self.text[opening] == "{" and self._limit(start, opening)[1]:
                return end + 1
            rest = self.text.find("\n", opening)
            return rest if rest >= 0 else len(self.text)
        entry = _Entry(self, opening, *self._limit(start, opening))
        try:
            fields = dict[str, str]()
            for name, value in entry.fields(with_key=kind != "string"):
                if kind == "string":
                    self._strings[name.lower()] = value
                fields.setdefault(name.lower(), value)
        except _TooLong:
            raw = self.text[start : entry.limit]
            self.draft.problem(line, "its abbreviations are too long", raw)
            return entry.limit
        if kind != "string":
            self._add(line, self.text[start : entry.end], entry, fields)
        return entry.end

    def _limit(self, start: int, opening: int) -> tuple[int, bool]:
        """Where the entry that begins at a position has ended at the latest, and whether it surely
        is closed there."""
        starts, closing = self._starts, self._closing[opening]
        while self._next < len(starts) and starts[self._next] <= start:
            self._next += 1
        following = starts[self._next] if self._next < len(starts) else len(self.text)
        if closing and self.text[opening] == "{":
            # What looks like the next entry may stand in a value of this one.
            return closing + 1, closing < following
        return following, False

    def abbreviation(self, word: str) -> str:
        """The value of a bare word: itself, unless a @string defines it. Raises _TooLong."""
        if not (replacement := self._strings.get(word.lower())):
            return word
        if len(replacement) > self._left:
            raise _TooLong
        self._left -= len(replacement)
        return replacement

    def closing(self, opening: int) -> int:
        """Where the brace that opens at a position is closed; 0 if it never is."""
        return self._closing[opening]

    def _add(self, line: int, raw: str, entry: "_Entry", fields: dict[str, str]) -> None:
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
        texts = values(
            *("journal", "journaltitle", "number", "volume", "pages", "eid", "note", "series"),
            "howpublished",
        )
        urls = values("url", "link", "ee")
        named = values("url", "howpublished", "note")
        linked = [url for text in named for url in _URL.findall(text)]
        ids = [*eprints, *old, *urls, *map(doi_url, values("doi")), *linked]
        title = plain(fields.get("title", ""))
        if entry.fault:
            self.draft.problem(line, entry.fault, raw)
            # What no field has may stand where the entry is broken.
            ids += [found[1] for found in NAMED_ID.finditer(raw)][: not any(map(arxiv_id, ids))]
            ids += _URL.findall(raw)[:1]
            if not (title or any(ids)):
                return
        self.draft.add(
            line,
            raw,
            title=title,
            ids=ids,
            texts=[*texts, entry.key],
            note=plain("\n".join(fields[n] for n in ("annote", "annotation") if n in fields)),
        )


class _Entry:
    """An entry that is being read. limit: where it has ended at the latest. is_closed: whether it
    surely ends there. end: up to where it is read.

    fault: what is wrong with it, if something of it may be lost, or "".
    """

    def __init__(self, reader: BibtexReader, opening: int, limit: int, is_closed: bool) -> None:
        self.reader, self.text = reader, reader.text
        self.limit, self.is_closed = limit, is_closed
        self.mark = "}" if self.text[opening] == "{" else ")"
        self.key = self.fault = ""
        self.end = opening + 1

    def fields(self, *, with_key: bool) -> Iterator[tuple[str, str]]:
        """Each name and its value, parts joined and abbreviations replaced. Raises _TooLong."""
        if with_key and (key := _KEY.match(self.text, self.end, self.limit)):
            self.key, self.end = key[1].strip(), key.end()
            if key[2]:  # what stands there is the first field's name, after a key or none
                name = _LAST_WORD.search(key[1])
                self.end = key.start(1) + (name.start() if name else 0)
                self.key = key[1][: name.start() if name else 0].strip()
        while True:
            match = _BETWEEN.match(self.text, self.end)
            at = self.end = match.end() if match else self.end
            if at >= self.limit:
                self.end = self.limit
                self.fault = self.fault or "the entry has no end"
                return
            if self.text[at] == self.mark:
                self.end = at + 1
                return
            name = _NAME.match(self.text, at)
            if name and name[2]:
                self.end = name.end()
                yield name[1], self._value()
            elif name and _NO_VALUE.match(self.text, name.end()):
                self.end = name.end()
            elif self.text[at] == "@" and _TYPE.match(self.text, at):
                self.fault = self.fault or "the entry has no end"
                return
            else:
                self._pass_over(at)

    def _pass_over(self, at: int) -> None:
        """Skip what is no field, and report it unless it is a stray brace."""
        closing = self.reader.closing(at) if self.text[at] == "{" else 0
        junk = _JUNK.match(self.text, at, self.limit)
        end = closing + 1 if 0 < closing < self.limit else junk.end() if junk else at
        self.end = max(end, at + 1)
        if self.text[at : self.end].strip("} \n"):
            self.fault = self.fault or "a part of the entry is no field"

    def _value(self) -> str:
        parts = []
        while True:
            parts.append(self._part())
            if not (join := _JOIN.match(self.text, self.end)) or join.end() >= self.limit:
                return "".join(parts)
            self.end = join.end()

    def _part(self) -> str:
        at = self.end
        sign = self.text[at : at + 1]
        if at >= self.limit:
            return ""
        if sign == "{":
            return self._until(at + 1, self.reader.closing(at))
        if sign == '"':
            return self._until(at + 1, self._quote(at + 1))
        word = _WORD.match(self.text, at, self.limit)
        if not word or _EQUALS.match(self.text, word.end()):
            return ""  # no value: what follows is the next field
        self.end = word.end()
        return self.reader.abbreviation(word[0])

    def _until(self, start: int, close: int) -> str:
        """The text up to where it is closed, or, if it is not, up to the next field or entry."""
        if 0 < close < self.limit:
            # Where a brace is missing, a later one closes the value, and fields would be lost.
            is_sure = self.is_closed and self.text[close] == "}"
            cut = None if is_sure else _NEW_AT_LINE.search(self.text, start, close + 1)
            if not cut:
                self.end = close + 1
                return self.text[start:close]
        else:
            cut = _NEW_AT_LINE.search(self.text, start, self.limit)
        self.fault = self.fault or "a value has no end"
        self.end = cut.start() if cut else self.limit
        return self.text[start : self.end].rstrip().rstrip(",").rstrip("}")

    def _quote(self, at: int) -> int:
        """Where a text in quotation marks is closed; 0 if it never is."""
        limit = min(self.limit, at + _MAX_QUOTED)
        while match := _QUOTE_OR_BRACE.search(self.text, at, limit):
            if match[0] == '"':
                return match.start()
            closing = self.reader.closing(match.start()) if match[0] == "{" else 0
            if not closing:
                return 0
            at = closing + 1
        return 0


def _closing_braces(text: str) -> "array[int]":
    """For each position of an opening brace that of the one that closes it; else 0.

    BibTeX counts a brace whatever stands before it.
    """
    closing = array("i", bytes(4 * (len(text) + 1)))
    opened = array("i")
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            closing[opened.pop()] = match.start()
    return closing
