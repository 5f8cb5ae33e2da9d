"""How fast papers are found among many, and how many readers that serves, beside datasette.

    python tests/benchmarks/search.py FOLDER [--papers N...] [--rounds N] [--keep FOLDER]
        [--datasette EXECUTABLE] [--seconds N]

For each size builds a catalogue of so many papers from the real digests of a folder (`corpus.py`),
asks `digest.search` fixed queries in either order, as a page of the site does, and prints the time
that the database took, and all: the median of the rounds for each query, over the queries the
median, the 95th percentile and the most; the slowest; and how they grow with the size. Then the
same for what costs most, for papers like a paper, and for what the search field suggests. With
datasette at hand, it serves the same rows and the site its own, one after the other, and the
requests a second of the two are printed with their ratio.

On two cores that others used as well, SQLite took 47 ms of the processor for 200,000 papers (the
95th percentile over both orders, database and Python together; median 18), and 0.54 s for forty
refusals of the most frequent words, which cost most. PostgreSQL 18 took 182 ms of the processor
with 1 GB of shared_buffers and 230 with its default of 128 MB, median 62 and 67, and 0.4 s for the
forty refusals. Slowest are phrases that a quarter of the papers have, whose texts are read (0.28
s), and several frequent words, of which the index goes through all papers.

DATABASE_URL may name an empty PostgreSQL database (`python tests/postgres.py python ...`); else
each size has an SQLite file of its own, in --keep's folder, where a later run takes it up again.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/material.sqlite3"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

import corpus  # noqa: E402
import search_served  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.backends.utils import CursorWrapper  # noqa: E402

from digest.models import Paper  # noqa: E402
from digest.pages.suggestions import suggested  # noqa: E402
from digest.search import Results, parse  # noqa: E402
from digest.search.related import related  # noqa: E402

PAGE = 25
SHOWN = 8
DEEP = ("learning", "language reasoning")
"""Queries of which the last page is asked for, not the first."""

ABSTRACT = (
    "Large language models are often evaluated on short questions, although people use them for"
    " long documents. We introduce a benchmark of forty tasks in which evidence is scattered over"
    " hundreds of pages, and compare retrieval, summarization and long context windows. Models that"
    " do well on synthetic needles fail when several facts must be combined, and the order of the"
    " evidence matters more than its distance. A simple curriculum that lengthens the context step"
    " by step improves accuracy by a third, without any change of the architecture. We release the"
    " data, the code and the predictions of all systems, so that others can study what is missing."
    " Our analysis suggests that attention sinks and positional encodings explain most errors."
)
FREQUENT = (
    "the of and a to in for on with is that by as we from this are model models language data"
    " training learning large tasks methods performance based using framework method results"
    " reasoning generation across new paper study approach significantly more quality existing"
    " achieves image text evaluation proposed both while through high visual improve human which"
    " introduces not key introduced objective demonstrate their can research these it be over"
)
RARE = " ".join(f"qw{number}z" for number in range(310))

QUERIES = (
    # Frequent words
    "model",
    "the",
    "learning",
    "diffusion",
    "language models",
    "large language model reasoning benchmark",
    "a novel framework for efficient training",
    "language reasoning",
    # Rare words
    "neonatal",
    "kolmogorov",
    "android",
    "frechet distances",
    "quantum chemistry",
    # Phrases
    '"chain of thought"',
    '"state of the art"',
    '"large language models"',
    '"needle in a haystack"',
    # While typing
    "tr",
    "mo",
    "transf",
    "multimodal lang",
    "vision language mo",
    # Several words
    "retrieval augmented generation",
    "video generation diffusion transformer",
    "speculative decoding latency",
    "low rank adaptation fine tuning memory",
    # Either, and without
    "image OR video",
    "mamba OR transformer OR diffusion",
    "watermark OR deepfake detection",
    "reasoning -math",
    "generation -video -image -text",
    "-diffusion",
    'agents -"language models"',
    # Fields
    "title:benchmark",
    "title:language title:models",
    "author:wang",
    "author:krahenbuhl",
    "category:text-generation",
    'category:"Visual Question Answering" chart',
    "area:multimodal has:code",
    "has:dataset benchmark",
    "date:2025-03..2025-05 alignment",
    "date:..2024 language models",
    # As it is printed
    "São Paulo",
    "GPT-4",
    "state-of-the-art text-to-image",
    r"$\text{Transformer}^2$",
    "大规模语言模型",
    # Half remembered: other forms, slips, a sentence, an abstract
    "benchmarked reasoners",
    "difusion modles for vidoe",
    "chain ofthought smol lm",
    "author:krahenbul",
    "zebrafish neurons segmented by transformers",
    "The primary result is that the model outperforms baselines on three benchmarks of retrieval.",
    ABSTRACT,
    # Nothing, and everything
    "zyzzyva qwertz",
    "",
)

COSTLIEST = (
    # 2,000 characters of frequent words, of rare ones, of quotation marks and phrases
    FREQUENT,
    RARE,
    '"' * 2000,
    '"a" ' * 500,
    # Refusals; beginnings; one letter
    " ".join(f"-{word}" for word in FREQUENT.split()[:40]),
    "transfo",
    "e",
)
"""What costs most, apart from the figures of what people ask."""


@dataclass(slots=True)
class Watch:
    """Database time, statement by statement."""

    statements: list[tuple[str, float]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(seconds for _, seconds in self.statements)


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch every statement. SQLite works while rows are fetched: that time counts, too."""
    watch = Watch()

    class Cursor(CursorWrapper):
        def execute(self, sql: str, params: Any = None) -> Any:
            start = perf_counter()
            try:
                return super().execute(sql, params)
            finally:
                watch.statements.append((sql, perf_counter() - start))

        def __getattr__(self, name: str) -> Any:
            found = super().__getattr__(name)
            return self._timed(found) if name.startswith("fetch") else found

        def _timed(self, fetch: Callable[..., Any]) -> Callable[..., Any]:
            def timed(*args: Any) -> Any:
                start = perf_counter()
                try:
                    return fetch(*args)
                finally:
                    sql, seconds = watch.statements[-1]
                    watch.statements[-1] = (sql, seconds + perf_counter() - start)

            return timed

    make = connection.make_cursor
    connection.make_cursor = lambda cursor: Cursor(cursor, connection)
    try:
        yield watch
    finally:
        connection.make_cursor = make


class Asked(NamedTuple):
    """What is measured once: database time and all time of one question, in milliseconds.

    parts: the database's, by what was asked for.
    """

    database: float
    wall: float
    parts: dict[str, float]


def ask(text: str, order: str) -> Asked:
    """What a page of papers asks for."""
    with watched() as watch:
        begun, parts = perf_counter(), {}

        def part(name: str, work: Callable[[], object]) -> object:
            before = watch.seconds
            found = work()
            parts[name] = (watch.seconds - before) * 1000
            return found

        query = part("parse", lambda: parse(text, correct=True))
        results = Results(query, order)
        part("count", lambda: results.count)
        start = (results.count - 1) // PAGE * PAGE if text in DEEP else 0
        part("page", lambda: results[start : start + PAGE])
        part("close", lambda: results.close)
        part("facets", results.facets)
        wall = perf_counter() - begun
    return Asked(watch.seconds * 1000, wall * 1000, parts)


TYPED = (
    *("t", "tr", "transf", "transformer a", "mo", "vision language mo", "large language m"),
    *("chen", "w", "wang x", "author:li", "category:te", "has:", "date:20", "-diffusion t"),
    *("2502.0", "zyzzyva", "reasoning benchmark 3", "the", 'title:"state of'),
)
"""What stands in the field while somebody types."""


def ask_suggestions(text: str) -> Asked:
    with watched() as watch:
        begun = perf_counter()
        suggested(text)
        wall = perf_counter() - begun
    return Asked(watch.seconds * 1000, wall * 1000, {})


def ask_related(pk: int) -> Asked:
    paper = Paper.objects.for_cards().defer(None).get(pk=pk)
    with watched() as watch:
        begun = perf_counter()
        related(paper)
        wall = perf_counter() - begun
    return Asked(watch.seconds * 1000, wall * 1000, {})


def middle(asked: list[Asked]) -> Asked:
    """The medians of a question asked several times."""
    parts = {name: median(one.parts[name] for one in asked) for name in asked[0].parts}
    return Asked(median(a.database for a in asked), median(a.wall for a in asked), parts)


def p95(values: Iterable[float]) -> float:
    values = sorted(values)
    return values[ceil(0.95 * len(values)) - 1]


Figures = dict[str, float]


def report(name: str, asked: Iterable[Asked]) -> float:
    """Print a line of figures; the 95th percentile of the database's time."""
    asked = list(asked)
    line = f"  {name:22}"
    for times in ([a.database for a in asked], [a.wall for a in asked]):
        line += f"{median(times):9.1f}{p95(times):9.1f}{max(times):9.1f}   "
    print(line)
    return p95(a.database for a in asked)


def measure(papers: int, rounds: int) -> Figures:
    """Ask everything of the catalogue at hand, and print the figures; the 95th percentiles."""
    asked: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    likes: dict[int, list[Asked]] = defaultdict(list)
    typed: dict[str, list[Asked]] = defaultdict(list)
    step = papers // 50 or 1
    for turn in range(rounds + 1):
        # The first round warms up. The order is the same, so that one query can't help another.
        for order in ("best", "newest"):
            for text in (*QUERIES, *COSTLIEST):
                found = ask(text, order)
                if turn:
                    asked[text, order].append(found)
        for pk in range(1, papers + 1, step):
            found = ask_related(pk)
            if turn:
                likes[pk].append(found)
        for text in TYPED:
            found = ask_suggestions(text)
            if turn:
                typed[text].append(found)
    every = {key: middle(found) for key, found in asked.items()}
    times = {key: found for key, found in every.items() if key[0] not in COSTLIEST}
    print(f"  {'':22}{'database: median, p95, most':>27}   {'in all: median, p95, most':>27}   ms")
    figures = {
        order: report(order, (found for key, found in times.items() if key[1] == order))
        for order in ("best", "newest")
    }
    figures["both"] = report("both", times.values())
    report("what costs most", (found for key, found in every.items() if key not in times))
    figures["related"] = report("related papers", map(middle, likes.values()))
    figures["suggestions"] = report("suggestions", map(middle, typed.values()))
    print("  slowest, in ms of the database and in all:")
    slowest = sorted(times.items(), key=lambda item: -item[1].wall)
    for (text, order), found in slowest[:SHOWN]:
        parts = ", ".join(f"{name} {ms:.1f}" for name, ms in found.parts.items() if ms >= 0.1)
        deep = ", the last page" if text in DEEP else ""
        asked_for = text[:60] or "(every paper)"
        times_of = f"{found.database:7.1f}{found.wall:9.1f}"
        print(f"    {times_of}  {order:6}  {asked_for}{deep}: {parts}")
    return figures


class Catalogues:
    """Databases of any size, made of the digests of a folder; SQLite's are files in `keep`."""

    def __init__(self, digests: Path, keep: Path) -> None:
        self.digests = digests
        self.keep = keep
        self.material: corpus.Material | None = None

    def use(self, papers: int) -> str:
        """Go on with a database of so many papers; its URL."""
        sqlite = connection.vendor == "sqlite"
        path = self.keep / f"{papers}.sqlite3"
        if sqlite and path.exists():
            _use(path)
            call_command("migrate", verbosity=0)
            print(f"\n{papers:,} papers, taken up again")
        else:
            if self.material is None:
                call_command("migrate", verbosity=0)
                self.material = corpus.Material(self.digests)
            if sqlite:
                _use(path)
                call_command("migrate", verbosity=0)
            else:
                call_command("flush", verbosity=0, interactive=False)
            start = perf_counter()
            corpus.build(self.material, papers)
            print(f"\n{papers:,} papers, built in {perf_counter() - start:.0f} s")
        return f"sqlite:///{path}" if sqlite else os.environ["DATABASE_URL"]


def _use(path: Path) -> None:
    connection.close()
    connection.settings_dict["NAME"] = path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, default=FOLDER)
    parser.add_argument("--datasette", type=Path)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    options.keep.mkdir(exist_ok=True)

    print(f"on {connection.display_name}, {len(QUERIES)} queries, {options.rounds} rounds")
    catalogues = Catalogues(options.folder, options.keep.resolve())
    figures: dict[int, Figures] = {}
    for papers in options.papers:
        url = catalogues.use(papers)
        if options.rounds:
            figures[papers] = measure(papers, options.rounds)
        if options.datasette:
            with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
                search_served.compare(url, Path(folder), options.datasette, options.seconds)
    for papers, found in list(figures.items())[1:]:
        smallest, first = next(iter(figures.items()))
        growth = ", ".join(f"{name} {found[name] / first[name]:.1f}" for name in first)
        print(f"\n95th percentile at {papers:,} / at {smallest:,}: {growth}")


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        shutil.rmtree(FOLDER)
