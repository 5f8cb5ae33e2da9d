"""Whether related papers are like the paper: by its narrowest category, and by a judged list.

    python tests/benchmarks/related.py FOLDER [--keep FILE]

Loads the real digests of a folder into an SQLite database (or takes up the one of --keep), and asks
for the first five related papers of

- 200 papers, drawn with a fixed seed: the share of the five that have the paper's narrowest
  category, the one of fewest papers. It is printed twice: as pages show them, and with the paper's
  categories hidden from the likeness, so that it can't be read off them;
- the papers of JUDGED: the share of the five that are in the list, and of the list that is among
  the five.

With the archive of spring 2025 (2,530 papers), 49 % of the five have the narrowest category, 35 %
if categories are hidden, and 58 % are on the judged list, which has 73 % of what could be there.
The likeness by rare words alone that was here before had 33, 27, 43 and 51 %.

A place that stays empty counts as a miss. JUDGED was made by one reader, by the titles of what
three kinds of likeness found (that by rare words alone, the one of today, and plain bm25 of the
title): a paper is related if somebody who reads the one for its subject would want to know of the
other: same task or same method, not merely the same field. Other days than those of the folder show
whether the rules were made for this list.
"""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path
from statistics import mean, median
from time import process_time

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
_parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
_parser.add_argument("folder", type=Path)
_parser.add_argument("--keep", type=Path)
options = _parser.parse_args()
FILE = options.keep or Path(tempfile.mkdtemp(prefix="benchmark-")) / "papers.sqlite3"
os.environ["DATABASE_URL"] = f"sqlite:///{FILE.resolve()}"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

from digest.catalogue.load import find_files, load_files  # noqa: E402
from digest.models import Category, Paper  # noqa: E402
from digest.search.related import related  # noqa: E402

SEED = 20250206
DRAWN = 200
FIRST = 5

JUDGED = {
    "2503.03278": "2504.13820 2502.19634 2506.03238 2412.20070 2503.10596",
    "2503.07507": "2503.11651 2505.23716 2506.13750 2506.05327 2505.21060 2503.24391 2506.08862"
    " 2502.16779 2505.23926",
    "2505.19443": "2506.04133 2503.18494 2504.01990 2502.05957",
    "2505.19360": "2502.00989 2506.01344 2505.06324",
    "2506.06751": "2505.18545 2505.22645 2502.13766",
    "2506.14002": "2504.02821 2503.18878 2505.22255 2503.03601 2506.17673 2505.20254 2503.07639",
    "2506.21594": "2502.19634 2504.00869 2506.09513 2505.17952 2502.13233 2505.18283 2501.06458"
    " 2501.18362 2506.07044 2506.16962",
    "2502.13173": "2503.10460 2502.03373 2502.09601 2502.03860 2506.12860 2502.07599 2501.12895"
    " 2506.03690",
    "2505.16348": "2503.16408 2503.00729 2502.09560 2502.10177 2506.12915 2409.16686",
    "2502.20127": "2504.02605 2505.07849 2412.21139 2506.19290 2506.10954 2502.18449 2505.20411"
    " 2506.18951",
    "2505.17612": "2502.12143 2503.08681 2503.04625 2501.04519 2503.06580 2503.16219",
    "2502.08524": "2506.07833 2505.15778 2502.07490",
    "2506.18349": "2503.05447 2409.12136 2505.16056 2409.17481 2504.07964 2501.13074",
    "2502.19400": "2505.23754",
    "2505.15772": "2506.09827 2409.18042",
    "2505.23745": "2503.18817 2503.02199 2501.04003",
    "2502.13407": "2504.11080 2503.24219 2503.07588 2502.08168",
    "2502.06527": "2504.02436 2501.06187 2505.04512 2506.03126 2504.17816",
    "2501.12909": "2502.08639 2501.06173",
    "2504.15431": "2505.02410 2412.19638 2502.10852 2506.12450 2507.18013",
}
"""Papers by their arXiv ids, each with those that are related to it."""


def narrowest(paper: Paper) -> Category | None:
    """The category of a paper that has the fewest papers; areas are none."""
    found = [place.category for place in paper.classifications.all() if not place.category.is_area]
    return min(found, key=lambda one: (one.paper_count, one.name), default=None)


def hidden(paper: Paper) -> Paper:
    """The paper without its categories."""
    paper._prefetched_objects_cache["classifications"] = paper.classifications.none()
    return paper


def main() -> None:
    call_command("migrate", verbosity=0)
    if not Paper.objects.exists():
        load_files(find_files(options.folder).files)
    papers = Paper.objects.visible().for_cards().defer(None)
    having = list(
        papers.filter(categories__is_area=False).order_by("slug").values_list("slug", flat=True)
    )
    drawn = random.Random(SEED).sample(sorted({*having}), DRAWN)
    print(f"{papers.count():,} papers, {DRAWN} drawn of {len({*having}):,} with a category")

    shown, unseen, times = [], [], []
    for slug in drawn:
        paper = papers.get(slug=slug)
        category = narrowest(paper)
        begun = process_time()
        found = related(paper)[:FIRST]
        times.append(process_time() - begun)
        shown.append(sum(category in one.paper.categories.all() for one in found) / FIRST)
        found = related(hidden(paper))[:FIRST]
        unseen.append(sum(category in one.paper.categories.all() for one in found) / FIRST)
    print(f"share of the first five with the narrowest category: {mean(shown):.1%}")
    print(f"the same, the paper's categories hidden:             {mean(unseen):.1%}")

    precision, recall = [], []
    for slug, text in JUDGED.items():
        relevant = {*text.split()}
        first = [one.paper.slug for one in related(papers.get(slug=slug))[:FIRST]]
        hits = len(relevant.intersection(first))
        precision.append(hits / FIRST)
        recall.append(hits / min(FIRST, len(relevant)))
    if JUDGED:
        print(f"judged list of {len(JUDGED)}: related among the five {mean(precision):.1%},")
        print(f"    of what five places can hold of the list {mean(recall):.1%}")
    print(
        f"processor time of one: median {median(times) * 1000:.1f} ms, most {max(times) * 1000:.1f}"
    )


if __name__ == "__main__":
    main()
