"""From a file to the catalogue: `load` stores what it states and projects the papers that it
names."""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from digest.batches import batches
from digest.formats import MAX_BYTES, SUFFIXES, Format, RowProblem
from digest.formats.records import FILE_NOT_READ, ROW_LEFT_OUT
from digest.models import (
    DEFAULT,
    Digest,
    DigestKey,
    Entry,
    Paper,
    Source,
    Verdict,
)
from digest.snapshot import snapshot

from .fields import LINKS
from .file import File
from .plan import Edit, Overlay, Plan
from .projection import Statement
from .sql import keys
from .verdicts import IdentifiedRow, differences, resolve_merges, verdicts_of
from .write import ChangeSet, NewSource, write_serialized


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
    problems: list[RowProblem] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)
    source: int | None = field(default=None, compare=False)


def load(
    content: bytes,
    name: str,
    by: int | None = None,
    also: Callable[[LoadReport], None] | None = None,
    stream: int = DEFAULT,
    is_supplement: bool = False,
) -> LoadReport:
    """Load one file, whole or not at all, in one transaction.

    content: the file's bytes, in any format of `formats`. name: its path, which gives the date
    where the content has none. by: the key of the user who loads it, if one does. also: writes what
    belongs to it, in the same transaction; given the report. stream: the key of the stream of its
    digests. is_supplement: as of `Source`.

    Bytes that were loaded into this stream before change nothing, unless they name no date and come
    from the path of another day. Rows that cannot be read are among the report's problems, and the
    rest loads. Safe beside other loads: each computes by itself, and one at a time writes.
    """
    file = File(content, name, stream, is_supplement)
    return write_serialized(lambda: _prepared(plan_load(file), by), also)


class PlannedLoad(NamedTuple):
    """What loading a file would do: its report, what papers would show, and its rows with their
    verdicts. Without a plan, nothing would be written; without rows, no source made."""

    file: File
    report: LoadReport
    plan: Plan | None = None
    rows: list[IdentifiedRow] = []
    verdicts: list[Verdict] = []


def plan_load(
    file: File, over: Overlay | None = None, instead_of: Source | None = None
) -> PlannedLoad:
    """What loading a file would do.

    over: what to suppose loaded. instead_of: a source that it takes the place of.
    """
    undone = _without([instead_of.pk] if instead_of else [])
    if known := _known(file, over, instead_of):
        report = LoadReport(file.name, "known", known)
        return PlannedLoad(file, report, Plan(undone) if instead_of else None)
    reading = file.reading
    report = LoadReport(file.name, format=reading.format, problems=list(file.problems))
    if reading.format is None or not reading.days:
        report.status = "unreadable"
        return PlannedLoad(file, report)
    rows = resolve_merges(file.rows)
    if file.is_supplement:
        if not Digest.objects.by_key(file.digests):
            report.status = "unreadable"
            report.problems.append(RowProblem(1, "its digest is gone", FILE_NOT_READ))
            return PlannedLoad(file, report)
        rows = list(_of_known_papers(rows, report))
    statements: dict[str, list[Statement]] = defaultdict(list)
    for row in rows:
        statements[row.slug].append(row.statement(file.sha256))
    edit = Edit(
        papers=list(dict.fromkeys([*undone.papers, *statements])),
        statements=statements,
        arxiv_ids={row.slug: row.arxiv_id for row in rows},
        without=undone.without,
        digests={*undone.digests, *file.digests},
    )
    plan = Plan(edit, over, file.memo)
    verdicts = list(verdicts_of(rows, plan))
    _complete(report, file, verdicts, plan)
    return PlannedLoad(file, report, plan, rows, verdicts)


def _of_known_papers(rows: list[IdentifiedRow], report: LoadReport) -> Iterator[IdentifiedRow]:
    """The rows of papers that are there; the others become problems of the report."""
    known: set[str] = set()
    for some in batches({row.slug for row in rows}):
        known.update(Paper.objects.filter(slug__in=some).values_list("slug", flat=True))
    for row in rows:
        if row.slug in known:
            yield row
        else:
            report.problems.append(RowProblem(row.row.line, "the paper is gone", ROW_LEFT_OUT))


def to_undo(sources: Collection[int]) -> Edit:
    """What it is to take out the sources with these keys, and with the last one of a digest those
    that only supplement it. Papers are in the order of lists."""
    others = Source.objects.filter(is_supplement=False).exclude(pk__in=sources)
    left = Digest.objects.filter(sources__in=sources).exclude(sources__in=others)
    more = Source.objects.filter(is_supplement=True, digests__in=left)
    return _without([*dict.fromkeys([*sources, *more.values_list("pk", flat=True)])])


def _without(sources: Collection[int]) -> Edit:
    """What it is to take out these sources alone."""
    if not sources:
        return Edit([])
    entries = Entry.objects.filter(source__in=sources).order_by()
    papers = Paper.objects.filter(pk__in=entries.values("paper")).newest()
    digests = Digest.objects.filter(sources__in=sources).order_by()
    return Edit(
        list(papers.values_list("slug", flat=True)),
        without=sources,
        digests={DigestKey(*key) for key in digests.values_list("date", "stream")},
    )


def _known(
    file: File, over: Overlay | None = None, instead_of: Source | None = None
) -> Format | None:
    """The format of a file that was loaded before."""
    sources = Source.objects.filter(sha256=file.sha256, stream=file.stream)
    if instead_of:
        sources = sources.exclude(pk=instead_of.pk)
    known = [(Format(name), day) for name, day in sources.values_list("format", "date")]
    if over:
        same = (file.sha256, file.stream)
        known += [(name, day) for hashed, name, day, of in over.sources if (hashed, of) == same]
    if known and (file.path_date in {None, *(day for _, day in known)} or file.is_dated):
        return known[0][0]
    return None


def _complete(report: LoadReport, file: File, verdicts: list[Verdict], plan: Plan) -> None:
    """Fill in what a plan comes to."""
    counts = Counter(map(str, verdicts))
    counts[Verdict.REJECTED] = sum(problem.action == ROW_LEFT_OUT for problem in report.problems)
    report.verdicts = {verdict: counts[verdict] for verdict in Verdict.values}
    report.digests = len(file.reading.days)
    report.rows = len(verdicts)
    papers = plan.edit.statements.keys()
    report.links = plan.new_items(LINKS, papers)
    report.new = len(plan.new)
    report.changed = len(plan.changed & papers - plan.new)
    report.unchanged = len(papers) - report.new - report.changed


def _prepared(planned: PlannedLoad, by: int | None) -> tuple[LoadReport, Callable[[], None] | None]:
    """The report, and what writes it."""
    file, report, plan, rows, verdicts = planned
    if plan is None:
        return report, None
    if report.format is None or report.status == "known":
        return report, ChangeSet(plan).write
    report.source = next(keys(Source, 1))
    source = Source(
        pk=report.source,
        name=file.name,
        sha256=file.sha256,
        date=file.date,
        stream_id=file.stream,
        is_supplement=file.is_supplement,
        format=report.format,
        content=file.content,
        loaded_by_id=by,
        rows=sum(report.verdicts.values()),
        problems=[asdict(problem) for problem in report.problems],
        **report.verdicts,
    )
    entries = (
        Entry(
            format=row.row.format,
            position=row.position,
            line=row.row.line,
            record=row.row.record.as_dict(),
            verdict=verdict,
        )
        for row, verdict in zip(rows, verdicts, strict=True)
    )
    new_source = NewSource(
        source,
        file.digests,
        ((row.digest, row.slug, entry) for row, entry in zip(rows, entries, strict=True)),
        differences(source, plan),
    )
    return report, ChangeSet(plan, new_source).write


def undo(source: Source, also: Callable[[], None] | None = None) -> bool:
    """Take a source out, as if it had never been loaded: its entries go, and the papers that it
    spoke of show what is left; whether it was still there.

    A paper that no source has any longer is deleted; if somebody bookmarked or corrected it, it is
    hidden, and shown when a source has it again. also: as in `load`; nothing is written
    if somebody else was faster.
    """
    memo: dict[Any, Any] = {}

    def prepare() -> tuple[bool, Callable[[], None] | None]:
        if not Source.objects.filter(pk=source.pk).exists():
            return False, None
        return True, ChangeSet(Plan(to_undo([source.pk]), memo=memo)).write

    return write_serialized(prepare, lambda there: also() if also and there else None)


def reread(
    source: Source, by: int | None = None, also: Callable[[LoadReport], None] | None = None
) -> LoadReport:
    """Read a source's file again into its stream, with today's reader, and show the result.

    The source is a new one afterwards. If the file cannot be read any longer, nothing changes, and
    the report is "unreadable". Raises Source.DoesNotExist if it is not there any longer.
    """
    file = File.of(source)

    def prepare() -> tuple[LoadReport, Callable[[], None] | None]:
        there = Source.objects.defer("content", "problems").get(pk=source.pk)
        return _prepared(plan_load(file, instead_of=there), by)

    return write_serialized(prepare, also)


class FoundFiles(NamedTuple):
    """Files to load, by name, and of those that are no digests by their suffix how many there
    are."""

    files: list[Path]
    passed_over: Counter[str]


def find_files(path: Path) -> FoundFiles:
    """The file itself, or what a folder and its folders hold with a suffix of digests.

    Hidden files and folders are neither. Raises OSError where there is no such path.
    """
    if not path.is_dir():
        path.stat()
        return FoundFiles([path], Counter())
    found = FoundFiles([], Counter())
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                found.files.append(Path(folder, name))
            elif not name.startswith("."):
                found.passed_over[Path(name).suffix.lower()] += 1
    found.files.sort()
    return found


def load_files(
    files: Iterable[Path],
    *,
    dry_run: bool = False,
    strict: bool = False,
    stream: int = DEFAULT,
) -> list[LoadReport]:
    """Load files one after the other, each in its own transaction; `-` is standard input.

    dry_run: report what would happen, and write nothing. strict: write nothing of any file if one
    has a problem. stream: as in `load`. A file that cannot be opened is "unreadable".
    """
    opened: Iterable[Opened] = map(_open, files)
    if strict:
        # What is judged is what is loaded, though a file is changed meanwhile.
        opened = list(opened)
        dry_run |= any(_has_problems(one, stream) for one in opened)
    if dry_run:
        return list(planned_reports(opened, stream))
    return [one if isinstance(one, LoadReport) else load(*one, stream=stream) for one in opened]


Opened = tuple[bytes, str] | LoadReport
"""A file's content and name, or why it cannot be opened."""


def _open(file: Path) -> Opened:
    # A byte more than is read tells the reader that there is too much, without holding it all.
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1), "-"
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1), str(file)
    except OSError as error:
        problem = RowProblem(1, f"cannot be opened: {error.strerror}", "file not read")
        name = str(file).encode("utf-8", "backslashreplace").decode()
        return LoadReport(name, "unreadable", problems=[problem])


def _has_problems(opened: Opened, stream: int) -> bool:
    if isinstance(opened, LoadReport):
        return True
    file = File(*opened, stream)
    return _known(file) is None and bool(file.problems)


def planned_reports(
    opened: Iterable[Opened], stream: int = DEFAULT, is_supplement: bool = False
) -> Iterator[LoadReport]:
    """What loading files one after the other would do; nothing is written. stream, is_supplement:
    as in `load`."""
    over = Overlay()
    for one in opened:
        if isinstance(one, LoadReport):
            yield one
            continue
        file = File(*one, stream, is_supplement)
        with snapshot():
            planned = plan_load(file, over)
        if planned.plan and planned.report.format:
            over.add(planned.plan)
            over.sources.append((file.sha256, planned.report.format, file.date, stream))
        yield planned.report
