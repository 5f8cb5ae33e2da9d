"""How good the papers for a person are, and how long it takes to learn them.

    python tests/benchmarks/recommend.py FOLDER [--papers N ...]

Loads the real digests of a folder into an SQLite database, and makes people of them: some keep a
category, some what a lab writes (an author and all who write with them), some a mix of both
and of a word; each of them keeps four papers of five that are theirs, and some others by chance.
Of each, the papers that they kept last are tested, as `accounts.recommender.training.back_test`
does for every person: the share that is in the top tenth of its day. Printed for each kind of
people: by chance, in the order of the digest, by the nearest of the papers that were kept before
(the mean likeness of the three nearest), and by the model; the same once more without categories,
which the people were made of.

With the archive of spring 2025 (2,530 papers), by chance 12 %, in the order of the digest 8 to
13 %, by the nearest papers 77 % (a category), 67 % (a lab) and 46 % (a mix), by the model 88, 78
and 66 %; without categories 53, 79 and 48 % by the nearest, 64, 79 and 54 % by the model.

Then, for a catalogue of each of these sizes (5,000 and 200,000 papers), made of the same digests,
in a process of its own: the processor time of learning and testing for a person, the median of 20,
the first one's, who finds no vector in memory, and of a page that orders 50 papers.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, time
from pathlib import Path
from statistics import median
from time import process_time

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
_parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
_parser.add_argument("folder", type=Path)
_parser.add_argument("--papers", type=int, nargs="*", default=[5_000, 200_000])
_parser.add_argument("--time", type=int, help="only this: the time with so many papers")
options = _parser.parse_args()
FILE = Path(tempfile.mkdtemp(prefix="benchmark-")) / "papers.sqlite3"
os.environ["DATABASE_URL"] = f"sqlite:///{FILE}"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

import corpus  # noqa: E402
import numpy as np  # noqa: E402
from django.core.management import call_command  # noqa: E402

from accounts.library import Library  # noqa: E402
from accounts.models import Bookmark, User  # noqa: E402
from accounts.recommender.examples import Example, Examples  # noqa: E402
from accounts.recommender.training import BackTest, back_test, scored_by_model  # noqa: E402
from accounts.recommender.vectors import Vectors  # noqa: E402
from digest.catalogue.load import find_files, load_files  # noqa: E402
from digest.models import Authorship, Category, Paper, SearchText  # noqa: E402

SEED = 20250206
KEPT = 0.8
"""Of the papers that are theirs, so many does a person keep."""
NOISE = 0.1
"""Of what a person keeps, so many are any papers."""
LEAST, LEAST_OF_A_LAB = 24, 18
"""Papers of a person, at least."""
ROUNDS = 3
"""How often each person is made, with other papers that they miss."""


def made_people() -> dict[str, list[set[int]]]:
    """The papers that are somebody's, by kinds of people."""
    dice = random.Random(SEED)
    tasks = Category.objects.filter(is_area=False)
    by_category = {
        category.name: {*Paper.objects.visible().under(category).values_list("pk", flat=True)}
        for category in tasks
    }
    papers = Paper.objects.visible().count()
    narrow = sorted(
        name for name, found in by_category.items() if LEAST * 2 <= len(found) <= papers / 10
    )
    robotics = ["Robotics"] if len(by_category.get("Robotics", ())) >= LEAST else []
    categories = [*robotics, *dice.sample(narrow, min(7, len(narrow)))]
    of_author: dict[int, set[int]] = {}
    of_paper: dict[int, set[int]] = {}
    for paper, author in Authorship.objects.values_list("paper", "author"):
        of_author.setdefault(author, set()).add(paper)
        of_paper.setdefault(paper, set()).add(author)
    labs: list[set[int]] = []
    for author in sorted(of_author, key=lambda one: (-len(of_author[one]), one)):
        lab = {other for paper in of_author[author] for other in of_paper[paper]}
        written = set().union(*(of_author[other] for other in lab))
        if LEAST_OF_A_LAB <= len(written) <= papers / 10 and all(
            len(written & other) < len(written) / 2 for other in labs
        ):
            labs.append(written)
        if len(labs) == 8:
            break
    words = ("video", "speech", "reward", "retrieval", "safety", "agent", "medical", "code")
    mixes = []
    for number, word in enumerate(words):
        titled = {*SearchText.objects.filter(title__contains=word).values_list("paper", flat=True)}
        some = titled & {*dice.sample(sorted(titled), min(len(titled), 40))}
        lab = {*dice.sample(sorted(labs[number % len(labs)]), 12)} if labs else set()
        category = sorted(by_category[narrow[(5 * number) % len(narrow)]])
        mixes.append(some | lab | {*dice.sample(category, min(20, len(category)))})
    return {
        "a category": [by_category[name] for name in categories],
        "a lab": labs,
        "a mix": [mix for mix in mixes if len(mix) >= LEAST],
    }


def kept(wanted: set[int], every: list[int], days: dict[int, datetime], seed: int) -> Examples:
    """What a person keeps, on the day of each paper."""
    dice = random.Random(seed)
    own = [paper for paper in sorted(wanted) if dice.random() < KEPT]
    own += dice.sample(every, round(NOISE * len(own)))
    return Examples([Example(paper, 1.0, days[paper]) for paper in dict.fromkeys(own)], [])


def scored_by_nearest(examples: Examples, vectors: Vectors, _: object):
    """The baseline: the mean likeness of the three nearest papers that were kept."""
    near = vectors.read([one.paper for one in examples.kept])

    def score(papers):
        likeness = vectors.matrix([*papers, *near]).likeness()[: len(papers), len(papers) :]
        return np.sort(likeness, axis=1)[:, -3:].mean(axis=1)

    return score


def measure(people: dict[str, list[set[int]]]) -> None:
    papers = list(Paper.objects.visible().order_by("pk").values_list("pk", "date"))
    days = {paper: datetime.combine(day, time(12), UTC) for paper, day in papers}
    every = [paper for paper, _ in papers]
    vectors = Vectors()
    print(f"{'keeps':12} {'people':>6} {'tested':>6}   chance  digest  nearest   model")
    for kind, sets in people.items():
        found = {"model": [], "nearest": []}
        for number, wanted in enumerate(ROUNDS * sets):
            examples = kept(wanted, every, days, SEED + number)
            found["model"].append(back_test(examples, vectors, scored_by_model))
            found["nearest"].append(back_test(examples, vectors, scored_by_nearest))
        model, nearest = (BackTest(*map(sum, zip(*one, strict=True))) for one in found.values())
        shares = [model.by_chance, model.by_order, nearest.by_model, model.by_model]
        print(
            f"{kind:12} {len(sets):6} {model.tested:6}  "
            + "  ".join(f"{share / max(model.tested, 1):6.1%}" for share in shares)
            + f"   {model.by_model / max(model.by_chance, 0.1):.1f} times chance"
        )


def take_time(papers: int) -> None:
    """Print how long it takes with so many papers."""
    call_command("migrate", verbosity=0)
    corpus.build(corpus.Material(options.folder), papers)
    dice = random.Random(SEED)
    newest = list(SearchText.objects.order_by("-pk").values_list("paper", flat=True)[:5_000])
    people = []
    categories = list(Category.objects.filter(is_area=False, paper_count__gte=60))
    for number in range(20):
        user = User.objects.create_user(f"person{number}")
        under = Paper.objects.visible().under(dice.choice(categories)).order_by("-pk")
        found = list(under.values_list("pk", "date")[: 60 if number % 2 else 300])
        Bookmark.objects.bulk_create(
            Bookmark(user=user, paper_id=paper, added_at=datetime.combine(day, time(12), UTC))
            for paper, day in found
        )
        people.append(user)
    begun = process_time()
    vectors = Vectors()
    Library(people[0]).for_you.train(vectors)
    first = process_time() - begun
    times = []
    for user in people[1:]:
        begun = process_time()
        Library(user).for_you.train(vectors)
        times.append(process_time() - begun)
    again = []
    for user in people[1:]:
        begun = process_time()
        Library(user).for_you.train(vectors)
        again.append(process_time() - begun)
    page = []
    for user in people:
        begun = process_time()
        Library(User.objects.get(pk=user.pk)).for_you.likely(newest[:50])
        page.append(process_time() - begun)
    print(
        f"{papers:7,} papers: the first person {first * 1000:.0f} ms; another one, median"
        f" {median(times) * 1000:.0f}, most {max(times) * 1000:.0f}; with all vectors in memory"
        f" {median(again) * 1000:.0f}, most {max(again) * 1000:.0f}; a page of 50 papers"
        f" {median(page) * 1000:.0f} ms (processor time)",
        flush=True,
    )


def main() -> None:
    if options.time:
        take_time(options.time)
        return
    call_command("migrate", verbosity=0)
    load_files(find_files(options.folder).files)
    people = made_people()
    measure(people)
    for text in SearchText.objects.iterator():
        tags = (tag for tag in text.tags.split() if not (tag[0] == "c" and tag[1:].isdigit()))
        SearchText.objects.filter(pk=text.pk).update(tags=" ".join(tags))
    print("without categories:")
    measure(people)
    sys.stdout.flush()
    for papers in options.papers:
        subprocess.run(
            [sys.executable, __file__, str(options.folder), "--time", str(papers)], check=True
        )


if __name__ == "__main__":
    main()
