"""How often a paper is found by what somebody half remembers of it, beside plain full-text search.

    python tests/benchmarks/recall.py ARCHIVE [--queries N] [--seed N] [--missed KIND]

Loads what one publisher says of papers (ARCHIVE/json and ARCHIVE/six-column) into an empty
database, and asks for these papers with the words of another (ARCHIVE/three-column), in five kinds:
three words of its summary that are not frequent, five, a sentence of it, the title in other forms
of its words, and the title with one slip of the keys. Prints for each kind the share of queries
that have the paper among the first ten, first of all, and those that find nothing; and the
milliseconds of the processor that a query takes. Beside it the same of plain FTS5 with Porter
stems, any word, ranked by bm25.

DATABASE_URL may name an empty PostgreSQL database (`python tests/postgres.py python ...`); what its
server works is not in the milliseconds of the processor, so those of the clock are printed, too.
"""

import argparse
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Container
from pathlib import Path
from time import perf_counter, process_time

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/archive.sqlite3"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from digest.catalogue.file import date_from_path  # noqa: E402
from digest.catalogue.load import find_files, load_files  # noqa: E402
from digest.formats import read  # noqa: E402
from digest.models import Paper  # noqa: E402
from digest.search import Results, parse  # noqa: E402
from digest.text.identity import arxiv_id  # noqa: E402

FIRST = 10
_WORD = re.compile(r"[A-Za-z]{4,}")
_COMMON = re.compile(
    "about|also|been|both|from|have|into|main|more|most|other|over|paper|research|such|than|that|"
    "their|these|this|through|using|used|were|when|where|which|while|with|objective|methodology|"
    "implication|practitioners|results?"
)


def words(text: str, many: int, dice: random.Random, frequent: Container[str]) -> str:
    """Some words of a text, in any order, but none that are frequent: nobody remembers those."""
    found = sorted({word.lower() for word in _WORD.findall(text)})
    found = [word for word in found if not _COMMON.fullmatch(word) and word not in frequent]
    return " ".join(dice.sample(found, min(many, len(found))))


def sentence(text: str, dice: random.Random) -> str:
    found = [one for one in re.split(r"(?<=[.?!])\s+", text) if len(one.split()) > 5]
    return dice.choice(found or [text])


def other_forms(title: str, dice: random.Random) -> str:
    """The title with the ends of its plain words changed."""

    def other(match: re.Match[str]) -> str:
        word = match[0]
        for ending in ("ing", "ed", "s"):
            if word.endswith(ending) and not word.endswith("ss"):
                return word if ending != "s" else word[:-1]
        return word + dice.choice(("s", "ing")) if word[-1] in "klmnprt" else word

    return re.sub(r"\b[a-z]{5,}\b", other, title.lower())


def slip(title: str, dice: random.Random) -> str:
    """The title with one key too many, too few, wrong, or before its time."""
    places = list(re.finditer(r"[A-Za-z]{5,}", title))
    if not places:
        return title
    match = dice.choice(places)
    at = dice.randrange(match.start() + 1, match.end() - 1)
    letter = dice.choice("abcdefghijklmnopqrstuvwxyz")
    return dice.choice(
        (
            title[:at] + letter + title[at:],
            title[:at] + title[at + 1 :],
            title[:at] + letter + title[at + 1 :],
            title[:at] + title[at + 1] + title[at] + title[at + 2 :],
        )
    )


def other_summaries(folder: Path) -> list[tuple[str, str, str]]:
    """Slug, title and summary of the papers of a folder that are loaded, too."""
    known = {*Paper.objects.visible().values_list("slug", flat=True)}
    found = {}
    for file in find_files(folder).files:
        for day in read(file.read_bytes(), date_from_path(str(file))).days:
            for record in (row.record for row in day.rows):
                slug = arxiv_id(record.link)
                if slug in known and record.summary:
                    found[slug] = (slug, record.title, record.summary)
    return [found[slug] for slug in sorted(found)]


def frequent_words() -> set[str]:
    """The words that more than a fifth of the papers have."""
    papers = Counter[str]()
    for text in Paper.objects.visible().values_list("title", "summary"):
        papers.update({word.lower() for word in _WORD.findall(" ".join(text))})
    every = Paper.objects.count()
    return {word for word, count in papers.items() if count * 5 > every}


def questions(
    asked: list[tuple[str, str, str]], many: int, seed: int
) -> dict[str, list[tuple[str, str]]]:
    """For each kind the queries and the papers that are meant. asked: slugs, titles, summaries."""
    frequent = frequent_words()
    kinds: dict[str, Callable[[str, str, random.Random], str]] = {
        "three words": lambda _, summary, dice: words(summary, 3, dice, frequent),
        "five words": lambda _, summary, dice: words(summary, 5, dice, frequent),
        "a sentence": lambda _, summary, dice: sentence(summary, dice),
        "other forms": lambda title, _, dice: other_forms(title, dice),
        "one slip": lambda title, _, dice: slip(title, dice),
    }
    found = {}
    for name, make in kinds.items():
        dice = random.Random(f"{seed} {name}")
        some = dice.sample(asked, min(many, len(asked)))
        found[name] = [(make(title, summary, dice), slug) for slug, title, summary in some]
    return found


class Plain:
    """FTS5 with Porter stems, any word, the title four times the weight."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.execute(
            "CREATE VIRTUAL TABLE plain USING fts5(slug UNINDEXED, title, authors, summary,"
            " tokenize='porter unicode61')"
        )
        self.database.executemany(
            "INSERT INTO plain VALUES (?, ?, ?, ?)",
            (
                (
                    paper.slug,
                    paper.title,
                    ", ".join(a.name for a in paper.authors.all()),
                    paper.summary,
                )
                for paper in Paper.objects.visible().prefetch_related("authors")
            ),
        )

    def ask(self, text: str) -> list[str]:
        any_word = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", text))
        sql = "SELECT slug FROM plain WHERE plain MATCH ? ORDER BY bm25(plain, 0, 4, 1, 1) LIMIT 10"
        return [slug for (slug,) in self.database.execute(sql, [any_word])] if any_word else []


def ask(text: str) -> list[str]:
    """The papers that a page shows first."""
    results = Results(parse(text, correct=True), "best")
    found = [paper.slug for paper in results[0:FIRST]]
    return [*found, *(one.paper.slug for one in results.close)][:FIRST]


def report(
    name: str, queries: list[tuple[str, str]], ask: Callable[[str], list[str]], missed: bool
) -> None:
    among = first = nothing = 0
    began, clock = process_time(), perf_counter()
    for text, slug in queries:
        found = ask(text)
        among += slug in found
        first += found[:1] == [slug]
        nothing += not found
        if missed and slug not in found:
            print(f"    {slug}: {text}")
    every = len(queries)
    spent = [
        (now - then) * 1000 / every
        for now, then in ((process_time(), began), (perf_counter(), clock))
    ]
    print(
        f"  {name:24}{among / every:>8.1%}{first / every:>8.1%}{nothing / every:>8.1%}"
        f"{spent[0]:>9.1f}{spent[1]:>9.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--missed", default="", help="a kind whose queries are printed that miss")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    load_files(find_files(options.archive / "json").files)
    load_files(find_files(options.archive / "six-column").files)
    asked = other_summaries(options.archive / "three-column")
    plain = Plain()
    print(
        f"on {connection.display_name}, {Paper.objects.count():,} papers, {len(asked):,} of which"
        " have another summary"
    )
    print(f"  {'':24}{'in ten':>8}{'first':>8}{'none':>8}{'ms CPU':>9}{'ms clock':>9}")
    for name, queries in questions(asked, options.queries, options.seed).items():
        report(name, queries, ask, name == options.missed)
        report(f"{name}, plain", queries, plain.ask, missed=False)


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        shutil.rmtree(FOLDER)
