"""What loading an upload would do, for the page on which that is confirmed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest

from digest.catalogue.file import date_from_path
from digest.catalogue.load import LoadReport
from digest.catalogue.preview import preview
from digest.formats import read
from digest.models import DEFAULT, Upload, Verdict

from .changes import Changes

PREVIEWED = 5_000_000
"""Bytes of a file whose loading is previewed: of more, a page would be long to wait for."""
PROBLEMS = 100
"""Problems of a file that are listed."""


@dataclass(frozen=True)
class Previewed:
    """What loading a file would do; changes: None if it is too large to compute them."""

    report: LoadReport
    changes: Changes | None

    @property
    def foreseen(self) -> str:
        """What the page sends back, to be compared with what loading did."""
        return json.dumps(foreseen(asdict(self.report))) if self.changes else ""

    @property
    def problems(self) -> list[Any]:
        return self.report.problems[:PROBLEMS]

    @property
    def problems_left(self) -> int:
        return len(self.report.problems[PROBLEMS:])

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """The verdicts, each with its meaning and its rows, if there are any."""
        verdicts = self.report.verdicts
        return [(v.value, v.label, verdicts[v.value]) for v in Verdict if verdicts.get(v.value)]


def preview_of(file: Upload) -> Previewed:
    """What loading a file would do."""
    content = bytes(file.content)
    if len(content) > PREVIEWED:
        reading = read(content, date_from_path(file.name))
        report = LoadReport(
            file.name,
            "loaded" if reading.days else "unreadable",
            reading.format,
            len(reading.days),
            sum(len(day.rows) for day in reading.days),
            problems=list(reading.problems),
        )
        return Previewed(report, None)
    found = preview(content, file.name, stream=file.stream_id or DEFAULT)
    return Previewed(found.report, Changes.of(found.changes))


def sent(request: HttpRequest, pk: int) -> dict[str, Any] | None:
    """What the page that was confirmed showed as the outcome of a file, if it did."""
    try:
        previewed = json.loads(request.POST.get(f"previewed-{pk}", ""))
    except ValueError:
        return None
    if not isinstance(previewed, dict) or not {*previewed} <= {"status", *Verdict.values}:
        return None
    if previewed.get("status") not in ("loaded", "known", "unreadable"):
        return None
    counts = [previewed[verdict] for verdict in Verdict.values if verdict in previewed]
    if not all(type(count) is int and 0 <= count < 10**6 for count in counts):
        return None
    return {"previewed": previewed}


def foreseen(report: dict[str, Any]) -> dict[str, Any]:
    """Of a report what a preview and a load should agree upon."""
    return {"status": report["status"], **report["verdicts"]}
