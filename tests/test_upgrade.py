"""Upgrades: of a database of an earlier version with rows in it, and from each released version."""

import builtins
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import DeleteModel, Migration, RemoveField
from django.db.migrations.recorder import MigrationRecorder

from accounts.library import Library
from digest.catalogue.load import load
from digest.management.commands.migrate import what_cannot_be_undone
from digest.models import Author, Paper
from digest.search import index
from tests.accounts.conftest import person
from tests.earlier import go_back, rows

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
SORTED = "0012_authors_by_name"


@pytest.fixture
def database(django_db_blocker: Any, copy_database: Any) -> Iterator[None]:
    """A database for this test alone, with a digest and a person's bookmark and note in it."""
    name = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = copy_database()
        for file in (ROOT / "fixtures").glob("*.md"):
            load(file.read_bytes(), file.name)
        owner, paper = person("owner"), Paper.objects.order_by("pk")[0]
        Library(owner).bookmarks.add([paper.pk])
        Library(owner).notes.save(paper, "Read *this*.", 0)
        yield
        connection.close()
        connection.settings_dict["NAME"] = name


def test_a_database_of_an_earlier_version_is_upgraded(
    database: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A migration that is interrupted is not applied, and begins again."""
    before = rows()
    go_back()
    monkeypatch.setattr(import_module(f"digest.migrations.{SORTED}"), "SIZE", 10)

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    said = StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(builtins, "print", interrupt)
        with pytest.raises(CommandError, match=r"^interrupted: ") as caught:
            call_command("migrate", verbosity=0, stdout=said)
    assert caught.value.returncode == 130
    lines = said.getvalue().splitlines()
    assert lines[0].startswith("This upgrades the database by ")
    assert lines[0].endswith("The only way back is a backup that was made before.")
    assert "  accounts.0011_followed_rows: Delete model Followed: " in said.getvalue()
    applied = MigrationRecorder(connection).applied_migrations()
    assert ("digest", "0011_suggested_categories") in applied
    assert ("digest", SORTED) not in applied
    capsys.readouterr()
    call_command("migrate", verbosity=0)
    many = Author.objects.count()
    assert f"\n  Authors: 10 of {many}\n  Authors: 20 of {many}\n" in capsys.readouterr().out
    assert rows() == before
    assert index.check().is_ok
    said = StringIO()
    call_command("migrate", verbosity=0, stdout=said)
    assert said.getvalue() == ""  # it is up to date


def test_what_is_deleted_is_said() -> None:
    class Gone(Migration):
        operations = [DeleteModel("Followed"), RemoveField("paper", "place")]

    deleted = ": its data is deleted, or is elsewhere by then"
    assert what_cannot_be_undone([Gone("0099_gone", "digest")]) == [
        "This upgrades the database by 1 migration. An older version of the site cannot use it"
        " afterwards. The only way back is a backup that was made before.",
        f"  digest.0099_gone: Delete model Followed{deleted}",
        f"  digest.0099_gone: Remove field place from paper{deleted}",
    ]


def tags() -> list[str]:
    """The released versions, as the repository has them; none without a repository."""
    if not (ROOT / ".git").exists():
        return []
    return run(ROOT, "git", "tag", "--list", "v*").split()


def test_from_each_released_version(tmp_path: Path) -> None:
    """As an operator does it: install a version, load digests, and put the new version in its
    place, beside the same var/."""
    for tag in tags():
        old, new = tmp_path / tag, tmp_path / f"after-{tag}"
        run(ROOT, "git", "clone", "--quiet", "--branch", tag, str(ROOT), str(old))
        run(old, "make", "install")
        exported = export(old)
        shutil.copytree(ROOT, new, ignore=shutil.ignore_patterns(".?*", "var"))
        (new / ".venv").symlink_to(sys.prefix)
        (old / "var").rename(new / "var")
        run(new, ".venv/bin/python", "manage.py", "migrate", "--no-input")
        run(new, ".venv/bin/python", "manage.py", "check_search_index")
        assert export(new) == exported != ""


def export(checkout: Path) -> str:
    day = "2025-02-06"  # the sample's
    return run(checkout, ".venv/bin/python", "manage.py", "export_digest", day)


def run(folder: Path, *command: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **kept},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
