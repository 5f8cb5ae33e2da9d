"""How many pages a second, for visitors and for people who are logged in.

    python tests/benchmarks/pages.py FOLDER [--papers N...] [--keep FOLDER] [--seconds N]
        [--connections N] [--datasette EXECUTABLE] [--linkding CHECKOUT --python EXECUTABLE]

For each size builds a catalogue of so many papers from the real digests of a folder (or takes it up
again from --keep), gives a person bookmarks and notes, and serves it as `make run` does. Beside it,
on servers with the same workers: a WSGI function that returns the bytes of a visitor's pages;
linkding from a checkout, run by a Python that has what it needs, with the same bookmarks; and
datasette with the same papers. One is asked after the other, in turns, by so many connections.

Prints for each page the answers a second, the 99th percentile of how long one took, and the
milliseconds of the processor that the server spent on one, which say most where others use the
machine as well; then ratios of the same run. "new" pages are never asked for twice, and those with
"br" are asked for in Brotli.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from secrets import token_hex
from statistics import median
from time import perf_counter, sleep
from typing import NamedTuple
from urllib.parse import quote, quote_plus

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/material.sqlite3"
os.environ["DEBUG"] = "off"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

import search  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from search_served import TABLE, WORDS, for_datasette, new_words  # noqa: E402

from accounts.library import Library  # noqa: E402
from accounts.models import Status, User  # noqa: E402
from digest.models import Digest, Paper  # noqa: E402
from tests.served import Browser  # noqa: E402

NAME, PASSWORD = "reader", "correct horse battery"
BOOKMARKS, NOTES = 1_000, 100
TURNS = 3
GUNICORN = (
    *("-m", "gunicorn", "--bind", "127.0.0.1:PORT", "--worker-class", "gthread", "--workers", "2"),
    *("--threads", "4", "--no-control-socket", "--log-level", "warning"),
)
LINKDING_SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "bookmarks.settings.prod",
    "LD_DISABLE_BACKGROUND_TASKS": "True",
}
LINKDING = """
import json, sys
from datetime import datetime
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from bookmarks.models import Bookmark, Tag
user = User.objects.create_user("reader", "reader@example.org", "secret")
user.profile.items_per_page = 25
user.profile.save()
tags = {}
for row in json.load(open(ROWS)):
    at = datetime.fromisoformat(row.pop("at"))
    names = row.pop("tags")
    made = Bookmark.objects.create(owner=user, date_added=at, date_modified=at, **row)
    for name in names:
        if name not in tags:
            tags[name] = Tag.objects.create(owner=user, name=name, date_added=at)
    made.tags.set([tags[name] for name in names])
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print("SESSION", session.session_key)
"""


# Servers


class Server(NamedTuple):
    port: int
    process: int

    def processor(self) -> float:
        """Seconds of the processor that it and its workers have used."""
        ticks = 0
        for pid in [self.process, *_children(self.process)]:
            numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(numbers[11]) + int(numbers[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@contextmanager
def served(*command: str, folder: Path = ROOT, **environment: str) -> Iterator[Server]:
    """Run a server at a free port of this machine, which is written for PORT."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (FOLDER / "log").open("a") as log:
        process = subprocess.Popen(
            [part.replace("PORT", str(port)) for part in command],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
        )
    try:
        while not _listens(port):
            if process.poll() is not None:
                text = (FOLDER / "log").read_text()
                raise SystemExit(f"{command} ended at once:\n{text[-2000:]}")
            sleep(0.1)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


# Asking


class Asked(NamedTuple):
    """Pages of one kind: who serves them, their addresses, and the headers that are sent."""

    server: Server
    paths: list[str]
    cookies: str = ""
    encoding: str = ""

    def headers(self) -> str:
        sent = {"Host": "localhost", "Cookie": self.cookies, "Accept-Encoding": self.encoding}
        return "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value) + "\r\n"


class Measured(NamedTuple):
    """rate: answers a second. last: milliseconds, the 99th percentile. processor: milliseconds of
    an answer."""

    rate: float
    last: float
    processor: float


def measure(asked: Asked, seconds: float, connections: int) -> Measured:
    """Ask for some seconds, by connections that each ask one thing after the other."""
    until = perf_counter() + seconds
    headers = asked.headers()

    def read(number: int) -> list[float]:
        took = []
        start = number * len(asked.paths) // connections
        with socket.create_connection(("127.0.0.1", asked.server.port), timeout=60) as connection:
            for path in islice(cycle(asked.paths), start, None):
                begun = perf_counter()
                if begun > until:
                    break
                get(connection, path, headers)
                took.append(perf_counter() - begun)
        return took

    begun, used = perf_counter(), asked.server.processor()
    with ThreadPoolExecutor(connections) as pool:
        took = sorted(one for some in pool.map(read, range(connections)) for one in some)
    used = asked.server.processor() - used
    rate = len(took) / (perf_counter() - begun)
    return Measured(rate, took[ceil(0.99 * len(took)) - 1] * 1000, used / len(took) * 1000)


def get(connection: socket.socket, path: str, headers: str) -> int:
    """Ask for a page; how many bytes its body has. By hand, for a library's client would take more
    of the processor than the server."""
    connection.sendall(f"GET {path} HTTP/1.1\r\n{headers}".encode())
    answer = bytearray()
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += _received(connection, path)
    lines = bytes(answer[:end]).decode("latin-1").lower().split("\r\n")
    if " 200 " not in lines[0]:
        raise SystemExit(f"{path} gave {lines[0]}")
    received = dict(line.split(": ", 1) for line in lines[1:])
    if "content-length" in received:
        wanted = end + 4 + int(received["content-length"])
        while len(answer) < wanted:
            answer += _received(connection, path)
    else:  # in pieces
        while not answer.endswith(b"\r\n0\r\n\r\n"):
            answer += _received(connection, path)
    return len(answer) - end - 4


def _received(connection: socket.socket, path: str) -> bytes:
    received = connection.recv(1 << 18)
    if not received:
        raise SystemExit(f"{path} was not answered to the end")
    return received


# What is served


def fill() -> list[Paper]:
    """Make a person with bookmarks and notes, if there is none; the papers that are bookmarked."""
    papers = list(Paper.objects.newest().for_cards()[:BOOKMARKS])
    if not User.objects.filter(username=NAME).exists():
        library = Library(User.objects.create_user(NAME, f"{NAME}@example.org", PASSWORD))
        keys = [paper.pk for paper in papers]
        library.bookmarks.add(keys)
        library.bookmarks.add(keys[::3], Status.READ)
        for paper in papers[:: BOOKMARKS // NOTES]:
            library.notes.save(paper, f"A *note* on {paper.title}.", 0)
    return papers


def addresses() -> dict[str, list[str]]:
    """Pages by their kind."""
    days = Digest.objects.filter(paper_count__gt=20).order_by("-date")[:5]
    slugs = list(Paper.objects.newest().values_list("slug", flat=True)[:5_000])
    papers = [f"/papers/{quote(slug)}/" for slug in slugs]
    return {
        "list": ["/papers/", *(f"/papers/?page={number}" for number in range(2, 6))],
        "day": [f"/digests/{day.date}/" for day in days],
        "library": ["/library/", *(f"/library/?page={number}" for number in range(2, 6))],
        "search": [f"/papers/?q={quote_plus(words)}" for words in WORDS],
        "paper": papers[:5],
        "new search": [f"/papers/?q={quote_plus(words)}" for words in new_words()],
        "new paper": papers[5:],
    }


def linkding(papers: list[Paper], checkout: Path, python: str) -> str:
    """Give a new linkding the same papers as bookmarks; the cookie of its person."""
    rows = [
        {
            "url": paper.url or f"https://arxiv.org/abs/{paper.arxiv_id}",
            "title": paper.title[:512],
            "description": paper.summary,
            "tags": [place.category.slug for place in paper.classifications.all()],
            "at": f"{paper.date}T00:00:00+00:00",
        }
        for paper in papers
    ]
    (FOLDER / "bookmarks.json").write_text(json.dumps(rows))
    shutil.rmtree(checkout / "data", ignore_errors=True)
    (checkout / "data").mkdir()
    (checkout / "data" / "secretkey.txt").write_text(token_hex())
    script = LINKDING.replace("ROWS", repr(str(FOLDER / "bookmarks.json")))
    for arguments in (("migrate", "--verbosity", "0"), ("shell", "-c", script)):
        done = subprocess.run(
            [python, "manage.py", *arguments],
            cwd=checkout,
            env={**os.environ, **LINKDING_SETTINGS},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"linkding: {done.stderr[-2000:]}")
    return f"ld_sessionid={done.stdout.split('SESSION ')[1].split()[0]}"


# The whole


def compare(url: str, options: argparse.Namespace) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)
    papers, pages = fill(), addresses()
    environment = {"DATABASE_URL": url, "CACHE_URL": "memory://", "DEBUG": "off"}
    with ExitStack() as servers:
        start = servers.enter_context
        site = start(served(sys.executable, *GUNICORN, "digest.wsgi", **environment))
        browser = Browser(site.port)
        browser.log_in(NAME, PASSWORD)
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        browser.close()
        asked = {f"member: {kind}": Asked(site, paths, cookies) for kind, paths in pages.items()}
        asked |= {
            f"visitor: {kind}": Asked(site, paths)
            for kind, paths in pages.items()
            if kind != "library"
        }
        asked |= {
            f"{who}: list, br": asked[f"{who}: list"]._replace(encoding="br")
            for who in ("member", "visitor")
        }
        bare = FOLDER / "bare"
        shutil.rmtree(bare, ignore_errors=True)
        bare.mkdir()
        for number, path in enumerate(pages["list"]):
            text = browser_text(site.port, path)
            (bare / str(number)).write_bytes(text)
        python = {"BARE": str(bare), "PYTHONPATH": str(Path(__file__).parent)}
        function = start(served(sys.executable, *GUNICORN, "bare", **python))
        asked["bare: list"] = Asked(function, [f"/{n}" for n in range(len(pages["list"]))])
        if options.linkding:
            checkout = FOLDER / "linkding"
            shutil.copytree(options.linkding, checkout, dirs_exist_ok=True)
            session = linkding(papers, checkout, options.python)
            theirs = start(
                served(
                    *(options.python, *GUNICORN, "bookmarks.wsgi"),
                    folder=checkout,
                    **LINKDING_SETTINGS,
                )
            )
            listed = ["/bookmarks", *(f"/bookmarks?page={number}" for number in range(2, 6))]
            asked["linkding: list"] = Asked(theirs, listed, session)
            found = [f"/bookmarks?q={quote_plus(words)}" for words in WORDS]
            asked["linkding: search"] = Asked(theirs, found, session)
        if options.datasette:
            database = FOLDER / "papers.db"
            database.unlink(missing_ok=True)
            for_datasette(database)
            flat = start(
                served(
                    *(str(options.datasette), "serve", "--host", "127.0.0.1", "--port", "PORT"),
                    str(database),
                )
            )
            asked["datasette: list"] = Asked(flat, [TABLE])
            found = [f"{TABLE}&_search={quote_plus(words)}" for words in WORDS]
            asked["datasette: search"] = Asked(flat, found)
        report(measured(asked, options))


def browser_text(port: int, path: str) -> bytes:
    browser = Browser(port)
    try:
        return browser.ask("GET", path).text.encode()
    finally:
        browser.close()


def measured(asked: dict[str, Asked], options: argparse.Namespace) -> dict[str, Measured]:
    """Of each the medians of some turns, after one that is not counted."""
    found: dict[str, list[Measured]] = {name: [] for name in asked}
    for turn in range(TURNS + 1):
        for name, one in asked.items():
            if "new" in name:  # in each turn others
                places = [name for name in asked if "new" in name]
                step = len(places) * (TURNS + 1)
                one = one._replace(paths=one.paths[turn * len(places) + places.index(name) :: step])
            seconds = options.seconds / TURNS if turn else 1
            found[name].append(measure(one, seconds, options.connections))
    return {
        name: Measured(*(median(values) for values in zip(*some[1:], strict=True)))
        for name, some in found.items()
    }


def report(found: dict[str, Measured]) -> None:
    print(f"  {'':24}{'a second':>10}{'p99, ms':>10}{'processor, ms':>15}")
    for name, one in found.items():
        print(f"  {name:24}{one.rate:10.1f}{one.last:10.0f}{one.processor:15.2f}")
    print("  ratios: answers a second, and by the processor")
    for ours, theirs in (
        ("visitor: list", "bare: list"),
        ("visitor: list, br", "visitor: list"),
        ("member: list, br", "member: list"),
        ("member: list", "linkding: list"),
        ("member: library", "linkding: list"),
        ("member: search", "linkding: search"),
        ("member: list", "datasette: list"),
        ("member: search", "datasette: search"),
    ):
        if theirs in found:
            rate = found[ours].rate / found[theirs].rate
            processor = found[theirs].processor / found[ours].processor
            print(f"  {f'{ours} / {theirs}':40}{rate:8.2f}{processor:8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=int, nargs="+", default=[4_915, 200_000])
    parser.add_argument("--keep", type=Path, default=FOLDER)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--datasette", type=Path)
    parser.add_argument("--linkding", type=Path)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    options.keep.mkdir(exist_ok=True)
    catalogues = search.Catalogues(options.folder, options.keep.resolve())
    for papers in options.papers:
        url = catalogues.use(papers)
        compare(url, options)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"  {options.connections} connections; load average {load}")


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        for folder in (FOLDER, search.FOLDER):
            shutil.rmtree(folder)
