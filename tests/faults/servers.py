"""Something that the site asks is locked, gone, or has another time."""

import os
import shutil
import subprocess
import sys
import threading
import time
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.test import Client

from digest.models import (
    Paper,
)
from tests.faults.base import (
    FOLDER,
    SQLITE,
    WITHIN,
    Seen,
    Skipped,
    check_consistency,
    collect_static_files,
    command,
    database,
    file_of,
    fill,
    in_a_line,
)
from tests.faults.people import (
    Asking,
    afterwards,
    ask,
    asking,
    refused,
    slowest,
    summary,
    what_503_says,
    works,
    wrong_ones,
)
from tests.postgres import postgres
from tests.redis import PROGRAM as REDIS
from tests.redis import Server as Redis
from tests.samples import digest, row
from tests.served import Browser

LOCKER = """
import sys, time
url, seconds = sys.argv[1], float(sys.argv[2])
if url.startswith("sqlite"):
    try:
        import pysqlite3 as sqlite3
    except ImportError:
        import sqlite3
    db = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
else:
    import psycopg
    db = psycopg.connect(url)
    tables = db.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
    names = ", ".join(name for (name,) in tables)
    db.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
print("locked", flush=True)
time.sleep(seconds)
"""


def locked(seen: Seen) -> None:
    """Another process keeps everybody from writing, for a minute."""
    seconds = float(os.environ.get("LOCKED", 60))
    with database("locked") as url, asking(url) as people:
        arguments = [sys.executable, "-c", LOCKER, url.replace("postgres:", "postgresql:")]
        locker = subprocess.Popen([*arguments, str(seconds)], stdout=subprocess.PIPE, text=True)
        assert locker.stdout
        assert locker.stdout.readline() == "locked\n"
        # Each of four writes, one after the other, waits in vain.
        until = time.monotonic() + max(seconds - 4 * WITHIN, 1)
        loader: list[Any] = []
        thread = threading.Thread(
            target=lambda: loader.append(command(url, "load_digest", str(file_of(FOLDER, 40))))
        )
        thread.start()
        reads, writes = [], []
        writing = threading.Thread(target=lambda: _write_until(people, writes, until))
        writing.start()
        other = Browser(people.port)
        member = Browser(people.port)
        member.cookies = dict(people.member.cookies)
        while time.monotonic() < until:
            for path in Asking.PAGES:
                reads.append((path, ask(other, "GET", path)))
            for path in ("/papers/", "/library/"):
                reads.append((f"{path}, logged in", ask(member, "GET", path)))
        other.close()
        member.close()
        writing.join()
        seen.check(locker.poll() is None, f"locked for {seconds:g} s, throughout")
        seen.check(
            works(reads) and all(answer.seconds < WITHIN for _, answer in reads if answer),
            f"pages that read: {summary(reads)} ({wrong_ones(reads)})",
        )
        seen.check(
            refused(writes, WITHIN) and any(answer.status == 503 for _, answer in writes if answer),
            f"writes: {summary(writes)} ({wrong_ones(writes)})",
        )
        seen.say(what_503_says(writes))
        thread.join()
        loaded = loader[0]
        seen.check(
            "Traceback" not in loaded.stderr,
            f"load_digest: exit code {loaded.returncode}, “{in_a_line(loaded.stderr) or 'loaded'}”",
        )
        locker.wait()
        afterwards(seen, people)
    seen.say(f"the server printed {people.tracebacks} tracebacks")  # type: ignore[attr-defined]


def _write_until(people: Asking, writes: list[Any], until: float) -> None:
    while time.monotonic() < until:
        writes += people.writes()


def gone(seen: Seen) -> None:
    """PostgreSQL is stopped at once, as if its machine had lost power, and started again."""
    if SQLITE:
        raise Skipped("SQLite is a file and no server; tests/postgres.py runs this")
    url = os.environ["DATABASE_URL"]
    was = connection.settings_dict["HOST"], connection.settings_dict["NAME"]
    with postgres() as server:
        connection.close()
        connection.settings_dict["HOST"], connection.settings_dict["NAME"] = (
            str(server.home),
            "postgres",
        )
        try:
            fill()
            with connection.cursor() as cursor:
                # The tests' server may forget what it acknowledged last.
                cursor.execute("ALTER DATABASE postgres SET synchronous_commit = on")
            connection.close()
            with asking(server.url) as people:
                server.stop()
                answers = []
                begun = time.monotonic()
                while time.monotonic() < begun + 10:
                    answers += people.reads() + people.writes()
                    time.sleep(0.3)
                seen.check(
                    refused(answers, 2), f"for 10 s without it: {summary(answers)}, each within 2 s"
                )
                seen.say(what_503_says(answers))
                server.start()
                begun = time.monotonic()
                well = None
                later = []
                while time.monotonic() < begun + 12:
                    later = people.reads() + people.writes()
                    if not works(later):
                        well = None
                    elif well is None:
                        well = time.monotonic() - begun
                seen.check(
                    well is not None and well < 5,
                    f"all is well {f'{well:.1f} s after it was back' if well else 'no more'}"
                    f" ({wrong_ones(later)})",
                )
                afterwards(seen, people)
            seen.say(f"the server printed {people.tracebacks} tracebacks")  # type: ignore[attr-defined]
        finally:
            connection.close()
            connection.settings_dict["HOST"], connection.settings_dict["NAME"] = was
            os.environ["DATABASE_URL"] = url


def redis(seen: Seen) -> None:
    """Redis ends, and is back, empty."""
    if REDIS is None:
        raise Skipped("needs redis-server or valkey-server: apt install redis-server")
    cache = Redis()
    cache.start()
    try:
        with database("redis") as url, asking(url, CACHE_URL=cache.url) as people:
            usual = people.reads() + people.writes()
            cache.stop()
            answers = []
            begun = time.monotonic()
            while time.monotonic() < begun + 8:
                answers += people.reads() + people.writes()
            seen.check(
                # How long an answer takes says what else the machine does.
                works(answers) and slowest(answers) < slowest(usual) + 3,
                f"for 8 s without it: {summary(answers)}, {slowest(usual):.2f} s with it"
                f" ({wrong_ones(answers)})",
            )
            cache.start()
            answers = []
            begun = time.monotonic()
            while time.monotonic() < begun + 8:
                answers += people.reads() + people.writes()
            seen.check(
                works(answers), f"for 8 s with it: {summary(answers)} ({wrong_ones(answers)})"
            )
            afterwards(seen, people)
        seen.say(f"the server printed {people.tracebacks} tracebacks")  # type: ignore[attr-defined]
    finally:
        cache.stop()


def clock(seen: Seen) -> None:
    """The clock is set back an hour between two loads. A mirror asks for what changed since the
    newest that it has, as the API's recipes say."""
    faketime = shutil.which("faketime")
    if faketime is None:
        raise Skipped("needs faketime: apt install faketime")
    collect_static_files()
    back = (faketime, "-f", "-1h")
    with database("clock") as url:
        mirror: dict[str, str] = {}
        newest = "2000-01-01T00:00:00Z"

        def follow() -> int:
            nonlocal newest
            page = f"/api/v1/papers/?modified_since={quote(newest)}&page_size=100"
            came = 0
            while page:
                answer = Client(SERVER_NAME="localhost").get(page).json()
                for paper in answer["results"]:
                    came += 1
                    mirror[paper["id"]] = paper["summary"]
                    newest = max(newest, paper["changed_at"])
                for stone in answer["gone"]:
                    mirror.pop(stone["id"], None)
                    newest = max(newest, stone["gone_at"])
                page = answer["next"]
            return came

        seen.say(f"a mirror has {follow()} papers")
        for number, before in enumerate(((), back, back, ()), start=1):
            path = FOLDER / f"clock-{number}.json"
            # New papers, and another word on some that the mirror has.
            numbers = (*range(number * 200, number * 200 + 30), *range(number, 30 + number))
            rows = (row(n, date="2025-03-01", summary=f"- Said {number}.") for n in numbers)
            path.write_bytes(digest(*rows))
            done = command(url, "load_digest", str(path), before=before)
            came = follow()
            there = dict(Paper.objects.visible().values_list("slug", "summary"))
            connection.close()
            what = "an hour back" if before else "right"
            seen.check(
                not done.returncode and mirror == there,
                f"load {number}, the clock {what}: the mirror was told of {came} papers, and has"
                f" {len(mirror)} of {len(there)} as they are",
            )
        check_consistency(seen)
