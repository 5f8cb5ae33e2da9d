"""How fast digests load, beside what the same rows cost without us.

    python tests/benchmarks/load.py FOLDER [--over OTHER] [--rounds N]

Loads a folder of digests into an empty SQLite database, everything included; then writes the same
rows to the same tables by bare `bulk_create`, one transaction a file; then builds comparable tables
with the sqlite-utils library, its `m2m` for all that hangs on a paper, its full-text search, and
the rows as they were given; then loads the folder again,
when all of it is known. Prints the median rate of each and the ratios. The other two start from
values that are ready: they read no file and work nothing out.

With --over, it only loads another archive of the same papers first, such as six-column/ before
json/, so that loading the folder changes what papers show, and prints the ratio of the two rates.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/empty.sqlite3"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

import sqlite_utils  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402

from digest import models as catalogue  # noqa: E402
from digest.catalogue.load import LoadReport, find_files, load_files  # noqa: E402


def seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def on_a_copy(name: str) -> None:
    """Go on with a fresh copy of the empty, migrated database."""
    connection.close()
    path = FOLDER / f"{name}.sqlite3"
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copy(FOLDER / "empty.sqlite3", path)
    connection.settings_dict["NAME"] = path


Rows = tuple[type[models.Model], list[dict[str, object]]]


def rows_by_file() -> list[list[Rows]]:
    """For each loaded file, in order, the rows that came with it, table by table."""
    seen: dict[type[models.Model], set[int]] = {}

    def new(model: type[models.Model], **conditions: object) -> Rows:
        known = seen.setdefault(model, set())
        found = model._default_manager.filter(**conditions).distinct()
        rows = [row for row in found if row.pk not in known]
        known.update(row.pk for row in rows)
        names = [field.attname for field in model._meta.concrete_fields]
        return model, [{name: getattr(row, name) for name in names} for row in rows]

    files = []
    for source in catalogue.Source.objects.order_by("pk"):
        files.append(
            [
                new(catalogue.Source, pk=source.pk),
                new(catalogue.Digest, sources=source),
                new(catalogue.Digest.sources.through, source=source),
                new(catalogue.Paper, entries__source=source),
                new(catalogue.Entry, source=source),
                new(catalogue.Author, papers__entries__source=source),
                new(catalogue.Authorship, paper__entries__source=source),
                new(catalogue.Category, is_area=True, categories__papers__entries__source=source),
                new(catalogue.Category, papers__entries__source=source),
                new(catalogue.Classification, paper__entries__source=source),
                new(catalogue.Link, paper__entries__source=source),
                new(catalogue.Placement, digest__sources=source),
                new(catalogue.SearchText, paper__entries__source=source),
            ]
        )
    return files


def bare_bulk_create(files: list[list[Rows]]) -> None:
    for tables in files:
        with transaction.atomic():
            for model, rows in tables:
                model._default_manager.bulk_create(model(**row) for row in rows)


def plain_papers() -> list[list[dict[str, object]]]:
    """The papers of each file as plain values, for a library that knows nothing of us."""
    return [
        [
            {
                "id": paper.slug,
                "title": paper.title,
                "summary": paper.summary,
                "date": str(paper.date),
                "authors": [author.name for author in paper.authors.all()],
                "categories": [category.name for category in paper.categories.all()],
                "links": [link.url for link in paper.links.all()],
                "digests": [str(digest.date) for digest in paper.digests.all()],
                "record": paper.entries.get().record,
            }
            for paper in catalogue.Paper.objects.filter(entries__source=source)
        ]
        for source in catalogue.Source.objects.order_by("pk")
    ]


def with_sqlite_utils(files: list[list[dict[str, object]]]) -> None:
    path = FOLDER / "utils.sqlite3"
    path.unlink(missing_ok=True)
    db = sqlite_utils.Database(path)
    for papers in files:
        for paper in papers:
            row = {key: paper[key] for key in ("id", "title", "summary", "date")}
            table = db["papers"].upsert(row, pk="id")
            table.m2m("authors", [{"name": name} for name in paper["authors"]], pk="name")
            table.m2m("categories", [{"name": name} for name in paper["categories"]], pk="name")
            table.m2m("links", [{"url": url} for url in paper["links"]], pk="url")
            table.m2m("digests", [{"date": day} for day in paper["digests"]], pk="date")
            db["entries"].insert({"paper": paper["id"], "record": paper["record"]})
            if "papers_fts" not in db.table_names():
                table.enable_fts(["title", "summary"], create_triggers=True)
    db.close()


def over_another(first: list[Path], then: list[Path], rounds: int) -> None:
    """Print how fast files load that change what papers show, beside those that made them."""
    ratios = []
    for _ in range(rounds):
        on_a_copy("ours")
        rates = []
        for files in (first, then):
            reports: list[LoadReport] = []
            took = seconds(lambda reports=reports, files=files: reports.extend(load_files(files)))
            rates.append(sum(report.rows for report in reports) / took)
        ratios.append(rates[1] / rates[0])
        changed = sum(report.changed for report in reports)
        print(f"{rates[0]:.0f} rows a second, then {rates[1]:.0f}: {changed} papers changed")
    print(f"second archive / first: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--over", type=Path, metavar="OTHER", help="loaded before the folder")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    connection.close()

    files = find_files(options.folder).files
    if options.over:
        over_another(find_files(options.over).files, files, options.rounds)
        return
    took: dict[str, list[float]] = {"load": [], "again": [], "bulk_create": [], "sqlite-utils": []}
    for _ in range(options.rounds):
        on_a_copy("ours")
        took["load"].append(seconds(partial(load_files, files)))
        took["again"].append(seconds(partial(load_files, files)))
        rows, plain = rows_by_file(), plain_papers()
        papers = catalogue.Paper.objects.count()
        on_a_copy("bare")
        took["bulk_create"].append(seconds(partial(bare_bulk_create, rows)))
        if catalogue.Paper.objects.count() != papers:
            raise SystemExit("bulk_create did not write the same papers")
        if not took["sqlite-utils"]:  # once: it takes as long as all the rest
            took["sqlite-utils"].append(seconds(partial(with_sqlite_utils, plain)))

    print(f"{len(files)} files, {papers} papers, {options.rounds} rounds; median, papers a second:")
    for name, times in took.items():
        print(f"  {name:13}{papers / median(times):10.0f}")
    load = median(took["load"])
    ratios = [a / b for a, b in zip(took["bulk_create"], took["load"], strict=True)]
    print(f"load / bulk_create: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"load / sqlite-utils: {took['sqlite-utils'][0] / load:.1f}")
    print(f"second load / first: {load / median(took['again']):.1f}")


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        shutil.rmtree(FOLDER)
