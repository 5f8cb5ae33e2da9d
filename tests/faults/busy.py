"""Backups are made while people write and files are loaded."""

import threading
from collections import Counter

from django.db import connection

from accounts.models import Note
from digest.models import (
    Source,
)
from digest.search import index
from tests.databases import at, contents
from tests.faults.base import (
    FOLDER,
    KILLS,
    PASSWORD,
    PAUSE,
    WRITERS,
    Seen,
    check_consistency,
    collect_static_files,
    command,
    create,
    database,
    in_a_line,
    person,
    url_of,
)
from tests.faults.people import ask
from tests.samples import digest, row
from tests.served import Browser, served


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
                made = command(url, "backup", str(FOLDER / "busy"), "--keep", "3")
                elsewhere = create(f"busy-{number}")
                done = command(url_of(elsewhere), "restore", str(FOLDER / "busy"))
                if made.returncode or done.returncode:
                    seen.say(in_a_line(made.stderr + done.stderr))
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
        refused = sum((writer.refused for writer in writers), Counter())
        seen.check(
            right == KILLS,
            f"{right} of {KILLS} backups restored elsewhere, equal by counts and checksums, with"
            f" all that was acknowledged before; the last has {rows:,} rows",
        )
        seen.check(
            written and loaded,
            f"meanwhile {written} writes and {len(loaded)} loads; refused: {dict(refused)}",
        )
        before = contents()
        made = command(url, "backup", str(FOLDER / "busy"))
    again = create("busy-again")
    done = command(url_of(again), "restore", str(FOLDER / "busy"))
    with at(again):
        seen.check(
            not made.returncode and not done.returncode and contents() == before,
            f"the last one restored: as the database was at its end {in_a_line(done.stderr)}",
        )
        check_consistency(seen)


class Writing(threading.Thread):
    """Somebody who saves notes until it ends. acknowledged: slugs and texts, in their order."""

    def __init__(self, port: int, number: int, ends: threading.Event) -> None:
        super().__init__()
        self.browser, self.ends = Browser(port), ends
        self.browser.log_in(f"person{number}", PASSWORD)
        self.user = person(number).pk
        self.acknowledged: list[tuple[str, str]] = []
        self.refused: Counter[int] = Counter()  # by status; 0 is no answer
        connection.close()

    def run(self) -> None:
        number = 0
        versions: Counter[str] = Counter()
        while not self.ends.wait(PAUSE):
            number += 1
            slug, text = f"2502.{number % 100 + 1:05}", f"Note {number}, *kept*."
            form = {"text": text, "version": versions[slug]}
            path = f"/library/notes/{slug}/"
            answer = ask(self.browser, "POST", path, form, Accept="application/json")
            if answer and answer.status == 200:
                self.acknowledged.append((slug, text))
                versions[slug] += 1
            else:
                self.refused[answer.status if answer else 0] += 1
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
        if not command(url, "load_digest", str(path)).returncode:
            loaded.append(str(path))
