"""The ledger of a source: each row of its file as it stands there, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from digest.formats import Record, RowProblem, raw_rows
from digest.formats.records import ROW_LEFT_OUT
from digest.models import Entry, Source, Verdict


@dataclass(frozen=True)
class LedgerRow:
    """A row of a file.

    line: at which it starts. entry: what it says, with its paper; None if it was rejected. raw: its
    text in the file; "" if today's reader finds none. reason: why it was rejected. remarks: other
    problems of it.
    """

    line: int
    verdict: Verdict
    raw: str
    entry: Entry | None = None
    reason: str = ""
    remarks: tuple[RowProblem, ...] = ()


class Ledger:
    """The rows of a source in the order of its file; a slice of them takes three queries."""

    def __init__(self, source: Source, verdict: str = "") -> None:
        """verdict: of the rows that are wanted; all, if empty."""
        self.source = source
        self.verdict = verdict
        problems = [RowProblem(**problem) for problem in source.problems]
        self.rejected = [one for one in problems if one.action == ROW_LEFT_OUT]
        self.remarks = [one for one in problems if one.action != ROW_LEFT_OUT]
        """Problems of the file, or of rows that were read nevertheless."""

    @cached_property
    def _places(self) -> list[tuple[int, bool, int]]:
        """For each row its line, whether it was rejected, and the key of its entry, or its place
        among those that were."""
        places: list[tuple[int, bool, int]] = []
        if self.verdict != Verdict.REJECTED:
            entries = self.source.entries.order_by("line", "position")
            if self.verdict:
                entries = entries.filter(verdict=self.verdict)
            places += ((line, False, pk) for line, pk in entries.values_list("line", "pk"))
        if self.verdict in ("", Verdict.REJECTED):
            places += ((problem.line, True, n) for n, problem in enumerate(self.rejected))
            places.sort(key=itemgetter(0, 1))
        return places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, wanted: slice) -> list[LedgerRow]:
        places = self._places[wanted]
        entries = (
            Entry.objects.select_related("paper", "digest")
            .defer("paper__summary", "paper__points", "paper__title_html")
            .in_bulk([key for _, rejected, key in places if not rejected])
        )
        texts = _Texts(self.source, {line for line, _, _ in places})
        return [
            self._rejected(key, texts) if rejected else self._read(entries[key], texts)
            for _, rejected, key in places
        ]

    def _read(self, entry: Entry, texts: _Texts) -> LedgerRow:
        statement = (entry.digest.date, Record.from_dict(entry.record))
        raw, alone = texts.of(entry.line, statement)
        # On a line with others, nobody can say whose a remark is.
        last = entry.line + raw.count("\n") if alone else 0
        remarks = tuple(one for one in self.remarks if entry.line <= one.line <= last)
        return LedgerRow(entry.line, Verdict(entry.verdict), raw, entry, remarks=remarks)

    def _rejected(self, place: int, texts: _Texts) -> LedgerRow:
        problem = self.rejected[place]
        raw, _ = texts.of(problem.line, problem.reason, self.rejected[:place].count(problem))
        return LedgerRow(problem.line, Verdict.REJECTED, raw, reason=problem.reason)


class _Texts:
    """The texts of the rows that start at some lines of a source's file."""

    def __init__(self, source: Source, lines: Collection[int]) -> None:
        self.at: dict[int, list[tuple[str, Any]]] = {}
        last = max(lines, default=0)
        rows = raw_rows(bytes(source.content), source.date) if lines else iter(())
        for line, some in groupby(rows, itemgetter(0)):
            if line > last:
                break
            if line in lines:
                self.at[line] = [(text, content) for _, text, content in some]

    def of(self, line: int, content: Any, place: int = 0) -> tuple[str, bool]:
        """A row's text, and whether it is the only one that starts at its line.

        content: what the row states, or why it was rejected: rows of one line differ in it. place:
        its place among those of the same content, from 0.
        """
        texts = self.at.get(line, [])
        if len(texts) < 2:
            return "".join(text for text, _ in texts), True
        alike = [text for text, its_content in texts if its_content == content]
        return "".join(alike[place : place + 1]), False
