"""`make bench`: it runs every benchmark, and finds their figures."""

import importlib
import importlib.util
from pathlib import Path

import pytest

from tests.catalogue import load_once
from tests.samples import digest, row

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "tests" / "benchmarks"
PARTS = {"bare", "corpus", "naive", "search_served", "bench", "two_processes"}
"""What others use, the one that runs them, and one that needs PostgreSQL and Redis."""


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench", SCRIPTS / "bench.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_runs_every_benchmark(bench):
    names = [each.name for each in bench.BENCHMARKS]
    assert sorted(names) == sorted({file.stem for file in SCRIPTS.glob("*.py")} - PARTS)
    for each in bench.BENCHMARKS:
        text = (SCRIPTS / f"{each.name}.py").read_text()
        options = [word for word in each.arguments.split() if word.startswith("--")]
        assert [option for option in options if f'"{option}"' not in text] == []


@pytest.mark.parametrize("file", sorted(SCRIPTS.glob("*.py")), ids=lambda file: file.stem)
def test_none_writes_into_the_sites_own_database(file):
    """`make` gives it an empty DATABASE_URL, which means that one unless another is set."""
    assert 'setdefault("DATABASE_URL"' not in file.read_text()


@pytest.mark.sqlite
def test_a_database_with_digests_is_not_filled(db, monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    corpus = importlib.import_module("corpus")
    load_once((digest(row(1)), "a.json"))
    with pytest.raises(SystemExit, match="is not empty"):
        corpus.build(None, 10)


OUTPUT = """
load / bulk_create: 0.31 (0.30 to 0.32)
load / sqlite-utils: 1.4
second load / first: 25.0
"""


def test_figures_become_lines(bench):
    (load,) = (each for each in bench.BENCHMARKS if each.name == "load")
    assert bench.cells(load, OUTPUT) == [
        "| Loading, to bare `bulk_create` of the same rows | 0.31 | `load.py` |",
        "| Loading, to sqlite-utils | 1.4 | `load.py` |",
        "| Loading what is known, to loading it first | 25.0 | `load.py` |",
    ]
    with pytest.raises(SystemExit, match="load printed no figure for “Loading, to sqlite-utils”"):
        bench.cells(load, OUTPUT.replace("sqlite-utils", "x"))


def test_the_table_takes_the_place_of_the_one_before(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    page = tmp_path / "OPERATING.md"
    page.write_text(f"a\n{bench.BEGIN}\nold\n{bench.END}\nb\n")
    for _ in range(2):
        bench.write_table(["| x | 1 | `load.py` |"], 3_000)
    before, *_, table, after, last = page.read_text().split("\n")
    assert (before, table, after, last) == ("a", bench.END, "b", "")
    assert page.read_text().count("| x | 1 | `load.py` |") == 1
    assert "old" not in page.read_text()


def test_the_manual_has_a_place_for_it(bench):
    text = (ROOT / "OPERATING.md").read_text()
    assert text.count(bench.BEGIN) == text.count(bench.END) == 1
