"""Many people at once, in processes of their own: nothing is lost, nothing is doubled."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, PEOPLE = 5, 10  # people of each process, each in a thread of their own
PAPERS = 2

BEGIN = f"""
import json, django
django.setup()
from accounts.library import Library
from accounts.models import User
from digest.catalogue.load import load
from tests.samples import digest, row
load(digest(*(row(n) for n in range(1, {PAPERS} + 1))), "2025-02-06.json")
host = Library(User.objects.create_user("host")).lists
opened = host.open(host.create("Together").slug)
for n in range({PROCESSES * PEOPLE}):
    user = User.objects.create_user(f"person{{n}}")
    opened.invite(user.username, "editor")
    mine = Library(user).lists
    mine.accept(mine.invitations().get().pk)
print(opened.reading_list.slug)
"""

WORK = f"""
import sys, django
django.setup()
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from accounts.library import Conflict, Library
from accounts.models import User
from digest.models import Paper
process, slug = int(sys.argv[1]), sys.argv[2]
papers = list(Paper.objects.order_by("position"))

def person(n):
    try:
        user = User.objects.get(username=f"person{{n}}")
        for n, paper in enumerate(papers):
            library = Library(user)
            library.bookmarks.add([paper.pk])
            library.bookmarks.add([paper.pk], "read")
            library.notes.save(paper, "first", 0)
            library.notes.save(paper, f"second of {{user.username}}", 1)
            opened = library.lists.open(slug)
            opened.add([paper.pk])
            opened.move(paper.pk, 1)
            library.lists.create(f"List {{n}}")
    finally:
        connection.close()

def same_note(n):
    # All threads of all processes write one person's note: one text is saved each time.
    try:
        library = Library(User.objects.get(username="host"))
        saved = 0
        for turn in range(5):
            note = library.notes.get(papers[0].pk)
            version = note.version if note else 0
            try:
                library.notes.save(papers[0], f"{{process}} {{n}} {{turn}}", version)
                saved += 1
            except Conflict:
                pass
        return saved
    finally:
        connection.close()

with ThreadPoolExecutor({PEOPLE}) as pool:
    list(pool.map(person, range(process * {PEOPLE}, (process + 1) * {PEOPLE})))
    print(sum(pool.map(same_note, range({PEOPLE}))))
"""

END = """
import json, django
django.setup()
from accounts.models import Bookmark, ListItem, Note, ReadingList
from django.db.models import Count
print(json.dumps({
    "bookmarks": Bookmark.objects.filter(status="read").count(),
    "notes": Note.objects.filter(version=2, text__startswith="second of person").count(),
    "lists": ReadingList.objects.exclude(name="Together").count(),
    "items": ListItem.objects.count(),
    "version": Note.objects.get(user__username="host").version,
}))
"""


def test_fifty_people_at_once_lose_nothing(own_database):
    environment = {
        **os.environ,
        "DATABASE_URL": own_database,
        "DJANGO_SETTINGS_MODULE": "digest.settings",
    }

    def start(program, *arguments):
        return subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(process):
        out, err = process.communicate(timeout=300)
        assert (process.returncode, err) == (0, "")
        return out.strip()

    slug = finish(start(BEGIN))
    saved = sum(int(finish(p)) for p in [start(WORK, n, slug) for n in range(PROCESSES)])
    people = PROCESSES * PEOPLE
    assert json.loads(finish(start(END))) == {
        "bookmarks": people * PAPERS,
        "notes": people * PAPERS,
        "lists": people * PAPERS,
        "items": PAPERS,
        "version": saved,
    }
