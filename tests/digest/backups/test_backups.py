"""What a backup has is what is restored, wherever, and all of it."""

import fcntl
import gzip
import hashlib
import json
import stat
import threading
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from digest.backups import filling, folders, last_backup
from digest.backups.tables import BackupError
from digest.catalogue.load import load
from digest.models import Backup, SearchWord, Source, Stream
from digest.search import index
from tests.databases import at, contents
from tests.samples import digest, row

pytestmark = pytest.mark.slow


def run(*arguments):
    """What a command prints."""
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def fails(*arguments):
    """The words with which a command fails."""
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert caught.value.returncode == 1
    return str(caught.value)


@pytest.fixture
def key(settings, tmp_path):
    """The file of the key, as on a site that made its own: it has "a" 50 times."""
    settings.KEY_FILE = tmp_path / "var" / "secret_key"
    settings.KEY_FILE.parent.mkdir()
    settings.SECRET_KEY = "a" * 50
    settings.KEY_FILE.write_text(settings.SECRET_KEY)
    return settings.KEY_FILE


@pytest.fixture
def backup(site, tmp_path):
    """A backup of the site."""
    return folders.make(tmp_path / "backups")[0]


def test_what_is_restored_is_what_was_there(settings, key, site, tmp_path, new_database):
    before = contents()
    assert any(papers == 0 for papers in SearchWord.objects.values_list("papers", flat=True))
    printed = run("backup", tmp_path / "backups")
    rows = sum(count for count, *_ in before.values())
    assert f": {len(before)} tables, {rows:,} rows, " in printed
    with connection.cursor() as cursor:  # the original is destroyed
        cursor.execute("DROP TABLE digest_link")
    settings.SECRET_KEY = "b" * 50  # as a process makes it where there is none
    settings.KEY_IS_NEW = True
    key.write_text(settings.SECRET_KEY)
    with at(new_database()):
        assert f": {len(before)} tables, {rows:,} rows, " in run("restore", tmp_path / "backups")
        assert contents() == before
        assert index.check().is_ok
        run("migrate", "-v", "0")
        assert contents() == before
        # No number is given again, not even that of the source that was undone.
        load(digest(row(99)), "new.json")
        assert Source.objects.latest("pk").pk == before["digest_source"][2] + 1 == 3
    assert key.read_text() == "a" * 50
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [path.name for path in key.parent.iterdir()] == ["secret_key"]


def test_what_is_written_meanwhile_is_not_in_it(site, tmp_path, monkeypatch):
    before = contents()
    lock = folders._lock

    def write(tables):
        lock(tables)

        def elsewhere():
            Stream.objects.create(name="Meanwhile", slug="meanwhile")
            connection.close()

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    monkeypatch.setattr(folders, "_lock", write)
    _, manifest = folders.make(tmp_path)
    assert Stream.objects.filter(slug="meanwhile").exists()
    assert {
        name: (table["rows"], table["sha256"], table["last_number"])
        for name, table in manifest["tables"].items()
    } == before


@pytest.mark.sqlite
def test_a_backup_of_an_earlier_version_is_restored_and_migrated(site, tmp_path, new_database):
    """Which is what one makes before an upgrade, with the new version at hand."""
    nodes = MigrationLoader(None).graph.node_map
    (own,) = [key for key in nodes if key[0] == "digest" and key[1].endswith("_backup")]
    (earlier,) = [parent.key for parent in nodes[own].parents if parent.key[0] == "digest"]
    run("migrate", *earlier, "-v", "0")
    before = contents()
    assert "did not take a note" in run("backup", tmp_path)
    with at(new_database()):
        assert "Run `python manage.py migrate`" in run("restore", tmp_path)
        assert contents() == before
        run("migrate", "-v", "0")
        assert Backup.objects.count() == 0
        assert index.check().is_ok
        now = contents()
        assert now["digest_paper"] == before["digest_paper"]
        assert now["accounts_note"] == before["accounts_note"]


@pytest.mark.sqlite
def test_only_its_owner_can_read_a_backup(backup):
    modes = {stat.S_IMODE(path.stat().st_mode) for path in backup.rglob("*") if path.is_file()}
    assert modes == {0o600}
    folders_ = (backup.parent, backup, backup / "tables")
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders_} == {0o700}


@pytest.mark.sqlite
def test_the_newest_are_kept(site, tmp_path, monkeypatch):
    place = tmp_path / "backups"
    (place / ".unfinished-x").mkdir(parents=True)  # of a backup that was killed
    (place / "paper-digest-2024.tar").touch()  # which is not ours
    times = iter(datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 2, 2, 3))
    monkeypatch.setattr(folders.timezone, "now", lambda: next(times))
    for _ in range(4):
        folders.make(place)
    folders.make(place, keep=3)
    day = "paper-digest-2026-01-0"
    assert sorted(path.name for path in place.iterdir()) == [
        ".lock",
        "paper-digest-2024.tar",
        f"{day}2T000000Z-2",
        f"{day}2T000000Z-3",
        f"{day}3T000000Z",
    ]
    assert folders.find(place).name == f"{day}3T000000Z"


@pytest.mark.sqlite
@pytest.mark.parametrize("keep", ["0", "-1", "all"])
def test_at_least_one_is_kept(tmp_path, keep):
    with pytest.raises(CommandError, match="give a whole number, 1 or more"):
        run("backup", tmp_path, f"--keep={keep}")


@pytest.mark.sqlite
def test_a_backup_that_fails_leaves_nothing(site, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    words = fails("backup", tmp_path / "file")
    assert words == f"{tmp_path / 'file'}: File exists. There is no new backup."
    monkeypatch.setattr(
        folders, "_write_file", lambda *_: (_ for _ in ()).throw(OSError(28, "No room"))
    )
    assert fails("backup", tmp_path / "backups") == "No room. There is no new backup."
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]
    with (tmp_path / "backups" / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert fails("backup", tmp_path / "backups").startswith("Another backup is being made in")
    assert last_backup() is None


@pytest.mark.sqlite
def test_tables_that_are_not_known_are_named(site, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE by_hand (x integer)")
    first, *_ = run("backup", tmp_path).splitlines()
    assert first == "The table by_hand is left out: this version does not know it."


@pytest.mark.sqlite
def test_an_empty_database_has_no_backup(site, tmp_path, new_database):
    with at(new_database()):
        assert fails("backup", tmp_path) == "The database is empty: there is nothing to copy."


@pytest.mark.sqlite
def test_the_last_backup_is_known(site, tmp_path):
    assert last_backup() is None
    run("backup", tmp_path)
    last = last_backup()
    assert last.path == str(folders.find(tmp_path))
    assert last.size == sum(
        path.stat().st_size
        for path in folders.find(tmp_path).rglob("*")
        if path.is_file() and not path.name.startswith("manifest")
    )
    assert (last.verified_at, last.error) == (None, "")
    assert "as they were written by version" in run("verify", tmp_path)
    assert last_backup().verified_at > last.made_at
    (folders.find(tmp_path) / "tables/digest_paper.jsonl.gz").unlink()
    fails("verify", tmp_path)
    assert last_backup().error == "tables/digest_paper.jsonl.gz is missing."


# What is wrong with a backup


def truncated(path):
    file = path / "tables/digest_paper.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-1])


def flipped(path):
    file = path / "tables/digest_paper.jsonl.gz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def manifest(path, change):
    """Change the manifest as somebody would who knows of its checksum."""
    file = path / "manifest.json"
    found = json.loads(file.read_text())
    change(found)
    file.write_text(json.dumps(found))
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    (path / "manifest.sha256").write_text(f"{checksum}  manifest.json\n")


def one_row_less(path):
    file = path / "tables/digest_paper.jsonl.gz"
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(lines[1:])))
    manifest(
        path,
        lambda found: found["files"].update(
            {"tables/digest_paper.jsonl.gz": folders._measured(file)}
        ),
    )


def no_rows(path):
    file = path / "tables/digest_paper.jsonl.gz"
    file.write_bytes(gzip.compress(b"[1, 2]\n"))
    manifest(
        path,
        lambda found: found["files"].update(
            {"tables/digest_paper.jsonl.gz": folders._measured(file)}
        ),
    )


def odd_row(path):
    """A row of which one value is of no kind that a column takes, with checksums that are right."""
    file = path / "tables/digest_paper.jsonl.gz"
    row = json.loads(gzip.decompress(file.read_bytes()).splitlines()[0])
    names = json.loads((path / "manifest.json").read_text())["tables"]["digest_paper"]["columns"]
    row[names.index("date")] = 5
    line = json.dumps(row).encode() + b"\n"
    file.write_bytes(gzip.compress(line))

    def change(found):
        found["files"]["tables/digest_paper.jsonl.gz"] = folders._measured(file)
        found["tables"]["digest_paper"] |= {"rows": 1, "sha256": hashlib.sha256(line).hexdigest()}

    manifest(path, change)


def other_shape(path):
    (path / "manifest.json").write_text("[]")
    checksum = hashlib.sha256(b"[]").hexdigest()
    (path / "manifest.sha256").write_text(f"{checksum}  manifest.json\n")


def a_part_less(path):
    manifest(path, lambda found: found.pop("tables"))


def path_out_of_it(path):
    measured = {"bytes": 1, "sha256": ""}
    manifest(path, lambda found: found["files"].update({"../../secret": measured}))


def other_time(path):
    manifest(path, lambda found: found.update(made_at="yesterday"))


def other_bytes(path):
    with (path / "manifest.json").open("a") as file:
        file.write(" ")


def later(path):
    manifest(path, lambda found: found["migrations"]["digest"].append("9999_later"))


def other_format(path):
    manifest(path, lambda found: found.update(format="paper-digest-backup/2"))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (truncated, "tables/digest_paper.jsonl.gz is damaged"),
        (flipped, "tables/digest_paper.jsonl.gz is damaged"),
        (one_row_less, "digest_paper has other rows than the manifest says"),
        (no_rows, "The rows of digest_paper cannot be read: a row of digest_paper has"),
        (odd_row, "The rows of digest_paper cannot be read: "),
        (other_shape, "manifest.json is no manifest of a backup: "),
        (a_part_less, "manifest.json is no manifest of a backup: 'tables' is a required property"),
        (path_out_of_it, "manifest.json is no manifest of a backup: '../../secret' does not match"),
        (other_time, "manifest.json is no manifest of a backup: Invalid isoformat string"),
        (other_bytes, "manifest.json is damaged"),
        (later, "digest.9999_later is of a later version: install that version first"),
        (other_format, "install the version that made it"),
        (lambda path: (path / "manifest.sha256").unlink(), "is no whole backup"),
    ],
)
def test_what_is_damaged_is_found_and_not_restored(backup, new_database, damage, words):
    damage(backup)
    assert words in fails("verify", backup)
    with at(new_database()):
        assert words in fails("restore", backup)
        assert connection.introspection.table_names() == []


@pytest.mark.sqlite
def test_another_key_is_not_restored(settings, key, backup, new_database):
    file = backup / "secret_key"
    file.write_text("c" * 50)
    manifest(backup, lambda found: found["files"].update(secret_key=folders._measured(file)))
    settings.SECRET_KEY, settings.KEY_IS_NEW = "b" * 50, True
    with at(new_database()):
        assert "is not the key with which the backup was made" in fails("restore", backup)
    assert key.read_text() == "a" * 50


@pytest.mark.sqlite
def test_a_folder_without_backups_is_said_so(tmp_path):
    assert fails("verify", tmp_path) == f"{tmp_path}: there is no backup in this folder."
    words = f"{tmp_path / 'gone'}: No such file or directory. Nothing was restored."
    assert fails("restore", tmp_path / "gone") == words


def test_a_database_that_is_not_empty_is_refused(site, backup):
    before = contents()
    words = fails("restore", backup)
    assert words.startswith("The database is not empty: it has ")
    assert contents() == before


@pytest.mark.sqlite
def test_rows_that_refer_to_none_are_refused(site):
    """As a hand in the database may leave them."""
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM digest_source")
    with pytest.raises(BackupError, match="Rows refer to others that are not there: "):
        filling._check_constraints()


# The secret key


@pytest.mark.sqlite
def test_a_key_that_may_be_in_use_is_not_replaced(settings, key, backup, new_database):
    settings.SECRET_KEY = "b" * 50
    with at(new_database()):
        assert f"move {key} away, and restore again" in fails("restore", backup)
        settings.KEY_FILE = None
        assert f"set SECRET_KEY to what is in {backup}/secret_key" in fails("restore", backup)
        assert connection.introspection.table_names() == []
        settings.SECRET_KEY_FALLBACKS = ["a" * 50]
        assert folders._key_to_restore(backup, folders.verify(backup)[0]) is None
    assert key.read_text() == "a" * 50


@pytest.mark.sqlite
def test_a_key_of_the_settings_is_not_in_a_backup(settings, site, tmp_path, new_database):
    assert settings.KEY_FILE is None
    assert "SECRET_KEY is in your settings, and not in the backup." in run("backup", tmp_path)
    assert settings.SECRET_KEY not in (folders.find(tmp_path) / "manifest.json").read_text()
    settings.SECRET_KEY = "b" * 50
    with at(new_database()):
        assert "set SECRET_KEY to the one of then" in fails("restore", tmp_path)
