"""Whole exports: made once, a few at a time, and never half."""

import os
import subprocess
import sys

import pytest

from digest.caches import exports
from digest.caches.exports import A_MINUTE, AT_ONCE, ExportBusy, cached_export
from digest.catalogue.load import load
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path, settings, monkeypatch):
    settings.EXPORTS = tmp_path / "exports"
    monkeypatch.setattr(exports, "WAIT", 0.0)
    return settings.EXPORTS


def read(export):
    content = b"".join(export)
    export.close()
    return content


def body(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.getvalue()


@pytest.fixture
def made(monkeypatch):
    """The addresses of the exports that were made, not taken from the disk."""
    found = []
    make = exports._ExportStream

    def counted(*said):
        found.append(said)
        return make(*said)

    monkeypatch.setattr(exports, "_ExportStream", counted)
    return found


@pytest.mark.parametrize(
    "address", ["/papers.bib", "/papers.md?q=paper", "/api/v1/papers/?format=csv"]
)
def test_an_export_is_made_once_until_the_catalogue_changes(client, made, address):
    load(digest(row(1), row(2)), "a.json")
    first = body(client, address)
    assert b"Paper 2" in first
    assert [body(client, address) for _ in range(3)] == [first] * 3
    assert len(made) == 1
    load(digest(row(3)), "b.json")
    assert b"Paper 3" in body(client, address)
    assert len(made) == 2


def test_each_is_another(client, made):
    load(digest(row(1), row(2, title="Zebras")), "a.json")
    addresses = ("/papers.bib", "/papers.ris", "/papers.bib?q=zebras", "/papers.bib?has=code")
    assert len({body(client, address) for address in addresses}) == 3
    assert len(made) == 4


def test_a_look_at_its_head_makes_nothing(client, made):
    response = client.head("/papers.bib")
    assert (response.status_code, response.getvalue(), made) == (200, b"", [])
    assert "papers.bib" in response["Content-Disposition"]


def test_what_is_not_read_to_its_end_is_not_kept(folder):
    export = cached_export("x", "me", lambda: iter([b"a", b"b"]))
    assert next(export) == b"a"
    assert {file.name[:5] for file in folder.iterdir()} == {"part-", "turn-"}
    export.close()
    assert read(cached_export("x", "me", lambda: iter([b"c"]))) == b"c"
    assert read(cached_export("x", "me", lambda: iter([b"d"]))) == b"c"


def test_what_fails_is_not_kept():
    def fails():
        yield b"a"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        list(cached_export("x", "me", fails))
    assert read(cached_export("x", "me", lambda: iter([b"b"]))) == b"b"


def test_two_at_once_and_others_come_again(client, caplog):
    """Of those that are being made, each is made once."""
    held = []
    busy = 0
    for number in range(40):
        try:
            held.append(cached_export(str(number), str(number), lambda: iter([b"x"])))
        except ExportBusy:
            busy += 1
    assert (len(held), busy) == (AT_ONCE, 40 - AT_ONCE)
    with pytest.raises(ExportBusy):
        cached_export("39", "me", lambda: iter([b"x"]))
    caplog.clear()
    said = "Others ask for more exports than are made at once. Try again in 1 s."
    for address, kind in (
        ("/papers.bib", "text/plain; charset=utf-8"),
        ("/api/v1/papers/?format=bib", "application/problem+json"),
    ):
        response = client.get(address)
        assert (response.status_code, response["Retry-After"]) == (503, "1")
        assert response["Content-Type"] == kind
        assert said in response.content.decode()
        assert "public" not in response.get("Cache-Control", "")  # as the file itself is
    # An event, and no error of ours.
    logged = [(record.name, record.levelname) for record in caplog.records]
    assert logged == [("digest.log", "WARNING")] * 2
    assert client.get("/").status_code == 200
    for export in held:
        assert read(export) == b"x"
    assert body(client, "/papers.bib") == b""


def test_another_process_has_its_turn_too(folder):
    folder.mkdir()
    hold = "import fcntl,sys; f = [open(p, 'ab') for p in sys.argv[1:]];"
    hold += "[fcntl.flock(x, fcntl.LOCK_EX) for x in f]; print(flush=True); sys.stdin.read()"
    turns = [str(folder / f"turn-{n}.lock") for n in range(AT_ONCE)]
    command = [sys.executable, "-c", hold, *turns]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(ExportBusy):
            cached_export("x", "me", lambda: iter([b"x"]))
        other.kill()
    assert read(cached_export("x", "me", lambda: iter([b"x"]))) == b"x"


def test_an_address_has_so_many_made_in_a_minute(monkeypatch):
    monkeypatch.setattr(exports, "time", lambda: 61.0)
    for number in range(A_MINUTE):
        read(cached_export(str(number), "me", lambda: iter([b"x"])))
    with pytest.raises(ExportBusy) as refused:
        cached_export("one more", "me", lambda: iter([b"x"]))
    assert (refused.value.own, refused.value.after) == (True, 59)
    assert read(cached_export("0", "me", lambda: iter([b"y"]))) == b"x"  # which is there
    assert read(cached_export("one more", "somebody else", lambda: iter([b"x"]))) == b"x"
    monkeypatch.setattr(exports, "time", lambda: 120.0)
    assert read(cached_export("another", "me", lambda: iter([b"x"]))) == b"x"


def test_a_program_that_asks_for_too_many_is_told_so(client, monkeypatch):
    monkeypatch.setattr(exports, "A_MINUTE", 0)
    monkeypatch.setattr(exports, "time", lambda: 61.0)
    response = client.get("/api/v1/papers/?format=csv")
    said = response.json()
    assert (response.status_code, said["status"], response["Retry-After"]) == (429, 429, "59")
    assert said["detail"].startswith("You asked for more exports")


def test_who_reads_slowly_keeps_nobody_waiting(monkeypatch, folder):
    monkeypatch.setattr(exports, "SLOW", 0.0)
    export = cached_export("x", "me", lambda: iter([b"a", b"b", b"c"]))
    assert next(export) + next(export) == b"ab"
    other = cached_export("x", "somebody else", lambda: iter([b"a", b"b", b"c"]))
    assert next(other) == b"a"
    assert b"".join(export) == b"c"
    other.close()


def test_without_room_nothing_is_kept_and_all_is_sent(folder, monkeypatch):
    folder.write_text("no folder")
    assert read(cached_export("x", "me", lambda: iter([b"a", b"b", b"c"]))) == b"abc"
    folder.unlink()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError))
    assert read(cached_export("x", "me", lambda: iter([b"a", b"b", b"c"]))) == b"abc"
    assert [file.suffix for file in folder.iterdir()] == [".lock"]


def test_the_disk_is_bounded(folder, monkeypatch):
    monkeypatch.setattr(exports, "MAX_BYTES", 250)
    for number in range(5):
        read(cached_export(str(number), str(number), lambda: iter([b"x" * 100])))
        for file in folder.iterdir():
            os.utime(file, (number, file.stat().st_mtime - 10))  # each is older than the next
    kept = [file for file in folder.iterdir() if file.suffix != ".lock"]
    assert len(kept) == 2
    left = folder / "part-left"
    left.write_text("x")
    os.utime(left, (0, 0))
    read(cached_export("last", "me", lambda: iter([b"x"])))
    assert not left.exists()
