"""How long the pages of a big library take, and how many queries.

    python tests/benchmarks/library.py FOLDER [--papers N] [--rounds N]

Builds a catalogue of so many papers from the real digests of a folder, and in it a person with one
bookmark and one list, and another with 5,000 bookmarks, 1,000 notes and 300 lists, one of which has
10,000 papers. Prints for each page of the library the time of a request without the network, in
milliseconds, on the clock and of the processor, which others may be using, and the number of
queries of either.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
if not os.environ.get("DATABASE_URL"):  # empty, it means the site's own
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/library.sqlite3"
os.environ["ALLOWED_HOSTS"] = "testserver"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

import corpus  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.library import Library  # noqa: E402
from accounts.models import Bookmark, Note, Status, User  # noqa: E402
from digest.models import Digest, Paper  # noqa: E402
from digest.search.text import document  # noqa: E402

BOOKMARKS, NOTES, LISTS, IN_A_LIST, LONGEST = 5_000, 1_000, 300, 30, 10_000


def fill(user: User, bookmarks: int, notes: int, lists: int, longest: int) -> list[str]:
    """Make a library of this size; the addresses of its pages."""
    chance = random.Random(bookmarks)
    papers = list(Paper.objects.order_by("pk").values_list("pk", flat=True)[: max(longest, 5000)])
    now = timezone.now()
    Bookmark.objects.bulk_create(
        Bookmark(
            user=user,
            paper_id=paper,
            status=chance.choice(Status.values),
            added_at=now - timedelta(minutes=number),
        )
        for number, paper in enumerate(chance.sample(papers, bookmarks))
    )
    text = "Compare the diffusion of heat with what the model learns. " * 20
    Note.objects.bulk_create(
        Note(
            user=user,
            paper_id=paper,
            text=text,
            html=f"<p>{text}</p>",
            words=document(text),
            added_at=now,
            changed_at=now,
        )
        for paper in chance.sample(papers, notes)
    )
    library = Library(user)
    for number in range(lists):
        made = library.lists.create(f"List {number}")
        size = longest if number == 0 else min(IN_A_LIST, longest)
        library.lists.open(made.slug).add(papers[:size])
    long = library.lists.owned()[0].slug
    noted = Note.objects.filter(user=user).first()
    day = Digest.objects.all()[0].date
    return [
        "/library/",
        "/library/?sort=title",
        "/library/?q=diffusion",
        "/library/?q=model learning is:unread has:code",
        '/library/?q=in:"List 0" the -video',
        "/library/?q=has:note&page=1",
        "/library/unread/",
        "/lists/",
        f"/lists/{long}/",
        f"/lists/{long}/settings/",
        f"/papers/{noted.paper.slug}/" if noted else "/papers/",
        "/library/import/",
        f"/digests/{day}/",
        "/papers/?q=diffusion",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    corpus.build(corpus.Material(options.folder), options.papers)
    small, big = User.objects.create_user("small"), User.objects.create_user("big")
    pages = [
        (small, fill(small, 1, 1, 1, 1)),
        (big, fill(big, BOOKMARKS, NOTES, LISTS, LONGEST)),
    ]
    print(f"on {connection.display_name}, {options.papers:,} papers, {options.rounds} rounds")
    print(f"  {'':50}{'queries: small, big':>20}{'big: median, most':>22}{'processor':>12}   ms")
    slowest = 0.0
    for one, other in zip(*(addresses for _, addresses in pages), strict=True):
        queries = []
        for user, address in ((small, one), (big, other)):
            client = Client()
            client.force_login(user)
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                response = client.get(address)
            if response.status_code != 200:
                raise SystemExit(f"{address} gave {response.status_code}")
            queries.append(len(captured))
        times, work = [], []
        for _ in range(options.rounds):
            start, begun = perf_counter(), process_time()
            client.get(other)
            times.append((perf_counter() - start) * 1000)
            work.append((process_time() - begun) * 1000)
        slowest = max(slowest, median(times))
        print(
            f"  {other[:50]:50}{queries[0]:>12}{queries[1]:>8}"
            f"{median(times):>13.0f}{max(times):>9.0f}{median(work):>12.0f}"
        )
    print(f"  slowest page, by its median: {slowest:.0f} ms")


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        shutil.rmtree(FOLDER)
