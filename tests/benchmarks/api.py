"""Requests a second of the API, beside a plain one of DRF's and datasette, over the same papers.

    python tests/benchmarks/api.py FOLDER [--datasette EXECUTABLE] [--papers N] [--keep FOLDER]
        [--seconds N]

Builds a catalogue of so many papers from the real digests of a folder (or takes it up again from
--keep), serves it with the site, with `naive.py` and with datasette, and asks each in turns for a
page of papers and for a search. "The same" are a few addresses again and again, as many programs
ask; "new" ones are never asked twice: pages further back, and words of other titles.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from itertools import count, islice
from pathlib import Path
from statistics import median
from urllib.parse import quote_plus

FOLDER = Path(tempfile.mkdtemp(prefix="benchmark-"))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/material.sqlite3"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

import django  # noqa: E402

django.setup()

import search  # noqa: E402
import search_served  # noqa: E402
from django.db import connection  # noqa: E402
from search_served import TURNS, WORDS, for_datasette, new_words, rate, served  # noqa: E402

from digest.models import Paper  # noqa: E402

TABLE = "/papers/papers.json?_shape=objects&_size="


def compare(url: str, datasette: Path | None, seconds: float) -> None:
    gunicorn = (sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:PORT", "--worker-class")
    gunicorn += ("gthread", "--workers", "2", "--threads", "4", "--no-control-socket")
    gunicorn += ("--log-level", "warning")
    environment = {
        "DATABASE_URL": url,
        "CACHE_URL": "memory://",
        "API_RATE_ANONYMOUS": "100000000",
        "DEBUG": "off",
    }
    theirs = {**environment, "PYTHONPATH": str(Path(__file__).parent)}
    words = new_words()
    most = min(400, Paper.objects.visible().count() // 25 - 2)

    def searches(prefix: str, words: Iterator[str]) -> Iterator[str]:
        return (f"{prefix}{quote_plus(some)}" for some in words)

    with ExitStack() as servers:
        start = servers.enter_context
        ports = {
            "the site": start(served(*gunicorn, "digest.wsgi", environment=environment)),
            "a plain ModelViewSet": start(served(*gunicorn, "naive", environment=theirs)),
        }
        if datasette:
            for_datasette(FOLDER / "papers.db")
            ports["datasette's JSON"] = start(
                served(
                    *(str(datasette), "serve", "--host", "127.0.0.1", "--port", "PORT"),
                    str(FOLDER / "papers.db"),
                )
            )
        pages = {
            "the site": "/api/v1/papers/?page_size=",
            "a plain ModelViewSet": "/papers/?page_size=",
            "datasette's JSON": TABLE,
        }
        finds = {
            "the site": "/api/v1/papers/?page_size=25&q=",
            "a plain ModelViewSet": "/papers/?page_size=25&search=",
            "datasette's JSON": f"{TABLE}25&_search=",
        }
        rates: dict[str, dict[str, list[float]]] = {name: {} for name in ports}
        for _ in range(TURNS):
            for name, port in ports.items():
                asked = {
                    "page": [f"{pages[name]}25"],
                    "new page": list(islice(new_pages(name, pages[name]), most)),
                    "search": list(searches(finds[name], iter(WORDS))),
                    "new search": list(islice(searches(finds[name], words), 400)),
                }
                for what, paths in asked.items():
                    found = rate(port, paths, seconds / TURNS, {})
                    rates[name].setdefault(what, []).append(found)
    columns = list(rates["the site"])
    print(f"  {'requests a second':24}" + "".join(f"{what:>20}" for what in columns))
    for name, found in rates.items():
        line = f"  {name:24}"
        for what in columns:
            ours = rates["the site"][what]
            ratio = median(a / b for a, b in zip(ours, found[what], strict=True))
            line += f"{median(found[what]):10.1f}" + (
                f" ({ratio:6.1f})" if name != "the site" else " " * 9
            )
        print(line.rstrip())


def new_pages(name: str, prefix: str) -> Iterator[str]:
    """Addresses of different days' papers, none of them twice; pages of the list elsewhere."""
    if name == "the site":
        for number in count():
            day = date(2025, 6, 30) - timedelta(days=number)
            yield f"{prefix}25&date_to={day}"
    elif name == "datasette's JSON":
        yield from (f"{prefix}25&id__lt={200_000 - 40 * number}" for number in count())
    else:
        yield from (f"{prefix}25&page={number}" for number in count(2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--datasette", type=Path)
    parser.add_argument("--papers", type=int, default=200_000)
    parser.add_argument("--keep", type=Path, default=FOLDER)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    options.keep.mkdir(exist_ok=True)
    print(f"on {connection.display_name}, {search_served.READERS} readers, turns of all")
    url = search.Catalogues(options.folder, options.keep.resolve()).use(options.papers)
    compare(url, options.datasette, options.seconds)


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        for folder in (FOLDER, search.FOLDER):
            shutil.rmtree(folder)
