"""Breaks what the site stands on, and looks whether anything is lost or comes by halves.

    python tests/faults.py [NAME...]            on SQLite
    python tests/postgres.py python tests/faults.py [NAME...]

    kill-load, kill-note, kill-import, kill-migrate, kill-backup, kill-restore, kill-copy: SIGKILL,
        by the clock and before the database's steps
    kill-upgrade: SIGKILL before the steps of a migration
    busy: backups are made while people write and files are loaded
    disk: it is full
    locked: another process keeps everybody from writing
    gone: PostgreSQL ends, and is back
    redis: Redis ends, and is back
    clock: it is set back an hour

Prints what was done, what was seen and whether that is right. The exit code is 1 if something is
not. What cannot be played here is skipped, and it is said why. After each fault, the search index
has to agree with the catalogue, and everything that was acknowledged has to be there.

SEED chooses other random points; LOCKED says for how many seconds the database is locked, and PAUSE
how many a writer waits while backups are made.
"""

import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

# A socket's path has to be shorter than what TMPDIR may be.
FOLDER = Path(tempfile.mkdtemp(prefix="faults-", dir="/tmp"))
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/base.sqlite3"
os.environ["ENV_FILE"] = os.devnull
os.environ["DEBUG"] = "off"
os.environ["ALLOWED_HOSTS"] = "localhost"
os.environ["EMAIL_URL"] = f"file://{FOLDER}/mail"
os.environ["API_RATE"] = os.environ["API_RATE_ANONYMOUS"] = "100000"
os.environ["DJANGO_SETTINGS_MODULE"] = "digest.settings"

import django  # noqa: E402

django.setup()

import psycopg  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import Bookmark, ListItem, Note, ReadingList, User  # noqa: E402
from accounts.tokens import create as create_token  # noqa: E402
from digest.backups import folders, tables  # noqa: E402
from digest.backups.copying import copy_to  # noqa: E402
from digest.catalogue.load import load  # noqa: E402
from digest.models import (  # noqa: E402
    Authorship,
    Entry,
    Paper,
    Placement,
    SearchText,
    Source,
)
from digest.search import index  # noqa: E402
from tests import kills  # noqa: E402
from tests.earlier import go_back, rows  # noqa: E402
from tests.postgres import postgres  # noqa: E402
from tests.redis import PROGRAM as REDIS  # noqa: E402
from tests.redis import Server as Redis  # noqa: E402
from tests.samples import digest, row  # noqa: E402
from tests.served import Answer, Browser, served  # noqa: E402

KILLS, MOST = 20, 40
"""Kills of each kind, and tries, of which some are over before the kill."""
PASSWORD = "correct horse battery"
WRITERS = 12
"""People who write while backups are made; the others have no password."""
PAUSE = float(os.environ.get("PAUSE", 1))
SQLITE = connection.vendor == "sqlite"
WITHIN = 7
"""Seconds in which a write that cannot be done is refused: five of waiting, and a loaded machine's
own."""
chance = random.Random(os.environ.get("SEED", "1"))


class Skipped(Exception):
    """What is missing to play this."""


# What is said


@dataclass
class Seen:
    """What a fault showed. wrong: what is not as it should be."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.lines.append(line)
        print(f"    {line}", flush=True)

    def check(self, right: object, line: str) -> None:
        """Say it, and whether it is so."""
        if not right:
            self.wrong.append(line)
        self.say(("ok     " if right else "WRONG  ") + line)


# The site to be broken


@contextmanager
def database(name: str, folder: Path = FOLDER) -> Iterator[str]:
    """A copy of the base, for a fault to itself: its URL. This process asks it, too."""
    copy = create(name, folder, empty=False)
    with at(copy):
        yield url_of(copy)


def create(name: str, folder: Path = FOLDER, *, empty: bool = True) -> str:
    """Create an empty database, or a copy of the base: what it is called."""
    connection.close()
    if SQLITE:
        path = folder / f"{name}.sqlite3"
        if not empty:
            shutil.copy(connection.settings_dict["NAME"], path)
        return str(path)
    name, host = name.replace("-", "_"), connection.settings_dict["HOST"]
    template = "template0" if empty else connection.settings_dict["NAME"]
    with closing(
        psycopg.connect(host=host, user="postgres", dbname="template1", autocommit=True)
    ) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


@contextmanager
def at(name: str) -> Iterator[None]:
    """Within, this process asks another database."""
    connection.close()
    was = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = was


def url_of(name: str) -> str:
    if SQLITE:
        return f"sqlite:///{name}"
    return f"postgres://postgres@/{name}?host={connection.settings_dict['HOST']}"


def contents() -> dict[str, tuple[int, str, int | None]]:
    """Of each table how many rows it has, their checksum, and the last number of a row."""
    found = {}
    for table in tables.tables_of(tables.migrations_of("default")):
        there = tables.tally(table, "default")
        found[table.name] = (there.rows, there.sha256, tables.last_number(table, "default"))
    return found


def fill() -> None:
    """What the base holds: a digest of a hundred papers, and people."""
    call_command("migrate", verbosity=0)
    load(digest(*(row(number) for number in range(1, 101))), "2025-02-06.json")
    for number in range(MOST + 1):
        name = f"person{number}"
        User.objects.create_user(
            name, f"{name}@example.org", PASSWORD if number < WRITERS else None
        )
    if SQLITE:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@cache
def collect_static_files() -> None:
    """Once, and only for those that show pages: it takes longer than most of the others."""
    call_command("collectstatic", interactive=False, verbosity=0)


def person(number: int) -> User:
    return User.objects.get(username=f"person{number}")


def whole(seen: Seen) -> None:
    """The index agrees with the catalogue, and the database with itself."""
    health = index.check()
    seen.check(health.is_ok, f"check_search_index: {health.papers} papers, the index agrees")
    if SQLITE:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            found = cursor.fetchall()
            cursor.execute("PRAGMA foreign_key_check")
            found += cursor.fetchall()
        seen.check(found == [("ok",)], "integrity_check and foreign_key_check: ok")


# Kills


def kill_each(
    seen: Seen,
    what: str,
    work: Callable[[int], Any],
    became: Callable[[int], str],
) -> None:
    """Kill the work twenty times and look what became of it: "whole", "none", or what else.

    work: by a number, each with material of its own. The first is done here, so that all modules
    are there. The second, which nobody kills either, tells how long it takes and its steps.
    """
    work(0)
    first = kills.run(lambda: work(1))
    right = [became(number) for number in (0, 1)] == ["whole", "whole"]
    seen.check(right, f"{what}: {first.steps} steps, {first.seconds * 1000:.0f} ms")
    found: Counter[str] = Counter()
    points = {"by the clock": 0, "before a statement or commit": 0}
    lost, number = 0, 1
    while sum(points.values()) < KILLS and number < MOST:
        number += 1
        by_clock = number % 2
        ended = (
            kills.run(lambda: work(number), seconds=first.seconds * chance.uniform(0.02, 1))  # noqa: B023
            if by_clock
            else kills.run(lambda: work(number), step=chance.randint(1, first.steps))  # noqa: B023
        )
        outcome = became(number)
        if not ended.killed:  # it was faster than the first
            lost += outcome != "whole"
            continue
        points["by the clock" if by_clock else "before a statement or commit"] += 1
        found[outcome] += 1
    told = ", ".join(f"{count} {outcome}" for outcome, count in found.items())
    where = " and ".join(f"{count} {point}" for point, count in points.items())
    right = found["whole"] + found["none"]
    seen.check(right == KILLS, f"{what}: {right} of {KILLS} whole or none ({told}; killed {where})")
    seen.check(not lost, f"{what}: nothing that was done to its end is missing ({lost})")


def kill_load(seen: Seen) -> None:
    """A load: a file of 400 rows, eight days of fifty."""
    rows = 400

    def papers(number: int) -> range:
        return range((number + 1) * 1_000, (number + 1) * 1_000 + rows)

    def content(number: int) -> bytes:
        days = (date(2025, 3, 1) + timedelta(days=n // 50) for n in range(rows))
        return digest(*(row(n, date=str(day)) for n, day in zip(papers(number), days, strict=True)))

    def work(number: int) -> str:
        return load(content(number), f"{number}.json").status

    def became(number: int) -> str:
        slugs = [f"2502.{n:05}" for n in papers(number)]
        named = {"paper__slug__in": slugs}
        counts = (
            Source.objects.filter(name=f"{number}.json").count(),
            Paper.objects.visible().filter(slug__in=slugs).count(),
            Entry.objects.filter(**named).count(),
            Placement.objects.filter(**named).count(),
            SearchText.objects.filter(**named).count(),
            Authorship.objects.filter(**named).count(),
        )
        if counts == (1, rows, rows, rows, rows, 2 * rows):
            return "whole"
        return "none" if not any(counts) else f"half: {counts}"

    with database("kill-load"):
        kill_each(seen, "load of 400 rows", work, became)
        missing = [n for n in range(KILLS) if became(n) == "none"]
        for number in missing:
            work(number)
        again = [became(number) for number in missing]
        seen.check(again == ["whole"] * len(missing), f"{len(missing)} of them loaded again: whole")
        whole(seen)


def kill_note(seen: Seen) -> None:
    """A note's save, as a whole request: a text of 20,000 characters over an earlier one."""
    collect_static_files()
    papers = list(Paper.objects.order_by("pk")[: MOST + 1])

    def text(number: int) -> str:
        return f"Note {number} says *that* $x^2$ is\n\n" * 600

    with database("kill-note"):
        user = person(0)
        for number, paper in enumerate(papers):
            if number % 2:  # every second one replaces a text
                Note.objects.create(
                    user=user,
                    paper=paper,
                    text="Before.",
                    html="<p>Before.</p>",
                    words="before",
                    added_at="2025-01-01T00:00Z",
                    changed_at="2025-01-01T00:00Z",
                )
        client = Client(SERVER_NAME="localhost")
        client.force_login(user)

        def work(number: int) -> int:
            data = {"text": text(number), "version": number % 2}
            there = f"/library/notes/{papers[number].slug}/"
            answer = client.post(there, data, headers={"Accept": "application/json"})
            return int(answer.status_code == 200) or answer.status_code

        def became(number: int) -> str:
            rows = Note.objects.filter(user=user, paper=papers[number])
            now = [(n.text, n.version, n.html.count("<em>"), n.words.count("note")) for n in rows]
            if now == [(text(number).replace("\r\n", "\n"), number % 2 + 1, 600, 600)]:
                return "whole"
            before = [("Before.", 1, 0, 0)] if number % 2 else []
            return "none" if now == before else f"half: {[each[1:] for each in now]}"

        kill_each(seen, "save of a note", work, became)
        whole(seen)


def kill_upgrade(seen: Seen) -> None:
    """`migrate` on a database of an earlier version, which begins again after each kill."""

    def migrate() -> str:
        call_command("migrate", verbosity=0, stdout=io.StringIO())
        return "done"

    with database("earlier"):
        before = rows()
        go_back()
        with database("upgraded"):
            steps = kills.run(migrate).steps
        killed = right = 0
        for number in range(KILLS):
            with database(f"upgrade-{number}"):
                killed += kills.run(migrate, step=chance.randint(1, steps)).killed
                migrate()
                right += rows() == before
        seen.check(killed == KILLS, f"{killed} of {KILLS} killed before one of {steps} steps")
        seen.check(right == KILLS, f"{right} of {KILLS} hold all rows after a second run")


def archive(papers: list[Paper], notes: int) -> bytes:
    """An account's export: bookmarks, notes, and two lists with all of them."""
    now = "2025-01-01T00:00:00+00:00"
    named = [{"id": p.slug, "title": p.title, "arxiv_id": p.arxiv_id, "url": p.url} for p in papers]
    about = {"section": "", "comment": "A *comment*.", "shows_note": False, "added_at": now}
    listed = {"description": "", "visibility": "private", "added_at": now, "members": []}
    said = {
        "format": "paper-digest-library/1",
        "exported_at": now,
        "profile": {
            "user_name": "x",
            "display_name": "",
            "time_zone": "UTC",
            "theme": "auto",
            "density": "brief",
            "papers_on_a_page": 25,
        },
        "read": {"until": None, "days": ["2025-02-06"]},
        "bookmarks": [{"paper": p, "status": "read", "added_at": now} for p in named],
        "dismissed": [],
        "notes": [
            {"paper": p, "file": f"notes/{n}.md", "added_at": now, "changed_at": now}
            for n, p in enumerate(named[:notes])
        ],
        "lists": [
            {"name": name, "items": [{"paper": p, **about} for p in named], **listed}
            for name in ("One", "Two")
        ],
        "reports": [],
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(notes):
            made.writestr(f"notes/{number}.md", "A *note* of a usual length. " * 40)
        made.writestr("library.json", json.dumps(said))
    return file.getvalue()


def kill_import(seen: Seen) -> None:
    """The import of an account's archive, as a whole request: 100 bookmarks, 60 notes, 2 lists."""
    collect_static_files()
    with database("kill-import"):
        content = archive(list(Paper.objects.order_by("pk")), 60)
        users = [person(number) for number in range(MOST + 1)]
        clients = []
        for user in users:
            clients.append(Client(SERVER_NAME="localhost"))
            clients[-1].force_login(user)

        def work(number: int) -> int:
            file = io.BytesIO(content)
            file.name = "library.zip"
            answer = clients[number].post("/library/import/", {"file": file})
            return answer.status_code

        def became(number: int) -> str:
            mine = {"user": users[number]}
            counts = (
                Bookmark.objects.filter(**mine).count(),
                Note.objects.filter(**mine).count(),
                ReadingList.objects.filter(owner=users[number]).count(),
                ListItem.objects.filter(reading_list__owner=users[number]).count(),
            )
            if counts == (100, 60, 2, 200):
                return "whole"
            return "none" if not any(counts) else f"half: {counts}"

        kill_each(seen, "import of an archive", work, became)
        whole(seen)


def kill_migrate(seen: Seen) -> None:
    """The migrations of an empty database, which make all tables. Whole is what they leave when
    they are run again."""
    names = [create(f"migrate-{number}") for number in range(MOST + 1)]
    first: list[str] = []

    def work(number: int) -> int:
        with at(names[number]):
            call_command("migrate", verbosity=0)
        return 1

    def became(number: int) -> str:
        try:
            work(number)
        except DatabaseError as error:
            return f"half: {_words(str(error))}"
        with at(names[number]):
            made = _made_by_migrations()
        first[:] = first or made
        return "whole" if made == first else "half: other tables"

    kill_each(seen, "migrate", work, became)


def _made_by_migrations() -> list[str]:
    """What the tables, indexes and triggers are, to be compared."""
    sql = (
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
        if SQLITE
        else "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
        " SELECT concat(table_name, column_name, data_type, is_nullable)"
        " FROM information_schema.columns WHERE table_schema = 'public' UNION ALL"
        " SELECT pg_get_constraintdef(oid) FROM pg_constraint UNION ALL"
        " SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        made = [text for (text,) in cursor.fetchall()]
        cursor.execute("SELECT app || ' ' || name FROM django_migrations")
        return sorted(made + [text for (text,) in cursor.fetchall()])


def kill_backup(seen: Seen) -> None:
    """A backup of the base. Whole is one that is verified; nothing else is in its folder after the
    next one."""
    places = [FOLDER / f"backups-{number}" for number in range(MOST + 1)]

    def became(number: int) -> str:
        found = folders.backups_in(places[number]) if places[number].is_dir() else []
        problems = [problem for path in found for problem in folders.verify(path)[1]]
        folders.make(places[number], keep=1)
        names = {path.name for path in places[number].iterdir()}
        if problems or names != {".lock", *(p.name for p in folders.backups_in(places[number]))}:
            return f"half: {problems}, {names}"
        return "whole" if found else "none"

    with database("kill-backup"):
        kill_each(seen, "backup", lambda number: bool(folders.make(places[number])), became)
        whole(seen)


def kill_restore(seen: Seen) -> None:
    """A backup is restored into an empty database."""
    path, _ = folders.make(FOLDER / "backups")
    _kill_copies(seen, "restore", lambda name: _within(name, lambda: folders.restore(path)))


def kill_copy(seen: Seen) -> None:
    """The base is copied into an empty database."""

    def copy(name: str) -> int:
        copy_to({**connection.settings_dict, "NAME": name})
        return 1

    _kill_copies(seen, "copy_database", copy)


def _within(name: str, work: Callable[[], object]) -> int:
    with at(name):
        work()
    return 1


def _kill_copies(seen: Seen, what: str, copy: Callable[[str], int]) -> None:
    names = [create(f"{what}-{number}") for number in range(MOST + 1)]
    right = contents()

    def became(number: int) -> str:
        with at(names[number]):
            if not connection.introspection.table_names():
                return "none"
            return "whole" if contents() == right else "half"

    kill_each(seen, what, lambda number: copy(names[number]), became)
    missing = [name for number, name in enumerate(names) if became(number) == "none"]
    copy(missing[0])
    with at(missing[0]):
        seen.check(contents() == right, "one of them is done again: whole")
        whole(seen)


# What people get meanwhile


class Asking:
    """Browsers that read and write while something is broken, and know what was acknowledged."""

    PAGES = (
        *("/", "/papers/", "/papers/?q=point", "/papers/2502.00007/", "/digests/2025-02-06/"),
        *("/robots.txt", "/digests.atom", "/api/v1/papers/", "/account/login/"),
    )

    def __init__(self, port: int) -> None:
        self.port = port
        self.visitor, self.member = Browser(port), Browser(port)
        self.member.log_in("person0", PASSWORD)
        self.acknowledged: dict[str, str] = {}
        self.number = 0
        self.logged_in_at = 0.0
        self.user = person(0)
        _, self.secret = create_token(self.user, f"faults {port}", ["library:write"])
        connection.close()

    def reads(self) -> list[tuple[str, Answer | None]]:
        """What pages answer to a visitor and to somebody who is logged in."""
        found = [(path, _ask(self.visitor, "GET", path)) for path in self.PAGES]
        own = ("/papers/", "/library/", "/papers/2502.00009/")
        return found + [(f"{path}, logged in", _ask(self.member, "GET", path)) for path in own]

    def writes(self) -> list[tuple[str, Answer | None]]:
        """What is answered to a star, a note, a call of the API, and somebody who logs in."""
        self.number += 1
        slug = f"2502.{self.number % 100 + 1:05}"
        status = ("to-read", "reading", "read")[self.number % 3]
        star = _ask(self.member, "POST", "/library/mark/", {"paper": slug, "do": status})
        if star and star.status == 302:
            self.acknowledged[slug] = status
        text = f"Note {self.number}, *kept*."
        path = f"/library/notes/{quote(slug)}/"
        said = {"text": text, "version": 0}
        note = _ask(self.member, "POST", path, said, Accept="application/json")
        if note and note.status == 200:
            self.acknowledged[f"note {slug}"] = text
        call = _ask(
            Browser(self.port),
            "DELETE",
            f"/api/v1/library/bookmarks/2502.{(self.number + 50) % 100 + 1:05}/",
            Authorization=f"Bearer {self.secret}",
        )
        answers = [("star", star), ("note", note), ("API", call)]
        if time.monotonic() > self.logged_in_at + 5:  # more often is more than anybody may
            self.logged_in_at = time.monotonic()
            newcomer = Browser(self.port)
            _ask(newcomer, "GET", "/account/login/")
            said = {"login": "person1", "password": PASSWORD}
            answers.append(("log-in", _ask(newcomer, "POST", "/account/login/", said)))
            newcomer.close()
        return answers

    def missing(self) -> list[str]:
        """What was acknowledged and is not there."""
        marks = Bookmark.objects.filter(user=self.user).values_list("paper__slug", "status")
        notes = Note.objects.filter(user=self.user).values_list("paper__slug", "text")
        there = {*marks, *((f"note {slug}", text) for slug, text in notes)}
        return sorted({*self.acknowledged.items()} - there)

    def close(self) -> None:
        self.visitor.close()
        self.member.close()


def _ask(browser: Browser, method: str, path: str, form: Any = None, **headers: str) -> Any:
    """The answer; None if there is none."""
    with suppress(OSError, HTTPException):
        return browser.ask(method, path, form, **headers)
    return None


@contextmanager
def asking(url: str, **settings: str) -> Iterator[Asking]:
    collect_static_files()
    log = FOLDER / f"log-{time.monotonic_ns()}"
    with served(log, DATABASE_URL=url, **settings) as port:
        people = Asking(port)
        for _ in range(4):  # both processes have answered everything once
            people.reads()
        people.writes()
        yield people
        people.close()
    tracebacks = log.read_text().count("Traceback (most recent call last)")
    people.tracebacks = tracebacks  # type: ignore[attr-defined]


def told(answers: list[tuple[str, Answer | None]]) -> str:
    """Statuses, each with how often it came, and the longest that one had to wait."""
    statuses: dict[str, Counter[str]] = defaultdict(Counter)
    for what, answer in answers:
        statuses[str(answer.status) if answer else "no answer"][what] += 1
    counted = ", ".join(f"{sum(some.values())} x {status}" for status, some in statuses.items())
    return f"{counted}; the slowest after {slowest(answers):.2f} s"


def slowest(answers: list[tuple[str, Answer | None]]) -> float:
    """Seconds."""
    return max((answer.seconds for _, answer in answers if answer), default=0)


def works(answers: list[tuple[str, Answer | None]]) -> bool:
    return all(answer and answer.status in (200, 204, 302) for _, answer in answers)


def refused(answers: list[tuple[str, Answer | None]], within: float) -> bool:
    """Whether all are 503 with Retry-After, in time; or were done none the less."""
    return all(
        answer
        and answer.seconds < within
        and (answer.status in (200, 204, 302) or _is_refusal(answer))
        for _, answer in answers
    )


def _is_refusal(answer: Answer) -> bool:
    return answer.status == 503 and "Retry-After" in answer.headers


def what_503_says(answers: list[tuple[str, Answer | None]]) -> str:
    for what, answer in answers:
        if answer and answer.status == 503:
            words = " ".join(answer.text.split())
            at = max(words.lower().find("busy"), 0)
            return f"{what}: “{words[max(at - 40, 0) : at + 90]}”"
    return "nobody was told anything"


def wrong_ones(answers: list[tuple[str, Answer | None]]) -> str:
    some = [
        f"{what}: {answer.status if answer else 'no answer'}"
        for what, answer in answers
        if not (answer and answer.status in (200, 204, 302))
    ]
    return ", ".join(dict.fromkeys(some)) or "none failed"


def afterwards(seen: Seen, people: Asking) -> None:
    """All is well again, and nothing is missing."""
    people.logged_in_at = 0
    answers = people.reads() + people.writes()
    seen.check(works(answers), f"afterwards: {told(answers)} ({wrong_ones(answers)})")
    missing = people.missing()
    number = len(people.acknowledged)
    seen.check(not missing, f"{number} acknowledged writes, missing: {missing or 'none'}")
    whole(seen)
    connection.close()


# The faults


def disk(seen: Seen) -> None:
    """The database's disk is full: a small tmpfs, filled up by another file."""
    if not SQLITE:
        raise Skipped("PostgreSQL has a disk of its own, which is for its own tests to fill")
    place = FOLDER / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True
    )
    if made.returncode:
        raise Skipped("needs root, to mount a small tmpfs: " + made.stderr.decode().strip())
    try:
        with database("disk", place) as url:
            with asking(url) as people:
                free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
                filler = place / "filler"
                filler.write_bytes(b"x" * max(free - 1_500_000, 0))
                _fill_up(seen, people, place, url)
                filler.unlink()
                afterwards(seen, people)
            loaded = _command(url, "load_digest", str(_file(place, 40)))
            seen.check(not loaded.returncode, "afterwards, load_digest loads the file")
            seen.say(f"the server printed {people.tracebacks} tracebacks")  # type: ignore[attr-defined]
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill_up(seen: Seen, people: Asking, place: Path, url: str) -> None:
    text = "What fills the disk. " * 4_500
    answers = []
    for number in range(60, 100):
        slug = f"2502.{number:05}"
        said = {"text": text, "version": 0}
        path = f"/library/notes/{slug}/"
        answer = _ask(people.member, "POST", path, said, Accept="application/json")
        answers.append(("note", answer))
        if answer and answer.status == 200:
            people.acknowledged[f"note {slug}"] = text
        elif len(answers) > 3:
            break
    failed = [each for each in answers if not (each[1] and each[1].status == 200)]
    seen.check(
        failed and all(answer and _is_refusal(answer) for _, answer in failed),
        f"notes until the disk is full: {told(answers)}",
    )
    seen.say(what_503_says(failed))
    form = {"text": "What *I* typed.", "version": 0}
    page = _ask(people.member, "POST", "/library/notes/2502.00055/", form)
    if page and page.status == 302:
        people.acknowledged["note 2502.00055"] = form["text"]
    else:
        seen.check(
            page and _is_refusal(page) and "What *I* typed." in page.text,
            f"the form by itself: {page and page.status}, and the text is kept in it",
        )
    reads = people.reads()
    seen.check(works(reads), f"pages that read: {told(reads)} ({wrong_ones(reads)})")
    before = Source.objects.count()
    connection.close()
    loaded = _command(url, "load_digest", str(_file(FOLDER, 400)))
    seen.check(
        loaded.returncode and "Traceback" not in loaded.stderr,
        f"load_digest: exit code {loaded.returncode}, “{_words(loaded.stderr)}”",
    )
    seen.check(Source.objects.count() == before, "and nothing of that file is there")
    connection.close()


def _file(folder: Path, rows: int) -> Path:
    path = folder / f"2025-04-01-{rows}.json"
    path.write_bytes(digest(*(row(90_000 + n, date="2025-04-01") for n in range(rows))))
    return path


def _command(url: str, *arguments: str, before: tuple[str, ...] = ()) -> Any:
    return subprocess.run(
        [*before, sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
    )


def _words(text: str) -> str:
    return " ".join(text.split())[:300]


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
            target=lambda: loader.append(_command(url, "load_digest", str(_file(FOLDER, 40))))
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
                reads.append((path, _ask(other, "GET", path)))
            for path in ("/papers/", "/library/"):
                reads.append((f"{path}, logged in", _ask(member, "GET", path)))
        other.close()
        member.close()
        writing.join()
        seen.check(locker.poll() is None, f"locked for {seconds:g} s, throughout")
        seen.check(
            works(reads) and all(answer.seconds < WITHIN for _, answer in reads if answer),
            f"pages that read: {told(reads)} ({wrong_ones(reads)})",
        )
        seen.check(
            refused(writes, WITHIN) and any(answer.status == 503 for _, answer in writes if answer),
            f"writes: {told(writes)} ({wrong_ones(writes)})",
        )
        seen.say(what_503_says(writes))
        thread.join()
        said = loader[0]
        seen.check(
            "Traceback" not in said.stderr,
            f"load_digest: exit code {said.returncode}, “{_words(said.stderr) or 'loaded'}”",
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
            connection.close()
            with asking(server.url) as people:
                server.stop()
                answers = []
                begun = time.monotonic()
                while time.monotonic() < begun + 10:
                    answers += people.reads() + people.writes()
                    time.sleep(0.3)
                seen.check(
                    refused(answers, 2), f"for 10 s without it: {told(answers)}, each within 2 s"
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
                f"for 8 s without it: {told(answers)}, {slowest(usual):.2f} s with it"
                f" ({wrong_ones(answers)})",
            )
            cache.start()
            answers = []
            begun = time.monotonic()
            while time.monotonic() < begun + 8:
                answers += people.reads() + people.writes()
            seen.check(works(answers), f"for 8 s with it: {told(answers)} ({wrong_ones(answers)})")
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
            done = _command(url, "load_digest", str(path), before=before)
            came = follow()
            there = dict(Paper.objects.visible().values_list("slug", "summary"))
            connection.close()
            what = "an hour back" if before else "right"
            seen.check(
                not done.returncode and mirror == there,
                f"load {number}, the clock {what}: the mirror was told of {came} papers, and has"
                f" {len(mirror)} of {len(there)} as they are",
            )
        whole(seen)


def busy(seen: Seen) -> None:
    """Twelve people write and files are loaded, while backups are made by the command, twenty times
    one after the other. Each is restored elsewhere. At the end the database is destroyed."""
    collect_static_files()
    with database("busy") as url:
        ends, writers = threading.Event(), []
        with served(FOLDER / "log-busy", DATABASE_URL=url) as port:
            writers = [Writing(port, number, ends) for number in range(WRITERS)]
            loader = threading.Thread(target=lambda: _load_until(url, ends, loaded))
            loaded: list[str] = []
            for thread in (*writers, loader):
                thread.start()
            right, rows = 0, 0
            for number in range(KILLS):
                before = [len(writer.acknowledged) for writer in writers]
                files = len(loaded)
                made = _command(url, "backup", str(FOLDER / "busy"), "--keep", "3")
                elsewhere = create(f"busy-{number}")
                done = _command(url_of(elsewhere), "restore", str(FOLDER / "busy"))
                if made.returncode or done.returncode:
                    seen.say(_words(made.stderr + done.stderr))
                    continue
                with at(elsewhere):
                    missing = [
                        each
                        for writer, count in zip(writers, before, strict=True)
                        for each in writer.missing(count)
                    ]
                    names = {*Source.objects.values_list("name", flat=True)}
                    missing += [name for name in loaded[:files] if name not in names]
                    health = index.check()
                    rows = sum(count for count, *_ in contents().values())
                if missing or not health.is_ok:
                    seen.say(f"backup {number}: missing {missing}, {health}")
                right += not missing and health.is_ok
            written = sum(len(writer.acknowledged) for writer in writers)
            ends.set()
            for thread in (*writers, loader):
                thread.join()
        refused_ = sum(writer.refused for writer in writers)
        seen.check(
            right == KILLS,
            f"{right} of {KILLS} backups restored elsewhere, equal by counts and checksums, with"
            f" all that was acknowledged before; the last has {rows:,} rows",
        )
        seen.check(
            written and loaded,
            f"meanwhile {written} writes and {len(loaded)} loads, {refused_} refused as busy",
        )
        before = contents()
        made = _command(url, "backup", str(FOLDER / "busy"))
    again = create("busy-again")
    done = _command(url_of(again), "restore", str(FOLDER / "busy"))
    with at(again):
        seen.check(
            not made.returncode and not done.returncode and contents() == before,
            f"the last one restored: as the database was at its end {_words(done.stderr)}",
        )
        whole(seen)


class Writing(threading.Thread):
    """Somebody who saves notes until it ends. acknowledged: slugs and texts, in their order."""

    def __init__(self, port: int, number: int, ends: threading.Event) -> None:
        super().__init__()
        self.browser, self.ends = Browser(port), ends
        self.browser.log_in(f"person{number}", PASSWORD)
        self.user = person(number).pk
        self.acknowledged: list[tuple[str, str]] = []
        self.refused = 0
        connection.close()

    def run(self) -> None:
        number = 0
        versions: Counter[str] = Counter()
        while not self.ends.wait(PAUSE):
            number += 1
            slug, text = f"2502.{number % 100 + 1:05}", f"Note {number}, *kept*."
            said = {"text": text, "version": versions[slug]}
            path = f"/library/notes/{slug}/"
            answer = _ask(self.browser, "POST", path, said, Accept="application/json")
            if answer and answer.status == 200:
                self.acknowledged.append((slug, text))
                versions[slug] += 1
            else:
                self.refused += 1
        self.browser.close()

    def missing(self, count: int) -> list[str]:
        """Of so many that were acknowledged, those that are not in the database: an older text."""
        there = dict(Note.objects.filter(user=self.user).values_list("paper__slug", "text"))
        wanted = dict(self.acknowledged[:count])
        return [slug for slug, text in wanted.items() if _number(there.get(slug)) < _number(text)]


def _number(text: str | None) -> int:
    return int(text.split()[1].strip(",")) if text else 0


def _load_until(url: str, ends: threading.Event, loaded: list[str]) -> None:
    number = 0
    while not ends.wait(PAUSE):
        number += 1
        path = FOLDER / f"busy-{number}.json"
        first = 10_000 + 40 * number
        path.write_bytes(digest(*(row(n, date="2025-05-01") for n in range(first, first + 40))))
        if not _command(url, "load_digest", str(path)).returncode:
            loaded.append(str(path))


FAULTS: dict[str, Callable[[Seen], None]] = {
    "kill-load": kill_load,
    "kill-note": kill_note,
    "kill-import": kill_import,
    "kill-migrate": kill_migrate,
    "kill-backup": kill_backup,
    "kill-restore": kill_restore,
    "kill-copy": kill_copy,
    "kill-upgrade": kill_upgrade,
    "busy": busy,
    "disk": disk,
    "locked": locked,
    "gone": gone,
    "redis": redis,
    "clock": clock,
}


def main(names: list[str]) -> int:
    if unknown := {*names} - {*FAULTS}:
        print(f"there is no {', '.join(sorted(unknown))}: say one of {', '.join(FAULTS)}")
        return 2
    load_average = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"on {connection.display_name}; load average {load_average}")
    fill()
    connection.close()
    results = []
    for name in names or FAULTS:
        meaning = " ".join((FAULTS[name].__doc__ or "").split())
        print(f"\n{name}: {meaning}", flush=True)
        seen, begun = Seen(), time.monotonic()
        try:
            FAULTS[name](seen)
            result = "WRONG" if seen.wrong else "ok"
        except Skipped as skipped:
            seen.say(f"skipped: {skipped}")
            result = "skipped"
        results.append((name, result, time.monotonic() - begun))
    print(f"\non {connection.display_name}:")
    for name, result, seconds in results:
        print(f"  {name:12}{result:9}{seconds:5.0f} s")
    return int(any(result == "WRONG" for _, result, _ in results))


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    finally:
        connection.close()
        shutil.rmtree(FOLDER)
    sys.exit(code)
