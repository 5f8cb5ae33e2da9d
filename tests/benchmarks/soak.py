"""Ten minutes of everything at once: whether memory, waiting times and errors stay as they are.

    python tests/benchmarks/soak.py FOLDER [--minutes N] [--readers N] [--writers N] [--pause N]
        [--keep FOLDER]

Serves the digests of a folder as `make run` does, and asks it as `mixed.py` does: readers, half of
them logged in, and writers, who wait for --pause seconds between an answer and the next question;
files that change the same papers are loaded all the time. Beside them somebody downloads whole
lists and their library, Prometheus reads its figures, and `manage.py daily` runs again and again,
without asking other hosts for links.

Prints for each of ten parts of the time the answers a second, p50 and p99 of how long they took,
errors, and the memory of the workers together; then the ratios of the last third to the one in the
middle, since the first one warms up. Ends with 1 if there was an error, if anything was lost, or if
memory grew by more than a quarter from the middle third to the last.
"""

import argparse
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from math import ceil
from pathlib import Path
from statistics import median
from threading import Thread
from time import monotonic, sleep
from typing import Any

os.environ["METRICS_TOKEN"] = "known-to-everybody-so-of-no-use-elsewhere"

import mixed
from django.db import connection
from mixed import PASSWORD, Addresses, Command, Failed, Kept, Measured, Reader, Writer

from accounts.models import User
from digest.models import Source
from digest.search import index
from tests.served import Answer, Browser, served

mixed.FILES = 30  # of one load, so that the last one ends soon after the others
PARTS = 10
EXPORTS = ("/papers.bib", "/papers.ris", "/papers.csl.json", "/papers.md", "/library.bib")
DAILY = """
import os
os.nice(15)  # as manage.py
import django; django.setup()
from django.core.management import call_command
from digest.management.commands import check_links
check_links.due = lambda *_: []
call_command("daily", verbosity=0)
"""


class FreshBrowser(Browser):
    """With a connection for each question: one that rests is closed by the server, and on a busy
    machine at the moment at which it is used again."""

    def ask(self, *args: Any, **options: Any) -> Answer:
        self.close()
        return super().ask(*args, **options)


class Asker(Thread):
    """Does something again and again, with a pause, as one kind of question."""

    def __init__(self, kind: str, question: Callable[[], None], until: float, pause: float) -> None:
        super().__init__()
        self.kind, self.question, self.until, self.pause = kind, question, until, pause
        self.measured: Measured = {kind: Kept()}

    def run(self) -> None:
        while monotonic() < self.until:
            mixed.ask(self.measured[self.kind], self.question)
            sleep(min(self.pause, max(self.until - monotonic(), 0)))


class Daily(Command):
    """The daily run, with a pause."""

    def words(self) -> list[str]:
        sleep(min(20, max(self.until - monotonic(), 0)))
        return ["-c", DAILY]


def exporter(browser: Browser) -> Callable[[], None]:
    turns = random.Random(1)

    def question() -> None:
        path = turns.choice(EXPORTS)
        answer = browser.ask("GET", path)
        if answer.status not in (200, 429):  # so many in a minute, and no more
            raise Failed(f"{answer.status} {path}")

    return question


def scraper(browser: Browser) -> Callable[[], None]:
    def question() -> None:
        bearer = f"Bearer {os.environ['METRICS_TOKEN']}"
        answer = browser.ask("GET", "/metrics", Authorization=bearer)
        if answer.status != 200 or "paper_digest_requests_total" not in answer.text:
            raise Failed(f"{answer.status} /metrics")

    return question


def workers() -> list[int]:
    """The processes of the server, which is the only child of this one so far."""
    server = children(os.getpid())[0]
    return children(server)


def children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(number) for number in found]


def memory(processes: list[int]) -> float:
    """Megabytes that the processes have in memory for themselves."""
    total = 0
    for process in processes:
        with suppress(FileNotFoundError):
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
    return total / 1024


class Part:
    """What was measured in a part of the time."""

    def __init__(self, seconds: list[float], took: float, errors: int, megabytes: float) -> None:
        values = sorted(seconds)
        self.rate = len(values) / took
        self.p50, self.p99 = (
            values[ceil(share * len(values)) - 1] * 1000 if values else 0 for share in (0.5, 0.99)
        )
        self.errors, self.megabytes = errors, megabytes


def watch(
    threads: list[Thread], processes: list[int], begun: float, until: float
) -> Iterator[Part]:
    """Gives each part when it is over, and prints it."""
    print(f"  {'until':>7}{'a second':>10}{'p50':>7}{'p99':>7}   ms  errors  memory, MB")
    places: dict[tuple[Thread, str], int] = {}
    errors = 0
    length = (until - begun) / PARTS
    for number in range(1, PARTS + 1):
        sleep(max(begun + number * length - monotonic(), 0))
        seconds: list[float] = []
        so_far = 0
        for thread in threads:
            for kind, kept in list(thread.measured.items()):
                # An export takes as long as it is large.
                if kind != "exports":
                    seconds += kept.seconds[places.get((thread, kind), 0) :]
                    places[thread, kind] = len(kept.seconds)
                so_far += kept.errors.total()
        part = Part(seconds, length, so_far - errors, memory(processes))
        errors = so_far
        print(
            f"  {number * length:6.0f}s{part.rate:10.1f}{part.p50:7.0f}{part.p99:7.0f}"
            f"{part.errors:13}{part.megabytes:12.0f}",
            flush=True,
        )
        yield part


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--readers", type=int, default=6)
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--pause", type=float, default=0.2)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    members = options.readers // 2
    logged_in = options.writers + members + 1
    mixed.prepare(options.folder, options.keep, logged_in)
    addresses = Addresses()
    papers, sources = len(addresses.papers), Source.objects.count()
    connection.close()
    with ExitStack() as stack:
        rates = {"API_RATE": "1000000", "API_RATE_ANONYMOUS": "1000000"}
        port = stack.enter_context(served(mixed.FOLDER / "log", **rates))
        processes = workers()
        browsers = [FreshBrowser(port) for _ in range(options.writers + options.readers + 2)]
        for browser in browsers:
            stack.callback(browser.close)
        for number, browser in enumerate([*browsers[: logged_in - 1], browsers[-2]]):
            browser.log_in(f"person{number}", PASSWORD)
        begun = monotonic()
        until = begun + options.minutes * 60
        chance = random.Random(0)
        writers = [
            Writer(n, browsers[n], chance.sample(addresses.papers, 50), until, options.pause)
            for n in range(options.writers)
        ]
        threads: list[Thread] = [
            *writers,
            *(
                Reader(n, browser, addresses, until, options.pause)
                for n, browser in enumerate(browsers[options.writers : -2])
            ),
            Asker("exports", exporter(browsers[-2]), until, 8),
            Asker("figures", scraper(browsers[-1]), until, 5),
        ]
        commands = [
            # Of the same papers: the catalogue is as large at the end as after the first load.
            Command("load_digest", mixed.new_files(options.folder, same_papers=True), until),
            Daily("daily", iter(list, None), until),
        ]
        print(
            f"on {connection.display_name}, {papers:,} papers, {options.minutes:g} minutes,"
            f" {options.readers} readers and {options.writers} writers, a pause of"
            f" {options.pause:g} s"
        )
        for thread in (*threads, *commands):
            thread.start()
        parts = list(watch(threads, processes, begun, until))
        for thread in (*threads, *commands):
            thread.join()
        replaced = workers() != processes
    return report(parts, threads, commands, writers, sources, replaced)


def report(
    parts: list[Part],
    threads: list[Thread],
    commands: list[Command],
    writers: list[Writer],
    sources: int,
    replaced: bool,
) -> bool:
    """Print what came of it; whether all is well."""
    third = PARTS // 3
    ratios = {
        name: median(getattr(part, name) for part in parts[-third:])
        / median(getattr(part, name) for part in parts[third : 2 * third])
        for name in ("p99", "rate", "megabytes")
    }
    errors = [
        f"{count} x {kind}: {what}"
        for thread in threads
        for kind, kept in thread.measured.items()
        for what, count in kept.errors.most_common()
    ]
    errors += [f"{command.name}: {text}" for command in commands for text in command.failed]
    text = (mixed.FOLDER / "log").read_text()
    if "Traceback" in text:
        errors.append(f"the server printed a traceback: {text[text.index('Traceback') :][:1500]}")
    if replaced:
        errors.append("a worker ended, and another took its place")
    lost = [
        what
        for number, writer in enumerate(writers)
        for what in writer.lost(User.objects.get(username=f"person{number}"))
    ]
    loader, daily = commands
    loaded = Source.objects.count() - sources
    health = index.check()
    answers = sum(len(kept.seconds) for thread in threads for kept in thread.measured.values())
    print(f"  load_digest: {loader}, {loaded} files; daily: {daily}")
    print(
        f"  {answers:,} answers, {len(errors)} kinds of errors;"
        f" {sum(writer.acknowledged for writer in writers):,} writes, {len(lost)} lost; the index"
        f" {'agrees' if health.is_ok else f'does not agree: {health}'}"
    )
    for what in [*errors, *lost][:20]:
        print(f"    {what}")
    print(
        f"  the last third to the middle one: p99 {ratios['p99']:.2f}, answers a second"
        f" {ratios['rate']:.2f}, memory {ratios['megabytes']:.2f}"
    )
    return not (errors or lost) and health.is_ok and ratios["megabytes"] <= 1.25


if __name__ == "__main__":
    try:
        well = main()
    finally:
        connection.close()
        with suppress(FileNotFoundError):
            shutil.rmtree(mixed.FOLDER)
    sys.exit(not well)
