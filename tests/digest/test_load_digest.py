import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from digest import models
from digest.catalogue.load import undo
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


def run(*arguments, **options):
    """What the command prints, to standard output and standard error, and its exit status."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("load_digest", *map(str, arguments), stdout=out, stderr=err, **options)
    except CommandError as error:
        err.write(f"{error}\n")
        status = error.returncode
    return out.getvalue(), err.getvalue(), status


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "1.json").write_bytes(digest(row(1), row(2)))
    (tmp_path / "2.json").write_bytes(digest(row(2, date="2025-02-07", title="New")))
    (tmp_path / "3.md").write_text("No table here.\n")
    return tmp_path


def cells(out):
    return out.strip().splitlines()[-1].split()


def test_a_table_closes_the_load_and_problems_say_where(folder):
    out, err, status = run(folder)
    assert out.split()[:10] == [
        *("Files", "loaded", "known", "unreadable", "Papers", "new", "changed", "unchanged"),
        *("Links", "Problems"),
    ]
    assert cells(out) == ["3", "2", "0", "1", "3", "2", "1", "0", "2", "1"]
    assert err.startswith(f"{folder}/3.md:1: ")
    assert err.endswith(" (file not read)\n")
    assert status == 0


def test_a_second_load_knows_the_files(folder):
    run(folder)
    out, _, status = run(folder / "1.json", folder / "2.json")
    assert cells(out) == ["2", "0", "2", "0", "0", "0", "0", "0", "0", "0"]
    assert status == 0


def test_a_dry_run_shows_the_same_and_writes_nothing(folder):
    dry, _, status = run(folder, dry_run=True)
    assert status == 0
    assert dry.endswith("Nothing was written (--dry-run).\n")
    assert models.Source.objects.count() == 0
    out, _, _ = run(folder)
    assert dry.removesuffix("Nothing was written (--dry-run).\n") == out


def test_strict_refuses_everything_over_one_problem(folder):
    _, err, status = run(folder, strict=True)
    assert err.endswith("there are problems: nothing was written (--strict)\n")
    assert (status, models.Source.objects.count()) == (1, 0)


def test_nothing_readable_is_a_failure(folder, tmp_path):
    _, err, status = run(folder / "3.md")
    assert err.endswith("there was no digest to load: nothing was written\n")
    assert status == 1
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty")[2] == 1


def test_a_path_that_is_not_there_is_wrong_usage(folder):
    out, err, status = run(folder / "none.md")
    assert (out, err, status) == ("", f"{folder}/none.md: No such file or directory\n", 2)


def test_standard_input_is_a_dash(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(digest(row(1)))))
    _, err, status = run("-")
    assert (err, status) == ("", 0)
    assert models.Source.objects.get().name == "-"


def test_programs_get_json(folder):
    out, err, status = run(folder, json=True)
    report = json.loads(out)
    assert (err, status) == ("", 0)
    assert report["written"] is True
    assert report["totals"] == {
        "files": 3,
        "loaded": 2,
        "known": 0,
        "unreadable": 1,
        "rows": 3,
        "new": 2,
        "changed": 1,
        "unchanged": 0,
        "links": 2,
        "problems": 1,
    }
    assert report["files"][1] == {
        "name": f"{folder}/2.json",
        "status": "loaded",
        "format": "json",
        "digests": 1,
        "rows": 1,
        "new": 0,
        "changed": 1,
        "unchanged": 0,
        "links": 0,
        "problems": [],
        "verdicts": {"new": 0, "changed": 1, "unchanged": 0, "merged": 0, "kept": 0, "rejected": 0},
        "source": models.Source.objects.get(name=f"{folder}/2.json").pk,
    }
    out, _, status = run(folder, json=True, strict=True)
    assert (json.loads(out)["written"], status) == (False, 1)


def test_quiet_is_quiet(folder):
    assert run(folder, verbosity=0) == ("", "", 0)


def test_a_closed_file_is_a_problem_of_its_own(folder, monkeypatch):
    path = type(folder)
    opened = path.open

    def refuse(self, *arguments, **options):
        if self.name == "1.json":
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **options)

    monkeypatch.setattr(path, "open", refuse)
    out, err, status = run(folder)
    assert f"{folder}/1.json:1: cannot be opened: Permission denied (file not read)\n" in err
    assert cells(out)[:4] == ["3", "1", "0", "2"]
    assert status == 0


def test_a_database_that_fails_is_said_with_what_to_do(folder, monkeypatch):
    def full(*_, **__):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("digest.management.commands.load_digest.load_files", full)
    _, err, status = run(folder)
    assert status == 2
    assert err == (
        "the database cannot be used: database or disk is full: the files before this one stay"
        " loaded\n"
    )


def test_a_database_that_had_a_digest_is_not_new(folder):
    first = folder / "1.json"
    out, err, status = run(first, "--if-new")
    assert (cells(out)[0], err, status) == ("1", "", 0)
    (source,) = models.Source.objects.all()
    nothing = ("Nothing was loaded: the database has, or had, digests.\n", "", 0)
    assert run(folder, "--if-new") == nothing
    undo(source)
    assert not models.Source.objects.exists()
    assert run(folder, "--if-new") == nothing
    out, err, status = run(folder, "--if-new", "--json")
    assert (json.loads(out)["written"], err, status) == (False, "", 0)


def test_files_of_a_folder_that_are_no_digests_are_counted(folder):
    for name in ("notes.txt", "inner/more.TXT", "inner/README", ".hidden", "inner/b.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    out, _, _ = run(folder, dry_run=True)
    assert (
        "Passed over, as digests end in .xml, .atom, .rss, .json, .jsonl, .ndjson, .md, .markdown:"
        " 1 without a suffix, 1 .csv, 2 .txt."
    ) in out
    out, _, _ = run(folder, json=True)
    assert json.loads(out)["passed_over"] == {"": 1, ".csv": 1, ".txt": 2}
    out, _, _ = run(folder / "1.json")
    assert "Passed over" not in out
