"""`manage.py export_site`: where it writes, and what it refuses."""

import io
import os
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from digest.catalogue.load import load
from digest.management.commands.export_site import full_address
from digest.static_site import CannotExport, folder, search_index
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_index(monkeypatch):
    """Pagefind is run by other tests."""
    monkeypatch.setattr("digest.static_site.write_index", lambda folder: None)


@pytest.fixture
def paper():
    load(digest(row(1)), "a.json")


def export(*arguments, **options):
    out = io.StringIO()
    call_command("export_site", *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def names(path):
    return sorted(one.name for one in path.iterdir())


def test_the_command_says_what_it_wrote(paper, tmp_path):
    said = export(tmp_path / "new")
    files = [file for file in (tmp_path / "new").rglob("*") if file.is_file()]
    pages = [file for file in files if file.suffix == ".html"]
    size = sum(file.stat().st_size for file in files) / 1e6
    assert said == (
        f"1 paper: {len(files)} files, of which {len(pages)} are pages, {size:.1f} MB,"
        f" in {tmp_path / 'new'}.\n"
        "Without --url there are no feeds, no site map and no canonical links.\n"
    )
    assert names(tmp_path) == ["new"]
    assert export(tmp_path / "new", url="https://example.org/", verbosity=0) == ""


def test_an_earlier_mirror_is_replaced(paper, tmp_path):
    export(tmp_path / "new")
    (tmp_path / "new/left over").write_text("x")
    load(digest(row(2)), "b.json")
    export(tmp_path / "new")
    assert not (tmp_path / "new/left over").exists()
    assert (tmp_path / "new/papers/2502.00002/index.html").is_file()
    assert names(tmp_path) == ["new"]


def test_an_empty_folder_is_filled_and_a_link_to_one_too(paper, tmp_path):
    (tmp_path / "place").mkdir()
    (tmp_path / "link").symlink_to("place")
    export(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "place/index.html").is_file()
    assert names(tmp_path) == ["link", "place"]


def refused(*arguments, **options):
    with pytest.raises(CommandError) as error:
        export(*arguments, **options)
    assert error.value.returncode == 1
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_is_not_ours_is_left_alone(paper, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").write_text("x")
    (tmp_path / "file").write_text("x")
    assert refused(tmp_path / "mine") == (
        f"{tmp_path}/mine is not empty, and is no mirror (it has no mirror.json): name another"
        f" folder. {tmp_path}/mine is as it was."
    )
    assert refused(tmp_path / "file").startswith(f"{tmp_path}/file is a file: name a folder.")
    assert refused(tmp_path / "x/new").startswith(f"there is no folder {tmp_path}/x.")
    assert refused("/").startswith("/ is not empty")
    assert names(tmp_path) == ["file", "mine"]
    assert names(tmp_path / "mine") == ["thesis.tex"]


def test_without_papers_there_is_nothing_to_write(db, tmp_path):
    assert refused(tmp_path / "new").startswith("there are no papers yet: load digests")
    assert names(tmp_path) == []


def test_static_files_have_to_be_collected(paper, tmp_path, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "digest.static.StaticFiles"},
    }
    settings.STATIC_ROOT = tmp_path / "nothing"
    assert refused(tmp_path / "new").startswith("run `manage.py collectstatic` first")
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_error_leaves_the_earlier_mirror(paper, tmp_path, monkeypatch, error):
    export(tmp_path / "new")
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    write = Path.write_bytes

    def full(path, content):
        if path.name == "404.html":
            raise error
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    said = refused(tmp_path / "new")
    assert said.endswith(f"{tmp_path / 'new'} is as it was" + "." * isinstance(error, OSError))
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_pagefind_that_fails_leaves_nothing(paper, tmp_path, monkeypatch):
    monkeypatch.setattr("digest.static_site.write_index", search_index.write_index)
    program = tmp_path / "pagefind"
    program.write_text("#!/bin/sh\necho 'no room' >&2\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setattr("pagefind_bin.get_executable", lambda: program)
    said = refused(tmp_path / "new")
    assert said.startswith("Pagefind made no index: no room.")
    assert names(tmp_path) == ["pagefind"]


def test_two_runs_at_once_do_not_mix(tmp_path):
    with folder.new_folder(tmp_path / "new"):
        with pytest.raises(CannotExport, match="another run is writing"):
            folder.new_folder(tmp_path / "new").__enter__()
        assert names(tmp_path) == [".new.new"]


def test_a_link_in_the_place_of_a_new_folder_empties_nothing(tmp_path):
    """Whoever may write beside the mirror could have made it."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine").touch()
    (tmp_path / ".new.new").symlink_to(other)
    with pytest.raises(NotADirectoryError):
        folder.new_folder(tmp_path / "new").__enter__()
    assert names(other) == ["mine"]


def test_what_a_killed_run_left_is_removed(paper, tmp_path):
    for name in (".new.new/papers", ".new.old"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "half.html").write_text("x")
    export(tmp_path / "new")
    assert names(tmp_path) == ["new"]
    assert not list(tmp_path.rglob("half.html"))


def test_a_mirror_is_readable_by_the_server_of_files(paper, tmp_path):
    umask = os.umask(0o022)
    try:
        export(tmp_path / "new")
    finally:
        os.umask(umask)
    modes = {one.stat().st_mode & 0o777 for one in [tmp_path / "new", *tmp_path.rglob("*")]}
    assert modes == {0o755, 0o644}


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://papers.example.org", "https://papers.example.org"),
        ("https://example.org/mirror/", "https://example.org/mirror"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_an_address(given, address):
    assert full_address(given) == address


@pytest.mark.parametrize(
    "given",
    [
        *("papers.example.org", "ftp://example.org", "https://", "https:///x", "https://e.org:x"),
        *("https://e.org/?q=1", "https://e.org/#top", "https://ada:pw@e.org", "/srv", "https://[x"),
    ],
)
def test_what_is_no_address(given, tmp_path):
    said = refused(tmp_path / "new", url=given)
    assert said == f"--url {given}: give an address like https://papers.example.org/mirror"
    assert re.fullmatch(r"\S+ .*", said)
    assert names(tmp_path) == []
