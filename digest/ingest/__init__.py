"""From a file to the catalogue: `load` keeps what it says and projects the papers it speaks of."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from django.db import transaction

from digest import identity, links
from digest.formats import MAX_BYTES, Format, Problem, Reading, Row, parse_date, read
from digest.formats.records import ROW_LEFT_OUT
from digest.models import (
    Correction,
    Difference,
    Digest,
    Entry,
    Field,
    Merge,
    Source,
    Verdict,
    tomorrow,
)
from digest.projection import Said, Shown, given_links, line, project

from .show import Written, take_turns, write

SUFFIXES = (".md", ".markdown", ".json")
"""What a digest's file may end in, when a folder is searched."""

_DATE_IN_PATH = re.compile(r"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)(?:\.\w+)?$")


@dataclass(slots=True)
class LoadReport:
    """What loading one file did.

    `status`: "loaded"; "known", when the same bytes had been loaded before and nothing was written;
    "unreadable", when there was no digest in it and nothing was written. `rows`: those that were
    read. `new`, `changed`, `unchanged`: of papers. `verdicts`: how many rows have each `Verdict`,
    those that were rejected among them. `source`: the key of what was loaded.
    """

    name: str
    status: Literal["loaded", "known", "unreadable"] = "loaded"
    format: Format | None = None
    digests: int = 0
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    links: int = 0
    problems: list[Problem] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)
    source: int | None = field(default=None, compare=False)


def date_from_path(path: str) -> date | None:
    """The date that ends a path: `2025/02/06.json`, `2025-02-06.md`; None if there is none."""
    match = _DATE_IN_PATH.search(path.replace("\\", "/"))
    return parse_date("-".join(match.groups())) if match else None


def load(content: bytes, name: str, by: int | None = None) -> LoadReport:
    """Load one file, whole or not at all, in one transaction.

    content: the file's bytes, in any format of `formats`. name: its path, which gives the date
    where the content has none. by: the key of the user
    who loads it, if one does.

    Bytes that were loaded before change nothing, unless they name no date and come from the path
    of another day. Rows that cannot be read are among the report's problems, and the rest loads.
    Safe beside other loads: they wait for one another.
    """
    hashed = sha256(content).hexdigest()
    # Paths are bytes, and not always UTF-8.
    name = name.encode("utf-8", "backslashreplace").decode()
    path_date = date_from_path(name)
    with transaction.atomic():
        take_turns()
        known = list(Source.objects.filter(sha256=hashed).values_list("format", "date"))
        if known and path_date in {None, *(day for _, day in known)}:
            return LoadReport(name, "known", Format(known[0][0]))
        reading = read(content, path_date)
        if known and reading.days == read(content).days:
            return LoadReport(name, "known", reading.format)
        report = LoadReport(name, format=reading.format, problems=list(reading.problems))
        dates = {day.date for day in reading.days}
        if reading.format is None or not dates:
            report.status = "unreadable"
            return report
        source = Source(
            name=name,
            sha256=hashed,
            date=path_date if path_date in dates else None,
            format=reading.format,
            content=content,
            loaded_by_id=by,
        )
        _write(source, dates, _follow_merges(list(_rows(reading, report))), report)
    return report


@transaction.atomic
def undo(source: Source) -> None:
    """Take a source out, as if it had never been loaded: its entries go, and the papers that it
    spoke of show what is left.

    A paper that no source speaks of any longer is gone; if somebody has kept or corrected it, it is
    hidden, and comes back when a source speaks of it again.
    """
    take_turns()
    _close(*_take_out(source))


@transaction.atomic
def reread(source: Source, by: int | None = None) -> LoadReport:
    """Read a source's file again, as today's reader understands it, and follow that.

    The source is a new one afterwards. If the file cannot be read any longer, nothing changes, and
    the report is "unreadable".
    """
    take_turns()
    with transaction.atomic():
        concerned = _take_out(source)
        report = load(bytes(source.content), source.name, by)
        if report.status == "unreadable":
            transaction.set_rollback(True)
            return report
    _close(*concerned)
    return report


def _take_out(source: Source) -> tuple[list[str], list[date]]:
    """Delete a source; the slugs of the papers and the days that it spoke of."""
    slugs = source.entries.order_by().values_list("paper__slug", flat=True).distinct()
    days = source.digests.values_list("date", flat=True)
    concerned = list(slugs), list(days)
    source.delete()
    return concerned


def _close(slugs: list[str], days: list[date]) -> None:
    """Write what papers and days show after a source was taken out."""
    write({slug: [] for slug in slugs}, days)
    Digest.objects.filter(date__in=days, sources=None).delete()


def find_files(path: Path) -> list[Path]:
    """The file itself, or what a folder and its folders hold of Markdown and JSON, by name.

    Hidden files and folders are passed over. Raises OSError where there is no such path.
    """
    if not path.is_dir():
        path.stat()
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(folder, name)
            for name in names
            if not name.startswith(".") and name.lower().endswith(SUFFIXES)
        ]
    return sorted(found)


def load_files(
    files: Iterable[Path], *, dry_run: bool = False, strict: bool = False
) -> list[LoadReport]:
    """Load files one after the other, each in its own transaction; `-` is standard input.

    dry_run: report what would happen, and write nothing. strict: write nothing of any file if one
    has a problem. A file that cannot be opened is "unreadable".
    """
    together = transaction.atomic() if dry_run or strict else nullcontext()
    with together:
        reports = [_load_file(file) for file in files]
        if dry_run or (strict and any(report.problems for report in reports)):
            transaction.set_rollback(True)
    return reports


def _load_file(file: Path) -> LoadReport:
    # A byte more than is read tells the reader that there is too much, without holding it all.
    try:
        if str(file) == "-":
            return load(sys.stdin.buffer.read(MAX_BYTES + 1), "-")
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        problem = Problem(1, f"cannot be opened: {error.strerror}", "file not read")
        name = str(file).encode("utf-8", "backslashreplace").decode()
        return LoadReport(name, "unreadable", problems=[problem])
    return load(content, str(file))


class _Row(NamedTuple):
    """A row, its day, its place in the file from 1, and the paper that it speaks of. merged:
    whether that is another than it names, which a curator merged into this one."""

    day: date
    row: Row
    position: int
    slug: str
    arxiv_id: str | None
    merged: bool = False

    def said(self, sha256: str) -> Said:
        """What the row says, as a part of the source with this hash."""
        return Said(self.day, self.row.format, sha256, self.position, self.row.record)


def _rows(reading: Reading, report: LoadReport) -> Iterator[_Row]:
    """The rows to load. Completes the report's counts and problems."""
    for day in reading.days:
        report.digests += 1
        if day.date > tomorrow():
            ahead = Problem(
                min((row.line for row in day.rows), default=1),
                f"the digest is dated {day.date}, which is after tomorrow",
                "loaded, and not the newest until then",
            )
            report.problems.append(ahead)
        for row in day.rows:
            record = row.record
            if not line(record.title):
                report.problems.append(Problem(row.line, "the row has no title", ROW_LEFT_OUT))
                continue
            for text in (record.link, *given_links(record)):
                if not links.says_nothing(text) and not links.clean_url(text):
                    shown = line(text if len(text) <= 60 else text[:59] + "…")
                    problem = Problem(row.line, f"no http or https link: {shown}", "kept as text")
                    report.problems.append(problem)
            report.rows += 1
            slug, arxiv_id = identity.paper_slug(line(record.title), record.link)
            yield _Row(day.date, row, report.rows, slug, arxiv_id)
    report.problems.sort(key=lambda problem: problem.line)


def _follow_merges(rows: list[_Row]) -> list[_Row]:
    """The rows, each speaking of the paper that its own was merged into, if it was."""
    to = Merge.ends(row.slug for row in rows)
    if not to:
        return rows
    return [row._replace(slug=to[row.slug], merged=True) if row.slug in to else row for row in rows]


def _write(source: Source, days: set[date], rows: list[_Row], report: LoadReport) -> None:
    """Write a new source and what it says. Completes the report's counts."""
    said: dict[str, list[Said]] = defaultdict(list)
    for row in rows:
        said[row.slug].append(row.said(source.sha256))
    written = write(said, days, {row.slug: row.arxiv_id for row in rows})
    verdicts = list(_verdicts(rows, written))
    counts = Counter(map(str, verdicts))
    counts[Verdict.REJECTED] = sum(problem.action == ROW_LEFT_OUT for problem in report.problems)
    report.verdicts = {verdict: counts[verdict] for verdict in Verdict.values}
    for verdict, count in report.verdicts.items():
        setattr(source, verdict, count)
    source.rows = counts.total()
    source.problems = [asdict(problem) for problem in report.problems]
    source.save()
    source.digests.through.objects.bulk_create(
        source.digests.through(source=source, digest=digest) for digest in written.digests.values()
    )
    Entry.objects.bulk_create(
        Entry(
            source=source,
            digest=written.digests[row.day],
            paper=written.papers[row.slug],
            format=row.row.format,
            position=row.position,
            line=row.row.line,
            record=row.row.record.as_dict(),
            verdict=verdict,
        )
        for row, verdict in zip(rows, verdicts, strict=True)
    )
    _file_differences(source, said, written)

    report.source = source.pk
    report.links = written.links
    report.new = len(written.new)
    report.changed = len(written.changed - written.new)
    report.unchanged = len(said) - report.new - report.changed


def _verdicts(rows: list[_Row], written: Written) -> Iterator[Verdict]:
    """Each row's."""
    new = {*written.new}
    for row in rows:
        corrections = written.corrections.get(row.slug, {}).values()
        if row.slug in new:
            new.remove(row.slug)
            yield Verdict.NEW
        elif row.merged:
            yield Verdict.MERGED
        elif corrections and _disputed(project([row.said("")], names=written.names), corrections):
            yield Verdict.KEPT
        elif row.slug in written.changed:
            yield Verdict.CHANGED
        else:
            yield Verdict.UNCHANGED


def _disputed(own: Shown, corrections: Iterable[Correction]) -> list[Correction]:
    """The corrections that a source which says this does not agree with; silence is no word."""
    return [correction for correction in corrections if _disagrees(own, correction)]


def _disagrees(own: Shown, correction: Correction) -> bool:
    value: Any = correction.value
    match correction.field:
        case Field.TITLE:
            return bool(own.title != value)
        case Field.SUMMARY:
            return bool(own.summary) and own.summary.split() != value.split()
        case Field.AUTHORS:
            # A list that was cut says nothing of those who are not in it.
            there = value[: len(own.authors)] if own.authors_cut else value
            return bool(own.authors) and [*own.authors] != there
        case Field.CATEGORIES:
            return bool(own.categories) and [*own.categories] != value
        case Field.LINKS:
            removed = {links.same_link(url) for url in value.get("remove", ())}
            return any(links.same_link(url) in removed for url in own.links)
    return bool(correction.field == Field.HIDDEN and value)


_FILED = (Field.TITLE, Field.SUMMARY, Field.AUTHORS, Field.CATEGORIES)
"""Of links sources and curators each give some, and of the rest no source knows."""


def _file_differences(source: Source, said: dict[str, list[Said]], written: Written) -> None:
    """File where a source says what neither a curator says, nor the sources said when the curator
    corrected them, nor a difference that was filed before."""
    for slug, corrections in written.corrections.items():
        own = project(said[slug], names=written.names)
        for correction in _disputed(own, corrections.values()):
            theirs = own.correctable[correction.field]
            if correction.field not in _FILED or theirs == correction.was:
                continue
            if theirs not in correction.differences.values_list("theirs", flat=True):
                Difference.objects.create(correction=correction, source=source, theirs=theirs)
