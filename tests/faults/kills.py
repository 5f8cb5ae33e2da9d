"""SIGKILL, by the clock and before each step: what was begun is whole, or is not there."""

import io
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test import Client

from accounts.models import Bookmark, ListItem, Note, ReadingList
from digest.backups import folders
from digest.backups.copying import copy_to
from digest.catalogue.load import load
from digest.models import (
    Authorship,
    Entry,
    Paper,
    Placement,
    SearchText,
    Source,
)
from tests import kills
from tests.databases import at, contents
from tests.earlier import go_back, rows
from tests.faults.base import (
    FOLDER,
    KILLS,
    MOST,
    SQLITE,
    Seen,
    chance,
    check_consistency,
    collect_static_files,
    create,
    database,
    in_a_line,
    person,
)
from tests.samples import digest, row
from tests.writes import archive_of


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
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in found.items())
    where = " and ".join(f"{count} {point}" for point, count in points.items())
    right = found["whole"] + found["none"]
    seen.check(
        right == KILLS, f"{what}: {right} of {KILLS} whole or none ({outcomes}; killed {where})"
    )
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
        check_consistency(seen)


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
        check_consistency(seen)


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


def kill_import(seen: Seen) -> None:
    """The import of an account's archive, as a whole request: 100 bookmarks, 60 notes, 2 lists."""
    collect_static_files()
    with database("kill-import"):
        content = archive_of(
            list(Paper.objects.order_by("pk")), 60, "A *note* of a usual length. " * 40, 2
        )
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
        check_consistency(seen)


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
            return f"half: {in_a_line(str(error))}"
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
        check_consistency(seen)


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
        check_consistency(seen)
