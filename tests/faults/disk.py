"""The disk is full."""

import os
import subprocess
from pathlib import Path

from django.db import connection

from digest.models import (
    Source,
)
from tests.faults.base import (
    FOLDER,
    SQLITE,
    Seen,
    Skipped,
    command,
    database,
    file_of,
    in_a_line,
)
from tests.faults.people import (
    Asking,
    _is_refusal,
    afterwards,
    ask,
    asking,
    summary,
    what_503_says,
    works,
    wrong_ones,
)


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
            loaded = command(url, "load_digest", str(file_of(place, 40)))
            seen.check(not loaded.returncode, "afterwards, load_digest loads the file")
            seen.say(f"the server printed {people.tracebacks} tracebacks")  # type: ignore[attr-defined]
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill_up(seen: Seen, people: Asking, place: Path, url: str) -> None:
    text = "What fills the disk. " * 4_500
    answers = []
    for number in range(60, 100):
        slug = f"2502.{number:05}"
        form = {"text": text, "version": 0}
        path = f"/library/notes/{slug}/"
        answer = ask(people.member, "POST", path, form, Accept="application/json")
        answers.append(("note", answer))
        if answer and answer.status == 200:
            people.acknowledged[f"note {slug}"] = text
        elif len(answers) > 3:
            break
    failed = [each for each in answers if not (each[1] and each[1].status == 200)]
    seen.check(
        failed and all(answer and _is_refusal(answer) for _, answer in failed),
        f"notes until the disk is full: {summary(answers)}",
    )
    seen.say(what_503_says(failed))
    form = {"text": "What *I* typed.", "version": 0}
    page = ask(people.member, "POST", "/library/notes/2502.00055/", form)
    if page and page.status == 302:
        people.acknowledged["note 2502.00055"] = form["text"]
    else:
        seen.check(
            page and _is_refusal(page) and "What *I* typed." in page.text,
            f"the form by itself: {page and page.status}, and the text is kept in it",
        )
    reads = people.reads()
    seen.check(works(reads), f"pages that read: {summary(reads)} ({wrong_ones(reads)})")
    before = Source.objects.count()
    connection.close()
    loaded = command(url, "load_digest", str(file_of(FOLDER, 400)))
    seen.check(
        loaded.returncode and "Traceback" not in loaded.stderr,
        f"load_digest: exit code {loaded.returncode}, “{in_a_line(loaded.stderr)}”",
    )
    seen.check(Source.objects.count() == before, "and nothing of that file is there")
    connection.close()
