"""The site and datasette, serving the same rows to the same readers: requests a second of each."""

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from time import perf_counter, sleep
from urllib.parse import quote_plus

from django.core.management import call_command

from digest.models import Authorship, Category, Classification, Paper

ROOT = Path(__file__).resolve().parents[2]
READERS = 4
TURNS = 3
TABLE = "/papers/papers?_size=25"
WORDS = (
    "diffusion",
    "reasoning",
    "language models",
    "benchmark",
    "transformer",
    "retrieval augmented generation",
    "speculative decoding",
    "watermark",
    "protein",
    "robot",
    "neonatal",
    "chain of thought",
)
CATEGORIES = (
    "Text Generation",
    "Question Answering",
    "Text-to-Image",
    "Robotics",
    "Visual Question Answering",
    "Text-to-Video",
)


def compare(url: str, folder: Path, datasette: Path, seconds: float) -> None:
    """Serve a database's catalogue with the site and with datasette; print the rates of each.

    folder: an empty one, for datasette's own databases: one as rows are put into a table, and one
    tuned, with indexes for the filters and without facets that nobody asked for. All wait while one
    is asked, in `TURNS` turns. The new searches are never asked for twice. The others are few and
    asked for again and again, and the site keeps their pages for visitors; the line with a cookie
    is of readers for whom it keeps nothing, and makes every page anew.
    """
    call_command("collectstatic", interactive=False, verbosity=0)
    flat, tuned = folder / "papers.db", folder / "tuned" / "papers.db"
    for_datasette(flat)
    tuned.parent.mkdir()
    shutil.copy(flat, tuned)
    with closing(sqlite3.connect(tuned)) as db:
        db.execute("CREATE INDEX papers_category ON papers (category)")
        db.execute("CREATE INDEX papers_date ON papers (date)")
    slugs = {row.name: row.slug for row in Category.objects.filter(name__in=CATEGORIES)}
    site = {
        "search": [f"/papers/?q={quote_plus(words)}" for words in WORDS],
        "new search": [f"/papers/?q={quote_plus(words)}" for words in new_words()],
        "filtered list": [f"/papers/?category={slugs[name]}" for name in CATEGORIES],
    }
    theirs = {
        "search": [f"{TABLE}&_search={quote_plus(words)}" for words in WORDS],
        "new search": [f"{TABLE}&_search={quote_plus(words)}" for words in new_words()],
        "filtered list": [f"{TABLE}&category={quote_plus(name)}" for name in CATEGORIES],
    }
    counting = {
        what: [f"{path}&_facet=category" for path in paths] for what, paths in theirs.items()
    }
    serve = (str(datasette), "serve", "--host", "127.0.0.1", "--port", "PORT")
    with ExitStack() as servers:
        ours = servers.enter_context(
            served(
                *(sys.executable, "-m", "gunicorn", "digest.wsgi", "--bind", "127.0.0.1:PORT"),
                *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
                *("--no-control-socket", "--log-level", "warning"),
                environment={"DATABASE_URL": url, "CACHE_URL": "memory://", "DEBUG": "off"},
            )
        )
        plain = servers.enter_context(served(*serve, str(flat)))
        quiet = ("--setting", "suggest_facets", "off")
        fast = servers.enter_context(served(*serve, *quiet, str(tuned)))
        asked = {
            "the site": (ours, site, {}),
            "the site, with a cookie": (ours, site, {"Cookie": "a=b"}),
            "datasette as it comes": (plain, theirs, {}),
            "the same, counting categories": (plain, counting, {}),
            "datasette tuned": (fast, theirs, {}),
            "tuned, counting categories": (fast, counting, {}),
        }
        rates: dict[str, dict[str, list[float]]] = {
            name: {what: [] for what in paths} for name, (_, paths, _) in asked.items()
        }
        for turn in range(TURNS):
            for place, (name, (port, some, headers)) in enumerate(asked.items()):
                for what, paths in some.items():
                    if what == "new search":
                        paths = paths[turn * len(asked) + place :: TURNS * len(asked)]
                    rates[name][what].append(rate(port, paths, seconds / TURNS, headers))
    print(f"  requests a second of {READERS} readers, {seconds:g} s each (the site's / theirs):")
    print(f"  {'':34}" + "".join(f"{what:>18}" for what in site))
    for name, found in rates.items():
        line = f"  {name:34}"
        for what, some in found.items():
            ratio = median(a / b for a, b in zip(rates["the site"][what], some, strict=True))
            line += f"{median(some):10.1f}" + (
                f" ({ratio:5.2f})" if name != "the site" else " " * 8
            )
        print(line.rstrip())


def new_words() -> Iterator[str]:
    """Two words of one title, never the same two twice."""
    titles = Paper.objects.order_by("pk").values_list("title", flat=True)
    found = {}
    for title in titles[:20_000].iterator():
        words = re.findall(r"[a-z]{5,}", title.lower())
        if len(words) > 2:
            found[f"{words[0]} {words[2]}"] = None
    return iter(found)


def for_datasette(path: Path) -> None:
    """The same papers in one flat table, with full-text search as datasette finds it."""
    authors, category = defaultdict(list), {}
    for paper, name in Authorship.objects.order_by("paper", "position").values_list(
        "paper", "author__name"
    ):
        authors[paper].append(name)
    category.update(
        Classification.objects.filter(position=1).values_list("paper", "category__name")
    )
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE papers (id INTEGER PRIMARY KEY, slug TEXT, title TEXT, authors TEXT,"
            " summary TEXT, date TEXT, category TEXT)"
        )
        papers = Paper.objects.order_by("pk").values_list("pk", "slug", "title", "summary", "date")
        db.executemany(
            "INSERT INTO papers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (pk, slug, title, ", ".join(authors[pk]), summary, str(day), category.get(pk))
                for pk, slug, title, summary, day in papers.iterator()
            ),
        )
        db.execute(
            "CREATE VIRTUAL TABLE papers_fts"
            " USING fts5(title, authors, summary, content=papers, content_rowid=id)"
        )
        db.execute("INSERT INTO papers_fts (papers_fts) VALUES ('rebuild')")


@contextmanager
def served(*command: str, environment: dict[str, str] | None = None) -> Iterator[int]:
    """Run a server at a free port of this machine, which is said for PORT; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [part.replace("PORT", str(port)) for part in command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            while not answers(port):
                if process.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"{command[0]} ended at once:\n{log.read()[-2000:]}")
                sleep(0.1)
            yield port
        finally:
            process.terminate()
            process.wait()


def answers(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        try:
            get(connection, "/")
        except (OSError, HTTPException):
            return False
    return True


def get(connection: HTTPConnection, path: str, headers: dict[str, str] | None = None) -> bytes:
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise SystemExit(f"{path} gave {response.status}")
    return body


def rate(port: int, paths: list[str], seconds: float, headers: dict[str, str]) -> float:
    """Requests a second of a few readers who ask one thing after the other for some seconds."""
    until = perf_counter() + seconds

    def read(reader: int) -> int:
        answered, start = 0, reader * len(paths) // READERS
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            for path in islice(cycle(paths), start, None):
                if perf_counter() > until:
                    break
                get(connection, path, headers)
                answered += 1
        return answered

    begun = perf_counter()
    with ThreadPoolExecutor(READERS) as pool:
        answered = sum(pool.map(read, range(READERS)))
    return answered / (perf_counter() - begun)
