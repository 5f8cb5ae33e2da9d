"""People read and write while files are loaded: what they wait, and whether anything is lost.

    python tests/benchmarks/mixed.py FOLDER [--seconds N] [--readers N] [--writers N] [--pause N]
        [--keep FOLDER]

Loads the digests of a folder into an empty database (or takes that up again from --keep), and
serves it as `make run` does. Then, all at once and for so many seconds: readers ask for pages, half
of them logged in; writers, logged in, star papers and save notes by the forms, with the token
against forgery; `load_digest` brings three hundred new files, and more when these are through; a
second one reads a folder with --dry-run, again and again; `check_search_index` compares the index,
again and again. Each reader and writer waits for --pause seconds between an answer and the next
question: 0 asks for as much as the machine can give.

Prints how long pages and writes took, and counts errors: whatever is no 200, or no redirect to
where a form leads. At the end every write that was acknowledged has to be in the database, every
note with the text and the version that its writer was told, every file that the loader says it
loaded, and the index has to agree; else the exit code is 1.

DATABASE_URL may name an empty PostgreSQL database (`python tests/postgres.py python ...`); else it
is SQLite.
"""

import argparse
import itertools
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.client import HTTPException
from math import ceil
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any
from urllib.parse import quote

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/mixed.sqlite3"
os.environ["DEBUG"] = "off"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.models import Bookmark, Note, User  # noqa: E402
from digest.catalogue.load import find_files, load_files  # noqa: E402
from digest.models import Author, Category, Digest, Paper, Source  # noqa: E402
from digest.search import index  # noqa: E402
from tests.served import Browser, served  # noqa: E402

PASSWORD = "correct horse battery"
FILES, ROWS = 300, 12
"""New files that are loaded, and rows of each."""


# Asking


class Failed(Exception):
    """What was answered is not what should have been."""


@dataclass
class Kept:
    """What was measured of a kind of question: seconds of each answer, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        values = sorted(self.seconds)
        return values[ceil(share * len(values)) - 1] * 1000 if values else 0


Measured = dict[str, Kept]


def ask(kept: Kept, question: Callable[[], None]) -> bool:
    """Ask and measure; whether the answer was right."""
    begun = perf_counter()
    try:
        question()
    except (OSError, HTTPException, Failed) as error:
        kept.errors[f"{type(error).__name__}: {error}"[:160]] += 1
        return False
    finally:
        kept.seconds.append(perf_counter() - begun)
    return True


# Readers and writers


class Addresses:
    """Pages to read, at random: some again and again, some hardly ever twice."""

    def __init__(self) -> None:
        self.papers = list(Paper.objects.visible().order_by("pk").values_list("slug", flat=True))
        self.days = [str(day) for day in Digest.objects.values_list("date", flat=True)]
        self.authors = list(Author.objects.order_by("pk").values_list("slug", flat=True))
        self.categories = list(Category.objects.values_list("slug", flat=True))
        titles = Paper.objects.order_by("pk").values_list("title", flat=True)
        self.words = sorted({w for title in titles for w in re.findall("[a-z]{5,}", title.lower())})

    def visitor(self, chance: random.Random) -> tuple[str, str]:
        """A kind of page, and its address."""
        return chance.choice(
            (
                ("pages", "/"),
                ("pages", "/papers/"),
                ("pages", f"/papers/?page={chance.randint(1, 20)}"),
                ("pages", f"/papers/?q={chance.choice(self.words)}"),
                ("pages", f"/papers/{quote(chance.choice(self.papers))}/"),
                ("pages", f"/papers/{quote(chance.choice(self.papers))}/"),
                ("pages", f"/digests/{chance.choice(self.days)}/"),
                ("pages", f"/authors/{quote(chance.choice(self.authors))}/"),
                ("pages", f"/categories/{quote(chance.choice(self.categories))}/"),
                ("pages", "/digests.atom"),
                ("API", f"/api/v1/papers/?q={chance.choice(self.words)}"),
            )
        )

    def member(self, chance: random.Random) -> tuple[str, str]:
        own = (("pages", "/library/"), ("pages", "/library/unread/"), ("pages", "/lists/"))
        return chance.choice((self.visitor(chance), self.visitor(chance), chance.choice(own)))


class Reader(threading.Thread):
    def __init__(
        self, number: int, browser: Browser, addresses: Addresses, until: float, pause: float
    ):
        super().__init__()
        self.browser = browser
        self.asked = addresses.member if browser.cookies else addresses.visitor
        self.chance = random.Random(number)
        self.until, self.pause = until, pause
        self.measured: Measured = defaultdict(Kept)

    def run(self) -> None:
        while monotonic() < self.until:
            kind, path = self.asked(self.chance)

            def question() -> None:
                answer = self.browser.ask("GET", path)  # noqa: B023
                if answer.status != 200 or not answer.text:
                    raise Failed(f"{answer.status} {path.split('?')[0]}")  # noqa: B023

            ask(self.measured[kind], question)
            sleep(self.pause)


class Writer(threading.Thread):
    """Stars papers and writes notes, and knows what has to be there afterwards.

    stars: by paper's slug, the statuses of which one has to stand, "" being none; several where an
    answer was no acknowledgement. notes: the texts and versions, in the same way.
    """

    def __init__(self, number: int, browser: Browser, slugs: list[str], until: float, pause: float):
        super().__init__()
        self.browser = browser
        self.chance = random.Random(f"writer {number}")
        self.slugs = slugs
        self.until, self.pause = until, pause
        self.measured: Measured = defaultdict(Kept)
        self.stars: dict[str, set[str]] = {}
        self.notes: dict[str, set[tuple[str, int]]] = {}
        self.acknowledged = 0

    def run(self) -> None:
        while monotonic() < self.until:
            (self.star if self.chance.random() < 0.6 else self.note)(self.chance.choice(self.slugs))
            sleep(self.pause)

    def star(self, slug: str) -> None:
        do = self.chance.choice(("to-read", "reading", "read", "remove"))
        wanted = "" if do == "remove" else do
        form = {"paper": slug, "do": do, "next": "/papers/"}

        def question() -> None:
            answer = self.browser.ask("POST", "/library/mark/", form)
            if (answer.status, answer.location.partition("#")[0]) != (302, "/papers/"):
                raise Failed(f"star: {answer.status} {answer.location}")

        if ask(self.measured["stars"], question):
            self.stars[slug] = {wanted}
            self.acknowledged += 1
        else:
            self.stars[slug] = self.stars.get(slug, {""}) | {wanted}

    def note(self, slug: str) -> None:
        there = self.notes.get(slug, {("", 0)})
        version = max(version for _, version in there)
        text = f"Note {version + 1} on {slug}: *{self.chance.random()}* of $x^2$. " * 40
        answered: dict[str, Any] = {}

        def question() -> None:
            form = {"text": text, "version": version}
            path = f"/library/notes/{quote(slug)}/"
            answer = self.browser.ask("POST", path, form, Accept="application/json")
            if answer.status != 200:
                raise Failed(f"note: {answer.status} {answer.location}")
            try:
                answered.update(json.loads(answer.text))
            except ValueError:
                raise Failed("note: no JSON") from None
            if answered.get("version") != version + 1 or answered.get("text") != text:
                raise Failed(f"note: version {answered.get('version')} after {version}")

        if ask(self.measured["notes"], question):
            self.notes[slug] = {(text, version + 1)}
            self.acknowledged += 1
        else:
            self.notes[slug] = there | {(text, version + 1)}

    def lost(self, user: User) -> list[str]:
        """What is not there of what was acknowledged."""
        marks = dict(Bookmark.objects.filter(user=user).values_list("paper__slug", "status"))
        rows = Note.objects.filter(user=user).values_list("paper__slug", "text", "version")
        notes = {slug: (text, version) for slug, text, version in rows}
        return [
            *(
                f"star of {slug}: {marks.get(slug, '')!r}, not {wanted}"
                for slug, wanted in self.stars.items()
                if marks.get(slug, "") not in wanted
            ),
            *(
                f"note on {slug}: version {notes.get(slug, ('', 0))[1]}"
                for slug, wanted in self.notes.items()
                if notes.get(slug, ("", 0)) not in wanted
            ),
        ]


# Commands beside them


class Command(threading.Thread):
    """Runs a command again and again; arguments: of the next run. runs: seconds of each."""

    def __init__(self, name: str, arguments: Iterator[list[str]], until: float) -> None:
        super().__init__()
        self.name, self.arguments, self.until = name, arguments, until
        self.runs: list[float] = []
        self.said: list[str] = []
        self.failed: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def run(self) -> None:
        while monotonic() < self.until:
            begun = perf_counter()
            self.process = subprocess.Popen(
                [sys.executable, *self.words()],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            out, err = self.process.communicate()
            self.runs.append(perf_counter() - begun)
            self.said.append(out)
            if self.process.returncode:
                self.failed.append(err.strip()[-500:])

    def words(self) -> list[str]:
        """What Python is told to run next."""
        return ["manage.py", self.name, *next(self.arguments)]

    def __str__(self) -> str:
        if not self.runs:
            return "no run"
        some = f"{len(self.runs)} run{'s' * (len(self.runs) != 1)}"
        return f"{some} of {min(self.runs):.1f} to {max(self.runs):.1f} s"


def new_files(folder: Path, same_papers: bool = False) -> Iterator[list[str]]:
    """Folders of three hundred files that nobody knows, as arguments of load_digest. same_papers:
    each folder gives other titles to the papers of the first one."""
    real = [
        row
        for path in find_files(folder).files
        if path.suffix == ".json"
        for row in json.loads(path.read_bytes())
    ]
    made = 0
    for turn in itertools.count():
        target = FOLDER / f"new-{turn}"
        target.mkdir()
        if same_papers:
            made = 0
        for number in range(FILES):
            day = date(2026, 1, 1) + timedelta(days=made // ROWS)
            rows = []
            for place in range(made, made + ROWS):
                row = real[place % len(real)] | {"date": day.isoformat()}
                row["title"] = f"{row['title']} ({place}, {turn})"
                rows.append(row | {"link": f"https://arxiv.org/abs/2601.{place:05}"})
            (target / f"{number:03}.json").write_text(json.dumps(rows))
            made += ROWS
        yield ["--json", str(target)]


# The whole


def prepare(folder: Path, keep: Path | None, people: int) -> None:
    sqlite = connection.vendor == "sqlite"
    kept = keep / "mixed.sqlite3" if keep else None
    if sqlite and kept and kept.exists():
        shutil.copy(kept, FOLDER / "mixed.sqlite3")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if not Paper.objects.exists():
        load_files(find_files(folder).files)
        if sqlite and keep and kept:
            keep.mkdir(exist_ok=True)
            connection.close()
            with closing(sqlite3.connect(FOLDER / "mixed.sqlite3")) as db:
                db.execute("VACUUM INTO ?", [str(kept)])
    for number in range(people):
        name = f"person{number}"
        User.objects.create_user(name, f"{name}@example.org", PASSWORD)


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    members = options.readers // 2
    prepare(options.folder, options.keep, options.writers + members)
    addresses = Addresses()
    papers, sources = len(addresses.papers), Source.objects.count()
    connection.close()
    with ExitStack() as stack:
        rates = {"API_RATE": "1000000", "API_RATE_ANONYMOUS": "1000000"}
        port = stack.enter_context(served(FOLDER / "log", **rates))
        browsers = [Browser(port) for _ in range(options.writers + options.readers)]
        for number, browser in enumerate(browsers[: options.writers + members]):
            browser.log_in(f"person{number}", PASSWORD)
            stack.callback(browser.close)
        for path in ("/", "/papers/", "/digests.atom", "/api/v1/papers/"):  # each worker's first
            for browser in browsers:
                browser.ask("GET", path)
        begun = monotonic()
        until = begun + options.seconds
        chance = random.Random(0)
        writers = [
            Writer(n, browsers[n], chance.sample(addresses.papers, 50), until, options.pause)
            for n in range(options.writers)
        ]
        readers = [
            Reader(n, browser, addresses, until, options.pause)
            for n, browser in enumerate(browsers[options.writers :])
        ]
        commands = [
            Command("load_digest", new_files(options.folder), until),
            Command("load_digest", iter(lambda: ["--dry-run", str(options.folder)], None), until),
            Command("check_search_index", iter(lambda: ["--dry-run"], None), until),
        ]
        threads = [*writers, *readers, *commands]
        for thread in threads:
            thread.start()
        for thread in (*writers, *readers):
            thread.join()
        took = monotonic() - begun
        load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        for command in commands:
            command.join()
    return report(options, papers, sources, took, load, readers, writers, commands)


def report(
    options: argparse.Namespace,
    papers: int,
    sources: int,
    took: float,
    load: str,
    readers: list[Reader],
    writers: list[Writer],
    commands: list[Command],
) -> bool:
    """Print what was measured; whether nothing failed or was lost."""
    measured: Measured = defaultdict(Kept)
    for thread in (*readers, *writers):
        for kind, kept in thread.measured.items():
            for name in (kind, "writes" if kind in ("stars", "notes") else None):
                if name:
                    measured[name].seconds += kept.seconds
                    measured[name].errors += kept.errors
    print(
        f"on {connection.display_name}, {papers:,} papers, {took:.0f} s, {options.readers} readers"
        f" and {options.writers} writers, a pause of {options.pause:g} s; load average {load}"
    )
    print(
        f"  {'':8}{'answers':>9}{'a second':>10}"
        f"{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}   ms, errors"
    )
    errors = 0
    for kind in ("pages", "API", "writes", "stars", "notes"):
        kept = measured[kind]
        found = kept.errors.total()
        errors += found if kind != "writes" else 0
        figures = "".join(f"{kept.percentile(share):8.0f}" for share in (0.5, 0.95, 0.99, 1))
        number = len(kept.seconds)
        print(f"  {kind:8}{number:9,}{number / took:10.1f}{figures}   {found}")
    for kind in ("pages", "API", "stars", "notes"):
        for what, count in measured[kind].errors.most_common(5):
            print(f"    {count} x {what}")
    loader, dry, checks = commands
    print(
        f"  load_digest of {FILES} files: {loader}; --dry-run: {dry}; check_search_index: {checks}"
    )
    for command in commands:
        for error in command.failed:
            errors += 1
            print(f"    {command.name} failed: {error}")
    text = (FOLDER / "log").read_text()
    if tracebacks := text.count("Traceback (most recent call last)"):
        errors += tracebacks
        print(f"    the server printed {tracebacks} tracebacks, the last:\n{text[-1500:]}")
    lost = [
        what
        for number, writer in enumerate(writers)
        for what in writer.lost(User.objects.get(username=f"person{number}"))
    ]
    written = sum(writer.acknowledged for writer in writers)
    print(
        f"  {written:,} writes were acknowledged; rows that are not as they should be: {len(lost)}"
    )
    for what in lost[:10]:
        print(f"    {what}")
    told = sum(json.loads(said)["totals"]["loaded"] for said in loader.said if said)
    there = Source.objects.count() - sources
    print(f"  {told} files were said to be loaded, {there} are there")
    health = index.check()
    print(f"  the index {'agrees' if health.is_ok else f'does not agree: {health}'}")
    return not (errors or lost or told != there or not health.is_ok)


if __name__ == "__main__":
    try:
        well = main()
    finally:
        connection.close()
        with suppress(FileNotFoundError):
            shutil.rmtree(FOLDER)
    sys.exit(not well)
