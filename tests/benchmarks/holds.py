"""How long each command, page and API call that writes keeps all others from writing.

    python tests/benchmarks/holds.py FOLDER [--papers N] [--keep FOLDER] [--only WORD...]

Builds a catalogue of so many papers from the real digests of a folder (or takes it up again from
--keep, and works on a copy), a person with a large library in it, and a curator. Then does all that
writes, one after the other and alone, and prints for each its longest hold of SQLite's write lock
in milliseconds, how much of that the database itself took, the statements in it, all holds
together, how long the whole took, and the line of the project that began the longest hold. The
longest come once more at the end, with those of over half a second marked.

--only: the actions whose names have one of these words, and what they need.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/material.sqlite3"
os.environ["API_RATE"] = "100000"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

import library  # noqa: E402
import search  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from accounts.models import User  # noqa: E402
from digest.catalogue.load import find_files  # noqa: E402
from tests import writes  # noqa: E402
from tests.holds import watch  # noqa: E402

LIMIT = 0.5
"""Seconds that nobody should have to wait for another."""


class Measured(NamedTuple):
    """An action and its holds, in seconds."""

    name: str
    longest: float
    in_sql: float
    statements: int
    count: int
    together: float
    whole: float
    where: str

    def __str__(self) -> str:
        return (
            f"  {self.name:52}{self.longest * 1000:9.0f}{self.in_sql * 1000:9.0f}"
            f"{self.statements:8}{self.count:7}{self.together * 1000:10.0f}"
            f"{self.whole * 1000:10.0f}  {self.where}"
        )


HEADING = (
    f"  {'':52}{'longest':>9}{'in SQL':>9}{'stmts':>8}{'holds':>7}{'together':>10}{'whole':>10}"
    "  where the longest began (ms)"
)


class Table:
    """Does actions, and prints a line for each as it is done."""

    def __init__(self, only: list[str]) -> None:
        self.only = only
        self.lines: list[Measured] = []
        print(HEADING, flush=True)

    def wants(self, name: str) -> bool:
        return not self.only or any(word in name for word in self.only)

    def do(self, name: str, work: Callable[[], Any]) -> Any:
        """Do and measure it. An answer that is an error ends everything."""
        with watch() as holds:
            begun = perf_counter()
            answer = work()
            whole = perf_counter() - begun
        status = getattr(answer, "status_code", 200)
        if status >= 400:
            raise SystemExit(f"{name} gave {status}: {answer.content[:2000]!r}")
        longest = max(holds, key=lambda hold: hold.seconds, default=None)
        line = Measured(
            name,
            longest.seconds if longest else 0,
            longest.in_sql if longest else 0,
            longest.statements if longest else 0,
            len(holds),
            sum(hold.seconds for hold in holds),
            whole,
            longest.where if longest else "",
        )
        self.lines.append(line)
        if self.wants(name):
            print(line, flush=True)
        return answer

    def end(self) -> None:
        print("\nThe longest holds:")
        print(HEADING)
        wanted = [line for line in self.lines if self.wants(line.name)]
        for line in sorted(wanted, key=lambda line: -line.longest)[:25]:
            print(str(line) + ("  OVER" if line.longest > LIMIT else ""))
        over = sum(line.longest > LIMIT for line in wanted)
        print(f"\n{over} of {len(wanted)} over {LIMIT * 1000:.0f} ms. {load_average()}")


def load_average() -> str:
    return "Load average: " + ", ".join(f"{value:.1f}" for value in os.getloadavg()) + "."


def real_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of a folder's JSON files."""
    files = [path for path in find_files(folder).files if path.suffix == ".json"]
    return [row for path in files for row in json.loads(path.read_bytes())]


def library_of(user: User) -> list[str]:
    return library.fill(user, library.BOOKMARKS, library.NOTES, library.LISTS, library.LONGEST)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=int, default=200_000)
    parser.add_argument("--keep", type=Path, default=FOLDER)
    parser.add_argument("--only", nargs="*", default=(), metavar="WORD")
    parser.add_argument("--part", choices=("commands", "people", "curators"), nargs="*")
    options = parser.parse_args()
    options.keep.mkdir(exist_ok=True)
    setup_test_environment()  # mail goes nowhere, and answers say what pages were made of
    search.Catalogues(options.folder, options.keep.resolve()).use(options.papers)
    connection.close()
    copy = FOLDER / "copy.sqlite3"
    shutil.copy(options.keep / f"{options.papers}.sqlite3", copy)
    connection.settings_dict["NAME"] = copy
    call_command("collectstatic", interactive=False, verbosity=0)
    print(f"on {connection.display_name}. {load_average()}")
    table, rows, size = Table(options.only), writes.Rows(real_rows(options.folder)), writes.Sizes()
    parts: dict[str, Callable[[], None]] = {
        "people": lambda: writes.people(table, size, library_of),
        "curators": lambda: writes.curators(table, rows, size),
        "commands": lambda: writes.commands(table, rows, size, FOLDER),
    }
    for name, part in parts.items():
        if name in (options.part or parts):
            print(f"\n{name}")
            part()
    table.end()


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        for folder in (FOLDER, search.FOLDER, library.FOLDER):
            shutil.rmtree(folder)
