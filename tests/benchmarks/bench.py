"""All benchmarks in one run, and the table of them in OPERATING.md.

    python tests/benchmarks/bench.py ARCHIVE [--papers N] [--only NAME...] [--no-table]

ARCHIVE is a folder of real digests with json/, six-column/ and three-column/ in it. Runs each
benchmark at a small size, prints what it prints, takes its figures from that, and writes them
between the two markers of OPERATING.md. By default all of it takes some minutes. Each benchmark
says at its top how it is run at its full size.

--only: these alone, such as `load` and `pages`; the table is not written then.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LEAST = 12_000
"""Papers of a catalogue from which a library of 10,000 is drawn."""
BEGIN, END = "<!-- benchmarks -->", "<!-- end of benchmarks -->"


class Figure(NamedTuple):
    """What a benchmark measured. pattern: where it stands in its output, with a group for each
    value; shown: the cell of the table, with a place for each of them."""

    meaning: str
    pattern: str
    shown: str = "{}"


class Benchmark(NamedTuple):
    """arguments: of the script of that name, with ARCHIVE, PAPERS and KEEP to be filled in."""

    name: str
    arguments: str
    figures: list[Figure]


def ratio(ours: str, theirs: str, meaning: str) -> Figure:
    """A line of pages.py, by answers a second and by the processor."""
    line = rf"{re.escape(f'{ours} / {theirs}')} +([\d.]+) +([\d.]+)"
    return Figure(meaning, line, "{} by the clock, {} by the processor")


JSON = "ARCHIVE/json"
BUILT = "--papers PAPERS --keep KEEP"
BENCHMARKS = [
    Benchmark(
        "load",
        f"{JSON} --rounds 1",
        [
            Figure("Loading, to bare `bulk_create` of the same rows", r"bulk_create: ([\d.]+)"),
            Figure("Loading, to sqlite-utils", r"load / sqlite-utils: ([\d.]+)"),
            Figure("Loading what is known, to loading it first", r"second load / first: ([\d.]+)"),
        ],
    ),
    Benchmark(
        "search",
        f"{JSON} --papers PAPERS MORE --rounds 1 --keep KEEP",
        [
            Figure(
                "A search in four times as many papers (p95), by relevance",
                r"at \S+ / at \S+: best ([\d.]+)",
            ),
            Figure("The same, newest first", r"at \S+ / at .*, newest ([\d.]+)"),
            Figure("The same, suggestions", r"at \S+ / at .*, suggestions ([\d.]+)"),
        ],
    ),
    Benchmark(
        "pages",
        f"{JSON} {BUILT} --seconds 3",
        [
            ratio(
                "visitor: list", "bare: list", "A stored page, to a function that returns its bytes"
            ),
            ratio("visitor: list, br", "visitor: list", "A stored page in Brotli, to it as it is"),
            ratio("member: list, br", "member: list", "A person's page in Brotli, to it as it is"),
            Figure(
                "A person's page of 25 papers, as it is",
                r"member: list +([\d.]+) +([\d.]+) +([\d.]+)",
                "{} a second, p99 {} ms, {} ms of the processor",
            ),
        ],
    ),
    Benchmark(
        "api",
        f"{JSON} {BUILT} --seconds 6",
        [
            Figure(
                "A page of the API, to a plain ModelViewSet",
                r"a plain ModelViewSet +[\d.]+ \( *([\d.]+)\) +[\d.]+ \( *([\d.]+)\)",
                "{} again, {} new",
            ),
        ],
    ),
    Benchmark(
        "library",
        f"{JSON} --papers PAPERS --rounds 2",
        [Figure("The slowest page of a large library", r"by its median: (\d+) ms", "{} ms")],
    ),
    Benchmark(
        "holds",
        f"{JSON} {BUILT}",
        [
            Figure(
                "Actions that keep others from writing for half a second",
                r"(\d+) of (\d+) over",
                "{} of {}",
            ),
        ],
    ),
    Benchmark(
        "recall",
        "ARCHIVE --queries 40",
        [
            Figure("A paper found by three words, in ten", r"three words +([\d.]+%)"),
            Figure("The same, plain full-text search", r"three words, plain +([\d.]+%)"),
        ],
    ),
    Benchmark(
        "related",
        f"{JSON}",
        [Figure("Related papers of the same category", r"first five .*: ([\d.]+%)")],
    ),
    Benchmark(
        "recommend",
        "ARCHIVE --papers PAPERS",
        [
            Figure(
                "What a person kept, in the top tenth of its day, to chance",
                r"category .*?([\d.]+) times chance",
                "{} times",
            ),
        ],
    ),
    Benchmark(
        "alerts",
        f"{JSON} --papers PAPERS --people 200",
        [
            Figure(
                "The searches of 200 people, asked of the new papers",
                r"new papers: ([\d.]+) s, ([\d.]+) s of the processor",
                "{} s, {} s of the processor",
            ),
        ],
    ),
    Benchmark(
        "mixed",
        f"{JSON} --seconds 15 --pause 0.1",
        [
            Figure(
                "Pages while people write and files load",
                r"pages +[\d,]+ +([\d.]+) +(\d+) +\d+ +(\d+)",
                "{} a second, p50 {} ms, p99 {} ms",
            ),
            Figure("Writes that were lost meanwhile", r"not as they should be: (\d+)"),
        ],
    ),
    Benchmark(
        "soak",
        f"{JSON} --minutes 1",
        [
            Figure(
                "A minute of everything: last third to the middle one",
                r"middle one: p99 ([\d.]+), answers a second ([\d.]+), memory ([\d.]+)",
                "p99 {}, answers {}, memory {}",
            ),
        ],
    ),
]


def run(benchmark: Benchmark, archive: Path, papers: int, keep: Path) -> str:
    """Run it, and print what it prints; all of that. Ends with a message if it fails."""
    places = {
        "ARCHIVE": str(archive),
        "PAPERS": str(papers),
        "MORE": str(papers * 4),
        "KEEP": str(keep),
    }
    words = [
        re.sub("|".join(places), lambda found: places[found[0]], word)
        for word in benchmark.arguments.split()
    ]
    command = [sys.executable, f"tests/benchmarks/{benchmark.name}.py", *words]
    print(f"\n{benchmark.name}\n{'=' * len(benchmark.name)}", flush=True)
    lines = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            print(line, end="", flush=True)
    if process.returncode:
        raise SystemExit(f"{benchmark.name} failed: the table is left as it was")
    return "".join(lines)


def cells(benchmark: Benchmark, output: str) -> list[str]:
    """The lines of the table that it makes. Ends with a message where a figure is missing."""
    found = []
    for figure in benchmark.figures:
        match = re.search(figure.pattern, output)
        if match is None:
            raise SystemExit(f"{benchmark.name} printed no figure for “{figure.meaning}”")
        shown = figure.shown.format(*match.groups())
        found.append(f"| {figure.meaning} | {shown} | `{benchmark.name}.py` |")
    return found


def write_table(lines: list[str], papers: int) -> None:
    """Write the table into OPERATING.md."""
    page = ROOT / "OPERATING.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    day = datetime.now(UTC).date()
    head = [
        f"Measured on {day:%-d %B %Y}, with {papers:,} papers and {os.cpu_count()} processors.",
        "",
        "| What | Figure | By |",
        "| --- | --- | --- |",
    ]
    table = "\n".join([BEGIN, *head, *lines, END])
    page.write_text(before + table + after)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--papers", type=int, default=LEAST)
    parser.add_argument("--only", nargs="+", choices=[each.name for each in BENCHMARKS])
    parser.add_argument("--no-table", action="store_true")
    options = parser.parse_args()
    archive = options.archive.resolve()
    if options.papers < LEAST:
        parser.error(f"--papers: the library of the benchmarks needs {LEAST:,} papers")
    if not (archive / "json").is_dir():
        parser.error(f"{options.archive} has no folder json/ with digests")
    chosen = [each for each in BENCHMARKS if not options.only or each.name in options.only]
    begun = monotonic()
    keep = Path(tempfile.mkdtemp(prefix="benchmarks-"))
    try:
        lines = [
            line
            for each in chosen
            for line in cells(each, run(each, archive, options.papers, keep))
        ]
    finally:
        shutil.rmtree(keep)
    print("\n" + "\n".join(lines))
    if not (options.only or options.no_table):
        write_table(lines, options.papers)
    print(f"in {(monotonic() - begun) / 60:.0f} minutes")


if __name__ == "__main__":
    main()
